"""From a fused system to source text: one branch-free loop over each block of 64 neurons, and what feeds it.

Places in the state array are unsigned in the text: Numba checks signed ones for being negative, and then the loop does not
vectorise.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import sympy as sp

from amine.engine.codegen.fuse import Fused, fuse
from amine.engine.codegen.refresh import Refresh
from amine.engine.codegen.step import Stepper
from amine.engine.device.tables import BLOCK
from amine.engine.resolve.cells import CellStructure
from amine.equations.printer import Printer
from amine.models.naming import GAP_CURRENT, JUMP, gain_name, stimulus_input

FUNCTION = "@njit(nogil=True, fastmath=FAST, error_model='numpy')"


@dataclass
class CellCode:
    """Source of one kind of population, and what the engine must know to feed it (kept as literals in the module)."""

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
    needs: list[str]  # parameters from which constants are worked out anew when some of them vary
    source: str = ""
    tree: ClassVar[bool] = False

    @property
    def gap(self) -> bool:
        """Whether its voltage is coupled."""
        return "_trial" in self.rows

    def metadata(self) -> dict[str, Any]:
        """Everything but the source, as plain data."""
        return {k: v for k, v in self.__dict__.items() if k != "source"}


def generate(cell: CellStructure, index: int) -> CellCode:
    """Source and metadata of cell kind ``index``."""
    return _Writer(cell, fuse(cell), index).code()


class _Writer:
    def __init__(self, cell: CellStructure, fused: Fused, index: int):
        self.cell, self.fused, self.index = cell, fused, index
        self.stepper = Stepper(fused, cell.arrays)
        self.states = list(fused.rhs)
        # what receptors add to the voltage itself: row -> factor
        self.jumps: dict[str, Any] = {
            row: _s(gain_name(label)) if gain_name(label) in cell.varying else None
            for label, row in fused.targets.items()
            if row.startswith(JUMP)
        }
        self.printer = Printer("kernel", self._local)

    def _local(self, name: str) -> str:
        """What a name is called in the loop: those of states, which are the user's, must not be those of the loop itself."""
        return f"{name}_" if name in self.fused.rhs else name

    def code(self) -> CellCode:
        take = self.stepper.constants.take
        steps, new = self.stepper.updates()
        condition = None
        if self.fused.threshold is not None:
            condition = take(
                self.fused.threshold.subs({_s(n): _s(f"next_{n}") for n in self.states}, simultaneous=True)
            )
        resets = [(n, take(e)) for n, e in self.fused.reset]
        self.jumps = {row: factor and take(factor) for row, factor in self.jumps.items()}
        ref = None
        if self.fused.refractory is not None:
            ref = self.stepper.constants.constant(sp.floor(self.fused.refractory / _s("dt") + sp.Rational(1, 2)))
        scalars, differ = self.stepper.constants.split()
        noises = sorted({s.name for _, e in steps for s in e.free_symbols if s.name.startswith("z_")})
        rows = self._rows(differ, noises)
        lin = self.stepper.linear
        sizes = {"n": len(lin.states), "inputs": len(lin.inputs), "noises": len(lin.noises), "half": self.stepper.half}
        out = CellCode(
            self.states,
            self.fused.units,
            self.stepper.methods,
            self.fused.targets,
            rows,
            scalars,
            noises,
            condition is not None,
            sizes if lin.states else None,
            len(self.cell.poisson),
            [],
        )
        refresh = Refresh(self.stepper, self.cell.varying, scalars, rows) if self.cell.varying else None
        out.needs = refresh.needs if refresh else []
        out.source = "".join(
            [
                f"# {self.cell.neuron.name}: " + ", ".join(f"{s} {m}" for s, m in self.stepper.methods.items()) + "\n",
                self._preparation(),
                self._emit(out, resets, ref) if out.spikes else "",
                self._update(out, steps, new, condition, ref, trial=False),
                self._update(out, steps, new, condition, ref, trial=True) if self.cell.gap else "",
                refresh.source(self.index) if refresh else "",
            ]
        )
        return out

    def _rows(self, differ: list[str], noises: list[str]) -> list[str]:
        rows = [
            *self.states,
            "_ref",
            *self.jumps,
            *self.fused.rows,
            *differ,
            *noises,
            *(stimulus_input(j) for j in range(self.cell.stimuli)),
        ]
        if self.cell.gap:
            rows += [GAP_CURRENT, "_trial"]
        for j, (_, weights, rates) in enumerate(self.cell.poisson):
            rows += [f"_poisson_weight_{j}"] * weights + [f"_poisson_rate_{j}"] * rates
        # a stride of 4 kB or a large part of it would put a row of all blocks into the same few sets of the cache
        return [*rows, "_spare"] if len(rows) > 4 and len(rows) % 4 == 0 else rows

    # --- prepared once, in float64 -----------------------------------------------------------------------------

    def _preparation(self) -> str:
        """Python functions that work out constants, matrices and initial values from parameters."""
        numpy = Printer("numpy")
        names = sorted(self.fused.parameters)
        read = [f"    {n} = _p['{n}']" for n in names]
        constants = [f"        '{n}': {numpy(e)}," for e, n in self.stepper.constants.named.items()]
        initial = [f"        '{s}': {numpy(e)}," for s, e in self.fused.initial.items()]
        lin = self.stepper.linear
        matrices = [
            f"        [{', '.join('[' + ', '.join(numpy(e) for e in row) + ']' for row in getattr(lin, k))}],"
            for k in "ABG"
        ]
        parts = [
            (f"constants_{self.index}", "_p, dt", ["    return {", *constants, "    }"]),
            (f"initial_{self.index}", "_p", ["    t = 0.0", "    return {", *initial, "    }"]),
            (f"matrices_{self.index}", "_p", ["    return (", *matrices, "    )"]),
        ]
        return "".join("\n".join([f"def {n}({a}):", *read, *body]) + "\n\n\n" for n, a, body in parts)

    # --- one step ----------------------------------------------------------------------------------------------

    def _update(
        self, out: CellCode, steps: list[Any], new: dict[str, str], condition: Any, ref: Any, trial: bool
    ) -> str:
        """``update_i`` advances one step and returns where the list of spikes ends; ``update_i_trial`` only says where v would go."""
        used = {s.name for _, e in steps for s in e.free_symbols}
        used |= {s.name for s in condition.free_symbols} if condition is not None and not trial else set()
        used |= {self._held(s) for s in self.fused.hold} if ref is not None else set()
        used |= {str(gain) for gain in self.jumps.values() if gain}
        spikes = out.spikes and not trial
        name = f"update_{self.index}{'_trial' if trial else ''}"
        text = [FUNCTION, f"def {name}(X, base, first, last, C, p, inputs, row, u, t, k, spk, at, id0):"]
        text += [f"    {n} = C[p, {i}]" for i, n in enumerate(out.scalars) if n in used]
        text += [f"    u_{j} = inputs[row, u + {j}]" for j in range(self.cell.stimuli)]
        text += ["    worst = F(0.0)", f"    changes = np.empty({BLOCK}, F)"] if trial else []
        text += ["    marks = empty_marks()"] if spikes else []
        text += ["    for b in range(first, last):", f"        o = U64(base + b * {len(out.rows) * BLOCK})"]
        text += [
            f"        for l in range(U64({BLOCK})):",
            *(" " * 12 + line for line in self._lane(out, steps, new, condition, ref, used, trial)),
        ]
        if spikes:
            text += [
                "        hits = U64(0)",  # apart from the loop above, which a running value would slow by half
                f"        for l in range(U64({BLOCK // 8})):",
                "            hits |= eight(marks, l)",
                "        if hits != 0:",
                f"            at = emit_{self.index}(X, o, C, p, k, spk, at, id0 + b * {BLOCK}, marks)",
            ]
        if trial:  # apart from the loop above, which would not vectorise with a running maximum
            text += [f"        for l in range(U64({BLOCK})):", "            worst = max(worst, changes[l])"]
        return "\n".join([*text, f"    return {'worst' if trial else 'at'}"]) + "\n\n\n"

    def _at(self, out: CellCode, name: str) -> str:
        row = out.rows.index(name) * BLOCK
        return f"X[o + U64({row}) + l]" if row else "X[o + l]"

    def _lane(
        self,
        out: CellCode,
        steps: list[Any],
        new: dict[str, str],
        condition: Any,
        ref: Any,
        used: set[str],
        trial: bool,
    ) -> list[str]:
        scaled = [stimulus_input(j) for j in range(self.cell.stimuli)]
        text = [f"{self._local(s)} = {self._at(out, s)}" for s in self.states]
        text += [
            f"{n} = F(to_step({self._at(out, n)}))" if n in self.fused.masses else f"{n} = {self._at(out, n)}"
            for n in out.rows
            if n in used and n not in self.states and n not in scaled
        ]
        text += [f"{n} = u_{j} * {self._at(out, n)}" for j, n in enumerate(scaled) if n in used]
        text += self._body(steps)
        hold = self.fused.hold if ref is not None else ()
        text += [f"free = to_step({self._at(out, '_ref')}) <= k"] if out.spikes else []
        if self.jumps:  # what arrives at the end of this step moves the voltage before the threshold is tested
            jumps = [self._at(out, row) + (f" * {gain}" if gain else "") for row, gain in self.jumps.items()]
            text.append(f"{new['v']} = " + " + ".join([new["v"], *jumps]))
        text += [
            f"next_{s} = " + (f"({new[s]} if free else {self._held(s)})" if s in hold else new[s]) for s in self.states
        ]
        if trial:
            place = self._at(out, "_trial")
            # lanes beyond the last neuron, marked in _ref, are not asked whether they agree
            change = f"select(to_step({self._at(out, '_ref')}) < NEVER, abs(next_v - {place}), F(0.0))"
            return [*text, f"changes[l] = {change}", f"{place} = next_v"]
        text += [f"{self._at(out, s)} = next_{s}" for s in self.states]
        text += [f"{self._at(out, row)} = F(0.0)" for row in (*self.jumps, *sorted(self.fused.impulses))]
        if out.spikes:
            text.append(f"marks[l] = U8(free & {self.printer(condition)})")
        return text

    def _held(self, state: str) -> str:
        """What a held state stays at: where the reset put it, whatever spikes added since, if that is made of parameters alone."""
        value = dict(self.fused.reset).get(state)
        fixed = value is not None and {s.name for s in value.free_symbols} <= self.fused.parameters
        return self.printer(self.stepper.constants.take(value)) if fixed else self._local(state)

    def _body(self, steps: list[Any]) -> list[str]:
        return assignments(steps, self.printer)

    # --- at a spike --------------------------------------------------------------------------------------------

    def _emit(self, out: CellCode, resets: list[Any], ref: Any) -> str:
        """Scalar code for the few neurons of a block that spiked: list them, reset them, say from which step on they are free again."""
        pad = " " * 12
        text = [
            "@njit(nogil=True, error_model='numpy')",
            f"def emit_{self.index}(X, o, C, p, k, spk, at, id0, marks):",
            f"    for l in range(U64({BLOCK})):",
            "        if marks[l] != 0:",
        ]
        used = {s.name for _, e in resets for s in e.free_symbols} | ({str(ref)} if ref is not None else set())
        for n in sorted(used):
            text.append(
                f"{pad}{self._local(n)} = " + (self._at(out, n) if n in out.rows else f"C[p, {out.scalars.index(n)}]")
            )
        for n, e in resets:
            text += [f"{pad}{self._local(n)} = {self.printer(e)}", f"{pad}{self._at(out, n)} = {self._local(n)}"]
        if ref is not None:
            text.append(f"{pad}{self._at(out, '_ref')} = from_step(k + STEP(1) + STEP({ref}))")
        text += [f"{pad}spk[at] = id0 + I64(l)", f"{pad}at += 1", "    return at"]
        return "\n".join(text) + "\n\n\n"


