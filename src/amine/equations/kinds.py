"""Parser of models by kind: the variables each kind receives from the network, and the statements it must have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from amine.equations.given import CHANNEL_NAMES, IONS
from amine.equations.latex import latex_lines
from amine.equations.rule_plan import methods
from amine.equations.rules import RuleEquations, parse_model
from amine.equations.statements import parse_equations
from amine.equations.symbols import symbol
from amine.equations.system import Equations
from amine.errors import AmineError

if TYPE_CHECKING:
    from amine.models.model import Model

GIVEN = {"neuron": {"I": "pA"}, "receptor": {"v": "mV"}, "channel": CHANNEL_NAMES}


def parse(model: Model) -> Any:
    """The parsed equations of a model (``Equations``, or ``RuleEquations`` of a rule); raises AmineError for invalid text.

    A neuron receives its total input current ``I``, a receptor the voltage ``v`` of its neuron, a channel also the
    temperature and the variables of ion pools.

    >>> import amine as am
    >>> sorted(parse(am.models.get("lif")).states)
    ['v']
    """
    if model.kind == "rule":
        return parse_model(model)
    where = f"{model.kind.capitalize()} '{model.name}'"
    current = "pA/um**2" if model.kind == "channel" else "pA"
    eq = parse_equations(model.equations, dict(model.units), where, GIVEN.get(model.kind, {}), current, model.kind)
    _require(eq, model.kind, where)
    return eq


def _require(eq: Equations, kind: str, where: str) -> None:
    """Raises AmineError if a model lacks the statements required of its kind."""
    if kind == "neuron" and not eq.states:
        raise AmineError(where, "a neuron needs a state", hint="write an equation such as dv/dt = ... : mV")
    if kind == "neuron" and eq.reset and eq.threshold is None:
        raise AmineError(where, "there is a reset but no threshold", hint="add a line such as 'threshold v > V_th'")
    if kind == "receptor" and eq.inputs:
        return
    if kind == "receptor" and len(eq.on_spike) != 1:
        raise AmineError(where, "a receptor needs one 'on spike' statement", hint="write it as 'on spike g += w'")
    if kind == "receptor":
        name, value = eq.on_spike[0]
        if value != symbol(name) + symbol("w"):
            raise AmineError(
                where,
                "'on spike' must add the weight and nothing else",
                given=str(value),
                expected=f"{name} += w",
                hint="put factors into the equation of the current",
            )
    if eq.ion is not None and (kind != "channel" or eq.ion not in IONS):
        raise AmineError(where, f"ion '{eq.ion}' is not known here", expected=", ".join(IONS) + " in a channel")
    if kind == "channel" and eq.current is None and not set(eq.states) & set(CHANNEL_NAMES):
        raise AmineError(where, "a channel needs a current", hint="write it as 'current g_max*m*(E - v)'")
    if kind == "release" and eq.payload is None:
        raise AmineError(where, "a release model needs a payload", hint="write it as 'payload u*x'")


def integrators(eq: Equations | RuleEquations) -> dict[str, str]:
    """Integration method of each state of a parsed model."""
    return methods(eq) if isinstance(eq, RuleEquations) else eq.integrators


def typeset(eq: Equations | RuleEquations) -> str:
    """A parsed model as LaTeX, one line for each statement."""
    return "\n".join(latex_lines(eq))
