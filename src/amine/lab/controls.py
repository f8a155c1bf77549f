"""Values of a running network as controls: names, units, ranges, and why one does not follow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import floor, log10
from typing import TYPE_CHECKING

import numpy as np

from amine.compounds import catalogue
from amine.compounds.profile import profile_of
from amine.engine.time.names import DELAY, DOSE, INPUT, PARAMETER, RATE, STATE, STIMULUS, TIMES
from amine.errors import AmineError, did_you_mean
from amine.records import dataclass
from amine.units import to_internal

if TYPE_CHECKING:
    from amine.engine.time.loop import Loop
    from amine.engine.time.names import Settable

SPAN = {"mV": 20.0, "pA": 500.0, "nS": 5.0, "ms": 20.0, "1/ms": 0.05, "uA/cm**2": 5.0}  # either side of a value near 0
LIMITED = {"positive": 0.0, "nonnegative": 0.0, "share": 0.0}  # lowest values


@dataclass(frozen=True)
class Control:
    """A value that a slider sets.

    ``value``, ``low`` and ``high`` are in ``unit``; a ``log`` scale begins at ``low``, and below it stands 0 where ``zero`` is set.
    ``shown`` says whether it is open from the start. One that does not follow has a ``reason`` and is not set.
    """

    name: str
    label: str
    unit: str
    value: float
    low: float
    high: float
    log: bool = False
    zero: bool = False
    shown: bool = False
    reason: str = ""

    def check(self, value: object) -> float:
        """The value as a number; raises AmineError if it is none, not finite or out of range, or the control does not follow."""
        where = f"control '{self.name}'"
        if self.reason:
            raise AmineError(where, f"it cannot be set while the network runs: {self.reason}")
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise AmineError(where, "this is not a number", given=repr(value)[:40])
        inside = self.low <= value <= self.high or (self.zero and value == 0)
        if not inside:
            expected = f"{self.low:g} to {self.high:g} {self.unit}" + (", or 0" if self.zero else "")
            raise AmineError(where, "the value is out of range", given=repr(value)[:40], expected=expected)
        return float(value)

    def text(self, value: float) -> str:
        """The value with its unit, which gives the same bits wherever it is set."""
        return f"{value!r} {self.unit}" if self.unit not in ("", "1") else repr(value)


@dataclass(frozen=True)
class Slider:
    """A control that is open from the start, with the words and the range of an experiment."""

    name: str
    label: str
    low: float | None = None
    high: float | None = None
    log: bool | None = None


def controls_of(loop: Loop, sliders: tuple[Slider, ...] = ()) -> dict[str, Control]:
    """All controls of a running network by name, those of ``sliders`` first; raises AmineError if one of these is not there."""
    found = {n: control for n, s in _listed(loop).items() if (control := _control(s)) is not None}
    first: dict[str, Control] = {}
    for s in sliders:
        if s.name not in found:
            raise AmineError("lab", f"there is no control '{s.name}'", hint=did_you_mean(s.name, found))
        c = found[s.name]
        given = {k: v for k, v in {"low": s.low, "high": s.high, "log": s.log}.items() if v is not None}
        first[s.name] = replace(c, label=s.label, shown=True, **given)
    if not sliders:
        chosen = [n for n, c in found.items() if not c.reason and c.name.startswith("dose:")][:4]
        chosen += [n for n, c in found.items() if not c.reason and n not in chosen][: max(0, 3 - len(chosen))]
        first = {n: replace(found[n], shown=True) for n in chosen}
    return {**first, **{n: c for n, c in found.items() if n not in first}}


def values_of(loop: Loop, controls: Mapping[str, Control]) -> dict[str, float]:
    """Present values; means where neurons differ."""
    listed = _listed(loop)
    return {n: _mean(listed[n].value) for n in controls}


def _listed(loop: Loop) -> dict[str, Settable]:
    """Values by name that are one number, in the units of their models and rates in Hz."""
    return {n: _in_units(loop, s) for n, s in loop.settable().items() if s.kind not in (STATE, STIMULUS, TIMES)}


def _in_units(loop: Loop, s: Settable) -> Settable:
    unit = "Hz" if s.kind == RATE or (s.kind == INPUT and s.unit == "1/ms") else s.unit
    owner = next((p for p in loop.network.populations.values() if s.name.startswith(f"{p.name}.")), None)
    if s.kind == PARAMETER and owner is not None:
        unit = owner.model.units.get(s.name.removeprefix(f"{owner.name}."), unit)
    if unit in (s.unit, "1", "K"):
        return s
    # an exact value of the description has few digits; the quotient may have the last one wrong
    factor = float(to_internal(f"1 {unit}", unit, s.name))
    value = np.asarray(s.value, float) / factor
    return replace(s, unit=unit, value=np.asarray([float(f"{x:.12g}") for x in value.ravel()]).reshape(value.shape))


def _mean(value: float | np.ndarray) -> float:
    x = np.asarray(value, float)
    return float(x.mean()) if x.size else 0.0


def _control(s: Settable) -> Control | None:
    """A control with a range that follows from its value, its unit and its limits; None if its value is no number."""
    value = _mean(s.value)
    if not np.isfinite(value):
        return None
    unit = s.unit
    if s.kind == DOSE:
        low, high = _doses(s.name.removeprefix("dose:"))
        return Control(s.name, s.name.removeprefix("dose:"), unit, value, low, high, True, True, False, s.reason)
    if s.kind == RATE:
        return Control(s.name, s.name, unit, value, 0.0, _round(max(4 * value, 20.0)), reason=s.reason)
    if s.kind == DELAY:
        return Control(s.name, s.name, unit, value, value, _round(max(4 * value, value + 5.0)), reason=s.reason)
    if s.limit == "share":
        return Control(s.name, s.name, unit, value, 0.0, 1.0, reason=s.reason)
    if s.limit == "positive" and value > 0:
        return Control(s.name, s.name, unit, value, _round(value / 5), _round(value * 5), True, reason=s.reason)
    wide = max(abs(value), SPAN.get(unit, 1.0))
    low, high = _round(value - wide), _round(value + wide)
    if s.limit in LIMITED:
        low = LIMITED[s.limit] if s.limit != "positive" else _round(wide / 100)
    return Control(s.name, s.name, unit, value, min(low, value), max(high, value), reason=s.reason)


def _doses(drug: str) -> tuple[float, float]:
    """Range of concentrations in uM: three decades either side of the tightest binding, rounded to powers of ten."""
    try:
        k = min(r.potency for r in profile_of(catalogue.drug(drug), "1 uM").rows)
    except (AmineError, ValueError):
        k = 1.0
    middle = floor(log10(k) + 0.5)
    return 10.0 ** (middle - 2), 10.0 ** (middle + 3)


def _round(x: float) -> float:
    """Two digits."""
    return float(f"{x:.2g}")


__all__ = ["Control", "Slider", "controls_of", "values_of"]
