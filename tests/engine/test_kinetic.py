"""Schemes at the source: the sums at a target against an independent solution of each synapse's differential equation."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import solve_ivp

import amine as am
from amine.engine.transmission.schemes import equilibrium, generator_matrix
from amine.equations.schemes import read

WEIGHTS = np.array([1.0, 2.5])
TRAINS = [[2.0, 5.0, 5.5, 20.0], [3.1, 12.0, 12.4]]  # some within the pulse of the one before
DELAY = 1.5


def network(model, weights=WEIGHTS, release=None, **more):
    net = am.Network(dt="0.1 ms", seed=2)
    times = np.concatenate(TRAINS)
    indices = np.repeat(np.arange(len(TRAINS)), [len(x) for x in TRAINS])
    S = net.population("S", 2, "spike_list", times=times * am.units.ms, indices=indices)
    P = net.population("P", 1, "lif_cond", V_th="1e6 mV", receptors={"x": model})
    net.synapses(
        S,
        P,
        receptors={"x": weights * am.units.nS},
        connect="all_to_all",
        delay=f"{DELAY} ms",
        detail="kinetic",
        release=release,
        **more,
    )
    return net, P


def reference(model, t):
    """States of every synapse by LSODA at tight tolerance, weighted and summed: (times, states)."""
    s = read(model.equations, model.name)
    v = {n: am.units.to_internal(x, model.units[n], n) for n, x in model.parameters.items()}
    off, on = (generator_matrix(s, [eval(k.rate, {}, {**v, "T": T}) for k in s.transitions]) for T in (0.0, v["T_max"]))
    rest, out = equilibrium(off), 0.0
    for w, train in zip(WEIGHTS, TRAINS, strict=True):
        edges = sorted({0.0, t[-1], *(x + DELAY for x in train), *(x + DELAY + v["T_width"] for x in train)})
        x, parts = rest, []
        for a, b in zip(edges[:-1], edges[1:], strict=True):
            mid = (a + b) / 2 - DELAY
            Q = on if any(y <= mid < y + v["T_width"] for y in train) else off
            inside = t[(t >= a - 1e-9) & (t < b - 1e-9)]
            done = solve_ivp(
                lambda _, y, Q=Q: Q @ y,
                (a, b),
                x,
                method="LSODA",
                t_eval=np.append(np.maximum(inside, a), b),
                rtol=1e-10,
                atol=1e-13,
            )
            parts.append(done.y[:, :-1])
            x = done.y[:, -1]
        whole = np.concatenate([*parts, x[:, None]], 1)
        out = out + w * (whole - rest[:, None])
    return s, out


def large(name):
    """Schemes whose many equations take longest to compile run under validate."""
    many = len(am.models.get(name).parsed.states) > 12
    return pytest.param(name, marks=pytest.mark.validate) if many else name


@pytest.mark.parametrize("name", [large(n) for n in am.models.names("scheme")])
def test_sums_against_lsoda(name):
    model = am.models.get(name)
    net, P = network(model)
    s = read(model.equations, name)
    state = "g_x" if s.opens else f"{s.free[0]}_x"
    probe = net.probe(P, state)
    data = net.run("40 ms", progress=False, precision="float64").probes[probe.name]
    _, states = reference(model, data.times)
    which = [s.states.index(x) for x in (s.opens or s.free[:1])]
    expected = states[which].sum(0)
    np.testing.assert_allclose(data[state][:, 0], expected, atol=1e-3 * np.abs(expected).max() * 1e-3)
    single = net.run("40 ms", progress=False).probes[probe.name]
    np.testing.assert_allclose(single[state][:, 0], expected, atol=1e-4 * np.abs(expected).max())


@pytest.mark.parametrize(
    ("name", "peak"), [("AMPA_two_state", 0.617986), ("NMDA_two_state", 0.069243), ("GABA_A_two_state", 0.959819)]
)
def test_peaks_of_the_published_two_state_schemes(name, peak):
    """r after a pulse of 1 mM for 1 ms (Destexhe, Mainen & Sejnowski 1998)."""
    net = am.Network()
    S = net.population("S", 1, "spike_list", times=np.array([2.0]) * am.units.ms, indices=np.array([0]))
    P = net.population("P", 1, "lif_cond", V_th="1e6 mV", receptors={"x": name})
    net.synapses(S, P, receptors={"x": "1 nS"}, connect="one_to_one", detail="kinetic")
    probe = net.probe(P, "g_x")
    assert np.max(net.run("10 ms", progress=False).probes[probe.name]["g_x"]) == pytest.approx(peak, rel=1e-5)


def opened(pulses: int) -> tuple[float, float]:
    """Largest share of GABA_B channels that pulses at 200 Hz open, and when."""
    net = am.Network(dt="0.1 ms")
    S = net.population(
        "S", 1, "spike_list", times=(1.0 + 5.0 * np.arange(pulses)) * am.units.ms, indices=np.zeros(pulses, int)
    )
    P = net.population("P", 1, "lif_cond", V_th="1e6 mV")
    net.synapses(S, P, receptors={"GABA_B": "3 nS"}, connect="one_to_one", detail="kinetic", transmitter="GABA")
    probe = net.probe(P, "s_GABA_B")
    data = net.run("300 ms", progress=False, precision="float64").probes[probe.name]
    s = data["s_GABA_B"][:, 0] / 3.0
    return float((s**4 / (s**4 + 100.0)).max()), float(data.times[np.argmax(s)]) - 1.1


def test_gaba_b_is_far_more_than_linear():
    """One pulse opens 1.45e-5 after 102 ms, five at 200 Hz 4.97e-3 after 112 ms."""
    one, when = opened(1)
    five, later = opened(5)
    assert one == pytest.approx(1.45e-5, rel=0.01) and when == pytest.approx(102, abs=1)
    assert five == pytest.approx(4.97e-3, rel=0.01) and later == pytest.approx(112, abs=1)


def test_nothing_is_left_after_many_pulses():
    """Masses are whole numbers: when all pulses have ended the target's sum of synapses under transmitter is zero."""
    from amine.engine.time.simulation import Simulation

    net = am.Network(seed=5)
    S = net.population("S", 300, "poisson", rate="40 Hz")
    P = net.population("P", 40, "lif_cond", V_th="1e6 mV", receptors={"x": "AMPA_six_state"})
    weight = am.lognormal("1.7 nS", "1 nS")
    net.synapses(S, P, receptors={"x": weight}, p=0.3, delay=am.uniform("0.5 ms", "3 ms"), detail="kinetic")
    sim = Simulation(net)
    sim.advance(20_000)
    place = sim.slices[1]
    assert (place.get(sim.arrays.X, "M_x").view(np.int32) > 0).any()
    sim.arrays.X[: sim.slices[0].stride * sim.slices[0].blocks] = 0.0  # the sources fall silent
    sim.advance(100)
    assert (place.get(sim.arrays.X, "M_x").view(np.int32) == 0).all()
    sim.advance(20_000)
    assert np.abs(place.get(sim.arrays.X, "g_x")).max() < 1e-4


