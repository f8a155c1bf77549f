"""Neurons as torch modules: every neuron model of the library."""

from __future__ import annotations

import numpy as np
import pytest

import amine as am

torch = pytest.importorskip("torch")
ann = pytest.importorskip("amine.learn.nn")

MODELS = am.models.names("neuron")
FAST = ("hodgkin_huxley", "traub_miles")


def cells(name, n=3, **more):
    more = {"dt": "0.05 ms" if name in FAST else "0.5 ms"} | more
    return ann.Neurons(name, n, **more)


def test_there_are_models():
    assert len(MODELS) >= 7


@pytest.mark.parametrize("name", MODELS)
def test_spikes_are_those_of_the_simulation(name):
    """The same input in float64, as injected current: each neuron spikes in the same steps."""
    m = cells(name, gain=None, backend="torch")
    net = am.Network(dt=f"{m.dt} ms")
    P = net.population("P", 3, name)
    t = np.arange(600) * m.dt
    unit = 0.7 * m.excitability.impulse * min(1.0, m.dt / 0.5) if m.excitability else 300.0
    waves = np.stack([unit * (1.0 + np.sin(0.3 * t + i)) for i in range(3)], 1)
    for i in range(3):
        net.stimulus(P[i : i + 1], am.table(t * am.units.ms, waves[:, i] * am.units.pA))
    run = net.run(f"{600 * m.dt} ms", precision="float64", progress=False)
    expected = np.zeros((600, 3))
    for i, train in enumerate(run.spikes["P"].trains()):
        expected[np.rint(np.asarray(train) / m.dt).astype(int) - 1, i] = 1
    spikes, _ = m(torch.as_tensor(waves)[:, None])
    assert expected.sum() > 3
    np.testing.assert_array_equal(spikes[:, 0].numpy(), expected)
