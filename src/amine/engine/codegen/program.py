"""One step of a cell as data: single assignments over typed names, and the assignments at a spike as a second list.

A program does not fix memory places: each name is an :class:`Array` with an axis and a role, and a driver (blocks of lanes
here; a thread for each lane on a graphics card, or a rank's share) decides how it is read and written. Expressions are SymPy's, so
that training can differentiate them; :mod:`amine.equations.lower` fixes the order of operations when they are printed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import field
from typing import Any, Literal

import sympy as sp

from amine.engine.codegen import ir
from amine.engine.codegen.common import Step, Steps, shared
from amine.engine.codegen.fuse import Fused
from amine.engine.codegen.naming import shown
from amine.engine.codegen.step import GONE, Stepper
from amine.engine.resolve.cells import CellStructure
from amine.equations.given import is_draw
from amine.equations.integrate import Linear
from amine.equations.lower import Lowering
from amine.equations.symbols import symbol
from amine.errors import AmineError
from amine.models.naming import JUMP, gain_name, stimulus_input
from amine.network.times import LONGEST
from amine.records import dataclass

Role = Literal["state", "constant", "input", "arrival", "noise", "clock"]
Axis = Literal["scalar", "lane", "compartment"]
DType = Literal["real", "mass", "step"]
COMMON = "_y"  # begins the names of common subexpressions
OPENING = "_opening"  # share of a step after the end of a refractory time within it, else 0; for interpolated spikes
AWAKE = "_awake"  # whether a lane is not refractory at the end of a step; for interpolated spikes
FREE = "_free"  # whether a lane is not refractory; no name of a user's begins with a line


@dataclass(frozen=True)
class Array:
    """A name that a step reads or writes: one value for all lanes, one a lane, or one a compartment.

    A ``mass`` is a real number held as a whole number of quanta, a ``step`` a number of time steps.
    """

    name: str
    role: Role
    axis: Axis = "lane"
    dtype: DType = "real"


# what is decided at the end of a step reads the time there
END: dict[Any, Any] = {symbol("t"): symbol("t") + symbol("dt")}


class chosen(sp.Function):
    """``chosen(condition, a, b)``: a where the condition holds, else b; the other may be undefined."""

    nargs = 3


@dataclass(frozen=True)
class Crossing:
    """A spike within a step: the neuron is reset when it crosses the threshold, and goes on from there to the end of the step.

    ``left`` and ``arrived`` name assignments of the body: the share of the step after the crossing, and the sum of the jumps of the
    voltage at its end (empty without any). ``rest`` is a whole step, whose end ``new`` names; of its change, the states ``moved``,
    which the reset changes directly or through others, take the share that is left; ``held`` those of them that wait for the end of the
    refractory time. ``kept`` are the values at the start of the step that are needed for it.
    """

    left: str
    arrived: str
    rest: Steps
    new: dict[str, str]
    moved: tuple[str, ...]
    held: frozenset[str]
    kept: tuple[str, ...]


class ProgramLowering(Lowering):
    """Translator of the expressions of programs into those of generated code."""

    def on_chosen(self, e: chosen) -> ir.Expr:
        condition, a, b = e.args
        return ir.Choice(self(condition), self(a), self(b))


@dataclass
class Program:
    """A step in single assignments.

    ``load`` names the value of each state at the start of a step, ``out`` that at its end, ``before`` that before a reset.
    ``_free`` (in training ``free``, 1 or 0) is true in lanes that are not refractory. ``at_spike`` are assignments at a spike,
    carried out in order where ``condition`` holds; in training the spike is a value of the body, ``spikes``.
    """

    name: str
    load: dict[str, str]
    out: dict[str, str]
    before: dict[str, str]
    inputs: list[str]
    noises: list[str]
    body: Steps
    units: dict[str, str]
    parameters: list[str]
    constants: dict[Any, str] = field(default_factory=dict)  # expression of parameters -> its number
    scalars: list[str] = field(default_factory=list)  # constants that all lanes share
    differ: list[str] = field(default_factory=list)  # constants of a lane
    entries: dict[str, str] = field(default_factory=dict)  # entry of a propagator -> a word for it
    shown: dict[str, str] = field(default_factory=dict)  # constant or entry -> its name in the text
    masses: frozenset[str] = frozenset()  # inputs held as whole numbers
    clears: tuple[str, ...] = ()  # inputs that are zero again after the step
    condition: Any = None
    at_spike: tuple[Step, ...] = ()
    refractory: Any = (
        None  # steps that a spiking lane is refractory, from the values after its reset; whole without a crossing
    )
    crossing: Crossing | None = None  # of a lane that spikes within a step
    waiting: Any = (
        None  # condition at the start of a step that keeps a lane refractory after a spike, in place of a time
    )
    spikes: str | None = None
    linear: Linear = field(default_factory=Linear)
    half: bool = False
    initial: dict[str, Any] = field(default_factory=dict)
    margin: Any = None  # of the initial states
    results: dict[str, str] = field(default_factory=dict)  # further outputs: name -> assignment
    integrators: dict[str, str] = field(default_factory=dict)
    stages: dict[str, str] = field(default_factory=dict)  # assignment -> title of its stage

    @property
    def events(self) -> list[Any]:
        """All expressions that decide on a spike and what it does."""
        return [*(e for _, e in self.at_spike), self.condition, self.refractory, self.waiting]

    def parameters_of(self, name: str) -> list[str]:
        """The parameters that a constant depends on."""
        for e, n in self.constants.items():
            if n == name:
                return sorted({s.name for s in e.free_symbols} - {"dt"})
        lin = self.linear
        entries = [e for rows in (lin.A, lin.B, lin.G) for row in rows for e in row]
        return sorted({s.name for e in entries for s in getattr(e, "free_symbols", ())} - {"dt"})

    def give_names(self, taken: Iterable[str]) -> None:
        """Names the constants in the text, apart from all that is ``taken`` and from the names of the program."""
        own = {*self.load, *self.load.values(), *self.inputs, *self.noises, *(n for n, _ in self.body)}
        self.shown = shown(self.constants, self.entries, [*self.parameters, "dt"], own | set(taken))

    def key(self, constant: str) -> str:
        """Key of a constant in tables: its name, or the position of an entry of a propagator."""
        return self.shown[constant] if constant in self.constants.values() else constant

    @property
    def arrays(self) -> list[Array]:
        """The states, and all values that the body reads and a driver must supply."""
        used = names_of(e for _, e in self.body) | names_of(self.events)
        out = [Array(s, "state") for s in self.load]
        for n in self.inputs:
            out += [Array(n, "input", dtype="mass" if n in self.masses else "real")] if n in used else []
        out += [Array(n, "constant", "scalar") for n in self.scalars if n in used]
        out += [Array(n, "constant") for n in self.differ if n in used]
        out += [Array(n, "noise") for n in self.noises]
        out += [Array("t", "clock", "scalar")] if "t" in used else []
        out += [Array(GONE, "clock", dtype="step")] if GONE in used else []
        return out + (
            [Array(FREE, "clock", dtype="step")]
            if FREE in used or self.refractory is not None or self.waiting is not None
            else []
        )


def names_of(expressions: Iterable[object]) -> set[str]:
    """The names that expressions read."""
    return {s.name for e in expressions for s in getattr(e, "free_symbols", ())}


def statements(steps: Sequence[Step], lower: Lowering, stages: dict[str, str], common: str = "") -> list[ir.Statement]:
    """The assignments, with a comment at the beginning of each stage.

    With ``common``, the prefix of common subexpressions, terms of the time are computed in float64 up to their assignment
    to a name that is none of these: a float32 time would stand still for 0.25 ms after an hour.
    """
    out: list[ir.Statement] = []
    said = ""
    wide = {"t"} if common else set()
    for i, (name, e) in enumerate(steps):
        title = next((stages[n] for n, _ in steps[i:] if n in stages), "")
        if title and title != said and (name in stages or i == 0 or steps[i - 1][0] in stages):
            out.append(ir.Comment(title))
            said = title
        value, timed = ir.widened(lower(e), wide)
        if timed and name.startswith(common):
            wide.add(lower.name(name))
        elif timed:
            value = ir.call("F", value)
        out.append(ir.assign(lower.name(name), value))
    return out


# --- point cells -------------------------------------------------------------------------------------------------------


def point_program(cell: CellStructure, fused: Fused, prefix: str = COMMON, wide: bool = False) -> Program:
    """The step of a point neuron with its receptors, as the engine runs it; ``prefix`` of common subexpressions.

    If ``wide``, constants that stand beside the time are kept to float64's precision, in two parts.
    """
    return _PointBuilder(cell, fused, prefix, wide).build()


class _PointBuilder:
    def __init__(self, cell: CellStructure, fused: Fused, prefix: str, wide: bool):
        self.cell, self.fused, self.prefix = cell, fused, prefix
        self.stepper = Stepper(fused, cell.arrays, wide)
        self.take = self.stepper.constants.take

    def build(self) -> Program:
        fused, stepper = self.fused, self.stepper
        steps, new = stepper.updates()
        body = shared(steps, self.prefix)
        before, crossing = self._ends(body, new)
        condition = None
        if fused.threshold is not None:
            swap: Any = {symbol(s): symbol(n) for s, n in before.items()} | END
            condition = self.take(fused.threshold.subs(swap, simultaneous=True))
        at_spike = tuple((n, self.take(e.subs(END, simultaneous=True))) for n, e in fused.reset)
        waiting = None if fused.waiting is None else self.take(fused.waiting)
        refractory = None if fused.refractory is None else self._refractory(fused.refractory)
        out = self._happened(body, before)
        scalars, differ = stepper.constants.split()
        stimuli = [stimulus_input(j) for j in range(self.cell.stimuli)]
        jumps = self._jumps()
        inputs = [*jumps, *fused.rows, *stimuli, *sorted(fused.inputs - {*fused.rows, *stimuli, *fused.draws})]
        return Program(
            name=self.cell.neuron.name,
            load={s: s for s in fused.rhs},
            out=out,
            before=before,
            inputs=inputs,
            noises=self._noises(body, [condition, refractory, waiting, *(e for _, e in at_spike)]),
            body=body,
            units=dict(fused.units),
            parameters=sorted(fused.parameters),
            constants=dict(stepper.constants.named),
            scalars=scalars,
            differ=differ,
            entries=stepper.entry_words(),
            masses=frozenset(fused.masses),
            clears=(*jumps, *sorted(fused.impulses)),
            condition=condition,
            at_spike=at_spike,
            refractory=refractory,
            crossing=crossing,
            waiting=waiting,
            linear=stepper.linear,
            half=stepper.half,
            initial=dict(fused.initial),
            integrators=dict(stepper.methods),
            stages=stepper.stages,
        )

    def _noises(self, body: Steps, events: Sequence[object]) -> list[str]:
        """White noises of a step, then its random numbers."""
        white = sorted(n for n in names_of(e for _, e in body) - set(self.fused.rhs) if n.startswith("z_"))
        used = names_of([*(e for _, e in body), *events])
        return [*white, *(n for n in self.fused.draws if n in used)]

    def _refractory(self, time: sp.Expr) -> Any:
        """Steps of a refractory time: a constant, or computed at each spike if it depends on the neuron's state."""
        steps: Any = time / symbol("dt")
        if not self.cell.interpolated:
            steps = sp.floor(steps + sp.Rational(1, 2))
        if names_of([time]) <= self.fused.parameters:  # in range: checked with the population
            return self.stepper.constants.constant(steps)
        return self.take(sp.Max(0, sp.Min(steps.subs(END, simultaneous=True), LONGEST)))

    def _ends(self, body: Steps, new: dict[str, str]) -> tuple[dict[str, str], Crossing | None]:
        """Names of the values at the end of the step before a reset; with interpolated spikes, the course of a step with one."""
        if not self.cell.interpolated:
            return self._held(body, self._jumped(body, new)), None
        if any(n.startswith("z_") or is_draw(n) for n in names_of(e for _, e in body)):
            hint = "leave spikes out, or take the noise out of the receptor"
            raise AmineError(
                f"Model '{self.cell.title}', spikes",
                "its receptors have noise, whose path between two steps is not known",
                given="'interpolated'",
                hint=hint,
            )
        rest = list(body)
        smooth = self._held(body, new)
        self._share_left(body, smooth)
        before = self._arrived(body, smooth)
        moved = self._moved()
        read = names_of(e for _, e in rest)
        kept = (*(s for s in self.fused.rhs if s in read | moved), *sorted(self.fused.impulses & read)) if moved else ()
        held = frozenset(self.fused.hold if self.fused.refractory is not None else ())
        arrived = "_arrived" if self._jumps() else ""
        order = tuple(s for s in self.fused.rhs if s in moved)
        return before, Crossing("_left", arrived, rest, new, order, held, kept)

    def _share_left(self, body: Steps, smooth: dict[str, str]) -> None:
        """The share of the step after the crossing, which is linear between both ends of the time in which the lane is free."""
        threshold: Any = self.fused.threshold
        first, second = threshold.args
        above: Any = first - second if threshold.rel_op in (">", ">=") else second - first
        swap: Any = {symbol(s): symbol(n) for s, n in smooth.items()}
        body += [("_below", self.take(above)), ("_above", self.take(above.subs(swap, simultaneous=True)))]
        old: Any = symbol("_below")
        new: Any = symbol("_above")
        within: Any = chosen(new > 0, chosen(old < 0, new / (new - old), sp.S.One), sp.S.Zero)
        free: Any = sp.S.One if self.fused.refractory is None else chosen(symbol(FREE), sp.S.One, symbol(OPENING))
        body.append(("_left", free * within))
        self.stepper.stages["_below"] = "the threshold is crossed on a line between both ends"

    def _arrived(self, body: Steps, smooth: dict[str, str]) -> dict[str, str]:
        """Adds delta inputs to a voltage that is free at the end of the step."""
        rows = [(label, row) for label, row in self.fused.targets.items() if row.startswith(JUMP)]
        if not rows:
            return smooth
        total: Any = sum(
            symbol(row) * (self.take(symbol(gain_name(label))) if gain_name(label) in self.cell.varying else 1)
            for label, row in rows
        )
        now: Any = symbol(smooth["v"])
        moved: Any = now + symbol("_arrived")
        if "v" in self.fused.hold and self.fused.refractory is not None:
            moved = chosen(symbol(AWAKE), moved, now)
        body += [("_arrived", total), ("_jumped", moved)]
        self.stepper.stages["_arrived"] = "what arrives moves the voltage itself"
        return {**smooth, "v": "_jumped"}

    def _holding(self) -> tuple[str, ...]:
        """States that are clamped while a neuron is refractory."""
        return self.fused.hold if self.fused.refractory is not None or self.fused.waiting is not None else ()

    def _moved(self) -> set[str]:
        """The states that a reset changes, directly or through others."""
        moved = {n for n, _ in self.fused.reset} | set(self.fused.hold if self.fused.refractory is not None else ())
        while more := {s for s, e in self.fused.rhs.items() if names_of([e]) & moved} - moved:
            moved |= more
        return moved & set(self.fused.rhs)

    def _happened(self, body: Steps, before: dict[str, str]) -> dict[str, str]:
        """Adds the events that are no spikes, all tested at the end of the step, then carried out in order; names of the values after them."""
        now = dict(before)
        swap: Any = {symbol(s): symbol(n) for s, n in before.items()} | END
        for x in self.fused.happenings:
            body.append((f"_is_{x.name}", self.take(x.condition.subs(swap, simultaneous=True))))
            self.stepper.stages[f"_is_{x.name}"] = "events"
        for x in self.fused.happenings:
            for i, (n, e) in enumerate(x.acts):
                swap = {symbol(s): symbol(m) for s, m in now.items()} | END
                value: Any = chosen(symbol(f"_is_{x.name}"), self.take(e.subs(swap, simultaneous=True)), symbol(now[n]))
                now[n] = f"_{x.name}_{i}_{n}"
                body.append((now[n], value))
                self.stepper.stages[now[n]] = "events"
        return now

    def _jumps(self) -> list[str]:
        return [row for row in self.fused.targets.values() if row.startswith(JUMP)]

    def _jumped(self, body: Steps, new: dict[str, str]) -> dict[str, str]:
        """Adds delta inputs to the voltage at the end of the step, before the threshold test."""
        rows = {label: row for label, row in self.fused.targets.items() if row.startswith(JUMP)}
        if not rows:
            return new
        now = new["v"]
        for i, (label, row) in enumerate(rows.items()):
            gain = gain_name(label)
            factor = self.take(symbol(gain)) if gain in self.cell.varying else 1
            now, e = f"_jumped_{i}", symbol(now) + symbol(row) * factor
            body.append((now, e))
            self.stepper.stages[now] = "what arrives moves the voltage itself"
        return {**new, "v": now}

    def _held(self, body: Steps, new: dict[str, str]) -> dict[str, str]:
        """Value at which a held state is clamped while refractory: its reset value if that depends on parameters only, else its
        current value.
        """
        out = dict(new)
        for s in self._holding():
            value = dict(self.fused.reset).get(s)
            fixed = value is not None and {q.name for q in value.free_symbols} <= self.fused.parameters
            held: Any = self.take(value) if value is not None and fixed else symbol(s)
            out[s] = f"next_{s}"
            still = held + symbol(OPENING) * (symbol(new[s]) - held) if self.cell.interpolated else held
            clamped: Any = chosen(symbol(FREE), symbol(new[s]), still)
            body.append((out[s], clamped))
            self.stepper.stages[out[s]] = "a refractory neuron stays where its reset put it"
        return out
