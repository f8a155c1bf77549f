"""Objects of the schema from tables of data files, with every key checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, fields
from typing import Any

from amine.compounds.forms import Ionisation, Isomer, Metabolite
from amine.compounds.schema import Action, Consequence, Measurement, Rate, Removal, Scheme, Step, texts
from amine.errors import AmineError, did_you_mean

_PARTS: dict[str, type] = {
    "measurements": Measurement,
    "actions": Action,
    "schemes": Scheme,
    "rates": Rate,
    "synthesis": Step,
    "removal": Removal,
    "consequences": Consequence,
    "isomers": Isomer,
    "metabolites": Metabolite,
    "ionisations": Ionisation,
}


def read(cls: type, data: object, where: str) -> Any:
    """An object of the schema from a table of a file; every key is checked.

    Raises
    ------
    AmineError
        A key is not known or missing, a type is wrong, or the object itself refuses a value.
    """
    if not isinstance(data, Mapping):
        raise AmineError(where, "this is not a table", given=repr(data)[:40])
    known = {f.name: f for f in fields(cls)}
    out: dict[str, Any] = {}
    for key, value in data.items():
        if key not in known:
            raise AmineError(where, f"key '{key}' is not known", hint=did_you_mean(str(key), known))
        out[key] = _value(key, value, str(known[key].type), where)
    missing = [n for n, f in known.items() if n not in out and f.default is MISSING and f.default_factory is MISSING]
    if missing:
        raise AmineError(where, f"'{missing[0]}' is missing")
    try:
        return cls(**out)
    except AmineError as e:
        place = f"{where}, {e.where}" if e.where and not where.endswith(e.where) else where
        raise AmineError(place, e.problem, given=e.given, expected=e.expected, hint=e.hint) from None


def _value(key: str, value: object, kind: str, where: str) -> Any:
    if key in _PARTS:
        if not isinstance(value, list):
            raise AmineError(f"{where}, {key}", "this is not a list of tables", given=repr(value)[:40])
        return tuple(read(_PARTS[key], v, f"{where}, {key}[{i}]") for i, v in enumerate(value))
    if kind.startswith("tuple"):
        return texts(value, f"{where}, {key}")
    allowed = {"str": str, "bool": bool, "float": (int, float), "int": int}
    wanted = tuple(t for name, t in allowed.items() if name in kind.replace(" ", "").split("|"))
    flat = tuple(x for t in wanted for x in (t if isinstance(t, tuple) else (t,)))
    if not isinstance(value, flat) or (isinstance(value, bool) and bool not in flat):
        raise AmineError(f"{where}, {key}", "wrong type", given=repr(value)[:40], expected=kind)
    return float(value) if isinstance(value, int) and "float" in kind and not isinstance(value, bool) else value
