"""SpikingJelly, step mode "m" (torch backend; its fused backends want a GPU). AdEx is written for it here."""

from importlib.metadata import version

from _training import PLACES, SINGLE, options, scaled, torch_step

a = options("spikingjelly")
import torch  # noqa: E402
from spikingjelly.activation_based import functional, layer, neuron, surrogate  # noqa: E402
from torch import nn  # noqa: E402

from _adex import TorchAdEx  # noqa: E402


def conv(size, lif):
    modules = []
    for i, o in zip(size[:2], size[1:3]):
        modules += [scaled(layer.Conv2d(i, o, 3, padding=1), 2.0), lif(), layer.MaxPool2d(2)]
    net = nn.Sequential(*modules, layer.Flatten(), layer.Linear(PLACES, size[3]), lif())
    functional.set_step_mode(net, "m")
    return net


def stream(size, lif):
    return nn.Sequential(*[m for i, o in zip(size, size[1:]) for m in (scaled(nn.Linear(i, o), 4.0), lif(step_mode="s"))])


def build(task, size, idiom):
    def lif(**more):
        return neuron.LIFNode(
            tau=20.0, decay_input=False, v_reset=None, surrogate_function=surrogate.ATan(), **more
        )

    rate = [0.0]
    if task in ("conv", "stream"):
        net = conv(size, lif) if task == "conv" else stream(size, lif)

        def run(x):
            functional.reset_net(net)
            return net(x) if task == "conv" else torch.stack([net(now) for now in x])

        return run, list(net.parameters()), lambda: None
    if task in SINGLE:
        linear = nn.Linear(size[0], size[1], bias=False)
        cell = lif(step_mode="m") if task != "adex" else TorchAdEx(surrogate.ATan())

        def forward(x):
            if task != "adex":
                functional.reset_net(cell)
                return cell(linear(x))
            state, out = None, []
            for z in linear(x):
                spikes, state = cell(z, state)
                out.append(spikes)
            return torch.stack(out)

        return forward, list(linear.parameters()), lambda: None
    layers = nn.ModuleList(scaled(nn.Linear(i, o), 4.0) for i, o in zip(size, size[1:]))
    if task == "b":
        cells = nn.ModuleList(lif(step_mode="m") for _ in size[1:])
    else:  # its recurrent container feeds [x, y of the step before] through one Linear(2n, n)
        inner = layer.LinearRecurrentContainer(lif(step_mode="s"), size[1], size[1], bias=False, step_mode="m")
        cells = nn.ModuleList([inner, lif(step_mode="m")])
        scaled(cells[0].rc, 5.0)  # its start is far weaker than the other peers'

    def forward(x):
        functional.reset_net(cells)
        for k, (linear, cell) in enumerate(zip(layers, cells)):
            x = cell(linear(x))
            if k == 0:
                rate[0] = x.detach().mean().item()
        return x

    return forward, list(layers.parameters()) + list(cells.parameters()), lambda: rate[0]


torch_step(a, "spikingjelly", version("spikingjelly"), build)
