"""The library of models, and the makers of custom models.

>>> import amine as am
>>> am.models.lif(tau_m="15 ms").parameters["tau_m"]
'15 ms'
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

from amine.doors import close
from amine.errors import AmineError, did_you_mean
from amine.models import find
from amine.models.find import custom, get, names, register
from amine.models.growth import elements
from amine.models.membrane import cable
from amine.models.model import Model
from amine.models.multicompartment import Cable
from amine.values import Array, normalise, unit_of

if TYPE_CHECKING:
    from amine.given import Values


def neuron(
    name: str,
    equations: str,
    *,
    source: str = "",
    doc: str = "",
    limits: Mapping[str, str] | None = None,
    receptors: Mapping[str, Model | str] | None = None,
    stands_for: Mapping[str, str] | None = None,
    **parameters: Any,
) -> Model:
    """A custom neuron model; its input current is called ``I`` (pA), its voltage ``v`` (mV).

    Parameters
    ----------
    name : its name. equations : text; see the page on equations. source, doc : reference, and a description.
    receptors : receptors present by default, by label: models or names.
    limits : ``positive``, ``nonnegative`` or ``share`` (0 to 1) for parameters whose range does not follow from the equations; a time
        in a denominator is positive anyway.
    stands_for : parameters through which drugs act, such as ``{"Nav": "g_Na"}`` or ``{"Nav.threshold": "V_T"}``; see :class:`Model`.
        The threshold of a neuron that is linear in v and reset stands for its sodium channels by default.
    parameters : default values with units.

    Raises
    ------
    AmineError
        An equation is invalid; the message names the line.

    Examples
    --------
    >>> m = neuron("leaky", "dv/dt = (E_L - v)/tau + I/C : mV\\nthreshold v > V_th\\nreset v = E_L",
    ...            E_L="-70 mV", V_th="-50 mV", tau="20 ms", C="200 pF")
    >>> m.integrators
    {'v': 'exact'}
    """
    ports = {k: get(m) if isinstance(m, str) else m for k, m in (receptors or {}).items()}
    return custom(
        "neuron",
        name,
        equations,
        parameters,
        source=source,
        doc=doc,
        limits=limits or {},
        receptors=ports,
        stands_for=dict(stands_for or {}),
    )


def receptor(
    name: str,
    equations: str,
    *,
    source: str = "",
    doc: str = "",
    limits: Mapping[str, str] | None = None,
    stands_for: Mapping[str, str] | None = None,
    peak_open: float | None = None,
    **parameters: Any,
) -> Model:
    """A custom receptor model.

    Parameters
    ----------
    name : its name. source, doc : reference, and a description.
    equations : with ``on spike g += w`` and ``current ...`` in pA; ``v`` is the voltage of the neuron (mV).
    limits : as for :func:`neuron`.
    stands_for : ``{"decay": "tau"}`` names the decay time constant if it does not follow from the equations.
    peak_open : probability that a channel is open at the peak of a synaptic event, from which drugs that enter or open channels
        derive the number of channels.
    parameters : default values with units.

    Raises
    ------
    AmineError
        An equation is invalid; the message names the line.

    Examples
    --------
    >>> receptor("slow", "dg/dt = -g/tau : nS\\non spike g += w\\ncurrent g*(E_rev - v)", tau="50 ms", E_rev="0 mV").weight_unit
    'nS'
    """
    more: dict[str, Any] = {"stands_for": dict(stands_for or {}), "peak_open": peak_open, "limits": limits or {}}
    return custom("receptor", name, equations, parameters, source=source, doc=doc, **more)


def release(
    name: str,
    equations: str,
    *,
    source: str = "",
    doc: str = "",
    limits: Mapping[str, str] | None = None,
    **parameters: Any,
) -> Model:
    """A custom release model: states of the source neuron, and a ``payload`` that scales the weight.

    Parameters
    ----------
    name : its name. equations : text; see the page on equations. source, doc : reference, and a description.
    limits : as for :func:`neuron`. parameters : default values with units.

    Raises
    ------
    AmineError
        An equation is invalid; the message names the line.

    Examples
    --------
    >>> release("depression", "dx/dt = (1 - x)/tau : 1\\npayload U*x\\nafter spike x -= U*x\\ninitial x = 1", U=0.5, tau="300 ms").kind
    'release'
    """
    return custom("release", name, equations, parameters, source=source, doc=doc, limits=limits or {})


def channel(
    name: str,
    equations: str,
    *,
    source: str = "",
    doc: str = "",
    limits: Mapping[str, str] | None = None,
    stands_for: Mapping[str, str] | None = None,
    **parameters: Any,
) -> Model:
    """A custom ion channel or ion pool: gates, and a ``current`` per area into the cell; see :mod:`amine.models.channels`.

    Parameters
    ----------
    name : its name. equations : text; see the page on equations. source, doc : reference, and a description.
    limits : as for :func:`neuron`.
    stands_for : ``{"Nav": "g_max"}`` names the channel of the catalogue of compounds that it represents.
    parameters : default values with units.

    Raises
    ------
    AmineError
        An equation is invalid; the message names the line.

    Examples
    --------
    >>> channel("NaP", "ion Na\\ncurrent g_max*m*(E_Na - v)\\ndm/dt = (1/(1 + exp(-(v + 52.6*mV)/(4.6*mV))) - m)/(1*ms) : 1",
    ...         g_max="0.01 mS/cm2", E_Na="50 mV").integrators
    {'m': 'exponential_euler'}
    """
    more: dict[str, Any] = {"stands_for": dict(stands_for or {}), "limits": limits or {}}
    return custom("channel", name, equations, parameters, source=source, doc=doc, **more)


def scheme(
    name: str,
    equations: str,
    *,
    source: str = "",
    doc: str = "",
    limits: Mapping[str, str] | None = None,
    **parameters: Any,
) -> Model:
    """A custom kinetic scheme, for projections with ``detail="kinetic"`` or ``detail="explicit"``.

    Parameters
    ----------
    name : its name. source, doc : reference, and a description.
    equations : transitions ``A <-> B: forward, backward`` or ``A -> B: rate``, in which ``T`` is the concentration of
        transmitter (uM) and ``v`` the target's voltage; ``open ...``, a sum of states or an expression; optionally
        ``current ...`` in terms of ``g``, the open conductance, and ``v``. Receptors rest in the first state.
    parameters : values with units; ``T_max`` and ``T_width`` of the transmitter pulse are 1 mM and 1 ms by default.

    Raises
    ------
    AmineError
        If a state is not known, a rate has a wrong dimension or is not linear in T, or a state cannot be reached or left.

    Examples
    --------
    >>> m = scheme("my_AMPA", "C <-> O: a*T, b ; O <-> D: d, r ; open O", a="1.1 1/mM/ms", b="0.2 1/ms", d="0.1 1/ms",
    ...            r="0.02 1/ms", E_rev="0 mV")
    >>> m.integrators["g"]
    'exact'
    """
    return custom(
        "scheme",
        name,
        equations,
        {"T_max": "1 mM", "T_width": "1 ms", **parameters},
        source=source,
        doc=doc,
        limits=limits or {},
    )


def synapse(
    name: str,
    equations: str,
    *,
    source: str = "",
    doc: str = "",
    limits: Mapping[str, str] | None = None,
    **parameters: Any,
) -> Model:
    """A custom model of synapses, with states at each synapse, its source or its target; for ``net.synapses(..., rule=...)``.

    Parameters
    ----------
    name : its name. source, doc : reference, and a description.
    equations : a weight ``w : weight``, further states, ``on pre ...`` and ``on post ...``, as of a rule of plasticity (see its page);
        ``transmit w*u*x`` is what a spike gives to the target at its place among the updates, the weight if it says nothing.
    limits : as for :func:`neuron`. parameters : values with units.

    Raises
    ------
    AmineError
        An equation is invalid; the message names the line.

    Examples
    --------
    >>> synapse("depressing", "w : weight\\ndx/dt = (1 - x)/tau : 1\\ninitial x = 1\\non pre transmit w*x; x -= U*x", tau="500 ms", U=0.5).kind
    'rule'
    """
    return custom("rule", name, equations, parameters, source=source, doc=doc, limits=limits or {})


def table(name: str, x: Values, y: Values, argument: str = "x") -> str:
    """The line of a model's equations that defines a function by a table: linear between its points, constant beyond them.

    Parameters
    ----------
    name : its name. x, y : at most 100 points, with their units; ``x`` increases. argument : the name of its argument.

    Raises
    ------
    AmineError
        The values do not fit, are not finite, or those of ``x`` do not increase.

    Examples
    --------
    >>> import amine as am
    >>> table("m_inf", [-80, -40, 0] * am.units.mV, [0.1, 0.5, 0.9])
    'table m_inf(x : mV) = [-80.0, -40.0, 0.0], [0.1, 0.5, 0.9] : 1'
    """
    where = f"Table '{name}'"
    units = [unit_of(v, where) or "1" for v in (x, y)]
    each = [normalise(v, unit, where) for v, unit in zip((x, y), units, strict=True)]
    if not all(isinstance(v, Array) and v.values.ndim == 1 for v in each):
        raise AmineError(where, "its values are not two arrays of one dimension", given=repr(x)[:40])
    lists = ", ".join(str(v.values.tolist()) for v in each if isinstance(v, Array))
    return f"table {name}({argument} : {units[0]}) = {lists} : {units[1]}"


def __getattr__(name: str) -> Any:
    if name.startswith("_"):
        raise AttributeError(name)
    if name in ("adex_pattern", "adex_patterns", "izhikevich_type", "izhikevich_types"):
        return getattr(import_module("amine.models.neurons"), name)  # the library is loaded on first use
    known = find.registry()
    if name in known:
        return known[name]
    raise AttributeError(f"module 'amine.models' has no model '{name}'; {did_you_mean(name, known)}")


__all__ = [
    "Cable",
    "Model",
    "cable",
    "channel",
    "elements",
    "get",
    "names",
    "neuron",
    "receptor",
    "register",
    "release",
    "scheme",
    "synapse",
    "table",
]

close(globals(), __all__)
