"""Synaptic elements: calcium that follows a neuron's activity, and numbers of elements that grow by it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from amine.errors import AmineError
from amine.models.find import chosen
from amine.models.model import Model
from amine.units import to_internal
from amine.values import normalise, scalar, unit_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from amine.given import Quantity

CALCIUM = """
dCa/dt = -Ca/tau_Ca : 1
reset Ca += beta_Ca
"""
GROWTH = """
d{0}/dt = nu_{0}*(2*exp(-((2*Ca - eta_{0} - eps_{0})/(eta_{0} - eps_{0}))**2*log(2)) - 1) : 1
"""


def elements(
    neuron: Model | str, *, tau: Quantity = "10 s", beta: Quantity = 0.001, **growth: Sequence[Quantity]
) -> Model:
    """A neuron with numbers of synaptic elements that grow by its calcium, for the ``elements`` of :meth:`amine.Network.rewire`.

    Calcium ``Ca`` decays, and rises by ``beta`` at each spike: at a constant rate it is near ``beta*tau*rate``. A number of elements z follows the
    Gaussian growth curve dz/dt = nu (2 exp(-((Ca - xi)/zeta)^2) - 1), with xi = (eta + eps)/2 and zeta = (eta - eps)/(2 sqrt(ln 2)): it rests where calcium is eta or
    eps, grows between them and shrinks outside; an update of the structure raises negative numbers to 0.

    Parameters
    ----------
    neuron : a model of point neurons with a threshold, or its name.
    tau, beta : time constant of calcium, and its rise at a spike.
    growth : names of elements, each with (nu, eta, eps): rate of growth, such as ``"0.0001/ms"``, and the two concentrations. Above the higher one, the
        target of homeostasis, elements are lost. Values become the parameters ``nu_<name>``, ``eta_<name>`` and ``eps_<name>``.

    Raises
    ------
    AmineError
        The neuron has no threshold or such a name already, or the numbers are not three, or eta and eps are equal.

    Notes
    -----
    Source: Butz and van Ooyen 2013, PLoS Comput Biol 9:e1003259, as in NEST (Diaz-Pier et al. 2016, Front Neuroanat 10:57). ``Ca``, ``axon`` and so on are states like others:
    probes record them, ``initial`` sets them. Growth is slow, so run with ``precision="float64"``.

    Examples
    --------
    >>> import amine as am
    >>> m = am.models.elements("lif", axon=("0.0001/ms", 0.0, 0.05), dendrite=("0.0001/ms", 0.0, 0.05))
    >>> [n for n in m.state_units], m.parameters["eps_axon"]
    (['v', 'Ca', 'axon', 'dendrite'], '0.05')
    """
    model = chosen(neuron, ("neuron",), "Elements")
    where = f"Elements of neuron '{model.name}'"
    if not growth:
        raise AmineError(where, "no elements are named", hint='such as axon=("0.0001/ms", 0.0, 0.05)')
    if "threshold" not in model.equations:
        raise AmineError(where, "it has no threshold, so its calcium would stay 0")
    values: dict[str, Quantity] = {"tau_Ca": tau, "beta_Ca": beta}
    for name, three in growth.items():
        values |= _curve(name, three, where)
    names = {*model.units, *model.state_units, *model.parsed.named_units}
    taken = sorted(names & {*values, "Ca", *growth})
    if taken:
        raise AmineError(where, f"the neuron has a '{taken[0]}' already", hint="choose another name")
    text = model.equations.rstrip() + "\n" + CALCIUM.strip() + "".join(GROWTH.format(n).rstrip() for n in growth)
    units = {n: unit_of(x, f"{where}, {n}") for n, x in values.items()}
    given = {n: normalise(x, units[n], f"{where}, {n}") for n, x in values.items()}
    limits = {**model.limits, "tau_Ca": "positive"}
    made = replace(
        model, equations=text, units={**model.units, **units}, parameters={**model.parameters, **given}, limits=limits
    )
    _ = made.parsed
    return made


def _curve(name: str, three: Sequence[Quantity], where: str) -> dict[str, Quantity]:
    """The parameters of a growth curve."""
    place = f"{where}, {name}"
    if isinstance(three, str) or len(three) != 3:
        expected = 'rate of growth, eta and eps, such as ("0.0001/ms", 0.0, 0.05)'
        raise AmineError(place, "this is no growth curve", given=repr(three)[:40], expected=expected)
    nu, eta, eps = three
    to_internal(nu, "1/ms", f"{place}, rate of growth")
    if scalar(eta, "1", f"{place}, eta") == scalar(eps, "1", f"{place}, eps"):
        raise AmineError(place, "eta and eps are equal, so that nothing grows", given=str(eta))
    return {f"nu_{name}": nu, f"eta_{name}": eta, f"eps_{name}": eps}


__all__ = ["elements"]
