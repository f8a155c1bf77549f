"""Triplet STDP: the effect of a pair depends on earlier spikes."""

from __future__ import annotations

from amine.models.model import Model

_SOURCE = "Pfister JP, Gerstner W (2006) J Neurosci 26:9673-9682, Tables 3 and 4"
_UNITS = {
    **dict.fromkeys(("tau_plus", "tau_minus", "tau_x", "tau_y"), "ms"),
    **dict.fromkeys(("A2_plus", "A3_plus", "A2_minus", "A3_minus"), "1"),
    "w_ref": "weight",
    "w_max": "weight",
}
_SYMBOLS = {
    "tau_plus": "time constant of r1, for potentiation by pairs",
    "tau_minus": "time constant of o1, for depression by pairs",
    "tau_x": "time constant of r2, for earlier pre-spikes",
    "tau_y": "time constant of o2, for earlier post-spikes",
    "A2_plus": "potentiation by a pair, as a fraction of w_ref",
    "A3_plus": "potentiation by post-pre-post",
    "A2_minus": "depression by a pair",
    "A3_minus": "depression by pre-post-pre",
    "w_ref": "weight to which amplitudes refer",
    "w_max": "upper bound of the weight",
}
_COLUMNS = ("A2_plus", "A3_plus", "A2_minus", "A3_minus", "tau_x", "tau_y")
_ALL = {
    "V1": (5e-10, 6.2e-3, 7e-3, 2.3e-4, 101, 125),
    "V1 minimal": (0, 6.5e-3, 7.1e-3, 0, 101, 114),
    "hippocampus": (6.1e-3, 6.7e-3, 1.6e-3, 1.4e-3, 946, 27),
    "hippocampus minimal": (5.3e-3, 8e-3, 3.5e-3, 0, 946, 40),
}
_NEAREST = {
    "V1": (8.8e-11, 5.3e-2, 6.6e-3, 3.1e-3, 714, 40),  # amplitudes of the two V1 sets: from memory of Table 3
    "V1 minimal": (0, 5e-2, 8e-3, 0, 714, 40),
    "hippocampus": (4.6e-3, 9.1e-3, 3e-3, 7.5e-9, 575, 47),
}


def _sets(table: dict[str, tuple[float, ...]]) -> dict[str, dict[str, str]]:
    return {
        name: {n: f"{x} ms" if n.startswith("tau") else f"{x}" for n, x in zip(_COLUMNS, row, strict=True)}
        for name, row in table.items()
    }


def _rule(name: str, jump: str, values: dict[str, str], doc: str) -> Model:
    text = (
        "dr1/dt = -r1/tau_plus : 1 (source)\ndr2/dt = -r2/tau_x : 1 (source)\n"
        "do1/dt = -o1/tau_minus : 1 (target)\ndo2/dt = -o2/tau_y : 1 (target)\n"
        "w : weight in 0 .. w_max\n"
        f"on pre w -= w_ref*o1*(A2_minus + A3_minus*r2); r1 {jump} 1; r2 {jump} 1\n"
        f"on post w += w_ref*r1*(A2_plus + A3_plus*o2); o1 {jump} 1; o2 {jump} 1"
    )
    start = {"tau_plus": "16.8 ms", "tau_minus": "33.7 ms", "w_ref": "1 nS", "w_max": "10 nS"}
    return Model(name, "rule", text, _UNITS, {**start, **values}, _SOURCE, doc, symbols=_SYMBOLS)


SETS = {"triplet": _sets(_ALL), "triplet_nearest": _sets(_NEAREST)}
triplet = _rule(
    "triplet",
    "+=",
    SETS["triplet"]["V1"],
    "Triplet STDP with all pairs: potentiation depends on earlier post-spikes, depression on earlier pre-spikes, which gives the dependence "
    "on frequency that pair rules lack. Parameter sets: V1, V1 minimal, hippocampus, hippocampus minimal.",
)
triplet_nearest = _rule(
    "triplet_nearest",
    "=",
    SETS["triplet_nearest"]["hippocampus"],
    "Triplet STDP of nearest neighbours. Parameter sets: V1, V1 minimal, hippocampus.",
)

RULES = (triplet, triplet_nearest)
