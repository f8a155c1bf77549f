"""Learners of a stream by backpropagation: a network of one hidden layer, alone or with a protection against forgetting."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from amine.experiments.engram_learners import Sizes
from amine.learn.engram.optimiser import Inhibited
from amine.records import dataclass

BATCH = 10
SAMPLED = 200  # samples of a task from which Fisher information is estimated


@dataclass(frozen=True)
class Training:
    """How a network is trained: ``sgd``, ``adam``, ``inhibited`` or ``owm``, rate, passes over each task, and leak and GABA of the last two."""

    optimizer: str = "sgd"
    rate: float = 0.03
    passes: int = 1
    leak: float = 1.0
    gaba: float = 1.0

    def start(self, network: nn.Module) -> torch.optim.Optimizer:
        """The optimiser of a network."""
        if self.optimizer in ("inhibited", "owm"):
            kind = Inhibited if self.optimizer == "inhibited" else OWM
            return kind(network, self.rate, self.leak, self.gaba)
        make = torch.optim.Adam if self.optimizer == "adam" else torch.optim.SGD
        return make(network.parameters(), lr=self.rate)


class OWM(Inhibited):
    """Orthogonal weights modification: inhibition that takes a task's inputs when it is told that the task has ended. Zeng G et al. (2019) Nat Mach Intell 1:364-372."""

    def __init__(self, model: nn.Module, lr: float, leak: float, gaba: float):
        super().__init__(model, lr, leak, gaba)
        self.waiting: list[tuple[str, Tensor, dict[str, Any]]] = []

    def absorb(self, name: str, means: Tensor, group: dict[str, Any]) -> None:
        self.waiting.append((name, means, group))

    @torch.no_grad()
    def boundary(self) -> None:
        """Take the inputs of the task that ended."""
        for name, means, group in self.waiting:
            super().absorb(name, means, group)
        self.waiting.clear()


class Protection:
    """A protection against forgetting: no protection by itself; subclasses change loss, batch or gradients."""

    def __init__(self, network: nn.Module, seed: int):
        self.network = network
        self.parameters = list(network.parameters())
        self.rng = np.random.default_rng([seed, 31])

    def batch(self, x: Tensor, y: Tensor, first: bool) -> tuple[Tensor, Tensor]:
        """The batch that is learned in place of (x, y); ``first``: in the first pass."""
        return x, y

    def penalty(self) -> Tensor | float:
        """A term of the loss."""
        return 0.0

    def gradients(self, x: Tensor) -> None:
        """Change the gradients of the batch x."""

    def stepped(self) -> None:
        """Called after each update."""

    def boundary(self, x: Tensor, y: Tensor) -> None:
        """Called after each task with all its samples."""

    def kept(self) -> list[Tensor]:
        """All tensors kept between samples."""
        return []


class _Anchored(Protection):
    """Weights are pulled to those at the last boundary, each in proportion to its importance."""

    def __init__(self, network: nn.Module, seed: int, strength: float):
        super().__init__(network, seed)
        self.strength = strength
        self.importance = [torch.zeros_like(p) for p in self.parameters]
        self.anchor = [p.detach().clone() for p in self.parameters]

    def penalty(self) -> Tensor | float:
        each = zip(self.importance, self.parameters, self.anchor, strict=True)
        return self.strength * sum((w * (p - a).square()).sum() for w, p, a in each)

    def boundary(self, x: Tensor, y: Tensor) -> None:
        self.anchor = [p.detach().clone() for p in self.parameters]

    def kept(self) -> list[Tensor]:
        return [*self.importance, *self.anchor]


