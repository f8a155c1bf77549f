"""Q-learning of the bandit by backpropagation: the expected reward of each answer, and random answers now and then."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from amine.experiments import digits

HIDDEN = 400


class QAgent:
    """A network of one hidden layer that expects a reward of each of ten answers; a share ``explore`` of its answers is random."""

    def __init__(self, optimizer: str, rate: float, explore: float, seed: int):
        self.rng, self.explore = np.random.default_rng([seed, 62]), explore
        self.surprises: list[int] = []
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.network = nn.Sequential(nn.Linear(digits.PIXELS, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, 10))
        make = torch.optim.Adam if optimizer == "adam" else torch.optim.SGD
        self.optimizer: torch.optim.Optimizer = make(self.network.parameters(), lr=rate)

    def act(self, x: np.ndarray) -> int:
        self.expected = self.network(torch.as_tensor(x, dtype=torch.float32))
        return int(self.rng.integers(10)) if self.rng.random() < self.explore else int(self.expected.argmax())

    def learn(self, x: np.ndarray, answer: int, reward: float) -> None:
        self.optimizer.zero_grad()
        (reward - self.expected[answer]).square().backward()
        self.optimizer.step()
