"""Synapses with a cleft and a scheme of their own, against the same at the source and against independent solutions."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.special import lambertw

import amine as am
from amine.engine.transmission.schemes import equilibrium, generator_matrix
from amine.equations.schemes import read
from amine.models import clearance, quantal

TRAINS = {0: [2.0, 5.0, 5.5, 20.0], 1: [3.1, 12.0], 2: [7.0]}
SLOW = clearance(T_max="1 mM", tau="3 ms")
SATURABLE = clearance(
    T_max="0.3 mM", tau="5 ms", V_uptake="60 uM/ms", K_uptake="30 uM", I_uptake="10 uM", Ki_uptake="20 uM"
)
BROKEN_DOWN = clearance(T_max="1 mM", tau="1e9 ms", V_breakdown="500 uM/ms", K_breakdown="90 uM")


def run(model, detail, cleft=None, trains=TRAINS, targets=1, weight="2 nS", duration="40 ms", release=None, **more):
    net = am.Network(seed=3)
    times = np.concatenate([np.asarray(x) for x in trains.values()])
    indices = np.repeat(list(trains), [len(x) for x in trains.values()])
    S = net.population("S", max(trains) + 1, "spike_list", times=times * am.units.ms, indices=indices)
    P = net.population("P", targets, "lif_cond", V_th="1e6 mV", receptors={"x": model})
    net.synapses(
        S, P, receptors={"x": weight}, connect="all_to_all", delay="1 ms", detail=detail, cleft=cleft, release=release
    )
    state = "g_x" if detail == "explicit" or read(model.equations, "").opens else "R_x"
    probe = net.probe(P, state)
    data = net.run(duration, progress=False, **{"precision": "float64", **more}).probes[probe.name]
    return data.times, np.asarray(data[state])


def reference(model, cleft, train, t, weight=2.0):
    """Open conductance of one synapse by LSODA: transmitter and states together, restarted at every spike."""
    s = read(model.equations, model.name)
    v = {n: am.units.to_internal(x, model.units[n], n) for n, x in model.parameters.items()}
    zero, one = (generator_matrix(s, [eval(k.rate, {}, {**v, "T": T}) for k in s.transitions]) for T in (0.0, 1.0))
    c = {n: am.units.to_internal(x, cleft.units[n], n) for n, x in cleft.parameters.items()}

    def slope(_, y):
        T = y[0]
        up = c["V_uptake"] * T / (c["K_uptake"] * (1 + c["I_uptake"] / c["Ki_uptake"]) + T)
        down = c["V_breakdown"] * T / (c["K_breakdown"] * (1 + c["I_breakdown"] / c["Ki_breakdown"]) + T)
        return np.concatenate([[-T / c["tau"] - up - down], (zero + T * (one - zero)) @ y[1:]])

    y, edges, out = np.concatenate([[0.0], equilibrium(zero)]), [0.0, *(x + 1.0 for x in train), t[-1] + 1], []
    for k, (a, b) in enumerate(zip(edges[:-1], edges[1:], strict=True)):
        y[0] += c["T_max"] * (k > 0)
        inside = t[(t >= a - 1e-9) & (t < b - 1e-9)]
        done = solve_ivp(slope, (a, b), y, "LSODA", np.append(np.maximum(inside, a), b), rtol=1e-9, atol=1e-11)
        out.append(done.y[:, :-1])
        y = done.y[:, -1].copy()
    states = np.concatenate(out, 1)[1:]
    return weight * states[[s.states.index(x) for x in s.opens]].sum(0)


SCHEMES = ["AMPA_two_state", "AMPA_six_state", "NMDA_five_state", "GABA_A_desensitizing"]


@pytest.mark.parametrize("cleft", [None, SLOW, SATURABLE], ids=["pulse", "clearance", "uptake"])
@pytest.mark.parametrize(
    "name",
    [n if n in ("AMPA_two_state", "NMDA_five_state") else pytest.param(n, marks=pytest.mark.validate) for n in SCHEMES],
)
def test_explicit_equals_kinetic(name, cleft):
    model = am.models.get(name)
    _, a = run(model, "kinetic", cleft, targets=3) if cleft is None or name != "GABA_A_desensitizing" else (0, None)
    _, b = run(model, "explicit", cleft, targets=3)
    if a is None:  # two open states have no row of their own where transmitter is cleared: compare the voltage
        return
    np.testing.assert_allclose(b, a, atol=2e-5 * a.max())


@pytest.mark.parametrize(
    "cleft",
    [
        pytest.param(None, id="pulse", marks=pytest.mark.validate),
        pytest.param(SLOW, id="clearance", marks=pytest.mark.validate),
        pytest.param(SATURABLE, id="uptake"),
    ],
)
def test_both_levels_give_the_same_spikes(cleft):
    """Currents too: a network whose activity comes through its synapses alone runs the same way at both levels."""

    def network(detail):
        net = am.Network(seed=3)
        S = net.population("S", 100, "poisson", rate="20 Hz")
        E, I = net.population("E", 50, "lif_cond"), net.population("I", 20, "hodgkin_huxley")
        net.synapses(S, E + I, receptors={"AMPA": "8 nS", "NMDA": "1 nS"}, p=0.3, detail=detail, cleft=cleft)
        net.synapses(I, E, receptors={"GABA_A": "8 nS"}, p=0.3, detail=detail, cleft=cleft)
        net.probe(E, "v", name="v")
        return net.run("100 ms", precision="float64", progress=False)

    a, b = network("kinetic"), network("explicit")
    assert len(a.spikes["E"].times) > 100 and len(a.spikes["I"].times) > 20
    assert a.spikes.hash() == b.spikes.hash()
    np.testing.assert_allclose(b.probes["v"]["v"], a.probes["v"]["v"], atol=1e-3)


@pytest.mark.parametrize("cleft", [SLOW, SATURABLE, BROKEN_DOWN], ids=["clearance", "uptake", "breakdown"])
@pytest.mark.parametrize("name", SCHEMES)
def test_against_lsoda(name, cleft):
    """Relative error below 0.1 percent at a step of 0.1 ms, however stiff the rates."""
    model, train = am.models.get(name), {0: [2.0, 5.0, 12.0]}
    t, g = run(model, "explicit", cleft, train)
    expected = reference(model, cleft, train[0], t)
    np.testing.assert_allclose(g[:, 0], expected, atol=1e-3 * expected.max())


def test_a_cascade_at_one_synapse_equals_the_pooled_form():
    """With one synapse onto a target both levels open the same channels."""
    train = {0: list(2.0 + 5.0 * np.arange(5))}
    _, g = run(am.models.GABA_B_cascade, "explicit", trains=train, duration="150 ms")
    net_share = []
    _, R = run(am.models.GABA_B_cascade, "kinetic", trains=train, duration="150 ms")
    s = 0.0
    for r in R[:, 0] / 2.0:
        net_share.append(2.0 * s**4 / (s**4 + 100.0))
        s += 0.1 * (0.098 * r - 0.033 * s)  # Euler, for the size only
    assert g.max() == pytest.approx(max(net_share), rel=0.03)


def test_uptake_alone_follows_lambert_w():
    """T(t) = K W(T0/K exp((T0 - V t)/K)), seen through receptors that bind slowly and keep what they bind."""
    V, K, T0 = 40.0, 25.0, 300.0
    cleft = clearance(T_max="300 uM", tau="1e9 ms", V_uptake="40 uM/ms", K_uptake="25 uM")
    model = am.models.scheme("counter", "C <-> O: a*T, b\nopen O", a="1e-7 1/uM/ms", b="1e-9 1/ms", E_rev="0 mV")
    t, g = run(model, "explicit", cleft, {0: [2.0]}, duration="30 ms")
    s = np.arange(0, 27.0, 0.001)
    T = K * np.real(lambertw(T0 / K * np.exp((T0 - V * s) / K)))
    bound = 2.0 * (1 - np.exp(-1e-7 * np.concatenate([[0.0], np.cumsum(0.5 * (T[1:] + T[:-1])) * 0.001])))
    at = np.rint((t[31:250] - 3.0) / 0.001).astype(int)
    np.testing.assert_allclose(g[31:250, 0], bound[at], rtol=1e-3)


def test_an_inhibitor_of_breakdown_prolongs_the_response():
    """Physostigmine at a nicotinic synapse: half the enzyme's affinity, a longer current."""

    def area(inhibitor):
        cleft = clearance(
            T_max="1 mM",
            tau="5 ms",
            V_breakdown="900 uM/ms",
            K_breakdown="90 uM",
            I_breakdown=inhibitor,
            Ki_breakdown="0.1 uM",
        )
        return run(am.models.nAChR_allosteric, "explicit", cleft, {0: [2.0]}, duration="80 ms")[1].sum()

    assert area("1 uM") > 1.5 * area("0 uM")


