"""snnTorch: Leaky and RLeaky in a Python loop over time, as in its tutorials.

``--idiom hoist``: the first Linear over all steps at once, as a careful user would write it. AdEx is written for it here.
"""

from importlib.metadata import version

from _training import options, scaled, torch_step

a = options("snntorch")
import snntorch as snn  # noqa: E402
import torch  # noqa: E402
from snntorch import surrogate  # noqa: E402
from torch import nn  # noqa: E402

from _adex import TorchAdEx  # noqa: E402


def build(task, size, idiom):
    gradient, rate = surrogate.fast_sigmoid(slope=25), [0.0]
    if task in ("a", "adex"):
        linear = nn.Linear(size[0], size[1], bias=False)
        cell = snn.Leaky(beta=0.95, spike_grad=gradient) if task == "a" else TorchAdEx(gradient)

        def forward(x):
            state, out = (cell.init_leaky() if task == "a" else None), []
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