class EWC(_Anchored):
    """Elastic weight consolidation: importance is Fisher information, summed over tasks, or a leaky sum (``decay`` below 1, online EWC).

    Kirkpatrick J et al. (2017) PNAS 114:3521-3526; Schwarz J et al. (2018) ICML:4528-4537.
    """

    def __init__(self, network: nn.Module, seed: int, strength: float, decay: float = 1.0):
        super().__init__(network, seed, strength)
        self.decay = decay

    def boundary(self, x: Tensor, y: Tensor) -> None:
        some = self.rng.permutation(len(x))[:SAMPLED]
        for w in self.importance:
            w *= self.decay
        for i in some:
            loss = functional.cross_entropy(self.network(x[i : i + 1]), y[i : i + 1])
            for w, g in zip(self.importance, torch.autograd.grad(loss, self.parameters), strict=True):
                w += g.square() / len(some)
        super().boundary(x, y)


class SI(_Anchored):
    """Synaptic intelligence: importance is what a weight contributed to the fall of the loss. Zenke F et al. (2017) ICML:3987-3995."""

    def __init__(self, network: nn.Module, seed: int, strength: float):
        super().__init__(network, seed, strength)
        self.path = [torch.zeros_like(p) for p in self.parameters]
        self.before = [p.detach().clone() for p in self.parameters]
        self.gradient = [torch.zeros_like(p) for p in self.parameters]

    def gradients(self, x: Tensor) -> None:
        pull = [
            2.0 * self.strength * w * (p.detach() - a)
            for w, p, a in zip(self.importance, self.parameters, self.anchor, strict=True)
        ]
        self.gradient = [
            p.grad.clone() - q if p.grad is not None else torch.zeros_like(p)
            for p, q in zip(self.parameters, pull, strict=True)
        ]
        self.before = [p.detach().clone() for p in self.parameters]

    def stepped(self) -> None:
        for q, g, p, a in zip(self.path, self.gradient, self.parameters, self.before, strict=True):
            q -= g * (p.detach() - a)

    def boundary(self, x: Tensor, y: Tensor) -> None:
        for w, q, p, a in zip(self.importance, self.path, self.parameters, self.anchor, strict=True):
            w += torch.relu(q / ((p.detach() - a).square() + 1e-3))
            q.zero_()
        super().boundary(x, y)

    def kept(self) -> list[Tensor]:
        return [*super().kept(), *self.path]


class Metaplasticity(Protection):
    """Each weight's rate falls with the sum of its own squared gradients, as the variance of a weight does in MESU.

    Diagonal metaplasticity after Bonnet D et al. (2025) and Laborieux A et al. (2021) Nat Commun 12:2549, in a form without sampling.
    """

    def __init__(self, network: nn.Module, seed: int, strength: float):
        super().__init__(network, seed)
        self.strength = strength
        self.history = [torch.zeros_like(p) for p in self.parameters]

    def gradients(self, x: Tensor) -> None:
        for p, h in zip(self.parameters, self.history, strict=True):
            if p.grad is not None:
                p.grad /= 1.0 + self.strength * h
                h += (p.grad * (1.0 + self.strength * h)).square()

    def kept(self) -> list[Tensor]:
        return self.history


class Replay(Protection):
    """A reservoir of ``size`` samples; each batch is joined by as many stored ones."""

    def __init__(self, network: nn.Module, seed: int, size: int):
        super().__init__(network, seed)
        self.size, self.met = size, 0
        self.x: list[Tensor] = []
        self.y: list[Tensor] = []

    def batch(self, x: Tensor, y: Tensor, first: bool) -> tuple[Tensor, Tensor]:
        chosen = self.rng.integers(len(self.x), size=BATCH) if self.x else []
        old = [self.x[i] for i in chosen], [self.y[i] for i in chosen]
        if first:
            self._store(x, y)
        return (torch.cat([x, torch.stack(old[0])]), torch.cat([y, torch.stack(old[1])])) if old[0] else (x, y)

    def _store(self, x: Tensor, y: Tensor) -> None:
        for a, b in zip(x, y, strict=True):
            place = self.met if self.met < self.size else int(self.rng.integers(self.met + 1))
            self.met += 1
            if place >= self.size:
                continue
            if place == len(self.x):
                self.x.append(a)
                self.y.append(b)
            else:
                self.x[place], self.y[place] = a, b

    def kept(self) -> list[Tensor]:
        return [*self.x, *self.y]


