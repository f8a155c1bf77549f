"""The tables in which Nordlie, Gewaltig & Plesser (2009, PLoS Comput Biol 5:e1000456) present a network model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from amine.distributions import Distribution
from amine.errors import AmineError
from amine.network.chemistry_tables import chemistry
from amine.network.in_use import ReceptorsInUse, receptors_in_use
from amine.network.parts import Group, PoissonInput, Probe, Synapses, Waveform
from amine.network.pattern import Pattern
from amine.network.space.kernels import DistanceKernel
from amine.values import Array, Formula

if TYPE_CHECKING:
    from amine.models.model import Model
    from amine.network.network import Network

Section = tuple[str, tuple[str, ...], list[tuple[str, ...]]]


class Tex(str):
    """Text with a separate LaTeX form, such as an equation."""

    tex: str

    @staticmethod
    def of(text: str, tex: str) -> Tex:
        """``text`` in Markdown, ``tex`` in LaTeX."""
        out = Tex(text)
        out.tex = tex
        return out


def value_text(value: object) -> str:
    """Value as text in a table."""
    if isinstance(value, Distribution):
        return repr(value).replace("'", "")
    if isinstance(value, Array):
        low, high = (value.values.min(), value.values.max()) if value.values.size else (0.0, 0.0)
        return f"{value.values.size} values, {low:.4g} to {high:.4g} {value.unit}"
    if isinstance(value, Formula):
        return f"{value.text}, {value.low:.4g} to {value.high:.4g} {value.unit}"
    return "1 step" if value is None else str(value)


def _group(g: Group, net: Network) -> str:
    parts = []
    for v in g.views():
        whole = v.n == net.populations[v.population].n
        place = "" if v.place is None else f" at {v.place.place}"
        parts.append(f"{v.population}{place}" if whole else str(v))
    return " + ".join(parts)


def _rule(r: Pattern, s: Synapses | None = None) -> str:
    names = {
        "p": "each pair with probability",
        "indegree": "fixed in-degree",
        "outdegree": "fixed out-degree",
        "total": "fixed total number",
        "one_to_one": "one to one",
        "all_to_all": "all to all",
        "nearest": "from its nearest neighbours,",
    }
    if r.kind == "pairs":
        text = str(r)
    elif isinstance(r.value, DistanceKernel):
        text = str(r.value)
    else:
        text = names[r.kind] + (
            "" if r.value is None else f" {r.value:.6g}" if isinstance(r.value, float) else f" {r.value}"
        )
    if r.kernel is not None:
        text += f" in proportion to: {r.kernel}"
    if s is not None and r.kind in ("total", "indegree", "outdegree") and not s.multapses:
        text += ", no multapses"
    return text + (", no autapses" if s is not None and not s.autapses else "")


def sections(net: Network) -> list[Section]:
    """All tables as (title, header, rows)."""
    used = receptors_in_use(net)
    out = [
        _summary(net, used),
        _populations(net, used),
        _connectivity(net),
        *_models(net, used),
        *chemistry(net),
        _inputs(net),
        _measurements(net),
    ]
    return [s for s in out if s[2]]


def _summary(net: Network, used: ReceptorsInUse) -> Section:
    size = net.estimate()
    models = sorted({p.model.name for p in net.populations.values()})
    receptors = sorted({r.port.name for each in used.values() for r in each.values()})
    rules = {s.plasticity.name for s in net.projections if s.plasticity is not None}
    plastic = sorted({s.release.name for s in net.projections if s.release is not None})
    rows = [
        ("Populations", ", ".join(net.populations)),
        (
            "Topology",
            "positions in space" if any(p.positions is not None for p in net.populations.values()) else "none",
        ),
        (
            "Connectivity",
            ", ".join(dict.fromkeys(_rule(s.pattern).split(" 0.")[0] for s in net.projections))[:200] or "none",
        ),
        ("Neuron models", ", ".join(models)),
        ("Receptors", ", ".join(receptors) or "none"),
        ("Short-term plasticity", ", ".join(plastic) or "none"),
        *([("Long-term plasticity", ", ".join(sorted(rules)))] if rules else []),
        ("Electrical synapses", str(size["gap_junctions"]) if net.electrical else "none"),
        (
            "Input",
            ", ".join(dict.fromkeys(["Poisson trains"] * bool(net.inputs) + ["currents"] * bool(net.stimuli)))
            or "none",
        ),
        ("Size", f"{size['neurons']} neurons, {size['synapses']} synapses expected"),
        ("Time step", f"{net.dt:g} ms"),
        ("Seed", str(net.seed)),
        *([("Declared streams of random numbers", streams)] if (streams := _streams(net)) else []),
    ]
    return "A. Model summary", ("", ""), rows


def _streams(net: Network) -> str:
    """Declared identities of random numbers, by part."""
    parts = (*net.populations.values(), *net.projections, *net.electrical, *net.inputs)
    return ", ".join(f"{p.name}: {p.stream}" for p in parts if p.stream is not None)


def _cleft(model: Model) -> str:
    """Name of a cleft's model with the parameters of the mechanisms in use."""
    zero = ("V_uptake", "V_breakdown", "I_uptake", "I_breakdown", "spillover")
    off = {n for n in zero if str(model.parameters[n]).split()[0] == "0"}
    off |= {x for n in off for x in {"V_uptake": ("K_uptake",), "I_uptake": ("Ki_uptake",)}.get(n, ())}
    off |= {x for n in off for x in {"V_breakdown": ("K_breakdown",), "I_breakdown": ("Ki_breakdown",)}.get(n, ())}
    return f"{model.name}: " + ", ".join(f"{n} {value_text(v)}" for n, v in model.parameters.items() if n not in off)


