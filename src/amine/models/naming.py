"""Names of states and parameters of parts within a whole cell: one place makes them, all others ask here."""

from __future__ import annotations

import re

from amine.equations import CHANNEL_NAMES


def port_name(name: str, label: str) -> str:
    """The name of a receptor's state or parameter within its population."""
    return f"{name}_{label}"


def stimulus_input(j: int) -> str:
    """The name of the current of stimulus ``j`` of a population."""
    return f"I_stimulus_{j}"


JUMP = "jump_"


def jump_row(label: str) -> str:
    """Where what a receptor adds to the voltage itself waits for the end of the step at whose end it arrives."""
    return JUMP + label


def gain_name(label: str) -> str:
    """The factor on the current of a receptor: a parameter that is there only when something acts on it."""
    return f"gain_{label}"


def blocker_name(what: str, drug: str, label: str) -> str:
    """A state or parameter of a blocker of a receptor's open channels."""
    return re.sub(r"\W", "_", f"{what}_{drug}_{label}")


def tonic_name(label: str) -> str:
    """The part of a receptor's channels that agonists among the drugs hold open: a parameter that is there only with them."""
    return f"tonic_{label}"


def total_name(label: str) -> str:
    """The conductance of all channels of a receptor of a neuron together: there only where drugs must know it."""
    return f"total_{label}"


SHIFT = "shift_"  # what is added to a parameter of the neuron while the network runs


GAP_CURRENT, GAP_TOTAL = "I_gap", "G_gap"


def state_name(state: str, label: str) -> str:
    """The name of a channel's state within its cell; concentrations keep theirs, since there is one of each."""
    return state if state in CHANNEL_NAMES else f"{state}_{label}"
