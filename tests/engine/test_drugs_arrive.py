"""All drugs of the catalogue, wherever their targets stand: what a drug does arrives, or a warning names what does not.

An effect has arrived if the resolved description would be another one without it. Nothing is compiled.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator

import pytest

import amine as am
from amine import compounds as C
from amine.compounds import catalogue
from amine.compounds.effects import effects_of
from amine.compounds.mechanisms import Effect
from amine.compounds.signals import Apply, Diffuse, Dose, Follow, Product, Program, Response, Share, Signal, Sum
from amine.engine.resolve import constant_doses, drugs
from amine.engine.resolve.resolved import resolve
from amine.network.chemistry import Uptake

KINDS = ("family", "receptor", "transporter", "enzyme", "channel", "transmitter")
SCHEMES = {"AMPA": "AMPA_six_state", "NMDA": "NMDA_five_state", "GABA_B": "GABA_B_cascade"}


def synapse(target: str, detail: str) -> am.Network:
    """A receptor of synapses: as a filter, or as a scheme at the source or at each synapse."""
    scheme = next((s for name, s in SCHEMES.items() if target.startswith(name)), "GABA_A_two_state")
    model = am.models.get("dual_exponential" if detail == "receptor" else scheme)
    net = am.Network()
    E = net.population("E", 2, "lif", receptors={target: model})
    net.synapses(E, E, receptor=target, weight="1 nS", connect="all_to_all", detail=detail)
    return net


def metabotropic(target: str, by: str | None) -> am.Network:
    """A receptor that acts on a parameter of a neuron, driven by a field or by drugs alone."""
    net = am.Network()
    E = net.population("E", 2, "lif")
    if by is not None:
        net.field(by, tonic="0.5 uM", removal="1 s")
    net.modulate(E, by=by, receptor=target, acts_on="V_th", maximum=0.9, EC50="1 uM")
    return net


def channel(target: str) -> am.Network:
    """A channel that a parameter of a neuron stands for."""
    net = am.Network()
    text = "dv/dt = (g_L*(E_L - v) + gbar*(E_K - v) + I)/C : mV\nthreshold v > V_th\nreset v = E_L"
    numbers = {"g_L": "10 nS", "E_L": "-60 mV", "gbar": "1 nS", "E_K": "-90 mV", "C": "100 pF", "V_th": "0 mV"}
    net.population("E", 2, am.models.neuron("own", text, stands_for={target: "gbar"}, **numbers))
    return net


def transporter(target: str) -> am.Network:
    net = am.Network()
    net.field("other", tonic="0.5 uM", uptake=Uptake(target, "0.004 uM/ms", "0.2 uM"))
    return net


def enzyme(target: str) -> am.Network:
    net = am.Network()
    net.field("other", tonic="0.5 uM", removal={target: "1 1/s"})
    return net


def vesicles(target: str) -> am.Network:
    net = am.Network()
    S = net.population("S", 2, "poisson", rate="4 Hz")
    net.field(target, released_by=S, removal="1 s")
    return net


Make = Callable[[str], am.Network]
PLACES: dict[str, dict[str, Make]] = {
    "receptor": {
        **{d: lambda t, d=d: synapse(t, d) for d in ("receptor", "kinetic", "explicit")},
        "field": lambda t: metabotropic(t, "other"),
        "drugs alone": lambda t: metabotropic(t, None),
    },
    "channel": {"parameter": channel},
    "transporter": {"uptake": transporter},
    "enzyme": {"removal": enzyme},
    "transmitter": {"vesicles": vesicles},
}


def ligand_gated(target: str) -> bool:
    entry = catalogue.find_entry(target, KINDS)
    return getattr(entry, "family", "") == "ionotropic" or target == "GABA_B"


def places() -> Iterator[tuple[str, str, str]]:
    """Each target on which a drug of the catalogue acts, with every place in which it can stand."""
    found = {t for name in C.names("drug") for a in C.drug(name).actions if a.value("potency") for t in a.targets}
    for target in sorted(found):
        entry = catalogue.find_entry(target, KINDS)
        assert entry is not None, f"no entry is called '{target}'"
        for place in PLACES[entry.kind]:
            if entry.kind != "receptor" or ligand_gated(target) or place in ("field", "drugs alone"):
                yield target, entry.kind, place


def meaning(p: Program) -> Callable[[Signal], str]:
    """How a signal is computed from doses and fields, as text without the numbers of signals."""
    names = {at: name for name, at in p.names.items()}
    by = {op.out: op for op in p.operations} | {op.out + 1: op for op in p.operations if isinstance(op, Share)}

    def of(signal: Signal) -> str:
        op = by.get(signal)
        match op:
            case None | Dose() | Diffuse():
                return names[signal]
            case Share():
                return repr((signal - op.out, [(of(x.signal), x.potency, x.hill) for x in op.loads]))
            case Sum() | Product():
                more = (op.base, op.inverse) if isinstance(op, Sum) else ()
                return repr((type(op).__name__, [(of(t.signal), t.weight) for t in op.terms], more))
            case Apply():
                return repr((op.function, [of(x) for x in op.signals], op.number))
            case Response():
                parts = [[of(x) for x in each] for each in (op.shifts, op.added, op.efficacies)]
                return repr(([(of(x.signal), x.potency) for x in op.agonists], parts, op.hill))
            case Follow():
                return repr((of(op.source), op.rise, op.decay))

    return of


def description(net: am.Network) -> tuple[str, list[str]]:
    """What a network's chemistry changes (parameters, release, fields, blocked channels, schemes) as text, and the warnings."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        r = resolve(net)
    s = r.slow
    assert s is not None
    of = meaning(s.program)
    varied = [(x.population, x.parameter, of(x.signal)) for x in (*s.factors, *s.weights)]
    fields = [
        (
            [[of(x) for x in (*u.vmax_by, *u.km_by, *u.efflux)] for u in op.uptakes],
            [(of(t.signal), t.weight) for t in (*op.removals, *op.gains)],
            [of(x) for x in op.source_by],
        )
        for op in s.program.operations
        if isinstance(op, Diffuse)
    ]
    schemes = [m.parameters for m in r.schemes]
    return repr((varied, fields, s.blockers, schemes)), [str(w.message) for w in caught]


