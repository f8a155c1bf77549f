"""Norse 1.1: Linear and cells in SequentialState, stepped in a Python loop; its own AdEx.

``--idiom time``: its modules over time, whose indexing makes the backward pass quadratic in the number of steps.
"""

from importlib.metadata import version

from _training import PLACES, SINGLE, options, scaled, torch_step

a = options("norse")
import norse.torch as nt  # noqa: E402
import torch  # noqa: E402
from norse.torch.functional.lif import LIFParameters  # noqa: E402
from norse.torch.functional.lif_box import (  # noqa: E402
    LIFBoxFeedForwardState,
    LIFBoxParameters,
    lif_box_feed_forward_step,
)
from norse.torch.module.snn import SNN  # noqa: E402
from torch import nn  # noqa: E402

RATE = torch.tensor(50.0)


class LIFBox(SNN):
    def __init__(self):
        super().__init__(
            activation=lif_box_feed_forward_step,
            p=LIFBoxParameters(tau_mem_inv=RATE),
            dt=0.001,
            state_fallback=lambda x: LIFBoxFeedForwardState(v=torch.zeros(x.shape[1:])),
        )


def stepped(task, size):
    def box():
        return nt.LIFBoxCell(p=LIFBoxParameters(tau_mem_inv=RATE))

    if task == "conv":
        modules = [m for i, o in zip(size[:2], size[1:3]) for m in (scaled(nn.Conv2d(i, o, 3, padding=1), 40.0), box(), nn.MaxPool2d(2))]
        modules += [nn.Flatten(), scaled(nn.Linear(PLACES, size[3]), 20.0), box()]
    elif task in SINGLE:
        modules = [scaled(nn.Linear(size[0], size[1], bias=False), 20.0), box() if task != "adex" else nt.LIFAdExCell()]
    elif task in ("b", "stream"):
        modules = [m for i, o in zip(size, size[1:]) for m in (scaled(nn.Linear(i, o), 60.0), box())]
    else:
        first = nt.LIFRecurrentCell(size[0], size[1], p=LIFParameters(tau_mem_inv=RATE))
        modules = [first, scaled(nn.Linear(size[1], size[2]), 60.0), box()]
        with torch.no_grad():
            first.input_weights.mul_(6.0)
    net, rate = nt.SequentialState(*modules), [0.0]
    single = task in (*SINGLE, "conv", "stream")
    if not single:
        cell = next(m for m in modules if not isinstance(m, nn.Linear))
        cell.register_forward_hook(lambda m, i, o: rate.__setitem__(0, rate[0] + o[0].detach().mean().item()))

    def forward(x):
        rate[0], state, out = 0.0, None, []
        for z in x:
            z, state = net(z, state)
            out.append(z)
        rate[0] /= len(x)
        return torch.stack(out)

    return forward, list(net.parameters()), lambda: None if single else rate[0]


def build(task, size, idiom):
    if idiom != "time":
        return stepped(task, size)
    rate = [0.0]
    if task == "a":
        linear, cell = scaled(nn.Linear(size[0], size[1], bias=False), 20.0), LIFBox()
        return (lambda x: cell(linear(x))[0]), list(linear.parameters()), lambda: None
    if task == "b":
        layers = nn.ModuleList(scaled(nn.Linear(i, o), 60.0) for i, o in zip(size, size[1:]))
        cells = [LIFBox() for _ in size[1:]]

        def forward(x):
            for k, (linear, cell) in enumerate(zip(layers, cells)):
                x, _ = cell(linear(x))
                if k == 0:
                    rate[0] = x.detach().mean().item()
            return x

        return forward, list(layers.parameters()), lambda: rate[0]
    first = nt.LIFRecurrent(size[0], size[1], p=LIFParameters(tau_mem_inv=RATE))
    with torch.no_grad():
        first.input_weights.mul_(6.0)
    last, cell = scaled(nn.Linear(size[1], size[2]), 60.0), LIFBox()

    def forward(x):
        z, _ = first(x)
        rate[0] = z.detach().mean().item()
        return cell(last(z))[0]

    return forward, list(first.parameters()) + list(last.parameters()), lambda: rate[0]


torch_step(a, "norse", version("norse"), build)
