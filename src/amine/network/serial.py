"""Descriptions as plain data: saving, loading, hashing. Loaded data pass the same checks as a network built by hand."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from amine.errors import AmineError
from amine.files import is_intact, read_json, sealed, write_text
from amine.frozen import enter
from amine.models import find
from amine.network import chemistry_plain, makers, structure
from amine.network.numbers import probability
from amine.network.parts import Waveform
from amine.network.pattern import Pattern
from amine.network.plain import group_data, to_group, to_view, view_data
from amine.network.plasticity import plasticity_from_dict, plasticity_to_dict
from amine.network.receptors import begun
from amine.network.space.kernels import FORMULA, SHAPES, DistanceKernel
from amine.network.space.points import Points
from amine.network.space.regions import Region
from amine.network.synapse_probes import NUMBERS, WEIGHTS
from amine.values import Array, Value, from_plain, normalise, to_plain

if TYPE_CHECKING:
    from amine.given import FilePath
    from amine.network.couplings import Coupling
    from amine.network.network import Network
    from amine.network.parts import Declared, Population, Synapses, WeightProbe

FORMAT = "amine network 1"
Items: TypeAlias = "Mapping[str, object] | Iterable[tuple[str, object]]"  # arguments of dict()


class Notes(dict[str, Any]):
    """Notes on a network: names and JSON-able values, checked on entry."""

    def __init__(self, data: Items = ()):
        super().__init__()
        self.update(data)

    def __setitem__(self, name: str, value: object) -> None:
        if not isinstance(name, str):
            raise AmineError("Network, notes", "the name of a note must be text", given=repr(name)[:40])
        try:
            json.dumps(value, allow_nan=False)
        except (TypeError, ValueError, RecursionError) as e:
            raise AmineError(
                f"Network, notes '{name}'",
                "this cannot be written to a file",
                given=repr(value)[:40],
                expected="texts, finite numbers, lists and mappings of them",
            ) from e
        super().__setitem__(name, value)

    def update(self, data: Items = (), **more: Any) -> None:  # type: ignore[override]
        """Add several notes."""
        try:
            notes = dict(data, **more)
        except (TypeError, ValueError) as e:
            raise AmineError("Network, notes", "this is not a mapping", given=repr(data)[:40]) from e
        for name, value in notes.items():
            self[name] = value

    def setdefault(self, name: str, value: object = None) -> Any:  # type: ignore[override]
        """Return the note of this name, which is added if it does not exist."""
        if name not in self:
            self[name] = value
        return self[name]

    def __setattr__(self, name: str, value: object) -> None:
        raise AmineError("Network, notes", f"'{name}' is no attribute", hint=f"write net.notes['{name}'] = ...")

    def __ior__(self, data: Items) -> Notes:  # type: ignore[override]
        self.update(data)
        return self


def to_dict(net: Network) -> dict[str, Any]:
    """Network as JSON-able data."""
    return {
        "format": FORMAT,
        "name": net.name,
        "seed": net.seed,
        "dt": f"{net.dt!r} ms",
        "notes": dict(Notes(net.notes)),  # lists in them may have changed since they were checked
        "populations": [_population(p) for p in net.populations.values()],
        "projections": [_projection(s) for s in net.projections],
        "electrical": [
            {
                "name": g.name,
                "a": view_data(g.a),
                "b": view_data(g.b),
                "conductance": to_plain(g.conductance),
                "pattern": _pattern(g.pattern),
                **_stream(g.stream),
            }
            for g in net.electrical
        ],
        "inputs": [
            {
                "name": i.name,
                "target": group_data(i.target),
                "rate": _drive(i.rate),
                "receptor": i.receptor,
                "weight": _drive(i.weight),
                "n": i.n,
                **_stream(i.stream),
            }
            for i in net.inputs
        ],
        "stimuli": [
            {
                "name": s.name,
                "target": group_data(s.target),
                "current": _course(s.current),
                **({"into": s.into} if s.into else {}),
            }
            for s in net.stimuli
        ],
        "probes": [
            {
                "name": p.name,
                "target": view_data(p.target),
                "variables": list(p.variables),
                "every": p.every,
                **{k: x for k in ("start", "stop", "at", "reduce") if (x := getattr(p, k))},
                **({"electrodes": [list(x) for x in p.electrodes], "medium": list(p.medium)} if p.electrodes else {}),
            }
            for p in net.probes
        ],
        **({"couplings": [_coupling(c) for c in net.couplings]} if net.couplings else {}),
        **chemistry_plain.to_plain(net),
        **({"weight_probes": [_weight_probe(p) for p in net.weight_probes]} if net.weight_probes else {}),
    }


def _weight_probe(p: WeightProbe) -> dict[str, Any]:
    more = {k: x for k, x in (("start", p.start), ("stop", p.stop)) if x is not None}
    kind = {} if p.kind == WEIGHTS else {"kind": p.kind}
    return {
        "name": p.name,
        "projection": p.projection,
        "states": list(p.states),
        "every": p.every,
        "n": p.n,
        **more,
        **kind,
    }


def _projection(s: Synapses) -> dict[str, Any]:
    return {
        "name": s.name,
        "source": group_data(s.source),
        "target": group_data(s.target),
        "receptors": {r: to_plain(w) for r, w in s.receptors.items()},
        "pattern": _pattern(s.pattern),
        "delay": None if s.delay is None else to_plain(s.delay),
        "autapses": s.autapses,
        "multapses": s.multapses,
        "release": None if s.release is None else s.release.to_dict(),
        **plasticity_to_dict(s),
        "transmitter": s.transmitter,
        "detail": s.detail,
        "cleft": None if s.cleft is None else s.cleft.to_dict(),
        "minis": s.minis,
        **({} if s.rewiring is None else {"rewiring": s.rewiring.to_plain()}),
        **_stream(s.stream),
    }


def _stream(declared: Declared) -> dict[str, Any]:
    return {} if declared is None else {"stream": declared}


def _coupling(c: Coupling) -> dict[str, Any]:
    return {
        "name": c.name,
        "source": view_data(c.source),
        "target": view_data(c.target),
        "into": c.into,
        "value": c.value,
        "pattern": _pattern(c.pattern),
        "values": {n: to_plain(v) for n, v in c.values.items()},
        "delay": None if c.delay is None else to_plain(c.delay),
        "autapses": c.autapses,
        "multapses": c.multapses,
        **({"change": dict(c.change)} if c.change else {}),
        **_stream(c.stream),
    }


def _course(w: Waveform) -> dict[str, Any]:
    numbers = {k: to_plain(v) if isinstance(v, Array) else _finite(v) for k, v in w.numbers.items()}
    return {"kind": w.kind, **numbers, **({} if w.unit == "pA" else {"unit": w.unit})}


def _drive(x: Value | Waveform) -> Any:
    return {"waveform": _course(x)} if isinstance(x, Waveform) else to_plain(x)


def _to_drive(data: Any) -> Any:
    return _waveform(data["waveform"]) if isinstance(data, Mapping) and "waveform" in data else from_plain(data)


def _finite(x: object) -> Any:
    return None if isinstance(x, float) and not np.isfinite(x) else x


def _population(p: Population) -> dict[str, Any]:
    return {
        "name": p.name,
        "n": p.n,
        "model": p.model.to_dict(),
        "parameters": {k: to_plain(v) for k, v in p.parameters.items()},
        "initial": {k: to_plain(v) for k, v in p.initial.items()},
        "receptors": {k: m.to_dict() for k, m in p.receptors.items()},
        "positions": None if p.positions is None else to_plain(Array(p.positions, "um")),
        **({} if p.period is None else {"period": list(p.period)}),
        **({} if p.spikes == "grid" else {"spikes": p.spikes}),
        **({} if p.record_spikes else {"record_spikes": False}),
        **_stream(p.stream),
    }


def _pattern(r: Pattern) -> dict[str, Any]:
    if r.kind == "pairs":
        return {"kind": "pairs", "value": [r.value[0].tolist(), r.value[1].tolist()]}
    value = r.value.to_plain() if isinstance(r.value, DistanceKernel) else r.value
    return {"kind": r.kind, "value": value, **({} if r.kernel is None else {"kernel": r.kernel.to_plain()})}


def from_dict(make: Callable[..., Network], data: object) -> Network:
    """Network from plain data.

    Raises
    ------
    AmineError
        If the data are not a description, are damaged, or fail the checks of the network's methods.
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
        net = _build(make, data)
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


