"""Kinetic schemes of receptors: states and rates from the literature, for the levels ``kinetic`` and ``explicit``."""

from __future__ import annotations

from amine.models.model import Model
from amine.units import dimension_of, internal_unit, unit_part

_SYMBOLS = {
    "T_max": "transmitter in the cleft during a pulse",
    "T_width": "duration of a pulse",
    "E_rev": "reversal potential",
    "Mg": "magnesium concentration outside",
    "K_Mg": "half-block concentration at 0 mV",
    "slope": "voltage dependence of the block",
    "Kd": "half activation of the channel, as a power of the second messenger",
}
_BLOCK = "\nblock = 1/(1 + Mg/K_Mg*exp(-slope*v)) : 1\ncurrent g*block*(E_rev - v)"
_MG = {"Mg": "1000 uM", "K_Mg": "3570 uM", "slope": "0.062 1/mV"}
_DMS = "Destexhe A, Mainen ZF, Sejnowski TJ (1998) in Koch C, Segev I (eds) Methods in Neuronal Modeling, 2nd ed., MIT Press, chapter 1; rates as in the authors' files, ModelDB 18198"
_JAHR = "; magnesium block: Jahr CE, Stevens CF (1990) J Neurosci 10:3178-3182"

#: default scheme of each receptor label
DEFAULTS = {
    "AMPA": "AMPA_two_state",
    "NMDA": "NMDA_two_state",
    "GABA_A": "GABA_A_two_state",
    "GABA_B": "GABA_B_cascade",
    "nAChR": "nAChR_allosteric",
}


def _scheme(
    name: str,
    text: str,
    doc: str,
    source: str,
    height: str = "1 mM",
    width: str = "1 ms",
    desensitizes: str = "",
    **given: str,
) -> Model:

    values = {**given, "T_max": height, "T_width": width}
    units = {n: internal_unit(dimension_of(unit_part(v, name))) if " " in v else "1" for n, v in values.items()}
    symbols = {n: _SYMBOLS.get(n, f"rate constant {n}" if "/" in units[n] else f"constant {n}") for n in values}
    stands_for = {"desensitization": desensitizes} if desensitizes else {}
    return Model(name, "scheme", text, units, values, source, doc, symbols=symbols, stands_for=stands_for)


