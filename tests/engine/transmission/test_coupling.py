"""Continuous coupling against direct integration in NumPy, the matrix exponential and the mean-field theory of Kuramoto's oscillators."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.linalg import expm

import amine as am
from amine.engine.build import couplings as connections
from amine.engine.time.simulation import Simulation
from amine.errors import AmineError

OSCILLATOR = am.models.neuron("oscillator", "dtheta/dt = omega + x_in : 1; input x_in : Hz", omega="60 Hz")
RATE = am.models.neuron(
    "rate_unit", "drate/dt = (-rate + drive + x_in)/tau : Hz\ninput x_in : Hz", tau="10 ms", drive="0 Hz"
)
CELL = am.models.neuron("cell", "dv/dt = (g_L*(E_L - v) + I + I_e + x_in)/C : mV\ninput x_in : pA\ninitial v = E_L", g_L="10 nS",
                        E_L="-60 mV", C="100 pF", I_e="0 pA")  # fmt: skip


def trace(run: Any, *names: str) -> list[np.ndarray]:
    found = next(iter(run.probes.values()))
    return [np.asarray(found[n]) for n in names]


def run(net: am.Network, duration: str = "20 ms", **options: Any) -> Any:
    return net.run(duration, precision="float64", progress=False, **options)


# --- oscillators: a sum over all pairs --------------------------------------------------------------------------------


def kuramoto(n: int, K: float, seed: int = 1, autapses: bool = True) -> tuple[am.Network, np.ndarray, np.ndarray]:
    """Oscillators of rates 60 + Cauchy deviates of width 1 (1/s), coupled by K/n."""
    rng = np.random.default_rng(seed)
    omega, theta = 60.0 + np.tan(np.pi * (np.arange(1, n + 1) / (n + 1) - 0.5)), rng.uniform(0, 2 * np.pi, n)
    net = am.Network(seed=seed)
    P = net.population("P", n, OSCILLATOR, omega=omega * am.units.Hz, initial={"theta": theta})
    net.coupling(
        P,
        P,
        into="x_in",
        value="K*sin(theta_pre - theta_post)",
        connect="all_to_all",
        K=f"{K / n!r} Hz",
        autapses=autapses,
    )
    net.probe(P, "theta", "x_in", name="theta")
    return net, omega * 1e-3, theta


def test_kuramoto_s_oscillators_agree_with_direct_integration_and_threads_and_chunks_change_no_bit():
    net, omega, theta = kuramoto(200, 40.0)
    found, given = trace(run(net), "theta", "x_in")
    for k in range(len(found)):
        np.testing.assert_allclose(found[k], theta, atol=1e-11)
        total = 0.04 / 200 * np.sin(theta[None] - theta[:, None]).sum(1)
        if k + 1 < len(given):
            np.testing.assert_allclose(given[k + 1], total, atol=1e-15)
        theta = theta + 0.1 * (omega + total)
    for threads, chunk in ((2, "7 ms"), (3, None)):
        assert np.array_equal(found, trace(run(net, threads=threads, chunk=chunk), "theta")[0])


def test_a_sum_without_the_neuron_itself_equals_the_sum_over_listed_pairs():
    """cos of a difference, whose term of the neuron itself is not zero; and products of several terms."""
    found = []
    pairs = np.nonzero(~np.eye(70, dtype=bool))
    for pattern in ({"connect": "all_to_all", "autapses": False}, {"pairs": pairs}):
        net = am.Network(seed=1)
        P = net.population("P", 70, OSCILLATOR, initial={"theta": np.linspace(0, 6, 70)})
        value = "w*cos(theta_pre - 2*theta_post) + u*theta_pre*(theta_post - theta_pre) + u*theta_post"
        net.coupling(P, P, into="x_in", value=value, w="0.3 Hz", u="0.1 Hz", **pattern)
        net.probe(P, "theta")
        found.append(trace(run(net, "5 ms"), "theta")[0])
    np.testing.assert_allclose(found[0], found[1], rtol=1e-12)
    assert np.abs(found[0][-1] - found[0][0] - 0.3).max() > 0.01  # it acts


@pytest.mark.validate
def test_kuramoto_s_order_parameter_is_that_of_the_mean_field():
    """Cauchy rates of width gamma: r = sqrt(1 - 2 gamma/K) above the critical coupling 2 gamma (Kuramoto 1984)."""
    for K, expected in ((1.0, 0.0), (4.0, np.sqrt(0.5)), (8.0, np.sqrt(0.75))):
        net, _, _ = kuramoto(10_000, K)
        theta = trace(run(net, "12 s", chunk="500 ms"), "theta")[0][60_000::100]
        r = np.abs(np.exp(1j * theta).mean(1)).mean()
        assert abs(r - expected) < 0.03, (K, r)


# --- rate units: linear systems -----------------------------------------------------------------------------------------


def test_linear_rate_units_approach_the_matrix_exponential_in_first_order():
    """An input is constant within a step: the error halves with the step."""
    rng = np.random.default_rng(2)
    W, start, drive = rng.normal(0, 0.3, (12, 12)), rng.uniform(0, 20, 12), rng.uniform(0, 5, 12)
    A = (W.T - np.eye(12)) / 10.0
    at = np.linalg.solve(A, -drive / 10.0)
    exact = at + expm(A * 20.0) @ (start - at)
    errors = []
    for dt in (0.1, 0.05):
        net = am.Network(seed=1, dt=dt)
        P = net.population("P", 12, RATE, drive=drive * am.units.Hz, initial={"rate": start * am.units.Hz})
        net.coupling(P, P, into="x_in", value="w*rate_pre", w=W, connect="all_to_all")
        loop = net.loop(precision="float64")
        loop.advance("20 ms")
        errors.append(np.abs(loop.get(P, "rate") * 1e3 - exact).max())
    assert 1.9 < errors[0] / errors[1] < 2.1 and errors[1] < 0.1


# --- connections: values, delays, parameters ----------------------------------------------------------------------------


def various() -> am.Network:
    """Two populations, of which slices are coupled with drawn values and delays, by expressions that are no products."""
    net = am.Network(seed=3)
    A = net.population("A", 150, CELL, I_e=am.uniform("0 pA", "300 pA"), initial={"v": am.uniform("-70 mV", "-40 mV")})
    B = net.population("B", 90, RATE, tau="20 ms", drive="10 Hz")
    net.coupling(A, A, into="x_in", value="w*(v_pre - v_post)", w=am.normal("0.1 nS", "0.02 nS"), p=0.1, autapses=False)
    net.coupling(A[10:140:3], B[:60], into="x_in", value="w/(1 + exp(-(v_pre + 50*mV)/(5*mV)))*tanh(1 + rate_post/drive_post)",
                 w=am.lognormal("0.5 Hz", "0.1 Hz"), delay=am.uniform("0.3 ms", "4 ms"), indegree=12)  # fmt: skip
    net.coupling(B, A[:100], into="x_in", value="-g*rate_pre*tau_pre", g="3 pA", delay="1.5 ms", connect="all_to_all")
    net.probe(A, "v", "x_in", name="A")
    net.probe(B, "rate", "x_in", name="B")
    return net


def reference(net: am.Network) -> tuple[np.ndarray, np.ndarray]:
    """Inputs of A and B at each step but the first, from the recorded states; before the start these are as at the start."""
    sim = Simulation(net, 1, "float64")
    slices = {at.member.name: at for at in sim.slices}
    drawn = [
        connections.draw(
            net,
            c,
            stream,
            [n for n, v in c.values.items() if not isinstance(v, str)],
            [slices[v.population] for v in (c.source, c.target)],
        )
        for c, stream in zip(net.couplings, sim.resolved.streams.couplings, strict=True)
    ]
    found = run(net)
    v, rate = found.probes["A"]["v"], found.probes["B"]["rate"]
    a, b = np.zeros_like(v), np.zeros_like(rate)
    for k in range(len(v)):
        d = drawn[0]
        np.add.at(a[k], d.targets, d.numbers[0] * (v[k, d.sources] - v[k, d.targets]))
        d = drawn[1]
        late = v[np.maximum(k - d.delays, 0), 10 + 3 * d.sources]
        np.add.at(
            b[k], d.targets, d.numbers[0] / (1 + np.exp(-(late + 50) / 5)) * np.tanh(1 + rate[k, d.targets] / 0.01)
        )
        a[k, :100] -= 3.0 * (rate[max(k - 15, 0)] * 20.0).sum()
    return a, b


def test_couplings_with_drawn_values_and_delays_equal_a_reference():
    net = various()
    found = run(net)
    a, b = reference(net)
    np.testing.assert_allclose(found.probes["A"]["x_in"][1:], a[:-1], rtol=1e-9, atol=1e-11)
    np.testing.assert_allclose(found.probes["B"]["x_in"][1:], b[:-1], rtol=1e-9, atol=1e-14)
    sim = Simulation(net, 1, "float64")
    d = connections.draw(net, net.couplings[1], sim.resolved.streams.couplings[1], ["w"], sim.slices)
    assert np.array_equal(np.bincount(d.targets, minlength=60), np.full(60, 12))
    assert len(np.unique(d.delays)) > 20 and np.abs(b[-1, 60:]).max() == 0.0 and b[-1, :60].min() > 0.0


def test_couplings_give_the_same_bits_for_any_threads_chunks_and_restarts(tmp_path):
    net = various()
    whole = run(net)
    for options in ({"threads": 2, "chunk": "3 ms"}, {"threads": 3}):
        other = run(net, **options)
        for name, variable in (("A", "v"), ("B", "rate")):
            assert np.array_equal(whole.probes[name][variable], other.probes[name][variable])
    loop = net.loop(precision="float64")
    loop.advance("7.3 ms")
    loop.save(tmp_path / "state.npz")
    again = net.loop(precision="float64", threads=2, resume=tmp_path / "state.npz")
    again.advance("12.6 ms")
    assert np.array_equal(again.get("A", "v"), whole.probes["A"]["v"][-1])
    assert np.array_equal(again.get("B", "rate"), loop_rate(net))


def loop_rate(net: am.Network) -> np.ndarray:
    loop = net.loop(precision="float64")
    loop.advance("19.9 ms")
    return loop.get("B", "rate")


def test_a_parameter_that_a_coupling_reads_follows_a_running_network():
    net = am.Network(seed=1)
    A = net.population("A", 3, RATE, tau="10 ms", initial={"rate": "10 Hz"})
    B = net.population("B", 3, RATE)
    net.coupling(A, B, into="x_in", value="rate_pre*tau_pre/s", s="10 ms", connect="one_to_one")
    loop = net.loop(precision="float64")
    net.probe(B, "x_in")
    loop.advance("1 ms")
    loop.set(A, tau="20 ms")
    rate = loop.get(A, "rate").copy()
    before = loop.get(B, "rate").copy()
    loop.advance("0.1 ms")
    x = (loop.get(B, "rate") - before * np.exp(-0.01)) / (1 - np.exp(-0.01))
    np.testing.assert_allclose(x, rate * 2.0, rtol=1e-9)


def test_a_graded_synapse_conducts_through_a_receptor_without_spikes():
    """Conductance by the source's voltage, at a receptor whose equations have an input; a neuron of the library spikes on beside it."""
    receptor = am.models.receptor("graded", "input g : nS\ncurrent g*(E_rev - v)", E_rev="0 mV")
    net = am.Network(seed=1)
    P = net.population("P", 30, CELL, I_e=np.linspace(0.0, 300.0, 30) * am.units.pA)
    Q = net.population("Q", 30, "lif_cond", receptors={"graded": receptor}, V_th="100 mV")
    net.coupling(P, Q, into="g_graded", value="w/(1 + exp(-(v_pre + 50*mV)/(5*mV)))", w="2 nS", connect="one_to_one")
    net.probe(P, "v", name="P")
    net.probe(Q, "v", "g_graded", name="Q")
    found = run(net)
    v, g, q = found.probes["P"]["v"], found.probes["Q"]["g_graded"], found.probes["Q"]["v"]
    expected = 2.0 / (1.0 + np.exp(-(v + 50.0) / 5.0))
    np.testing.assert_allclose(g[1:], expected[:-1], rtol=1e-9)
    assert q[-1, -1] > q[-1, 0] + 3.0


