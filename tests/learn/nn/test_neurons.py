"""Neurons as torch modules: every neuron model of the library."""

from __future__ import annotations

import numpy as np
import pytest

import amine as am

torch = pytest.importorskip("torch")
ann = pytest.importorskip("amine.learn.nn")

MODELS = am.models.names("neuron")
FAST = [
    n for n in MODELS if "reset" not in am.models.get(n).equations
]  # their spikes are currents, which need small steps


def cells(name, n=3, **more):
    more = {"dt": "0.05 ms" if name in FAST else "0.5 ms"} | more
    return ann.Neurons(name, n, **more)


def test_there_are_models():
    assert len(MODELS) >= 7


@pytest.mark.filterwarnings("ignore:.*rounded to")
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


def test_a_state_may_have_any_name():
    """States called x, c, s and so on do not collide with what generated code uses for itself."""
    own = am.models.neuron(
        "strange",
        "dv/dt = (E - v)/tau + I/C - (x + c + s)/C : mV\ndx/dt = -x/tau : pA\ndc/dt = -c/tau : pA\nds/dt = -s/tau : pA\n"
        "threshold v > th\nreset v = E; x += 3*pA; c += 2*pA; s += 1*pA\nrefractory 2*ms hold v\ninitial v = E",
        E="-70 mV",
        tau="10 ms",
        C="200 pF",
        th="-50 mV",
    )
    found = []
    for backend in ("torch", "compiled"):
        x = torch.full((30, 2, 2), 0.7, dtype=torch.float64, requires_grad=True)
        out, end = ann.Neurons(own, 2, backend=backend)(x, returns="states")
        (out["x"].sum() + out["spikes"].sum() + end["s"].sum()).backward()
        found.append((out["v"].detach(), out["x"].detach(), x.grad))
    assert found[0][1].any()
    for a, b in zip(*found, strict=True):
        torch.testing.assert_close(b, a)
