"""What goes wrong while a run is prepared or goes on: one sentence that names the place and the mend."""

from __future__ import annotations

import numpy as np
import pytest

import amine as am


def small(seed: int = 1) -> am.Network:
    net = am.Network(seed=seed)
    P = net.population("P", 20, "lif", I_e="400 pA")
    net.synapses(P, P, receptor="exc", weight="10 pA", p=0.2)
    return net


def test_a_state_that_is_no_number_is_named():
    runaway = am.models.neuron("runaway", "dv/dt = v*v/tau/mV + I/C : mV\ninitial v = 1*mV", tau="20 ms", C="100 pF")
    net = am.Network()
    net.population("fine", 3, "lif")
    bad = net.population("bad", 70, runaway, initial={"v": np.where(np.arange(70) == 66, 1.0, -1.0) * am.units.mV})
    assert bad.model.integrators["v"] == "rk4"
    with pytest.raises(
        am.AmineError,
        match=r"Population 'bad', neuron 66, variable 'v': it is not a finite number at (19|2\d)[.\d]* ms; .*smaller dt",
    ):
        net.run("100 ms", progress=False)


def test_infinite_constants_are_named():
    model = am.models.neuron(
        "flat", "dv/dt = (E - v)/(tau - tau_2) + I/C : mV", E="0 mV", tau="5 ms", tau_2="5 ms", C="1 pF"
    )
    net = am.Network()
    net.population("P", 1, model)
    with pytest.raises(am.AmineError, match="Population 'P'"):
        net.run("1 ms", progress=False)


def test_more_synapses_than_memory_are_refused_with_the_figure():
    net = am.Network()
    P = net.population("P", 2_000_000, "lif")
    net.synapses(P, P, receptor="exc", weight="1 pA", p=0.5)
    with pytest.raises(am.AmineError, match=r"2,000,000,000,000 synapses, 8000\.\d GB.*lower p"):
        net.run("1 ms", progress=False)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"duration": "1"}, "unit is missing"),
        ({"duration": "1.05 ms"}, "multiple of the time step"),
        ({"duration": "-1 ms"}, "negative"),
        ({"duration": "1 mV"}, "dimension"),
        ({"duration": "1 ms", "threads": 0}, "threads"),
        ({"duration": "1 ms", "precision": "float16"}, "precision"),
        ({"duration": "1 ms", "resume": True}, "checkpoint"),
        ({"duration": "1 ms", "chunk": "0 ms"}, "chunk"),
    ],
)
def test_bad_arguments_of_a_run(arguments, words):
    with pytest.raises(am.AmineError, match=words):
        small().run(**arguments, progress=False)


def test_an_empty_network():
    with pytest.raises(am.AmineError, match="no populations"):
        am.Network().run("1 ms", progress=False)


@pytest.mark.parametrize("content", [b"", b"not a checkpoint", b"PK\x03\x04 damaged"])
def test_damaged_checkpoints(tmp_path, content):
    (tmp_path / "state").write_bytes(content)
    with pytest.raises(am.AmineError, match="not a checkpoint, or it is damaged"):
        small().run("1 ms", checkpoint=tmp_path / "state", resume=True, progress=False)


def test_truncated_and_foreign_checkpoints(tmp_path):
    path = tmp_path / "state"
    small().run("5 ms", checkpoint=path, progress=False)
    with pytest.raises(am.AmineError, match="another network"):
        small(seed=2).run("10 ms", checkpoint=path, resume=True, progress=False)
    with pytest.raises(am.AmineError, match="another precision"):
        small().run("10 ms", checkpoint=path, resume=True, precision="float64", progress=False)
    with pytest.raises(am.AmineError, match="it exists"):
        small().run("10 ms", checkpoint=path, progress=False)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(am.AmineError, match="damaged"):
        small().run("10 ms", checkpoint=path, resume=True, progress=False)


def test_a_run_killed_before_its_first_checkpoint_can_be_resumed(tmp_path, monkeypatch):
    """A checkpoint is made at the start, so that the store of such a run need not be cleared away by hand."""
    from amine.engine.time.simulation import Simulation

    place = {"store": tmp_path / "a.zarr", "checkpoint": tmp_path / "state", "progress": False}

    def killed(self, steps):
        raise KeyboardInterrupt

    with monkeypatch.context() as m, pytest.raises(KeyboardInterrupt):
        m.setattr(Simulation, "advance", killed)
        small().run("20 ms", **place)
    assert (
        small().run("20 ms", resume=True, **place).spikes.hash() == small().run("20 ms", progress=False).spikes.hash()
    )


def test_foreign_and_existing_stores(tmp_path):
    (tmp_path / "folder").mkdir()
    with pytest.raises(am.AmineError, match="it exists"):
        small().run("1 ms", store=tmp_path / "folder", progress=False)
    assert list((tmp_path / "folder").iterdir()) == []
    small().run("5 ms", store=tmp_path / "a.zarr", checkpoint=tmp_path / "state", progress=False)
    with pytest.raises(am.AmineError, match="not a store"):
        small().run("9 ms", store=tmp_path / "folder", checkpoint=tmp_path / "state", resume=True, progress=False)


def test_release_models_must_be_solvable_between_spikes():
    bad = am.models.release("bad", "dx/dt = (1 - x*x)/tau : 1\npayload x\ninitial x = 1", tau="10 ms")
    net = am.Network()
    P = net.population("P", 5, "lif")
    net.synapses(P, P, receptor="exc", weight="1 pA", p=0.5, release=bad)
    with pytest.raises(am.AmineError, match="'x' is not linear between spikes"):
        net.run("1 ms", progress=False)


def test_a_poisson_source_cannot_fire_twice_a_step():
    net = am.Network()
    net.population("S", 5, "poisson", rate="20 kHz")
    with pytest.raises(am.AmineError, match="more than one spike a step"):
        net.run("1 ms", progress=False)
