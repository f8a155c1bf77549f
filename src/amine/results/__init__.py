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
