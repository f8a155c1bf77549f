"""What a receptor is at its target, by the level of detail of a projection.

receptor
    a linear filter: a receptor model.
kinetic
    a scheme whose state lives at the source. After a change of the transmitter all is linear, so the target needs only
    sums over its synapses: of receptors in all states, and of those that are under transmitter at the moment.
explicit
    a scheme of its own at each synapse; the target is told the sum of the conductances.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from amine.equations.schemes import Scheme, mentions, read, renamed
from amine.errors import AmineError, did_you_mean

if TYPE_CHECKING:
    from amine.models.model import Model
    from amine.network.network import Network
    from amine.network.parts import Population

LEVELS = ("receptor", "kinetic", "explicit")
CLEARED = "kinetic with a cleft"
QUANTUM, ONE = "q", "g_one"  # parameters that the engine fills in: unit of the mass row, weight of one synapse


def port_of(population: Population, label: str, where: str, detail: str = "receptor") -> Model:
    """The receptor that a label means on a population at a level (:func:`level_of`), as equations of the target."""
    if detail == "receptor":
        return _filter(population, label, where)
    scheme = scheme_of(population, label, where)
    return explicit_port(scheme) if detail == "explicit" else kinetic_port(scheme, cleared=detail == CLEARED)


def level_of(s: Any) -> str:
    """The level of a projection: its detail, and whether transmitter is cleared rather than a square pulse."""
    return CLEARED if s.detail == "kinetic" and s.cleft is not None else s.detail


def _filter(population: Population, label: str, where: str) -> Model:
    from amine.network.checks import receptor_of

    model = receptor_of(population, label, where)
    if model.kind == "scheme":
        raise AmineError(
            where, f"receptor '{label}' is a kinetic scheme", hint="say detail='kinetic' or detail='explicit'"
        )
    return model


def scheme_of(population: Population, label: str, where: str) -> Model:
    """The scheme that a label means: the population's own, or the library's default for the label."""
    from amine import models
    from amine.models.schemes import DEFAULTS

    own = population.receptors.get(label) or population.model.receptors.get(label)
    if own is not None and own.kind == "scheme":
        return own
    if label in population.receptors:
        raise AmineError(
            where,
            f"receptor '{label}' of population '{population.name}' is a filter without a kinetic scheme",
            hint="give the population a scheme under this label, or say detail='receptor'",
        )
    name = DEFAULTS.get(label, label)
    if name not in models.names("scheme"):
        raise AmineError(
            where, f"no kinetic scheme is known for receptor '{label}'", hint=did_you_mean(label, [*DEFAULTS])
        )
    return models.get(name)


def detail_of(net: Network, population: str, label: str) -> str | None:
    """The level at which a receptor of a population is in use, or None if it is not."""
    for s in net.projections:
        if label in s.receptors and any(v.population == population for v in s.target.views()):
            return level_of(s)
    used = any(i.receptor == label and any(v.population == population for v in i.target.views()) for i in net.inputs)
    return "receptor" if used else None


def check_level(net: Network, targets: Any, label: str, detail: str, where: str) -> None:
    """A receptor has one level at a target: its states have one meaning."""
    for v in targets.views():
        before = detail_of(net, v.population, label)
        if before not in (None, detail):
            raise AmineError(
                where,
                f"receptor '{label}' of population '{v.population}' is in use at the level {before} already",
                given=detail,
                hint=f"give one of them a label of its own with receptors={{...}} of the population, such as '{label}_2'",
            )


def explicit_port(model: Model) -> Model:
    """The target's part of an explicit scheme: a conductance that the synapses add up in each step."""
    s = scheme(model)
    lines = [f"{n} = {e} : {u}" for n, e, u in s.parts if mentions(s.current, n) or _deep(s, n)]
    return _as_receptor(model, [*lines, "input g : nS", f"current {s.current}"], {})


def _deep(s: Scheme, name: str) -> bool:
    """Whether the current needs a part through another part."""
    return any(mentions(e, name) and (mentions(s.current, n) or _deep(s, n)) for n, e, _ in s.parts if n != name)


def scheme(model: Model) -> Scheme:
    """The scheme of a model, read from its text."""
    return read(model.equations, model.where)


def kinetic_port(model: Model, cleared: bool = False) -> Model:
    """The target's part of a scheme at the source, as a receptor model.

    For each free state X of the scheme there is X, the weighted sum over all synapses of its deviation from rest, and
    X_on, the sum of X over the synapses that are under transmitter; M counts the latter's weights in units of q, as a
    whole number, so that nothing is left when all pulses have ended. What is open is called g.

    If transmitter is ``cleared`` the source works out each step, and the sums are told what it adds (X_in).
    """
    s = scheme(model)
    if s.voltage_dependent:
        raise AmineError(
            model.where,
            "its rates depend on the voltage of the target, which the source does not know",
            hint="say detail='explicit'",
        )
    if s.opens is not None and s.rest in s.opens:
        raise AmineError(model.where, f"'{s.rest}', in which receptors rest, is open", hint="say detail='explicit'")
    off, on = _rates(s)
    if cleared:
        return _cleared_port(model, s, off)
    y, x = _sums(s), _under_transmitter(s)
    lines = [f"{n} = {e} : {u}" for n, e, u in s.parts]
    lines += [f"{n} = {e} : 1/ms" for n, e in {**dict(off), **dict(on)}.items()]
    slope = {a: _flux(s, a, y, [n for n, _ in off]) + _binding(s, a, x, off, on) for a in s.free}
    opens = s.opens or ()
    for a in s.free:
        if opens and a == opens[0]:
            lines.append(f"dg/dt = {''.join(slope[b] for b in opens)} : nS")
        else:
            lines.append(f"d{a}/dt = {slope[a]} : nS")
    lines += [f"d{a}_on/dt = {_flux(s, a, x, [n for n, _ in on])} : nS" for a in s.free]
    lines += [f"d{n}/dt = {renamed(e, y)} : nS" for n, e, _ in s.downstream]
    extra = {QUANTUM: ("nS", "1 nS")}
    if not opens:
        lines.append(_pooled(s, y))
        extra[ONE] = ("nS", "1 nS")
    return _as_receptor(model, [*lines, "mass M : 1", f"current {s.current}"], extra)


