"""Types of what is given to estimators, learning rules and modules."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import numpy as np
    import torch
    from torch import Tensor

    from amine.given import Quantity
    from amine.learn.algorithms import Rule
    from amine.learn.nn.surrogate import Surrogate
    from amine.models.model import Model

Hidden: TypeAlias = "int | Sequence[int]"  # sizes of the hidden layers
NeuronKind: TypeAlias = "str | Model"  # an activation or a neuron model, by name, or a neuron model
LearningRule: TypeAlias = "str | Rule"
ClassWeight: TypeAlias = "str | Mapping[int, float] | Mapping[str, float] | Sequence[float] | np.ndarray | None"  # "balanced", or a weight per class
Seed: TypeAlias = "int | np.random.RandomState | None"  # None: drawn anew
OptimizerLike: TypeAlias = "str | type[torch.optim.Optimizer] | Callable[..., torch.optim.Optimizer]"
Callback: TypeAlias = (
    "Callable[[object, dict[str, float]], object]"  # of the estimator and the figures of an epoch; True stops
)
Scaler: TypeAlias = "str | object"  # a way by name, or a transformer of scikit-learn
SurrogateLike: TypeAlias = "str | Surrogate | Callable[[Tensor], Tensor]"
Bounds: TypeAlias = "tuple[Quantity | None, Quantity | None]"  # of a learned parameter: low, high
Sequenced: TypeAlias = "Tensor | tuple[Tensor, object]"  # [time, batch, n], or the output of a layer: (tensor, state)
Drive: TypeAlias = "Sequenced | Mapping[str, Tensor]"  # input of neurons: a current, or a tensor for each input by name
ParameterValue: TypeAlias = "float | np.ndarray"  # in the coherent system: one value, or one per neuron
Real: TypeAlias = "type[np.floating]"  # np.float32 or np.float64
Device: TypeAlias = "torch.device | str"
