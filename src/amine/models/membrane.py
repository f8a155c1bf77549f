"""Maker of neurons with several compartments: channels on places of a morphology, and the parameters of all."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeAlias

from amine.errors import AmineError, did_you_mean, warn, within
from amine.models import find
from amine.models.model import Model
from amine.models.multicompartment import ALONG, EQUATIONS, METHODS, Cable, Layer, kelvin, word
from amine.models.naming import state_name
from amine.morphology.compartments import Compartments, discretise
from amine.morphology.shape import Morphology
from amine.values import scalar

if TYPE_CHECKING:
    from amine.given import Quantity, Site, Values

# Q10 and the temperature at which rates were measured, in Q10**((T - T0)/(10*K))
_WARMING = re.compile(r"([A-Za-z_]\w*)\s*\*\*\s*\(\s*\(\s*T\s*-\s*([A-Za-z_]\w*)\s*\)")
_CELL = {"R_a": "Ohm*cm", "T": "K", "v_init": "mV", "V_th": "mV", "t_ref": "ms"}
_SYMBOLS = {
    "R_a": "resistivity of the cytoplasm",
    "C_m": "membrane capacitance",
    "T": "temperature",
    "v_init": "voltage at the start, of all compartments",
    "V_th": "voltage at which a spike is counted when it is crossed upwards",
    "V_r": "voltage of the soma after a spike, held for t_ref",
    "t_ref": "time before another spike is counted",
}

# channels of one place: one or several, as models or names; or by name with changed parameters
Channels: TypeAlias = "str | Model | Iterable[str | Model] | Mapping[str, object]"


# fmt: off
def cable(
    morphology: Morphology, channels: Mapping[str, Channels], *, R_a: Quantity = "150 Ohm cm",
    C_m: Quantity | Mapping[str, Quantity] = "1 uF/cm2", T: Quantity | None = None, v_init: Quantity = "-65 mV",
    threshold: Values = "0 mV", reset: Values | None = None, refractory: Values | None = None, spike_at: Site | None = None,
    method: str = "backward_euler", d_lambda: float = 0.1, receptors: Mapping[str, Model | str] | None = None,
    name: str = "cable", source: str = "", doc: str = "",
) -> Cable:
    """A neuron with several compartments.

    Parameters
    ----------
    morphology : its shape.
    channels : for each place (see :func:`amine.morphology.places.resolve`) a list of channels: models or names; or a
        mapping of names to changed parameters. ``"*"`` is everywhere. Where two overlapping places have the same
        channel, the smaller one counts. A parameter may depend on the path distance ``x`` from the soma:
        ``g_max="2*mS/cm**2*exp(-x/(100*um))"``.
    R_a, C_m : resistivity of the cytoplasm, capacitance of the membrane; C_m also as a mapping of places.
    T : temperature, such as ``"36 degC"``; None: that at which the channels were measured, if it is the same for all.
    v_init : initial voltage.
    threshold, refractory : a spike is counted at an upward crossing of this voltage, at most once per refractory time.
    reset : voltage to which the soma is set after a spike and held for ``refractory``, for integrate-and-fire somas.
    spike_at : the place at which spikes are detected; None: the root.
    method : of the tree solve: ``backward_euler`` (first order in time, damps everything) or ``crank_nicolson`` (second order).
    d_lambda : longest compartment as a fraction of the length constant at 100 Hz, for branches without a number of segments.
    receptors : receptors by label, in addition to those of the library. name, source, doc : as for :func:`amine.models.neuron`.

    Raises
    ------
    AmineError
        A channel or place is not known, the temperature is ambiguous, or two pools of one ion share a place.

    Examples
    --------
    >>> import amine as am
    >>> cell = am.morphology.ball_and_stick(segments=10)
    >>> neuron = am.models.cable(cell, {"soma": ["Na_HH", "K_HH"], "*": ["leak"]}, R_a="150 Ohm cm")
    >>> len(neuron.cell), neuron.parameters["g_max_leak"]
    (11, '0.05 mS/cm**2')
    """
    where = f"Neuron '{name}'"
    if method not in METHODS:
        raise AmineError(f"{where}, method", f"'{method}' is not known", hint=did_you_mean(str(method), METHODS))
    widths = C_m if isinstance(C_m, Mapping) else {"*": C_m}
    cell = _cell(morphology, R_a, widths, d_lambda, where)
    layers = _layers(cell, channels, where)
    rest = "0 ms" if refractory is None else refractory
    own = {"R_a": R_a, "T": _temperature(layers, T, where), "v_init": v_init, "V_th": threshold, "t_ref": rest}
    units, values, symbols = _all_parameters(cell, layers, own, widths, reset, where)
    at = 0 if spike_at is None else _one_compartment(cell, spike_at, where)
    if reset is not None and at != 0:
        raise AmineError(f"{where}, reset", "only the root can be reset", hint="leave spike_at out")
    model = Cable(
        name, "neuron", EQUATIONS, units, values, source or _sources(layers), doc, _receptors(receptors, where), symbols,
        cell=cell, layers=layers, method=method, spike_at=at,
    )
    _warn(model)
    return model
# fmt: on


def _cell(
    morphology: Morphology, R_a: Quantity, widths: Mapping[str, Quantity], d_lambda: float, where: str
) -> Compartments:
    """Compartments of a morphology, whose branches then store their numbers of segments."""
    if not isinstance(morphology, Morphology):
        raise AmineError(
            where, "this is not a morphology", given=repr(morphology)[:40], expected="one of amine.morphology"
        )
    if not widths:
        raise AmineError(f"{where}, C_m", "no capacitance is given", expected="a value, or {place: value}")
    cell = discretise(morphology, R_a=R_a, C_m=next(iter(widths.values())), d_lambda=d_lambda)
    numbers = [int(((cell.branch == k) & (cell.area > 0)).sum()) for k in range(len(morphology.branches))]
    fixed = Morphology(
        tuple(replace(b, segments=n) for b, n in zip(morphology.branches, numbers, strict=True)), morphology.name
    )
    return replace(cell, morphology=fixed)


def _all_parameters(
    cell: Compartments,
    layers: tuple[Layer, ...],
    own: Mapping[str, object],
    widths: Mapping[str, Quantity],
    reset: Values | None,
    where: str,
) -> tuple[dict[str, str], dict[str, Any], dict[str, str]]:
    """Units, values and meanings of the parameters of the channels and of the cell itself."""
    units, values, symbols = _parameters(layers)
    units |= _CELL
    values |= own
    for place, value in widths.items():
        cell.at(place, where=f"{where}, C_m")
        key = "C_m" if place == "*" else f"C_m_{word(place)}"
        units[key], values[key] = "uF/cm**2", value
    if "C_m" not in units:
        raise AmineError(f"{where}, C_m", "some places have no capacitance", hint='add "*" for all others')
    if reset is not None:
        units["V_r"], values["V_r"] = "mV", reset
    symbols |= {n: _SYMBOLS[n[:3] if n.startswith("C_m") else n] for n in units if n not in symbols}
    return units, values, symbols


def _receptors(receptors: Mapping[str, Model | str] | None, where: str) -> dict[str, Model]:
    found = {str(k): find.get(m) if isinstance(m, str) else m for k, m in (receptors or {}).items()}
    for k, m in found.items():
        if not isinstance(m, Model) or m.kind != "receptor":
            raise AmineError(f"{where}, receptor '{k}'", "this is not a receptor model", given=repr(m)[:40])
    return found


def _one_compartment(cell: Compartments, place: Site, where: str) -> int:
    found = cell.at(place, where=f"{where}, spike_at")
    if len(found) != 1:
        raise AmineError(
            f"{where}, spike_at",
            "one compartment is needed",
            given=f"{len(found)} in '{place}'",
            hint="name a point such as 'axon(0.5)'",
        )
    return found[0]


def _chosen(what: Channels, where: str) -> list[tuple[str, Model]]:
    """(label, channel model) of the list or mapping at one place."""
    entries: Any = what.items() if isinstance(what, Mapping) else what
    if isinstance(what, str | Model):
        entries = [what]
    found = []
    for e in entries:
        name, changes = e if isinstance(e, tuple) else (e, {})
        model: Any
        if isinstance(name, str):
            known = find.names("channel")
            if name not in known and not isinstance(changes, Model):
                raise AmineError(where, f"channel '{name}' is not known", hint=did_you_mean(name, known))
            model = changes if isinstance(changes, Model) else find.get(name)
        else:
            model = name
        if not isinstance(model, Model) or model.kind != "channel":
            raise AmineError(where, "this is not a channel", given=repr(getattr(model, "name", model))[:40])
        if isinstance(changes, Mapping) and changes:
            plain = {k: v for k, v in changes.items() if not (isinstance(v, str) and ALONG.search(v))}
            with within(where):
                model = model(**plain)
                for k in changes:
                    if k not in model.units:
                        raise AmineError(
                            model.where, f"parameter '{k}' is not known", hint=did_you_mean(k, model.units)
                        )
            model = replace(model)  # a copy that carries the values along the path
            object.__setattr__(model, "_along", {k: v for k, v in changes.items() if k not in plain})
        found.append((name if isinstance(name, str) else model.name, model))
    return found


def _layers(cell: Compartments, channels: Mapping[str, Channels], where: str) -> tuple[Layer, ...]:
    if not isinstance(channels, Mapping):
        raise AmineError(f"{where}, channels", "this is not a mapping of places to channels", given=repr(channels)[:40])
    found: list[tuple[str, str, Model, set[int]]] = []
    for place, what in channels.items():
        at = set(cell.at(place, where=f"{where}, channels"))
        found += [(str(place), label, m, at) for label, m in _chosen(what, f"{where}, channels at '{place}'")]
    order = sorted(range(len(found)), key=lambda k: -len(found[k][3]))
    taken: dict[tuple[str, int], int] = {}
    for k in order:
        for i in found[k][3]:
            taken[found[k][1], i] = k
    layers = []
    for k, (place, label, model, _) in enumerate(found):
        mine = tuple(sorted(i for (name, i), owner in taken.items() if owner == k and name == label))
        if mine:
            layers.append(Layer(place, label, model, mine))
    _check_layers(cell, layers, where)
    return tuple(layers)


def _check_layers(cell: Compartments, layers: list[Layer], where: str) -> None:
    texts: dict[str, Model] = {}
    owner: dict[tuple[str, int], str] = {}
    for x in layers:
        if x.label in texts and texts[x.label].structure() != x.model.structure():
            raise AmineError(
                where, f"two different channels are called '{x.label}'", hint="give one another name: {name: model}"
            )
        texts[x.label] = x.model
        eq = x.model.parsed
        if eq.threshold is not None or eq.reset or eq.on_spike or eq.noises:
            raise AmineError(x.model.where, "a channel has no threshold, reset, spikes or noise")
        for s in eq.states:
            for i in x.compartments:
                name = state_name(s, x.label)
                if owner.setdefault((name, i), x.label) != x.label:
                    raise AmineError(
                        f"{where}, compartment {cell.label(i)}",
                        f"'{name}' is given by two channels",
                        given=f"{owner[name, i]}, {x.label}",
                    )
    for x in layers:
        for ion in ("Ca_i", "Na_i", "K_i", "Cl_i"):
            reads = any(
                ion in {s.name for s in e.free_symbols}
                for e in [*x.model.parsed.full_rhs.values(), *x.model.parsed.named.values()]
            )
            if reads and ion not in x.model.parsed.states:
                missing = [i for i in x.compartments if (ion, i) not in owner]
                if missing:
                    raise AmineError(
                        f"{where}, channel '{x.label}'",
                        f"it reads the concentration {ion}, which no pool gives",
                        given=f"at {cell.label(missing[0])}",
                        hint='add "calcium"' if ion == "Ca_i" else "add a pool of that ion",
                    )


def _parameters(layers: tuple[Layer, ...]) -> tuple[dict[str, str], dict[str, Any], dict[str, str]]:
    """Units, values and meanings; one name where all layers of a channel agree, else one for each place."""
    units: dict[str, str] = {}
    values: dict[str, Any] = {}
    symbols: dict[str, str] = {}
    for label in dict.fromkeys(x.label for x in layers):
        same = [x for x in layers if x.label == label]
        for p, unit in same[0].model.units.items():
            each = [getattr(x.model, "_along", {}).get(p, x.model.parameters[p]) for x in same]
            meaning = same[0].model.symbols.get(p, "") or f"parameter of {label}"
            if all(v == each[0] for v in each):
                names = [f"{p}_{label}"] * len(same)
            else:
                names = [f"{p}_{label}_{word(x.place)}" for x in same]
            for n, v in zip(names, each, strict=True):
                units[n], values[n], symbols[n] = unit, v, meaning
    return units, values, symbols


def _temperature(layers: tuple[Layer, ...], T: Quantity | None, where: str) -> Any:
    if T is not None:
        return kelvin(T, f"{where}, T")
    measured: dict[float, str] = {}
    for x in layers:
        for factor, at in _WARMING.findall(x.model.equations):
            if {factor, at} <= set(x.model.units) and scalar(x.model.parameters[factor], "1", where) != 1:
                measured[scalar(x.model.parameters[at], "K", where)] = x.label
    if len(measured) > 1:
        text = ", ".join(f"{label} at {t - 273.15:.4g} degC" for t, label in measured.items())
        raise AmineError(
            f"{where}, T", "the channels were measured at different temperatures", given=text, hint='give T="36 degC"'
        )
    return f"{next(iter(measured), 309.15)!r} K"


def _sources(layers: tuple[Layer, ...]) -> str:
    return (
        "; ".join(dict.fromkeys(f"{x.label}: {x.model.source}" for x in layers if x.model.source))
        or "given by the user"
    )


def _warn(model: Cable) -> None:
    error = model.accuracy(0.025)["space"]
    if error > 0.05:
        off = min(100 * error, 100)
        problem = f"the compartments are coarse: voltages along the tree are off by about {off:.0f} % at the frequency 1/(2 pi tau_m)"
        hint = "raise the number of segments or lower d_lambda, unless a reduced tree is meant"
        warn(model.where, problem, hint=hint)