def _s(name: str) -> Any:
    from amine.equations.symbols import symbol

    return symbol(name)


def assignments(steps: list[Any], printer: Printer) -> list[str]:
    """The assignments of a step, with common subexpressions named just before their first use."""
    inverse = _inverses(steps)
    swap = {x: r**-x.exp for x in _negative_powers(steps) for b, r in inverse.items() if x.base == b}
    whole = [e.xreplace(swap) if hasattr(e, "xreplace") else e for _, e in steps]
    found: Any = sp.cse([*inverse, *whole], symbols=(_s(f"_y{i}") for i in range(10_000)), list=True)
    common = _with_inverses(found[0], list(zip(inverse.values(), found[1], strict=False)))
    reduced = found[1][len(inverse) :]
    text, waiting, table = [], list(common), dict(common)
    for (name, _), e in zip(steps, reduced, strict=True):
        while waiting and _needs(e, {s for s, _ in waiting}, table):
            s, sub = waiting.pop(0)
            text.append(f"{s} = {printer(sub)}")
        text.append(f"{name} = {printer(e)}")
    return text


def _negative_powers(steps: list[Any]) -> list[Any]:
    """All 1/x**n in the assignments, in a fixed order."""
    found: set[Any] = {x for _, e in steps if isinstance(e, sp.Basic) for x in e.atoms(sp.Pow)}
    return sorted((x for x in found if x.exp.is_Integer and x.exp < 0), key=sp.default_sort_key)


