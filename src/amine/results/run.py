"""What a run returns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from amine.errors import AmineError, did_you_mean
from amine.network.network import Network
from amine.results.chemistry import concentration, occupancy
from amine.results.engram import engram, receptive_fields
from amine.results.export import to_neo, to_xarray
from amine.results.places import recorded_at, state_at
from amine.results.probes import ProbeData
from amine.results.spikes import Spikes
from amine.results.statistics import summary
from amine.results.store import ZarrStore

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from amine.given import FilePath, Quantity
    from amine.network.network import Network
    from amine.network.weights import Weights
    from amine.results.chemistry import Signal
    from amine.results.engram import Engram, ReceptiveFields


class Run:
    """Spikes, traces and all that belongs to a run.

    ``spikes`` all spikes, ``probes`` what each probe recorded, ``duration`` the time simulated in ms, ``complete`` False after Ctrl-C,
    ``seconds`` the time taken by phase, ``info`` where it comes from.

    Examples
    --------
    >>> import amine as am
    >>> net = am.Network(seed=1)
    >>> _ = net.population("P", 10, "poisson", rate="20 Hz")
    >>> run = net.run("100 ms", progress=False)
    >>> run.complete, run.duration
    (True, 100.0)
    """

    def __init__(
        self,
        network: Network,
        spikes: Spikes,
        probes: Mapping[str, ProbeData],
        duration: float,
        complete: bool,
        seconds: Mapping[str, float],
        info: Mapping[str, Any],
        weights: Mapping[str, Weights] | None = None,
        meta: Mapping[str, Any] | None = None,  # what a store says of the network, as plain data
    ):
        self.network, self.spikes, self._weights = network, spikes, dict(weights or {})
        self.probes = {n: p for n, p in probes.items() if not n.startswith("chemistry:")}
        self.slow = {n[10:]: p for n, p in probes.items() if n.startswith("chemistry:")}
        self.meta = dict(meta or {})
        self.duration, self.complete, self.seconds, self.info = duration, complete, dict(seconds), dict(info)

    # --- figures -----------------------------------------------------------------------------------------------

    def raster(self, populations: Any = None, start: float = 0.0, stop: float | None = None, most: int = 400) -> Figure:
        """Spikes of at most ``most`` neurons in all, in proportion to the populations' sizes, and the rate below; times in ms."""
        from amine.view.raster import raster

        return raster(self, populations, start, stop, most)

    def rates(self, start: float = 0.0, published: Mapping[str, float] | None = None) -> Figure:
        """Distribution of the neurons' rates in each population, with means, and published means if given."""
        from amine.view.distributions import rates

        return rates(self, start, published)

    def irregularity(self, start: float = 0.0) -> Figure:
        """Coefficient of variation of the neurons' intervals."""
        from amine.view.distributions import irregularity

        return irregularity(self, start)

    def correlation(self, start: float = 0.0) -> Figure:
        """Pairwise correlation of spike counts in bins of 5 ms."""
        from amine.view.distributions import correlation

        return correlation(self, start)

    def traces(self, *variables: str, most: int = 5, at: Any = None) -> Figure:
        """Recorded states in time, of at most ``most`` neurons of each probe; ``at`` names places on cells with a tree."""
        from amine.view.traces import traces

        if at is not None:
            variables = recorded_at(self, variables, at)

        known = {v for p in self.probes.values() for v in p.values}
        for v in variables:
            if v not in known:
                raise AmineError(
                    "Run.traces",
                    f"variable '{v}' was not recorded",
                    hint=did_you_mean(v, known) if known else "add net.probe(population, variable) before the run",
                )
        return traces(self, variables, most)

    def weights(self, synapses: Any = None) -> Weights:
        """Weights and other states of a plastic projection at the end of the run.

        ``synapses`` is the projection or its name; None if there is but one.
        """
        if synapses is None and len(self._weights) == 1:
            return next(iter(self._weights.values()))
        name = synapses if isinstance(synapses, str) else getattr(synapses, "name", None)
        if name not in self._weights:
            many = synapses is None and self._weights
            problem = "there are several plastic projections" if many else "this is not a plastic projection of the run"
            hint = did_you_mean(str(name), self._weights) if self._weights else "give synapses a rule"
            raise AmineError(
                "Run.weights",
                problem,
                given=repr(name)[:40],
                hint=f"name one: {', '.join(self._weights)}" if many else hint,
            )
        return self._weights[name]

    def receptive_fields(self, synapses: Any = None, shape: Sequence[int] | None = None) -> ReceptiveFields:
        """Weights at the end of the run onto each target neuron, arranged over its sources.

        Parameters
        ----------
        synapses : a plastic projection or its name; None if there is but one.
        shape : of the sources, such as ``(8, 8)`` for 64 pixels; None: in a line.

        Returns
        -------
        ReceptiveFields
            ``fields[3]`` are the weights onto neuron 3; ``fields.figure()`` draws them.

        Raises
        ------
        AmineError
            If nothing is plastic, or the shape does not hold the sources.

        Examples
        --------
        >>> import amine as am
        >>> net = am.Network(seed=1)
        >>> P, E = net.population("P", 6, "poisson", rate="20 Hz"), net.population("E", 2, "lif_cond")
        >>> _ = net.synapses(P, E, receptor="AMPA", weight="1 nS", connect="all_to_all", rule=am.plasticity.stdp())
        >>> net.run("10 ms", progress=False).receptive_fields(shape=(2, 3))[1].shape
        (2, 3)
        """
        return receptive_fields(self, synapses, shape)

    def engram(self, synapses: Any = None, before: Any = None, share: float = 0.5) -> Engram:
        """The synapses that hold what was learnt: the fewest that make up a ``share`` of all change of the weights.

        Parameters
        ----------
        synapses : a plastic projection or its name; None if there is but one.
        before : weights to compare with (:class:`amine.network.weights.Weights` or a file of them); None: those at the start of the run.
        share : part of the sum of absolute changes.

        Returns
        -------
        Engram
            ``pre``, ``post``, ``change`` and ``share`` of each synapse, largest change first; ``figure()`` draws them, ``erased()`` takes them away.

        Raises
        ------
        AmineError
            If nothing is plastic, ``before`` belongs to another connectivity, or the network was changed since the run and ``before`` is not given.

        Examples
        --------
        >>> import amine as am
        >>> net = am.Network(seed=1)
        >>> P, E = net.population("P", 6, "poisson", rate="20 Hz"), net.population("E", 2, "lif_cond")
        >>> _ = net.synapses(P, E, receptor="AMPA", weight="1 nS", connect="all_to_all", rule=am.plasticity.stdp())
        >>> net.run("10 ms", progress=False).engram()
        <engram of P->E: 0 of 12 synapses, 0% of all change>
        """
        return engram(self, synapses, before, share)

    def chemistry(self) -> Figure:
        """Concentrations of fields and drugs, and occupancies of receptors, in time."""
        from amine.view.chemistry import chemistry

        return chemistry(self)

    def voltage_at(self, time: Quantity, neuron: int = 0, population: str | None = None, variable: str = "v") -> Any:
        """A recorded state of one cell at all its compartments at a time, ``{compartment: value}``, for a picture of its shape."""
        return state_at(self, time, neuron, population, variable)

    # --- numbers -----------------------------------------------------------------------------------------------

    def statistics(self, start: float = 0.0) -> dict[str, dict[str, float]]:
        """For each population: neurons, spikes, rate in Hz, CV of intervals, Fano factor, correlation; NaN if there are too few spikes."""
        return {name: summary(self.spikes[name], start) for name in self.spikes}

    def concentration(self, name: str, region: str | None = None) -> Signal:
        """Concentration (uM) of a field or a drug in time, at each millisecond.

        Parameters
        ----------
        name : a field such as ``"dopamine"``, or a drug that was given.
        region : one region of a field that has several.

        Raises
        ------
        AmineError
            If there is no such field, dose or region.
        """
        return concentration(self, name, region)

    def occupancy(self, receptor: str, by: str | None = None, region: str | None = None) -> Signal:
        """Occupancy of a receptor in time, at each millisecond: by its natural ligand, or ``by`` a drug."""
        return occupancy(self, receptor, by, region)

    def to_xarray(self) -> Any:
        """Spikes and traces as an ``xarray.Dataset``."""
        return to_xarray(self)

    def to_neo(self) -> Any:
        """Spikes and traces as a ``neo.Block``."""
        return to_neo(self)

    def summary(self) -> str:
        """A short table as text."""
        lines = [f"{'population':<14}{'neurons':>9}{'spikes':>12}{'rate (Hz)':>12}"]
        counts, rates = self.spikes.counts(), self.spikes.rates()
        lines += [f"{name:<14}{n:>9}{counts[name]:>12}{rates[name]:>12.3f}" for name, _, n in self.spikes.populations]
        span = self.info.get("simulated_ms", self.duration)  # shorter than the duration after a resume
        per = self.seconds.get("simulate", 0.0) / span * 1e3 if span > 0 else 0.0
        state = "" if self.complete else " (stopped early)"
        return "\n".join([*lines, f"{self.duration:g} ms{state}, {per:.3g} s for each biological second"])

    def to_json(self) -> dict[str, Any]:
        """The outcome as one JSON-able object."""
        return {
            "duration_ms": self.duration,
            "complete": self.complete,
            "neurons": sum(n for _, _, n in self.spikes.populations),
            "synapses": self.info.get("n_synapses", 0),
            "synapse_bytes": self.info.get("synapse_bytes", 0),
            "seconds": self.seconds,
            "spikes": self.spikes.counts(),
            "rates": self.spikes.rates(),
            "events": self.info.get("events", 0),
            "peak_memory_mb": self.info.get("peak_memory_mb"),
            "spike_hash": self.spikes.hash(),
            "network_hash": self.info.get("network_hash"),
            "threads": self.info.get("threads"),
            "precision": self.info.get("precision"),
            "seed": self.info.get("seed"),
            "versions": self.info.get("versions"),
        }

    # --- files -------------------------------------------------------------------------------------------------

    def report(
        self,
        path: FilePath,
        *,
        published: Mapping[str, float] | None = None,
        start: float = 0.0,
        overwrite: bool = False,
    ) -> Path:
        """Writes a self-contained page with description, pictures, rates beside ``published`` ones and where all comes from.

        Raises
        ------
        AmineError
            If the file exists and ``overwrite`` is not set.
        """
        from amine.view.report import write

        return write(
            self,
            path,
            published if published is not None else self.network.notes.get("published_rates"),
            start,
            overwrite,
        )

    def save(self, path: FilePath) -> None:
        """Writes spikes and traces to a new zarr store; :func:`amine.results.open` reads it."""
        probes = {
            n: (np.asarray(p.times), {v: np.asarray(x) for v, x in p.values.items()})
            for n, p in {**self.probes, **{f"chemistry:{n}": p for n, p in self.slow.items()}}.items()
        }
        results = (self.spikes.steps, self.spikes.ids, probes)
        about = {"complete": self.complete, "seconds": self.seconds, "info": self.info}
        ZarrStore.save(path, self.meta, results, self.duration, about, self._weights)

    @staticmethod
    def load(path: Any) -> Run:
        """A run from a store; raises AmineError if there is none, it is damaged, or its run did not finish."""
        store = ZarrStore.open(path)
        try:
            duration, past = float(store.ended["duration"]), store.ended["run"]
            spikes, probes = store.read(store.meta, duration)
            weights = store.read_weights()
            network = Network.from_dict(store.meta["network"])
            about = (bool(past["complete"]), dict(past["seconds"]), dict(past["info"]))
        except (KeyError, TypeError, ValueError, StopIteration) as e:
            if isinstance(e, AmineError):
                raise
            raise AmineError(f"store '{path}'", "it is damaged", given=f"{type(e).__name__}: {e}"[:80]) from e
        return Run(network, spikes, probes, duration, *about, weights, store.meta)

    def __repr__(self) -> str:
        return f"<Run of {self.duration:g} ms: {len(self.spikes)} spikes, {len(self.probes)} probes>"

    def __str__(self) -> str:
        return self.summary()