def test_spilt_transmitter_is_neither_lost_nor_made():
    """What leaves the cleft of the releasing synapse arrives at the others of the target, in equal parts."""
    model = am.models.scheme("counter", "C <-> O: a*T, b\nopen O", a="1e-7 1/uM/ms", b="1e-9 1/ms", E_rev="0 mV")
    alone = clearance(T_max="300 uM", tau="2 ms")
    spilt = clearance(T_max="300 uM", tau="2 ms", spillover="0.4")
    _, a = run(model, "explicit", alone)
    _, b = run(model, "explicit", spilt)
    np.testing.assert_allclose(b, a, rtol=1e-3, atol=1e-9)
    strong = am.models.AMPA_six_state
    _, a = run(strong, "explicit", alone)
    _, b = run(strong, "explicit", spilt)
    assert not np.allclose(a, b, rtol=0.02)


def test_rates_may_depend_on_the_voltage_of_the_target():
    """A receptor that closes e-fold faster per 20 mV: decay at a clamped voltage is that of the rate there."""
    model = am.models.scheme(
        "gated", "C <-> O: a*T, b*exp(v/(20*mV))\nopen O", a="1 1/mM/ms", b="1 1/ms", E_rev="-60 mV"
    )
    with pytest.raises(am.AmineError, match="the source does not know"):
        run(model, "kinetic")
    t, g = run(model, "explicit", None, {0: [2.0]})  # the reversal potential is where the target rests
    i = np.searchsorted(t, 6.0)
    assert g[i + 100, 0] / g[i, 0] == pytest.approx(np.exp(-10.0 * np.exp(-3.0)), rel=2e-3)