@pytest.mark.parametrize(("target", "kind", "place"), list(places()))
def test_each_effect_arrives_or_a_warning_names_it(target: str, kind: str, place: str, monkeypatch):
    for name in C.names("drug"):
        mine = [e for e in effects_of(name, [target], (kind,)) if e.kind != "occupy"]
        if not mine:
            continue
        net = PLACES[kind][place](target)
        net.dose(name, "1 uM")
        whole, said = description(net)
        for e in mine:

            def without(*given, lost: Effect = e) -> list[Effect]:
                return [x for x in effects_of(*given) if x != lost]

            with monkeypatch.context() as m:
                m.setattr(drugs, "effects_of", without)
                m.setattr(constant_doses, "effects_of", without)
                rest, _ = description(net)
            named = [w for w in said if e.drug in w and (f"the {e.quantity} of" in w or "acts on nothing" in w)]
            # an effect on pulses says nothing to a slow concentration, and the other way round, as long as its sibling acts
            other = "slow" if place in ("field", "drugs alone") else "pulse"
            sibling = e.when not in ("", other) and any(x.when == other or not x.when for x in mine)
            assert whole != rest or named or sibling, f"{e.drug}: {e.kind} of {e.key} does nothing and nothing says so"


@pytest.mark.parametrize(("target", "action"), [("glycine", "positive modulator"), ("GIRK", "channel opener")])
def test_an_action_without_a_number_is_named(target, action):
    net = channel(target) if target == "GIRK" else synapse(target, "receptor")
    net.dose("ethanol", "20 mM")
    with pytest.warns(am.AmineWarning) as said:
        resolve(net)
    words = [str(w.message) for w in said if "ethanol" in str(w.message)]
    assert any(f"its action on {target} ({action}) is left out" in w for w in words)
    assert not any("acts on nothing" in w for w in words)
