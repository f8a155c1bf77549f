"""The log of what was set in a running network: as plain data, and as a script that gives the same bits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from amine.compounds.doses import Course
from amine.distributions import Distribution
from amine.engine.time.inputs import Anything
from amine.network.parts import Waveform
from amine.records import dataclass
from amine.values import Array, Value, from_plain, to_plain


@dataclass(frozen=True)
class Change:
    """A value that was set before step ``step``: of all neurons or synapses, or of those in ``chosen``."""

    step: int
    name: str
    value: Anything
    chosen: tuple[int, ...] | None = None
    of: str = "neurons"  # or synapses

    def plain_value(self) -> Value:
        """Its value, which is that of no dose and no stimulus."""
        assert not isinstance(self.value, Course | Waveform)
        return self.value

    def plain(self) -> dict[str, Any]:
        """As plain data."""
        chosen = None if self.chosen is None else [*self.chosen]
        return {"step": self.step, "name": self.name, "value": plain_data(self.value), "chosen": chosen, "of": self.of}

    @staticmethod
    def from_plain(data: Mapping[str, Any]) -> Change:
        """From the data of :meth:`plain`."""
        chosen = None if data["chosen"] is None else tuple(int(i) for i in data["chosen"])
        return Change(int(data["step"]), str(data["name"]), from_plain_data(data["value"]), chosen, str(data["of"]))


def plain_data(value: Anything) -> Any:
    if isinstance(value, Waveform):
        numbers = {n: None if x == np.inf else x for n, x in value.numbers.items()}
        return {"waveform": value.kind, "numbers": numbers, "unit": value.unit}
    return {"course": value.to_dict()} if isinstance(value, Course) else to_plain(value)


def from_plain_data(data: Any) -> Anything:
    if isinstance(data, dict) and "waveform" in data:
        numbers = {n: np.inf if x is None else x for n, x in data["numbers"].items()}
        return Waveform(str(data["waveform"]), numbers, str(data["unit"]))
    return Course.from_dict(data["course"]) if isinstance(data, dict) and "course" in data else from_plain(data)


def value_text(value: Anything) -> str:
    """A value as Python text that gives the same bits."""
    if isinstance(value, Waveform):
        numbers = {
            n: "for ever" if x == np.inf else x for n, x in value.numbers.items()
        }  # no Python text of an infinite number
        unit = "" if value.unit == "pA" else f", {value.unit!r}"
        return f"Waveform({value.kind!r}, {numbers!r}{unit})".replace("'for ever'", "float('inf')")
    if isinstance(value, Course):
        return f"Course.from_dict({value.to_dict()!r})"
    if isinstance(value, Array):
        return f"Array(np.array({value.values.tolist()!r}), {value.unit!r})"
    if isinstance(value, Distribution):
        return f"am.{Distribution.from_dict(value.to_dict())!r}"
    return repr(value)


def script(changes: Sequence[Change], step: int, dt: float, options: str, network: str) -> str:
    """Python text that makes a loop, and advances and sets as was done."""
    lines = ["import amine as am"]
    if any(isinstance(c.value, Array) for c in changes):
        lines += ["import numpy as np", "", "from amine.values import Array"]
    if any(isinstance(c.value, Course) for c in changes):
        lines.append("from amine.compounds.doses import Course")
    if any(isinstance(c.value, Waveform) for c in changes):
        lines.append("from amine.network.parts import Waveform")
    lines += ["", f"net = am.Network.load({network!r})", f"sim = net.loop({options})"]
    at = 0
    for c in [*changes, None]:
        until = step if c is None else c.step
        if until > at:
            lines.append(f'sim.advance("{(until - at) * dt!r} ms")')
            at = until
        if c is not None:
            some = "" if c.chosen is None else f", {c.of}={[*c.chosen]!r}"
            lines.append(f"sim.set({c.name!r}, {value_text(c.value)}{some})")
    return "\n".join(lines) + "\n"


__all__ = ["Change", "from_plain_data", "plain_data", "script", "value_text"]
