"""amine beside the peers of training: the same networks from its own modules.

AdEx advances by forward Euler, as it does in the peers; ``--idiom rk4``: by the method that amine chooses itself.
"""

from _training import PLACES, SINGLE, options, scaled, torch_step

a = options("amine")
import amine  # noqa: E402
import torch  # noqa: E402
from amine.learn import nn as ann  # noqa: E402

LIF = {"tau_m": "20 ms", "t_ref": "0 ms"}


def adex(idiom):
    model = amine.models.get("adex")
    if idiom == "rk4":
        return model
    text = model.equations + "\nmethod v euler_maruyama\nmethod w euler_maruyama"
    return amine.models.neuron("adex_euler", text, **model.parameters)


def conv(size):
    modules = []
    for i, o in zip(size[:2], size[1:3]):
        modules += [scaled(torch.nn.Conv2d(i, o, 3, padding=1), 2.0), ann.Neurons("lif", **LIF), torch.nn.MaxPool2d(2)]
    return ann.Sequential(*modules, torch.nn.Flatten(), ann.Linear(PLACES, size[3]), ann.Neurons("lif", **LIF))


def stream(size):
    modules = [m for i, o in zip(size, size[1:]) for m in (scaled(ann.Linear(i, o), 4.0), ann.Neurons("lif", o, **LIF))]
    net = ann.Sequential(*modules)

    def forward(x):
        running = ann.Stream(net)
        return torch.stack([running.step(now) for now in x])

    return forward, list(net.parameters()), lambda: None


def build(task, size, idiom):
    kind = {"surrogate": "fast_sigmoid"}
    if task == "stream":
        return stream(size)
    if task == "conv":
        net = conv(size)
        return (lambda x: net(x)[0]), list(net.parameters()), lambda: None
    if task in SINGLE:
        linear = ann.Linear(size[0], size[1], bias=False)
        cells = ann.Neurons("lif", size[1], **LIF, **kind) if task != "adex" else ann.Neurons(adex(idiom), size[1], **kind)
        return (lambda x: cells(linear(x))[0]), list(linear.parameters()), lambda: None
    rate, modules = [0.0], []
    for k, (i, o) in enumerate(zip(size, size[1:])):
        linear, cells = ann.Linear(i, o), ann.Neurons("lif", o, **LIF, **kind)
        with torch.no_grad():
            linear.weight.mul_(4.0)
        if task == "c" and k == 0:
            cells = ann.Recurrent(cells)
        modules += [linear, cells]
    net = ann.Sequential(*modules)
    modules[1].register_forward_hook(lambda m, i, o: rate.__setitem__(0, o[0].detach().mean().item()))
    return (lambda x: net(x)[0]), list(net.parameters()), lambda: rate[0]


torch_step(a, "amine", amine.__version__, build)
