"""Models of a user's own have the rights of the library's: equations decide, not the names or the spelling."""

import numpy as np
import pytest

import amine as am

SPELLINGS = {
    "plain": "C <-> O: bind*T, leave\nopen O",
    "brackets": "C <-> O: (bind)*T, (leave)\nopen O",
    "reordered": "C <-> O: T*bind, leave\nopen O",
    "lines": "C -> O: bind*T\nO -> C: leave\nopen O",
    "named": "rate = 2*bind : 1/ms/mM\nC <-> O: T*rate/2, 1*leave\nopen O",
}
DIFFERENT = {"bind": am.uniform("0.5 1/ms/mM", "2 1/ms/mM"), "leave": am.uniform("0.1 1/ms", "0.3 1/ms")}


def spelled(text, **values):
    values = {"bind": "1 1/ms/mM", "leave": "0.2 1/ms", **values}
    return am.models.scheme("own", text, T_max="1 mM", T_width="1 ms", E_rev="0 mV", **values)


def conductances(models, n, duration="12 ms"):
    """[time, label] mean conductance at ``n`` targets, each with one synapse for each model, after a spike at 2 ms."""
    net = am.Network(seed=3)
    S = net.population("S", 1, "spike_list", times=np.array([2.0]) * am.units.ms, indices=np.array([0]))
    P = net.population("P", n, "lif_cond", V_th="1e6 mV", receptors=models)
    for label in models:
        net.synapses(S, P, receptors={label: "2 nS"}, connect="all_to_all", delay="1 ms", detail="explicit", name=label)
    probe = net.probe(P, *(f"g_{label}" for label in models))
    data = net.run(duration, progress=False, precision="float64").probes[probe.name]
    return {label: np.asarray(data[f"g_{label}"]) for label in models}


def test_rates_that_differ_are_known_by_their_expression():
    """However they are spelled: with a distribution of no width each is the plain scheme, and with a width each differs."""
    narrow = {n: am.uniform(v, v) for n, v in {"bind": "1 1/ms/mM", "leave": "0.2 1/ms"}.items()}
    models = {label: spelled(text, **narrow) for label, text in SPELLINGS.items()}
    models |= {f"wide_{label}": spelled(text, **DIFFERENT) for label, text in SPELLINGS.items()}
    found = conductances(models, 400)
    shared = conductances({"one": spelled(SPELLINGS["plain"])}, 1)["one"][:, 0]
    assert shared.max() > 0.5
    for label in SPELLINGS:
        np.testing.assert_allclose(found[label], np.broadcast_to(shared[:, None], found[label].shape), atol=1e-6)
        peak = found[f"wide_{label}"].max(0)
        assert peak.std() > 0.1 and peak.mean() == pytest.approx(found["wide_plain"].max(0).mean(), rel=0.05)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("C <-> O: bind*T, leave\nO <-> D: leave, leave\nopen O", "only in a scheme of two states"),
        ("C <-> O: bind*T + leave, leave\nopen O", "only if binding is proportional to T"),
        ("C <-> O: bind*T, leave + bind*T\nopen O", "only if binding is proportional to T"),
        ("C <-> O: bind*T, leave*exp(v/(20*mV))\nopen O", "only in a scheme of two states"),
    ],
)
def test_rates_that_cannot_differ_are_refused(text, problem):
    with pytest.raises(am.AmineError, match=problem):
        conductances({"x": spelled(text, **DIFFERENT)}, 2)


@pytest.mark.parametrize("name", ["T_max", "T_width", "share"])
def test_what_is_not_a_rate_is_one_value(name):
    """Nothing that differs between synapses is left out without a word."""
    values = {
        "share": "0.5",
        name: am.uniform(*{"share": ("0.1", "0.5"), "T_max": ("1 mM", "2 mM")}.get(name, ("1 ms", "2 ms"))),
    }
    model = am.models.scheme("own", "C <-> O: a*T, b\nopen share*O", **{"T_max": "1 mM", "T_width": "1 ms"} | values, a="1 1/ms/mM", b="0.2 1/ms", E_rev="0 mV")  # fmt: skip
    with pytest.raises(am.AmineError, match=f"'{name}'.*one value"):
        conductances({"x": model}, 2)


def test_draws_of_rates_are_no_others():
    """Not those of weights of other projections either: what differs between synapses is independent."""
    labels = [f"y{k}" for k in range(4)]
    own = spelled(SPELLINGS["plain"], bind=DIFFERENT["bind"])
    net = am.Network(seed=1)
    S = net.population("S", 1, "spike_list", times=np.array([2.0]) * am.units.ms, indices=np.array([0]))
    P = net.population(
        "P", 400, "lif_cond", V_th="1e6 mV", receptors={"x": own, **dict.fromkeys(labels, "exponential")}
    )
    net.synapses(S, P, receptors={"x": "2 nS"}, connect="all_to_all", detail="explicit")
    for label in labels:
        net.synapses(S, P, receptors={label: am.uniform("1 nS", "2 nS")}, connect="all_to_all")
    probe = net.probe(P, "g_x", *(f"g_{label}" for label in labels))
    data = net.run("5 ms", progress=False, precision="float64").probes[probe.name]
    peaks = [np.asarray(data[f"g_{label}"]).max(0) for label in ("x", *labels)]
    assert np.abs(np.corrcoef(peaks)[0, 1:]).max() < 0.2
