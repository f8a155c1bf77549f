"""Training on a card of NVIDIA's: whether it gives the numbers of the CPU, and its times beside SpikingJelly's.

python benchmarks/gpu.py             # the check, then the rows; SpikingJelly with its Triton, CuPy and PyTorch backends where they are installed
python benchmarks/gpu.py --check     # the check alone
python benchmarks/gpu.py --rows lif  # rows whose names begin so

Needs one environment with amine, a PyTorch for CUDA and, beside it, ``spikingjelly==2.0.0``, Triton and ``cupy``. A time is the mean of twenty calls
after five, between two events of the card; the loss is a sum, whose gradient takes no memory in either library. The limit is what has to be moved: 26 bytes
for each neuron, sample and step of LIF.
"""

from __future__ import annotations

import argparse
import copy
from collections.abc import Callable, Iterator

import torch
from torch import nn

import amine as am
from amine.learn import nn as ann
from amine.learn.nn.cuda import loading

WARM, TIMED = 5, 20
BYTES, BANDWIDTH = 26, 3.0e12  # of a LIF neuron's step forward and backward; bytes a second
AIMS = {512: 0.3, 4096: 0.5, 16384: 1.2}  # ms for 500 steps of 16 samples
LIF = {"tau_m": "20 ms", "t_ref": "0 ms"}
Step = Callable[[], object]


def ms(step: Step) -> float:
    """Mean milliseconds of a call."""
    for _ in range(WARM):
        step()
    torch.cuda.synchronize()
    begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    begin.record()
    for _ in range(TIMED):
        step()
    end.record()
    torch.cuda.synchronize()
    return begin.elapsed_time(end) / TIMED


# --- the check ---------------------------------------------------------------------------------------------------------


def numbers(module: nn.Module, x: torch.Tensor, device: str) -> dict[str, torch.Tensor]:
    """Spikes, states and gradients on a device, brought back."""
    module, x = copy.deepcopy(module).to(device), x.to(device).requires_grad_()
    y, state = module(x)
    weight = torch.linspace(-1, 1, y.numel(), device=device).reshape(y.shape).to(y.dtype)
    (y * weight).sum().backward()
    assert x.grad is not None
    found = {"spikes": y, **state, "gradient of the input": x.grad}
    found |= {f"gradient of {k}": p.grad for k, p in module.named_parameters() if p.grad is not None}
    return {k: v.detach().cpu() for k, v in found.items()}


def check() -> int:
    """Prints values that differ from the CPU's for every neuron of the library and a recurrent layer; gives their number.

    Gradients of constants are summed over samples in an order that is the device's own, and are compared to rounding.
    """
    total = 0
    for name in (*am.models.names("neuron"), "recurrent"):
        torch.manual_seed(0)
        recurrent = name == "recurrent"
        model = "lif" if recurrent else name
        learn = [p for p in am.models.get(model).units if p != "t_ref"]
        cells = ann.Neurons(model, 64, dt="0.5 ms" if recurrent else "0.1 ms", learn=learn)
        module = ann.Recurrent(cells) if recurrent else cells
        x = 0.4 * torch.rand(100, 8, 64)
        ours, theirs = numbers(module, x, "cpu"), numbers(module, x, "cuda")
        exact = [k for k in ours if not k.startswith("gradient of ") or k == "gradient of the input"]
        differ = {k: int((ours[k] != theirs[k]).sum()) for k in exact}
        far = max(
            (
                float((ours[k] - theirs[k]).abs().max() / ours[k].abs().max().clamp_min(1e-30))
                for k in ours
                if k not in exact
            ),
            default=0.0,
        )
        total += sum(differ.values()) + (far > 1e-4)
        print(f"{name:24} differing values {sum(differ.values())}, gradients of constants within {far:.1e}", flush=True)
    return total


# --- rows --------------------------------------------------------------------------------------------------------------


def jelly(backend: str) -> Callable[[], nn.Module]:
    """A maker of SpikingJelly's LIF neurons over sequences."""
    from spikingjelly.activation_based import neuron, surrogate

    def make() -> nn.Module:
        kind = surrogate.ATan()
        cell = neuron.LIFNode(tau=20.0, decay_input=False, v_reset=None, step_mode="m", surrogate_function=kind)
        cell.backend = backend
        return cell

    return make


