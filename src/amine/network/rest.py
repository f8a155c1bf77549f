"""Time without spikes: slow states of a rule in closed form.

Tagging and capture, after the last spike. Calcium falls through its two thresholds at times that are known, and between
them the early phase e is linear; then it returns to w_0 with tau_e = tau_h/0.1. All synapses of a neuron return alike, so that the sum of their changes
falls below theta_pro at one known time t_1, and each tag ends at a known time T. The protein p is P + (p_0 - P) exp(-t/tau_p) up to t_1, with the
synthesis P = 1/(1 + anisomycin/IC50), and decays from there; with I(t) the integral of p from 0 to t, a potentiated synapse has

    1 - z(t) = (1 - z_0) exp(-I(min(t, T))/tau_z),

a depressed one the same with z + 0.5 instead of 1 - z. No steps are taken, so a day costs no more than a minute. A run evaluates the sum of
changes once a second and the protein each ``clock``; relative differences from it are of order 1 s/tau_p.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from amine.errors import AmineError, did_you_mean
from amine.network.doors import door
from amine.network.numbers import number
from amine.network.plasticity import parameter_values, plan_of, plastic_projection, weight_unit
from amine.plasticity import get
from amine.values import scalar

if TYPE_CHECKING:
    from amine.given import Quantity
    from amine.network.network import Network
    from amine.network.parts import Synapses
    from amine.network.weights import Weights


@door
def rest(net: Network, synapses: Synapses | str, weights: Weights, duration: Quantity, **signals: Any) -> Weights:
    """Advance weights over a time without spikes in closed form: hours of fading and consolidation in one step.

    Bouts of activity are runs; between them this method and :meth:`load_weights` advance the synapses.

    Parameters
    ----------
    synapses : a plastic projection with the rule ``tagging``, or one whose weights change at spikes alone.
    weights : weights at the end of a run, ``run.weights(synapses)``; spikes that had not arrived at the synapses by then are lost.
    duration : such as ``"8 h"``.
    signals : concentrations that the rule reads, such as ``anisomycin="10 uM"``; without them, the tonic level of a field
        of that name, else the rule's parameter.

    Returns
    -------
    Weights
        With all persistent states of the rule, also those of the target neurons.

    Raises
    ------
    AmineError
        If the rule changes weights between spikes in another way, or reads no such signal.

    Examples
    --------
    >>> import amine as am
    >>> net = am.Network(seed=1)
    >>> P, E = net.population("P", 5, "poisson", rate="0 Hz"), net.population("E", 1, "lif_cond")
    >>> syn = net.synapses(P, E, receptor="AMPA", weight="1.5 nS", connect="all_to_all", rule=am.plasticity.tagging())
    >>> w = net.run("0 ms", precision="float64", progress=False).weights()
    >>> for text in ("1 h", "8 h"):
    ...     print(net.rest(syn, w, text).weights.mean().round(2), net.rest(syn, w, text, anisomycin="10 uM").weights.mean().round(2))
    1.6 1.3
    1.61 1.02
    """
    s = plastic_projection(net, synapses, "Network.rest")
    where = f"Network.rest, synapses '{s.name}'"
    span = number(duration, "ms", f"{where}, duration", nonnegative=True)
    p = _values(net, s, signals, where)
    n = net.populations[s.target.views()[0].population].n
    _check(weights, s, net, where)
    if s.plasticity.equations == get("tagging").equations:
        return _tagging(weights, p, span, n)
    return _decay(net, s, weights, p, span, where)


def _values(net: Network, s: Synapses, signals: Mapping[str, object], where: str) -> dict[str, float]:
    """Parameters of the rule as numbers, some replaced by signals: the given ones, else the tonic level of a field of that name."""
    units, given = s.plasticity.units, dict(signals)
    for name in units:
        if name in net.fields:
            given.setdefault(name, net.fields[name].tonic)
    for name in given:
        if name not in units:
            raise AmineError(where, f"the rule reads no signal '{name}'", hint=did_you_mean(name, units))
    own = parameter_values(s.plasticity, weight_unit(net, s), where)
    return own | {k: scalar(v, units[k], f"{where}, {k}", nonnegative=True) for k, v in given.items()}


def _check(w: Weights, s: Synapses, net: Network, where: str) -> None:
    for side, indices, views in (("source", w.sources, s.source.views()), ("target", w.targets, s.target.views())):
        n = net.populations[views[0].population].n
        if len(indices) and int(indices.max()) >= n:
            raise AmineError(
                f"{where}, weights",
                f"a {side} is not in the network",
                given=str(int(indices.max())),
                expected=f"0..{n - 1}",
            )


def _decay(net: Network, s: Synapses, w: Weights, p: Mapping[str, float], span: float, where: str) -> Weights:
    """Rule that changes the weight at spikes only: other states decay exponentially."""
    from amine.equations.symbols import symbol  # imports SymPy

    plan = plan_of(net, s)
    if plan.substep or plan.eq.rhs["w"] != 0:
        raise AmineError(
            where,
            f"the rule '{s.plasticity.name}' changes the weight between spikes in a way that has no closed form here",
            hint="run the network without input instead",
        )
    states = {}
    for x in plan.exact:
        if x.name in w.states:
            rate, drive = (float(e.subs({symbol(k): v for k, v in p.items()})) for e in (x.rate, x.drive))
            goal = drive / rate if rate else 0.0
            states[x.name] = goal + (w.states[x.name] - goal) * np.exp(-rate * span) + (0.0 if rate else drive * span)
    return replace(w, states=states, target_states={})


def _tagging(w: Weights, p: Mapping[str, float], span: float, n: int) -> Weights:
    """Tagging and capture after ``span`` ms of silence."""
    w_0, tau_e = p["w_0"], p["tau_h"] / 0.1
    z, c = (np.asarray(w.states[k], float) for k in ("z", "c"))
    early = np.asarray(w.weights, float) - w_0 * z
    early, late = _calcium(early, c, p, span)
    # extrapolated back to time 0: from `late` on the early phase returns to w_0 exponentially
    change = (early - w_0) / w_0 * np.exp(late / tau_e)
    drift = np.bincount(w.targets, np.abs(change), n)
    protein = np.asarray(w.target_states.get("protein", np.zeros(n)), float)
    with np.errstate(divide="ignore"):
        made = np.maximum(tau_e * np.log(drift / p["theta_pro"]), 0.0)  # ms, end of protein synthesis
        tagged = np.maximum(tau_e * np.log(np.abs(change) / p["theta_tag"]), 0.0)  # ms, end of the tag
    level = 1.0 / (1.0 + p["anisomycin"] / p["IC50"])
    until = np.minimum(tagged, span)
    j = w.targets
    captured = np.exp(-_protein(until, protein[j], made[j], level, p["tau_p"])[1] / p["tau_z"])
    z = np.where(change > 0, 1.0 - (1.0 - z) * captured, (z + 0.5) * captured - 0.5)
    now = change * np.exp(-span / tau_e)
    states = {"z": z, "c": c * np.exp(-span / p["tau_Ca"])}
    kept = {
        "drift": np.bincount(j, np.abs(now), n),
        "protein": _protein(np.full(n, span), protein, made, level, p["tau_p"])[0],
    }
    weights = np.clip(w_0 * (1.0 + now + z), 0.0, p["w_max"])
    return replace(w, weights=weights, states={k: states[k] for k in w.states}, target_states=kept)


def _calcium(early: np.ndarray, c: np.ndarray, p: Mapping[str, float], span: float) -> tuple[np.ndarray, np.ndarray]:
    """Early phase at the time when calcium has fallen below both thresholds (or at ``span``), and this time (ms)."""
    t = np.zeros_like(c)
    above = {"theta_p": True, "theta_d": True}
    for name in sorted(above, key=lambda x: -p[x]):
        with np.errstate(divide="ignore"):
            end = np.clip(p["tau_Ca"] * np.log(np.maximum(c, 1e-300) / p[name]), 0.0, span)
        up = p["gamma_p"] if above["theta_p"] else 0.0
        down = p["gamma_d"] if above["theta_d"] else 0.0
        rate = (0.1 + up + down) / p["tau_h"]
        goal = p["w_0"] * (0.1 + up * p["h_max"]) / (0.1 + up + down)
        step = np.maximum(end - t, 0.0)
        early = goal + (early - goal) * np.exp(-rate * step)
        t, above[name] = np.maximum(t, end), False
    return early, t


def _protein(
    t: np.ndarray, start: np.ndarray, made: np.ndarray, level: float, tau: float
) -> tuple[np.ndarray, np.ndarray]:
    """Protein at ``t`` (ms) and its integral from 0 to ``t``; synthesis ends at ``made``."""
    first = np.minimum(t, made)
    e = np.exp(-first / tau)
    value = level + (start - level) * e
    area = level * first + (start - level) * tau * (1.0 - e)
    e = np.exp(-(t - first) / tau)
    return value * e, area + value * tau * (1.0 - e)
