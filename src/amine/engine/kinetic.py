"""Schemes at the source: which there are, their propagators, and the tables through which a kernel reads them.

For each source population a *pulse group* is a set of schemes that see the same pulse of transmitter under the same
release. A neuron's states, free states and mass of each scheme in a row, are in two parts: those of receptors without
and those with transmitter. A pulse moves a part of the first to the second; its end moves all back. Between such changes
both are linear with constant coefficients, so they are advanced from one change to the next by powers of the propagator
of one step.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np

from amine.errors import AmineError
from amine.network.network import Network
from amine.network.parts import Synapses, View
from amine.network.ports import scheme, scheme_of
from amine.units import to_internal

# columns of the table of pulse groups
(G_POP, G_LIST, G_WIDTH, G_DIM, G_STATE, G_TIME, G_TABLE, G_PAY, G_SITES, G_FRACTION, G_STREAM, G_ID0, G_COLUMNS) = (
    range(13)
)
TIMES = 4  # whole numbers of a unit: step of its state, of its last pulse, whether it is empty, step of its last spike
POWERS = 31  # steps are counted in 31 bits
REST_LIMIT = 1e-3  # open without transmitter: more than this would be missed at the targets


@dataclass(frozen=True)
class PulseGroup:
    """Schemes of one source population that see one pulse under one release."""

    release: Any
    schemes: tuple[Any, ...]

    def key(self) -> Any:
        """Plain data: groups of equal keys share their states."""
        return [None if self.release is None else self.release.to_dict(), [m.to_dict() for m in self.schemes]]

    @property
    def dim(self) -> int:
        """Number of values of a neuron in one part: free states and mass of each scheme."""
        return sum(len(scheme(m).free) + 1 for m in self.schemes)


def groups_of(net: Network, s: Synapses, target: View) -> list[tuple[PulseGroup, tuple[str, ...]]]:
    """The pulse groups of a projection onto one population, each with its labels.

    Receptors with the same pulse and plain weights are delivered together.
    """
    population = net.populations[target.population]
    where = f"Synapses '{s.name}'"
    found: dict[Any, list[str]] = {}
    models = {label: scheme_of(population, label, where) for label in s.receptors}
    for label, weight in s.receptors.items():
        m = models[label]
        pulse = tuple(_number(m, n) for n in ("T_max", "T_width"))
        alone = not isinstance(weight, str) or not (s.delay is None or isinstance(s.delay, str))
        found.setdefault((*pulse, label if alone else ""), []).append(label)
    return [(PulseGroup(s.release, tuple(models[x] for x in labels)), tuple(labels)) for labels in found.values()]


def _number(model: Any, name: str) -> float:
    value = model.parameters[name]
    if not isinstance(value, str):
        raise AmineError(
            f"{model.where}, parameter '{name}'",
            "the state lives at the source, so it must be one value for all targets",
            mend="say detail='explicit'",
        )
    return float(to_internal(value, model.units[name], f"{model.where}, parameter '{name}'"))


def steps_of(group: PulseGroup, dt: float) -> int:
    """Width of a group's pulse in steps."""
    return max(1, round(_number(group.schemes[0], "T_width") / dt))


# --- source text -------------------------------------------------------------------------------------------------


def scheme_source(model: Any, name: str) -> str:
    """``scheme_<name>(p, T)``: the rates of all transitions; ``open_<name>(p)``: what is open, of states in ``p``."""
    import sympy as sp

    from amine.engine.printer import Printer
    from amine.equations.scheme import check
    from amine.equations.syntax import NONE, TIME, parse_expression, symbol
    from amine.units import dimension_of

    s = scheme(model)
    rates = check(s, dict(model.units))
    dims: Any = {n: dimension_of(u) for n, u in model.units.items()} | {"v": dimension_of("mV"), "t": TIME}
    dims |= {n: dimension_of(u) for n, _, u in s.parts}
    parts = {symbol(n): parse_expression(e, dims, s.where, dimension_of(u)) for n, e, u in s.parts}

    def whole(e: Any) -> Any:
        for _ in parts:
            e = sp.sympify(e).subs(parts)
        return e

    numpy = Printer("numpy")
    known = sorted(model.units)
    read = "".join(f"    {n} = p['{n}']\n" for n in known)
    body = ", ".join(numpy(whole(rates[str(i)])) for i in range(len(s.transitions)))
    names = [*s.states, *(d for d, _, _ in s.downstream)]
    opening = whole(parse_expression(s.open, dims | dict.fromkeys(names, NONE), s.where, NONE))
    states = "".join(f"    {n} = p['{n}']\n" for n in names)
    return (
        f"def scheme_{name}(p, T):\n{read}    return ({body},)\n\n\n"
        f"def open_{name}(p):\n{read}{states}    return {numpy(opening)}\n\n\n"
    )


# --- matrices ------------------------------------------------------------------------------------------------------


def generator_matrix(s: Any, rates: Any) -> np.ndarray:
    """The whole matrix Q of x' = Q x in the order of the scheme's states; its columns sum to zero."""
    index = {a: i for i, a in enumerate(s.states)}
    Q = np.zeros((len(index), len(index)))
    for t, k in zip(s.transitions, rates, strict=True):
        a, b = index[t.a], index[t.b]
        Q[b, a] += k
        Q[a, a] -= k
    return Q


def reduced(Q: np.ndarray) -> np.ndarray:
    """The same for free states and mass: the first state is the mass less the others."""
    n = len(Q)
    out = np.zeros((n, n))
    out[:-1, :-1] = Q[1:, 1:] - Q[1:, :1]
    out[:-1, -1] = Q[1:, 0]
    return out


