"""Weights and other states of plastic synapses, as arrays that can be saved and loaded into a network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from amine.errors import AmineError, did_you_mean
from amine.files import read_arrays, write_arrays
from amine.records import dataclass
from amine.shown import Shown

if TYPE_CHECKING:
    import numpy.typing as npt
    from matplotlib.figure import Figure

    from amine.given import FilePath

FORMAT = "amine weights 2"


@dataclass(frozen=True, eq=False)
class Weights(Shown):
    """Weights of the synapses of one projection, sorted by source, delay and target.

    Parameters
    ----------
    name : the projection.
    sources, targets : numbers (synapses,) of the neurons within their populations.
    weights : weights (synapses,) in ``unit``.
    unit : nS, pA or mV.
    states : other states (synapses,) of the rule at the synapse, by name, in their units.
    bounds : limits of the weight, if the rule has any.
    target_states : persistent states (targets,) of the rule at the target neurons, such as the protein of tagging and capture.

    Raises
    ------
    AmineError
        If the arrays differ in length.
    """

    name: str
    sources: npt.NDArray[np.integer]
    targets: npt.NDArray[np.integer]
    weights: npt.NDArray[np.floating]
    unit: str = "nS"
    states: Mapping[str, npt.NDArray[np.floating]] = field(default_factory=dict)
    bounds: tuple[float, float] | None = None
    target_states: Mapping[str, npt.NDArray[np.floating]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        lengths = {len(x) for x in (self.sources, self.targets, self.weights, *self.states.values())}
        if len(lengths) != 1:
            raise AmineError(
                f"weights '{self.name}'", "the arrays differ in length", given=", ".join(map(str, sorted(lengths)))
            )

    def __len__(self) -> int:
        return len(self.weights)

    def __getitem__(self, state: str) -> npt.NDArray[np.floating]:
        if state == "w":
            return self.weights
        if state not in self.states:
            raise AmineError(
                f"weights '{self.name}'", f"state '{state}' is not known", hint=did_you_mean(state, ("w", *self.states))
            )
        return self.states[state]

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Weights)
            and (self.name, self.unit, self.bounds) == (other.name, other.unit, other.bounds)
            and self.states.keys() == other.states.keys()
            and self.target_states.keys() == other.target_states.keys()
            and all(np.array_equal(getattr(self, a), getattr(other, a)) for a in ("sources", "targets", "weights"))
            and all(np.array_equal(x, other.states[s]) for s, x in self.states.items())
            and all(np.array_equal(x, other.target_states[s]) for s, x in self.target_states.items())
        )

    __hash__ = object.__hash__

    def matrix(self, n_sources: int | None = None, n_targets: int | None = None) -> npt.NDArray[np.floating]:
        """Return the weights as a matrix (sources, targets), zero where there is no synapse; synapses of one pair are summed."""
        shape = (
            int(self.sources.max(initial=-1)) + 1 if n_sources is None else n_sources,
            int(self.targets.max(initial=-1)) + 1 if n_targets is None else n_targets,
        )
        out = np.zeros(shape)
        np.add.at(out, (self.sources, self.targets), self.weights)
        return out

    def onto(self, target: int) -> npt.NDArray[np.floating]:
        """Return the weights of the synapses onto one neuron."""
        return self.weights[self.targets == target]

    def histogram(self, bins: int = 50) -> Figure:
        """Draw the distribution of weights."""
        from amine.view.weights import histogram

        return histogram(self, bins)

    def image(self) -> Figure:
        """Draw the matrix of weights."""
        from amine.view.weights import image

        return image(self)

    # --- files -------------------------------------------------------------------------------------------------

    def to_dict(self) -> dict[str, Any]:
        """Return the weights as JSON-able data."""
        return {
            "format": FORMAT,
            "name": self.name,
            "unit": self.unit,
            "bounds": None if self.bounds is None else list(self.bounds),
            "sources": self.sources.tolist(),
            "targets": self.targets.tolist(),
            "weights": self.weights.astype(float).tolist(),
            "states": {s: x.astype(float).tolist() for s, x in self.states.items()},
            "target_states": {s: x.astype(float).tolist() for s, x in self.target_states.items()},
        }

    @staticmethod
    def from_dict(data: Any) -> Weights:
        """Build weights from the data of :meth:`to_dict`."""
        try:
            return Weights(
                str(data["name"]),
                np.asarray(data["sources"], np.int64),
                np.asarray(data["targets"], np.int64),
                np.asarray(data["weights"], float),
                str(data["unit"]),
                {str(s): np.asarray(x, float) for s, x in data["states"].items()},
                None if data["bounds"] is None else (float(data["bounds"][0]), float(data["bounds"][1])),
                {str(s): np.asarray(x, float) for s, x in data.get("target_states", {}).items()},
            )
        except (KeyError, TypeError, ValueError, AttributeError) as e:
            raise AmineError("weights", "damaged description", given=f"{type(e).__name__}: {e}"[:60]) from e

    def save(self, path: FilePath, *, overwrite: bool = False) -> None:
        """Write a file (NumPy's npz) with a digest of its content, atomically.

        Raises
        ------
        AmineError
            If the file exists and ``overwrite`` is not set, or it cannot be written.
        """
        target = Path(path)
        if target.exists() and not overwrite:
            raise AmineError(f"file '{target}'", "it exists", hint="choose another name or pass overwrite=True")
        header = {"format": FORMAT, "name": self.name, "unit": self.unit, "bounds": self.bounds}
        arrays = {"sources": self.sources, "targets": self.targets, "weights": self.weights}
        arrays |= {f"state.{s}": x for s, x in self.states.items()}
        arrays |= {f"target.{s}": x for s, x in self.target_states.items()}
        write_arrays(target, header, arrays, f"file '{target}'")

    @staticmethod
    def load(path: FilePath) -> Weights:
        """Read a file of :meth:`save`; raises AmineError if it is another file or damaged."""
        where = f"file '{path}'"
        header, arrays = read_arrays(Path(path), "a file of weights", where)
        if header.get("format") != FORMAT:
            raise AmineError(where, "this is not a file of weights of this version", expected=f"'{FORMAT}'")
        states, kept = (
            {k.removeprefix(a): x for k, x in arrays.items() if k.startswith(a)} for a in ("state.", "target.")
        )
        try:
            bounds = None if header["bounds"] is None else (float(header["bounds"][0]), float(header["bounds"][1]))
            synapses = (arrays["sources"], arrays["targets"], arrays["weights"])
            return Weights(str(header["name"]), *synapses, str(header["unit"]), states, bounds, kept)
        except (ValueError, KeyError, TypeError, IndexError) as e:
            raise AmineError(where, "this is not a file of weights, or it is damaged") from e

    def __repr__(self) -> str:
        low, high = (self.weights.min(), self.weights.max()) if len(self) else (0.0, 0.0)
        return f"<{len(self)} weights of {self.name}, {low:.4g} to {high:.4g} {self.unit}>"
