"""Initialisation: voltages fluctuate below the threshold and gradients keep their size through depth, for any surrogate."""

from __future__ import annotations

import numpy as np
import pytest

import amine as am

torch = pytest.importorskip("torch")
ann = pytest.importorskip("amine.learn.nn")

N, DEPTH = 64, 8


def deep(**options):
    torch.manual_seed(0)
    return ann.Sequential(*[m for _ in range(DEPTH) for m in (ann.Linear(N, N), ann.Neurons("lif", N, **options))])


def spikes(seed, steps=60):
    return (torch.rand(steps, 8, N, generator=torch.Generator().manual_seed(seed)) < 0.1).float()


def through(net, x):
    """Norms of the gradient at the spikes of each layer, for one that is constant in time at the end."""
    rows, y = [], x.clone().requires_grad_()
    for m in net:
        y = m(y)
        y = y[0] if isinstance(y, tuple) else y
        if not isinstance(m, torch.nn.Linear):
            y.retain_grad()
            rows.append(y)
    y.backward(torch.randn(y.shape[1:], generator=torch.Generator().manual_seed(5)).expand_as(y))
    return [float(r.grad.norm()) for r in rows], [float(r.detach().mean()) for r in rows]


OTHERS = [pytest.param(s, marks=pytest.mark.validate) for s in ("arctan", "triangular", "gaussian")]


@pytest.mark.parametrize("surrogate", ["fast_sigmoid", *OTHERS])
def test_gradients_neither_vanish_nor_explode_over_eight_layers(surrogate):
    net = deep(surrogate=surrogate)
    starts = ann.initialise(net, spikes(0))
    assert all(s.fluctuation == pytest.approx(0.5, rel=1e-3) and 0 < s.rate < 0.5 for s in starts)
    norms, rates = through(net, spikes(1))
    assert 0.2 < norms[0] / norms[-1] < 5 and min(rates) > 0
    starts = ann.initialise(net, spikes(0), gradients=False)  # other weights, and the heights that were found
    assert [s.gradient for s in starts[1:]] == pytest.approx([1.0] * (DEPTH - 1), rel=0.5)


def test_the_fluctuation_is_that_of_a_neuron_that_does_not_spike():
    """Against the voltage of the same neurons with their threshold out of reach."""
    net = ann.Sequential(ann.Linear(N, 200), ann.Neurons("lif", 200))
    (start,) = ann.initialise(net, spikes(0), margin=1.5, gradients=False)
    never = ann.Neurons("lif", 200, V_th="1000 mV", gain=float(net[1].value("gain")))
    v = never(net[0](spikes(0)), returns="states")[0]["v"]
    size = float((v + 65.0).square().mean().sqrt()) / net[1].distance  # rest at -65 mV
    np.testing.assert_allclose([start.fluctuation, size], 1 / 1.5, rtol=2e-3)


def test_convolutions_norms_blocks_and_recurrence():
    net = ann.Sequential(
        torch.nn.Conv2d(1, 4, 3, padding=1), torch.nn.BatchNorm2d(4), ann.Neurons("lif"),
        ann.Residual(torch.nn.Conv2d(4, 4, 3, padding=1), ann.Neurons("lif")),
        torch.nn.MaxPool2d(2), torch.nn.Flatten(), torch.nn.Linear(64, 20), ann.Recurrent(ann.Neurons("lif", 20)),
        torch.nn.Linear(20, 3), ann.Readout("spike_count"),
    )  # fmt: skip
    starts = ann.initialise(net, torch.rand(20, 4, 1, 8, 8), margin=1.0)
    assert [s.name for s in starts] == ["2", "3.1", "7"]
    assert [s.fluctuation for s in starts] == pytest.approx([1.0] * 3, rel=0.02)
    assert [s.gradient for s in starts[1:]] == pytest.approx([1.0] * 2, rel=0.05)
    net.load_state_dict(net.state_dict() | {"2.fixed.surrogate": torch.tensor([1.0, 15.0, 0.0, 0.25])})
    assert net[2].surrogate.height == 0.25


@pytest.mark.parametrize(
    ("net", "x", "match"),
    [
        (lambda: deep(), torch.zeros(5, 2, N), "module 1: nothing reaches it"),
        (lambda: ann.Sequential(ann.Neurons("lif", N)), torch.ones(5, 2, N), "no weights stand between"),
        (lambda: ann.Sequential(ann.Linear(N, 3)), torch.ones(5, 2, N), "no layer of spiking neurons"),
    ],
)
def test_what_cannot_be_set_is_refused(net, x, match):
    with pytest.raises(am.AmineError, match=match):
        ann.initialise(net(), x)
    with pytest.raises(am.AmineError, match="out of range"):
        ann.initialise(net(), x, margin=0)
