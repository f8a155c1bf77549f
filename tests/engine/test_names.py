"""Names that users give are theirs: no name of the generated loop is in their way."""

from __future__ import annotations

import numpy as np
import pytest

import amine as am

NAMES = ("k", "p", "l", "o", "b", "at", "row", "u", "X", "C", "F", "y0", "c0", "marks", "free", "spk")


def spikes_and_states(states, parameters):
    """A neuron with as many states, each with a time constant of its own."""
    pairs = list(zip(states, parameters, strict=True))
    cell = am.models.neuron(
        "named",
        "dv/dt = (E_L - v)/tau + I/(200*pF) : mV\nthreshold v > V_th\nrefractory 2*ms hold v\ninitial v = V_r\n"
        + "".join(f"d{s}/dt = -{s}/{p} + 0.01*v/mV : ms\ninitial {s} = 1*ms\n" for s, p in pairs)
        + "reset v = V_r"
        + "".join(f"; {s} += 2*ms" for s, _ in pairs),
        **{p: f"{5 + i} ms" for i, (_, p) in enumerate(pairs)},
        E_L="-45 mV", V_r="-70 mV", V_th="-50 mV", tau="10 ms",
    )  # fmt: skip
    net = am.Network(seed=1, dt="0.1 ms")
    B = net.population("B", 1, cell)
    probe = net.probe(B, *states, every="1 ms")
    run = net.run("60 ms", precision="float64", progress=False)
    return [run.spikes["B"].times, *(np.asarray(run.probes[probe.name][s]).ravel() for s in states)]


def test_states_and_parameters_may_have_any_name():
    plain = [f"state_{i}" for i in range(len(NAMES))], [f"other_{i}" for i in range(len(NAMES))]
    want = spikes_and_states(*plain)
    assert len(want[0]) > 2
    for names in ((NAMES, plain[1]), (plain[0], NAMES)):
        for a, b in zip(spikes_and_states(*names), want, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-12)


def test_a_state_within_a_step_function_is_not_linear():
    """A state that falls until it has reached zero stays there."""
    cell = am.models.neuron(
        "timer",
        "dv/dt = (E_L - v)/tau + I/(200*pF) : mV\ndk/dt = -where(k > 0*ms, 1, 0) : ms\nthreshold v > V_th\n"
        "reset v = E_L\ninitial v = E_L\ninitial k = 2*ms",
        E_L="-70 mV", V_th="-50 mV", tau="10 ms",
    )  # fmt: skip
    assert cell.integrators["k"] == "rk4"
    net = am.Network(seed=1, dt="0.1 ms")
    B = net.population("B", 1, cell)
    probe = net.probe(B, "k", every="1 ms")
    k = np.asarray(net.run("5 ms", precision="float64", progress=False).probes[probe.name]["k"]).ravel()
    np.testing.assert_allclose(k, [2.0, 1.0, 0.0, 0.0, 0.0][: len(k)], atol=0.11)


@pytest.mark.parametrize("name", ["dt", "np", "_x", "exp", "new_v", "P_0_0"])
def test_reserved_names(name):
    with pytest.raises(am.AmineError, match="reserved or invalid name"):
        am.models.neuron(
            "bad", f"dv/dt = -v/tau + I/(1*pF) : mV\nd{name}/dt = -{name}/tau : 1\nthreshold v > 1*mV", tau="1 ms"
        )


def twins() -> am.Network:
    """Two projections, two inputs, two stimuli and two couplings of one name each, which is theirs by default."""
    net = am.Network(seed=1)
    U = net.population(
        "U", 2, am.models.neuron("unit", "dx/dt = (1 + total - x)/tau : 1; input total : 1", tau="10 ms")
    )
    E, I = (net.population(n, 3, "lif_cond") for n in "EI")
    for k in (1, 2):
        net.synapses(E, I, receptor="AMPA", weight=f"{k} nS", connect="all_to_all")
        net.poisson(E, rate=f"{k} Hz", receptor="AMPA", weight="1 nS")
        net.stimulus(E, am.step(f"{k} pA"))
        net.coupling(U, U, into="total", value="w*x_pre", w=k, change={"w": "0.1/ms*x_pre*x_post"}, pairs=([0], [1]))
    return net


def test_what_has_the_name_of_another_is_refused_and_never_taken_for_it():
    net = twins()
    loop = net.loop()
    syn, stimulus, coupling = net.projections[0], net.stimuli[0], net.couplings[0]
    for call in (
        lambda: loop.connections(syn),
        lambda: loop.connections("E->I"),
        lambda: loop.get("E->I.weight"),
        lambda: loop.get(syn, "delay"),
        lambda: loop.set("E->I.AMPA", "3 nS"),
        lambda: loop.set(syn, weight="3 nS", pairs=([0], [0])),
        lambda: loop.branch({"E->I.delay": "2 ms"}),
        lambda: loop.set(stimulus, am.step("3 pA")),
        lambda: loop.get(f"{stimulus.name}.current"),
        lambda: loop.coupled(coupling),
        lambda: loop.coupled(coupling.name),
        lambda: am.sweep(net, {"E->I.weight": ["1 nS"]}, "rate:E", progress=False),
        lambda: am.sweep(net, {"poisson->E.rate": ["1 Hz"]}, "rate:E", progress=False),
    ):
        with pytest.raises(am.AmineError, match=r"several (parts|values) have the name .*a name of its own"):
            call()
    listed = loop.settable()["E->I.weight"]
    assert listed.reason == "several values have this name" and not listed.follows and np.isnan(listed.value)