# --- descriptions -------------------------------------------------------------------------------------------------------


def test_couplings_are_saved_described_estimated_and_refused_by_modules(tmp_path):
    net = various()
    net.save(tmp_path / "net.json")
    again = am.Network.load(tmp_path / "net.json")
    assert again == net and again.hash() == net.hash() and again.couplings[1].delay == net.couplings[1].delay
    assert "sum of w*(v_pre - v_post) into x_in" in net.describe() and "in-degree 12" in net.describe("latex")
    assert net.estimate()["synapse_bytes"] > 150 * 15 * 24
    pytest.importorskip("torch")
    with pytest.raises(AmineError, match="continuous couplings are not differentiated"):
        net.to_module(outputs="A.v")


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"into": "y_in"}, "'y_in' is no input of the neurons of 'P'"),
    ({"value": "w*rate_pre*rate_pre"}, "wrong dimension"),
    ({"value": "w*rat_pre"}, "'rat_pre' is not known"),
    ({"value": "w*rate_post"}, "reads nothing of the source"),
    ({"value": 3}, "this is not text"),
    ({"u": 2.0}, "'u' is given, but the expression does not use it"),
    ({"delya": "1 ms"}, "did you mean 'delay'"),
    ({"delay": "0.01 ms"}, "shorter than the time step"),
    ({"w": np.ones(5)}, "array needs a given order"),
    ({"p": None}, "give one pattern of connections"),
    ({"p": 2.0}, "p is outside 0..1"),
    ({"w": "1 mV"}, "wrong dimension"),
    ({"change": {"u": "w/ms"}}, "'u' is no value of the connections"),
    ({"change": {"w": "w"}}, "wrong dimension"),
    ({"change": {"w": "eta*rate_pre"}}, "'eta' is not known"),
    ({"change": {"w": 3}}, "not text|cannot be used|expected"),
]


