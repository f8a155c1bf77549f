"""Text -> syntax tree -> SymPy -> how each state advances. Knows nothing of networks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from amine.equations.syntax import Equations


IONS = ("Ca", "Na", "K", "Cl")
CHANNEL_NAMES = {"v": "mV", "T": "K"} | {
    name: unit for x in IONS for name, unit in ((f"{x}_i", "uM"), (f"E_{x}", "mV"), (f"i_{x}", "pA/um**2"))
}


def parse(model: Any) -> Equations:
    """The parsed equations of a model; raises AmineError for bad text.

    A neuron is given its total input current ``I``, a receptor the voltage ``v`` of the neuron it sits on, a channel
    also the temperature and what pools of ions give.

    >>> import amine as am
    >>> sorted(parse(am.models.get("lif")).states)
    ['v']
    """
    if model.kind == "rule":
        from amine.equations.rules import parse_model

        return parse_model(model)  # type: ignore[return-value]
    from amine.equations.syntax import parse_equations

    extra = {"neuron": {"I": "pA"}, "receptor": {"v": "mV"}, "channel": CHANNEL_NAMES}.get(model.kind, {})
    where = f"{model.kind.capitalize()} '{model.name}'"
    current = "pA/um**2" if model.kind == "channel" else "pA"
    eq = parse_equations(model.equations, dict(model.units), where, extra, current)
    _require(eq, model.kind, where)
    return eq


def _require(eq: Equations, kind: str, where: str) -> None:
    """Each kind of model must have the statements that the network asks of it."""
    from amine.errors import AmineError

    if kind == "neuron" and "v" not in eq.states:
        raise AmineError(where, "a neuron needs the state v", hint="write its equation as dv/dt = ... : mV")
    if kind == "neuron" and eq.reset and eq.threshold is None:
        raise AmineError(where, "there is a reset but no threshold", hint="add a line such as 'threshold v > V_th'")
    if kind == "receptor" and eq.inputs:
        return
    if kind == "receptor" and len(eq.on_spike) != 1:
        raise AmineError(where, "a receptor needs one 'on spike' statement", hint="write it as 'on spike g += w'")
    if kind == "receptor":
        name, value = eq.on_spike[0]
        from amine.equations.syntax import symbol

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


def check_units(model: Any) -> None:
    """Raises AmineError if a dimension in the model's equations is wrong."""
    parse(model)
