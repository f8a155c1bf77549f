"""E-prop against automatic differentiation: the same where nothing is left out, and how far apart elsewhere."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from amine import models
from amine.learn import algorithms
from amine.learn.algorithms import tangent
from amine.learn.algorithms.eprop import EProp, kernel
from amine.learn.layers import Spec
from amine.learn.losses import Loss
from amine.learn.nn.surrogate import TorchSurrogate
from amine.learn.nn.tensors import TorchNumpy
from amine.learn.spiking import Spiking, neurons_of

LOSS = Loss("cross_entropy", "classes")
ADAPTIVE = models.neuron(
    "alif",
    "dv/dt = (E_L - v)/tau_m + I/C : mV\ndb/dt = -b/tau_b : mV\nthreshold v > V_th + b\nreset v = E_L; b += step\nrefractory t_ref hold v\ninitial v = E_L",
    E_L="-65 mV", V_th="-50 mV", tau_m="15 ms", C="200 pF", tau_b="120 ms", step="3 mV", t_ref="2 ms",
)  # fmt: skip


def network(
    model, recurrent: bool, readout: str = "mean", hidden=(6,), steps: int = 40
) -> tuple[Spiking, Tensor, Tensor]:
    torch.manual_seed(4)
    spec = Spec(
        5,
        3,
        hidden,
        model,
        precision="float64",
        steps=steps,
        recurrent=recurrent,
        readout=readout,
        surrogate="triangular",
    )
    net = Spiking(spec)
    with torch.no_grad():
        for p in [*net.maps[0].parameters(), *(layer.weight for layer in net.layers if recurrent)]:
            p.mul_(3.0)
    return net, torch.rand(4, 5, dtype=torch.float64), torch.randint(0, 3, (4,))


def autodiff(net: Spiking, x: Tensor, y: Tensor, cut: bool) -> list[Tensor]:
    """Gradients by automatic differentiation of the same steps; ``cut`` stops the error at recurrent connections."""
    lines = net.encode(x)
    keep, add = kernel(net.score, len(lines))
    net.zero_grad()
    neurons = neurons_of(net.layers[0])
    code = tangent.module(neurons.cell)
    np_ = TorchNumpy(TorchSurrogate(neurons.surrogate, *neurons.shape()))
    c = neurons.constants(torch.float64, "cpu")
    state = {s: v for s, v in neurons.initial(len(x), torch.float64, "cpu").items() if s in code.STATES}
    waiting = torch.zeros(len(x), neurons.n, dtype=torch.int64)
    z = torch.zeros(len(x), neurons.n, dtype=torch.float64)
    score = torch.zeros(len(x), 3, dtype=torch.float64)
    spikes = 0.0
    for now in lines:
        drive = net.maps[0](now)
        if net.spec.recurrent:
            drive = drive + (z.detach() if cut else z) @ net.layers[0].matrix().T
        given = dict.fromkeys(code.INPUTS, torch.zeros_like(drive)) | {"x": drive}
        state, out = code.step(np_, c, state, given, (waiting <= 0).double(), 0.0)
        z = out["spikes"]
        spikes += float(z.detach().sum())
        if code.REFRACTORY is not None:
            waiting = torch.where(z > 0, c[code.REFRACTORY].long(), (waiting - 1).clamp_min(0))
        score = keep * score + add * net.maps[1](z)
    assert spikes > 4
    LOSS(score, y).backward()
    return [p.grad.clone() for p in net.parameters()]


def eprop(net: Spiking, x: Tensor, y: Tensor) -> list[Tensor]:
    EProp().start(net, LOSS).step(x, y)
    return [p.grad.clone() for p in net.parameters()]


@pytest.mark.parametrize("readout", ["mean", "leaky"])
@pytest.mark.parametrize(
    "model", ["lif", "lif_cond", "eif", "adex", "izhikevich", ADAPTIVE], ids=lambda m: getattr(m, "name", m)
)
def test_equals_autodiff_with_the_recurrent_path_cut(model, readout):
    net, x, y = network(models.get(model) if isinstance(model, str) else model, True, readout)
    for a, b in zip(autodiff(net, x, y, cut=True), eprop(net, x, y), strict=True):
        assert a.abs().max() > 0
        torch.testing.assert_close(a, b, rtol=1e-6, atol=1e-9 * float(a.abs().max()))


@pytest.mark.parametrize("model", ["lif", "adex"])
def test_cosine_with_the_whole_gradient(model, record_property):
    net, x, y = network(models.get(model), True)
    a, b = autodiff(net, x, y, cut=False), eprop(net, x, y)
    cosine = float(
        torch.cosine_similarity(torch.cat([g.flatten() for g in a[:2]]), torch.cat([g.flatten() for g in b[:2]]), 0)
    )
    record_property("cosine", cosine)
    assert 0.5 < cosine < 1.0 - 1e-9


@pytest.mark.parametrize("model", ["lif", "eif"])
def test_without_recurrent_weights_it_is_backprop(model):
    net, x, y = network(models.get(model), False)
    found = eprop(net, x, y)
    algorithms.get("backprop").start(net, LOSS).step(x, y)
    for a, p in zip(found, net.parameters(), strict=True):
        torch.testing.assert_close(a, p.grad, rtol=1e-9, atol=1e-13)


def test_memory_does_not_grow_with_the_sequence():
    sizes = []
    for steps in (10, 40):
        net, x, _ = network(models.get("lif"), True, steps=steps)
        with torch.no_grad():
            layers = EProp().start(net, LOSS).run(x)[1]
        sizes.append(sum(v.nbytes for v in vars(layers[0]).values() if hasattr(v, "nbytes")))
    assert sizes[0] == sizes[1]


def test_adaptive_feedback_grows_like_the_readout():
    net, x, y = network(models.get("lif"), False, steps=20)
    learner = EProp("adaptive").start(net, LOSS)
    opt = torch.optim.SGD(net.parameters(), lr=0.5)

    def angle() -> float:
        return float(torch.cosine_similarity(learner.feedback_0.flatten(), net.maps[-1].weight.detach().flatten(), 0))

    before = angle()
    for _ in range(60):
        learner.step(x, y)
        opt.step()
    assert angle() > before + 0.1