@pytest.mark.parametrize(("changed", "message"), WRONG)
def test_a_wrong_coupling_is_refused_in_one_sentence_and_changes_nothing(changed, message):
    net = am.Network()
    P = net.population("P", 4, RATE)
    given = {"into": "x_in", "value": "w*rate_pre", "w": 0.1, "p": 0.5, **changed}
    with pytest.raises(AmineError, match=message):
        net.coupling(P, P, **given)
    assert not net.couplings


def plastic() -> am.Network:
    """Units whose couplings grow with the activity of both ends and decay; five targets, so that threads share them."""
    unit = am.models.neuron("unit", "dx/dt = (drive + total - x)/tau : 1\ninput total : 1", tau="10 ms", drive=1.0)
    net = am.Network(seed=1, dt="1 ms")
    A = net.population("A", 7, unit, drive=np.linspace(0, 1, 7))
    B = net.population("B", 130, unit, drive=np.linspace(1, 2, 130))
    change = {"w": "eta*x_pre*x_post - 0.001/ms*w"}
    net.coupling(
        A, B, into="total", value="w*x_pre", w=0.1, eta="0.01 1/ms", change=change, connect="all_to_all", delay="3 ms"
    )
    net.probe(B, "x")
    return net


def test_plastic_values_agree_with_direct_integration_over_threads_chunks_snapshots_and_files():
    net = plastic()
    found = trace(run(net, "50 ms"), "x")[0]
    x, y, w, past, weights = np.zeros(7), np.zeros(130), np.full((7, 130), 0.1), [], []
    for k in range(50):
        np.testing.assert_allclose(found[k], y, atol=1e-12)
        past.append(x)
        before = past[max(0, k - 3)]  # three steps before
        total, w = before @ w, w + 0.01 * np.outer(before, y) - 0.001 * w
        x = net.populations["A"].parameters["drive"].values * (1 - np.exp(-0.1)) + x * np.exp(-0.1)
        rest = np.linspace(1, 2, 130) + total
        y = rest + (y - rest) * np.exp(-0.1)
        weights.append(w)
    again = am.Network.from_dict(net.to_dict())
    assert again == net and "dw/dt = eta*x_pre*x_post" in net.describe()
    assert np.array_equal(trace(run(again, "50 ms", threads=2, chunk="7 ms"), "x")[0], found)
    loop = net.loop(precision="float64")
    loop.advance("20 ms")
    kept = loop.snapshot()
    for _ in range(2):  # the second time with the values of the snapshot
        loop.advance("29 ms")
        assert np.array_equal(loop.get("B.x"), found[49])
        now = loop.coupled("A->B.total")
        np.testing.assert_allclose(now["w"], weights[48][now["pre"], now["post"]], rtol=1e-12)
        loop.restore(kept)
    with pytest.raises(AmineError, match="no coupling 'A->C' with plastic values; known are A->B.total"):
        loop.coupled("A->C")


def test_neurons_without_a_voltage_refuse_what_needs_one():
    net = am.Network()
    P, S = net.population("P", 4, RATE), net.population("S", 4, "poisson")
    for attempt, message in (
        (lambda: net.synapses(S, P, receptor="AMPA", weight="1 nS", p=0.5), "have no I that takes it"),
        (lambda: net.synapses(S, P, receptor="delta", weight="1 mV", p=0.5), "needs the voltage v"),
        (lambda: net.stimulus(P, am.step("1 pA")), "have no I that takes a current"),
        (lambda: net.gap_junctions(P, P, conductance="1 nS", p=0.5), "has no voltage"),
        (lambda: net.coupling(S, P, into="x_in", value="rate_pre", p=1.0), "a source of spikes without states"),
        (lambda: net.population("Q", 2, RATE, initial={"x_in": "1 Hz"}), "state 'x_in' is not known"),
        (lambda: RATE.accuracy(0.1), "only neurons with a voltage"),
    ):
        with pytest.raises(AmineError, match=message):
            attempt()
