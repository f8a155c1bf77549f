"""Names that models receive: variables that channels exchange with their cell, with units, and random numbers.

Imports nothing, so that descriptions stay light.
"""

IONS = ("Ca", "Na", "K", "Cl")
CHANNEL_NAMES = {"v": "mV", "T": "K"} | {
    name: unit for x in IONS for name, unit in ((f"{x}_i", "uM"), (f"E_{x}", "mV"), (f"i_{x}", "pA/um**2"))
}
LAST_SPIKE = "lastspike"  # time of a neuron's last spike


def is_draw(name: str) -> bool:
    """True for the symbols of random numbers, ``rand()`` and ``randn()``; no name of a user's begins with a line."""
    return name.startswith("_rand")


def is_uniform(name: str) -> bool:
    """Whether a random number is uniform between 0 and 1 rather than normal."""
    return name.startswith("_rand_")