class DER(Replay):
    """Dark experience replay: a reservoir whose samples are replayed with their labels and with the outputs that they had when they were stored (DER++).

    Buzzega P et al. (2020) NeurIPS 33:15920-15930.
    """

    def __init__(self, network: nn.Module, seed: int, size: int, outputs: float = 0.5, labels: float = 0.5):
        super().__init__(network, seed, size)
        self.weights = outputs, labels
        self.outputs: dict[int, Tensor] = {}

    def batch(self, x: Tensor, y: Tensor, first: bool) -> tuple[Tensor, Tensor]:
        self.now = (x, y) if first else None
        return x, y

    def penalty(self) -> Tensor | float:
        if not self.x:
            return 0.0
        some, others = (self.rng.integers(len(self.x), size=BATCH) for _ in range(2))
        kept = torch.stack([self.outputs[id(self.x[i])] for i in some])
        as_before = functional.mse_loss(self.network(torch.stack([self.x[i] for i in some])), kept)
        right = functional.cross_entropy(
            self.network(torch.stack([self.x[i] for i in others])), torch.stack([self.y[i] for i in others])
        )
        return self.weights[0] * as_before + self.weights[1] * right

    def stepped(self) -> None:
        if self.now is None:
            return
        self._store(*self.now)
        fresh = [x for x in self.x if id(x) not in self.outputs]
        if fresh:
            with torch.no_grad():
                out = self.network(torch.stack(fresh))
            self.outputs = {id(x): self.outputs[id(x)] for x in self.x if id(x) in self.outputs}
            self.outputs |= {id(x): o for x, o in zip(fresh, out, strict=True)}

    def kept(self) -> list[Tensor]:
        return [*super().kept(), *self.outputs.values()]


class BackpropLearner:
    """A network of one hidden layer of rectified neurons that learns by cross-entropy in batches of ten."""

    def __init__(self, sizes: Sizes, training: Training, protect: Callable[[nn.Module, int], Protection] = Protection):
        self.training, self.seed = training, sizes.seed
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(sizes.seed)
            self.network = nn.Sequential(
                nn.Linear(sizes.inputs, sizes.neurons), nn.ReLU(), nn.Linear(sizes.neurons, sizes.classes)
            )
        self.optimizer = training.start(self.network)
        self.protection = protect(self.network, sizes.seed)
        self.rng = np.random.default_rng([sizes.seed, 32])

    def learn(self, X: np.ndarray, y: np.ndarray) -> None:
        x, labels = torch.as_tensor(X, dtype=torch.float32), torch.as_tensor(y)
        for k in range(self.training.passes):
            order = np.arange(len(y)) if k == 0 else self.rng.permutation(len(y))
            for start in range(0, len(y), BATCH):
                some = order[start : start + BATCH]
                self._update(*self.protection.batch(x[some], labels[some], k == 0))
        self.protection.boundary(x, labels)
        if isinstance(self.optimizer, OWM):
            self.optimizer.boundary()

    def _update(self, x: Tensor, y: Tensor) -> None:
        self.optimizer.zero_grad()
        loss = functional.cross_entropy(self.network(x), y) + self.protection.penalty()
        loss.backward()
        self.protection.gradients(x)
        self.optimizer.step()
        self.protection.stepped()

    def scores(self, X: np.ndarray) -> np.ndarray:
        with torch.no_grad():
            return self.network(torch.as_tensor(X, dtype=torch.float32)).numpy()

    def kept(self) -> list[np.ndarray]:
        moments = [v for s in self.optimizer.state.values() for v in s.values() if isinstance(v, Tensor) and v.ndim]
        tensors = [*self.network.parameters(), *moments, *self.protection.kept()]
        return [copy.deepcopy(t.detach()).numpy() for t in tensors]
