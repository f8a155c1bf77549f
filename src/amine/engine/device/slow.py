"""One field step: doses, fields, occupancies, second messengers, and the factors of parameters.

A field's concentration moves by a symmetric composition of exact flows (Strang 1968, SIAM J Numer Anal 5:506): half a
step of removal, half the release, the whole transport, half the release, half a step of removal. Each flow keeps
concentrations positive, transport keeps the amount, and the error is of second order in the step.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from types import FunctionType
from typing import Any

import numpy as np

from amine.compounds import algebra
from amine.engine.device import slow_tables as T
from amine.engine.device.elementary import log1p64, log64, pow64
from amine.engine.device.functions import exp64, njit, stack_matrix
from amine.engine.device.tables import BEGIN, END

I64 = np.int64


_FUNCTIONS = {"exp": exp64, "log": log64, "log1p": log1p64, "power": pow64}


def _compiled(formula: Callable[..., Any]) -> Any:
    """A formula of drug action, compiled as it is, with functions that are the same on every processor."""
    given: Any = formula
    own = FunctionType(given.__code__, {**given.__globals__, **_FUNCTIONS}, given.__name__, given.__defaults__)
    return njit(nogil=True, error_model="numpy")(own)


load_of: Any = _compiled(algebra.load)
share_of: Any = _compiled(algebra.share)
response_of: Any = _compiled(algebra.response)
remove: Any = _compiled(algebra.remove)


@njit(nogil=True, error_model="numpy")
def transport(s, out, n, axes, first, last, par, scratch):
    """Moves a field along each of its axes by the propagator of that axis: rows of a matrix (n, n)."""
    for a in range(first, last):
        m, stride, place = axes[a, T.AXIS_N], axes[a, T.AXIS_STRIDE], axes[a, T.AXIS_PAR]
        for line in range(n // m):
            start = out + (line // stride) * stride * m + line % stride
            for i in range(m):
                total = 0.0
                for j in range(m):
                    total += par[place + i * m + j] * s[start + j * stride]
                scratch[i] = total
            for i in range(m):
                s[start + i * stride] = scratch[i]


@njit(nogil=True, error_model="numpy")
def _field(s, Z, o, released, scratch):
    """Advances a field by a field step.

    Its numbers: h, the first-order rate that no drug changes, number of uptakes, first and last axis, (Vmax, Km) of each uptake, then the
    constant source of each region.
    """
    ops, args, par = Z.ops, Z.args, Z.par
    out, n, p = ops[o, T.OUT], ops[o, T.N], ops[o, T.PAR]
    h, rate, uptakes = par[p], par[p + 1], I64(par[p + 2])
    first_axis, last_axis = I64(par[p + 3]), I64(par[p + 4])
    u0, r0 = p + 5, p + 5 + 2 * uptakes
    for r in range(n):
        k, source, gain, more = rate, 1.0, 1.0, 0.0
        for a in range(ops[o, T.ARG0], ops[o, T.ARG1]):
            role, x = args[a, T.ROLE], s[args[a, T.FROM] + args[a, T.STRIDE] * r]
            if role == T.REMOVAL:
                k += par[args[a, T.NUMBER]] * x
            elif role == T.SOURCE:
                source *= x
            elif role == T.RELEASE:
                gain *= x
            elif role == T.EFFLUX:
                more += x
        half = 0.5 * (h * (par[r0 + r] * source + more) + released[out + r] * gain)
        scratch[n + r] = half
        for u in range(uptakes):
            vmax, km = _uptake(s, Z, o, u, r, par[u0 + 2 * u], par[u0 + 2 * u + 1])
            s[out + r] = remove(s[out + r], 0.5 * h, vmax, km, k if u == 0 else 0.0)
        if uptakes == 0:
            s[out + r] *= exp64(-0.5 * h * k)
        s[out + r] += half
        scratch[2 * n + r] = k
    transport(s, out, n, Z.axes, first_axis, last_axis, par, scratch)
    for r in range(n):
        k = scratch[2 * n + r]
        s[out + r] += scratch[n + r]
        for u in range(uptakes - 1, -1, -1):
            vmax, km = _uptake(s, Z, o, u, r, par[u0 + 2 * u], par[u0 + 2 * u + 1])
            s[out + r] = remove(s[out + r], 0.5 * h, vmax, km, k if u == 0 else 0.0)
        if uptakes == 0:
            s[out + r] *= exp64(-0.5 * h * k)


@njit(nogil=True, error_model="numpy")
def _uptake(s, Z, o, u, r, vmax, km):
    """Vmax and Km of a transporter under its drugs."""
    args, par = Z.args, Z.par
    for a in range(Z.ops[o, T.ARG0], Z.ops[o, T.ARG1]):
        role = args[a, T.ROLE]
        if (role == T.KM or role == T.VMAX) and I64(par[args[a, T.NUMBER]]) == u:
            x = s[args[a, T.FROM] + args[a, T.STRIDE] * r]
            if role == T.KM:
                km *= x
            else:
                vmax *= x
    return vmax, km


@njit(nogil=True, error_model="numpy")
def _response(s, Z, o):
    """Response of a receptor to its natural agonist and drugs."""
    ops, args, par = Z.ops, Z.args, Z.par
    hill = par[ops[o, T.PAR]]
    for r in range(ops[o, T.N]):
        bound, shift, added, efficacy = 0.0, 1.0, 0.0, 1.0
        for a in range(ops[o, T.ARG0], ops[o, T.ARG1]):
            role, x = args[a, T.ROLE], s[args[a, T.FROM] + args[a, T.STRIDE] * r]
            if role == T.AGONIST:
                bound += x / par[args[a, T.NUMBER]]
            elif role == T.SHIFT:
                shift *= x
            elif role == T.ADDED:
                added += x
            elif role == T.EFFICACY:
                efficacy *= x
        s[ops[o, T.OUT] + r] = response_of(bound, shift, hill, added, efficacy)


@njit(nogil=True, error_model="numpy")
def _loads(s, Z, o):
    """Sum of the loads of all drugs at a site, and that of the first."""
    total, first = 0.0, 0.0
    for a in range(Z.ops[o, T.ARG0], Z.ops[o, T.ARG1]):
        p = Z.args[a, T.NUMBER]
        x = load_of(s[Z.args[a, T.FROM]], Z.par[p], Z.par[p + 1])
        total += x
        if a == Z.ops[o, T.ARG0]:
            first = x
    return total, first


@njit(nogil=True, error_model="numpy")
def _applied(s, Z, o):
    """Value of an APPLY operation: a function of signals."""
    function, first, last = Z.ops[o, T.MORE], Z.ops[o, T.ARG0], Z.ops[o, T.ARG1]
    x, y = s[Z.args[first, T.FROM]], s[Z.args[last - 1, T.FROM]]
    if function == T.POWER:
        return pow64(x, Z.par[Z.ops[o, T.PAR]])
    if function == T.EXP:
        return exp64(x)
    if function == T.LOG:
        return log64(x)
    return min(x, y) if function == T.MIN else max(x, y)


@njit(nogil=True, cache=True, error_model="numpy")
def slow_step(Z, tid, k, slot, spikes):
    """Advances this thread's copy of the signals to step ``k``: first fields, then all signals that follow from others."""
    s, ops, args, par = Z.S[tid], Z.ops, Z.args, Z.par
    row = k // Z.every - Z.first
    if k > 0:
        released = _released(Z, slot, spikes, Z.released[tid])
        scratch = Z.scratch[tid]
        for o in range(ops.shape[0]):
            if ops[o, T.OP] == T.DIFFUSE:
                _field(s, Z, o, released, scratch)
    for o in range(ops.shape[0]):
        kind, out, n, p = ops[o, T.OP], ops[o, T.OUT], ops[o, T.N], ops[o, T.PAR]
        if kind == T.DOSE:
            s[out] = Z.doses[row, ops[o, T.MORE]]
        elif kind == T.RESPONSE:
            _response(s, Z, o)
        elif kind == T.FOLLOW:
            a = ops[o, T.ARG0]
            for r in range(n):
                x = s[args[a, T.FROM] + args[a, T.STRIDE] * r]
                share = par[p] if x > s[out + r] else par[p + 1]
                s[out + r] = s[out + r] + (x - s[out + r]) * share if k > 0 else x
        elif kind == T.SUM:
            for r in range(n):
                x = par[p]
                for a in range(ops[o, T.ARG0], ops[o, T.ARG1]):
                    x += par[args[a, T.NUMBER]] * s[args[a, T.FROM] + args[a, T.STRIDE] * r]
                s[out + r] = 1.0 / x if ops[o, T.MORE] else x
        elif kind == T.PRODUCT:
            for r in range(n):
                x = 1.0
                for a in range(ops[o, T.ARG0], ops[o, T.ARG1]):
                    x *= s[args[a, T.FROM] + args[a, T.STRIDE] * r]
                s[out + r] = x
        elif kind == T.SHARE:
            total, mine = _loads(s, Z, o)
            s[out] = share_of(mine, total)
            s[out + 1] = total
        elif kind == T.APPLY:
            s[out] = _applied(s, Z, o)
    for q in range(Z.releases.shape[0]):  # every thread writes the same value, once
        w, x = Z.releases[q], par[Z.releases[q, T.W_PAR]]
        for other in range(Z.releases.shape[0]):
            if Z.releases[other, T.W_ROW] == w[T.W_ROW] and Z.releases[other, T.W_COLUMN] == w[T.W_COLUMN]:
                x *= s[Z.releases[other, T.W_FROM]]
        Z.constants[w[T.W_ROW], w[T.W_COLUMN]] = x
    if tid == 0:
        for j in range(Z.columns.size):
            Z.record[row, j] = s[Z.columns[j]]


