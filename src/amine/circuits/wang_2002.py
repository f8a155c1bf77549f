"""The decision circuit of Wang (2002), Neuron 36:955-968."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from amine import models
from amine.errors import AmineError
from amine.network.network import Network
from amine.units import ms

if TYPE_CHECKING:
    import pint

    from amine.models.model import Model
    from amine.network.parts import Population

NMDA_SCHEME = "C <-> O: alpha*T, beta\nblock = 1/(1 + Mg/K_Mg*exp(-slope*v)) : 1\nopen O\ncurrent g*block*(E_rev - v)"


def wang2002(
    coherence: float = 0.0,
    seed: int = 0,
    stimulus: tuple[float, float] = (1000.0, 3000.0),
    f: float = 0.15,
    J: float = 1.7,
    scale: float = 1.0,
    dt: str = "0.1 ms",
    dopamine: str = "",
) -> Network:
    """Two pools of pyramidal cells compete through shared inhibition: NMDA receptors integrate evidence over hundreds of
    milliseconds, and the winner's activity persists after the stimulus.

    Parameters
    ----------
    coherence : coherence of the motion, -1..1; positive favours pool A.
    seed : seed of all random numbers, also those of the stimulus.
    stimulus : its beginning and end in ms.
    f : share of pyramidal cells in each pool. J : potentiation of weights within a pool.
    scale : share of the 2000 cells; conductances of recurrent synapses grow as their number falls.
    dt : time step.
    dopamine : level of a field of dopamine, such as ``"0.1 uM"``, whose D1 receptors raise the conductance of NMDA receptors of pyramidal
        cells by up to a fifth; without it there is no field. The effect, which stabilises persistent activity, follows
        Brunel N, Wang XJ (2001) J Comput Neurosci 11:63-85; its size is a choice.

    Raises
    ------
    AmineError
        A number is out of range.

    Examples
    --------
    >>> wang2002(0.064).estimate()["neurons"]  # 2000, and 480 sources of the stimulus
    2480
    """
    _check(coherence, stimulus, f, scale)
    net = Network(seed, dt, "Decision circuit: Wang 2002")
    cells = _cells(net, f, scale)
    _recurrent(net, cells, f, J, scale)
    A, B, N, I = cells
    net.poisson(A + B + N, rate="2400 Hz", receptor="AMPA", weight="2.1 nS")
    net.poisson(I, rate="2400 Hz", receptor="AMPA", weight="1.62 nS")
    for q, (pool, sign) in enumerate(((A, 1.0), (B, -1.0))):
        times, targets = _evidence(40.0 * (1.0 + sign * coherence), pool.n, stimulus, net.dt, seed, q)
        source = net.population(f"evidence {pool.name}", pool.n, "spike_list", times=times, indices=targets)
        net.synapses(source, pool, receptors={"AMPA": "2.1 nS"}, connect="one_to_one")
    if dopamine:
        net.field("dopamine", uptake="DAT", tonic=dopamine)
        net.modulate(A + B + N, by="dopamine", receptor="D1", acts_on="NMDA.conductance", maximum=1.2)
    return net


def _nmda() -> Model:
    """The saturating NMDA receptor."""
    return models.scheme(
        "NMDA_Wang",
        NMDA_SCHEME,
        source="Wang XJ (2002) Neuron 36:955-968: s' = -s/100 ms + x (1 - s)/2 ms, x' = -x/2 ms, which jumps by one at a spike",
        doc="The saturating NMDA receptor of Wang 2002: x is transmitter in the cleft in units of one release.",
        alpha="0.5 1/uM/ms",
        beta="0.01 1/ms",
        E_rev="0 mV",
        Mg="1000 uM",
        K_Mg="3570 uM",
        slope="0.062 1/mV",
        T_max="1 uM",
    )


def _cells(net: Network, f: float, scale: float) -> tuple[Population, Population, Population, Population]:
    """Pyramidal cells of pools A and B and of neither (N), and interneurons (I)."""
    n_E, n_I, n_pool = round(1600 * scale), round(400 * scale), round(1600 * f * scale)
    receptors = {
        "AMPA": models.get("exponential")(tau="2 ms", E_rev="0 mV"),
        "GABA_A": models.get("exponential")(tau="5 ms", E_rev="-70 mV"),
        "NMDA": _nmda(),
    }
    cell = {"E_L": "-70 mV", "V_th": "-50 mV", "V_r": "-55 mV", "receptors": receptors}
    E: dict[str, Any] = {"C": "500 pF", "tau_m": "20 ms", "t_ref": "2 ms"}
    A = net.population("A", n_pool, "lif_cond", **E, **cell)
    B = net.population("B", n_pool, "lif_cond", **E, **cell)
    N = net.population("N", n_E - 2 * n_pool, "lif_cond", **E, **cell)
    I = net.population("I", n_I, "lif_cond", C="200 pF", tau_m="10 ms", t_ref="1 ms", **cell)
    return A, B, N, I


def _recurrent(net: Network, cells: tuple[Population, ...], f: float, J: float, scale: float) -> None:
    """All-to-all synapses among the cells: AMPA and NMDA from pyramidal cells, GABA_A from interneurons."""
    A, B, N, I = cells
    cleft = models.get("clearance")(T_max="1 uM", tau="2 ms")
    low = 1.0 - f * (J - 1.0) / (1.0 - f)
    for source in (A, B, N):
        for target in (A, B, N, I):
            gain = 1.0 if target is I or target is N else J if source is target else low
            ampa, slow = (0.04, 0.13) if target is I else (0.05, 0.165)
            both: dict[str, Any] = {"connect": "all_to_all", "delay": "0.5 ms", "transmitter": "glutamate"}
            net.synapses(source, target, receptors={"AMPA": f"{gain * ampa / scale!r} nS"}, **both)
            net.synapses(
                source, target, receptors={"NMDA": f"{gain * slow / scale!r} nS"}, detail="kinetic", cleft=cleft, **both
            )
    for target, g in ((A + B + N, 1.3), (I, 1.0)):
        net.synapses(
            I,
            target,
            transmitter="GABA",
            receptors={"GABA_A": f"{g / scale!r} nS"},
            connect="all_to_all",
            delay="0.5 ms",
        )


def _check(coherence: float, stimulus: tuple[float, float], f: float, scale: float) -> None:
    if not -1 <= coherence <= 1:
        raise AmineError("wang2002(), coherence", "it is outside -1..1", given=str(coherence))
    if not 0 <= stimulus[0] <= stimulus[1]:
        raise AmineError("wang2002(), stimulus", "it ends before it begins", given=str(stimulus))
    if not 0 < f < 0.5:
        raise AmineError("wang2002(), f", "two pools need a share below one half", given=str(f))
    if not 0.02 <= scale <= 1:
        raise AmineError("wang2002(), scale", "it is outside 0.02..1", given=str(scale))


def _evidence(
    mean: float, n: int, window: tuple[float, float], dt: float, seed: int, pool: int
) -> tuple[pint.Quantity, np.ndarray]:
    """Poisson trains: times and indices. All share one rate (Hz), drawn every 50 ms from a normal distribution of SD 4 Hz (Wang 2002)."""
    rng = np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, 2002, pool])))
    times, cells = [], []
    for begin in np.arange(window[0], window[1] - 1e-9, 50.0):
        length = min(50.0, window[1] - begin)
        rate = max(0.0, rng.normal(mean, 4.0))
        count = rng.poisson(rate * 1e-3 * length * n)
        steps = 1 + np.floor(rng.random(count) * length / dt)
        times.append(begin + steps * dt)
        cells.append(rng.integers(0, n, count))
    return np.concatenate([*times, np.empty(0)]) * ms, np.concatenate([*cells, np.empty(0, np.int64)])
