"""Every effect of every drug of the catalogue, wherever its target can stand in a network: it arrives there, or a warning names why not."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable

import numpy as np
import pytest

import amine as am
from amine import compounds as C
from amine.compounds.reference import Reference
from amine.engine.resolve import constant_doses, drugs
from amine.engine.resolve.resolved import Resolved, resolve
from amine.network.chemistry import Uptake

SCHEME = am.models.get("AMPA_two_state")
FILTER = am.models.get("exponential")
NEURON = am.models.neuron(
    "with_channel",
    "dv/dt = (g_L*(E_L - v) + g_x*(E_L - v) + I)/c : mV\nthreshold v > V_th\nreset v = E_L",
    stands_for={"Nav": "g_x"},
    g_L="10 nS",
    g_x="1 nS",
    E_L="-65 mV",
    c="100 pF",
    V_th="-50 mV",
)
LEAK = am.models.get("leak")


def source(net: am.Network):
    return net.population("S", 2, "poisson", rate="10 Hz")


def port(target: str, detail: str, **given) -> am.Network:
    net = am.Network()
    model = FILTER if detail == "receptor" else SCHEME
    E = net.population("E", 3, "lif_cond", receptors={target: model})
    net.synapses(source(net), E, receptors={target: "1 nS"}, connect="all_to_all", detail=detail, **given)
    return net


def on_tree(target: str) -> am.Network:
    net = am.Network()
    cell = am.models.cable(am.morphology.cylinder("100 um", "2 um", segments=2), {"*": [LEAK]})
    E = net.population("E", 3, cell, receptors={target: FILTER})
    net.synapses(source(net), E.at("dendrite(0.5)"), receptors={target: "1 nS"}, connect="all_to_all")
    return net


def follows_field(target: str, acts_on: str = "tau_m") -> am.Network:
    net = am.Network()
    E = net.population("E", 3, NEURON if acts_on == "g_x" else "lif")
    net.field("ligand", tonic="1 uM", removal="1 s")
    net.modulate(E, by="ligand", receptor=target, acts_on=acts_on, maximum=0.5, EC50="1.3 uM")
    return net


def drugs_alone(target: str) -> am.Network:
    """A receptor that only drugs speak to, half of it held by an agonist of its own, so that what takes it off is seen."""
    net = am.Network()
    net.modulate(net.population("E", 3, "lif"), receptor=target, acts_on="tau_m", maximum=0.5)
    return net


def field(**given) -> am.Network:
    net = am.Network()
    net.population("E", 1, "lif")
    net.field(given.pop("name", "ligand"), tonic="0.1 uM", **given)
    return net


def channel(target: str) -> am.Network:
    net = am.Network()
    net.population("E", 2, am.models.neuron(
        "conducting", NEURON.equations, stands_for={target: "g_x"}, **NEURON.parameters
    ))  # fmt: skip
    return net


def channel_on_tree(target: str) -> am.Network:
    net = am.Network()
    own = am.models.channel(
        "own", "current g_max*(E - v)", stands_for={target: "g_max"}, g_max="1 mS/cm**2", E="-70 mV"
    )
    net.population("E", 2, am.models.cable(am.morphology.cylinder("100 um", "2 um", segments=2), {"*": [own]}))
    return net


def at_terminals(target: str) -> am.Network:
    """A channel that no equation has, of terminals: what closes it raises release."""
    net = am.Network()
    S = source(net)
    E = net.population("E", 3, "lif_cond")
    release = am.models.get("tsodyks_markram")(U=0.1)
    net.synapses(S, E, receptor="AMPA", weight="1 nS", connect="all_to_all", release=release)
    net.modulate(S, channel=target, acts_on="release.U", maximum=3.0, hill=1.5)
    return net


RECEPTOR: dict[str, Callable[[str], am.Network]] = {
    "filter": lambda t: port(t, "receptor"),
    "kinetic": lambda t: port(t, "kinetic"),
    "explicit": lambda t: port(t, "explicit"),
    "spill-over": lambda t: port(t, "explicit", cleft=am.models.get("clearance")(spillover=0.3)),
    "tree": on_tree,
    "field": follows_field,
    "extrasynaptic": lambda t: follows_field(t, "g_x"),
}
WAYS: dict[str, dict[str, Callable[[str], am.Network]]] = {
    "receptor": RECEPTOR,
    "family": RECEPTOR,
    "transporter": {"uptake": lambda t: field(uptake=Uptake(t, "0.01 uM/ms", "1 uM"))},
    "enzyme": {"breakdown": lambda t: field(removal={t: "10 ms"})},
    "channel": {"conductance": channel, "tree": channel_on_tree, "terminal": at_terminals},
    "transmitter": {"release": lambda t: field(name=t, removal="1 s")},
}


def placed() -> list[tuple[str, str, str, str]]:
    """Drug, target, kind of target and way in which it stands, for all drugs."""
    kinds = ("family", "receptor", "transporter", "enzyme", "channel", "transmitter")
    out = []
    for d in C.entries("drug"):
        targets = [x for a in d.actions if a.value("potency") is not None for x in a.targets]
        families = sorted(f for x in targets for f in C.related(x))
        for t in dict.fromkeys([*targets, *families]):
            entry = C.catalogue.find_entry(t, kinds)
            out += [(d.id, t, entry.kind, way) for way in WAYS[entry.kind]]
    return out


def resolved(net: am.Network, drug: str, c: float) -> tuple[list[str], Resolved]:
    """Sentences of warnings, and the network with a dose."""
    net.dose(drug, f"{c} uM")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        found = resolve(net)
    return [str(w.message) for w in caught], found


def read(r: Resolved, c: float) -> list[float]:
    """Slow signals that something reads, under a concentration that stays."""
    assert r.slow is not None
    run = Reference(r.slow.program)
    for _ in range(4):
        run.step([c])
    factors = [f.signal + i for f in r.slow.factors for i in range(f.n)] + [w.signal for w in r.slow.weights]
    return [run.values[s] for s in factors + [x.signal for x in r.slow.recorded if x.kind == "concentration"]]


def arrives(make: Callable[[], am.Network], drug: str, c: float) -> tuple[bool, list[str]]:
    """Whether a dose changes anything that is read, or a value of a population; and what is said."""
    said, r = resolved(make(), drug, c)
    if read(r, c) != read(r, 0.0):
        return True, said
    _, without = resolved(make(), drug, 0.0)
    return repr([dict(m.values) for m in r.members]) != repr([dict(m.values) for m in without.members]), said


@pytest.mark.parametrize("kind", list(WAYS))
def test_every_effect_arrives_or_a_warning_names_it(kind, monkeypatch):
    """Each effect by itself, so that no other one hides that it does nothing."""
    counts: Counter[str] = Counter()
    for drug, target, of, way in placed():
        if of != kind:
            continue
        effects = [e for e in C.effects_of(drug, [target]) if e.kind != "occupy"]
        for e in effects:
            alone = lambda d, names, *kinds, e=e: [e] if e.target in set(names) and d == e.drug else []  # noqa: E731
            monkeypatch.setattr(drugs, "effects_of", alone)
            monkeypatch.setattr(constant_doses, "effects_of", alone)
            arrived, said = arrives(lambda t=target, make=WAYS[kind][way]: make(t), drug, 3.0 * e.potency)
            named = any(
                f"Dose of {drug}: it would change the {e.quantity} of" in s and f"'{e.target}'" in s for s in said
            )
            assert arrived or named, f"{drug}: {e.quantity} ({e.kind}) at {target} by {way} is lost without a word"
            assert not (arrived and named), (
                f"{drug}: {e.quantity} ({e.kind}) at {target} by {way} arrives, and is said to be lost"
            )
            counts["arrived" if arrived else "named"] += 1
    assert counts["arrived"] > 0 and counts["named"] < counts.total(), counts


def test_in_a_module():
    """Where a network becomes a module, factors follow doses as they do in a run."""
    pytest.importorskip("torch")
    from amine.learn.nn.circuit_parts import Drugs

    for drug, target, kind, way in placed():
        if way not in ("filter", "conductance"):
            continue
        net = WAYS[kind][way](target)
        net.dose(drug, "1 uM")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", am.AmineWarning)
            r = resolve(net)
        assert r.slow is not None
        factors = Drugs(r.slow, [], {drug: 1.0}, {}).factors("E")
        run = Reference(r.slow.program)
        run.step([1.0])
        for f in r.slow.factors:
            assert f.parameter in factors
        expected = {n: np.prod([run.values[f.signal] for f in r.slow.factors if f.parameter == n]) for n in factors}
        for n, x in factors.items():
            np.testing.assert_allclose(float(x), expected[n], rtol=1e-12)


@pytest.mark.parametrize("split", [True, False])
def test_cells_with_trees_in_regions_of_a_field(split):
    """A population for each region follows the field of its own; cells of one population in several are refused with this advice."""
    net = am.Network()
    cell = am.models.cable(am.morphology.cylinder("100 um", "2 um", segments=2), {"*": [LEAK]})
    S, names = source(net), "AB" if split else "A"
    cells = [net.population(x, 2, cell, receptors={"AMPA": FILTER}) for x in names]
    for P in cells:
        net.synapses(S, P.at("dendrite(0.5)"), receptor="AMPA", weight="1 nS", connect="all_to_all")
    places = {"left": cells[0] if split else cells[0][:1], "right": cells[1] if split else cells[0][1:]}
    net.field("dopamine", regions=places, released_by={"left": S}, removal="1 s")
    for P in cells:
        net.modulate(P, by="dopamine", receptor="D1", acts_on="AMPA.conductance", maximum=2.0)
    if not split:
        with pytest.raises(am.AmineError, match="make a population for each region"):
            resolve(net)
        return
    r = resolve(net)
    assert r.slow is not None
    assert [(f.population, f.regions) for f in r.slow.factors] == [("A", None), ("B", None)]
    assert r.slow.factors[0].signal != r.slow.factors[1].signal
