"""Pulses of transmitter for schemes at the source: their groups, and the receptors that share each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from amine.errors import AmineError
from amine.models.ports import scheme
from amine.network.parts import Synapses
from amine.records import dataclass
from amine.values import scalar

if TYPE_CHECKING:
    from amine.models.model import Model


@dataclass(frozen=True)
class PulseGroup:
    """Schemes of one source population that see one pulse under one release; equal groups share their states."""

    release: Model | None
    schemes: tuple[Model, ...]
    cleft: Model | None = None  # None: square pulses

    @property
    def dim(self) -> int:
        """Number of values of a payload: the free states of each scheme, and its mass if pulses are square."""
        return sum(len(scheme(m).free) + (self.cleft is None) for m in self.schemes)


def groups_of(s: Synapses, models: Mapping[str, Model]) -> list[tuple[PulseGroup, tuple[str, ...]]]:
    """The pulse groups of a projection onto one population, each with its labels; ``models`` are the schemes there.

    Receptors with the same pulse and plain weights are delivered together.
    """
    found: dict[tuple[float | str, ...], list[str]] = {}
    for label, weight in s.receptors.items():
        m = models[label]
        pulse = tuple(one_value(m, n) for n in ("T_max", "T_width")) if s.cleft is None else ()
        alone = not isinstance(weight, str) or not (s.delay is None or isinstance(s.delay, str))
        found.setdefault((*pulse, label if alone else ""), []).append(label)
    return [
        (PulseGroup(s.release, tuple(models[x] for x in labels), s.cleft), tuple(labels)) for labels in found.values()
    ]


def one_value(model: Model, name: str) -> float:
    """A parameter of a scheme in the coherent system; raises AmineError if it differs between targets."""
    value = model.parameters[name]
    if not isinstance(value, str):
        raise AmineError(
            f"{model.where}, parameter '{name}'",
            "the state lives at the source, so it must be one value for all targets",
            hint="say detail='explicit'",
        )
    return scalar(value, model.units[name], f"{model.where}, parameter '{name}'")


def steps_of(group: PulseGroup, dt: float) -> int:
    """Width of a group's pulse in steps; 0 if transmitter is cleared."""
    if group.cleft is not None:
        return 0
    return max(1, round(one_value(group.schemes[0], "T_width") / dt))


__all__ = ["PulseGroup", "groups_of", "one_value", "steps_of"]
