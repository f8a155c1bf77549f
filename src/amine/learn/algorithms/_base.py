"""Interface of learning rules: they build or take a network, and write the gradients that an optimiser follows."""

from __future__ import annotations

from dataclasses import asdict, fields
from importlib import import_module
from typing import Any, ClassVar, Self

from torch import Tensor, nn

from amine.errors import AmineError, did_you_mean
from amine.learn.layers import Dense, Spec
from amine.learn.losses import Loss
from amine.records import dataclass


class Learner(nn.Module):
    """A learning rule applied to one network; its buffers (random feedback, running averages) are saved with the weights.

    The network is not one of its submodules, so that both are saved side by side.
    """

    additive: ClassVar[bool] = (
        False  # whether gradients of parts of a batch, weighed by their share, add up to that of the batch
    )

    def __init__(self, network: nn.Module, loss: Loss):
        super().__init__()
        self._parts = (network, loss)

    @property
    def network(self) -> Any:
        """The network that is trained."""
        return self._parts[0]

    @property
    def loss(self) -> Loss:
        """The loss."""
        return self._parts[1]

    def step(self, x: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
        """Writes ``grad`` of every parameter for one batch; returns loss and scores (samples, outputs), detached."""
        raise NotImplementedError


class Direct(Learner):
    """A learning rule that changes the network itself, in the order of the samples and in one pass, without gradients and optimiser."""

    def learn(self, x: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
        """Learns samples one after another; returns the mean loss, and scores (samples, outputs) each from before its sample was learned."""
        raise NotImplementedError


@dataclass(frozen=True)
class Rule:
    """A learning rule and its options; subclasses are frozen data classes.

    ``rates`` and ``spikes``: whether it can train networks of rate neurons and of spiking ones.
    ``unused``: arguments of an estimator that mean nothing under this rule, and are refused.
    """

    name: ClassVar[str] = ""
    rates: ClassVar[bool] = True
    spikes: ClassVar[bool] = True
    supervised_only: ClassVar[bool] = True
    unused: ClassVar[tuple[str, ...]] = ()
    weighs: ClassVar[bool] = True  # whether it follows weights of samples
    labels: ClassVar[bool] = True  # whether it can learn several labels a sample

    def refuses(self, spec: Spec) -> str:
        """Reason why this rule can't train a network, or an empty text."""
        if spec.spiking and not self.spikes:
            return f"it needs rate neurons, and '{spec.neuron_name}' spikes"
        if not spec.spiking and not self.rates:
            return f"it needs spiking neurons, and '{spec.neuron_name}' has no states in time"
        return ""

    def check(self, where: str, spec: Spec) -> None:
        """Raises AmineError with the reason if this rule can't train the network."""
        why = self.refuses(spec)
        if why:
            raise AmineError(f"{where}, rule '{self.name}'", f"the network can't follow it: {why}")

    def build(self, spec: Spec) -> nn.Module:
        """The network to train."""
        if spec.spiking:
            return import_module("amine.learn.spiking").Spiking(spec)
        return Dense(spec)

    def start(self, network: nn.Module, loss: Loss) -> Learner:
        """The rule applied to a network."""
        raise NotImplementedError

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Options by name, as scikit-learn asks for them: ``rule__stretch`` in a grid search is the option ``stretch``."""
        del deep
        return {f.name: getattr(self, f.name) for f in fields(self)}

    def set_params(self, **options: object) -> Self:
        """Sets options in place, as scikit-learn does with copies that it made itself."""
        known = [f.name for f in fields(self)]
        for name, value in options.items():
            if name not in known:
                raise AmineError(f"rule '{self.name}'", f"it has no option '{name}'", hint=did_you_mean(name, known))
            object.__setattr__(self, name, value)
        return self

    def to_dict(self) -> dict[str, Any]:
        """Name and options as plain data."""
        return {"name": self.name, **asdict(self)}
