"""The engram rule for estimators: one pass, in the order of the samples, without an optimiser."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from amine.errors import AmineError, warn
from amine.learn.algorithms._base import Direct, Rule
from amine.learn.checks import number, whole
from amine.learn.engram.chemistry import Chemistry, Dose, dose_of
from amine.learn.engram.expansion import EPSILON, GAIN, SCALINGS, Expansion
from amine.learn.engram.memory import Memory
from amine.learn.engram.surprise import FLOOR
from amine.learn.layers import Spec
from amine.learn.losses import Loss
from amine.records import dataclass

START = 0.3  # leak before acetylcholine sets it
ENOUGH = 10  # samples from which mean and spread of features are taken without a warning
WIDE = 16  # features from which a sample has a contrast of its own
SOFT = 0.05  # width in which outputs below zero become small probabilities


class EngramNetwork(nn.Module):
    """Expansion and memory as a module without parameters that torch could follow; its state is that of NumPy arrays."""

    def __init__(self, spec: Spec, options: Engram, seed: int):
        super().__init__()
        self.spec = spec
        neurons = spec.hidden[0]
        outputs = 2 if spec.task == "binary" else spec.outputs
        outcomes = 1 if spec.task == "regression" else outputs
        self.expansion = Expansion(spec.inputs, neurons, seed, options.scaling_for(spec), options.spread)
        adaptive = options.leak == "auto"
        self.memory = Memory(neurons, outputs, options.chemistry, options.module, outcomes, adaptive)
        self.targets = np.zeros((3, outputs))  # number, sums and sums of squares of all targets of a regression

    def set_range(self, x: Tensor) -> None:
        """Takes mean and spread of the features from samples, if the expansion scales them; warns if these are few."""
        if self.expansion.scaling == "features" and len(x) < ENOUGH:
            warn(
                "rule 'engram', scaling",
                f"mean and spread of each feature are those of the first call, which has {len(x)} sample{'s' * (len(x) > 1)}",
                hint=f"learn {ENOUGH} samples or more in the first call, or scale them yourself and give scaling='none'",
            )
        self.expansion.adapt(x.numpy())

    def forward(self, x: Tensor) -> Tensor:
        scores = self.drive(x) @ torch.from_numpy(self.memory.weights)
        if self.spec.task == "regression":
            return scores
        # outputs estimate probabilities: their logarithms are scores whose softmax is these probabilities, made positive and normalised
        logs = torch.log(SOFT * functional.softplus(scores / SOFT))
        return logs[:, 1:] - logs[:, :1] if self.spec.task == "binary" else logs

    def drive(self, x: Tensor) -> Tensor:
        """The rates of the expansion (samples, neurons), through which gradients by x are followed."""
        e = self.expansion
        weights, thresholds, mean, scale = (torch.from_numpy(a) for a in e.arrays().values())
        gain = GAIN / x.shape[1] ** 0.5
        if e.scaling == "contrast":
            x = (x - x.mean(1, keepdim=True)) / (x.std(1, keepdim=True, correction=0) + EPSILON)
        elif e.scaling == "features":
            x = (x - mean) / scale
        else:
            gain = 1.0
        return torch.relu(x @ weights * gain - thresholds)

    def state_dict(self, *args: Any, **kwargs: Any) -> dict[str, Any]:  # type: ignore[override]
        """All numbers of expansion and memory by name, as tensors; surprises as numbers of samples."""
        named = {"expansion": self.expansion.arrays(), "memory": self.memory.arrays()}
        out = {f"{part}.{k}": torch.from_numpy(a.copy()) for part, each in named.items() for k, a in each.items()}
        out["targets"] = torch.from_numpy(self.targets.copy())
        return out | {"surprises": torch.tensor(self.memory.surprises, dtype=torch.float64)}

    def load_state_dict(self, state_dict: Mapping[str, Any], *args: Any, **kwargs: Any) -> None:  # type: ignore[override]
        """Takes all numbers from :meth:`state_dict`; raises KeyError or ValueError if they are of another network."""
        arrays = {k: v.numpy() for k, v in state_dict.items()}
        for name, a in self.expansion.arrays().items():
            a[...] = arrays[f"expansion.{name}"]
        self.memory.load({k.removeprefix("memory."): a for k, a in arrays.items()})
        self.targets[...] = arrays["targets"]
        self.memory.surprises[:] = arrays["surprises"].astype(int).tolist()


class _Engram(Direct):
    def learn(self, x: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
        net: EngramNetwork = self.network
        wanted, outcome, floor = self._wanted(target)
        drive = net.expansion(x.numpy())
        if self.loss.weights is None:
            errors = net.memory.learn(drive, wanted, outcome, floor)
        else:  # a sample of weight w counts as w samples: drive and target times the root of w
            root = np.sqrt(self.loss.weights.numpy()[outcome])[:, None]
            errors = net.memory.learn(root * drive, root * wanted, outcome, floor) / np.maximum(root, 1e-12)
        return torch.from_numpy(np.square(errors).mean(1)).mean(), self._scores(wanted - errors)

    def _scores(self, outputs: np.ndarray) -> Tensor:
        """Scores as the estimator judges them, from the outputs before each sample was learned."""
        scores = torch.from_numpy(outputs)
        return scores[:, 1:] - scores[:, :1] if self.network.spec.task == "binary" else scores

    def _wanted(self, target: Tensor) -> tuple[np.ndarray, np.ndarray, float | np.ndarray]:
        """Wanted outputs (samples, outputs), the outcome of each sample, and the squared error that is expected at least."""
        net: EngramNetwork = self.network
        if net.spec.task == "regression":
            wanted = target.numpy().astype(float)
            return wanted, np.zeros(len(wanted), int), FLOOR * self._spread(wanted)
        index = (target[:, 0] if target.ndim == 2 else target).numpy().astype(int)
        return np.eye(net.memory.weights.shape[1])[index], index, FLOOR

    def _spread(self, wanted: np.ndarray) -> np.ndarray:
        """Variance, summed over outputs, of all targets up to each sample (samples,), so that blocks are as one after another."""
        kept: np.ndarray = self.network.targets
        each = np.stack([np.ones_like(wanted), wanted, np.square(wanted)], 1)
        sums = kept + each.cumsum(0)
        kept[...] = sums[-1]
        count, total, squares = sums[:, 0], sums[:, 1], sums[:, 2]
        return np.maximum(squares / count - np.square(total / count), 0.0).sum(1)


@dataclass(frozen=True)
class Engram(Rule):
    """Learning that inhibition keeps apart: one pass, in any order, without stored samples or task boundaries; where backprop forgets.

    A fixed random expansion drives ``hidden`` neurons; Hebbian inhibition among them grows with every sample, and the read-out learns by
    dopamine along what inhibition leaves. In mathematics this is recursive least squares; see :mod:`amine.learn.engram`. Zeng G et al. (2019) Nat Mach Intell 1:364-372;
    Koolschijn RS et al. (2019) Neuron 101:528-541; Barron HC (2021) Curr Opin Neurobiol 67:85-94; Yu AJ, Dayan P (2005) Neuron 46:681-692.

    Parameters
    ----------
    gaba, dopamine, acetylcholine, noradrenaline, leak : doses of the compounds relative to the natural one, and the leak; see :class:`amine.learn.engram.Chemistry`.
        ``noradrenaline`` is 0 by default: surprises are noted, and nothing is let go. With ``leak="auto"`` acetylcholine sets the leak by the evidence of all samples so
        far (:class:`amine.learn.engram.Trust`), which is for wrong labels and noise; it needs neurons in one module.
    scaling : ``contrast``, ``features`` or ``none``, see :class:`amine.learn.engram.Expansion`; ``auto`` is ``contrast`` for classes with 16 features or more, and
        otherwise ``features``, by the samples of the first call.
    spread : half width of the neurons' thresholds; None for that of the scaling.
    module : most neurons that inhibit each other; None for 400.
    doses : drugs of the catalogue with concentrations in uM; see :meth:`amine.learn.Classifier.dose`.
    """

    gaba: float = 1.0
    dopamine: float = 1.0
    acetylcholine: float = 1.0
    noradrenaline: float = 0.0
    leak: float | str = 0.3
    scaling: str = "auto"
    spread: float | None = None
    module: int | None = None
    doses: tuple[Dose, ...] = ()
    name: ClassVar[str] = "engram"
    weighs: ClassVar[bool] = False
    labels: ClassVar[bool] = False
    spikes: ClassVar[bool] = False
    unused: ClassVar[tuple[str, ...]] = (
        "loss",
        "optimizer",
        "rate",
        "epochs",
        "iterations",
        "batch_size",
        "penalty",
        "initial",
        "bias",
        "schedule",
        "clip",
        "early_stopping",
        "validation_fraction",
        "scaler",
    )

    @property
    def chemistry(self) -> Chemistry:
        """Doses of the compounds, under the drugs."""
        leak: Any = START if self.leak == "auto" else self.leak
        given = Chemistry(self.gaba, self.dopamine, self.acetylcholine, self.noradrenaline, leak)
        return given.under([dose_of(*d) for d in self.doses])

    def scaling_for(self, spec: Spec) -> str:
        """How the expansion scales the samples of a network."""
        if self.scaling != "auto":
            return self.scaling
        return "contrast" if spec.task != "regression" and spec.inputs >= WIDE else "features"

    def refuses(self, spec: Spec) -> str:
        if not super().refuses(spec) and len(spec.hidden) != 1:
            return f"it has one hidden layer, such as hidden=(400,), and here are {len(spec.hidden)}"
        if isinstance(spec.neurons, str) and spec.neurons not in ("sigmoid", "relu"):
            return f"its neurons are 'relu', and here are '{spec.neurons}'"
        return super().refuses(spec) or ("it needs float64" if spec.precision != "float64" else "")

    def check(self, where: str, spec: Spec) -> None:
        super().check(where, spec)
        if self.scaling not in ("auto", *SCALINGS):
            raise AmineError(
                f"{where}, rule 'engram', scaling",
                f"{self.scaling!r} is not known",
                expected=", ".join(("auto", *SCALINGS)),
            )
        if self.module is not None:
            whole(f"{where}, rule 'engram', module", self.module)
        if self.spread is not None:
            number(f"{where}, rule 'engram', spread", self.spread, 0.0)

    def build(self, spec: Spec) -> nn.Module:
        return EngramNetwork(spec, self, torch.initial_seed())

    def start(self, network: nn.Module, loss: Loss) -> Direct:
        return _Engram(network, loss)
