"""Names of states and parameters of the parts of a cell, defined in this module only."""

from __future__ import annotations

import re

from amine.equations import CHANNEL_NAMES


def port_name(name: str, label: str) -> str:
    """Name of a receptor's state or parameter within its population."""
    return f"{name}_{label}"


def stimulus_input(j: int) -> str:
    """Name of the current of stimulus ``j`` of a population."""
    return f"I_stimulus_{j}"


JUMP = "jump_"


def jump_row(label: str) -> str:
    """Row that holds a receptor's jumps of the voltage until the end of the step in which they arrive."""
    return JUMP + label


def gain_name(label: str) -> str:
    """Factor on the current of a receptor: a parameter that exists only if something modulates it."""
    return f"gain_{label}"


def blocker_name(what: str, drug: str, label: str) -> str:
    """Name of a state or parameter of an open-channel blocker of a receptor."""
    return re.sub(r"\W", "_", f"{what}_{drug}_{label}")


def tonic_name(label: str) -> str:
    """Fraction of a receptor's channels that agonist drugs hold open: a parameter that exists only with such drugs."""
    return f"tonic_{label}"


def total_name(label: str) -> str:
    """Total conductance of a receptor's channels of a neuron, which exists only if drugs depend on it."""
    return f"total_{label}"


def given_start(state: str) -> str:
    """Name of the parameter that holds the initial value given to a state by a network."""
    return f"initial {state}"


SHIFT = "shift_"  # added to a parameter of the neuron while the network runs


COURSES = "I_courses"  # sum of the currents that are added up outside a cell's code
GAP_CURRENT, GAP_TOTAL = "I_gap", "G_gap"


def state_name(state: str, label: str) -> str:
    """Name of a channel's state within its cell; concentrations keep theirs, since there is one of each."""
    return state if state in CHANNEL_NAMES else f"{state}_{label}"
