"""From a fused system to the source of its update function: one branch-free loop over each block of 64 neurons."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import sympy as sp

from amine.engine.fuse import GAP_CURRENT, CellStructure, Fused, fuse, port_name, stimulus_input
from amine.engine.printer import Printer
from amine.equations import parse
from amine.equations.integrate import DT, Linear, choose, exponential_euler, linear_system
from amine.equations.parse import is_noise, symbol

BLOCK = 64


@dataclass
class CellCode:
    """The generated code of one kind of population and what the engine must know to feed it."""

    states: list[str]
    units: dict[str, str]
    integrators: dict[str, str]
    targets: dict[str, str]
    rows: list[str]  # rows of a block: states, then _ref, then parameters that differ, then scratch
    scalars: list[str]  # names of the shared constants, in the order of the constant table
    constants: dict[str, str]  # name -> NumPy expression of parameters and dt
    parameters: list[str]
    linear: dict[str, Any] | None  # matrices of the exactly advanced states, as NumPy text
    initial: dict[str, str]
    spikes: bool
    noises: list[str]
    refractory: str | None
    n_release_states: list[int] = field(default_factory=list)
    source: str = ""


class Constants:
    """Collects the parts of expressions that are made of parameters and the time step alone."""

    def __init__(self, parameters: set[str], arrays: frozenset[str]):
        self.known = parameters | {"dt"}
        self.arrays = arrays
        self.named: dict[Any, str] = {}
        self.extra: dict[str, bool] = {}  # constants computed elsewhere (propagators): name -> differs

    def take(self, e: Any) -> Any:
        """``e`` with every such part replaced by the symbol of a constant."""
        if e.is_number or not getattr(e, "free_symbols", None):
            return e
        names = {s.name for s in e.free_symbols}
        if names <= self.known:
            return self.constant(e)
        if isinstance(e, sp.Add | sp.Mul):
            fixed = [a for a in e.args if {s.name for s in a.free_symbols} <= self.known]
            rest = [self.take(a) for a in e.args if not {s.name for s in a.free_symbols} <= self.known]
            if any(a.free_symbols for a in fixed):
                return e.func(self.constant(e.func(*fixed)), *rest)
            return e.func(*fixed, *rest)
        return e.func(*[self.take(a) for a in e.args]) if e.args else e

    def constant(self, e: Any) -> Any:
        if e not in self.named:
            self.named[e] = f"c{len(self.named)}"
        return symbol(self.named[e])

    def differs(self, e: Any) -> bool:
        return bool({s.name for s in e.free_symbols} & self.arrays)


def generate(cell: CellStructure, index: int) -> CellCode:
    """Source and metadata of cell kind ``index``."""
    fused = fuse(cell)
    maker = _Maker(cell, fused, index)
    return maker.code()


class _Maker:
    def __init__(self, cell: CellStructure, fused: Fused, index: int):
        self.cell, self.fused, self.index = cell, fused, index
        self.methods = choose(fused.rhs, fused.parameters, fused.inputs)
        self.linear = linear_system(fused.rhs, self.methods, fused.parameters)
        self.constants = Constants(fused.parameters, cell.arrays)
        self.body: list[tuple[str, Any]] = []
        self.states = list(fused.rhs)

    # --- the new values --------------------------------------------------------------------------------------

    def propagator(self, name: str) -> Any:
        lin = self.linear
        symbols = {s.name for row in (*lin.A, *lin.B, *lin.G) for e in row for s in getattr(e, "free_symbols", ())}
        self.constants.extra[name] = bool(symbols & self.cell.arrays)
        return symbol(name)

    def exact(self) -> dict[str, Any]:
        lin = self.linear
        reach = _reach(lin)
        new = {}
        for i, s in enumerate(lin.states):
            e: Any = 0
            for j, q in enumerate(lin.states):
                if reach[i][j]:
                    e += self.propagator(f"P_{i}_{j}") * symbol(q)
            for j, u in enumerate(lin.inputs):
                if any(reach[i][m] and lin.B[m][j] != 0 for m in range(len(lin.states))):
                    e += self.propagator(f"Q_{i}_{j}") * u
            for j in _noisy(lin, reach):
                if j <= i and i in _noisy(lin, reach):
                    e += self.propagator(f"L_{i}_{j}") * symbol(f"z_{j}")
            new[s] = e
        return new

    def updates(self) -> tuple[list[tuple[str, Any]], dict[str, str]]:
        """Assignments in order and the name of each state's new value."""
        steps: list[tuple[str, Any]] = []
        new_name = {s: f"new_{s}" for s in self.states}
        exact = self.exact()
        steps += [(new_name[s], e) for s, e in exact.items()]
        for s, m in self.methods.items():
            if m == "exponential_euler":
                e = exponential_euler(s, self.fused.rhs[s], self.fused.parameters)
                steps.append((new_name[s], self.constants.take(_with_z(e))))
        hard = [s for s, m in self.methods.items() if m == "rk4"]
        if hard:
            steps += self.runge_kutta(hard, new_name, exact)
        for s, m in self.methods.items():
            if m == "euler_maruyama":
                steps.append((new_name[s], self.constants.take(self.euler_maruyama(s))))
        return steps, new_name

    def euler_maruyama(self, s: str) -> Any:
        e = self.fused.rhs[s]
        noise = {n for n in e.free_symbols if is_noise(n.name)}
        drift = e.subs({n: 0 for n in noise})
        return symbol(s) + drift * DT + sum(sp.diff(e, n) * sp.sqrt(DT) * symbol(f"z_{n.name}") for n in noise)

    def runge_kutta(self, hard: list[str], new: dict[str, str], exact: dict[str, Any]) -> list[tuple[str, Any]]:
        """Four stages; exactly advanced states are given at half and full step, ``t`` too."""
        rhs = {s: self.fused.rhs[s] for s in hard}
        used = {n.name for e in rhs.values() for n in e.free_symbols} & set(exact)
        steps: list[tuple[str, Any]] = []
        half = {}
        if used:
            lin, reach = self.linear, _reach(self.linear)
            for s in sorted(used):
                i = lin.states.index(s)
                e: Any = sum(self.propagator(f"H_{i}_{j}") * symbol(q) for j, q in enumerate(lin.states) if reach[i][j])
                for j, u in enumerate(lin.inputs):
                    if any(reach[i][m] and lin.B[m][j] != 0 for m in range(len(lin.states))):
                        e += self.propagator(f"K_{i}_{j}") * u
                steps.append((f"half_{s}", e))
                half[symbol(s)] = symbol(f"half_{s}")
        full = {symbol(s): symbol(new[s]) for s in used}
        t = symbol("t")
        stages = ((0, {}), (sp.Rational(1, 2), {**half, t: t + DT / 2}), (sp.Rational(1, 2), {**half, t: t + DT / 2}),
                  (1, {**full, t: t + DT}))
        for n, (weight, others) in enumerate(stages, 1):
            swap = dict(others)
            if n > 1:
                swap |= {symbol(s): symbol(f"x{n}_{s}") for s in hard}
                steps += [(f"x{n}_{s}", self.constants.take(symbol(s) + weight * DT * symbol(f"k{n - 1}_{s}"))) for s in hard]
            steps += [(f"k{n}_{s}", self.constants.take(rhs[s].subs(swap, simultaneous=True))) for s in hard]
        for s in hard:
            k1, k2, k3, k4 = (symbol(f"k{n}_{s}") for n in (1, 2, 3, 4))
            steps.append((new[s], symbol(s) + self.constants.constant(DT / 6) * (k1 + 2 * (k2 + k3) + k4)))
        return steps

    # --- text ------------------------------------------------------------------------------------------------

    def code(self) -> CellCode:
        steps, new = self.updates()
        condition = None
        if self.fused.threshold is not None:
            swap = {symbol(s): symbol(f"next_{s}") for s in self.states}
            condition = self.constants.take(self.fused.threshold.subs(swap, simultaneous=True))
        resets = [(n, self.constants.take(e)) for n, e in self.fused.reset]
        refractory = self.fused.refractory
        ref = None
        if refractory is not None:
            ref = self.constants.constant(sp.floor(refractory / DT + sp.Rational(1, 2)))
        noises = sorted({s.name for _, e in steps for s in e.free_symbols if s.name.startswith("z_")})
        numpy = Printer(False)
        differ = [n for e, n in self.constants.named.items() if self.constants.differs(e)]
        differ += [n for n, d in self.constants.extra.items() if d]
        scalars = [n for e, n in self.constants.named.items() if not self.constants.differs(e)]
        scalars += [n for n, d in self.constants.extra.items() if not d]
        rows = [*self.states, "_ref", *differ, *noises]
        rows += [stimulus_input(j) for j in range(self.cell.stimuli)]
        if self.cell.gap:
            rows += [GAP_CURRENT, "_trial"]
            if "c_gap" not in rows:
                pass
        for j, (_, weights, rates) in enumerate(self.cell.poisson):
            rows += [f"_poisson_weight_{j}"] * weights + [f"_poisson_rate_{j}"] * rates
        release_sources, n_states = self.releases()
        out = CellCode(
            self.states, self.fused.units, self.methods, self.fused.targets, rows, scalars,
            {n: numpy(e) for e, n in self.constants.named.items()}, sorted(self.fused.parameters),
            self._linear_text(numpy), {s: numpy(e) for s, e in self.fused.initial.items()},
            condition is not None, noises, None if ref is None else str(ref), n_states,
        )
        out.source = self._source(out, steps, new, condition, resets, ref) + release_sources
        return out

    def _linear_text(self, numpy: Printer) -> dict[str, Any] | None:
        lin = self.linear
        if not lin.states:
            return None
        text = {k: [[numpy(e) for e in row] for row in getattr(lin, k)] for k in "ABG"}
        half = any(n.startswith(("H_", "K_")) for n in self.constants.extra)
        return {**text, "n": len(lin.states), "inputs": len(lin.inputs), "noises": len(lin.noises), "half": half}

    def _source(self, out: CellCode, steps: list[Any], new: dict[str, str], condition: Any, resets: list[Any], ref: Any) -> str:
        row = {n: i for i, n in enumerate(out.rows)}
        lane = {n: f"X[o + {row[n] * BLOCK} + l]" if row[n] else "X[o + l]" for n in out.rows}
        printer = Printer(True, lambda n: n)
        used = {s.name for _, e in steps for s in e.free_symbols} | ({s.name for s in condition.free_symbols} if condition is not None else set())
        if ref is not None:
            used.add(str(ref))
        text = [f"# {self.cell.neuron.name}: " + ", ".join(f"{s} {m}" for s, m in self.methods.items())]
        variants = ("", "_trial") if self.cell.gap else ("",)
        for variant in variants:
            text += [f"@njit(nogil=True, fastmath=FAST, error_model='numpy')",
                     f"def update_{self.index}{variant}(X, base, first, last, c, inputs, t):",
                     f"    spikes = 0" if not variant else "    worst = F(0.0)"]
            text += [f"    {n} = c[{i}]" for i, n in enumerate(out.scalars) if n in used]
            text += [f"    u_{j} = inputs[{j}]" for j in range(self.cell.stimuli)]
            text += [f"    for b in range(first, last):", f"        o = base + b * {len(out.rows) * BLOCK}"]
            if not variant and out.spikes:
                text.append("        hits = I32(0)")
            text.append(f"        for l in range({BLOCK}):")
            text += self._lane(out, steps, new, condition, ref, lane, printer, used, variant)
            if variant:
                continue
            if out.spikes:
                text.append("        spikes += hits")
        if self.cell.gap:
            pass
        text = [*text, f"    return {'worst' if len(variants) > 1 else 'spikes'}"] if len(variants) == 1 else _close(text)
        return "\n".join(text) + "\n\n\n" + self._emit(out, resets, ref, row, printer)

    def _lane(self, out: CellCode, steps: list[Any], new: dict[str, str], condition: Any, ref: Any,
              lane: dict[str, str], printer: Printer, used: set[str], variant: str) -> list[str]:
        pad = " " * 12
        text = [f"{pad}{s} = {lane[s]}" for s in self.states]
        differ = [n for n in out.rows if n in used and n not in self.states and not n.startswith("I_stimulus")]
        text += [f"{pad}{n} = {lane[n]}" for n in differ]
        text += [f"{pad}{stimulus_input(j)} = u_{j} * {lane[stimulus_input(j)]}" for j in range(self.cell.stimuli)]
        names = [n for n, _ in steps]
        common, reduced = sp.cse([e for _, e in steps], symbols=(symbol(f"y{i}") for i in range(10_000)), list=True)
        ready = set(used) | set(self.states)
        waiting = list(common)
        for name, e in zip(names, reduced, strict=True):
            while waiting and _needs(e, waiting, common):
                s, sub = waiting.pop(0)
                text.append(f"{pad}{s} = {printer(sub)}")
            text.append(f"{pad}{name} = {printer(e)}")
            ready.add(name)
        hold = self.fused.hold if ref is not None else ()
        text.append(f"{pad}ref = {lane['_ref']}") if out.spikes else None
        for s in self.states:
            source = f"({new[s]} if ref <= F(0.0) else {s})" if s in hold else new[s]
            text.append(f"{pad}next_{s} = {source}")
        if variant:
            return [*text, f"{pad}worst = max(worst, abs(next_v - {lane['_trial']}))", f"{pad}{lane['_trial']} = next_v"]
        text += [f"{pad}{lane[s]} = next_{s}" for s in self.states]
        if out.spikes:
            text += [f"{pad}spike = (ref <= F(0.0)) & {printer(condition)}", f"{pad}hits += I32(spike)",
                     f"{pad}{lane['_ref']} = F(-1.0) if spike else max(ref - F(1.0), F(0.0))"]
        return text

    def _emit(self, out: CellCode, resets: list[Any], ref: Any, row: dict[str, int], printer: Printer) -> str:
        """Scalar code for the few neurons that spiked: list them, reset them, start their refractory time."""
        if not out.spikes:
            return ""
        text = ["@njit(nogil=True, error_model='numpy')",
                f"def emit_{self.index}(X, base, first, last, n, c, spk, at, id0):",
                f"    for b in range(first, last):", f"        o = base + b * {len(out.rows) * BLOCK}",
                f"        r = o + {row['_ref'] * BLOCK}",
                "        m = F(0.0)", f"        for l in range({BLOCK}):", "            m = min(m, X[r + l])",
                "        if m >= F(0.0):", "            continue",
                f"        for l in range({BLOCK}):", "            if X[r + l] < F(0.0):"]
        pad = " " * 16
        used = {s.name for _, e in resets for s in e.free_symbols} | ({str(ref)} if ref is not None else set())
        for n in sorted(used):
            if n in row:
                text.append(f"{pad}{n} = X[o + {row[n] * BLOCK} + l]")
            elif n in out.scalars:
                text.append(f"{pad}{n} = c[{out.scalars.index(n)}]")
        for n, e in resets:
            text += [f"{pad}{n} = {printer(e)}", f"{pad}X[o + {row[n] * BLOCK} + l] = {n}"]
        text += [f"{pad}X[r + l] = {ref if ref is not None else 'F(0.0)'}",
                 f"{pad}spk[at] = id0 + b * {BLOCK} + l", f"{pad}at += 1", "    return at"]
        return "\n".join(text) + "\n\n\n"

    # --- release ---------------------------------------------------------------------------------------------

    def releases(self) -> tuple[str, list[int]]:
        """Source-side states advanced exactly from spike to spike, in float64."""
        text, counts = "", []
        for j, model in enumerate(self.cell.releases):
            source, n = release_source(model, f"{self.index}_{j}")
            text += source
            counts.append(n)
        return text, counts


