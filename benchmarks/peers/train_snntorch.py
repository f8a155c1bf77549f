"""snnTorch: Leaky and RLeaky in a Python loop over time, as in its tutorials.

``--idiom hoist``: the first Linear over all steps at once, as a careful user would write it. AdEx is written for it here.
"""

from importlib.metadata import version

from _training import PLACES, SINGLE, options, scaled, torch_step

a = options("snntorch")
import snntorch as snn  # noqa: E402
import torch  # noqa: E402
from snntorch import surrogate  # noqa: E402
from torch import nn  # noqa: E402

from _adex import TorchAdEx  # noqa: E402


def stepped(task, size, leaky):
    """Layers and neurons in turn, in a loop over time."""
    if task == "conv":
        before = [scaled(nn.Conv2d(size[0], size[1], 3, padding=1), 2.0)]
        before += [nn.Sequential(nn.MaxPool2d(2), scaled(nn.Conv2d(size[1], size[2], 3, padding=1), 2.0))]
        before += [nn.Sequential(nn.MaxPool2d(2), nn.Flatten(), nn.Linear(PLACES, size[3]))]
    else:
        before = [scaled(nn.Linear(i, o), 4.0) for i, o in zip(size, size[1:])]
    layers, cells = nn.ModuleList(before), [leaky() for _ in before]

    def forward(x):
        states, out = [c.init_leaky() for c in cells], []
        for z in x:
            for k, (layer, cell) in enumerate(zip(layers, cells)):
                z, states[k] = cell(layer(z), states[k])
            out.append(z)
        return torch.stack(out)

    return forward, list(layers.parameters()), lambda: None


def build(task, size, idiom):
    gradient, rate = surrogate.fast_sigmoid(slope=25), [0.0]
    if task in ("conv", "stream"):
        return stepped(task, size, lambda: snn.Leaky(beta=0.95, spike_grad=gradient))
    if task in SINGLE:
        linear = nn.Linear(size[0], size[1], bias=False)
        cell = snn.Leaky(beta=0.95, spike_grad=gradient) if task != "adex" else TorchAdEx(gradient)

        def forward(x):
            state, out = (cell.init_leaky() if task != "adex" else None), []
            for z in linear(x).unbind(0) if idiom == "hoist" else x:
                spikes, state = cell(z if idiom == "hoist" else linear(z), state)
                out.append(spikes)
            return torch.stack(out)

        return forward, list(linear.parameters()), lambda: None
    layers = nn.ModuleList(scaled(nn.Linear(i, o), 4.0) for i, o in zip(size, size[1:]))
    leaky = lambda: snn.Leaky(beta=0.95, spike_grad=gradient)  # noqa: E731
    if task == "b":
        cells = nn.ModuleList(leaky() for _ in size[1:])
    else:
        cells = nn.ModuleList([snn.RLeaky(beta=0.95, linear_features=size[1], spike_grad=gradient), leaky()])

    def forward(x):
        states = [c.init_rleaky() if isinstance(c, snn.RLeaky) else c.init_leaky() for c in cells]
        out, hidden = [], []
        for z in layers[0](x).unbind(0) if idiom == "hoist" else x:
            for k, (layer, cell) in enumerate(zip(layers, cells)):
                drive = z if k == 0 and idiom == "hoist" else layer(z)
                if isinstance(cell, snn.RLeaky):
                    spikes, membrane = cell(drive, *states[k])
                    states[k], z = (spikes, membrane), spikes
                else:
                    z, states[k] = cell(drive, states[k])
                if k == 0:
                    hidden.append(z.detach())
            out.append(z)
        rate[0] = torch.stack(hidden).mean().item()
        return torch.stack(out)

    learned = list(layers.parameters()) + [p for p in cells.parameters() if p.requires_grad]
    return forward, learned, lambda: rate[0]


torch_step(a, "snntorch", version("snntorch"), build)
