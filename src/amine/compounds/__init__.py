"""Compounds: transmitters, receptors, transporters, enzymes, channels and drugs with numbers and sources, and their pharmacology.

For research and teaching; nothing here is a clinical claim.

>>> import amine as am
>>> am.compounds.get("ketamine").formula
'C13H16ClNO'
>>> [d.id for d in am.compounds.acting_on("GAT1")]
['tiagabine', 'nnc711', 'skf89976a']
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from amine.doors import door

if TYPE_CHECKING:
    from amine.compounds.catalogue import (
        add,
        channel,
        containing,
        drug,
        entries,
        enzyme,
        family,
        get,
        load,
        names,
        receptor,
        source,
        transmitter,
        transporter,
    )
    from amine.compounds.doses import Course, as_course, bath, bolus, dose_ramp, dose_table, parse_dose
    from amine.compounds.effects import Factors, acts_on, effects_of, receptor_response, steady_factor
    from amine.compounds.finding import Hit, hits_table, search
    from amine.compounds.forms import Ionisation, Isomer, Metabolite
    from amine.compounds.formula import Formula
    from amine.compounds.mechanisms import (
        Effect,
        Kinetics,
        Mechanism,
        Use,
        mechanism,
        mechanism_names,
        register_mechanism,
    )
    from amine.compounds.pharmacokinetics import Amount, Human, human, human_drugs, intravenous, oral
    from amine.compounds.profile import Held, Profile, profile_of, profile_table
    from amine.compounds.schema import (
        Action,
        Channel,
        Consequence,
        Drug,
        Enzyme,
        Family,
        Measurement,
        Rate,
        Receptor,
        Removal,
        Scheme,
        Source,
        Step,
        Transmitter,
        Transporter,
    )
    from amine.compounds.targets import acting_on, actions_on, related
    from amine.compounds.text import describe, table
    from amine.compounds.tiers import complete, extend, further
    from amine.pharmacology.designing import design

_HOME = {
    "amine.compounds.catalogue": (
        "add",
        "channel",
        "containing",
        "drug",
        "entries",
        "enzyme",
        "family",
        "get",
        "load",
        "names",
        "receptor",
        "source",
        "transmitter",
        "transporter",
    ),
    "amine.compounds.doses": ("Course", "as_course", "bath", "bolus", "dose_ramp", "dose_table", "parse_dose"),
    "amine.compounds.effects": ("Factors", "acts_on", "effects_of", "receptor_response", "steady_factor"),
    "amine.compounds.forms": ("Ionisation", "Isomer", "Metabolite"),
    "amine.compounds.formula": ("Formula",),
    "amine.compounds.mechanisms": (
        "Effect",
        "Kinetics",
        "Mechanism",
        "Use",
        "mechanism",
        "mechanism_names",
        "register_mechanism",
    ),
    "amine.compounds.pharmacokinetics": ("Amount", "Human", "human", "human_drugs", "intravenous", "oral"),
    "amine.compounds.profile": ("Held", "Profile", "profile_of", "profile_table"),
    "amine.compounds.schema": (
        "Action",
        "Channel",
        "Consequence",
        "Drug",
        "Enzyme",
        "Family",
        "Measurement",
        "Rate",
        "Receptor",
        "Removal",
        "Scheme",
        "Source",
        "Step",
        "Transmitter",
        "Transporter",
    ),
    "amine.compounds.finding": ("Hit", "hits_table", "search"),
    "amine.compounds.targets": ("acting_on", "actions_on", "related"),
    "amine.compounds.tiers": ("complete", "extend", "further"),
    "amine.compounds.text": ("describe", "table"),
    "amine.pharmacology.designing": ("design",),  # of networks, which know of compounds
}
_NAMES = {name: home for home, names in _HOME.items() for name in names}

__all__ = [
    "Action",
    "Amount",
    "Channel",
    "Consequence",
    "Course",
    "Drug",
    "Effect",
    "Enzyme",
    "Factors",
    "Family",
    "Formula",
    "Held",
    "Hit",
    "Human",
    "Ionisation",
    "Isomer",
    "Kinetics",
    "Measurement",
    "Mechanism",
    "Metabolite",
    "Profile",
    "Rate",
    "Receptor",
    "Removal",
    "Scheme",
    "Source",
    "Step",
    "Transmitter",
    "Transporter",
    "Use",
    "acting_on",
    "actions_on",
    "acts_on",
    "add",
    "as_course",
    "bath",
    "bolus",
    "channel",
    "complete",
    "containing",
    "describe",
    "design",
    "dose_ramp",
    "dose_table",
    "drug",
    "effects_of",
    "entries",
    "enzyme",
    "extend",
    "family",
    "further",
    "get",
    "hits_table",
    "human",
    "human_drugs",
    "intravenous",
    "load",
    "mechanism",
    "mechanism_names",
    "names",
    "oral",
    "parse_dose",
    "profile_of",
    "profile_table",
    "receptor",
    "related",
    "receptor_response",
    "register_mechanism",
    "search",
    "source",
    "steady_factor",
    "table",
    "transmitter",
    "transporter",
]


def __getattr__(name: str) -> Any:
    if name in _NAMES:
        return door(getattr(import_module(_NAMES[name]), name))
    raise AttributeError(f"module 'amine.compounds' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted(__all__)
