"""Descriptions as plain data: saved, loaded, hashed. What is loaded is checked as if it were entered by hand."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from amine.errors import AmineError
from amine.files import is_intact, read_json, sealed, write_text
from amine.models import find
from amine.network.network import Network
from amine.network.parts import At, DistanceKernel, Group, Rule, View
from amine.network.plasticity import plasticity_from_dict, plasticity_to_dict
from amine.network.receptors import states_of
from amine.values import Array, from_plain, normalise, to_plain

FORMAT = "amine network 1"


def to_dict(net: Network) -> dict[str, Any]:
    """A network as JSON-able data."""
    from amine.network.chemistry import to_plain as chemistry

    return {
        "format": FORMAT,
        "name": net.name,
        "seed": net.seed,
        "dt": f"{net.dt!r} ms",
        "notes": net.notes,
        "populations": [_population(p) for p in net.populations.values()],
        "projections": [
            {
                "name": s.name,
                "source": group_data(s.source),
                "target": group_data(s.target),
                "receptors": {r: to_plain(w) for r, w in s.receptors.items()},
                "rule": _rule(s.rule),
                "delay": None if s.delay is None else to_plain(s.delay),
                "autapses": s.autapses,
                "multapses": s.multapses,
                "release": None if s.release is None else s.release.to_dict(),
                **plasticity_to_dict(s),
                "transmitter": s.transmitter,
                "detail": s.detail,
                "cleft": None if s.cleft is None else s.cleft.to_dict(),
                "minis": s.minis,
            }
            for s in net.projections
        ],
        "electrical": [
            {
                "name": g.name,
                "a": view_data(g.a),
                "b": view_data(g.b),
                "conductance": to_plain(g.conductance),
                "rule": _rule(g.rule),
            }
            for g in net.electrical
        ],
        "inputs": [
            {
                "name": i.name,
                "target": group_data(i.target),
                "rate": to_plain(i.rate),
                "receptor": i.receptor,
                "weight": to_plain(i.weight),
                "n": i.n,
            }
            for i in net.inputs
        ],
        "stimuli": [
            {
                "name": s.name,
                "target": group_data(s.target),
                "current": {"kind": s.current.kind, **{k: _finite(v) for k, v in s.current.numbers.items()}},
            }
            for s in net.stimuli
        ],
        "probes": [
            {"name": p.name, "target": view_data(p.target), "variables": list(p.variables), "every": p.every}
            for p in net.probes
        ],
        **chemistry(net),
        **(
            {"weight_probes": [vars(p) | {"states": list(p.states)} for p in net.weight_probes]}
            if net.weight_probes
            else {}
        ),
    }


def _finite(x: Any) -> Any:
    return None if isinstance(x, float) and not np.isfinite(x) else x


def _population(p: Any) -> dict[str, Any]:
    return {
        "name": p.name,
        "n": p.n,
        "model": p.model.to_dict(),
        "parameters": {k: to_plain(v) for k, v in p.parameters.items()},
        "initial": {k: to_plain(v) for k, v in p.initial.items()},
        "receptors": {k: m.to_dict() for k, m in p.receptors.items()},
        "positions": None if p.positions is None else to_plain(Array(p.positions, "um")),
    }


def view_data(v: View) -> list[Any]:
    view: list[Any] = [v.population, v.start, v.stop, v.step]
    return view if v.place is None else [*view, [v.place.place, list(v.place.compartments), v.place.spread]]


def group_data(g: Group) -> list[list[Any]]:
    return [view_data(v) for v in g.views()]


def _rule(r: Rule) -> dict[str, Any]:
    if r.kind == "pairs":
        return {"kind": "pairs", "value": [r.value[0].tolist(), r.value[1].tolist()]}
    if isinstance(r.value, DistanceKernel):
        return {"kind": "distance", "value": [r.value.shape, r.value.scale, r.value.p_max]}
    return {"kind": r.kind, "value": r.value}


def from_dict(data: Any) -> Network:
    """A network from plain data.

    Raises
    ------
    AmineError
        If it is no description, is damaged, or holds what could not be entered by hand.
    """
    if not isinstance(data, Mapping) or data.get("format") != FORMAT:
        given = data.get("format") if isinstance(data, Mapping) else type(data).__name__
        raise AmineError(
            "network description",
            "this is not a description of a network",
            given=repr(given)[:40],
            expected=f"'{FORMAT}'",
        )
    try:
        net = _build(data)
        unknown = _unknown(data, to_dict(net))
    except AmineError:
        raise
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError, RecursionError) as e:
        raise AmineError(
            "network description", "the description is damaged", given=f"{type(e).__name__}: {e}"[:80]
        ) from e
    if unknown:
        raise AmineError(
            "network description", f"entry '{unknown}' is not known", hint="remove it, or correct its name"
        )
    return net


def _unknown(given: Any, understood: Any, place: str = "") -> str:
    """The first entry of a description that says something and is not part of what was understood; empty if there is none."""
    if isinstance(given, Mapping) and isinstance(understood, Mapping):
        for key, value in given.items():
            if key not in understood and value not in (None, [], {}, False):
                return f"{place}{key}"
        pairs = [(f"{place}{k}.", given[k], understood[k]) for k in given if k in understood]
    elif isinstance(given, list) and isinstance(understood, list) and len(given) == len(understood):
        pairs = [(f"{place}{i}.", a, b) for i, (a, b) in enumerate(zip(given, understood, strict=True))]
    else:
        return ""
    return next((found for p, a, b in pairs if (found := _unknown(a, b, p))), "")


def _build(data: Mapping[str, Any]) -> Network:
    net = Network(data["seed"], data["dt"], data["name"])
    net.notes = dict(data["notes"])
    for d in data["populations"]:
        model = find.from_dict(d["model"])
        net.population(
            d["name"],
            d["n"],
            model,
            initial={},
            positions=None if d["positions"] is None else from_plain(d["positions"]),
            receptors={k: find.from_dict(m) for k, m in d["receptors"].items()},
            **{k: from_plain(v) for k, v in d["parameters"].items()},
        )
    for d in data["projections"]:
        net.synapses(
            to_group(d["source"]),
            to_group(d["target"]),
            receptors={r: from_plain(w) for r, w in d["receptors"].items()},
            delay=None if d["delay"] is None else from_plain(d["delay"]),
            autapses=_flag(d["autapses"]),
            multapses=_flag(d["multapses"]),
            release=None if d["release"] is None else find.from_dict(d["release"]),
            transmitter=d["transmitter"],
            detail=d["detail"],
            cleft=None if d["cleft"] is None else find.from_dict(d["cleft"]),
            minis=d["minis"],
            name=str(d["name"]),
            **_to_rule(d["rule"]),
        )
    _initial(net, data)
    for d in data["electrical"]:
        net.gap_junctions(
            _to_view(d["a"]),
            _to_view(d["b"]),
            conductance=from_plain(d["conductance"]),
            name=str(d["name"]),
            **_to_rule(d["rule"]),
        )
    for d in data["inputs"]:
        net.poisson(
            to_group(d["target"]),
            rate=from_plain(d["rate"]),
            receptor=str(d["receptor"]),
            weight=from_plain(d["weight"]),
            n=d["n"],
            name=str(d["name"]),
        )
    for d in data["stimuli"]:
        net.stimulus(to_group(d["target"]), _waveform(d["current"]), name=str(d["name"]))
    from amine.network.chemistry import from_plain as chemistry

    chemistry(net, data)
    for s, d in zip(net.projections, data["projections"], strict=True):  # rules may read what chemistry there is
        plasticity_from_dict(net, s, d)
    for d in data["probes"]:
        net.probe(_to_view(d["target"]), *map(str, d["variables"]), every=d["every"], name=str(d["name"]))
    for d in data.get("weight_probes", ()):
        net.probe_weights(str(d["projection"]), *map(str, d["states"]), every=d["every"], n=d["n"], name=str(d["name"]))
    return net


def _initial(net: Network, data: Mapping[str, Any]) -> None:
    """Initial values come after the projections, which bring receptors along."""
    for d in data["populations"]:
        p = net.populations[d["name"]]
        known = states_of(p, net)
        for s, v in d["initial"].items():
            p.initial[s] = normalise(from_plain(v), known[s], f"Population '{p.name}', initial '{s}'", shape=(p.n,))


def _flag(x: Any) -> bool:
    if not isinstance(x, bool):
        raise TypeError(f"{x!r} is not true or false")
    return x


def _to_view(d: Any) -> View:
    name, start, stop, step = d[:4]
    if not all(isinstance(x, int) for x in (start, stop, step)) or step < 1:
        raise TypeError(f"{d!r} is not a slice")
    if len(d) == 4:
        return View(str(name), start, stop, step)
    label, compartments, spread = d[4]
    if spread not in ("area", "uniform", "each"):
        raise TypeError(f"{spread!r} is not a spread")
    return View(str(name), start, stop, step, At(str(label), tuple(int(i) for i in compartments), spread))


def to_group(d: Any) -> Group:
    return Group(tuple(_to_view(v) for v in d))


def _to_rule(d: Mapping[str, Any]) -> dict[str, Any]:
    kind, value = d["kind"], d["value"]
    if kind == "pairs":
        return {"pairs": tuple(np.asarray(x, np.int64) for x in value)}
    if kind == "distance":
        shape, scale, p_max = value
        if shape not in ("gaussian", "exponential", "box"):
            raise ValueError(f"unknown kernel {shape!r}")
        return {"distance": DistanceKernel(shape, str(scale), float(p_max))}
    if kind in ("one_to_one", "all_to_all"):
        return {"rule": kind}
    if kind not in ("p", "indegree", "outdegree", "total"):
        raise ValueError(f"unknown rule {kind!r}")
    return {kind: value}


def _waveform(d: Mapping[str, Any]) -> Any:
    from amine.network import makers

    def q(name: str, unit: str) -> str:
        return f"{float(d[name])!r} {unit}"

    span = (
        {}
        if d["kind"] == "table"
        else {"start": q("start", "ms"), "stop": None if d["stop"] is None else q("stop", "ms")}
    )
    if d["kind"] == "step":
        return makers.step(q("value", "pA"), **span)
    if d["kind"] == "ramp":
        return makers.ramp(q("first", "pA"), q("last", "pA"), **span)
    if d["kind"] == "sine":
        return makers.sine(q("amplitude", "pA"), f"{float(d['frequency'])!r} 1/ms", q("mean", "pA"), **span)
    if d["kind"] == "table":
        return makers.table([f"{float(x)!r} ms" for x in d["times"]], [f"{float(x)!r} pA" for x in d["values"]])
    raise ValueError(f"unknown waveform {d['kind']!r}")


def text(net: Network) -> str:
    """The description as canonical JSON."""
    return json.dumps(to_dict(net), sort_keys=True, allow_nan=False, separators=(",", ":"))


def digest(net: Network) -> str:
    """SHA-256 of the canonical JSON."""
    return hashlib.sha256(text(net).encode()).hexdigest()


def save(net: Network, path: Any, overwrite: bool) -> None:
    """Writes JSON with a digest of its content, whole or not at all."""
    target = Path(path)
    if target.exists() and not overwrite:
        raise AmineError(f"file '{target}'", "it exists", hint="choose another name or pass overwrite=True")
    write_text(target, json.dumps(sealed(to_dict(net)), indent=1, allow_nan=False), f"file '{target}'")


def load(path: Any) -> Network:
    """Reads what :func:`save` wrote, or a description without a digest that was written by hand."""
    where = f"file '{path}'"
    data = read_json(Path(path), where, hint="use a file that Network.save wrote")
    if isinstance(data, dict) and "digest" in data:
        if not is_intact(data):
            hint = "restore it from a copy; if it was edited on purpose, remove its line 'digest'"
            raise AmineError(where, "its content is not what was saved", hint=hint)
        del data["digest"]
    return from_dict(data)
