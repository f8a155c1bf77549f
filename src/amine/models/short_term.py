"""Release models: the amount released by a spike, as states of the source neuron."""

from __future__ import annotations

from amine.models.model import Model

constant = Model(
    "constant",
    "release",
    "payload 1",
    {},
    {},
    "no states: each spike releases the same",
    "Every spike acts with the whole weight, as without a release model.",
)

tsodyks_markram = Model(
    "tsodyks_markram",
    "release",
    "du/dt = -u/tau_facil : 1\ndx/dt = (1 - x)/tau_rec : 1\non spike u += U*(1 - u)\npayload u*x\nafter spike x -= u*x\ninitial u = 0\ninitial x = 1",
    {"U": "1", "tau_rec": "ms", "tau_facil": "ms"},
    {"U": "0.5", "tau_rec": "800 ms", "tau_facil": "1 ms"},
    "Tsodyks M, Pawelzik K, Markram H (1998) Neural Comput 10:821-835",
    "Short-term depression and facilitation: u is the utilisation, raised by each spike, and x the fraction of available resources. A spike acts "
    "with the weight times u x.",
    symbols={
        "U": "utilisation that a spike adds",
        "tau_rec": "time constant of recovery",
        "tau_facil": "time constant of facilitation",
    },
    limits={"U": "share"},
)

quantal = Model(
    "quantal",
    "release",
    "quanta n, cv, tau_rec\ndu/dt = -u/tau_facil : 1\non spike u += p*(1 - u)\npayload u\ninitial u = 0",
    {"n": "1", "p": "1", "cv": "1", "tau_rec": "ms", "tau_facil": "ms"},
    {"n": "5", "p": "0.4", "cv": "0", "tau_rec": "0.001 ms", "tau_facil": "0.001 ms"},
    "del Castillo J, Katz B (1954) J Physiol 124:560-573; with depletion of sites: Fuhrmann G, Segev I, Markram H, Tsodyks M (2002) J Neurophysiol 87:140-148",
    "Independent release of quanta at n sites, each with probability p; the weight is that of one quantum, whose size varies by cv. A site that "
    "has released is empty until a new vesicle arrives, after tau_rec on average; p facilitates with tau_facil. With the defaults neither has "
    "an effect. The mean is n times that of tsodyks_markram with U = p.",
    symbols={
        "n": "number of release sites",
        "p": "probability of release of a site with a vesicle",
        "cv": "coefficient of variation of a quantum",
        "tau_rec": "mean time until a site has a new vesicle",
        "tau_facil": "time constant of facilitation",
    },
    limits={"p": "share"},
)

autoreceptor = Model(
    "autoreceptor",
    "release",
    "dx/dt = (1 - x)/tau_rec : 1\ndT/dt = -T/tau_T : 1\n"
    "p = U*(1 - maximum*T**hill/(T**hill + K**hill)) : 1\n"
    "payload p*x\nafter spike x -= p*x; T += payload\ninitial x = 1",
    {"U": "1", "tau_rec": "ms", "tau_T": "ms", "K": "1", "hill": "1", "maximum": "1"},
    {"U": "0.5", "tau_rec": "100 ms", "tau_T": "200 ms", "K": "1", "hill": "1", "maximum": "0.5"},
    "form: release gain 1 - a T^n/(T^n + K^n), as fitted to presynaptic inhibition by Kimura M, Saitoh N, Takahashi T (2003) J Physiol 553:415-426",
    "Release with presynaptic autoinhibition: the transmitter T released by the neuron itself, in units of a full release, decays with tau_T "
    "and reduces release by a Hill curve. Represents mGluR2/3, GABA_B or alpha2 autoreceptors; fields released by other cells act on U through "
    "Network.modulate.",
    symbols={
        "U": "fraction of resources that a spike releases without inhibition",
        "tau_rec": "time constant of recovery",
        "tau_T": "decay of transmitter at the receptor",
        "K": "transmitter at half effect",
        "hill": "Hill coefficient",
        "maximum": "maximal fractional reduction of release",
    },
    limits={"U": "share", "maximum": "share", "K": "positive"},
)

MODELS = (constant, tsodyks_markram, quantal, autoreceptor)