def _pooled(s: Scheme, y: dict[str, str]) -> str:
    """What is open when it is no plain sum: as if all that synapses set in motion acted on one pool of channels."""
    names = {n: f"({n}/{ONE})" for n in (*s.free, *(d for d, _, _ in s.downstream))}
    names[s.rest] = f"({y[s.rest]}/{ONE})"
    return f"g = {ONE}*({renamed(s.open, names)}) : nS"


def row_of(s: Scheme, state: str) -> str:
    """The name of a free state's sum where transmitter is cleared: a single open state is called g."""
    return "g" if s.opens == (state,) else state


def _cleared_port(model: Model, s: Scheme, off: list[tuple[str, str]]) -> Model:
    y = {a: row_of(s, a) for a in s.free}
    y = {s.rest: "(-(" + " + ".join(y.values()) + "))", **y}
    lines = [f"{n} = {e} : {u}" for n, e, u in s.parts] + [f"{n} = {e} : 1/ms" for n, e in off]
    lines += [f"d{y[a]}/dt = {_flux(s, a, y, [n for n, _ in off])} + {a}_in : nS" for a in s.free]
    lines += [f"d{n}/dt = {renamed(e, y)} : nS" for n, e, _ in s.downstream]
    extra: dict[str, tuple[str, str]] = {}
    if s.opens is None:
        lines.append(_pooled(s, y))
        extra = {ONE: ("nS", "1 nS")}
    elif len(s.opens) > 1:
        lines.append(f"g = {' + '.join(s.opens)} : nS")
    return _as_receptor(model, [*lines, *(f"impulse {a}_in : nS/ms" for a in s.free), f"current {s.current}"], extra)


def _rates(s: Scheme) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """(name, expression) of each transition's rate, without and with transmitter."""
    off, on, seen = [], [], set()
    for t in s.transitions:
        name = f"{t.a}_{t.b}"
        while name in seen:
            name += "_"
        seen.add(name)
        off.append((f"off_{name}", renamed(t.rate, {"T": "(0*uM)"})))
        on.append((f"on_{name}", renamed(t.rate, {"T": "T_max"})) if t.binds else off[-1])
    return off, on


def _sums(s: Scheme) -> dict[str, str]:
    """How the target writes each state's sum: the first follows from the others, the first open one from g."""
    y = {a: a for a in s.free}
    if s.opens:
        y[s.opens[0]] = "(" + " - ".join(["g", *s.opens[1:]]) + ")"
    return {s.rest: "(-(" + " + ".join(y[a] for a in s.free) + "))", **y}


def _under_transmitter(s: Scheme) -> dict[str, str]:
    x = {a: f"{a}_on" for a in s.free}
    return {s.rest: f"({QUANTUM}*M - " + " - ".join(x.values()) + ")", **x}


def _flux(s: Scheme, a: str, value: dict[str, str], rates: list[str]) -> str:
    """What flows into a state less what flows out."""
    text = ""
    for t, k in zip(s.transitions, rates, strict=True):
        text += f" + {k}*{value[t.a]}" * (t.b == a) + f" - {k}*{value[t.a]}" * (t.a == a)
    return text


def _binding(s: Scheme, a: str, value: dict[str, str], off: Any, on: Any) -> str:
    """What transmitter adds to the flow into a state, of the synapses that are under it."""
    text = ""
    for t, (k, _), (n, _) in zip(s.transitions, off, on, strict=True):
        if t.binds:
            text += f" + ({n} - {k})*{value[t.a]}" * (t.b == a) + f" - ({n} - {k})*{value[t.a]}" * (t.a == a)
    return text


def _as_receptor(model: Model, lines: list[str], extra: dict[str, tuple[str, str]]) -> Model:
    from amine.models.model import Model

    clash = next((n for n in extra if n in model.units), None)
    if clash:
        raise AmineError(model.where, f"'{clash}' is a reserved name", hint="rename the parameter")
    return Model(
        model.name,
        "receptor",
        "\n".join(lines),
        {**model.units, **{n: u for n, (u, _) in extra.items()}},
        {**model.parameters, **{n: v for n, (_, v) in extra.items()}},
        model.source,
        model.doc,
        symbols={**model.symbols, **dict.fromkeys(extra, "filled in by the engine")},
    )