def _inverses(steps: list[Any]) -> dict[Any, Any]:
    """Symbols for 1/x where it is needed in more than one power: a division is the dearest of all operations."""
    made = {name for name, _ in steps}
    powers: dict[Any, set[int]] = {}
    for x in _negative_powers(steps):
        if not {s.name for s in x.base.free_symbols} & made:
            powers.setdefault(x.base, set()).add(int(x.exp))
    many = [b for b, exponents in powers.items() if len(exponents) > 1]
    return {b: _s(f"_inverse_{i}") for i, b in enumerate(many)}


def _with_inverses(common: list[Any], inverses: list[Any]) -> list[Any]:
    """Common subexpressions with each 1/x put in as soon as all that x is made of is there."""
    out = []
    names = {s for s, _ in common}
    waiting = [(r, 1 / b, b.free_symbols & names) for r, b in inverses]
    for s, e in [(None, None), *common]:
        out += [(s, e)] if s is not None else []
        have = {x for x, _ in out}
        out += [(r, x) for r, x, needed in waiting if needed <= have]
        waiting = [w for w in waiting if not w[2] <= have]
    return out


def _needs(e: Any, pending: set[Any], table: dict[Any, Any]) -> bool:
    """True while a common subexpression that ``e`` uses, directly or not, is still to be printed."""
    stack, seen = [e], set()
    while stack:
        for s in stack.pop().free_symbols:
            if s in pending:
                return True
            if s in table and s not in seen:
                seen.add(s)
                stack.append(table[s])
    return False


__all__ = ["CellCode", "assignments", "generate"]