_TWO = "C <-> O: alpha*T, beta\nopen O\ndecay beta"
AMPA_two_state = _scheme(
    "AMPA_two_state",
    _TWO,
    "AMPA receptors with one binding step, fitted to a hippocampal EPSC: rise within the pulse, decay of 5.3 ms.",
    _DMS,
    alpha="1.1 1/mM/ms",
    beta="0.19 1/ms",
    E_rev="0 mV",
)
AMPA_six_state = _scheme(
    "AMPA_six_state",
    "C0 <-> C1: Rb*T, Ru1\nC1 <-> C2: Rb*T, Ru2\nC2 <-> O: Ro, Rc\nC1 <-> D1: Rd, Rr\nC2 <-> D2: Rd, Rr\nopen O",
    "AMPA receptors with two binding steps and desensitisation from both bound states, after Patneau & Mayer 1991.",
    _DMS,
    desensitizes="Rd",
    Rb="13 1/mM/ms",
    Ru1="0.0059 1/ms",
    Ru2="86 1/ms",
    Rd="0.9 1/ms",
    Rr="0.064 1/ms",
    Ro="2.7 1/ms",
    Rc="0.2 1/ms",
    E_rev="0 mV",
)
NMDA_two_state = _scheme(
    "NMDA_two_state",
    _TWO + _BLOCK,
    "NMDA receptors with one binding step and magnesium block: a pulse opens 7 percent of them, which close with 152 ms.",
    _DMS + _JAHR,
    alpha="0.072 1/mM/ms",
    beta="0.0066 1/ms",
    E_rev="0 mV",
    **_MG,
)
NMDA_five_state = _scheme(
    "NMDA_five_state",
    "C0 <-> C1: Rb*T, Ru\nC1 <-> C2: Rb*T, Ru\nC2 <-> O: Ro, Rc\nC2 <-> D: Rd, Rr\nopen O\ndecay Ru" + _BLOCK,
    "NMDA receptors with two binding steps, desensitisation and magnesium block, after Clements & Westbrook 1991.",
    _DMS + _JAHR,
    desensitizes="Rd",
    Rb="5 1/mM/ms",
    Ru="0.0129 1/ms",
    Rd="0.0084 1/ms",
    Rr="0.0068 1/ms",
    Ro="0.0465 1/ms",
    Rc="0.0738 1/ms",
    E_rev="0 mV",
    **_MG,
)
GABA_A_two_state = _scheme(
    "GABA_A_two_state",
    _TWO,
    "GABA_A receptors with one binding step: a pulse opens 96 percent of them, which close with 5.6 ms.",
    _DMS,
    alpha="5 1/mM/ms",
    beta="0.18 1/ms",
    E_rev="-80 mV",
)
GABA_A_five_state = _scheme(
    "GABA_A_five_state",
    "C0 <-> C1: kf1*T, kb1\nC1 <-> C2: kf2*T, kb2\nC1 <-> O1: a1, b1\nC2 <-> O2: a2, b2\nopen O1 + O2\ndecay kb1, kb2",
    "GABA_A receptors that open from both bound states, after Busch & Sakmann 1990.",
    _DMS,
    kf1="20 1/mM/ms",
    kf2="10 1/mM/ms",
    kb1="4.6 1/ms",
    kb2="9.2 1/ms",
    a1="3.3 1/ms",
    b1="9.8 1/ms",
    a2="10.6 1/ms",
    b2="0.41 1/ms",
    E_rev="-80 mV",
)
GABA_A_desensitizing = _scheme(
    "GABA_A_desensitizing",
    "C0 <-> C1: 2*kon*T, koff\nC1 <-> C2: kon*T, 2*koff\nC1 <-> O1: beta1, alpha1\nC2 <-> O2: beta2, alpha2\n"
    "C1 <-> D1: d1, r1\nC2 <-> D2: d2, r2\nopen O1 + O2\ndecay koff",
    "GABA_A receptors with two open and two desensitised states (scheme of Jones & Westbrook 1995, Neuron 15:181): "
    "desensitisation holds the transmitter and so prolongs the current.",
    "Petrini EM, Zacchi P, Barberis A, Mozrzymas JW, Cherubini E (2003) J Biol Chem 278:16271-16279, control; rates read in model code that cites it",
    kon="8 1/mM/ms",
    koff="0.12 1/ms",
    beta1="0.04 1/ms",
    alpha1="0.2 1/ms",
    beta2="3.45 1/ms",
    alpha2="1 1/ms",
    d1="0.013 1/ms",
    r1="0.0013 1/ms",
    d2="1.45 1/ms",
    r2="0.1 1/ms",
    E_rev="-80 mV",
)
_CASCADE = "ds/dt = K3*R - K4*s : 1\nopen s**4/(s**4 + Kd)"
GABA_B_cascade = _scheme(
    "GABA_B_cascade",
    "C <-> R: K1*T, K2\n" + _CASCADE,
    "GABA_B receptors: R activates a G-protein s, four of which open a potassium channel, so that bursts act far more than "
    "single spikes. One pulse opens 1.5e-5 of the channels, ten at 200 Hz open 4 percent: the weight is a conductance far "
    "above any that is reached.",
    "Destexhe A, Bal T, McCormick DA, Sejnowski TJ (1996) J Neurophysiol 76:2049-2070; rates as in the authors' file, ModelDB 18198",
    height="0.5 mM",
    width="0.3 ms",
    K1="0.52 1/mM/ms",
    K2="0.0013 1/ms",
    K3="0.098 1/ms",
    K4="0.033 1/ms",
    Kd="100",
    E_rev="-95 mV",
)
GABA_B_desensitizing = _scheme(
    "GABA_B_desensitizing",
    "C <-> R: K1*T, K2\nR <-> D: d1, d2\n" + _CASCADE,
    "GABA_B receptors with desensitisation of the receptor before the G-protein.",
    "Destexhe A, Sejnowski TJ (1995) Proc Natl Acad Sci USA 92:9515-9519; rates as in the authors' file, ModelDB 18198",
    desensitizes="d1",
    height="0.5 mM",
    width="0.3 ms",
    K1="0.66 1/mM/ms",
    K2="0.02 1/ms",
    d1="0.017 1/ms",
    d2="0.0053 1/ms",
    K3="0.083 1/ms",
    K4="0.0079 1/ms",
    Kd="100",
    E_rev="-95 mV",
)
nAChR_allosteric = _scheme(
    "nAChR_allosteric",
    "\n".join(
        [
            "B0 <-> B1: 2*k_on*T, b_off\nB1 <-> B2: k_on*T, 2*b_off",
            "A0 <-> A1: 2*k_on*T, a_off\nA1 <-> A2: k_on*T, 2*a_off",
            "I0 <-> I1: 2*k_on*T, d_off\nI1 <-> I2: k_on*T, 2*d_off",
            "D0 <-> D1: 2*k_on*T, d_off\nD1 <-> D2: k_on*T, 2*d_off",
            "B0 <-> A0: ba0, ab0\nB1 <-> A1: ba1, ab1\nB2 <-> A2: ba2, ab2",
            "A0 <-> I0: ai0, ia0\nA1 <-> I1: ai1, ia1\nA2 <-> I2: ai2, ia2",
            "I0 <-> D0: id, di\nI1 <-> D1: id, di\nI2 <-> D2: id, di",
            "open A0 + A1 + A2",
        ]
    ),
    "Nicotinic receptors of muscle as an allosteric protein with four conformations: basal, active (open), and two that are "
    "desensitised. A channel opens without transmitter once in 20 000, which the level kinetic leaves out.",
    "Edelstein SJ, Schaad O, Henry E, Bertrand D, Changeux JP (1996) Biol Cybern 75:361-379; rates as in BioModels BIOMD0000000001",
    height="0.3 mM",
    width="1 ms",
    k_on="150 1/mM/ms",
    b_off="8 1/ms",
    a_off="0.00864 1/ms",
    d_off="0.004 1/ms",
    ba0="0.00054 1/ms",
    ab0="10.8 1/ms",
    ba1="0.13 1/ms",
    ab1="2.74 1/ms",
    ba2="30 1/ms",
    ab2="0.7 1/ms",
    ai0="0.0197 1/ms",
    ia0="0.00374 1/ms",
    ai1="0.01985 1/ms",
    ia1="0.00174 1/ms",
    ai2="0.02 1/ms",
    ia2="0.00081 1/ms",
    id="5e-5 1/ms",
    di="1.2e-6 1/ms",
    E_rev="0 mV",
)
MODELS = (
    AMPA_two_state,
    AMPA_six_state,
    NMDA_two_state,
    NMDA_five_state,
    GABA_A_two_state,
    GABA_A_five_state,
    GABA_A_desensitizing,
    GABA_B_cascade,
    GABA_B_desensitizing,
    nAChR_allosteric,
)
