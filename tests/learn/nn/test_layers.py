"""Layers, readouts, delays, encoders, regularisers: what they compute, and errors in one sentence."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys

import numpy as np
import pytest

import amine as am

torch = pytest.importorskip("torch")
ann = pytest.importorskip("amine.learn.nn")


@pytest.mark.parametrize("recurrent", [False, True])
def test_threads_do_not_change_the_bits(recurrent):
    cells = ann.Neurons("lif", 30, learn=["tau_m"])
    layer = ann.Recurrent(cells, weight=0.3 * torch.randn(30, 30)) if recurrent else cells
    x, before, found = torch.rand(40, 50, 30), torch.get_num_threads(), []
    try:
        for threads in (1, 2, 3):
            torch.set_num_threads(threads)
            layer.zero_grad()
            y = x.clone().requires_grad_()
            out, _ = layer(y)
            out.square().sum().backward()
            found.append([out.detach(), y.grad, *(p.grad.clone() for p in layer.parameters())])
    finally:
        torch.set_num_threads(before)
    assert found[0][0].any()
    for other in found[1:]:
        assert all(torch.equal(a, b) for a, b in zip(other, found[0], strict=True))


def test_two_halves_are_the_whole():
    layer = ann.Recurrent(ann.Neurons("adex", 6), weight=0.4 * torch.randn(6, 6))
    x = torch.rand(50, 2, 6)
    whole, end = layer(x)
    first, state = layer(x[:20])
    second, last = layer(x[20:], state)
    assert whole.any() and torch.equal(whole, torch.cat([first, second]))
    assert all(torch.equal(end[k], last[k]) for k in end)


def test_gradients_flow_through_the_state():
    cells = ann.Neurons("lif", 3).double()
    x = 0.5 * torch.rand(20, 2, 3, dtype=torch.float64)
    grads = []
    for cut in (None, 8):
        y = x.clone().requires_grad_()
        if cut is None:
            out, _ = cells(y)
        else:
            a, state = cells(y[:cut])
            b, _ = cells(y[cut:], state)
            out = torch.cat([a, b])
        (out * torch.arange(20.0)[:, None, None]).sum().backward()
        grads.append(y.grad)
    torch.testing.assert_close(*grads)
    _, state = cells(x.clone().requires_grad_())
    assert not ann.detach(state)["v"].requires_grad


def test_no_autapses():
    layer = ann.Recurrent(ann.Neurons("lif", 4), autapses=False)
    out, _ = layer(torch.rand(10, 2, 4))
    out.sum().backward()
    assert not layer.matrix().diagonal().any() and not layer.weight.grad.diagonal().any()


def test_leaky_readout_is_the_mean_that_forgets():
    x = torch.rand(30, 2, 3, dtype=torch.float64)
    a, v, expected = np.exp(-1 / 20.0), np.zeros((2, 3)), []
    for row in x.numpy():
        v = a * v + (1 - a) * row
        expected.append(v)
    np.testing.assert_allclose(ann.Readout("leaky")(x)[0].numpy(), expected[-1], rtol=1e-12)
    np.testing.assert_allclose(ann.Readout("max_over_time")(x)[0].numpy(), np.max(expected, 0), rtol=1e-12)
    learned = ann.Readout("leaky", learn=True)
    learned(x)[0].sum().backward()
    assert all(p.grad is not None and p.grad.any() for p in learned.parameters())


def test_first_spike_has_a_gradient():
    x = torch.zeros(5, 1, 2, dtype=torch.float64)
    x[2, 0, 0] = x[4, 0, 0] = 1.0
    x.requires_grad_()
    out, _ = ann.Readout("first_spike")(x)
    assert out.tolist() == [[3.0, 0.0]]
    out.sum().backward()
    assert x.grad[:3, 0, 0].any() and not x.grad[3:, 0, 0].any()


def test_encoders():
    torch.manual_seed(0)
    x = torch.tensor([[0.0, 0.5, 1.0]])
    rates = ann.encode.rate(x.expand(500, 3), 100, rate="200 Hz").mean((0, 1)) * 1e3
    np.testing.assert_allclose(rates.numpy(), [0.0, 100.0, 200.0], rtol=0.05, atol=1e-9)
    own = ann.encode.rate(x.expand(500, 3), 100, rate="200 Hz", keys=torch.arange(500))
    assert torch.allclose(own.mean((0, 1)) * 1e3, x[0] * 200, atol=5.0)
    assert torch.equal(ann.encode.rate(x.expand(2, 3), 100, rate="200 Hz", keys=torch.tensor([7, 3]))[:, 1], own[:, 3])
    corr = np.corrcoef(own[:, :, 2].T.reshape(500, -1))  # spikes of one key say nothing of those of another
    assert abs(corr[np.triu_indices(500, 1)].mean()) < 2e-3
    with pytest.raises(am.AmineError, match="encode.rate, keys: they must be one whole number a sample"):
        ann.encode.rate(x, 5, keys=torch.arange(3))
    first = ann.encode.latency(x, 20, tau=5.0)
    assert first.sum(0).tolist() == [[0.0, 1.0, 1.0]] and first[:, 0, 2].argmax() < first[:, 0, 1].argmax()
    assert ann.encode.population(x, 5).shape == (1, 15)
    for bad, match in ((torch.tensor([[float("nan")]]), "not finite"), (torch.tensor([[2.0]]), "outside 0..1")):
        with pytest.raises(am.AmineError, match=match):
            ann.encode.rate(bad, 5)
    with pytest.raises(am.AmineError, match="number of axes"):
        ann.encode.latency(torch.zeros(3), 5)
    with pytest.raises(am.AmineError, match="more than one spike a step"):
        ann.encode.rate(x, 5, rate="2 kHz")


def test_regularisers_pull_where_they_should():
    spikes = torch.zeros(100, 2, 2)
    spikes[::5, :, 0] = 1.0
    spikes.requires_grad_()
    ann.regularise.rate(spikes, low="10 Hz", high="100 Hz").backward()
    assert (spikes.grad[..., 0] > 0).all() and (spikes.grad[..., 1] < 0).all()


def test_parameters_stay_within_bounds():
    cells = ann.Neurons("lif", 2, learn=["tau_m", "V_th"], bounds={"tau_m": ("5 ms", "50 ms")})
    assert cells.value("tau_m").tolist() == pytest.approx([10.0, 10.0])
    with torch.no_grad():
        for p in cells.parameters():
            p.add_(1e4)
    assert (cells.value("tau_m") <= 50).all()
    cells.set("tau_m", "20 ms")
    assert cells.value("tau_m").tolist() == pytest.approx([20.0, 20.0], rel=1e-6)
    with pytest.raises(am.AmineError, match="not within its bounds"):
        cells.set("tau_m", "60 ms")
    with pytest.raises(am.AmineError, match="not within its bounds"):
        ann.Neurons("lif", 2, learn="tau_m", bounds={"tau_m": ("20 ms", "50 ms")})
    with torch.no_grad():
        cells.learned["V_th"].raw.fill_(float("nan"))
    with pytest.raises(am.AmineError, match="no longer a finite number"):
        cells(torch.rand(3, 1, 2))


@pytest.mark.parametrize(
    ("make", "match"),
    [
        (lambda: ann.Neurons("lift", 3), "did you mean 'lif'"),
        (lambda: ann.Neurons("AMPA", 3), "is a receptor model"),
        (lambda: ann.Neurons("lif", 0), "positive whole number"),
        (lambda: ann.Neurons("lif", 3, learn="tau"), "did you mean 'tau_m'"),
        (lambda: ann.Neurons("lif", 3, learn="t_ref"), "whole steps"),
        (lambda: ann.Neurons("lif", 3, surrogate="fast_sigmoyd"), "did you mean 'fast_sigmoid'"),
        (lambda: ann.Neurons("lif", 3, backend="gpu"), "known are"),
        (lambda: ann.Neurons("lif", 3, tau_m="3 mV"), "wrong dimension"),
        (lambda: ann.Neurons("lif", 3, tau_m=[1.0, 2.0] * am.units.ms), "wrong shape"),
        (lambda: ann.Neurons("lif", 3)(torch.rand(5)), "number of axes"),
        (lambda: ann.Neurons("lif", 3)(torch.rand(5, 2, 4)), "last axis"),
        (lambda: ann.Neurons("lif", 3)(torch.rand(0, 2, 3)), "no steps"),
        (lambda: ann.Neurons("lif", 3)(torch.ones(5, 2, 3, dtype=torch.complex64)), "floating-point"),
        (lambda: ann.Neurons("lif", 3)({"AMPA": torch.rand(5, 2, 3)}), "no such input"),
        (lambda: ann.Neurons("lif", 3)(torch.rand(5, 2, 3), {"v": torch.zeros(2, 3)}), "'_ref' is missing"),
        (lambda: ann.Neurons("lif", 3, surrogate=torch.relu, backend="compiled")(torch.rand(2, 1, 3)), "no kernel"),
        (lambda: ann.Recurrent(ann.Neurons("lif", 3), 4), "not the number of its neurons"),
        (lambda: ann.Recurrent(torch.nn.ReLU()), "neurons that spike"),
        (lambda: ann.Readout("spike_cont"), "did you mean 'spike_count'"),
        (lambda: ann.Receptor("AMPA", 2)(torch.rand(3, 1, 2)), "needs the voltage"),
    ],
)
def test_errors(make, match):
    with pytest.raises(am.AmineError, match=match):
        make()


def test_a_function_as_surrogate_runs_in_torch():
    cells = ann.Neurons("lif", 3, surrogate=lambda x: torch.exp(-x.abs()))
    x = torch.rand(20, 2, 3, requires_grad=True)
    out, _ = cells(x)
    out.sum().backward()
    assert out.any() and x.grad.any()


def test_importing_amine_loads_no_torch():
    done = subprocess.run(
        [sys.executable, "-c", "import amine, sys; print('torch' in sys.modules)"], capture_output=True, text=True
    )
    assert done.stdout.strip() == "False"


def test_copies_and_pickles():
    cells = ann.Recurrent(ann.Neurons("lif", 3, learn=["tau_m"]))
    x = torch.rand(20, 2, 3)
    out, _ = cells(x)
    for other in (copy.deepcopy(cells), pickle.loads(pickle.dumps(cells))):
        assert torch.equal(other(x)[0], out)
    fresh = ann.Recurrent(ann.Neurons("lif", 3, learn=["tau_m"], tau_m="25 ms"))
    fresh.load_state_dict(cells.state_dict())
    assert torch.equal(fresh.neurons.value("tau_m"), cells.neurons.value("tau_m"))
