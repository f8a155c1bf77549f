"""The sparse network of Brunel (2000), J Comput Neurosci 8:183-208, model A."""

from __future__ import annotations

from typing import Any

from amine.errors import AmineError, did_you_mean
from amine.network.network import Network

# inhibition relative to excitation, external rate relative to the rate that reaches threshold: the points of figure 8
REGIMES = {"SR": (3.0, 2.0), "SI_fast": (6.0, 4.0), "AI": (5.0, 2.0), "SI_slow": (4.5, 0.9)}


def brunel(regime: str = "AI", seed: int = 0, scale: float = 1.0, dt: str = "0.1 ms") -> Network:
    """Excitatory and inhibitory LIF neurons with delta synapses in one of four regimes.

    Parameters
    ----------
    regime : SR (synchronous regular), SI_fast and SI_slow (synchronous irregular, fast and slow rhythm) or AI (asynchronous irregular).
    seed : seed of all random numbers.
    scale : factor of the numbers of neurons; the numbers of inputs stay constant, so that values below 0.2 make little sense.
    dt : time step.

    Examples
    --------
    >>> brunel("AI").estimate()["neurons"]
    12500
    """
    if regime not in REGIMES:
        raise AmineError("brunel()", f"regime '{regime}' is not known", hint=did_you_mean(str(regime), REGIMES))
    g, ratio = REGIMES[regime]
    net = Network(seed, dt, f"Brunel 2000, model A, {regime}")
    membrane: dict[str, Any] = {
        "C": "250 pF",
        "tau_m": "20 ms",
        "E_L": "0 mV",
        "V_th": "20 mV",
        "V_r": "10 mV",
        "t_ref": "2 ms",
    }
    E = net.population("E", round(10_000 * scale), "lif", **membrane)
    I = net.population("I", round(2_500 * scale), "lif", **membrane)
    for source, weight, inputs in ((E, 0.1, 1000), (I, -0.1 * g, 250)):
        for target in (E, I):
            net.synapses(
                source,
                target,
                receptor="delta",
                weight=f"{weight} mV",
                indegree=inputs,
                delay="1.5 ms",
                multapses=False,
            )
    # C_E external trains of nu_ext = ratio * nu_thr, nu_thr = theta/(J C_E tau) = 10 Hz
    for target in (E, I):
        net.poisson(target, rate=f"{10 * ratio} Hz", receptor="delta", weight="0.1 mV", n=1000)
    return net
