"""Synapses with states of their own: saturation, dynamics of release, and strengths of a few stable values."""

from __future__ import annotations

from amine.models.model import Model

saturating = Model(
    "saturating",
    "rule",
    "w : weight\nds/dt = -s/tau : 1\non pre transmit w*alpha*(1 - s); s += alpha*(1 - s)",
    {"alpha": "1", "tau": "ms"},
    {"alpha": "0.632", "tau": "100 ms"},
    "Wang X-J (1999) J Neurosci 19:9587-9603; Wang X-J (2002) Neuron 36:955-968: alpha = 1 - exp(-1), the part of the free channels that the paper's pulse "
    "of 2 ms at 0.5/ms opens",
    "NMDA receptors that saturate at each synapse: a spike opens the part alpha of the channels that are still closed. The weight is the conductance with all "
    "channels open. The receptor of the target must decay exponentially with the same tau, so that the target holds the sum over its synapses.",
    symbols={
        "alpha": "part of the closed channels that a spike opens",
        "tau": "decay of the open part, and of the receptor",
    },
    limits={"alpha": "share", "tau": "positive"},
)

maass_markram = Model(
    "maass_markram",
    "rule",
    "w : weight\ndu/dt = -u/F : 1\ndR/dt = (1 - R)/D : 1\ninitial R = 1\non pre u += U*(1 - u); transmit w*u*R; R -= u*R",
    {"U": "1", "D": "ms", "F": "ms"},
    {"U": "0.5", "D": "1.1 s", "F": "0.05 s"},
    "Maass W, Markram H (2002) Neural Netw 15:155-161; sets of parameters: Maass W, Natschlaeger T, Markram H (2002) Neural Comput 14:2531-2560",
    "Dynamics of release of each synapse: u is the fraction of the resources R that a spike uses. A spike acts with the weight times u R; the first one with U. "
    "The sets EE, EI, IE and II are named by source and target (E excitatory, I inhibitory). Where all synapses of a source neuron have the same values, "
    "the release model tsodyks_markram is the same at less cost.",
    symbols={
        "U": "use of resources by a first spike",
        "D": "time constant of recovery from depression",
        "F": "time constant of facilitation",
    },
    limits={"U": "share", "D": "positive", "F": "positive"},
)

brader = Model(
    "brader",
    "rule",
    "w : weight\n"
    "dC/dt = -C/tau_C : 1 (target)\n"
    "dX/dt = where(X > theta_X, alpha, -beta) : 1 in 0 .. 1\n"
    "on pre transmit w*where(X > theta_X, 1, low)\n"
    "  X += where(v > theta_V, a*where(C > up_low, 1, 0)*where(C < up_high, 1, 0), -b*where(C > down_low, 1, 0)*where(C < down_high, 1, 0))\n"
    "on post C += 1",
    {
        "tau_C": "ms",
        "theta_X": "1",
        "alpha": "1/ms",
        "beta": "1/ms",
        "theta_V": "mV",
        "a": "1",
        "b": "1",
        "low": "1",
        "up_low": "1",
        "up_high": "1",
        "down_low": "1",
        "down_high": "1",
    },
    {
        "tau_C": "60 ms",
        "theta_X": "0.5",
        "alpha": "3.5e-3 1/ms",
        "beta": "3.5e-3 1/ms",
        "theta_V": "-54 mV",
        "a": "0.1",
        "b": "0.1",
        "low": "0",
        "up_low": "3",
        "up_high": "13",
        "down_low": "3",
        "down_high": "4",
    },
    "Brader JM, Senn W, Fusi S (2007) Neural Comput 19:2881-2912, table 1; theta_V lies at 0.8 of the way from rest to threshold there",
    "Bistable synapse: each pre-spike moves the state X up if the target is depolarised, down if not, as long as the target's calcium C, a trace of its spikes, lies "
    "within bounds; between spikes X drifts to 1 above theta_X and to 0 below. The spike acts with the weight if X is above theta_X, else with the part low of it.",
    symbols={
        "tau_C": "decay of the target's calcium, to which each spike adds 1",
        "theta_X": "boundary between the two strengths",
        "alpha": "drift upwards",
        "beta": "drift downwards",
        "theta_V": "voltage of the target above which a pre-spike moves X up",
        "a": "step upwards",
        "b": "step downwards",
        "low": "strength of the weak state as part of the weight",
        "up_low": "calcium above which steps go up",
        "up_high": "calcium below which steps go up",
        "down_low": "calcium above which steps go down",
        "down_high": "calcium below which steps go down",
    },
    limits={"low": "share", "theta_X": "share"},
)

cascade = Model(
    "cascade",
    "rule",
    "w : weight\n"
    "s : 1\nk : 1\ninitial k = 1\nevent : 1\n"
    "opposed = where(v > theta_V, 1 - s, s) : 1\n"
    "switch = where(k > n - 0.5, x**(k - 1)/(1 - x), x**(k - 1)) : 1\n"
    "deeper = where(k > n - 0.5, 0, x**k/(1 - x)) : 1\n"
    "on pre transmit w*(low + (1 - low)*s)\n"
    "  event = where(rand() < where(opposed > 0.5, switch, deeper), 1 + opposed, 0)\n"
    "  k = where(event > 1.5, 1, where(event > 0.5, k + 1, k))\n"
    "  s = where(event > 1.5, 1 - s, s)",
    {"n": "1", "x": "1", "theta_V": "mV", "low": "1"},
    {"n": "10", "x": "0.5", "theta_V": "-54 mV", "low": "0"},
    "Fusi S, Drew PJ, Abbott LF (2005) Neuron 45:599-611; candidate events by the voltage of the target at a pre-spike, as in Fusi S et al. (2000) Neural Comput 12:2227-2258",
    "Cascade of metaplastic states: a synapse is weak (s = 0) or strong (s = 1) at one of n levels k. A pre-spike is a candidate for potentiation if the target is above "
    "theta_V, else for depression. Against the present strength it switches it with probability x^(k-1), and the synapse returns to level 1; along with it, the synapse goes one "
    "level deeper with probability x^k/(1-x), where it changes less easily and remembers longer.",
    symbols={
        "n": "number of levels",
        "x": "ratio of the probabilities of one level and the one before",
        "theta_V": "voltage of the target that separates potentiation from depression",
        "low": "strength of the weak state as part of the weight",
    },
    limits={"low": "share", "x": "share"},
)

SETS = {
    "maass_markram": {
        "EE": {"U": "0.5", "D": "1.1 s", "F": "0.05 s"},
        "EI": {"U": "0.05", "D": "0.125 s", "F": "1.2 s"},
        "IE": {"U": "0.25", "D": "0.7 s", "F": "0.02 s"},
        "II": {"U": "0.32", "D": "0.144 s", "F": "0.06 s"},
    }
}
RULES = (saturating, maass_markram, brader, cascade)
