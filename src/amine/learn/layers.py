"""Networks of rate neurons: linear maps and activations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from amine.errors import AmineError, did_you_mean
from amine.learn.ranges import Range
from amine.records import dataclass

ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "relu": torch.relu,
    "softmax": lambda x: torch.softmax(x, -1),
    "identity": lambda x: x,
}
INITIAL = {
    "zero": nn.init.zeros_,
    "xavier_uniform": nn.init.xavier_uniform_,
    "xavier_normal": nn.init.xavier_normal_,
    "kaiming_uniform": lambda w: nn.init.kaiming_uniform_(w, nonlinearity="relu"),
    "kaiming_normal": lambda w: nn.init.kaiming_normal_(w, nonlinearity="relu"),
    "orthogonal": nn.init.orthogonal_,
}


@dataclass(frozen=True)
class Spec:
    """Complete description of a network; :mod:`amine.learn.saving` writes it beside the weights.

    ``neurons`` is an activation's name or a spiking :class:`amine.models.Model`; the other fields are those of
    :class:`amine.learn.Classifier`.
    """

    inputs: int
    outputs: int
    hidden: tuple[int, ...]
    neurons: Any
    bias: bool = True
    initial: str = "auto"
    precision: str = "float64"
    recurrent: bool = False
    encoder: str = "current"
    steps: int = 50
    dt: float = 1.0
    readout: str = "mean"
    surrogate: Any = "auto"
    task: str = "classes"
    scaler: str = "auto"

    @property
    def scaling(self) -> str:
        """How features are scaled: ``robust``, ``range`` or ``none``."""
        return ("robust" if self.spiking else "none") if self.scaler == "auto" else self.scaler

    @property
    def spiking(self) -> bool:
        """Whether hidden neurons spike."""
        return not isinstance(self.neurons, str)

    @property
    def neuron_name(self) -> str:
        """The activation's or the model's name."""
        return self.neurons if isinstance(self.neurons, str) else self.neurons.name

    @property
    def dtype(self) -> torch.dtype:
        """float32 or float64."""
        return getattr(torch, self.precision)


def initialise(layers: list[nn.Linear], initial: str) -> None:
    """Sets initial weights: ``auto`` keeps torch's, uniform within 1/sqrt(inputs); with all others biases start at zero."""
    if initial == "auto":
        return
    with torch.no_grad():
        for layer in layers:
            INITIAL[initial](layer.weight)
            if layer.bias is not None:
                layer.bias.zero_()


def check_initial(where: str, initial: str, hidden: tuple[int, ...]) -> str:
    """Name of the initialisation, checked; zero weights are refused for networks with hidden layers."""
    if initial not in INITIAL and initial != "auto":
        raise AmineError(
            f"{where}, initial",
            f"initialisation {initial!r} is not known",
            hint=did_you_mean(str(initial), [*INITIAL, "auto"]),
        )
    if initial == "zero" and hidden:
        raise AmineError(
            f"{where}, initial",
            "if all weights start at zero, the neurons of a hidden layer stay identical and can't learn",
            hint="use initial='auto', or no hidden layers",
        )
    return initial


def range_of(spec: Spec, dtype: torch.dtype) -> Range | None:
    """The range by which a network scales its features, if it does."""
    if spec.scaling == "none":
        return None
    return Range(spec.inputs, dtype, robust=spec.scaling == "robust", shared=spec.spiking and spec.encoder == "delta")


class Layered(nn.Module):
    """Linear ``maps`` with a nonlinearity after each, in the form that layer-by-layer learning rules need.

    Subclasses define the encoding of the input (:meth:`encode`), the activity of hidden neurons for their input
    (:meth:`activation`), and the scores for the output of the last map (:meth:`readout`).
    """

    def __init__(self, spec: Spec):
        super().__init__()
        self.spec = spec
        self.range = range_of(spec, spec.dtype)
        widths = (self.lines(), *spec.hidden, spec.outputs)
        self.maps: Any = nn.ModuleList(
            nn.Linear(a, b, bias=spec.bias, dtype=spec.dtype) for a, b in zip(widths, widths[1:], strict=False)
        )
        initialise(list(self.maps), spec.initial)

    def lines(self) -> int:
        """Number of inputs of the first map."""
        return self.spec.inputs

    def set_range(self, x: Tensor) -> None:
        """Takes the range of the features from samples, if the network scales them."""
        if self.range is not None:
            self.range.take(x)

    def widen_range(self, x: Tensor) -> None:
        """Takes the range of the features from further samples, too."""
        if self.range is not None:
            self.range.widen(x)

    def scaled(self, x: Tensor) -> Tensor:
        """Samples (samples, features) by the range of the features, if the network scales them."""
        return x if self.range is None else self.range(x)

    def begin(self, epoch: int) -> None:
        """Begins a pass over the samples, from whose number random encoders take new numbers."""

    def encode(self, x: Tensor) -> Tensor:
        """The input of the first map."""
        return self.scaled(x)

    def activation(self, k: int, before: Tensor) -> Tensor:
        """Activity of hidden layer ``k`` for its input ``before``."""
        raise NotImplementedError

    def readout(self, before: Tensor) -> Tensor:
        """Scores (samples, outputs) for the output of the last map."""
        return before

    def own(self, k: int) -> list[nn.Parameter]:
        """Parameters of hidden layer ``k`` besides its map: recurrent weights, time constants."""
        return []

    def forward(self, x: Tensor) -> Tensor:
        return self.trace(x)[-1]

    def trace(self, x: Tensor) -> list[Tensor]:
        """The encoded input, the activity of each hidden layer, and the scores."""
        out = [self.encode(x)]
        for k, layer in enumerate(self.maps[:-1]):
            out.append(self.activation(k, self.mapped(layer, out[-1])))
        out.append(self.readout(self.mapped(self.maps[-1], out[-1])))
        return out

    def mapped(self, layer: nn.Linear, x: Tensor) -> Tensor:
        """A map of its input."""
        return layer(x)


class Dense(Layered):
    """Rate neurons: linear maps with an activation after each but the last.

    >>> Dense(Spec(4, 3, (8,), "tanh"))(torch.zeros(2, 4, dtype=torch.float64)).shape
    torch.Size([2, 3])
    """

    def activation(self, k: int, before: Tensor) -> Tensor:
        return ACTIVATIONS[self.spec.neurons](before)
