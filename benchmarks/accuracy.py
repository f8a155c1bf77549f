"""Accuracy of one convolutional network, trained the same way with amine, SpikingJelly and snnTorch.

16 and 32 channels of 3 x 3 on the 8 x 8 digits, BatchNorm, LIF neurons, average pools, scores are spikes of the last layer's input, 12 steps, Adam 2e-3,
batches of 64, no augmentation. Neurons and surrogates are those that each library gives if nothing is said, and beside them those with
a time constant of 20 steps and no refractory time. Held out: 30 % of the samples.

python benchmarks/accuracy.py --seeds 5     # with the peers' environment: benchmarks/environments.py train, plus amine
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version

import torch
from torch import nn

from amine.learn import data
from amine.learn import nn as ann

STEPS, EPOCHS, BATCH, SCALE = 12, (2, 4), 64, 3.0


def layers(neuron: Callable[[], nn.Module]) -> list[nn.Module]:
    """The network up to its scores."""
    return [
        *(nn.Conv2d(1, 16, 3, padding=1), nn.BatchNorm2d(16), neuron(), nn.AvgPool2d(2)),
        *(nn.Conv2d(16, 32, 3, padding=1), nn.BatchNorm2d(32), neuron(), nn.AvgPool2d(2)),
        *(nn.Flatten(), nn.Linear(32 * 2 * 2, 10)),
    ]


class Folded(nn.Module):
    """Layers that know no time on folded steps, neurons of SpikingJelly over the sequence."""

    def __init__(self, modules: list[nn.Module]):
        super().__init__()
        self.net = nn.ModuleList(modules)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Scores of a sequence."""
        from spikingjelly.activation_based import functional, neuron

        functional.reset_net(self)
        for m in self.net:
            x = m(x) if isinstance(m, neuron.BaseNode) else m(x.flatten(0, 1)).unflatten(0, x.shape[:2])
        return x.sum(0)


class Stepped(nn.Module):
    """Layers on folded steps and neurons of snnTorch step by step."""

    def __init__(self, modules: list[nn.Module]):
        super().__init__()
        self.net = nn.ModuleList(modules)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Scores of a sequence."""
        import snntorch

        for m in self.net:
            if isinstance(m, snntorch.Leaky):
                state, out = m.init_leaky(), []
                for now in x:
                    spikes, state = m(now, state)
                    out.append(spikes)
                x = torch.stack(out)
            else:
                x = m(x.flatten(0, 1)).unflatten(0, x.shape[:2])
        return x.sum(0)


def amine(**settings: str) -> nn.Module:
    """The network of docs/training.md."""
    return ann.Sequential(*layers(lambda: ann.Neurons("lif", **settings)), ann.Readout("spike_count"))


def spikingjelly(**settings: object) -> nn.Module:
    """The same of SpikingJelly."""
    from spikingjelly.activation_based import neuron

    return Folded(layers(lambda: neuron.LIFNode(step_mode="m", **settings)))


def snntorch(beta: float, **settings: object) -> nn.Module:
    """The same of snnTorch."""
    import snntorch

    return Stepped(layers(lambda: snntorch.Leaky(beta=beta, **settings)))


NETS: dict[str, Callable[[], nn.Module]] = {
    "amine": amine,
    "amine, tau 20": lambda: amine(tau_m="20 ms", t_ref="0 ms"),
    "amine, tau 20, arctan": lambda: amine(tau_m="20 ms", t_ref="0 ms", surrogate="arctan"),
    "spikingjelly": spikingjelly,
    "spikingjelly, tau 20": lambda: spikingjelly(tau=20.0, decay_input=False, v_reset=None),
    "snntorch, beta 0.95": lambda: snntorch(0.95),
    "snntorch, beta 0.5": lambda: snntorch(0.5),
}


def scores(net: nn.Module, x: torch.Tensor) -> torch.Tensor:
    """Scores of images."""
    y = net(x.expand(STEPS, *x.shape))
    return y[0] if isinstance(y, tuple) else y


def trained(make: Callable[[], nn.Module], seed: int) -> dict[int, float]:
    """Held-out accuracy by the number of epochs."""
    X, y, X_new, y_new = (torch.as_tensor(a) for a in data.get("digits").split(seed=seed))
    X, X_new = (x.float().reshape(-1, 1, 8, 8) for x in (X, X_new))
    torch.manual_seed(seed)
    net = make()
    optimiser = torch.optim.Adam(net.parameters(), 2e-3)
    loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(X, y), BATCH, shuffle=True)
    found: dict[int, float] = {}
    for epoch in range(1, max(EPOCHS) + 1):
        net.train()
        for x, target in loader:
            optimiser.zero_grad()
            nn.functional.cross_entropy(scores(net, x) / SCALE, target).backward()
            optimiser.step()
        if epoch in EPOCHS:
            net.eval()
            with torch.no_grad():
                found[epoch] = float((scores(net, X_new).argmax(1) == y_new).float().mean())
    return found


def main() -> None:
    """Prints a row for each network."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--only", default="", help="networks whose names begin so")
    a = parser.parse_args()
    torch.set_num_threads(1)
    for name, make in NETS.items():
        if not name.startswith(a.only):
            continue
        try:
            which = version(name.split(",")[0])
        except PackageNotFoundError:
            print(f"{name}: not installed")
            continue
        begin = time.process_time()
        rows = [trained(make, seed) for seed in range(a.seeds)]
        text = []
        for epoch in EPOCHS:
            x = torch.tensor([r[epoch] for r in rows])
            text.append(f"{epoch} epochs {x.mean():.3f} +- {x.std():.3f} ({x.min():.3f} to {x.max():.3f})")
        print(
            f"{name} ({which}): {', '.join(text)}; {(time.process_time() - begin) / a.seeds:.1f} s a seed", flush=True
        )


if __name__ == "__main__":
    main()