def _unknown(given: object, understood: object, place: str = "") -> str:
    """First entry of a description with a value that was not read; empty if there is none."""
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


def _build(make: Callable[..., Network], data: Mapping[str, Any]) -> Network:
    net = make(data["seed"], data["dt"], data["name"])
    net.notes = dict(data["notes"])
    _populations(net, data)
    _connections(net, data)
    _initial(net, data)
    _drives(net, data)
    chemistry_plain.from_plain(net, data)
    for s, d in zip(net.projections, data["projections"], strict=True):  # after the chemistry, which rules may read
        plasticity_from_dict(net, s, d)
    for s, d in zip(net.projections, data["projections"], strict=True):
        structure.from_plain_data(net, s, d)
    for d in data["probes"]:
        if d.get("electrodes"):
            _electrodes(net, d)
            continue
        more = {k: d.get(k) for k in ("start", "stop", "at", "reduce")}
        net.probe(to_view(d["target"]), *map(str, d["variables"]), every=d["every"], name=str(d["name"]), **more)
    for d in data.get("weight_probes", ()):
        probed: Any = net.probe_synapses if d.get("kind") == NUMBERS else partial(net.probe_weights, n=d["n"])
        span = {k: d.get(k) for k in ("start", "stop")}
        probed(str(d["projection"]), *map(str, d["states"]), every=d["every"], name=str(d["name"]), **span)
    return net


