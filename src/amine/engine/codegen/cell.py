"""The driver of point neurons: a program as one branch-free loop over each block of 64 neurons, in Numba's Python.

Places in the state array are unsigned in the source: Numba checks signed indices for being negative, which prevents vectorisation.
"""

from __future__ import annotations

from typing import Any, ClassVar

import sympy as sp

from amine.engine.codegen import crossing, ir
from amine.engine.codegen.fuse import Fused, fuse
from amine.engine.codegen.overlap import Loops, overlapped
from amine.engine.codegen.passes import divided
from amine.engine.codegen.prepared import initial_function, preparation
from amine.engine.codegen.program import (
    AWAKE,
    COMMON,
    FREE,
    OPENING,
    Program,
    ProgramLowering,
    names_of,
    point_program,
    statements,
)
from amine.engine.codegen.quote import quote, quote_expr
from amine.engine.codegen.refresh import Refresh
from amine.engine.codegen.step import GONE
from amine.engine.codegen.text import PythonPrinter, heading
from amine.engine.device.tables import BLOCK
from amine.engine.resolve.cells import CellStructure
from amine.equations.printer import Printer
from amine.equations.symbols import symbol
from amine.equations.system import started
from amine.equations.terms import KERNEL_FUNCTIONS
from amine.models.naming import GAP_CURRENT, JUMP, stimulus_input
from amine.records import dataclass

FUNCTION = "@inner()"
SCALAR_FUNCTION = "@inner()"
LAST_ROW = "_last"  # step at the end of which a neuron spiked last, as an integer in the bits of a real number
ARGUMENTS = ("X", "base", "first", "last", "C", "p", "inputs", "row", "u", "t", "k", "spk", "at", "id0")
# local names of the functions of a cell, and names of the generated module
OWN = frozenset(
    (
        *ARGUMENTS,
        *(
            "o",
            "l",
            "b",
            "c",
            "marks",
            "hits",
            "free",
            "gone",
            "wait",
            "last",
            "worst",
            "changes",
            "value",
            "step",
            "dt",
        ),
        *(
            "F",
            "STEP",
            "I64",
            "U8",
            "U64",
            "NEVER",
            "WAITING",
            "np",
            "math",
            "kernel",
            "range",
            "abs",
            "min",
            "max",
        ),
        *(
            "select",
            "eight",
            "empty_marks",
            "to_step",
            "from_step",
            "low",
            "expm",
            "noise_root",
            "stack_row",
            "stack_matrix",
        ),
        *(f"{f}64" for f in KERNEL_FUNCTIONS),
        *(f"{x}{f}" for x in "vw" for f in KERNEL_FUNCTIONS),
        *("A", "G", "L", "M", "E", "half", "opening", "awake", *crossing.OWN),
    )
)


@dataclass
class CellCode:
    """Source and metadata of a kind of point neurons; the metadata are literals in the generated module."""

    states: list[str]
    units: dict[str, str]
    integrators: dict[str, str]
    targets: dict[str, str]  # port label -> state that a spike adds to
    rows: list[str]  # rows of a block: states, then _ref, then values that differ, then scratch
    scalars: list[str]  # shared constants, in the order of the constant table
    noises: list[str]
    spikes: bool
    linear: dict[str, Any] | None  # sizes of the exactly advanced system, whether half steps are needed
    poisson: int  # number of Poisson inputs
    needs: list[str]  # parameters from which constants are recomputed when some of them vary
    source: str = ""
    wide: tuple[str, ...] = ()  # functions that the source computes in float64 at any precision
    tree: ClassVar[bool] = False

    @property
    def gap(self) -> bool:
        """Whether its voltage is coupled."""
        return "_trial" in self.rows

    def metadata(self) -> dict[str, Any]:
        """All that the engine must know, as plain data."""
        return {k: v for k, v in self.__dict__.items() if k not in ("source", "wide")}


def generate(cell: CellStructure, index: int) -> CellCode:
    """Source and metadata of cell kind ``index``."""
    return _Writer(cell, fuse(cell), index).code()