def _needs(e: Any, waiting: list[Any], common: list[Any]) -> bool:
    """True while a common subexpression that ``e`` uses, directly or not, is still to be printed."""
    pending = {s for s, _ in waiting}
    table = dict(common)
    stack, seen = [e], set()
    while stack:
        for s in stack.pop().free_symbols:
            if s in pending:
                return True
            if s in table and s not in seen:
                seen.add(s)
                stack.append(table[s])
    return False


def _close(text: list[str]) -> list[str]:
    """Adds the return statements of the two variants (full step and trial)."""
    out: list[str] = []
    for i, line in enumerate(text):
        if line.startswith("@njit") and i > 1:
            out += ["    return spikes", "", ""]
        out.append(line)
    return [*out, "    return worst"]


def _with_z(e: Any) -> Any:
    """White noises as standard normals."""
    return e.subs({s: symbol(f"z_{s.name}") for s in e.free_symbols if is_noise(s.name)})


def _reach(lin: Linear) -> list[list[bool]]:
    """Which state influences which within a step: the pattern of the matrix exponential."""
    n = len(lin.states)
    r = [[i == j or lin.A[i][j] != 0 for j in range(n)] for i in range(n)]
    for k in range(n):
        for i in range(n):
            for j in range(n):
                r[i][j] = r[i][j] or (r[i][k] and r[k][j])
    return r