def _electrodes(net: Network, d: Mapping[str, Any]) -> None:
    conductivity, source = d["medium"]
    span = {k: d.get(k) for k in ("every", "start", "stop")}
    places = Array(np.array(d["electrodes"], float), "um")
    net.electrodes(
        to_view(d["target"]), places, conductivity=str(conductivity), source=str(source), name=str(d["name"]), **span
    )


def _populations(net: Network, data: Mapping[str, Any]) -> None:
    """Adds the populations; their initial values follow with the receptors that projections add."""
    for d in data["populations"]:
        model = find.from_dict(d["model"])
        positions: Any = None if d["positions"] is None else from_plain(d["positions"])
        if d.get("period") is not None:
            positions = Points(positions.values, positions.unit, tuple(float(x) for x in d["period"]))
        net.population(
            d["name"],
            d["n"],
            model,
            initial={},
            positions=positions,
            receptors={k: find.from_dict(m) for k, m in d["receptors"].items()},
            spikes=d.get("spikes", "grid"),
            record_spikes=_flag(d.get("record_spikes", True)),
            stream=d.get("stream"),
            **{k: from_plain(v) for k, v in d["parameters"].items()},
        )


def _connections(net: Network, data: Mapping[str, Any]) -> None:
    """Adds projections, gap junctions and couplings."""
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
            stream=d.get("stream"),
            **_to_pattern(d["pattern"]),
        )
    for d in data["electrical"]:
        net.gap_junctions(
            to_view(d["a"]),
            to_view(d["b"]),
            conductance=from_plain(d["conductance"]),
            name=str(d["name"]),
            stream=d.get("stream"),
            **_to_pattern(d["pattern"]),
        )
    for d in data.get("couplings", ()):
        values: dict[str, Any] = {str(n): from_plain(v) for n, v in d["values"].items()}
        net.coupling(
            to_view(d["source"]),
            to_view(d["target"]),
            into=str(d["into"]),
            value=str(d["value"]),
            delay=None if d["delay"] is None else from_plain(d["delay"]),
            autapses=_flag(d["autapses"]),
            multapses=_flag(d["multapses"]),
            name=str(d["name"]),
            **_to_pattern(d["pattern"]),
            change={str(n): str(e) for n, e in d.get("change", {}).items()},
            stream=d.get("stream"),
            **values,
        )


def _drives(net: Network, data: Mapping[str, Any]) -> None:
    """Adds Poisson input and stimuli."""
    for d in data["inputs"]:
        net.poisson(
            to_group(d["target"]),
            rate=_to_drive(d["rate"]),
            receptor=str(d["receptor"]),
            weight=_to_drive(d["weight"]),
            n=d["n"],
            name=str(d["name"]),
            stream=d.get("stream"),
        )
    for d in data["stimuli"]:
        net.stimulus(to_group(d["target"]), _waveform(d["current"]), into=d.get("into"), name=str(d["name"]))


