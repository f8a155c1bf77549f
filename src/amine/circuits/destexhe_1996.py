"""Thalamic rhythms of Destexhe, Bal, McCormick & Sejnowski (1996), J Neurophysiol 76:2049-2070."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from amine import models
from amine.errors import AmineError
from amine.network.makers import step
from amine.network.network import Network

if TYPE_CHECKING:
    from amine.network.parts import Population

RADIUS = 5  # each cell reaches the cells of the other row up to this many places away, itself included


def _near(n: int, own: bool = True) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of a row of cells and their neighbours; beyond the ends the row is reflected."""
    i = np.repeat(np.arange(n), 2 * RADIUS + 1)
    j = i + np.tile(np.arange(-RADIUS, RADIUS + 1), n)
    j = np.where(j < 0, -j - 1, j)
    j = np.where(j >= n, 2 * n - j - 1, j)
    keep = np.full(i.size, True) if own else i != j
    return i[keep], j[keep]


def thalamus(
    neurons: int = 40,
    seed: int = 0,
    gaba_a: float = 1.0,
    gaba_b: float = 1.0,
    kick: str = "1 nA",
    dt: str = "0.05 ms",
) -> Network:
    """A row of thalamocortical (TC) and one of reticular (RE) cells: spindles that last two seconds and end by themselves,
    and a slower, synchronous and stronger rhythm by GABA_B once GABA_A receptors are blocked, as by bicuculline in slices.

    The paper's spindles have 8 to 10 Hz and its slow rhythm 2 to 4 Hz; with the values below spindles have 5 to 6 Hz, as
    relay cells burst in each cycle instead of every second, and the slow rhythm has 3.6 Hz.

    Parameters
    ----------
    neurons : cells of each kind.
    seed : seed of all random numbers.
    gaba_a, gaba_b : factors of the conductances of these receptors; ``gaba_a=0`` is bicuculline.
    kick : current injected into a quarter of the TC cells for 50 ms, to start the rhythm.
    dt : time step.

    Raises
    ------
    AmineError
        Too few neurons, or a negative factor.

    Examples
    --------
    >>> thalamus().estimate()["neurons"]
    80
    """
    if neurons < 2 * RADIUS + 1:
        raise AmineError("thalamus(), neurons", "too few", given=str(neurons), expected=f"at least {2 * RADIUS + 1}")
    if min(gaba_a, gaba_b) < 0:
        raise AmineError("thalamus()", "a factor is negative", given=f"gaba_a = {gaba_a}, gaba_b = {gaba_b}")

    net = Network(seed, dt, "Thalamic rhythms: Destexhe et al. 1996")
    pulse = {"T_max": "0.5 mM", "T_width": "0.3 ms"}
    ampa = models.get("AMPA_two_state")(alpha="0.94 1/mM/ms", **pulse)
    gaba = models.get("GABA_A_two_state")(alpha="20 1/mM/ms", beta="0.162 1/ms", **pulse)
    start = {"v": 'normal("-70 mV", "2 mV")'}
    TC = net.population(
        "TC",
        neurons,
        "thalamic_relay",
        g_H='uniform("0.0165 mS/cm2", "0.0185 mS/cm2")',
        initial=start,
        receptors={"GABA_A": gaba},
    )
    RE = net.population("RE", neurons, "thalamic_reticular", initial=start, receptors={"AMPA": ampa, "GABA_A": gaba})
    _connect(net, TC, RE, neurons, gaba_a, gaba_b)
    net.stimulus(TC[: neurons // 4], step(kick, start="5 ms", stop="55 ms"))  # type: ignore[arg-type]
    return net


def _connect(net: Network, TC: Population, RE: Population, neurons: int, gaba_a: float, gaba_b: float) -> None:
    """Synapses between neighbours: excitation of RE by TC cells, inhibition by RE cells of TC cells and of each other."""
    each, to_all = 2 * RADIUS + 1, {"pairs": _near(neurons), "delay": "2 ms"}
    net.synapses(TC, RE, transmitter="glutamate", receptors={"AMPA": f"{200 / each} nS"}, detail="kinetic", **to_all)
    net.synapses(
        RE, TC, transmitter="GABA", receptors={"GABA_A": f"{gaba_a * 20 / each} nS"}, detail="kinetic", **to_all
    )
    # G-proteins belong to one synapse: four of them open a channel
    net.synapses(
        RE, TC, transmitter="GABA", receptors={"GABA_B": f"{gaba_b * 40 / each} nS"}, detail="explicit", **to_all
    )
    net.synapses(
        RE,
        RE,
        transmitter="GABA",
        receptors={"GABA_A": f"{gaba_a * 200 / each} nS"},
        detail="kinetic",
        pairs=_near(neurons, own=False),
        delay="2 ms",
    )
