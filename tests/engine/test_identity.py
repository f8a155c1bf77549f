"""Results do not depend on threads, chunks or restarts, to the last bit."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

import amine as am


def network(seed: int = 7) -> am.Network:
    """All that could go wrong at once: two receptors, own weights and delays, release, gaps, noise, Poisson, stimulus, probes."""
    net = am.Network(seed=seed)
    noisy = am.models.neuron(
        "noisy_lif",
        "dv/dt = (E_L - v)/tau + sigma*sqrt(2/tau)*xi + (I + I_e)/C : mV\nthreshold v > V_th\nreset v = E_L\nrefractory t_ref hold v\ninitial v = E_L",
        E_L="-65 mV",
        tau="12 ms",
        sigma="1.5 mV",
        C="200 pF",
        V_th="-50 mV",
        t_ref="2 ms",
        I_e="180 pA",
    )
    E = net.population(
        "E", 300, "lif_cond", I_e="normal('160 pA', '10 pA')", initial={"v": 'uniform("-60 mV", "-50 mV")'}
    )
    I = net.population("I", 130, noisy, receptors={"AMPA": "AMPA", "GABA_A": "GABA_A"})
    net.synapses(
        E,
        E + I,
        receptors={"AMPA": "3 nS", "NMDA": "0.3 nS"},
        p=0.1,
        delay='normal("1.5 ms", "0.7 ms").clipped("0.1 ms")',
    )
    net.synapses(
        I,
        E,
        receptor="GABA_A",
        weight='normal("20 nS", "4 nS").truncated("0 nS")',
        indegree=20,
        delay="0.8 ms",
        release="tsodyks_markram",
    )
    net.synapses(I, I, receptor="GABA_A", weight="5 nS", p=0.1)
    net.gap_junctions(I, I, conductance="0.3 nS", p=0.05)
    net.poisson(E[:200], rate="8 Hz", receptor="AMPA", weight="1 nS", n=50)
    net.stimulus(I[:50], am.sine("40 pA", "20 Hz", start="13 ms"))
    net.probe(E[3:90:7], "v", "g_AMPA", every="0.3 ms", name="cells")
    net.probe(I, "v", name="inhibitory")
    return net


@pytest.fixture(scope="module")
def reference():
    return network().run("120 ms", progress=False)


def same(a, b) -> bool:
    return a.spikes.hash() == b.spikes.hash() and all(
        np.array_equal(np.asarray(p.values[v]), np.asarray(b.probes[n].values[v]))
        and np.array_equal(p.times, b.probes[n].times)
        for n, p in a.probes.items()
        for v in p.values
    )


def test_the_reference_is_active(reference):
    assert all(n > 50 for n in reference.spikes.counts().values())


@pytest.mark.parametrize("threads", [2, 3, 4])
def test_threads(reference, threads):
    assert same(reference, network().run("120 ms", threads=threads, progress=False))


@pytest.mark.parametrize(("threads", "chunk"), [(1, "0.1 ms"), (1, "7.3 ms"), (2, "1.1 ms"), (4, "33.3 ms")])
def test_chunks(reference, threads, chunk):
    assert same(reference, network().run("120 ms", threads=threads, chunk=chunk, progress=False))


def test_another_seed_gives_other_spikes(reference):
    assert network(8).run("120 ms", progress=False).spikes.hash() != reference.spikes.hash()


@pytest.mark.parametrize(("before", "after", "stored"), [(1, 2, False), (2, 1, True), (4, 3, True)])
def test_resume(reference, tmp_path, before, after, stored):
    place = {
        "checkpoint": tmp_path / "state",
        "store": tmp_path / "store.zarr" if stored else None,
        "progress": False,
        "chunk": "10 ms",
    }
    network().run("50 ms", threads=before, **place)
    assert same(reference, network().run("120 ms", threads=after, resume=True, **place))


def test_order_names_and_strangers_change_nothing(reference):
    """Parts in the opposite order under other names, and unconnected populations before them that do all that others do."""
    strangers = am.Network()
    A = strangers.population("A", 33, "lif_cond", I_e="uniform('300 pA', '600 pA')")
    C = strangers.population("C", 17, "poisson", rate="30 Hz")
    strangers.synapses(C, A, receptor="AMPA", weight="uniform('1 nS', '2 nS')", p=0.3, delay="uniform('1 ms', '9 ms')")
    strangers.synapses(A, A, receptors={"AMPA": "1 nS", "GABA_A": "1 nS"}, p=0.2)
    strangers.poisson(A, rate="500 Hz", receptor="AMPA", weight="1 nS")
    strangers.gap_junctions(A, A, conductance="20 nS", p=0.5)
    text = json.dumps(network().to_dict()).replace('"E"', '"z"').replace('"I"', '"a"')
    data, more = json.loads(text), strangers.to_dict()
    for kind in ("populations", "projections", "electrical", "inputs", "stimuli", "probes"):
        data[kind] = more[kind] + data[kind][::-1]
    run = am.Network.from_dict(data).run("120 ms", progress=False)
    for before, after in (("E", "z"), ("I", "a")):
        one, two = reference.spikes[before], run.spikes[after]
        assert np.array_equal(one.times, two.times) and np.array_equal(one.indices, two.indices)
    for name, p in reference.probes.items():
        assert all(np.array_equal(np.asarray(p.values[v]), np.asarray(run.probes[name].values[v])) for v in p.values)


SCRIPT = """
import sys
sys.path.insert(0, {folder!r})
from test_identity import network
network().run("120 ms", threads=2, chunk="1 ms", checkpoint={state!r}, store={store!r}, checkpoint_every="1 ms", resume=True, progress=False)
print("done")
"""


@pytest.mark.parametrize("stored", [False, True])
def test_a_killed_run_resumes(reference, tmp_path, stored):
    """SIGKILL at arbitrary moments, again and again, until a run comes through: its spikes are those of an uninterrupted one."""
    state, store = tmp_path / "state", tmp_path / "store.zarr"
    text = SCRIPT.format(folder=os.path.dirname(__file__), state=str(state), store=str(store) if stored else None)
    kills, rng = 0, np.random.default_rng(1)
    for _ in range(4):
        process = subprocess.Popen([sys.executable, "-c", text], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        limit = time.time() + 60
        while time.time() < limit and process.poll() is None and not state.exists():
            time.sleep(0.01)
        time.sleep(rng.uniform(0.02, 0.25))
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            kills += 1
        process.communicate()
    assert kills > 0 and state.exists()
    end = network().run("120 ms", checkpoint=state, store=store if stored else None, resume=True, progress=False)
    assert same(reference, end)


def test_interrupt_returns_what_was_simulated(reference):
    text = f"""
import os, signal, sys
sys.path.insert(0, {os.path.dirname(__file__)!r})
from amine.engine.time.simulation import Simulation
from test_identity import network
net, advance, calls = network(), Simulation.advance, []
def counted(self, steps):
    calls.append(steps)
    if len(calls) == 20:
        os.kill(os.getpid(), signal.SIGINT)
    return advance(self, steps)
Simulation.advance = counted
run = net.run("10000 s", progress=False, chunk="10 ms")
assert not run.complete and run.duration == 200.0, run
early = run.spikes.times <= 120
import hashlib
h = hashlib.sha256(run.spikes.steps[early].astype("<i8").tobytes()); h.update(run.spikes.ids[early].astype("<i4").tobytes())
print(h.hexdigest(), run.duration)
"""
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    digest, duration = done.stdout.split()
    assert float(duration) == 200.0 and digest == reference.spikes.hash()
