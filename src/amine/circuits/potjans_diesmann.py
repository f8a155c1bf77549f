"""The cortical microcircuit of Potjans & Diesmann (2014), Cereb Cortex 24:785-806, from its published tables."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from typing import Any

import numpy as np

from amine import models
from amine.distributions import normal
from amine.engine.build.prepare import named
from amine.errors import AmineError
from amine.network.network import Network
from amine.network.parts import Population
from amine.values import Array


def tables() -> dict[str, Any]:
    """Return the tables of the paper and its reference implementation.

    >>> tables()["populations"][:2]
    ['L23E', 'L23I']
    """
    return tomllib.loads((files("amine.circuits") / "potjans_diesmann.toml").read_text())


def microcircuit(
    scale: float = 1.0, seed: int = 0, drive: str = "poisson", thalamus: bool = False, dt: str = "0.1 ms"
) -> Network:
    """One square millimetre of early sensory cortex: eight populations in four layers, 77 169 neurons, 299 million synapses.

    Parameters
    ----------
    scale : factor of the numbers of neurons and of in-degrees, above 0 and at most 1. Weights grow by 1/sqrt(scale), and a constant
        current compensates the lost mean input, from the published rates (van Albada, Helias & Diesmann 2015, PLoS Comput Biol
        11:e1004490). Mean and variance of the input are preserved, higher moments are not: at a scale of 0.1 rates are 9 to 48 % below
        those published at full scale, in NEST as here.
    seed : seed of all random numbers.
    drive : ``"poisson"`` background, or ``"dc"``, a constant current of the same mean.
    thalamus : add 902 thalamic neurons that fire at 120 Hz from 700 to 710 ms.
    dt : time step.

    Raises
    ------
    AmineError
        Scale out of range, or unknown drive.

    Examples
    --------
    >>> microcircuit(0.1).estimate()["neurons"]
    7717
    """
    if not 0 < float(scale) <= 1:
        raise AmineError("microcircuit()", "scale is outside 0..1", given=str(scale))
    if drive not in ("poisson", "dc"):
        raise AmineError("microcircuit()", f"drive '{drive}' is not known", expected="'poisson' or 'dc'")
    t = tables()
    net = Network(seed, dt, f"Cortical microcircuit, Potjans & Diesmann 2014, scale {float(scale):g}, {drive} drive")
    weights, direct = _weights(t, scale), _direct_current(t, scale, drive)
    sizes = [max(1, round(n * scale)) for n in t["sizes"]["neurons"]]
    cells = [_population(net, t, k, sizes[k], direct[k]) for k in range(8)]
    _recurrent(net, t, cells, weights, scale)
    w = t["synapse"]["psc_exc_pA"] / np.sqrt(scale)
    if drive == "poisson":
        for cell, K in zip(cells, t["background"]["K_ext"], strict=True):
            net.poisson(
                cell,
                rate=f"{t['background']['rate_per_input_Hz']} Hz",
                receptor="psc",
                weight=f"{w} pA",
                n=max(1, round(K * scale)),
            )
    if thalamus:
        _thalamus(net, t, cells, sizes, scale, w)
    net.notes = {
        "published_rates": dict(zip(t["populations"], t["reference_rates_Hz"]["nest_single_run"], strict=True))
    }
    if scale < 1:
        net.notes["remark"] = (
            "The published rates are those at full scale. A smaller circuit keeps mean and variance of each neuron's input, "
            "but its spikes make larger jumps, and the rates are lower: by 9 to 48 % at a tenth."
        )
    return net


def _weights(t: dict[str, Any], scale: float) -> np.ndarray:
    """Synaptic weights in pA at full in-degree, (targets, sources)."""
    w = np.tile(np.where(np.arange(8) % 2 == 0, 1.0, t["synapse"]["g_inh"]) * t["synapse"]["psc_exc_pA"], (8, 1))
    w[0, 2] = t["synapse"]["psc_L4E_to_L23E_pA"]
    return w


def _direct_current(t: dict[str, Any], scale: float, drive: str) -> np.ndarray:
    """Constant current of each population in pA: the mean input lost by down-scaling, and the background if the drive is a current."""
    K = np.array(t["synapse_number"]["K"], float) / np.array(t["sizes"]["neurons"])[:, None]
    rates, tau, w = (
        np.array(t["reference_rates_Hz"]["nest_single_run"]),
        t["neuron"]["tau_syn_exc_ms"],
        t["synapse"]["psc_exc_pA"],
    )
    background = np.array(t["background"]["K_ext"]) * t["background"]["rate_per_input_Hz"] * w
    lost = ((_weights(t, 1.0) * K * rates).sum(1) + background) * (1 - np.sqrt(scale))
    kept = background * np.sqrt(scale) if drive == "dc" else 0.0
    return 1e-3 * tau * (lost + kept)


def _population(net: Network, t: dict[str, Any], k: int, n: int, current: float) -> Population:
    m, start = t["neuron"], t["initial_membrane"]
    v = normal(f"{start['optimized_mean_mV'][k]} mV", f"{start['optimized_sd_mV'][k]} mV")
    receptor = models.get("exponential_current")(
        tau=f"{m['tau_syn_exc_ms']} ms"
    )  # excitation and inhibition decay alike
    return net.population(
        t["populations"][k],
        n,
        "lif",
        initial={"v": v},
        receptors={"psc": receptor},
        C=f"{m['C_m_pF']} pF",
        tau_m=f"{m['tau_m_ms']} ms",
        E_L=f"{m['E_L_mV']} mV",
        V_th=f"{m['V_th_mV']} mV",
        V_r=f"{m['V_reset_mV']} mV",
        t_ref=f"{m['t_ref_ms']} ms",
        I_e=f"{current} pA",
    )


def _recurrent(net: Network, t: dict[str, Any], cells: list[Population], weights: np.ndarray, scale: float) -> None:
    s = t["synapse"]
    for i, target in enumerate(cells):
        for j, source in enumerate(cells):
            number = round(t["synapse_number"]["K"][i][j] * scale**2)
            if not number:
                continue
            w = weights[i, j] / np.sqrt(scale)
            mean = s["delay_exc_mean_ms"] if w > 0 else s["delay_inh_mean_ms"]
            weight = normal(f"{w} pA", f"{abs(w) * s['weight_rel_sd']} pA")
            net.synapses(
                source,
                target,
                receptor="psc",
                weight=weight.truncated("0 pA") if w > 0 else weight.truncated(None, "0 pA"),
                total=number,
                delay=normal(f"{mean} ms", f"{mean * s['delay_rel_sd']} ms").truncated(f"{net.dt} ms"),
                name=f"{source.name}->{target.name}",
            )


def _thalamus(
    net: Network, t: dict[str, Any], cells: list[Population], sizes: list[int], scale: float, w: float
) -> None:
    """Add thalamic neurons, with Poisson spikes within their window."""
    th = t["thalamus"]
    n, rng = max(1, round(th["neurons"] * scale)), named(net.seed, "thalamus")
    counts = rng.poisson(th["rate_Hz"] * th["duration_ms"] * 1e-3, n)
    times = th["start_ms"] + rng.uniform(net.dt, th["duration_ms"], counts.sum())

    source = net.population(
        "TC",
        n,
        "spike_list",
        times=Array(times, "ms"),
        indices=Array(np.repeat(np.arange(n), counts).astype(float), "1"),
    )
    for cell, size, K in zip(cells, sizes, th["indegree"], strict=True):
        if K > 0:
            delay = normal(f"{th['delay_mean_ms']} ms", f"{th['delay_mean_ms'] * th['delay_rel_sd']} ms").truncated(
                f"{net.dt} ms"
            )
            net.synapses(
                source,
                cell,
                receptor="psc",
                weight=normal(f"{w} pA", f"{0.1 * w} pA").truncated("0 pA"),
                total=round(K * scale * size),
                delay=delay,
            )
