"""Interpolated spikes: closed forms, order of convergence, what goes on after a reset, and identity of all ways to run."""

import numpy as np
import pytest

import amine as am
from amine.errors import AmineError

FAST = {"C": "200 pF", "tau_m": "20 ms", "E_L": "-70 mV", "V_r": "-60 mV", "V_th": "-50 mV", "I_e": "1000 pA"}


def interval(model, dt="0.1 ms", span="2 s", precision="float64", **given):
    net = am.Network(seed=1, dt=dt)
    E = net.population("E", 1, model, spikes="interpolated", **given)
    times = net.run(span, progress=False, precision=precision).spikes[E].times
    return (times[-1] - times[0]) / (len(times) - 1)


@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_the_rate_of_lif_is_that_of_the_closed_form(precision):
    assert 1e3 / interval("lif", precision=precision, **FAST) == pytest.approx(229.586, rel=1e-4)


@pytest.mark.parametrize("t_ref", [0.0, 0.03, 0.25, 1.0])
def test_a_refractory_time_counts_from_the_crossing_and_need_not_be_whole_steps(t_ref):
    expected = t_ref + 20 * np.log(9 / 8)
    assert interval("lif", **FAST, t_ref=f"{t_ref} ms") == pytest.approx(expected, rel=1e-4)


def test_what_a_reset_adds_goes_on_from_the_crossing():
    """Adaptation that jumps at spikes, a subtracting reset without refractory time, and a reset that reads another state."""
    text = (
        "dv/dt = (E - v)/tau - w/tau : mV\ndw/dt = -w/tau_w : mV\nthreshold v > th\n"
        "reset v -= th; w += b*(1 - w/c)\ninitial v = 0*mV"
    )
    units = {"E": "mV", "tau": "ms", "tau_w": "ms", "th": "mV", "b": "mV", "c": "mV"}
    values = {"E": "40 mV", "tau": "10 ms", "tau_w": "30 ms", "th": "10 mV", "b": "2 mV", "c": "50 mV"}
    model = am.models.neuron("subtracting", text, **values)
    assert set(model.units) == set(units)
    each = [interval(model, dt=f"{dt} ms", span="1 s") for dt in (0.2, 0.1, 0.05, 0.003125)]
    errors = np.abs(np.array(each[:3]) - each[3])
    assert errors[0] / each[3] < 2e-3
    assert (errors[:2] / errors[1:] > 2.5).all()  # second order; on the grid the ratio is 2 or less


def coupled():
    net = am.Network(seed=3)
    E = net.population(
        "E",
        100,
        "lif_cond",
        spikes="interpolated",
        I_e=am.uniform("200 pA", "400 pA"),
        initial={"v": am.uniform("-60 mV", "-50 mV")},
    )
    D = net.population("D", 70, "lif", spikes="interpolated", I_e="420 pA", receptors={"d": "delta"})
    G = net.population("G", 20, "adex", I_e="600 pA")
    net.synapses(E, E, receptor="AMPA", weight="2 nS", p=0.1, delay="1 ms")
    net.synapses(E, D, receptor="d", weight="0.5 mV", p=0.2, delay="1.5 ms")
    net.synapses(E, G, receptor="AMPA", weight="1 nS", p=0.1, delay="1.5 ms")
    net.poisson(E, rate="500 Hz", weight="1 nS", receptor="AMPA")
    return net


def test_threads_chunks_restarts_and_files_give_the_same_times(tmp_path):
    whole = coupled().run("60 ms", progress=False)
    assert whole.spikes["D"].times.size > 100
    assert (np.diff(whole.spikes.times) >= 0).all()
    on_grid = whole.spikes["G"].times / 0.1
    assert np.allclose(on_grid, np.round(on_grid))
    assert not np.allclose(whole.spikes["E"].times / 0.1, np.round(whole.spikes["E"].times / 0.1))
    for threads, chunk in ((2, None), (3, "7 ms")):
        assert coupled().run("60 ms", threads=threads, chunk=chunk, progress=False).spikes.hash() == whole.spikes.hash()
    loop = coupled().loop()
    loop.advance("20.3 ms")
    loop.save(tmp_path / "half")
    again = coupled().loop(resume=tmp_path / "half", threads=2)
    again.advance("39.7 ms")
    assert again.run().spikes.hash() == whole.spikes.hash()
    stored = coupled().run("60 ms", progress=False, store=tmp_path / "store")
    assert am.results.open(tmp_path / "store").spikes.hash() == stored.spikes.hash() == whole.spikes.hash()
    loaded = am.Network.from_dict(coupled().to_dict())
    assert loaded.populations["E"].spikes == "interpolated"
    assert loaded.hash() == coupled().hash()


def test_a_delta_input_over_the_threshold_spikes_at_the_end_of_the_step():
    net = am.Network(seed=1)
    P = net.population("P", 1, "spike_list", times=[5] * am.units.ms, indices=[0])
    for spikes in ("interpolated", "grid"):
        D = net.population(spikes, 1, "lif", spikes=spikes, receptors={"d": "delta"})
        net.synapses(P, D, receptor="d", weight="30 mV", connect="all_to_all", delay="1 ms")
    run = net.run("10 ms", progress=False)
    assert run.spikes["interpolated"].times.tolist() == run.spikes["grid"].times.tolist() == [6.0]


NOISY = am.models.neuron(
    "noisy", "dv/dt = -v/tau + s*xi : mV\nthreshold v > 1*mV\nreset v = 0*mV", tau="10 ms", s="1 mV/ms**0.5"
)
TWO = am.models.neuron("two", "dv/dt = -v/tau : mV\nthreshold v > 1*mV and v < 9*mV\nreset v = 0*mV", tau="10 ms")


@pytest.mark.parametrize(
    ("model", "spikes", "problem"),
    [
        ("poisson", "interpolated", "a source of spikes has no voltage"),
        (NOISY, "interpolated", "white noise"),
        (TWO, "interpolated", "not a single comparison"),
        ("lif", "exact", "this is not known"),
        ("lif", True, "this is not known"),
    ],
)
def test_what_has_no_time_within_a_step_is_refused(model, spikes, problem):
    with pytest.raises(AmineError, match=problem):
        am.Network().population("E", 2, model, spikes=spikes)


def test_training_refuses_interpolated_spikes():
    pytest.importorskip("torch")
    net = am.Network()
    net.population("E", 2, "lif", spikes="interpolated")
    with pytest.raises(AmineError, match="interpolated spikes are not differentiated"):
        net.to_module(inputs="E.current", outputs="E.rate")
