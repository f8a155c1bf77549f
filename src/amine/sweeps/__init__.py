"""Sweeps: measures of a network or a cell over values of what it is made of, in this process or any number of others.

>>> import amine as am
>>> net = am.Network(seed=1)
>>> _ = net.population("E", 1, "lif")
>>> am.sweep(net, {"E.I_e": ["300 pA", "500 pA"]}, "rate:E", duration="500 ms", progress=False).mean("rate:E")
array([ 0., 62.])
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from amine.doors import door

if TYPE_CHECKING:
    from amine.sweeps.fitting import Fit, fit
    from amine.sweeps.outcome import Sweep
    from amine.sweeps.sweeping import sweep

_HOME = {
    "Fit": "amine.sweeps.fitting",
    "fit": "amine.sweeps.fitting",
    "Sweep": "amine.sweeps.outcome",
    "sweep": "amine.sweeps.sweeping",
}

__all__ = ["Fit", "Sweep", "fit", "sweep"]


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return door(getattr(import_module(_HOME[name]), name))
    raise AttributeError(f"module 'amine.sweeps' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted(__all__)
