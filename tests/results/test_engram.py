"""Receptive fields and engrams: the arithmetic of weights, and where the weights of the start come from."""

from __future__ import annotations

import numpy as np
import pytest

import amine as am

PLUS = am.plasticity.rule("plus", "w : nS in 0 nS .. 3 nS\non pre w += step", step="0.1 nS")


def network(**more):
    """Sources that spike 0, 1, .. 5 times; each spike adds 0.1 nS to all their synapses."""
    net = am.Network(seed=3)
    times = np.concatenate([np.arange(1.0, n + 1) for n in range(6)])
    P = net.population("P", 6, "spike_list", times=times * am.units.ms, indices=np.repeat(np.arange(6), np.arange(6)))
    E = net.population("E", 4, "lif_cond")
    more = {"weight": "uniform('0.5 nS', '1 nS')", "p": 0.7, **more}
    return net, net.synapses(P, E, receptor="AMPA", rule=PLUS, name="syn", **more)


@pytest.fixture(scope="module")
def run():
    return network()[0].run("20 ms", precision="float64", progress=False)


def test_fields_are_the_matrix_turned(run):
    w = run.weights()
    fields = run.receptive_fields("syn", (2, 3))
    assert fields.values.shape == (4, 2, 3) and fields.unit == "nS" and fields.bounds == (0.0, 3.0)
    np.testing.assert_array_equal(fields.values.reshape(4, 6), w.matrix(6, 4).T)
    np.testing.assert_array_equal(fields[2], run.receptive_fields()[2].reshape(2, 3))
    for f in (fields.figure(), fields.figure([3, 0], columns=1), run.receptive_fields().figure()):
        assert f.axes[-1].get_ylabel() == "weight (nS)"


@pytest.mark.parametrize("shape", [(2, 2), (6, 1, 1), (-2, -3), (), (2.0, 3)])
def test_shapes_that_hold_no_sources(run, shape):
    with pytest.raises(am.AmineError, match="not the number of sources"):
        run.receptive_fields(shape=shape)


def test_an_engram_is_the_fewest_synapses_of_the_share(run):
    w = run.weights()
    expected = 0.1 * w.sources
    for share in (0.3, 0.5, 0.9, 1.0):
        e = run.engram(share=share)
        np.testing.assert_allclose(e.change, 0.1 * e.pre, atol=1e-12)
        assert (np.diff(e.change) <= 1e-12).all()
        assert e.total == pytest.approx(expected.sum())
        assert e.share.sum() >= share - 1e-9 and e.share[:-1].sum() < share
    assert len(e) == (w.sources > 0).sum()
    assert len(e.figure().axes) == 3
    pairs = set(zip(w.sources.tolist(), w.targets.tolist(), strict=True))
    assert set(zip(e.pre.tolist(), e.post.tolist(), strict=True)) <= pairs


def test_erased_and_loaded_the_network_starts_where_it_had_been(run):
    net, syn = network()
    net.load_weights(syn, run.engram(share=1.0).erased())
    start = network()[0].run("0 ms", precision="float64", progress=False).weights()
    again = net.run("0 ms", precision="float64", progress=False).weights()
    np.testing.assert_array_equal(again.weights, start.weights)
    part = run.engram(share=0.5)
    kept = np.setdiff1d(np.arange(len(run.weights())), part.index)
    np.testing.assert_array_equal(part.erased().weights[kept], run.weights().weights[kept])
    np.testing.assert_array_equal(part.erased().weights[part.index], start.weights[part.index])


def test_the_start_is_found_after_a_restart_too(run, tmp_path):
    run.save(tmp_path / "run.zarr")
    again = am.results.open(tmp_path / "run.zarr").engram()
    np.testing.assert_array_equal(again.change, run.engram().change)


def test_weights_given_to_compare_with(run, tmp_path):
    w = run.weights()
    w.save(tmp_path / "w.npz")
    assert len(run.engram(before=tmp_path / "w.npz")) == 0 and len(run.engram("syn", before=w)) == 0
    assert run.engram(before=w).figure() and repr(run.engram(before=w)).startswith("<engram of syn: 0 of")
    other = network(p=0.3)[0].run("0 ms", progress=False).weights()
    with pytest.raises(am.AmineError, match="another connectivity"):
        run.engram(before=other)


def test_bad_input(run):
    with pytest.raises(am.AmineError, match="above 0, at most 1"):
        run.engram(share=0.0)
    with pytest.raises(am.AmineError, match="did you mean 'syn'"):
        run.engram("sym")
    net, syn = network()
    short = net.run("1 ms", progress=False)
    net.seed = 4
    with pytest.raises(am.AmineError, match="changed after the run.*pass before="):
        short.engram(syn)
    P, E = net.populations.values()
    net.synapses(P, E, receptor="AMPA", weight="1 nS", connect="all_to_all", rule=PLUS, name="more")
    with pytest.raises(am.AmineError, match="several plastic projections.*name one: syn, more"):
        net.run("0 ms", progress=False).receptive_fields()
