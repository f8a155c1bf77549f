"""The registry of models: the library, and models registered by users."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from amine.errors import AmineError, did_you_mean
from amine.models import multicompartment
from amine.models.model import Model
from amine.values import unit_of

_REGISTRY: dict[str, Model] = {}
LIBRARY = ("receptors", "neurons", "biophysical", "short_term", "sources", "channels", "schemes", "clefts", "thalamus")


def registry() -> dict[str, Model]:
    """All models by name; the library is loaded on first use."""
    if "lif" not in _REGISTRY:
        for name in LIBRARY:
            for model in import_module(f"amine.models.{name}").MODELS:
                _REGISTRY.setdefault(model.name, model)
    return _REGISTRY


def get(name: str) -> Model:
    """A model by name.

    Parameters
    ----------
    name : name of a model of the library, or of a registered one.

    Raises
    ------
    AmineError
        There is none; the message suggests the nearest name.

    Examples
    --------
    >>> get("adex").kind
    'neuron'
    """
    known = registry()
    if name not in known:
        raise AmineError("model library", f"model '{name}' is not known", hint=did_you_mean(str(name), known))
    return known[name]


def names(kind: str | None = None) -> list[str]:
    """Names of all models, or of one kind.

    Parameters
    ----------
    kind : neuron, receptor, release, source, channel, scheme or cleft; None: all.

    Examples
    --------
    >>> "tsodyks_markram" in names("release")
    True
    """
    return [n for n, m in registry().items() if kind in (None, m.kind)]


def register(model: Model) -> Model:
    """Adds a model to the library under its name and returns it.

    Parameters
    ----------
    model : any model; its equations are checked.

    Raises
    ------
    AmineError
        The name is taken, or an equation is invalid.

    Examples
    --------
    >>> import amine as am
    >>> _ = register(am.models.release("half", "payload p", p=0.5))
    >>> get("half").kind
    'release'
    """
    if model.name in registry():
        raise AmineError(model.where, "the name is taken", hint="choose another")
    _ = model.parsed
    _REGISTRY[model.name] = model
    return model


def custom(kind: str, name: str, equations: str, parameters: Mapping[str, object], **more: Any) -> Model:
    """A model with the units of its parameter values; raises AmineError if an equation is invalid."""
    units = {n: unit_of(v, f"{kind.capitalize()} '{name}', parameter '{n}'") for n, v in parameters.items()}
    values: dict[str, Any] = dict(parameters)
    model = Model(name, kind, equations, units, values, **more)
    _ = model.parsed
    return model


def chosen(model: Model | str, kinds: tuple[str, ...], where: str) -> Model:
    """A model of one of ``kinds``, given as an object or by name; raises AmineError for anything else."""
    found = get(model) if isinstance(model, str) else model
    if not isinstance(found, Model):
        raise AmineError(
            where, "this is not a model", given=repr(model)[:40], expected="a name of the library or a model"
        )
    if found.kind not in kinds:
        raise AmineError(where, f"'{found.name}' is a {found.kind} model", expected=" or ".join(kinds))
    return found


def from_dict(data: Mapping[str, Any]) -> Model:
    """A model of any kind from its plain data; raises AmineError if they are damaged."""
    try:
        return multicompartment.from_dict(data) if "cable" in data else Model.from_dict(data)
    except (KeyError, TypeError, AttributeError, ValueError) as e:
        if isinstance(e, AmineError):
            raise
        raise AmineError("model", "damaged description", given=repr(data)[:60]) from e