def test_release_that_depresses_is_a_share_of_the_receptors():
    """A mean release f moves the part f of the receptors under transmitter; with f = 1 all of them."""
    plain, P = network(am.models.AMPA_two_state)
    full, _ = network(
        am.models.AMPA_two_state, release=am.models.tsodyks_markram(U=1.0, tau_rec="0.001 ms", tau_facil="0.001 ms")
    )
    half, _ = network(
        am.models.AMPA_two_state, release=am.models.tsodyks_markram(U=0.5, tau_rec="0.001 ms", tau_facil="0.001 ms")
    )
    traces = []
    for net in (plain, full, half):
        probe = net.probe(net.populations["P"], "g_x")
        traces.append(net.run("4.4 ms", progress=False).probes[probe.name]["g_x"][:, 0])
    np.testing.assert_allclose(traces[1], traces[0], rtol=1e-6)
    np.testing.assert_allclose(traces[2], traces[0] / 2, rtol=1e-5)


def everything(seed: int = 4) -> am.Network:
    net = am.Network(seed=seed)
    E = net.population("E", 300, "lif_cond", I_e="260 pA", initial={"v": 'uniform("-60 mV", "-50 mV")'})
    I = net.population(
        "I",
        140,
        "lif_cond",
        I_e="260 pA",
        initial={"v": 'uniform("-60 mV", "-50 mV")'},
        receptors={"fast": "exponential"},
    )
    net.synapses(
        E,
        E + I,
        transmitter="glutamate",
        receptors={"AMPA": "3 nS", "NMDA": "1 nS"},
        p=0.1,
        delay="1 ms",
        detail="kinetic",
    )
    net.synapses(
        I,
        E,
        transmitter="GABA",
        receptors={"GABA_A": am.normal("6 nS", "1 nS").clipped("0 nS"), "GABA_B": "0.5 nS"},
        indegree=20,
        delay=am.uniform("0.4 ms", "2 ms"),
        detail="kinetic",
        release=am.models.quantal(n=4, p=0.5, tau_rec="300 ms", tau_facil="50 ms"),
    )
    net.synapses(
        I, I, receptors={"GABA_A": "5 nS"}, p=0.1, release=am.models.quantal(n=3, p=0.4, cv=0.3, tau_rec="200 ms")
    )
    net.synapses(
        E,
        I,
        receptors={"fast": am.uniform("0.1 nS", "0.2 nS")},
        p=0.1,
        release=am.models.tsodyks_markram(U=am.uniform("0.2", "0.6")),
    )
    net.probe(E, "v", "g_NMDA", "s_GABA_B", every="1 ms", name="E")
    return net


