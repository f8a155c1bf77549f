"""Results of a run: spikes, traces, statistics, exports."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amine.doors import door

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

    from amine.given import FilePath, Quantity
    from amine.results.probes import ProbeData
    from amine.results.run import Run
    from amine.results.spikes import SpikeTrain


@door
def open(path: FilePath) -> Run:
    """Open a finished run from the store to which it streamed, or to which :meth:`Run.save` wrote it.

    Raises
    ------
    AmineError
        If there is no store, it is damaged, or its run did not finish.
    """
    from amine.results.run import Run

    return Run.load(path)


@door
def lfp_proxy(
    recording: ProbeData,
    excitatory: str | Sequence[str] = "I_AMPA",
    inhibitory: str | Sequence[str] = "I_GABA_A",
    *,
    delay: Quantity = "6 ms",
    ratio: float = 1.65,
) -> np.ndarray:
    """Proxy of the local field potential from synaptic currents: the weighted sum of Mazzoni et al., (samples,) in pA.

    It is the sum of the excitatory currents a ``delay`` before, minus ``ratio`` times the sum of the inhibitory ones; as the latter have the
    opposite sign, their magnitudes add. Before ``delay``, excitatory currents are those of the first sample.

    Parameters
    ----------
    recording : of ``net.probe(E, "I_AMPA", "I_GABA_A", reduce="sum", every=...)`` of the pyramidal neurons, or of each neuron.
    excitatory, inhibitory : names of the currents; one or several.
    delay : of the excitatory currents. ratio : weight of the inhibitory ones.

    Raises
    ------
    AmineError
        A current was not recorded, there are fewer than two samples, or the delay is no multiple of their interval.

    Notes
    -----
    Mazzoni A, Linden H, Cuntz H, Lansner A, Panzeri S, Einevoll GT (2015) PLoS Comput Biol 11:e1004584.
    """
    from amine.results.lfp import lfp_proxy as proxy

    return proxy(recording, excitatory, inhibitory, delay=delay, ratio=ratio)


@door
def crossings(recording: ProbeData, above: Quantity, variable: str = "v", *, neuron: int = 0) -> SpikeTrain:
    """When recorded values rise through a threshold: spikes of every compartment of a tree, or of neurons without a threshold.

    Parameters
    ----------
    recording : of ``net.probe(E.at("*"), "v")``, or of any variable of point neurons. above : the threshold, in the variable's unit.
    variable : what was recorded; of cells with compartments its name without the place.
    neuron : of a recording of cells with compartments, which of the recorded neurons.

    Returns
    -------
    SpikeTrain
        Times in ms, on lines between two samples; ``indices`` are the neurons, or, of cells with compartments, the compartments.

    Raises
    ------
    AmineError
        The variable or neuron was not recorded, the threshold is of another unit, or values at spikes were recorded.

    Examples
    --------
    >>> import amine as am
    >>> net = am.Network()
    >>> E = net.population("E", 2, "lif", tau_m="10 ms", I_e="300 pA")
    >>> _ = net.probe(E, "v", name="v")
    >>> crossings(net.run("20 ms", progress=False).probes["v"], "-60 mV").indices.tolist()
    [0, 1]
    """
    from amine.results.upward import crossings as of

    return of(recording, above, variable, neuron=neuron)