def _noisy(lin: Linear, reach: list[list[bool]]) -> list[int]:
    """States that noise reaches within a step."""
    driven = [i for i in range(len(lin.states)) if any(g != 0 for g in (lin.G[i] if lin.G else []))]
    return [i for i in range(len(lin.states)) if any(reach[i][j] for j in driven)]


def release_source(model: Any, name: str) -> tuple[str, int]:
    """``release_<name>(R, at, c, elapsed)``: advances one neuron's states over ``elapsed`` ms and returns the payload."""
    from amine.errors import AmineError

    eq = parse(model)
    parameters = set(eq.parameters)
    methods = choose(eq.full_rhs, parameters, set())
    if any(m != "exact" for m in methods.values()) or eq.noises:
        bad = next((s for s, m in methods.items() if m != "exact"), "xi")
        raise AmineError(f"Release '{model.name}'", f"'{bad}' is not linear between spikes",
                         mend="release states must be linear with constant coefficients, they advance from spike to spike")
    lin = linear_system(eq.full_rhs, methods, parameters)
    if any(a != 0 for i, r in enumerate(lin.A) for j, a in enumerate(r) if i != j):
        raise AmineError(f"Release '{model.name}'", "its states act on each other between spikes",
                         mend="let them meet only at spikes")
    p = Printer(True, lambda n: n)
    params = sorted(parameters)
    text = ["@njit(nogil=True, error_model='numpy')", f"def release_{name}(R, at, c, elapsed):"]
    text += [f"    {n} = c[{i}]" for i, n in enumerate(params)]
    for i, s in enumerate(lin.states):
        text.append(f"    {s} = R[at + {i}]")
        rate, drive = lin.A[i][i], (lin.B[i][0] if lin.inputs else sp.S.Zero)
        text.append(f"    d_{s} = math.exp(({_p64(p, rate)}) * elapsed)")
        target = f"(-({_p64(p, drive / rate)}))" if rate != 0 else "0.0"
        text.append(f"    {s} = {target} + ({s} - {target}) * d_{s}" if rate != 0 else f"    {s} += ({_p64(p, drive)}) * elapsed")
    text += [f"    {n} = {_p64(p, eq.expand(e))}" for n, e in eq.on_spike]
    text.append(f"    payload = {_p64(p, eq.expand(eq.payload))}")
    text += [f"    {n} = {_p64(p, eq.expand(e))}" for n, e in eq.after_spike]
    text += [f"    R[at + {i}] = {s}" for i, s in enumerate(lin.states)]
    return "\n".join([*text, "    return payload"]) + "\n\n\n", len(lin.states)


def _p64(p: Printer, e: Any) -> str:
    """Kernel code in float64, whatever the precision of the network."""
    return p(e).replace("F(", "float(").replace("vexp(", "math.exp(").replace("vlog(", "math.log(").replace("vsqrt(", "math.sqrt(")


__all__ = ["BLOCK", "CellCode", "generate", "port_name", "release_source"]
