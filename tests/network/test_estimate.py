"""The estimate of a network's memory against what a simulation of it holds."""

from __future__ import annotations

import numpy as np
import pytest

import amine as am
from amine.engine.time import simulation
from amine.engine.time.simulation import Simulation


def lif(n: int, weight: str = "1 pA", **pattern) -> am.Network:
    net = am.Network(seed=1)
    E = net.population("E", n, "lif", I_e="400 pA")
    net.synapses(E, E, receptor="exc", weight=weight, **pattern)
    return net


NETWORKS = {
    "a few long delays": lambda: lif(20_000, total=10, delay="100 ms"),
    "a long delay each": lambda: lif(20_000, indegree=10, delay="100 ms"),
    "weights of their own": lambda: lif(5000, p=0.01, weight="normal('1 pA', '0.1 pA')"),
    "delays of their own": lambda: lif(3000, indegree=20, delay="uniform('1 ms', '50 ms')"),
    "small": lambda: lif(50, p=0.1),
}


@pytest.mark.parametrize("precision", ["float32", "float64"])
@pytest.mark.parametrize("name", NETWORKS)
def test_the_estimate_is_what_is_kept(name, precision):
    net = NETWORKS[name]()
    sim, size = Simulation(net, precision=precision), net.estimate(precision)
    sim.advance(1000)
    sim.lists.roll(sim.chunk_steps(None))  # as a chunk begins
    assert size["bytes"] == pytest.approx(sim.nbytes, rel=0.2)
    assert size["synapse_bytes"] == pytest.approx(sim.synapse_bytes, rel=0.05)
    assert size["history_bytes"] == pytest.approx(sim.lists.nbytes, rel=0.2)


@pytest.mark.validate
@pytest.mark.parametrize("name", ["coba", "cuba", "cobahh", "brunel"])
def test_the_estimate_of_circuits_is_what_is_kept(name):
    net = getattr(am.circuits, name)(2000)
    sim, size = Simulation(net), net.estimate()
    sim.advance(1000)
    sim.lists.roll(sim.chunk_steps(None))  # as a chunk begins
    assert size["bytes"] == pytest.approx(sim.nbytes, rel=0.2)


def test_a_long_delay_costs_what_its_spikes_take():
    """Neurons that are silent keep nothing; spikes are kept as long as a delay, once each."""
    held = []
    for delay in ("1 ms", "100 ms"):
        sim = Simulation(lif(20_000, weight="0 pA", total=10, delay=delay))
        spikes = sum(len(sim.advance(100).ids) for _ in range(20))
        held.append(sim.lists.nbytes)
    assert held[1] - held[0] < 2 * 4 * spikes + 16 * 1000


def test_threads_meet_at_the_least_delay_or_before_lists_grow_long():
    intervals = [
        Simulation(lif(n, total=10, delay=d)).lists.room.interval
        for n, d in ((100, "2 ms"), (100, "0.1 ms"), (100_000, "2 ms"))
    ]
    assert intervals == [21, 2, 2]


def test_the_delay_is_named_if_its_spikes_do_not_fit(monkeypatch):
    monkeypatch.setattr(simulation, "available_bytes", lambda: 10**7)
    net = lif(100, p=0.1, delay="1 ms")
    net.synapses("E", "E", receptor="exc", weight="1 pA", p=0.1, delay="1e5 ms", name="slow")
    with pytest.raises(am.AmineError, match=r"Synapses 'slow', delay: .* need more memory .*given 100000 ms"):
        Simulation(net)
    with pytest.raises(am.AmineError, match="Network: it needs more memory"):
        Simulation(lif(5000, p=0.5))


def test_times_and_delays_that_no_run_reaches_are_refused():
    with pytest.raises(am.AmineError, match="delay: the time is too long"):
        lif(10, p=0.1, delay="1e30 ms")
    wide = lif(10, p=0.1, delay="uniform('1 ms', '1e12 ms')")
    assert wide.estimate()["bytes"] > 10**10 and np.isfinite(wide.estimate()["bytes"])


def test_what_a_coupling_keeps_until_it_arrives_is_counted(monkeypatch):
    unit = am.models.neuron("unit", "dy/dt = (x - y)/tau : 1; input x : 1", tau="1 ms")

    def coupled(delay: str) -> am.Network:
        net = am.Network()
        U = net.population("U", 1000, unit)
        net.coupling(U, U, into="x", value="y_pre", p=0.01, delay=delay)
        return net

    more = coupled("21 ms").estimate()["history_bytes"] - coupled("1 ms").estimate()["history_bytes"]
    assert more == 200 * 1000 * 8
    monkeypatch.setattr(simulation, "available_bytes", lambda: 10**9)
    with pytest.raises(
        am.AmineError, match=r"Coupling 'U->U.x', delay: so many steps need more memory .*given 100000 ms"
    ):
        Simulation(coupled("1e5 ms"))
