"""Synaptic tagging and capture: an early change of the weight decays within hours unless captured proteins consolidate it."""

from __future__ import annotations

from amine.models.model import Model

_EARLY = "0.1*(w_0 - early) + where(c > theta_p, gamma_p*(h_max*w_0 - early), 0*early) - where(c > theta_d, gamma_d*early, 0*early)"
_LATE = (
    "protein/tau_z*(where(early - w_0 > theta_tag*w_0, 1 - z, 0*z) - where(w_0 - early > theta_tag*w_0, z + 0.5, 0*z))"
)
tagging = Model(
    "tagging",
    "rule",
    "dc/dt = -c/tau_Ca : 1\n"
    "on pre after D c += C_pre\n"
    "on post c += C_post\n"
    "early = w - w_0*z : weight\n"
    f"dw/dt = ({_EARLY})/tau_h + w_0*{_LATE} : weight in 0 .. w_max\n"
    f"dz/dt = {_LATE} : 1\n"
    "drift = sum(abs(w - w_0*z - w_0)/w_0) : 1 (target)\n"
    "dprotein/dt = (where(drift > theta_pro, 1, 0)/(1 + anisomycin/IC50) - protein)/tau_p : 1 (target)",
    {
        **dict.fromkeys(("tau_Ca", "D", "tau_h", "tau_z", "tau_p", "clock"), "ms"),
        **dict.fromkeys(
            ("C_pre", "C_post", "theta_p", "theta_d", "gamma_p", "gamma_d", "h_max", "theta_tag", "theta_pro"), "1"
        ),
        **dict.fromkeys(("anisomycin", "IC50"), "uM"),
        "w_0": "weight",
        "w_max": "weight",
    },
    {
        "tau_Ca": "48.8373 ms",
        "D": "18.8 ms",
        "C_pre": "0.6",
        "C_post": "0.1655",
        "theta_p": "3",
        "theta_d": "1.2",
        "gamma_p": "1645.6",
        "gamma_d": "313.1",
        "h_max": "2.38",
        "tau_h": "688400 ms",
        "theta_tag": "0.2",
        "theta_pro": "0.5",
        "tau_z": "3600000 ms",
        "tau_p": "3600000 ms",
        "anisomycin": "0 uM",
        "IC50": "0.1 uM",
        "w_0": "1 nS",
        "w_max": "4 nS",
        "clock": "1000 ms",
    },
    "Luboeinski J, Tetzlaff C (2021) Commun Biol 4:275, after Graupner & Brunel (2012) and Frey U, Morris RGM (1997) Nature 385:533-536; "
    "IC50 of anisomycin: an order of magnitude",
    "Tagging and capture: calcium changes the early phase, which returns to w_0 in hours. A synapse whose early phase has moved by more than theta_tag is "
    "tagged; a neuron whose synapses have moved by theta_pro in sum synthesises protein; tagged synapses capture it into the late phase z, which persists. "
    "w is the sum of both. A dose of the drug anisomycin, or a field of that name, blocks the synthesis; without one the parameter applies. The sum over "
    "synapses is updated once per clock. Small changes over hours need precision='float64'.",
    limits={"C_pre": "positive", "C_post": "positive"},
    symbols={
        "tau_Ca": "decay of calcium",
        "D": "delay of the calcium of a pre-spike",
        "C_pre": "calcium added by a pre-spike",
        "C_post": "calcium added by a post-spike",
        "theta_p": "calcium above which a synapse is potentiated",
        "theta_d": "calcium above which it is depressed",
        "gamma_p": "rate of potentiation, in 1/tau_h",
        "gamma_d": "rate of depression, in 1/tau_h",
        "h_max": "limit of the early phase, as a multiple of w_0",
        "tau_h": "time constant of the early phase",
        "theta_tag": "change that tags a synapse, as a fraction of w_0",
        "theta_pro": "sum of changes that starts protein synthesis, as a multiple of w_0",
        "tau_z": "time constant of capture",
        "tau_p": "time constant of the protein",
        "anisomycin": "concentration of the blocker of protein synthesis",
        "IC50": "concentration that halves synthesis",
        "w_0": "weight at rest",
        "w_max": "upper bound of the weight",
        "clock": "interval at which synapses read the protein",
    },
)

RULES = (tagging,)