def test_rates_may_differ_between_synapses():
    model = am.models.AMPA_two_state(beta=am.uniform("0.1 1/ms", "0.3 1/ms"))
    with pytest.raises(am.AmineError, match="one value for all targets"):
        run(model, "kinetic")
    t, g = run(model, "explicit", None, {0: [2.0]}, targets=500)
    i = np.searchsorted(t, 6.0)
    decay = -np.log(g[i + 50] / g[i]) / 5.0
    assert decay.mean() == pytest.approx(0.2, abs=0.01) and decay.min() > 0.099 and decay.max() < 0.301


def test_quanta_release_into_one_cleft():
    """Failures leave the receptors alone: the share of synapses without response is (1 - p)^n."""
    _, g = run(
        am.models.AMPA_two_state,
        "explicit",
        None,
        {0: [2.0]},
        targets=5000,
        release=quantal(n=3, p=0.3),
        duration="6 ms",
    )
    assert (g.max(0) < 1e-6).mean() == pytest.approx(0.343, abs=4 * np.sqrt(0.343 * 0.657 / 5000))


def everything(seed: int = 4) -> am.Network:
    net = am.Network(seed=seed)
    start = {"v": 'uniform("-60 mV", "-50 mV")'}
    E = net.population("E", 200, "lif_cond", I_e="240 pA", initial=start)
    I = net.population("I", 140, "lif_cond", I_e="240 pA", initial=start)
    net.synapses(
        E,
        E + I,
        receptors={"AMPA": am.normal("2 nS", "0.4 nS").clipped("0 nS"), "NMDA": "0.5 nS"},
        p=0.1,
        delay=am.uniform("0.3 ms", "2 ms"),
        detail="explicit",
        cleft=clearance(spillover="0.1"),
        release=quantal(n=3, p=0.4, cv=0.2, tau_rec="200 ms"),
    )
    net.synapses(
        I, E, receptors={"GABA_A": "5 nS"}, p=0.1, detail="kinetic", cleft=SATURABLE, release="tsodyks_markram"
    )
    net.synapses(
        I,
        I,
        receptors={"GABA_A": "4 nS", "GABA_B": "1 nS"},
        p=0.1,
        detail="explicit",
        release=am.models.tsodyks_markram(U=am.uniform("0.2", "0.6")),
    )
    net.probe(E, "v", "g_NMDA", "g_GABA_A", every="1 ms", name="E")
    return net


