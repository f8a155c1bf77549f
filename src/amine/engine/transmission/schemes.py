"""Schemes at the source: their propagators, and their tables for the kernel.

A *pulse group* of a source population is a set of schemes with the same pulse of transmitter and the same release. The states of a
neuron (free states and mass of each scheme) are in two parts: receptors without and receptors with transmitter. A pulse moves a part of
the first to the second; its end moves all back. Between such changes both are linear with constant coefficients, so they advance from
one change to the next by powers of the propagator of one step.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import ModuleType
from typing import TypeAlias

import numpy as np

from amine.engine.build.slices import Slice
from amine.engine.device.matrices import expm, solve
from amine.engine.device.pulse_tables import (
    COLUMN,
    G_COLUMNS,
    G_DIM,
    G_FRACTION,
    G_ID0,
    G_KEY,
    G_LIST,
    G_PAY,
    G_POP,
    G_SITES,
    G_STATE,
    G_TABLE,
    G_TIME,
    G_WIDTH,
    GRID,
    POWERS,
    R_COLUMNS,
    R_DECAY,
    R_FLOOR,
    R_HEIGHT,
    R_K_BREAK,
    R_K_UP,
    R_RECOVERY,
    R_TOP,
    R_V_BREAK,
    R_V_UP,
    REST,
)
from amine.engine.resolve.pulses import PulseGroup, one_value, steps_of
from amine.engine.resolve.release import recovery_of, sites_of
from amine.equations.schemes import Scheme
from amine.errors import AmineError
from amine.models.model import Model
from amine.models.ports import scheme
from amine.records import dataclass
from amine.values import scalar

STACK = 4.0  # upper end of a table over concentration in releases; higher concentrations use its last entry
FLOOR = 1e-4  # transmitter is set to zero when it drives no rate above this (1/ms) and is below this part of a release
REST_LIMIT = 1e-3  # largest open fraction without transmitter: targets do not receive it


# --- matrices ------------------------------------------------------------------------------------------------------


def generator_matrix(s: Scheme, rates: Sequence[float] | np.ndarray) -> np.ndarray:
    """The matrix Q (1/ms) of x' = Q x in the order of the scheme's states; its columns sum to zero."""
    index = {a: i for i, a in enumerate(s.states)}
    Q = np.zeros((len(index), len(index)))
    for t, k in zip(s.transitions, rates, strict=True):
        a, b = index[t.a], index[t.b]
        Q[b, a] += k
        Q[a, a] -= k
    return Q


def reduced(Q: np.ndarray) -> np.ndarray:
    """The matrix for free states and mass, in which the first state is the mass less the others."""
    n = len(Q)
    out = np.zeros((n, n))
    out[:-1, :-1] = Q[1:, 1:] - Q[1:, :1]
    out[:-1, -1] = Q[1:, 0]
    return out


def equilibrium(Q: np.ndarray) -> np.ndarray:
    """The stationary distribution."""
    n = len(Q)
    found = solve(np.vstack([Q[1:], np.ones(n)]), np.append(np.zeros(n - 1), 1.0))
    if np.isfinite(found).all() and found.min() > -1e-9 and np.abs(found).max() < 1.0 + 1e-9:
        return found
    A = np.vstack([Q, np.ones(n)])  # states that nothing joins: the least of all
    return np.linalg.lstsq(A, np.append(np.zeros(n), 1.0), rcond=None)[0]


def powers(A: np.ndarray, dt: float) -> np.ndarray:
    """Propagators of 1, 2, 4, ... steps, each column by column, which are filled up with zeros."""
    made = np.stack([expm(A * (dt * 2.0**b)) for b in range(POWERS)]).swapaxes(1, 2)
    return np.pad(made, [(0, 0), (0, 0), (0, -len(A) % COLUMN)])


# a scheme, its matrix without transmitter, and the increment of the matrix by 1 uM
SchemeMatrices: TypeAlias = tuple[Scheme, np.ndarray, np.ndarray]


@dataclass
class Dynamics:
    """Matrices of a group without and with transmitter, block-diagonal over its schemes, and its state of rest."""

    off: np.ndarray
    on: np.ndarray
    rest: np.ndarray


def parts_of(group: PulseGroup, module: ModuleType, index: Mapping[str, int]) -> list[SchemeMatrices]:
    """Each scheme with its matrix without transmitter and the increment by 1 uM; ``index`` are numbers of schemes in the module.

    Raises
    ------
    AmineError
        If channels are open at rest: their constant conductance would be missing at the targets.
    """
    out = []
    for m in group.schemes:
        s, j = scheme(m), index[repr(m.structure())]
        values = {n: np.float64(one_value(m, n)) for n in m.units}
        rates = [np.array(getattr(module, f"scheme_{j}")(values, T), float) for T in (0.0, 1.0)]
        check_rates(rates, s)
        zero, one = (generator_matrix(s, r) for r in rates)
        _closed(module, j, s, m, values, equilibrium(zero))
        out.append((s, zero, one - zero))
    return out


def dynamics(group: PulseGroup, module: ModuleType, index: Mapping[str, int]) -> Dynamics:
    """The dynamics of a group under square pulses, with a mass for each scheme."""
    D = group.dim
    out, at = Dynamics(np.zeros((D, D)), np.zeros((D, D)), np.zeros(D)), 0
    for m, (s, zero, slope) in zip(group.schemes, parts_of(group, module, index), strict=True):
        n = len(s.states)
        on = zero + one_value(m, "T_max") * slope
        out.off[at : at + n, at : at + n], out.on[at : at + n, at : at + n] = reduced(zero), reduced(on)
        out.rest[at : at + n - 1], out.rest[at + n - 1] = equilibrium(zero)[1:], 1.0
        at += n
    return out


def cleared_matrix(group: PulseGroup, parts: list[SchemeMatrices], T: float) -> np.ndarray:
    """Matrix of all free states and one mass at the concentration ``T`` (uM)."""
    D = group.dim
    out, at = np.zeros((D + 1, D + 1)), 0
    for s, zero, slope in parts:
        n, R = len(s.free), reduced(zero + T * slope)
        out[at : at + n, at : at + n], out[at : at + n, D] = R[:n, :n], R[:n, n]
        at += n
    return out


def check_rates(rates: Iterable[np.ndarray], s: Scheme) -> None:
    """Raises AmineError for a negative or non-finite rate of a scheme; ``rates`` are those at several concentrations."""
    for r in rates:
        bad = [i for i, x in enumerate(r) if not np.isfinite(x) or x < 0]
        if bad:
            t = s.transitions[bad[0]]
            raise AmineError(
                s.where,
                f"the rate from '{t.a}' to '{t.b}' is negative or not finite",
                given=f"{t.rate} = {float(r[bad[0]]):g}",
                hint="check its parameters",
            )


def _closed(module: ModuleType, j: int, s: Scheme, m: Model, values: Mapping[str, float], x: np.ndarray) -> None:
    """Raises AmineError if channels are open at rest, with all downstream states zero."""
    states = dict(zip(s.states, x, strict=True)) | {d: 0.0 for d, _, _ in s.downstream}
    opening = float(getattr(module, f"open_{j}")({**values, **states}))
    if opening > REST_LIMIT:
        raise AmineError(
            m.where, "channels are open without transmitter", given=f"{opening:.3g}", hint="say detail='explicit'"
        )


# --- tables ----------------------------------------------------------------------------------------------------------


@dataclass
class KineticState:
    """Tables of all pulse groups for the kernel, and their state."""

    table: np.ndarray  # (groups, G_COLUMNS)
    real: np.ndarray  # (groups, R_COLUMNS)
    X: np.ndarray  # float64, of each neuron or site: without and with transmitter; or states, 1 and transmitter
    time: np.ndarray  # int64: for each neuron, TIMES whole numbers
    powers: np.ndarray  # float64: propagators
    dim: int  # largest dimension


def state(
    groups: list[tuple[int, PulseGroup]],
    slices: Sequence[Slice],
    module: ModuleType,
    index: Mapping[str, int],
    first_pay: int,
    fractions: list[int],
    keys: list[int],
    dt: float,
) -> KineticState:
    """Tables and states at rest; ``fractions`` are the rows of payload with the released part, -1 for all; ``keys`` those of random numbers."""
    table, real = np.zeros((len(groups), G_COLUMNS), np.int64), np.zeros((len(groups), R_COLUMNS))
    X, time, tables = [], [], []
    at_x = at_t = at_p = 0
    pay = first_pay
    for q, (p, g) in enumerate(groups):
        D, n = g.dim, slices[p].n
        units = max(1, sites_of(g.release))
        row = table[q]
        row[[G_POP, G_LIST, G_WIDTH, G_DIM]] = p, len(slices) + 2 * q, steps_of(g, dt), D
        row[[G_STATE, G_TIME, G_TABLE, G_PAY]] = at_x, at_t, at_p, pay
        row[[G_SITES, G_FRACTION, G_KEY, G_ID0]] = sites_of(g.release), fractions[q], keys[q], slices[p].id0
        real[q, R_RECOVERY] = recovery_of(g.release)
        one, matrices = (_square if g.cleft is None else _cleared)(g, module, index, real[q], dt)
        X.append(np.tile(one, n * units))
        time.append(np.tile(REST, n * units))
        tables.append(matrices)
        at_x, at_t, at_p, pay = at_x + X[-1].size, at_t + time[-1].size, at_p + tables[-1].size, pay + D
    joined = [np.concatenate([*a, np.zeros(1)]) for a in (X, time, tables)]
    widest = max((g.dim for _, g in groups), default=1)
    return KineticState(table, real, joined[0], joined[1].astype(np.int64), joined[2], widest)


def _square(
    g: PulseGroup, module: ModuleType, index: Mapping[str, int], real: np.ndarray, dt: float
) -> tuple[np.ndarray, np.ndarray]:
    """State of rest of a neuron, and powers of both propagators."""
    d = dynamics(g, module, index)
    return (
        np.concatenate([d.rest, np.zeros(g.dim)]),
        np.concatenate([powers(d.off, dt).ravel(), powers(d.on, dt).ravel()]),
    )


def _cleared(
    g: PulseGroup, module: ModuleType, index: Mapping[str, int], real: np.ndarray, dt: float
) -> tuple[np.ndarray, np.ndarray]:
    """State of rest, and a table: powers of the propagator without transmitter, propagators over concentrations, and the matrix
    from a change of states within a step to the constant drive that causes it.
    """
    D, parts = g.dim, parts_of(g, module, index)
    assert g.cleft is not None
    cleft_numbers(g.cleft, real)
    real[R_TOP] = real[R_HEIGHT] * STACK
    drive = max(float(np.abs(slope).max()) for _, _, slope in parts)
    real[R_FLOOR] = min(FLOOR / drive, FLOOR * real[R_HEIGHT])
    T = real[R_TOP] * (np.arange(GRID + 1) / GRID) ** 2
    M = expm(np.stack([cleared_matrix(g, parts, t) for t in T]) * dt)[:, :D, :]
    off = cleared_matrix(g, parts, 0.0)
    A = np.zeros((2 * D, 2 * D))
    A[:D, :D], A[:D, D:] = off[:D, :D] * dt, np.eye(D) * dt
    inverse = solve(expm(A)[:D, D:], np.eye(D))
    rest = np.concatenate([*(equilibrium(zero)[1:] for _, zero, _ in parts), [1.0, 0.0]])
    return rest, np.concatenate([powers(off, dt).ravel(), M.ravel(), inverse.ravel()])


def cleft_numbers(cleft: Model, real: np.ndarray) -> None:
    """Puts height and clearance into a row of the table; inhibitors raise the half-saturation of the process they compete with."""
    x = {n: scalar(v, cleft.units[n], f"{cleft.where}, {n}") for n, v in cleft.parameters.items()}
    real[R_HEIGHT], real[R_DECAY] = x["T_max"], 1.0 / x["tau"]
    real[R_V_UP], real[R_K_UP] = x["V_uptake"], x["K_uptake"] * (1.0 + x["I_uptake"] / x["Ki_uptake"])
    real[R_V_BREAK], real[R_K_BREAK] = x["V_breakdown"], x["K_breakdown"] * (1.0 + x["I_breakdown"] / x["Ki_breakdown"])
