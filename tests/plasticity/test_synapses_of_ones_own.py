"""Synapse models in text: what a spike gives to the target is any value of the synapse."""

from __future__ import annotations

import numpy as np
import pytest

import amine as am

TIMES = np.array([3.0, 8.0, 11.0, 31.0, 33.0, 70.0, 71.0, 150.0])

MARKRAM = """
w : weight
du/dt = -u/tau_facil : 1
dx/dt = (1 - x)/tau_rec : 1
initial x = 1
on pre u += U*(1 - u)
  transmit w*u*x
  x -= u*x
"""
SATURATING = """
w : weight
ds/dt = -s/tau : 1
on pre transmit w*alpha*(1 - s); s += alpha*(1 - s)
"""


def conductance(model: am.models.Model, threads: int = 1) -> tuple[np.ndarray, am.results.run.Run]:
    """Jumps of a target's conductance at the spikes of one source, with a receptor that hardly decays, for 3 pairs."""
    net = am.Network(seed=1, dt="0.1 ms")
    n = len(TIMES)
    S = net.population("S", 3, "spike_list", times=np.tile(TIMES, 3) * am.units.ms, indices=np.repeat(np.arange(3), n))
    slow = am.models.exponential(tau="1e9 ms")
    T = net.population("T", 3, "lif_cond", receptors={"slow": slow})
    net.synapses(
        S, T, receptor="slow", weight=np.array([1.0, 2.0, 0.5]) * am.units.nS, connect="one_to_one", rule=model
    )
    net.probe(T, "g_slow", name="g")
    run = net.run("160 ms", precision="float64", progress=False, threads=threads)
    g = run.probes["g"]["g_slow"]
    steps = np.rint(TIMES / 0.1).astype(int)
    return np.stack([g[s + 5] - g[s - 5] for s in steps]), run


def markram() -> np.ndarray:
    u, x, last, out = 0.0, 1.0, None, []
    for t in TIMES:
        if last is not None:
            u, x = u * np.exp(-(t - last) / 200), 1 - (1 - x) * np.exp(-(t - last) / 100)
        u += 0.3 * (1 - u)
        out.append(u * x)
        x -= u * x
        last = t
    return np.array(out)


def saturating() -> np.ndarray:
    s, last, out = 0.0, 0.0, []
    for t in TIMES:
        s *= np.exp(-(t - last) / 60)
        out.append(0.4 * (1 - s))
        s += 0.4 * (1 - s)
        last = t
    return np.array(out)


CASES = {
    "markram": (lambda: am.models.synapse("tm", MARKRAM, U=0.3, tau_facil="200 ms", tau_rec="100 ms"), markram),
    "saturating": (lambda: am.models.synapse("nmda", SATURATING, alpha=0.4, tau="60 ms"), saturating),
}


@pytest.mark.parametrize("name", CASES)
def test_what_is_transmitted(name):
    make, reference = CASES[name]
    found, run = conductance(make())
    np.testing.assert_allclose(found, reference()[:, None] * np.array([1.0, 2.0, 0.5]), rtol=1e-6)
    again, other = conductance(make(), threads=2)
    np.testing.assert_array_equal(found, again)
    assert other.spikes.hash() == run.spikes.hash()


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("on pre transmit w*tau", "wrong dimension"),
        ("on post transmit w", "does not set a state"),
        ("on pre transmit w*q", "'q' is no field"),
        ("on pre transmit w; transmit 2*w", "does not set a state"),
        ("on pre transmit w*rand(2)", "takes no arguments"),
    ],
)
def test_what_is_refused(line, problem):
    model = None
    with pytest.raises(am.AmineError, match=problem) as e:
        model = am.models.synapse("s", f"w : weight\ndx/dt = -x/tau : 1\n{line}", tau="10 ms")
        net = am.Network()
        P, T = net.population("P", 1, "poisson", rate="1 Hz"), net.population("T", 1, "lif_cond")
        net.synapses(P, T, receptor="AMPA", weight="1 nS", connect="all_to_all", rule=model)
        net.run("1 ms", progress=False)
    assert "\n" not in str(e.value)