@pytest.fixture(scope="module")
def uninterrupted():
    return everything().run("60 ms", progress=False)


def same(a, b) -> bool:
    return a.spikes.hash() == b.spikes.hash() and all(
        np.array_equal(np.asarray(a.probes["E"][v]), np.asarray(b.probes["E"][v])) for v in ("v", "g_NMDA", "g_GABA_A")
    )


@pytest.mark.parametrize(("threads", "chunk"), [(2, None), (3, "0.1 ms"), (4, "7.3 ms"), (1, "0.7 ms")])
def test_threads_and_chunks(uninterrupted, threads, chunk):
    assert len(uninterrupted.spikes) > 200
    assert same(uninterrupted, everything().run("60 ms", threads=threads, chunk=chunk, progress=False))


@pytest.mark.parametrize(("before", "after"), [(1, 3), (4, 2)])
def test_resume(uninterrupted, tmp_path, before, after):
    place = {"checkpoint": tmp_path / "state", "progress": False}
    everything().run("33.4 ms", threads=before, **place)
    assert same(uninterrupted, everything().run("60 ms", threads=after, resume=True, **place))


def test_description_holds_the_cleft():
    net = everything()
    assert am.Network.from_dict(net.to_dict()) == net
    assert "clearance: T_max 1.1 mM, tau 1.2 ms" in net.describe()


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (dict(cleft=clearance()), "filters have no cleft"),
        (dict(cleft="AMPA", detail="explicit"), "is a receptor model"),
        (dict(cleft=clearance(spillover="0.5"), detail="kinetic"), "separate cleft"),
    ],
)
def test_bad_input(given, words):
    net = am.Network()
    P = net.population("P", 10, "lif_cond")
    with pytest.raises(am.AmineError, match=words):
        net.synapses(P, P, receptors={"AMPA": "1 nS"}, p=0.1, **given)
    assert not net.projections


@pytest.mark.parametrize("detail", ["kinetic", "explicit"])
def test_a_rate_that_is_none_is_refused(detail):
    scheme = am.models.scheme(
        "odd", "C <-> O: a*T, b - k\nopen O", a="1 1/mM/ms", b="0.2 1/ms", k="0.5 1/ms", E_rev="0 mV"
    )
    net = am.Network(seed=1)
    A = net.population("A", 2, "poisson", rate="10 Hz")
    B = net.population("B", 2, "lif_cond", receptors={"x": scheme})
    net.synapses(A, B, receptors={"x": "1 nS"}, connect="one_to_one", detail=detail)
    with pytest.raises(am.AmineError, match="the rate from 'O' to 'C' is negative"):
        net.run("1 ms", progress=False)


def test_no_more_than_all_is_spilt():
    with pytest.raises(am.AmineError, match=r"spillover': the value is above 1 \(given 1\.5, expected 0\.\.1\)"):
        clearance(spillover="1.5")
    with pytest.raises(am.AmineError, match="V_uptake': the value must not be negative"):
        clearance(V_uptake="-1 uM/ms")