class _Writer:
    """Writer of a kind of cells: assigns each name of a program its place in blocks of 64 lanes, and prints the loop."""

    def __init__(self, cell: CellStructure, fused: Fused, index: int):
        self.cell, self.fused, self.index = cell, fused, index
        self.program = program = point_program(cell, fused, wide=True)
        self.states = list(program.load)
        self.used = names_of(e for _, e in program.body)
        self.trial_used = set(self.used)
        self.used |= names_of([program.condition, program.waiting])
        self.at_spike = names_of([*(e for _, e in program.at_spike), program.refractory])
        self.clocked = GONE in self.used | self.at_spike
        units = [f"u_{j}" for j in range(cell.stimuli)]
        program.give_names({*OWN, *units, *(f"{s}_" for s in program.load)} - {"dt"})
        self.rows = self._rows(program)
        self.lower = ProgramLowering(self._local)
        self.printer = PythonPrinter(Printer("kernel"))

    def _local(self, name: str) -> str:
        """A name in the loop: states, whose names are the user's, are renamed so that they do not meet names of the loop."""
        if name in (FREE, OPENING, AWAKE, GONE):
            return name[1:]
        return self.program.shown.get(name) or (f"{name}_" if name in self.program.load else name)

    def code(self) -> CellCode:
        p, lin = self.program, self.program.linear
        sizes = {"n": len(lin.states), "inputs": len(lin.inputs), "noises": len(lin.noises), "half": p.half}
        refresh = Refresh(p, self.cell.varying, p.scalars, self.rows) if self.cell.varying else None
        out = CellCode(
            states=self.states,
            units=p.units,
            integrators=p.integrators,
            targets=self.fused.targets,
            rows=[p.key(n) for n in self.rows],
            scalars=[p.key(n) for n in p.scalars],
            noises=p.noises,
            spikes=p.condition is not None,
            linear=sizes if lin.states else None,
            poisson=len(self.cell.poisson),
            needs=refresh.needs if refresh else [],
        )
        functions = [
            *([self._emit()] if out.spikes else []),
            self._update(trial=False),
            *([self._update(trial=True)] if self.cell.gap else []),
        ]
        out.wide = ir.wide_functions(functions)
        out.source = "".join(
            [
                heading(p.name, p.integrators),
                preparation(p, str(self.index)),
                self._susceptibility() if self.cell.gap else "",
                *(self.printer.function(f) for f in functions),
                refresh.source(self.index) if refresh else "",
            ]
        )
        return out

    def _susceptibility(self) -> str:
        """Function of the initial rate of change of the voltage per pA (mV/ms/pA): the inverse of the capacitance."""
        rest = started(self.fused.initial, self.fused.rhs, self.cell.neuron.where)
        start: Any = {symbol(s): e for s, e in rest.items()}
        slope = sp.diff(self.fused.rhs["v"], symbol(GAP_CURRENT)).subs(start, simultaneous=True)
        of = initial_function(f"susceptibility_{self.index}", ("_p",), self.program.parameters, {"v": slope})
        return PythonPrinter(Printer("prepared")).function(of)

    def _rows(self, program: Program) -> list[str]:
        jumps = [n for n in program.inputs if n.startswith(JUMP)]
        rows = [*self.states, "_ref", *jumps, *self.fused.rows, *program.differ, *program.noises]
        rows += crossing.rows(program)
        rows += [LAST_ROW] if self.clocked else []
        rows += [stimulus_input(j) for j in range(self.cell.stimuli)]
        if self.cell.gap:
            rows += [GAP_CURRENT, "_trial"]
        for j, (_, weights, rates) in enumerate(self.cell.poisson):
            rows += [f"_poisson_weight_{j}"] * weights + [f"_poisson_rate_{j}"] * rates
        # with a stride of 4 kB or a large part of it, a row of all blocks would occupy the same few sets of the cache
        return [*rows, "_spare"] if len(rows) > 4 and len(rows) % 4 == 0 else rows

    # --- places ------------------------------------------------------------------------------------------------

    def _at(self, name: str) -> ir.Item:
        row = self.rows.index(name) * BLOCK
        place = ir.expr("o") + ir.call("U64", row) if row else ir.Name("o")
        return ir.item("X", place + "l")

    def _read(self, name: str, mass: bool) -> ir.Expr:
        if name in self.stimuli:
            return ir.Name(f"u_{self.stimuli.index(name)}") * self._at(name)
        return ir.call("F", ir.call("to_step", self._at(name))) if mass else self._at(name)

    @property
    def stimuli(self) -> list[str]:
        """Names of the currents of stimuli; each is a waveform times a factor of each neuron."""
        return [stimulus_input(j) for j in range(self.cell.stimuli)]

    # --- one step ----------------------------------------------------------------------------------------------

    def _update(self, trial: bool) -> ir.Function:
        """``update_i`` advances one step and returns the end of the list of spikes; ``update_i_trial`` only computes the next v."""
        spikes = self.program.condition is not None and not trial
        scalars = self.program.scalars
        body: list[ir.Statement] = [
            ir.assign(self._local(n), ir.item("C", "p", i)) for i, n in enumerate(scalars) if n in self._used(trial)
        ]
        body += [ir.assign(f"u_{j}", quote_expr(f"inputs[row, u + {j}]")) for j in range(self.cell.stimuli)]
        body += quote(f"worst = F(0.0)\nchanges = stack_row({BLOCK}, F(0.0))") if trial else []
        body += quote("marks = empty_marks()") if spikes else []
        loops = self._loops(trial)
        body += loops.before
        block = [
            *quote(f"o = U64(base + b * {len(self.rows) * BLOCK})"),
            *loops.block,
            *(self._listing() if spikes else []),
            # in a separate loop, since the one above would not vectorise with a running maximum
            *(quote(f"for l in range(U64({BLOCK})):\n    worst = max(worst, changes[l])") if trial else []),
        ]
        body += quote("for b in range(first, last):\n    block", block=block)
        body.append(ir.Return(ir.Name("worst" if trial else "at")))
        name = f"update_{self.index}{'_trial' if trial else ''}"
        return ir.Function(name, ARGUMENTS, ir.without_unread(body), FUNCTION)

    def _listing(self) -> list[ir.Statement]:
        """Lists the spikes of a block if there are any, in a separate loop: a running value would double the time of the main one."""
        return quote(
            f"'the spikes of this block'\n"
            f"hits = U64(0)\n"
            f"for l in range(U64({BLOCK // 8})):\n"
            f"    hits |= eight(marks, l)\n"
            f"if hits != 0:\n"
            f"    at = emit_{self.index}(X, o, C, p, k, spk, at, id0 + b * {BLOCK}, marks{self._more()})"
        )

    def _more(self) -> str:
        """Further arguments of the function that resets neurons, which may go on to the end of the step or read the time."""
        more = self._clock() if self.program.crossing is None else crossing.MORE
        return "".join(f", {a}" for a in more)

    def _clock(self) -> list[str]:
        return ["t"] if "t" in self.at_spike else []

    def _used(self, trial: bool) -> set[str]:
        return self.trial_used if trial else self.used

    def _lane(self, trial: bool) -> list[ir.Statement]:
        p = self.program
        text = self._loaded(self.states, self._used(trial) | self._asked()) + statements(
            p.body, self.lower, p.stages, COMMON
        )
        if trial:
            return text + quote(
                "'lanes beyond the last neuron, marked by NEVER, are not asked whether they agree'\n"
                "changes[l] = select(to_step(ref) < NEVER, abs(v - trial), F(0.0))\n"
                "trial = v",
                ref=self._at("_ref"),
                trial=self._at("_trial"),
                v=ir.Name(self._local(p.out["v"])),
            )
        return text + self._stored(list(p.out))

    def _loops(self, trial: bool) -> Loops:
        """The loops over the lanes of a block: one, or several whose lanes overlap better."""
        p = self.program
        lanes = [self._lane(trial=True)] if trial else self._divided()
        if len(lanes) == 1 and not trial and p.crossing is None and p.waiting is None:
            found = overlapped(lanes[0], self._local("new_v"), BLOCK)
            if found is not None:
                return found
        return Loops([], [s for lane in lanes for s in quote(f"for l in range(U64({BLOCK})):\n    lane", lane=lane)])

    def _divided(self) -> list[list[ir.Statement]]:
        """The loops over lanes: one, or two where gates follow the new voltage."""
        p = self.program
        first, second = divided(p)
        if not second or p.crossing is not None or p.waiting is not None:
            return [self._lane(trial=False)]
        made = {n for n, _ in first}
        early = [s for s, n in p.out.items() if n in made]
        read = names_of(e for _, e in second) | self._asked()
        again = [ir.assign(self._local(p.out[s]), self._at(s)) for s in early if p.out[s] in read]
        late = [s for s in self.states if s not in early]
        return [
            [
                *self._loaded(self.states, names_of(e for _, e in first)),
                *statements(first, self.lower, p.stages, COMMON),
                ir.Comment("at the end of the step"),
                *(ir.assign(self._at(s), self._local(p.out[s])) for s in early),
            ],
            [
                ir.Comment("from the new voltage"),
                *again,
                *self._loaded(late, read),
                *statements(second, self.lower, p.stages, COMMON),
                *self._stored(late),
            ],
        ]

    def _asked(self) -> set[str]:
        """What the test for a spike reads."""
        if self.program.condition is None:
            return set()
        timed = set() if self.program.crossing is None else {AWAKE, OPENING, *self.program.crossing.kept}
        return names_of([self.program.condition, self.program.waiting]) | {FREE} | timed

    def _loaded(self, states: list[str], used: set[str]) -> list[ir.Statement]:
        """States and other values of a lane at the start of the step, as far as they are used."""
        p = self.program
        text: list[ir.Statement] = [ir.Comment("at the start of the step")]
        text += [ir.assign(self._local(s), self._at(s)) for s in states]
        for n in self.rows:
            if n in used and n not in self.states:
                text.append(ir.assign(self._local(n), self._read(n, n in p.masses)))
        text += self._gone() if GONE in used else []
        if FREE in used and p.waiting is not None:
            text += quote(
                "wait = to_step(ref)\nfree = (wait <= k) | ((wait == WAITING) & (not waiting))",
                ref=self._at("_ref"),
                waiting=ir.widened(self.lower(p.waiting), {"t"})[0],
            )
        elif FREE in used:
            text.append(ir.assign("free", quote_expr("to_step(ref) <= k", ref=self._at("_ref"))))
        return text + (crossing.opened(p, self._at) if OPENING in used else [])

    def _gone(self) -> list[ir.Statement]:
        """Steps from the last spike of a lane to the start of this step."""
        return quote("gone = F(k - to_step(spiked))", spiked=self._at(LAST_ROW))

    def _stored(self, states: list[str]) -> list[ir.Statement]:
        """Writes the new values of states, empties inputs and marks the lanes that spike."""
        p = self.program
        text: list[ir.Statement] = [ir.Comment("at the end of the step")]
        text += [ir.assign(self._at(s), self._local(p.out[s])) for s in states]
        text += [ir.assign(self._at(row), ir.Number(0.0)) for row in p.clears]
        if p.waiting is not None:
            text += quote("ref = from_step(select(free, k, wait))", ref=self._at("_ref"))
        if p.condition is not None:
            crossed, _ = ir.widened(self.lower(p.condition), {"t"})
            if p.crossing is None:
                text += quote("marks[l] = U8(free & crossed)", crossed=crossed)
            else:
                text += [
                    *crossing.noted(p, self._at, self._local),
                    *quote("marks[l] = U8(awake & crossed)", crossed=crossed),
                ]
        return text

    def _timed(self, e: sp.Expr) -> ir.Expr:
        """The expression, in float64 as far as the time stands in it."""
        value, wide = ir.widened(self.lower(e), {"t"})
        return ir.call("F", value) if wide else value

    # --- at a spike --------------------------------------------------------------------------------------------

    def _emit(self) -> ir.Function:
        """Scalar code for the few neurons of a block that spiked: lists them, resets them, and sets the end of the refractory time."""
        p = self.program
        if p.crossing is not None:
            given: list[ir.Statement] = [
                ir.assign(self._local(n), ir.item("C", "p", i)) for i, n in enumerate(p.scalars)
            ]
            given += [ir.assign(f"u_{j}", quote_expr(f"inputs[row, u + {j}]")) for j in range(self.cell.stimuli)]
            places = crossing.Places(
                self.rows, self._at, lambda n: self._read(n, n in p.masses), self._local, self.lower
            )
            return crossing.emit(p, self.index, places, given, SCALAR_FUNCTION)
        used = self.at_spike
        shared = [ir.assign(self._local(n), ir.item("C", "p", i)) for i, n in enumerate(p.scalars) if n in used]
        reset: list[ir.Statement] = [ir.assign(self._local(n), self._at(n)) for n in sorted(used) if n in self.rows]
        reset += self._gone() if GONE in used else []
        for n, e in p.at_spike:
            reset += [ir.assign(self._local(n), self._timed(e)), ir.assign(self._at(n), self._local(n))]
        if p.refractory is not None:
            wait = self._timed(p.refractory)
            reset += quote("ref = from_step(k + STEP(1) + STEP(wait))", ref=self._at("_ref"), wait=wait)
        reset += quote("ref = from_step(WAITING)", ref=self._at("_ref")) if p.waiting is not None else []
        reset += quote("spiked = from_step(k + STEP(1))", spiked=self._at(LAST_ROW)) if self.clocked else []
        body = crossing.listed(shared, reset)
        args = ("X", "o", "C", "p", "k", "spk", "at", "id0", "marks", *self._clock())
        return ir.Function(f"emit_{self.index}", args, ir.without_unread(body), SCALAR_FUNCTION)