def equilibrium(Q: np.ndarray) -> np.ndarray:
    """The stationary distribution."""
    n = len(Q)
    A = np.vstack([Q, np.ones(n)])
    return np.linalg.lstsq(A, np.append(np.zeros(n), 1.0), rcond=None)[0]


def powers(A: np.ndarray, dt: float) -> np.ndarray:
    """Propagators of 1, 2, 4, ... steps."""
    from scipy.linalg import expm

    return np.stack([expm(A * (dt * 2.0**b)) for b in range(POWERS)])


@dataclass
class Dynamics:
    """Matrices of a group: without and with transmitter, block by block, and its state of rest."""

    off: np.ndarray
    on: np.ndarray
    rest: np.ndarray


def dynamics(group: PulseGroup, module: ModuleType, index: dict[Any, int]) -> Dynamics:
    """The dynamics of a group's schemes; ``index`` tells a scheme's number in the module.

    Raises
    ------
    AmineError
        If channels are open at rest: their constant conductance would be missing at the targets.
    """
    D = group.dim
    out, at = Dynamics(np.zeros((D, D)), np.zeros((D, D)), np.zeros(D)), 0
    for m in group.schemes:
        s = scheme(m)
        values = {n: np.float64(_number(m, n)) for n in m.units}
        j = index[repr(m.structure())]
        rates = [getattr(module, f"scheme_{j}")(values, T) for T in (0.0, values["T_max"])]
        _finite(rates, m)
        off, on = (generator_matrix(s, r) for r in rates)
        x = equilibrium(off)
        _closed(module, j, s, m, values, x)
        n = len(s.states)
        out.off[at : at + n, at : at + n], out.on[at : at + n, at : at + n] = reduced(off), reduced(on)
        out.rest[at : at + n - 1], out.rest[at + n - 1] = x[1:], 1.0
        at += n
    return out


def _finite(rates: Any, model: Any) -> None:
    for r in rates:
        bad = [i for i, x in enumerate(r) if not np.isfinite(x) or x < 0]
        if bad:
            t = scheme(model).transitions[bad[0]]
            raise AmineError(
                model.where,
                f"the rate from '{t.a}' to '{t.b}' is negative or not finite",
                given=f"{t.rate} = {float(r[bad[0]]):g}",
                mend="check its parameters",
            )


def _closed(module: ModuleType, j: int, s: Any, m: Any, values: dict[str, Any], x: np.ndarray) -> None:
    """Downstream states are taken as zero at rest; what is open then must be nothing."""
    states = dict(zip(s.states, x, strict=True)) | {d: 0.0 for d, _, _ in s.downstream}
    opening = float(getattr(module, f"open_{j}")({**values, **states}))
    if opening > REST_LIMIT:
        raise AmineError(
            m.where, "channels are open without transmitter", given=f"{opening:.3g}", mend="say detail='explicit'"
        )


# --- tables ----------------------------------------------------------------------------------------------------------


def sites_of(release: Any) -> int:
    """Number of release sites that are drawn each for itself; 0 if release is a mean."""
    if release is None or not release.quantal:
        return 0
    return int(to_internal(release.parameters["n"], "1", "quantal release, n"))


@dataclass
class KineticState:
    """What a kernel needs of all pulse groups, and their state."""

    table: np.ndarray  # (groups, G_COLUMNS)
    X: np.ndarray  # float64: for each neuron (or site) the part without and the part with transmitter
    time: np.ndarray  # int64: for each neuron, step of its state and of its last pulse's start
    powers: np.ndarray  # float64: propagators
    dim: int  # largest dimension

    @staticmethod
    def rows(groups: list[tuple[int, PulseGroup]]) -> int:
        """Rows of payload that all groups need."""
        return sum(g.dim for _, g in groups)


def state(
    groups: list[tuple[int, PulseGroup]],
    places: Any,
    module: ModuleType,
    index: dict[Any, int],
    first_pay: int,
    fractions: list[int],
    dt: float,
) -> KineticState:
    """Tables and states at rest; ``fractions`` are the rows of payload with the released part, -1 for all."""
    table = np.zeros((len(groups), G_COLUMNS), np.int64)
    X, time, tables = [], [], []
    at_x = at_t = at_p = 0
    pay = first_pay
    for q, (p, g) in enumerate(groups):
        d, D, n = dynamics(g, module, index), g.dim, places[p].n
        units = max(1, sites_of(g.release))
        row = table[q]
        row[[G_POP, G_LIST, G_WIDTH, G_DIM]] = p, len(places) + 2 * q, steps_of(g, dt), D
        row[[G_STATE, G_TIME, G_TABLE, G_PAY]] = at_x, at_t, at_p, pay
        row[[G_SITES, G_FRACTION, G_STREAM, G_ID0]] = sites_of(g.release), fractions[q], q, places[p].id0
        one = np.concatenate([d.rest, np.zeros(D)])
        X.append(np.tile(one, n * units))
        time.append(np.tile([0, -(2**40), 0, 0], n * units))
        tables.append(np.concatenate([powers(d.off, dt).ravel(), powers(d.on, dt).ravel()]))
        at_x, at_t, at_p, pay = at_x + X[-1].size, at_t + time[-1].size, at_p + tables[-1].size, pay + D
    joined = [np.concatenate([*a, np.zeros(1)]) for a in (X, time, tables)]
    return KineticState(
        table, joined[0], joined[1].astype(np.int64), joined[2], max((g.dim for _, g in groups), default=1)
    )
