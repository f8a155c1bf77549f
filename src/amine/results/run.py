"""Result of a run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from amine.doors import methods
from amine.errors import AmineError, did_you_mean
from amine.frozen import Known
from amine.network.network import Network
from amine.results.chemistry import concentration, occupancy
from amine.results.engram import engram, receptive_fields
from amine.results.export import to_neo, to_xarray
from amine.results.places import recorded_at, state_at
from amine.results.probes import ProbeData
from amine.results.spikes import Spikes
from amine.results.statistics import summary
from amine.results.store import ZarrStore
from amine.shown import Shown

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from amine.given import FilePath, Quantity
    from amine.network.parts import Synapses
    from amine.network.weights import Weights
    from amine.results.chemistry import Signal
    from amine.results.engram import Engram, ReceptiveFields
    from amine.results.meta import Meta
    from amine.results.places import Shape
    from amine.view.style import Populations


@methods
class Run(Shown):
    """Result of a run: spikes, recordings and provenance.

    ``spikes`` holds all spikes, ``probes`` the recordings by name, ``duration`` the simulated time in ms; ``complete`` is False after
    Ctrl-C; ``seconds`` is the wall time by phase, ``info`` the provenance.

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
        info: Mapping[str, object],
        weights: Mapping[str, Weights] | None = None,
        meta: Meta | None = None,  # description of the network for a store
    ):
        self.network, self.spikes, self._weights = network, spikes, dict(weights or {})
        self.probes = Known({n: p for n, p in probes.items() if not n.startswith("chemistry:")}, "Run, probes")
        self.slow = Known({n[10:]: p for n, p in probes.items() if n.startswith("chemistry:")}, "Run, slow")
        self.meta = cast("Meta", dict(meta or {}))
        self.duration, self.complete, self.seconds = duration, complete, dict(seconds)
        self.info: dict[str, Any] = dict(info)

    # --- figures -----------------------------------------------------------------------------------------------

    def raster(
        self, populations: Populations = None, start: float = 0.0, stop: float | None = None, most: int = 400
    ) -> Figure:
        """Draw a spike raster, and the population rates below.

        Parameters
        ----------
        populations : populations or their names; None: all.
        start, stop : window in ms; None: to the end.
        most : number of neurons shown, shared in proportion to the populations' sizes.

        Raises
        ------
        AmineError
            Unknown population, or an empty window.
        """
        from amine.view.raster import raster

        return raster(self, populations, start, stop, most)

    def rates(self, start: float = 0.0, published: Mapping[str, float] | None = None) -> Figure:
        """Draw the distribution of the neurons' rates (Hz) in each population.

        Parameters
        ----------
        start : time (ms) that is left out.
        published : published mean rates (Hz) by population, which are marked.
        """
        from amine.view.distributions import rates

        return rates(self, start, published)

    def irregularity(self, start: float = 0.0) -> Figure:
        """Draw the coefficients of variation of the neurons' interspike intervals, without the first ``start`` ms."""
        from amine.view.distributions import irregularity

        return irregularity(self, start)

    def correlation(self, start: float = 0.0) -> Figure:
        """Draw the pairwise correlations of spike counts in bins of 5 ms, without the first ``start`` ms."""
        from amine.view.distributions import correlation

        return correlation(self, start)

    def traces(self, *variables: str, most: int = 5, at: str | int | Iterable[str | int] | None = None) -> Figure:
        """Draw recorded states over time.

        Parameters
        ----------
        variables : states such as ``"v"``; by default all.
        most : largest number of neurons of each probe.
        at : places on multicompartment neurons, such as ``"soma"``.

        Raises
        ------
        AmineError
            If a variable was not recorded, or nothing was recorded at the places.
        """
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

    def weights(self, synapses: Synapses | str | None = None) -> Weights:
        """Return the weights and other states of a plastic projection at the end of the run.

        Parameters
        ----------
        synapses : a plastic projection or its name; None if there is only one.

        Raises
        ------
        AmineError
            If there is no such projection, or there are several and none is named.

        Examples
        --------
        >>> import amine as am
        >>> net = am.Network(seed=1)
        >>> P, E = net.population("P", 6, "poisson", rate="20 Hz"), net.population("E", 2, "lif_cond")
        >>> _ = net.synapses(P, E, receptor="AMPA", weight="1 nS", connect="all_to_all", rule=am.plasticity.stdp())
        >>> len(net.run("10 ms", progress=False).weights())
        12
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

    def receptive_fields(
        self, synapses: Synapses | str | None = None, shape: Sequence[int] | None = None
    ) -> ReceptiveFields:
        """Return the weights at the end of the run onto each target neuron, in the arrangement of its sources.

        Parameters
        ----------
        synapses : a plastic projection or its name; None if there is only one.
        shape : arrangement of the sources, such as ``(8, 8)`` for 64 pixels; None: one-dimensional.

        Returns
        -------
        ReceptiveFields
            ``fields[3]`` are the weights onto neuron 3; ``fields.figure()`` draws them.

        Raises
        ------
        AmineError
            If nothing is plastic, or the size of the shape is not the number of sources.

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

    def engram(
        self, synapses: Synapses | str | None = None, before: Weights | FilePath | None = None, share: float = 0.5
    ) -> Engram:
        """Return the engram: the smallest set of synapses that accounts for a ``share`` of the total change of the weights.

        Parameters
        ----------
        synapses : a plastic projection or its name; None if there is only one.
        before : weights to compare with (:class:`amine.network.weights.Weights` or a file of them); None: those at the start of the run.
        share : share of the sum of absolute changes, above 0 and at most 1.

        Returns
        -------
        Engram
            ``pre``, ``post``, ``change`` and ``share`` of each synapse, largest change first; ``figure()`` draws them, ``erased()`` resets them.

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
        """Draw concentrations of fields and drugs, and occupancies of receptors, over time."""
        from amine.view.chemistry import chemistry

        return chemistry(self)

    def voltage_at(self, time: Quantity, neuron: int = 0, population: str | None = None, variable: str = "v") -> Shape:
        """Return a recorded state of one neuron at all compartments at a time, for ``am.view.morphology``.

        Parameters
        ----------
        time : time in the run, such as ``"12 ms"``; the nearest sample is taken.
        neuron : number of the neuron in its population.
        population : name; None: the first multicompartment population.
        variable : the state.

        Returns
        -------
        Values in the unit of the state, by compartment.

        Raises
        ------
        AmineError
            If the state of the neuron was not recorded.
        """
        return state_at(self, time, neuron, population, variable)

    # --- numbers -----------------------------------------------------------------------------------------------

    def statistics(self, start: float = 0.0) -> dict[str, dict[str, float]]:
        """Return statistics of each population without the first ``start`` ms.

        They are ``neurons``, ``spikes``, ``rate`` (Hz), ``cv`` of interspike intervals, ``fano`` factor and ``correlation``; NaN if there
        are too few spikes.

        Examples
        --------
        >>> import amine as am
        >>> net = am.Network(seed=1)
        >>> _ = net.population("P", 10, "poisson", rate="20 Hz")
        >>> net.run("100 ms", progress=False).statistics()["P"]["neurons"]
        10
        """
        return {name: summary(self.spikes[name], start) for name in self.spikes}

    def concentration(self, name: str, region: str | None = None) -> Signal:
        """Return the concentration (uM) of a field or a drug over time, at each millisecond.

        Parameters
        ----------
        name : a field such as ``"dopamine"``, or a drug of the network.
        region : one region of a field that has several.

        Raises
        ------
        AmineError
            If there is no such field, dose or region.

        Examples
        --------
        >>> import amine as am
        >>> net = am.Network(seed=1)
        >>> _ = net.population("P", 10, "poisson", rate="20 Hz")
        >>> _ = net.field("dopamine", tonic="20 nM")
        >>> net.run("10 ms", progress=False).concentration("dopamine").unit
        'uM'
        """
        return concentration(self, name, region)

    def occupancy(self, receptor: str, by: str | None = None, region: str | None = None) -> Signal:
        """Return the occupancy (0..1) of a receptor over time, at each millisecond.

        Parameters
        ----------
        receptor : label, such as ``"D1"``.
        by : a drug; None: the natural ligand.
        region : one region of a field that has several.

        Raises
        ------
        AmineError
            If there is no such receptor, drug or region.
        """
        return occupancy(self, receptor, by, region)

    def to_xarray(self) -> Any:
        """Return spikes and traces as an ``xarray.Dataset``; needs ``amine[export]``."""
        return to_xarray(self)

    def to_neo(self) -> Any:
        """Return spikes and traces as a ``neo.Block``; needs ``amine[export]``."""
        return to_neo(self)

    def summary(self) -> str:
        """Return a short table as text."""
        lines = [f"{'population':<14}{'neurons':>9}{'spikes':>12}{'rate (Hz)':>12}"]
        counts, rates = self.spikes.counts(), self.spikes.rates()
        lines += [f"{name:<14}{n:>9}{counts[name]:>12}{rates[name]:>12.3f}" for name, _, n in self.spikes.populations]
        span = self.info.get("simulated_ms", self.duration)  # shorter than the duration after a resume
        per = self.seconds.get("simulate", 0.0) / span * 1e3 if span > 0 else 0.0
        state = "" if self.complete else " (stopped early)"
        return "\n".join([*lines, f"{self.duration:g} ms{state}, {per:.3g} s for each biological second"])

    def to_json(self) -> dict[str, Any]:
        """Return a summary as a JSON-able object."""
        return {
            "duration_ms": self.duration,
            "complete": self.complete,
            "neurons": sum(p.n for p in self.network.populations.values()),
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
        """Write a self-contained HTML page with description, figures, statistics and provenance.

        Parameters
        ----------
        path : the file.
        published : published mean rates (Hz) by population, for comparison.
        start : time (ms) that statistics leave out.
        overwrite : replace an existing file.

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
        """Write spikes and traces to a new zarr store, which :func:`amine.results.open` reads; raises AmineError if the path exists."""
        probes = {
            n: (np.asarray(p.times), {v: np.asarray(x) for v, x in p.values.items()})
            for n, p in {**self.probes, **{f"chemistry:{n}": p for n, p in self.slow.items()}}.items()
        }
        results = (self.spikes.steps, self.spikes.ids, probes, self.spikes.early)
        about = {"complete": self.complete, "seconds": self.seconds, "info": self.info}
        ZarrStore.save(path, self.meta, results, self.duration, about, self._weights)

    @staticmethod
    def load(path: FilePath) -> Run:
        """Read a run from a store; raises AmineError if there is none, it is damaged, or its run did not finish."""
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
