"""One step of a cell as a list of single assignments: what kernels, the torch version and the adjoint are written from.

The arithmetic is that of the engine (:class:`amine.engine.codegen.step.Stepper`); what is added here is the spike as a
function of its margin to the threshold, so that it can be given a derivative, and the reset as a blend of two values.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import sympy as sp

from amine.engine.codegen.fuse import Fused, fuse
from amine.engine.codegen.step import Stepper, Steps
from amine.engine.resolve.cells import CellStructure
from amine.equations import parse
from amine.equations.symbols import symbol
from amine.errors import AmineError
from amine.learn.nn.source import arrival
from amine.models.naming import GAP_TOTAL, JUMP, gain_name, stimulus_input

DRIVE, GAIN, FREE = "x", "gain", "free"
RESERVED = ("x", "free", "fired", "event", "margin", "np")  # names that a step uses for itself


class spike(sp.Function):
    """1 where the margin to the threshold is positive, else 0; the adjoint puts a surrogate in place of its derivative."""

    nargs = 1


class slope(sp.Function):
    """The surrogate's derivative at a margin."""

    nargs = 1


class blend(sp.Function):
    """``blend(s, a, b)`` is a where s = 0 and b where s = 1."""

    nargs = 3


class stop(sp.Function):
    """Its argument, through which no gradient flows."""

    nargs = 1


@dataclass
class Program:
    """A step in single assignments.

    ``load`` names the value of each state at the start of a step, ``out`` that at its end, ``before`` that before the
    reset. ``inputs`` are given for each step and lane; ``free`` is 1 for a lane that is not refractory.
    """

    name: str
    load: dict[str, str]
    out: dict[str, str]
    before: dict[str, str]
    inputs: list[str]
    noises: list[str]
    body: Steps
    spikes: str | None
    refractory: str | None
    units: dict[str, str]
    parameters: list[str]
    constants: dict[Any, str] = field(default_factory=dict)  # expression of parameters -> its name
    linear: Any = None
    half: bool = False
    scalars: list[str] = field(default_factory=list)
    differ: list[str] = field(default_factory=list)
    initial: dict[str, Any] = field(default_factory=dict)
    margin: Any = None  # of the initial states
    results: dict[str, str] = field(default_factory=dict)  # further outputs: name -> assignment
    integrators: dict[str, str] = field(default_factory=dict)

    def parameters_of(self, name: str) -> list[str]:
        """The parameters that a constant is made of."""
        for e, n in self.constants.items():
            if n == name:
                return sorted({s.name for s in e.free_symbols} - {"dt"})
        lin = self.linear
        entries = [e for rows in (lin.A, lin.B, lin.G) for row in rows for e in row]
        return sorted({s.name for e in entries for s in getattr(e, "free_symbols", ())} - {"dt"})


def margin_of(condition: Any) -> Any:
    """How far a condition is from its edge: positive exactly where it holds."""
    if isinstance(condition, sp.Gt | sp.Ge | sp.Lt | sp.Le):
        larger: Any = condition.gts
        return larger - condition.lts
    if isinstance(condition, sp.And | sp.Or):
        return (sp.Min if isinstance(condition, sp.And) else sp.Max)(*[margin_of(a) for a in condition.args])
    raise AmineError("threshold", "it has no margin from which a gradient could flow", given=str(condition)[:60])


def cell_program(cell: CellStructure, detach_reset: bool) -> Program:
    """The step of a neuron with its receptors; the drive ``x`` times ``gain`` is its current in pA."""
    if GAIN in parse(cell.neuron).parameters:
        raise AmineError(f"Neuron '{cell.neuron.name}'", f"the name '{GAIN}' is taken by the gain of the input")
    fused = fuse(replace_stimulus(cell))
    rename = {s: f"{s}_state" for s in fused.rhs if s in RESERVED}
    fused = renamed(fused, rename)
    drive = {symbol(stimulus_input(0)): symbol(GAIN) * symbol(DRIVE)}
    fused = replace(
        fused,
        rhs={s: e.subs(drive, simultaneous=True) for s, e in fused.rhs.items()},
        parameters=fused.parameters | {GAIN},
        inputs=fused.inputs - {stimulus_input(0)} | {DRIVE},
    )
    p = _Builder(cell, fused, detach_reset).build()
    back = {new: old for old, new in rename.items()}
    for field_ in ("load", "out", "before", "units", "initial", "integrators"):
        setattr(p, field_, {back.get(s, s): x for s, x in getattr(p, field_).items()})
    return p


def renamed(fused: Fused, names: dict[str, str]) -> Fused:
    """The system with other names for some states: those that a step uses for itself."""
    if not names:
        return fused
    swap: Any = {symbol(a): symbol(b) for a, b in names.items()}

    def put(e: Any) -> Any:
        return e if e is None else e.subs(swap, simultaneous=True) if hasattr(e, "subs") else e

    return replace(
        fused,
        rhs={names.get(s, s): put(e) for s, e in fused.rhs.items()},
        units={names.get(s, s): u for s, u in fused.units.items()},
        threshold=put(fused.threshold),
        reset=tuple((names.get(s, s), put(e)) for s, e in fused.reset),
        refractory=put(fused.refractory),
        hold=tuple(names.get(s, s) for s in fused.hold),
        initial={names.get(s, s): put(e) for s, e in fused.initial.items()},
        targets={label: names.get(s, s) for label, s in fused.targets.items()},
    )


