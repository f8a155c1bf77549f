"""amine: from molecule to memory. Networks of neurons described once, compiled, run and looked at.

>>> import amine as am
>>> net = am.Network(seed=1)
>>> E = net.population("E", 100, "lif", I_e="400 pA")
>>> net.run("50 ms", progress=False).complete
True
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from amine.doors import door

if TYPE_CHECKING:
    from amine import (
        circuits,
        compounds,
        experiments,
        lab,
        learn,
        models,
        morphology,
        pharmacology,
        plasticity,
        protocols,
        results,
        sweeps,
        units,
        view,
    )
    from amine.compounds.doses import bath, bolus, dose_ramp, dose_table
    from amine.compounds.pharmacokinetics import intravenous, oral
    from amine.distributions import Distribution, exponential, lognormal, normal, uniform
    from amine.errors import AmineError, AmineWarning
    from amine.network import space
    from amine.network.chemistry import uptake
    from amine.network.makers import box, exponential_decay, gaussian, noise, ramp, sine, step, table
    from amine.network.network import Network
    from amine.network.trains import dead_time_trains, gamma_trains, pulse_packets
    from amine.results.run import Run
    from amine.sweeps.fitting import fit
    from amine.sweeps.sweeping import sweep

__version__ = "0.1.0"

_HOME = {
    "amine.compounds.doses": ("bath", "bolus", "dose_ramp", "dose_table"),
    "amine.compounds.pharmacokinetics": ("intravenous", "oral"),
    "amine.errors": ("AmineError", "AmineWarning"),
    "amine.distributions": ("Distribution", "normal", "lognormal", "uniform", "exponential"),
    "amine.network.chemistry": ("uptake",),
    "amine.network.makers": ("step", "ramp", "sine", "table", "noise", "gaussian", "exponential_decay", "box"),
    "amine.network.network": ("Network",),
    "amine.network.trains": ("gamma_trains", "dead_time_trains", "pulse_packets"),
    "amine.results.run": ("Run",),
    "amine.sweeps.fitting": ("fit",),
    "amine.sweeps.sweeping": ("sweep",),
}
_NAMES = {name: home for home, names in _HOME.items() for name in names}
_MODULES = (
    "circuits",
    "compounds",
    "experiments",
    "lab",
    "learn",
    "models",
    "morphology",
    "pharmacology",
    "protocols",
    "results",
    "plasticity",
    "sweeps",
    "units",
    "view",
)

__all__ = [
    "AmineError",
    "AmineWarning",
    "Distribution",
    "Network",
    "Run",
    "bath",
    "bolus",
    "box",
    "circuits",
    "compounds",
    "dead_time_trains",
    "dose_ramp",
    "dose_table",
    "experiments",
    "exponential",
    "exponential_decay",
    "fit",
    "gamma_trains",
    "gaussian",
    "intravenous",
    "lab",
    "learn",
    "lognormal",
    "models",
    "morphology",
    "noise",
    "normal",
    "oral",
    "pharmacology",
    "pulse_packets",
    "ramp",
    "protocols",
    "results",
    "plasticity",
    "sine",
    "space",
    "step",
    "sweep",
    "sweeps",
    "table",
    "uniform",
    "units",
    "uptake",
    "view",
]


def __getattr__(name: str) -> Any:
    if name in _NAMES:
        return door(getattr(import_module(_NAMES[name]), name))
    if name == "space":
        return import_module("amine.network.space")
    if name in _MODULES:
        return import_module(f"amine.{name}")
    raise AttributeError(f"module 'amine' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted(__all__)
