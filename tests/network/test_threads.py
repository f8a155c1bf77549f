"""The number of threads that a network deserves."""

from __future__ import annotations

import pytest

import amine as am
from amine.network.threads import chosen, cores, threads_of


def network(neurons: int, delay: str = "1 ms") -> am.Network:
    net = am.Network(seed=1)
    E = net.population("E", neurons, "lif_cond")
    net.synapses(E, E, receptor="AMPA", weight="1 nS", p=0.1, delay=delay)
    return net


def test_large_networks_get_all_cores_and_small_ones_a_thread():
    assert chosen(network(100), 8) == 1
    assert chosen(network(100_000), 8) == 8
    counts = [chosen(network(n), 64) for n in (100, 1000, 10_000, 100_000, 10**6)]
    assert counts == sorted(counts)


def test_threads_that_meet_often_are_few():
    assert chosen(network(10_000, "0.1 ms"), 64) < chosen(network(10_000, "5 ms"), 64)
    gapped = network(10_000, "5 ms")
    gapped.gap_junctions(*[gapped.populations["E"]] * 2, conductance="1 nS", p=0.01)
    assert chosen(gapped, 64) == 1


def test_auto_is_a_number_of_threads_of_the_run():
    net = network(50)
    assert net.run("1 ms", threads="auto", progress=False).info["threads"] == chosen(net, cores())


@pytest.mark.parametrize("given", ["2", "", "all", 0, 1025, 1.5, True, None])
def test_other_words_and_numbers_are_refused(given):
    with pytest.raises(am.AmineError, match="Network.run, threads"):
        threads_of(given, network(5), "Network.run")