def replace_stimulus(cell: CellStructure) -> CellStructure:
    """The cell with one injected current, which is the module's drive."""
    return replace(cell, stimuli=1)


class _Builder:
    def __init__(self, cell: CellStructure, fused: Fused, detach_reset: bool):
        self.cell, self.fused, self.detach = cell, fused, detach_reset
        self.stepper = Stepper(fused, cell.arrays)
        self.take = self.stepper.constants.take

    def build(self) -> Program:
        fused, stepper = self.fused, self.stepper
        load = {s: s for s in fused.rhs}
        ports = dict(fused.targets)
        arrivals: Steps = []
        for label, row in ports.items():
            if not row.startswith(JUMP):
                load[row] = f"old_{row}"
                arrivals.append((row, symbol(load[row]) + symbol(arrival(label))))
        steps, new = stepper.updates()
        body = arrivals + shared(steps)
        new = self._jump(body, new, [label for label, row in ports.items() if row.startswith(JUMP)])
        following = self._held(body, new)
        fired, out = self._threshold(body, following)
        ref = None
        if fused.refractory is not None and fired is not None:
            ref = str(stepper.constants.constant(sp.floor(fused.refractory / symbol("dt") + sp.Rational(1, 2))))
        scalars, differ = stepper.constants.split()
        noises = sorted({s.name for _, e in body for s in e.free_symbols if s.name.startswith("z_")})
        start = {symbol(s): fused.initial.get(s, sp.S.Zero) for s in fused.rhs}
        margin = None if fired is None else margin_of(fused.threshold).subs(start, simultaneous=True)
        return Program(
            name=self.cell.neuron.name,
            load=load,
            out=out,
            before=following,
            inputs=[DRIVE, *(arrival(label) for label in ports)],
            noises=noises,
            body=body,
            spikes=fired,
            refractory=ref,
            units=dict(fused.units),
            parameters=sorted(fused.parameters - {GAP_TOTAL}),
            constants=dict(stepper.constants.named),
            linear=stepper.linear,
            half=stepper.half,
            scalars=scalars,
            differ=differ,
            initial={s: start[symbol(s)] for s in fused.rhs},
            margin=margin,
            integrators=dict(stepper.methods),
        )

    def _jump(self, body: Steps, new: dict[str, str], labels: list[str]) -> dict[str, str]:
        """What arrives at the voltage itself moves it at the end of the step, before the threshold is tested."""
        if not labels:
            return new
        body.append(("jumped_v", symbol(new["v"]) + sum(self._scaled(label) for label in labels)))
        return {**new, "v": "jumped_v"}

    def _scaled(self, label: str) -> Any:
        """What arrives at a receptor without a conductance, times its factor if something changes that."""
        factor = symbol(gain_name(label))
        return symbol(arrival(label)) * (self.take(factor) if factor.name in self.cell.varying else 1)

    def _held(self, body: Steps, new: dict[str, str]) -> dict[str, str]:
        """A refractory lane keeps what it holds: where the reset put it if that is made of parameters alone."""
        out = dict(new)
        hold = self.fused.hold if self.fused.refractory is not None else ()
        for s in hold:
            value = dict(self.fused.reset).get(s)
            fixed = value is not None and {q.name for q in value.free_symbols} <= self.fused.parameters
            held = self.take(value) if fixed else symbol(s)
            out[s] = f"next_{s}"
            body.append((out[s], sp.Piecewise((symbol(new[s]), symbol(FREE) > 0), (held, True))))
        return out

    def _threshold(self, body: Steps, following: dict[str, str]) -> tuple[str | None, dict[str, str]]:
        """The spike, and the states after the resets, which are carried out in order."""
        if self.fused.threshold is None:
            return None, dict(following)
        margin = margin_of(self.fused.threshold)
        now = dict(following)
        swap = {symbol(s): symbol(n) for s, n in now.items()}
        body.append(("margin", self.take(margin.subs(swap, simultaneous=True))))
        body.append(("fired", spike(symbol("margin")) * symbol(FREE)))
        s = symbol("fired")
        if self.detach and self.fused.reset:
            body.append(("event", stop(s)))
            s = symbol("event")
        for i, (name, value) in enumerate(self.fused.reset):
            swap = {symbol(q): symbol(n) for q, n in now.items()}
            target = self.take(value.subs(swap, simultaneous=True))
            body.append((f"reset_{i}_{name}", blend(s, symbol(now[name]), target)))
            now[name] = f"reset_{i}_{name}"
        return "fired", now


def shared(steps: Steps) -> Steps:
    """The steps with common subexpressions assigned just before their first use, in the order of the engine's kernels."""
    common, reduced = sp.cse([e for _, e in steps], symbols=(symbol(f"y{i}") for i in range(10_000)), list=True)
    return place_common(common, [(name, e) for (name, _), e in zip(steps, reduced, strict=True)])


def place_common(common: list[Any], steps: Steps) -> Steps:
    """Puts each common subexpression just before its first use."""
    out: Steps = []
    waiting = {s.name: e for s, e in common}

    def put(e: Any) -> None:
        for s in sorted(e.free_symbols, key=lambda q: (len(q.name), q.name)):
            if s.name in waiting:
                sub = waiting.pop(s.name)
                put(sub)
                out.append((s.name, sub))

    for name, e in steps:
        put(e)
        out.append((name, e))
    return out