def _populations(net: Network, used: ReceptorsInUse) -> Section:
    rows = [(p.name, p.model.name, str(p.n), ", ".join(used[p.name]) or "–") for p in net.populations.values()]
    header = ("Name", "Model", "Size", "Receptors")
    if all(p.spikes == "grid" for p in net.populations.values()):
        return "B. Populations", header, rows
    timed = [(*row, p.spikes) for row, p in zip(rows, net.populations.values(), strict=True)]
    return "B. Populations", (*header, "Spikes"), timed


def _connectivity(net: Network) -> Section:
    rows = []
    for s in net.projections:
        weights = "; ".join(f"{r} {value_text(w)}" for r, w in s.receptors.items())
        rows.append(
            (
                s.name,
                _group(s.source, net),
                _group(s.target, net),
                _rule(s.pattern, s),
                weights,
                value_text(s.delay),
                (s.release.name if s.release is not None else "constant")
                + (f", minis {s.minis}" if s.minis is not None else ""),
                ", ".join(x for x in (s.transmitter, s.detail, s.cleft and _cleft(s.cleft)) if x)
                + (f"; {s.rewiring}" if s.rewiring is not None else ""),
            )
        )
    for g in net.electrical:
        a, b = (_group(Group((v,)), net) for v in (g.a, g.b))
        weight = f"gap junction {value_text(g.conductance)}"
        rows.append((g.name, a, b, _rule(g.pattern), weight, "–", "–", "electrical"))
    for c in net.couplings:
        a, b = (_group(Group((v,)), net) for v in (c.source, c.target))
        values = "; ".join(f"{n} {value_text(v)}" for n, v in c.values.items())
        late = "none" if c.delay is None else value_text(c.delay)
        alone = "" if c.autapses else ", no autapses"
        moves = "".join(f"; d{n}/dt = {e}" for n, e in c.change.items())
        rows.append(
            (c.name, a, b, _rule(c.pattern) + alone, values or "–", late, "–", f"sum of {c.value} into {c.into}{moves}")
        )
    header = ("Name", "Source", "Target", "Pattern", "Weight", "Delay", "Release", "Transmission")
    return "C. Connectivity", header, rows


def _models(net: Network, used: ReceptorsInUse) -> list[Section]:
    """One table for each neuron, receptor and release model: equations and parameters."""
    from amine.equations.latex import name_latex  # brings SymPy along

    neurons: dict[str, tuple[Any, Any]] = {}
    for p in net.populations.values():
        if p.model.kind == "neuron":
            neurons[f"{p.model.name} ({p.name})"] = (p.model, p.parameters)
    receptors = {
        f"{label} ({name})": (r.given, r.given.parameters) for name, each in used.items() for label, r in each.items()
    }
    releases = {s.release.name: (s.release, s.release.parameters) for s in net.projections if s.release is not None}
    rules = {
        f"{s.plasticity.name} ({s.name}, {s.plastic}, {s.delay_kind} delay)": (s.plasticity, s.plasticity.parameters)
        for s in net.projections
        if s.plasticity is not None
    }
    out = []
    for title, group in (
        ("D. Neuron model", neurons),
        ("E. Receptor", receptors),
        ("F. Release", releases),
        ("F. Plasticity", rules),
    ):
        merged: dict[Any, list[str]] = {}
        for name, (model, parameters) in group.items():
            key = (model, tuple(sorted((k, value_text(v)) for k, v in parameters.items())))
            merged.setdefault(key, []).append(name)
        for (model, parameters), names in merged.items():
            model_name, rows = model.name, _equations(model)
            rows += [(Tex.of(k, f"${name_latex(k)}$"), v) for k, v in parameters]
            where = ", ".join(n.split(" (")[-1].rstrip(")") if title[0] == "D" else n for n in names)
            out.append(
                (
                    f"{title} {model_name}: {where}" if title[0] != "E" else f"{title} {where}: {model_name}",
                    ("", ""),
                    rows,
                )
            )
    return out


