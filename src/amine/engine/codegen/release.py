"""Release models as source text: states of the source neuron, advanced exactly from spike to spike, in float64."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING

import sympy as sp

from amine.engine.codegen import ir
from amine.engine.codegen.quote import quote_expr
from amine.engine.codegen.text import PythonPrinter
from amine.engine.resolve.release import ELAPSED
from amine.equations import parse
from amine.equations.integrate import Linear, choose, linear_system
from amine.equations.lower import Lowering
from amine.equations.printer import Printer
from amine.equations.system import Equations
from amine.errors import AmineError
from amine.records import dataclass

if TYPE_CHECKING:
    from amine.models.model import Model

SCALAR_FUNCTION = "@inner()"


@dataclass(frozen=True)
class ReleaseCode:
    """Source of one release model, its number of states and its parameters in the order of their table."""

    source: str
    states: int
    parameters: list[str]
    names: list[str] = field(default_factory=list)  # of the states


def release_source(model: Model, name: str) -> ReleaseCode:
    """``release_<name>(R, at, c, elapsed)``: advances one neuron's states by ``elapsed`` ms and returns the payload.

    ``release_initial_<name>(c)`` has their values at the start, ``release_between_<name>(c)`` the rate and drive of each between spikes.

    Raises
    ------
    AmineError
        If a state does not decay on its own between spikes: there is then no closed form.
    """
    if model == ELAPSED:
        start = "".join(f"def release_{what}_{name}(c):\n    return ()\n\n\n" for what in ("initial", "between"))
        head = f"@inner()\ndef release_{name}(R, at, c, elapsed):\n    return elapsed\n\n\n"
        return ReleaseCode(head + start, 0, [])
    eq = parse(model)
    parameters = sorted(eq.parameters)
    lin = _between_spikes(model, eq, set(parameters))
    lower, say = Lowering(_local), PythonPrinter(Printer("scalar"))
    constants = [ir.assign(_local(n), ir.item("c", i)) for i, n in enumerate(parameters)]
    body: list[ir.Statement] = [*constants, ir.Comment("the states since the last spike")]
    for i, s in enumerate(lin.states):
        start = ir.assign(_local(s), quote_expr(f"R[at + {i}]"))
        body += [start, _advanced(_local(s), lin.A[i][i], _drive(lin, i), lower)]
    body.append(ir.Comment("the spike"))
    body += [ir.assign(_local(n), lower(eq.expand(e))) for n, e in eq.on_spike]
    body.append(ir.assign("payload", lower(eq.expand(eq.payload))))
    body += [ir.assign(_local(n), lower(eq.expand(e))) for n, e in eq.after_spike]
    body += [ir.assign(_place(i), _local(s)) for i, s in enumerate(lin.states)]
    body.append(ir.Return(ir.Name("payload")))
    step = ir.Function(f"release_{name}", ("R", "at", "c", "elapsed"), ir.without_unread(body), SCALAR_FUNCTION)
    values = [lower(eq.starts[s]) for s in lin.states]
    first = [*constants, ir.Return(ir.Listed("tuple", tuple(values)))]
    start = ir.Function(f"release_initial_{name}", ("c",), ir.without_unread(first))
    pairs = [ir.Listed("tuple", (lower(lin.A[i][i]), lower(_drive(lin, i)))) for i in range(len(lin.states))]
    rates = [*constants, ir.Return(ir.Listed("tuple", tuple(pairs)))]
    between = ir.Function(f"release_between_{name}", ("c",), ir.without_unread(rates))
    source = say.function(step) + say.function(start) + say.function(between)
    return ReleaseCode(source, len(lin.states), parameters, list(lin.states))


def _drive(lin: Linear, i: int) -> sp.Expr:
    """The drive of a state between spikes: x' = rate x + drive."""
    return lin.B[i][0] if lin.inputs else sp.S.Zero


def _local(name: str) -> str:
    """A name of the model in the source, apart from local names of the functions."""
    return name if name == "payload" else f"x_{name}"


def _place(i: int) -> ir.Item:
    return ir.item("R", quote_expr(f"at + {i}"))


def _advanced(s: str, rate: sp.Expr, drive: sp.Expr, lower: Lowering) -> ir.Statement:
    """A state ``elapsed`` ms later: x' = rate x + drive."""
    x, elapsed = ir.Name(s), ir.Name("elapsed")
    if rate == 0:
        return ir.Update(x, "+", lower(drive) * elapsed)
    if drive == 0:
        return ir.assign(s, x * ir.call("exp", lower(rate) * elapsed))
    rest = lower(sp.simplify(-drive / rate))
    return ir.assign(s, rest + (x - rest) * ir.call("exp", lower(rate) * elapsed))


def _between_spikes(model: Model, eq: Equations, parameters: set[str]) -> Linear:
    """The linear system between spikes; raises AmineError if there is no closed form."""
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
