"""Clearance of transmitter from the cleft, for projections with ``detail="kinetic"`` or ``detail="explicit"``."""

from __future__ import annotations

from amine.models.model import Model

clearance = Model(
    "clearance",
    "cleft",
    "K_u = K_uptake*(1 + I_uptake/Ki_uptake) : uM\n"
    "K_b = K_breakdown*(1 + I_breakdown/Ki_breakdown) : uM\n"
    "dT/dt = -T/tau - V_uptake*T/(K_u + T) - V_breakdown*T/(K_b + T) : uM\n"
    "on spike T += T_max",
    {
        "T_max": "uM",
        "tau": "ms",
        "V_uptake": "uM/ms",
        "K_uptake": "uM",
        "I_uptake": "uM",
        "Ki_uptake": "uM",
        "V_breakdown": "uM/ms",
        "K_breakdown": "uM",
        "I_breakdown": "uM",
        "Ki_breakdown": "uM",
        "spillover": "1",
    },
    {
        "T_max": "1.1 mM",
        "tau": "1.2 ms",
        "V_uptake": "0 uM/ms",
        "K_uptake": "20 uM",
        "I_uptake": "0 uM",
        "Ki_uptake": "1 uM",
        "V_breakdown": "0 uM/ms",
        "K_breakdown": "90 uM",
        "I_breakdown": "0 uM",
        "Ki_breakdown": "1 uM",
        "spillover": "0",
    },
    "T_max and tau: glutamate in cultured hippocampal synapses, Clements JD, Lester RAJ, Tong G, Jahr CE, Westbrook GL (1992) Science "
    "258:1498-1501; K_uptake and K_breakdown are orders of magnitude for GABA and glutamate transporters and for acetylcholinesterase",
    "Each spike adds T_max to the cleft. It leaves by first-order clearance with tau, by a saturable transporter (V_uptake, K_uptake) and by "
    "enzymatic breakdown (V_breakdown, K_breakdown), each with a competitive inhibitor, which multiplies the half-saturation K by 1 + I/Ki. The "
    "fraction spillover of each release reaches the other synapses of the target instead.",
    symbols={
        "T_max": "transmitter that a spike adds",
        "tau": "time constant of clearance by diffusion",
        "V_uptake": "maximal rate of uptake",
        "K_uptake": "concentration of half uptake",
        "I_uptake": "concentration of an inhibitor of uptake",
        "Ki_uptake": "its inhibition constant",
        "V_breakdown": "maximal rate of breakdown",
        "K_breakdown": "concentration of half breakdown",
        "I_breakdown": "concentration of an inhibitor of breakdown",
        "Ki_breakdown": "its inhibition constant",
        "spillover": "fraction of a release that reaches the other synapses of the target",
    },
    limits={
        "spillover": "share",
        "K_uptake": "positive",
        "Ki_uptake": "positive",
        "K_breakdown": "positive",
        "Ki_breakdown": "positive",
    },
)
MODELS = (clearance,)
