"""Spoken digits: a feed-forward, a recurrent, a delayed and an attending network of spiking neurons, of about the same size, side by side.

Data: the 480 digits of ``amine.learn.data`` (24 synthetic voices, 16 cochlear channels, 20 time bins), three steps for a bin, as spikes drawn with half the activity as
probability, anew in each epoch. Held out: six voices, which the seed chooses. Adam with a cosine schedule from 3e-3, batches of 40; delays are sharpened to whole steps.

Operations are additions for each spike and each connection that it reaches (of attention: multiplications), a sample; memory is that of weights, and of the states of one stream.

python benchmarks/speech.py --seeds 5
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import numpy as np
import torch
from torch import nn

from amine.learn import data
from amine.learn import nn as ann

HOLD, BATCH, SCALE, VOICES = 3, 40, 6.0, 6
LIF = {"tau_m": "10 ms", "t_ref": "0 ms", "surrogate": "arctan"}


def feed_forward() -> ann.Sequential:
    """Two hidden layers."""
    return joined(ann.Linear(16, 64), lif(64), ann.Linear(64, 64), lif(64))


def recurrent() -> ann.Sequential:
    """One hidden layer with connections in itself."""
    return joined(ann.Linear(16, 64), ann.Recurrent(lif(64)))


def delayed() -> ann.Sequential:
    """Two hidden layers with a learned delay of each connection."""
    more = {"max": "15 ms", "width": "3 ms"}
    return joined(ann.DelayedLinear(16, 48, **more), lif(48), ann.DelayedLinear(48, 48, **more), lif(48))


def attending() -> ann.Sequential:
    """One hidden layer, whose spikes attend to those before."""
    return joined(ann.Linear(16, 48), lif(48), nn.MultiheadAttention(48, 4), ann.Linear(48, 48), lif(48))


NETWORKS: dict[str, Callable[[], ann.Sequential]] = {
    "feed-forward": feed_forward,
    "recurrent": recurrent,
    "delays": delayed,
    "attention": attending,
}


def lif(n: int) -> ann.Neurons:
    """Neurons of all networks."""
    return ann.Neurons("lif", n, **LIF)


def joined(*modules: nn.Module) -> ann.Sequential:
    """Hidden layers with a read-out of all steps."""
    last = [m.n for m in modules if isinstance(m, ann.Neurons | ann.Recurrent)][-1]
    return ann.Sequential(*modules, ann.Linear(last, 10), ann.Readout("spike_count"))


def spikes(activity: torch.Tensor) -> torch.Tensor:
    """Activity (samples, channels, bins) as spikes [time, samples, channels]."""
    steps = activity.permute(2, 0, 1).repeat_interleave(HOLD, 0)
    return (torch.rand_like(steps) < 0.5 * steps).float()


def operations(net: ann.Sequential, x: torch.Tensor) -> float:
    """Synaptic operations a sample."""
    found = [0.0]

    def count(m: nn.Module, given: tuple[torch.Tensor, ...], out: object) -> None:
        events = float((given[0][0] if isinstance(given[0], tuple) else given[0]).count_nonzero())
        if isinstance(m, ann.Recurrent) and isinstance(out, tuple):
            found[0] += float(out[0].count_nonzero()) * m.n
        elif isinstance(m, nn.MultiheadAttention):
            n, width = x.shape[0], m.embed_dim
            found[0] += x.shape[1] * (4 * n * width * width + n * (n + 1) * width)
        else:
            found[0] += events * m.out_features

    kinds = (ann.Linear, ann.DelayedLinear, ann.Recurrent, nn.MultiheadAttention)
    hooks = [m.register_forward_hook(count) for m in net if isinstance(m, kinds)]
    with torch.no_grad():
        net(x)
    for h in hooks:
        h.remove()
    return found[0] / x.shape[1]


def held(states: object) -> int:
    """Bytes of states."""
    if isinstance(states, torch.Tensor):
        return states.numel() * states.element_size()
    parts = states.values() if isinstance(states, dict) else states if isinstance(states, list | tuple) else ()
    return sum(held(s) for s in parts)


def trained(make: Callable[[], ann.Sequential], seed: int, epochs: int) -> tuple[float, float, float, float]:
    """Held-out accuracy, operations a sample, and kB of weights and of states."""
    d = data.get("speech")
    X = torch.from_numpy(np.asarray(d.X)).float().reshape(-1, 16, 20)
    y, voice = torch.from_numpy(np.asarray(d.y)).long(), np.asarray(d.extra["voice"])
    out = torch.from_numpy(np.isin(voice, np.random.default_rng(seed).permutation(24)[:VOICES]))
    torch.manual_seed(seed)
    net = make()
    optimiser = torch.optim.Adam(net.parameters(), 3e-3)
    X_new, y_new, X, y = spikes(X[out]), y[out], X[~out], y[~out]
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, epochs * -(-len(y) // BATCH))
    for epoch in range(epochs):
        for layer in (m for m in net if isinstance(m, ann.DelayedLinear)):
            layer.sharpen(f"{3 * max(0.0, 1 - epoch / (0.8 * epochs)) + 0.1} ms")
        for part in torch.randperm(len(y)).split(BATCH):
            optimiser.zero_grad()
            nn.functional.cross_entropy(net(spikes(X[part]))[0] / SCALE, y[part]).backward()
            optimiser.step()
            schedule.step()
    with torch.no_grad():
        right = float((net(X_new)[0].argmax(1) == y_new).float().mean())
        states = net(X_new[:, :1])[1]
    weights = sum(p.numel() * p.element_size() for p in net.parameters())
    return right, operations(net, X_new), weights / 1e3, held(states) / 1e3


def main() -> None:
    """Prints a row for each network."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=40)
    parser.add_argument("--only", default="")
    a = parser.parse_args()
    torch.set_num_threads(1)
    for name, make in NETWORKS.items():
        if not name.startswith(a.only):
            continue
        began = time.process_time()
        rows = np.array([trained(make, seed, a.epochs) for seed in range(a.seeds)])
        right, (_, each, weights, states) = rows[:, 0], rows.mean(0)
        spread = (
            f"{right.mean():.3f} +- {right.std(ddof=min(1, a.seeds - 1)):.3f} ({right.min():.3f} to {right.max():.3f})"
        )
        took = (time.process_time() - began) / a.seeds
        print(
            f"{name:14} {spread}, {each:,.0f} operations, {weights:.1f} kB weights, {states:.1f} kB states, {took:.0f} s a seed",
            flush=True,
        )


if __name__ == "__main__":
    main()