@pytest.fixture(scope="module")
def uninterrupted():
    return everything().run("80 ms", progress=False)


def same(a, b) -> bool:
    return a.spikes.hash() == b.spikes.hash() and all(
        np.array_equal(np.asarray(a.probes["E"][v]), np.asarray(b.probes["E"][v])) for v in ("v", "g_NMDA", "s_GABA_B")
    )


@pytest.mark.parametrize(("threads", "chunk"), [(2, None), (3, "0.1 ms"), (4, "7.3 ms"), (1, "0.7 ms")])
def test_threads_and_chunks(uninterrupted, threads, chunk):
    assert len(uninterrupted.spikes) > 300
    assert same(uninterrupted, everything().run("80 ms", threads=threads, chunk=chunk, progress=False))


@pytest.mark.parametrize(("before", "after"), [(1, 3), (4, 2), (2, 2)])
def test_resume(uninterrupted, tmp_path, before, after):
    place = {"checkpoint": tmp_path / "state", "progress": False}
    everything().run("33.4 ms", threads=before, **place)
    assert same(uninterrupted, everything().run("80 ms", threads=after, resume=True, **place))


def test_description_holds_transmitter_detail_and_release(uninterrupted):
    net = everything()
    again = am.Network.from_dict(net.to_dict())
    assert again == net and [s.detail for s in again.projections] == ["kinetic", "kinetic", "receptor", "receptor"]
    text = net.describe()
    assert "glutamate" in text and "kinetic" in text and "AMPA_two_state" in text and "quantal" in text


def test_chloride_turns_gaba_excitatory():
    """Nernst potential of chloride: 7 mM inside hyperpolarises, 25 mM as in immature neurons makes GABA fire the cell."""
    scheme = am.models.scheme(
        "GABA_A_chloride",
        "C <-> O: alpha*T, beta\nopen O\nE_Cl = nernst(Cl_out, Cl_in, -1, T_body) : mV\ncurrent g*(E_Cl - v)",
        alpha="5 1/mM/ms",
        beta="0.18 1/ms",
        Cl_out="130 mM",
        Cl_in="7 mM",
        T_body="310 K",
    )
    found = []
    for inside in ("7 mM", "25 mM"):
        net = am.Network()
        S = net.population("S", 1, "spike_list", times=np.array([5.0]) * am.units.ms, indices=np.array([0]))
        P = net.population("P", 1, "lif_cond", receptors={"GABA_A": scheme(Cl_in=inside)})
        net.synapses(S, P, transmitter="GABA", receptors={"GABA_A": "150 nS"}, connect="one_to_one", detail="kinetic")
        probe = net.probe(P, "v")
        run = net.run("30 ms", progress=False)
        found.append((run.probes[probe.name]["v"].min(), len(run.spikes["P"].times)))
    assert found[0][0] < -65 and found[0][1] == 0
    assert found[1][1] >= 1


def test_a_neuron_that_reaches_everybody_needs_one_row():
    """All-to-all with one weight: the events of a step are summed first; the same as synapse by synapse."""
    traces = []
    for rule in ({"connect": "all_to_all"}, {"pairs": tuple(np.divmod(np.arange(60 * 50), 50))}):
        net = am.Network(seed=3)
        S = net.population("S", 60, "poisson", rate="40 Hz")
        P = net.population("P", 50, "lif_cond", V_th="1e6 mV")
        net.synapses(S, P, receptors={"AMPA": "0.5 nS", "NMDA": "0.3 nS"}, delay="1 ms", detail="kinetic", **rule)
        probe = net.probe(P, "g_AMPA", "g_NMDA")
        data = net.run("60 ms", progress=False).probes[probe.name]
        traces.append(np.concatenate([data["g_AMPA"], data["g_NMDA"]]))
    assert traces[0].max() > 0.5
    np.testing.assert_allclose(traces[0], traces[1], rtol=1e-4, atol=1e-5)
