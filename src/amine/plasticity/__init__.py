"""The library of plasticity rules, and the makers of custom rules.

>>> import amine as am
>>> am.plasticity.stdp(w_max="2 nS").parameters["w_max"]
'2 nS'
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from importlib import import_module
from typing import Any

from amine.doors import close
from amine.errors import AmineError, did_you_mean
from amine.models.find import custom
from amine.models.model import Model

_REGISTRY: dict[str, Model] = {}
_LIBRARY = ("_pairs", "_calcium", "_triplet", "_inhibitory", "_reward", "_voltage", "_rates", "_tagging", "_states")


def _load() -> dict[str, Model]:
    """The registry, with the library loaded."""
    if "stdp" not in _REGISTRY:
        for name in _LIBRARY:
            for model in import_module(f"amine.plasticity.{name}").RULES:
                _REGISTRY.setdefault(model.name, model)
    return _REGISTRY


def get(name: str, parameters: str | None = None) -> Model:
    """A rule by name.

    Parameters
    ----------
    name : its name. parameters : name of a published parameter set (:func:`parameter_sets`); None: the defaults.

    Raises
    ------
    AmineError
        The rule or the parameter set is not known.

    Examples
    --------
    >>> get("stdp").kind
    'rule'
    """
    registry = _load()
    if name not in registry:
        raise AmineError("rule library", f"rule '{name}' is not known", hint=did_you_mean(str(name), registry))
    model = registry[name]
    if parameters is None:
        return model
    known = parameter_sets(name)
    if parameters not in known:
        raise AmineError(
            model.where, f"parameter set '{parameters}' is not known", hint=did_you_mean(str(parameters), known)
        )
    return model(**known[parameters])


def names() -> list[str]:
    """Names of all rules.

    >>> "stdp" in names()
    True
    """
    return list(_load())


def parameter_sets(name: str) -> Mapping[str, Mapping[str, str]]:
    """Published parameter sets of a rule by name; empty if there is only one.

    Parameters
    ----------
    name : name of a rule.

    Raises
    ------
    AmineError
        The rule is not known.

    Examples
    --------
    >>> sorted(parameter_sets("triplet_nearest"))
    ['V1', 'V1 minimal', 'hippocampus']
    """
    _ = get(name)
    for home in _LIBRARY:
        found = getattr(import_module(f"amine.plasticity.{home}"), "SETS", {})
        if name in found:
            return found[name]
    return {}


def register(model: Model) -> Model:
    """Adds a rule to the library under its name and returns it.

    Parameters
    ----------
    model : a rule; its equations are checked.

    Raises
    ------
    AmineError
        It is not a rule, its name is taken, or an equation is invalid.

    Examples
    --------
    >>> _ = register(rule("count", "w : nS in 0 nS .. 5 nS\\non pre w += step", step="0.1 nS"))
    >>> "count" in names()
    True
    """
    if model.kind != "rule":
        raise AmineError(model.where, "this is not a rule", hint="make it with am.plasticity.rule()")
    if model.name in _load():
        raise AmineError(model.where, "the name is taken", hint="choose another")
    _ = model.parsed
    _REGISTRY[model.name] = model
    return model


def rule(
    name: str,
    equations: str,
    *,
    source: str = "",
    doc: str = "",
    limits: Mapping[str, str] | None = None,
    **parameters: Any,
) -> Model:
    """A custom plasticity rule.

    Parameters
    ----------
    name : its name. equations : text; see the page on plasticity. source, doc : reference, and a description.
    limits : ``positive``, ``nonnegative`` or ``share`` (0 to 1) for parameters whose range does not follow from the equations.
    parameters : default values with units.

    Raises
    ------
    AmineError
        An equation is invalid; the message names the line.

    Examples
    --------
    >>> r = rule("hebb", "dx/dt = -x/tau : 1 (source)\\non pre x += 1\\non post w += eta*x\\nw : nS in 0 nS .. 5 nS",
    ...          tau="20 ms", eta="0.01 nS")
    >>> r.parsed.places
    {'x': 'source', 'w': 'synapse'}
    """
    return custom("rule", name, equations, parameters, source=source, doc=doc, limits=limits or {})


def gated(model: Model | str, by: str, half: str | None = None) -> Model:
    """A rule whose weight changes are multiplied by a modulator: learning gated by acetylcholine, noradrenaline or dopamine.

    Parameters
    ----------
    model : the rule or its name.
    by : a field or drug of the network, or a receptor of one of its modulations.
    half : concentration at which the factor ``by/(by + half)`` is one half; None for a receptor, whose occupancy is the factor.

    Raises
    ------
    AmineError
        If the rule changes the weight by ``=`` or ``*=``, which cannot be gated.

    Examples
    --------
    >>> print(gated("hebb", "acetylcholine", half="0.5 uM").equations.splitlines()[2])
    on pre w += acetylcholine/(acetylcholine + acetylcholine_half)*(eta*y/r_ref)
    """
    rule = get(model) if isinstance(model, str) else model
    if not by.isidentifier():
        raise AmineError(
            "plasticity.gated, by", "this is no name of a field", given=repr(by), expected="such as 'dopamine'"
        )
    if re.search(r"(?<![\w/])w\s*\*?=(?!=)", rule.equations):
        raise AmineError(rule.where, "it sets or multiplies the weight", hint="write the gate into its equations")
    gate = by if half is None else f"{by}/({by} + {by}_half)"
    text = re.sub(r"(?<![\w/])w\s*([-+])=\s*([^;\n]+)", rf"w \1= {gate}*(\2)", rule.equations)
    text = re.sub(r"(dw/dt\s*=\s*)([^:\n]+?)(\s*:)", rf"\1{gate}*(\2)\3", text)
    more = {} if half is None else {f"{by}_half": half}
    return replace(
        rule,
        name=f"{rule.name} gated by {by}",
        equations=text,
        units={**rule.units, **dict.fromkeys(more, "uM")},
        parameters={**rule.parameters, **more},
    )


def __getattr__(name: str) -> Any:
    if name.startswith("_"):
        raise AttributeError(name)
    if name in _load():
        return _REGISTRY[name]
    raise AttributeError(f"module 'amine.plasticity' has no rule '{name}'; {did_you_mean(name, _REGISTRY)}")


close(globals(), ("get", "names", "parameter_sets", "register", "rule", "gated"))
