"""Pair-based spike-timing-dependent plasticity."""

from __future__ import annotations

from amine.models.model import Model

_SONG = "Song S, Miller KD, Abbott LF (2000) Nat Neurosci 3:919-926"
_TRACES = (
    "dx_pre/dt = -x_pre/tau_plus : 1 (source)\ndx_post/dt = -x_post/tau_minus : 1 (target)\nw : weight in 0 .. w_max\n"
)
_SYMBOLS = {
    "tau_plus": "time constant of potentiation",
    "tau_minus": "time constant of depression",
    "A_plus": "potentiation by one pair at lag zero, as a fraction of w_max",
    "A_minus": "depression by one pair at lag zero, as a fraction of w_max",
    "w_max": "upper bound of the weight",
}
_UNITS = {"tau_plus": "ms", "tau_minus": "ms", "A_plus": "1", "A_minus": "1", "w_max": "weight"}
_VALUES = {"tau_plus": "20 ms", "tau_minus": "20 ms", "A_plus": "0.01", "A_minus": "0.0105", "w_max": "1 nS"}


def _pair(
    name: str, pre: str, post: str, source: str, doc: str, traces: str = "+=", **more: tuple[str, str, str]
) -> Model:
    text = f"{_TRACES}on pre {pre}; x_pre {traces} 1\non post {post}; x_post {traces} 1"
    units, values, symbols = dict(_UNITS), dict(_VALUES), dict(_SYMBOLS)
    for n, (unit, value, meaning) in more.items():
        units[n], values[n], symbols[n] = unit, value, meaning
    return Model(name, "rule", text, units, values, source, doc, symbols=symbols)


_ADDITIVE = ("w -= A_minus*w_max*x_post", "w += A_plus*w_max*x_pre")
stdp = _pair(
    "stdp",
    *_ADDITIVE,
    _SONG,
    "Additive pair STDP, all pairs: a post-spike adds A_plus w_max exp(-lag/tau_plus) for each earlier pre-spike, a pre-spike subtracts "
    "A_minus w_max exp(-lag/tau_minus) for each earlier post-spike; hard bounds. Weights compete and become bimodal.",
)
stdp_nearest = _pair(
    "stdp_nearest",
    *_ADDITIVE,
    "Morrison A, Diesmann M, Gerstner W (2008) Biol Cybern 98:459-478",
    "Additive pair STDP of nearest neighbours: each spike is paired only with the last spike of the other side.",
    traces="=",
)
stdp_multiplicative = _pair(
    "stdp_multiplicative",
    "w -= A_minus*w*x_post",
    "w += A_plus*(w_max - w)*x_pre",
    "van Rossum MCW, Bi GQ, Turrigiano GG (2000) J Neurosci 20:8812-8821; Rubin J, Lee DD, Sompolinsky H (2001) Phys Rev Lett 86:364-367",
    "Multiplicative pair STDP: potentiation in proportion to the distance from w_max, depression in proportion to the weight (soft bounds). "
    "Weights settle around one value.",
)
stdp_power_law = _pair(
    "stdp_power_law",
    "w -= A_minus*w_max*(max(w, 0*w_max)/w_max)**mu_minus*x_post",
    "w += A_plus*w_max*(max(w_max - w, 0*w_max)/w_max)**mu_plus*x_pre",
    "Gütig R, Aharonov R, Rotter S, Sompolinsky H (2003) J Neurosci 23:3697-3714",
    "Pair STDP between the additive (mu = 0) and the multiplicative (mu = 1) rule.",
    mu_plus=("1", "0.4", "exponent of potentiation"),
    mu_minus=("1", "0.4", "exponent of depression"),
)

RULES = (stdp, stdp_nearest, stdp_multiplicative, stdp_power_law)
