"""Release models as source text: source-side states advanced exactly from spike to spike, in float64."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy as sp

from amine.engine.resolve.release import ELAPSED
from amine.equations import parse
from amine.equations.integrate import choose, linear_system
from amine.equations.printer import Printer
from amine.errors import AmineError


@dataclass(frozen=True)
class ReleaseCode:
    """Source of one release model, its number of states and its parameters in the order of their table."""

    source: str
    states: int
    parameters: list[str]


def release_source(model: Any, name: str) -> ReleaseCode:
    """``release_<name>(R, at, c, elapsed)``: advances one neuron's states by ``elapsed`` ms and returns the payload.

    Raises
    ------
    AmineError
        If a state does not decay on its own between spikes: there is then no closed form.
    """
    if model == ELAPSED:
        start = f"def release_initial_{name}(c):\n    return ()\n\n\n"
        head = f"@njit(nogil=True)\ndef release_{name}(R, at, c, elapsed):\n    return elapsed\n\n\n"
        return ReleaseCode(head + start, 0, [])
    eq = parse(model)
    parameters = sorted(eq.parameters)
    lin = _between_spikes(model, eq, set(parameters))
    p = Printer("scalar")
    text = ["@njit(nogil=True, error_model='numpy')", f"def release_{name}(R, at, c, elapsed):"]
    text += [f"    {n} = c[{i}]" for i, n in enumerate(parameters)]
    for i, s in enumerate(lin.states):
        rate, drive = lin.A[i][i], (lin.B[i][0] if lin.inputs else sp.S.Zero)
        text.append(f"    {s} = R[at + {i}]")
        if rate == 0:
            text.append(f"    {s} += ({p(drive)}) * elapsed")
        else:
            rest = p(sp.simplify(-drive / rate))
            text.append(f"    {s} = {rest} + ({s} - {rest}) * math.exp(({p(rate)}) * elapsed)")
    text += [f"    {n} = {p(eq.expand(e))}" for n, e in eq.on_spike]
    text.append(f"    payload = {p(eq.expand(eq.payload))}")
    text += [f"    {n} = {p(eq.expand(e))}" for n, e in eq.after_spike]
    text += [f"    R[at + {i}] = {s}" for i, s in enumerate(lin.states)]
    initial = [f"        {p(eq.expand(eq.initial[s])) if s in eq.initial else 0.0}," for s in lin.states]
    start = [
        f"def release_initial_{name}(c):",
        *(f"    {n} = c[{i}]" for i, n in enumerate(parameters)),
        "    return (",
        *initial,
        "    )",
    ]
    source = "\n".join([*text, "    return payload"]) + "\n\n\n" + "\n".join(start) + "\n\n\n"
    return ReleaseCode(source, len(lin.states), parameters)


def _between_spikes(model: Any, eq: Any, parameters: set[str]) -> Any:
    methods = choose(eq.full_rhs, parameters, set())
    bad = next((s for s, m in methods.items() if m != "exact"), "xi" if eq.noises else "")
    if bad:
        raise AmineError(
            f"Release '{model.name}'",
            f"'{bad}' is not linear between spikes",
            hint="release states must be linear with constant coefficients, they advance from spike to spike",
        )
    lin = linear_system(eq.full_rhs, methods, parameters)
    if any(a != 0 for i, row in enumerate(lin.A) for j, a in enumerate(row) if i != j):
        raise AmineError(
            f"Release '{model.name}'",
            "its states act on each other between spikes",
            hint="let them meet only at spikes",
        )
    return lin
