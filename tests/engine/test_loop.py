"""Networks in a loop: rates that change, spikes that come back, and the same bits whatever the threads, stops and restarts."""

from __future__ import annotations

import numpy as np
import pytest

import amine as am
from amine.experiments import water_maze as maze


def network(seed: int = 5) -> am.Network:
    """That of the water maze, which has all that matters here: sources, plastic synapses, a field that gates them, noise."""
    return maze.network(seed, 0.0285)


def drive(loop, stops=()) -> None:
    """The same rates at the same times: also within the 16 steps whose spikes are drawn together. ``stops``: further stops in ms."""
    rng = np.random.default_rng(2)
    changes = np.cumsum(rng.integers(1, 24, 25)) * 1.0
    rates = rng.uniform(0, 60, (25, len(maze.FIELDS)))
    for t in np.unique(np.concatenate([changes, stops])):
        if t > loop.time:
            loop.advance(f"{t - loop.time} ms")
        at = np.flatnonzero(changes == t)
        if len(at):
            loop.set_rates("place cells", rates[at[0]] * am.units.Hz)
            loop.set_rates("dopamine neurons", float(rates[at[0], 0]) * am.units.Hz)
    loop.advance("20 ms")


def same(a: am.Run, b: am.Run) -> bool:
    return (
        a.duration == b.duration
        and a.spikes.hash() == b.spikes.hash()
        and all(np.array_equal(a.weights(n)[x], b.weights(n)[x]) for n in ("value", "policy") for x in "we")
        and np.array_equal(a.concentration("dopamine").values, b.concentration("dopamine").values)
    )


@pytest.fixture(scope="module")
def reference() -> am.Run:
    loop = network().loop()
    drive(loop)
    run = loop.run()
    assert all(n > 30 for name, n in run.spikes.counts().items() if name != "wall")
    return run


@pytest.mark.parametrize("threads", [2, 3])
def test_threads(reference, threads):
    loop = network().loop(threads=threads)
    drive(loop)
    assert same(loop.run(), reference)


def test_other_stops_in_between(reference):
    loop = network().loop()
    drive(loop, np.arange(1.0, 150.0, 3.0))
    assert same(loop.run(), reference)


def test_it_goes_on_from_a_checkpoint(reference, tmp_path):
    loop = network().loop()
    stop = 101.0  # within an epoch of draws, after a change of rates within it or before
    seen = []

    class Cut:
        """Advances like a loop, and is replaced by one read from disk at ``stop``."""

        def __init__(self):
            self.loop = loop

        time = property(lambda self: self.loop.time)

        def set_rates(self, *given):
            self.loop.set_rates(*given)

        def advance(self, span):
            self.loop.advance(span)
            if self.loop.time >= stop and not seen:
                seen.append(self.loop.time)
                self.loop.save(tmp_path / "c")
                self.loop = network().loop(threads=2, resume=tmp_path / "c")

    cut = Cut()
    drive(cut, [stop])
    assert seen and same(cut.loop.run(), reference)
    with pytest.raises(am.AmineError, match="another network"):
        network(6).loop(resume=tmp_path / "c")


def test_without_changes_it_is_a_run(tmp_path):
    loop = network().loop()
    D = "dopamine neurons"
    counts = sum(loop.advance(f"{t} ms")[D] for t in (3, 40, 57))
    run = network().run("100 ms", progress=False)
    assert same(loop.run(), run) and np.array_equal(counts, np.bincount(run.spikes[D].indices, minlength=maze.DOPAMINE))


def test_rates_are_those_that_were_set():
    """Each of 500 neurons, rates changed every 5 of 16 steps: counts against their expectation, and no memory between changes."""
    net = am.Network(seed=1, dt="1 ms")
    P = net.population("P", 500, "poisson", rate="0 Hz")
    loop = net.loop(keep=False)
    rates = np.linspace(0.0, 400.0, 500)
    total, odd, even = np.zeros(500), [], []
    for k in range(400):  # 2 s in steps of 5 ms
        loop.set_rates(P, (rates if k % 2 else rates[::-1]) * am.units.Hz)
        n = loop.advance("5 ms")["P"]
        total += n
        (odd if k % 2 else even).append(n.sum())
    expected = 400.0 * 1e-3 * 5 * 200 * np.ones(500)
    assert abs((total - expected).mean()) < 4 * np.sqrt(expected.mean() / 500)
    assert np.corrcoef(even, odd)[0, 1] == pytest.approx(0.0, abs=0.28)  # 4 standard deviations of 200 pairs
    deviation = (total - expected) / np.sqrt(expected)
    assert 0.5 < deviation.var() < 1.2  # Bernoulli: below 1


def test_a_rate_set_to_its_own_value_changes_nothing():
    def spikes(again: bool) -> str:
        net = am.Network(seed=3)
        net.population("P", 20, "poisson", rate="80 Hz")
        loop = net.loop()
        loop.advance("7 ms")
        if again:
            loop.set("P.rate", "80 Hz")
        loop.advance("50 ms")
        return loop.run().spikes.hash()

    assert spikes(True) == spikes(False)


def test_rates_of_one_population_leave_the_others_alone():
    net = am.Network(seed=1, dt="1 ms")
    net.population("P", 100, "poisson", rate="0 Hz")
    net.population("Q", 100, "poisson", rate="50 Hz")
    a, b = net.loop(), net.loop()
    a.set_rates("P", "100 Hz")
    assert np.array_equal(a.advance("200 ms")["Q"], b.advance("200 ms")["Q"])


def test_nothing_is_kept_if_not_wanted():
    loop = network().loop(keep=False)
    loop.advance("10 ms")
    with pytest.raises(am.AmineError, match="nothing was kept"):
        loop.run()


@pytest.mark.parametrize(
    ("population", "rates", "sentence"),
    [
        ("place cell", "5 Hz", "did you mean 'place cells'"),
        ("actor", "5 Hz", "no Poisson source"),
        ("place cells", 5.0, "unit is missing"),
        ("place cells", "-5 Hz", "negative"),
        ("place cells", "5 mV", "wrong dimension"),
        ("place cells", [1.0, 2.0] * am.units.Hz, "number of rates is wrong"),
        ("place cells", np.nan * am.units.Hz, "not finite"),
        ("place cells", "3 kHz", "at most 1000 Hz"),
    ],
)
def test_wrong_rates_are_said_and_change_nothing(population, rates, sentence):
    loop, other = network().loop(), network().loop()
    with pytest.raises(am.AmineError, match=sentence):
        loop.set_rates(population, rates)
    assert np.array_equal(loop.advance("50 ms")["dopamine neurons"], other.advance("50 ms")["dopamine neurons"])


def test_wrong_spans_and_weights_are_said():
    loop = network().loop()
    with pytest.raises(am.AmineError, match="multiple of 1 ms"):
        loop.advance("0.7 ms")
    with pytest.raises(am.AmineError, match="did you mean 'policy'"):
        loop.weights("polcy")