@njit(nogil=True, error_model="numpy")
def _released(Z, slot, spikes, out):
    """Release by the spikes of the last field step, at the indices of the fields' signals."""
    for i in range(out.size):
        out[i] = 0.0
    T_, spk, ptr = Z.spikes, spikes.ids, spikes.parts
    for q in range(T_.shape[0]):
        start, stop, step, region = T_[q, T.S_START], T_[q, T.S_STOP], T_[q, T.S_STEP], T_[q, T.S_REGION]
        signal = Z.ops[T_[q, T.S_OP], T.OUT]
        for at in range(slot - Z.every, slot):
            for th in range(ptr.shape[2]):
                for j in range(ptr[at, T_[q, T.S_POP], th, BEGIN], ptr[at, T_[q, T.S_POP], th, END]):
                    i = I64(spk[th, j])
                    if i >= start and i < stop and (i - start) % step == 0:
                        r = region if region >= 0 else Z.maps[T_[q, T.S_MAP] + (i - start) // step]
                        out[signal + r] += Z.par[T_[q, T.S_PAR]]
    return out


@njit(nogil=True, cache=True, error_model="numpy")
def vary(Z, tid, p, first, last):
    """Computes the present parameters of population ``p``; False if none of their factors changed.

    Each thread writes parameters that all neurons share, with the same result; others are written by the thread that owns the neurons.
    """
    s, F = Z.S[tid], Z.factors
    changed = False
    for q in range(F.shape[0]):
        if F[q, T.V_POP] == p:
            for r in range(F[q, T.V_N]):
                if s[F[q, T.V_FROM] + r] != s[F[q, T.V_APPLIED] + r]:
                    changed = True
                    s[F[q, T.V_APPLIED] + r] = s[F[q, T.V_FROM] + r]
    if not changed:
        return False
    for j in range(Z.at.shape[1]):
        at = Z.at[p, j]
        if at < 0:
            continue
        if Z.step[p, j]:
            for i in range(at + first, at + last):
                Z.value[i] = Z.base[i]
            for q in range(F.shape[0]):
                if F[q, T.V_POP] == p and F[q, T.V_PARAMETER] == j:
                    _scale(Z, s, F[q], at, first, last)
        else:
            x = Z.base[at]
            for q in range(F.shape[0]):
                if F[q, T.V_POP] == p and F[q, T.V_PARAMETER] == j:
                    x *= s[F[q, T.V_FROM]]
            Z.value[at] = x
    return True


@njit(nogil=True, error_model="numpy")
def _scale(Z, s, factor, at, first, last):
    """Multiplies a parameter that differs between neurons by a factor."""
    for i in range(first, last):
        r = I64(0) if factor[T.V_MAP] < 0 else Z.maps[factor[T.V_MAP] + i]
        if r >= 0:
            Z.value[at + i] *= s[factor[T.V_FROM] + r]


@njit(nogil=True, cache=True, error_model="numpy")
def expm(A, E):
    """E = exp(A) of a small matrix: Taylor's series after scaling to a norm of at most a half, then squaring."""
    n = A.shape[0]
    norm = 0.0
    for i in range(n):
        total = 0.0
        for j in range(n):
            total += abs(A[i, j])
        norm = max(norm, total)
    squarings, scale = 0, 1.0
    while norm * scale > 0.5:
        squarings, scale = squarings + 1, 0.5 * scale
    term, work = stack_matrix(n, n), stack_matrix(n, n)
    for i in range(n):
        for j in range(n):
            term[i, j] = 1.0 if i == j else 0.0
            E[i, j] = term[i, j]
    for m in range(1, 19):
        for i in range(n):
            for j in range(n):
                total = 0.0
                for q in range(n):
                    total += term[i, q] * A[q, j]
                work[i, j] = total * scale / m
        for i in range(n):
            for j in range(n):
                term[i, j] = work[i, j]
                E[i, j] += term[i, j]
    for _ in range(squarings):
        for i in range(n):
            for j in range(n):
                total = 0.0
                for q in range(n):
                    total += E[i, q] * E[q, j]
                work[i, j] = total
        for i in range(n):
            for j in range(n):
                E[i, j] = work[i, j]


@njit(nogil=True, cache=True, error_model="numpy")
def noise_root(A, G, h, L):
    """A square root of the covariance that noise adds in ``h`` ms, as in :mod:`amine.engine.build.propagator`."""
    n = A.shape[0]
    M, E = stack_matrix(2 * n, 2 * n), stack_matrix(2 * n, 2 * n)
    for i in range(n):
        for j in range(n):
            total = 0.0
            for q in range(G.shape[1]):
                total += G[i, q] * G[j, q]
            M[i, j], M[i, n + j], M[n + i, n + j] = -A[i, j] * h, total * h, A[j, i] * h
    expm(M, E)
    C, S = stack_matrix(n, n), stack_matrix(n, n)
    for i in range(n):
        for j in range(n):
            total = 0.0
            for q in range(n):
                total += E[n + q, n + i] * E[q, n + j]
            C[i, j] = total
    for i in range(n):
        for j in range(n):
            S[i, j] = 0.5 * (C[i, j] + C[j, i])
            L[i, j] = 0.0
    for i in range(n):
        for j in range(i + 1):
            rest = S[i, j]
            for q in range(j):
                rest -= L[i, q] * L[j, q]
            if i == j:
                L[i, i] = math.sqrt(max(rest, 0.0))
            elif L[j, j] > 1e-14 * math.sqrt(max(S[j, j], 1e-300)):
                L[i, j] = rest / L[j, j]
