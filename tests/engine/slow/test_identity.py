"""Slow signals and what they change do not depend on threads, chunks or restarts, to the last bit."""

from __future__ import annotations

import numpy as np
import pytest

import amine as am


def network() -> am.Network:
    net = am.Network(seed=11)
    place = np.random.default_rng(0).uniform(0, 500, (300, 2)) * am.units.um
    E = net.population(
        "E",
        300,
        "lif_cond",
        I_e="normal('190 pA', '20 pA')",
        initial={"v": 'uniform("-60 mV", "-50 mV")'},
        positions=place,
    )
    I = net.population("I", 140, "adex", I_e="500 pA")
    vta = net.population("vta", 70, "poisson", rate="20 Hz", positions=place[:70])
    net.synapses(
        E,
        E + I,
        receptors={"AMPA": "3 nS", "NMDA": "0.3 nS"},
        p=0.1,
        delay='normal("1.5 ms", "0.7 ms").clipped("0.1 ms")',
    )
    net.synapses(I, E, receptor="GABA_A", weight="10 nS", indegree=20, delay="0.8 ms", release="tsodyks_markram")
    DA = net.field("dopamine", released_by=vta[::2], uptake="DAT", tonic="20 nM", release="5 nM")
    net.field(
        "no", released_by=E, removal="20 ms", release="3 nM", grid=(5, 5), spacing="100 um", diffusion="3 um**2/ms"
    )
    net.field(
        "ecb",
        released_by=E + I,
        removal="50 ms",
        release="0.1 nM",
        regions={"a": E[:100] + I, "b": E[100:]},
        exchange="0.01 1/ms",
    )
    net.modulate(E, by=DA, receptor="D1", acts_on="NMDA.conductance", maximum=2.0, EC50="50 nM", tau="20 ms")
    net.modulate(E, by="no", receptor="sGC", acts_on="tau_m", maximum=1.3, EC50="10 nM", tau="5 ms", tau_decay="40 ms")
    net.modulate(E[50:250], by="ecb", receptor="R", acts_on="V_th", maximum=0.95, EC50="10 nM")
    net.modulate(I, by="ecb", receptor="CB1", acts_on="release.U", maximum=0.2, EC50="5 nM", hill=2)
    net.dose("ketamine", am.bath("50 uM", start="20.4 ms"))
    net.dose("memantine", "5 uM")
    net.dose("cocaine", am.dose_ramp("0 uM", "1 uM", "10 ms", "50 ms"))
    net.dose("diazepam", am.dose_table(["15 ms", "60 ms"], ["0.1 uM", "0 uM"]))
    net.probe(E[3:90:7], "v", every="0.3 ms", name="cells")
    return net


@pytest.fixture(scope="module")
def reference():
    return network().run("100 ms", progress=False)


def same(a, b) -> None:
    assert a.spikes.hash() == b.spikes.hash()
    assert np.array_equal(a.probes["cells"]["v"], b.probes["cells"]["v"])
    assert a.slow.keys() == b.slow.keys() and len(a.slow) == 17
    for name, p in a.slow.items():
        assert np.array_equal(p.times, b.slow[name].times), name
        assert all(np.array_equal(x, np.asarray(b.slow[name].values[v])) for v, x in p.values.items()), name


def test_the_reference_is_active(reference):
    assert all(n > 50 for n in reference.spikes.counts().values())
    for name in ("dopamine", "no", "ecb"):
        assert np.ptp(reference.concentration(name).values) > 1e-3, name


@pytest.mark.parametrize("threads", [2, 3])
def test_threads(reference, threads):
    same(reference, network().run("100 ms", threads=threads, progress=False))


@pytest.mark.parametrize(("threads", "chunk"), [(1, "0.1 ms"), (1, "7.3 ms"), (2, "1.1 ms"), (3, "33.3 ms")])
def test_chunks(reference, threads, chunk):
    same(reference, network().run("100 ms", threads=threads, chunk=chunk, progress=False))


@pytest.mark.parametrize(("before", "after", "stored"), [(1, 2, False), (2, 1, True)])
def test_resume(reference, tmp_path, before, after, stored):
    place = {
        "checkpoint": tmp_path / "state",
        "store": tmp_path / "store.zarr" if stored else None,
        "progress": False,
        "chunk": "7.3 ms",
    }
    network().run("36.5 ms", threads=before, **place)
    same(reference, network().run("100 ms", threads=after, resume=True, **place))


def test_saved_runs_keep_the_chemistry(reference, tmp_path):
    reference.save(tmp_path / "run.zarr")
    same(reference, am.Run.load(tmp_path / "run.zarr"))


def test_the_description_comes_back():
    net = network()
    again = am.Network.from_dict(net.to_dict())
    assert again == net and again.hash() == net.hash()
    plain = am.circuits.coba(100).to_dict()
    assert not {"fields", "modulations", "doses"} & set(plain)
