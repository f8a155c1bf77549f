"""EventProp against closed forms and central differences."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from amine import models
from amine.learn import Classifier, algorithms
from amine.learn.algorithms import _events
from amine.learn.layers import Spec
from amine.learn.losses import Loss

TM, TS = 20.0, 5.0


def voltage(t: np.ndarray, w: float, at: float) -> np.ndarray:
    r = np.maximum(t - at, 0.0)
    return w * TS / (TM - TS) * (np.exp(-r / TM) - np.exp(-r / TS))


def test_spike_times_are_where_the_voltage_crosses():
    spikes = _events.first(np.array([1.0, 4.0]))
    w = np.array([[5.0, 6.0, 0.0]])
    times, lines, rise, restart = _events.layer(w, *spikes[:2], 60.0, TM, TS, 0.0, 2.0)
    t = np.linspace(0, 20, 2_000_001)
    u = voltage(t, 5.0, 1.0) + voltage(t, 6.0, 4.0)
    assert times[0] == pytest.approx(t[np.argmax(u >= 1.0)], abs=2e-5)
    slope = np.gradient(u, t)[np.argmax(u >= 1.0)]
    assert rise[0] == pytest.approx(TM * slope, rel=1e-4) and lines[-1] == 1 and len(lines) == len(times)


def test_two_spikes_by_hand():
    """Two inputs, one neuron, one spike: dt/dw = -(dV/dw)/(dV/dt) at the crossing."""
    spikes = _events.first(np.array([1.0, 4.0]))
    w = np.array([[4.0, 5.0, 0.0]])
    out = _events.layer(w, *spikes[:2], 14.0, TM, TS, 0.0, 2.0)
    assert len(out[0]) == 2  # one spike, and the bias line
    t = out[0][0]
    late, slopes = np.array([1.0, 0.0]), np.zeros((1, 3))  # the loss is the time itself
    _events.layer_back(w, *spikes[:2], *out, late, slopes, 14.0, TM, TS, 2.0)
    each = np.array([voltage(np.array([t]), 1.0, at)[0] for at in (1.0, 4.0)])
    np.testing.assert_allclose(slopes[0, :2], -each / (out[2][0] / TM), rtol=1e-10)


@pytest.mark.parametrize("readout", ["mean", "max_over_time"])
@pytest.mark.parametrize("pause", ["0 ms", "2 ms"])
def test_equals_central_differences(readout, pause):
    torch.manual_seed(1)
    model = models.get("lif")(tau_m="20 ms", t_ref=pause, V_r="-68 mV")
    spec = Spec(3, 2, (5, 4), model, precision="float64", steps=60, encoder="latency", readout=readout)
    rule = algorithms.get("eventprop", wake=0.0)
    net, loss = rule.build(spec), Loss("cross_entropy", "classes")
    with torch.no_grad():
        for p in net.maps[:-1].parameters():
            p.mul_(1.6)
    x, y = torch.rand(5, 3, dtype=torch.float64), torch.randint(0, 2, (5,))
    rule.start(net, loss).step(x, y)
    checked, h = 0, 1e-6

    def counts() -> list[int]:
        return [len(s[0]) for t in net.times(x) for s in net.sample(t)[0]]

    before = counts()
    assert sum(before) > 50
    for p in net.parameters():
        flat, exact = p.data.view(-1), p.grad.view(-1)
        for i in range(len(flat)):
            start, values, same = flat[i].item(), [], True
            for d in (h, -h):
                flat[i] = start + d
                values.append(float(loss(net(x), y)))
                same &= counts() == before
            flat[i] = start
            if same:  # no spike appeared or vanished
                checked += 1
                assert (values[0] - values[1]) / (2 * h) == pytest.approx(exact[i].item(), rel=1e-4, abs=1e-8)
    assert checked > 35


def test_silent_neurons_wake_up():
    rng = np.random.default_rng(0)
    X, y = rng.random((60, 3)), rng.integers(0, 2, 60)
    model = Classifier(
        hidden=(10,), neurons="lif", rule="eventprop", encoder="latency", steps=40, epochs=1, optimizer="sgd", rate=1.0
    )
    model.fit(X, y)
    with torch.no_grad():
        model.network_.maps[0].weight.mul_(0.1)
        model.network_.maps[0].bias.zero_()

    def active() -> int:
        found = set()
        for t in model.network_.times(torch.from_numpy(X)):
            found |= set(model.network_.sample(t)[0][1][1][:-1].tolist())
        return len(found)

    assert active() == 0
    for _ in range(80):
        model.partial_fit(X, y)
    assert active() >= 8