def _equations(model: Model) -> list[tuple[str, ...]]:
    """Rows with the equations of a model; typeset, and without initial values, in LaTeX."""
    lines = [line.strip() for line in model.equations.splitlines() if line.strip()]
    typeset = [f"${line}$" for line in model.latex().splitlines()] if lines else []
    typeset += [""] * (len(lines) - len(typeset))
    lines += [""] * (len(typeset) - len(lines))
    return [("" if k else "Equations", Tex.of(*both)) for k, both in enumerate(zip(lines, typeset, strict=True))]


def _inputs(net: Network) -> Section:
    rows = [(i.name, _group(i.target, net), _poisson(i)) for i in net.inputs]
    rows += [(s.name, _group(s.target, net), f"{s.into or 'current'}, {_course(s.current)}") for s in net.stimuli]
    return "G. Input", ("Name", "Target", "Description"), rows


def _course(w: Waveform) -> str:
    numbers = ", ".join(
        f"{k} {v:g}" if isinstance(v, float) else f"{k} ({value_text(v) if isinstance(v, Array) else len(v)})"
        for k, v in w.numbers.items()
    )
    return f"{w.kind}: {numbers} ({w.unit}, ms)"


def _poisson(i: PoissonInput) -> str:
    rate, weight = (_course(x) if isinstance(x, Waveform) else value_text(x) for x in (i.rate, i.weight))
    return f"{i.n} Poisson trains of {rate} each, {i.receptor} {weight}"


def _measurements(net: Network) -> Section:
    silent = [p.name for p in net.populations.values() if not p.record_spikes]
    rows = [("all spikes", f"all populations but {', '.join(silent)}" if silent else "all populations", "each step")]
    rows += [(", ".join(p.variables), _what(p), _when(p)) for p in net.probes]
    return "H. Measurements", ("What", "Where", "When"), rows


def _what(p: Probe) -> str:
    if not p.electrodes:
        return f"{p.reduce} over {p.target}" if p.reduce else str(p.target)
    return f"{len(p.electrodes)} electrodes beside {p.target}, {p.medium[1]} sources, {p.medium[0]}"


def _when(p: Probe) -> str:
    often = f"at {p.at}" if p.at else p.every or "each step"
    window = [f"{word} {x}" for word, x in (("from", p.start), ("before", p.stop)) if x is not None]
    return ", ".join([often, *window])


def render(net: Network, format: str) -> str:
    """All tables as Markdown or LaTeX."""
    if format not in ("markdown", "latex"):
        raise AmineError("describe()", "unknown format", given=repr(format), expected="'markdown' or 'latex'")
    return "\n\n".join((_markdown if format == "markdown" else _latex)(s) for s in sections(net)) + "\n"


def _markdown(section: Section) -> str:
    title, header, rows = section

    def line(cells: tuple[str, ...]) -> str:
        return "| " + " | ".join(c.replace("|", "\\|") for c in cells) + " |"

    shown = [row for row in rows if row[-1]]
    return "\n".join([f"**{title}**", "", line(header), "|" + "---|" * len(header), *map(line, shown)])


_ESCAPE = {
    "\\": r"\textbackslash{}",
    "_": r"\_",
    "%": r"\%",
    "&": r"\&",
    "#": r"\#",
    "^": r"\^{}",
    "~": r"\~{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "–": "--",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
}


def _tex(text: str) -> str:
    if isinstance(text, Tex):
        return text.tex
    return "".join(_ESCAPE.get(c, c) for c in text)


def _latex(section: Section) -> str:
    title, header, rows = section
    columns = "l" * (len(header) - 1) + "p{0.5\\linewidth}" if len(header) == 2 else "l" * len(header)
    cells = [[_tex(c) for c in row] for row in rows]
    body = [" & ".join(row) + r" \\" for row in cells if row[-1]]
    head = [" & ".join(_tex(h) for h in header) + r" \\", r"\hline"] if any(header) else []
    return "\n".join(
        [
            rf"\begin{{tabular}}{{{columns}}}",
            rf"\multicolumn{{{len(header)}}}{{l}}{{\textbf{{{_tex(title)}}}}} \\",
            r"\hline",
            *head,
            *body,
            r"\hline",
            r"\end{tabular}",
        ]
    )
