"""The training tasks, common to all who take part. No peer is imported here.

a     Linear(512) and LIF, batch 16, 500 steps, input 5 % spikes: forward and backward.
b     700-256-256-20, batch 64, 100 steps, input 3 %: a whole step with Adam on the summed output spikes.
c     700-256 (recurrent)-20, the same.
adex  a with AdEx neurons.
conv  two convolutions of 32 and 64 channels with LIF and pools on 28 x 28, batch 16, 16 steps: a whole step with Adam.
long  a with 128 neurons, batch 4 and 5000 steps.
stream  700-256-20 of LIF, one sample, 200 single steps that follow each other, without gradients.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

from _common import arguments, peak_mb, timed, turns

SIZES = {
    "a": (512, 512),
    "adex": (512, 512),
    "b": (700, 256, 256, 20),
    "c": (700, 256, 20),
    "conv": (1, 32, 64, 10),
    "long": (128, 128),
    "stream": (700, 256, 20),
}
BATCH = {"a": 16, "adex": 16, "b": 64, "c": 64, "conv": 16, "long": 4, "stream": 1}
STEPS = {"a": 500, "adex": 500, "b": 100, "c": 100, "conv": 16, "long": 5000, "stream": 200}
SINGLE = ("a", "adex", "long")  # one layer, forward and backward
PLACES = 64 * 7 * 7  # of a sample after the second pool of conv
WARM, TIMED = 2, 5  # calls before the first turn, and calls of a turn, of which the fastest counts


def options(peer: str) -> argparse.Namespace:
    """Arguments of a script; ``idiom`` is a way of writing the same network with this peer."""
    a = arguments(peer, task="b", idiom="")
    a.size, a.batch, a.steps = SIZES[a.task], BATCH[a.task], STEPS[a.task]
    a.rate = {"conv": 0.2}.get(a.task, 0.05 if a.task in SINGLE else 0.03)
    return a


def resident_mb() -> float:
    """Memory of this process now: what the library takes before it does anything."""
    with open("/proc/self/status") as lines:
        return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS"))


def serve(a: argparse.Namespace, peer: str, version: str, step: Callable[[], dict], small: Callable[[], object]) -> None:
    """Turns of the fastest of some calls; ``step`` gives what it found, such as rates of output and hidden layers.

    ``working_mb`` is the peak above what the process holds after ``small``, the same network over two steps of one sample:
    what the work takes, without the libraries and their code.
    """
    small()
    idle = resident_mb()
    found: dict = {}
    for _ in range(WARM):
        found = step()

    def run() -> dict:
        best = min((timed(step) for _ in range(TIMED)), key=lambda t: t["sim_s"])
        return {**best, "spikes": 0, **found, "working_mb": round(peak_mb() - idle, 1)}

    turns(a, run, {"workload": f"train_{a.task}", "peer": peer, "version": version, "n": a.size[1], "bio_s": 1.0})


def torch_step(a: argparse.Namespace, peer: str, version: str, build: Callable) -> None:
    """The step of those who use PyTorch; ``build`` gives forward, parameters and a function for the hidden rate."""
    import torch

    torch.set_num_threads(a.threads)
    torch.manual_seed(a.seed)
    places = (28, 28) if a.task == "conv" else ()
    x = (torch.rand(a.steps, a.batch, a.size[0], *places) < a.rate).float()
    y = torch.randint(0, a.size[-1], (a.batch,))
    start = time.perf_counter()
    forward, parameters, hidden = build(a.task, a.size, a.idiom)
    built = time.perf_counter() - start
    single, stream = a.task in SINGLE, a.task == "stream"
    optimiser = None if single or stream else torch.optim.Adam(parameters, 1e-4)

    def step(x=x, y=y) -> dict:
        for p in parameters:
            p.grad = None
        with torch.set_grad_enabled(not stream):
            out = forward(x)
        if single:
            out.sum().backward()
        elif not stream:
            torch.nn.functional.cross_entropy(out.sum(0), y).backward()
            optimiser.step()
        gradient = 0.0 if stream else float(next(iter(parameters)).grad.abs().mean())
        return {"out_rate": float(out.detach().mean()), "hidden_rate": hidden(), "gradient": gradient, "build_s": built}

    serve(a, peer, version, step, lambda: step(x[:2, :1].clone(), y[:1]))


def scaled(linear, factor: float):
    """A layer with larger weights, so that all peers are about as active."""
    import torch

    with torch.no_grad():
        linear.weight.mul_(factor)
    return linear