def _initial(net: Network, data: Mapping[str, Any]) -> None:
    """Set initial values, after the projections have added receptors."""
    for d in data["populations"]:
        p = net.populations[d["name"]]
        known = begun(p, net)
        for s, v in d["initial"].items():
            value = normalise(from_plain(v), known[s], f"Population '{p.name}', initial '{s}'", shape=(p.n,))
            enter(p.initial, "v" if s == p.model.voltage_name else s, value)


def _flag(x: object) -> bool:
    if not isinstance(x, bool):
        raise TypeError(f"{x!r} is not true or false")
    return x


def _to_pattern(d: Mapping[str, Any]) -> dict[str, Any]:
    kind, value = d["kind"], d["value"]
    if kind == "pairs":
        return {"pairs": tuple(np.asarray(x, np.int64) for x in value)}
    if kind == "distance":
        return _to_kernel(value)
    if kind in ("one_to_one", "all_to_all"):
        return {"connect": kind}
    if kind not in ("p", "indegree", "outdegree", "total", "nearest"):
        raise ValueError(f"unknown pattern {kind!r}")
    return {kind: value, **(_to_kernel(d["kernel"]) if d.get("kernel") is not None else {})}


def _to_kernel(value: Any) -> dict[str, Any]:
    shape, scale, p_max, *region = value
    if scale == FORMULA:
        return {"p": str(shape)}
    if shape not in SHAPES:
        raise ValueError(f"unknown kernel {shape!r}")
    kernel = DistanceKernel(shape, str(scale), probability(float(p_max), "kernel"))
    return {"distance": kernel.within(Region.from_dict(region[0])) if region else kernel}


def _waveform(d: Mapping[str, Any]) -> Any:
    own = str(d.get("unit", "pA"))

    def q(name: str, unit: str = own) -> str:
        return f"{float(d[name])!r} {unit}"

    if d["kind"] == "table":
        return makers.table([f"{float(x)!r} ms" for x in d["times"]], [f"{float(x)!r} {own}" for x in d["values"]])
    if d["kind"] == "courses":
        values = from_plain(d["values"])
        return makers.table([f"{float(x)!r} ms" for x in d["times"]], values)  # type: ignore[arg-type]  (an Array)
    span = {"start": q("start", "ms"), "stop": None if d["stop"] is None else q("stop", "ms")}
    if d["kind"] == "step":
        return makers.step(q("value"), **span)
    if d["kind"] == "ramp":
        return makers.ramp(q("first"), q("last"), **span)  # type: ignore[arg-type]  (it has a stop)
    if d["kind"] == "sine":
        return makers.sine(q("amplitude"), q("frequency", "1/ms"), q("mean"), **span)
    if d["kind"] == "noise":
        return makers.noise(q("sd"), q("tau", "ms"), q("mean"), **span)
    raise ValueError(f"unknown waveform {d['kind']!r}")


def text(described: Mapping[str, Any]) -> str:
    """A description as canonical JSON."""
    return json.dumps(described, sort_keys=True, allow_nan=False, separators=(",", ":"))


def digest(described: Mapping[str, Any]) -> str:
    """SHA-256 of a description's canonical JSON."""
    return hashlib.sha256(text(described).encode()).hexdigest()


def save(net: Network, path: FilePath, overwrite: bool) -> None:
    """Write JSON with a digest of its content, atomically."""
    target = Path(path)
    if target.exists() and not overwrite:
        raise AmineError(f"file '{target}'", "it exists", hint="choose another name or pass overwrite=True")
    write_text(target, json.dumps(sealed(to_dict(net)), indent=1, allow_nan=False), f"file '{target}'")


def load(make: Callable[..., Network], path: FilePath) -> Network:
    """Read a file of :func:`save`, or a description without a digest that was written by hand."""
    where = f"file '{path}'"
    data = read_json(Path(path), where, hint="use a file that Network.save wrote")
    if isinstance(data, dict) and "digest" in data:
        if not is_intact(data):
            hint = "restore it from a copy; if it was edited on purpose, remove its line 'digest'"
            raise AmineError(where, "its content is not what was saved", hint=hint)
        del data["digest"]
    return from_dict(make, data)
