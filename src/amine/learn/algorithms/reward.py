"""Three-factor learning: presynaptic input, postsynaptic activity, and a reward prediction error."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from amine.learn.algorithms._base import Learner, Rule
from amine.learn.algorithms.alignment import DirectFeedbackAlignment
from amine.learn.algorithms.eprop import EProp
from amine.learn.layers import Spec
from amine.learn.losses import Loss
from amine.records import dataclass


class _Outcome(Loss):
    """A loss whose derivative depends only on the chosen class and the reward for it."""

    def __init__(self, loss: Loss, expected: Tensor, decay: float, generator: torch.Generator):
        super().__init__(loss.kind, loss.task, loss.weights)
        self.truth, self.expected, self.decay, self.generator = loss, expected, decay, generator
        self.last: Tensor | None = None

    def __call__(self, scores: Tensor, target: Tensor) -> Tensor:
        full = torch.cat([torch.zeros_like(scores), scores], 1) if self.task == "binary" else scores
        label = target[:, 0].long() if self.task == "binary" else target
        log_p = torch.log_softmax(full, 1)
        choice = torch.multinomial(log_p.detach().exp(), 1, generator=self.generator)[:, 0]
        reward = (choice == label).to(scores.dtype)
        if self.weights is not None:
            reward = reward * self.weights[label]
        surprise = reward - self.expected
        self.expected.mul_(self.decay).add_((1 - self.decay) * reward.mean())
        self.last = self.truth(scores.detach(), target)
        return -(surprise * log_p.gather(1, choice[:, None])[:, 0]).mean()


class _Reward(Learner):
    def __init__(self, network: nn.Module, loss: Loss, make: Callable[[Loss], Learner], decay: float):
        super().__init__(network, loss)
        dtype = next(network.parameters()).dtype
        self.register_buffer("expected", torch.zeros((), dtype=dtype))
        seed = int(torch.randint(2**31, (1,)))
        self._outcome = _Outcome(loss, self.get_buffer("expected"), decay, torch.Generator().manual_seed(seed))
        self.inner: Learner = make(self._outcome)

    def step(self, x: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
        _, scores = self.inner.step(x, target)
        return self._outcome.last, scores  # type: ignore[return-value]


@dataclass(frozen=True)
class Reward(Rule):
    """Learning from reward alone: the network chooses a class, and receives only whether that was right.

    Each weight changes by its eligibility (input times the neuron's slope; for spiking neurons the eligibility of e-prop) times a signal that is broadcast through fixed random
    weights: the reward minus its running mean, times the derivative of the chosen class's log-probability by the scores. Its mean over choices is the gradient of the expected
    reward at the outputs (Williams RJ 1992, Mach Learn 8:229-256; with eligibility: Bellec et al. 2020, Nat Commun 11:3625; Frémaux N, Gerstner W 2016, Front Neural Circuits 9:85).

    Parameters
    ----------
    decay : factor by which the running mean of rewards decays per batch.
    """

    decay: float = 0.9
    name: ClassVar[str] = "reward"
    weighs: ClassVar[bool] = False
    labels: ClassVar[bool] = False

    def refuses(self, spec: Spec) -> str:
        if spec.task == "regression":
            return "it chooses among classes, and a regression has none"
        if spec.spiking:
            return EProp().refuses(spec)
        return ""

    def start(self, network: nn.Module, loss: Loss) -> Learner:
        spec: Any = network.spec
        inner = EProp("random") if spec.spiking else DirectFeedbackAlignment()
        return _Reward(network, loss, lambda outcome: inner.start(network, outcome), self.decay)