class Folded(nn.Module):
    """Layers on folded steps, neurons of SpikingJelly over the sequence."""

    def __init__(self, modules: list[nn.Module]):
        super().__init__()
        self.net = nn.ModuleList(modules)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Spikes of the last layer."""
        from spikingjelly.activation_based import functional, neuron

        functional.reset_net(self)
        for m in self.net:
            x = m(x) if isinstance(m, neuron.BaseNode) else m(x.flatten(0, 1)).unflatten(0, x.shape[:2])
        return x


def dense(sizes: tuple[int, ...], lif: Callable[[int], nn.Module]) -> list[nn.Module]:
    """Layers of neurons that follow each other."""
    return [m for i, o in zip(sizes, sizes[1:], strict=False) for m in (nn.Linear(i, o), lif(o))]


def convolutions(lif: Callable[[], nn.Module]) -> list[nn.Module]:
    """32 and 64 channels on 28 x 28."""
    first = [nn.Conv2d(1, 32, 3, padding=1), lif(), nn.MaxPool2d(2)]
    return [*first, nn.Conv2d(32, 64, 3, padding=1), lif(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(64 * 49, 10)]


def networks() -> dict[str, tuple[tuple[int, ...], Callable[[Callable[[int], nn.Module]], list[nn.Module]]]]:
    """Shapes of inputs and layers by the names of rows."""
    rows: dict[str, tuple[tuple[int, ...], Callable[[Callable[[int], nn.Module]], list[nn.Module]]]] = {
        f"lif {n}, 16 samples, 500 steps": ((500, 16, n), lambda lif, n=n: [lif(n)]) for n in AIMS
    }
    rows["lif 128, 4 samples, 5000 steps"] = ((5000, 4, 128), lambda lif: [lif(128)])
    rows["700-256-256-20, 64 samples, 100 steps"] = ((100, 64, 700), lambda lif: dense((700, 256, 256, 20), lif))
    rows["convolutions 32 and 64, 16 samples, 16 steps"] = (
        (16, 16, 1, 28, 28),
        lambda lif: convolutions(lambda: lif(0)),
    )
    return rows


def contestants() -> Iterator[tuple[str, Callable[[list[nn.Module]], nn.Module], Callable[[int], nn.Module]]]:
    """Names of libraries, how they join layers, and makers of their neurons."""

    def ours(n: int) -> nn.Module:
        return ann.Neurons("lif", n or None, **LIF)

    yield "amine", lambda modules: ann.Sequential(*modules), ours
    for backend in ("triton", "cupy", "torch"):
        try:
            make = jelly(backend)
            make().cuda()(torch.rand(2, 1, 4, device="cuda"))
        except Exception as error:  # whatever a library that is not there or not right raises
            print(f"spikingjelly, {backend}: {type(error).__name__}: {str(error)[:100]}")
            continue
        yield f"spikingjelly, {backend}", Folded, lambda n, make=make: make()


def rows(begin: str) -> None:
    """Prints times of a step: forward and backward, and Adam where there are weights."""
    libraries = list(contestants())
    for name, (shape, layers) in networks().items():
        if not name.startswith(begin):
            continue
        aim = AIMS.get(shape[2]) if shape[0] == 500 else None
        moved = BYTES * shape[0] * shape[1] * shape[2] / BANDWIDTH * 1e3
        print(name + (f" (aim {aim} ms, limit {moved:.3f} ms)" if aim else ""))
        for library, join, lif in libraries:
            torch.manual_seed(0)
            net = join(layers(lif)).cuda()
            x = (
                torch.rand(shape, device="cuda") * 0.1
                if aim or shape[0] == 5000
                else (torch.rand(shape, device="cuda") < 0.05).float()
            ).requires_grad_()
            optimiser = torch.optim.Adam(net.parameters(), 1e-4) if any(True for _ in net.parameters()) else None

            def step(net=net, x=x, optimiser=optimiser) -> torch.Tensor:
                out = net(x)
                y = out[0] if isinstance(out, tuple) else out
                x.grad = None
                y.sum().backward()
                if optimiser is not None:
                    optimiser.step()
                    optimiser.zero_grad()
                return y

            rate = float(step().detach().mean())
            torch.cuda.reset_peak_memory_stats()
            time = ms(step)
            peak = torch.cuda.max_memory_allocated() / 2**20
            print(f"    {library:24} {time:8.3f} ms, {peak:7.0f} MB, rate {rate:.3f}", flush=True)


def main() -> None:
    """The check, then the rows."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--rows", default="", metavar="NAME")
    a = parser.parse_args()
    lacking = loading.missing() or (None if torch.cuda.is_available() else "there is no card of NVIDIA's here")
    if lacking is not None:
        raise SystemExit(f"benchmarks/gpu.py: {lacking}")
    print(torch.cuda.get_device_name(), torch.__version__, am.__version__)
    differing = 0 if a.rows else check()
    if not a.check:
        rows(a.rows)
    if differing:
        raise SystemExit(f"{differing} values differ from those of the CPU")


if __name__ == "__main__":
    main()
