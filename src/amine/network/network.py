"""The description of a network: plain data, checked as it is entered, that can be saved, compared and shown without a run."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NoReturn

from amine.errors import AmineError
from amine.frozen import FrozenDict, FrozenList, fix
from amine.network import chemistry, connect, describe, estimate, plasticity, serial
from amine.network import inputs as entering
from amine.network import populations as neurons
from amine.network import rest as silence
from amine.network.numbers import number, whole_number

if TYPE_CHECKING:
    from amine.engine.time.loop import Loop
    from amine.given import FilePath, Quantity
    from amine.learn.nn.circuit import Circuit
    from amine.network.chemistry import Dose, Field, Modulation
    from amine.network.parts import GapJunctions, PoissonInput, Population, Probe, Stimulus, Synapses, WeightProbe
    from amine.results.run import Run

_SETTABLE = ("seed", "name", "notes")


class Network:
    """Neurons, synapses, inputs and probes, described once.

    What it holds can be read: ``populations`` and ``fields`` by name, ``projections``, ``electrical``, ``inputs``,
    ``stimuli``, ``probes``, ``weight_probes``, ``modulations`` and ``doses`` as lists. Only ``seed``, ``name`` and ``notes``
    can be set once it is made; everything else is given to the methods that add it.

    Parameters
    ----------
    seed : decides every random number of the network and its runs.
    dt : time step.
    name : title of tables and reports.

    Raises
    ------
    AmineError
        Here and in every method: a sentence that names the object, what was given and how to mend it. Nothing is
        added to the network then.

    Examples
    --------
    >>> import amine as am
    >>> net = am.Network(seed=1)
    >>> E = net.population("E", 80, "lif", tau_m="15 ms")
    >>> syn = net.synapses(E, E, receptor="exc", weight="20 pA", p=0.1, delay="1.5 ms")
    >>> net.estimate()["synapses"]
    640
    """

    seed: int
    dt: float
    name: str
    populations: dict[str, Population]
    projections: list[Synapses]
    electrical: list[GapJunctions]
    inputs: list[PoissonInput]
    stimuli: list[Stimulus]
    probes: list[Probe]
    weight_probes: list[WeightProbe]
    fields: dict[str, Field]
    modulations: list[Modulation]
    doses: list[Dose]
    notes: dict[str, Any]

    def __init__(self, seed: int = 0, dt: Any = "0.1 ms", name: str = ""):
        self.seed = seed
        self.name = name
        self.notes = {}
        fix(self, dt=_step(dt))
        for what, maker in _LISTS.items():
            fix(self, **{what: FrozenList((), f"Network, {what}", f"add parts with net.{maker}(...)")})
        for what, maker in {"populations": "population", "fields": "field"}.items():
            fix(self, **{what: FrozenDict((), f"Network, {what}", f"add parts with net.{maker}(...)")})

    def __setattr__(self, attribute: str, value: object) -> None:
        if attribute not in _SETTABLE:
            self._refuse(attribute)
        if attribute == "seed":
            value = whole_number(value, "Network, seed", 0, 2**63 - 1)
        elif attribute == "name":
            value = str(value)
        else:
            value = serial.Notes(value)
        fix(self, **{attribute: value})

    def __delattr__(self, attribute: str) -> None:
        self._refuse(attribute)

    def _refuse(self, attribute: str) -> NoReturn:
        if attribute == "dt":
            hint = "give it when the network is made: Network(dt=...)"
        else:
            hint = f"settable are {', '.join(_SETTABLE)}; parts are added by methods such as net.population(...)"
        raise AmineError("Network", f"'{attribute}' cannot be set", hint=hint)

    # --- what is in it ---------------------------------------------------------------------------------------

    population = neurons.population
    synapses = connect.synapses
    gap_junctions = connect.gap_junctions
    poisson = entering.poisson
    stimulus = entering.stimulus
    probe = entering.probe
    field = chemistry.add_field
    modulate = chemistry.modulate
    dose = chemistry.dose
    probe_weights = plasticity.probe_weights
    load_weights = plasticity.load_weights
    rest = silence.rest

    def replaced(self, **parts: Any) -> Network:
        """A copy with other parts, unchecked: for the engine, which puts what it has found in their place."""
        out = copy.copy(self)
        fix(out, **parts)
        return out

    # --- as data, as text, in time ---------------------------------------------------------------------------

    def to_dict(self) -> dict[str, Any]:
        """The description as JSON-able data."""
        return serial.to_dict(self)

    @staticmethod
    def from_dict(data: Mapping[str, Any]) -> Network:
        """Back from :meth:`to_dict`, checked as if entered by hand."""
        return serial.from_dict(Network, data)

    def save(self, path: FilePath, *, overwrite: bool = False) -> None:
        """Writes the description as JSON; an existing file is not overwritten unless asked."""
        serial.save(self, path, overwrite)

    @staticmethod
    def load(path: FilePath) -> Network:
        """Reads a description that :meth:`save` wrote."""
        return serial.load(Network, path)

    def hash(self) -> str:
        """SHA-256 of the description: equal networks have equal hashes."""
        return serial.digest(self)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Network) and self.to_dict() == other.to_dict()

    __hash__ = object.__hash__

    def describe(self, format: str = "markdown") -> str:
        """The tables of Nordlie, Gewaltig & Plesser (2009, PLoS Comput Biol 5:e1000456), as ``markdown`` or ``latex``."""
        return describe.render(self, format)

    def describe_sections(self) -> list[tuple[str, tuple[str, ...], list[tuple[str, ...]]]]:
        """The tables of :meth:`describe` as (title, header, rows)."""
        return describe.sections(self)

    def estimate(self, precision: str = "float32") -> dict[str, int]:
        """Expected numbers of neurons and synapses and the bytes they take, without drawing any."""
        return estimate.estimate(self, precision)

    def to_module(
        self,
        inputs: Any = (),
        outputs: Any = (),
        learn: Any = (),
        *,
        precision: str = "float32",
        surrogate: Any = "triangular",
        scale: Quantity = 0.3,
        detach_reset: bool = False,
        bin: Any = None,
        start: Quantity = "0 ms",
        bounds: Mapping[str, Any] | None = None,
        begin: Mapping[str, Any] | None = None,
        budget: Any = "1 GB",
    ) -> Circuit:
        """The network as a PyTorch module on the same equations, connections and delays; needs ``amine[learn]``.

        Parameters
        ----------
        inputs : what is given when it is called: sources of spikes by name, ``"E.current"`` for a current in pA; one name or several.
        outputs : ``"E.rate"`` (Hz, of the population), ``"E.rates"`` (of each neuron), ``"E.spikes"``, or a state such as ``"E.v"``.
        learn : ``"E->E.weight"`` or, with several receptors, ``"E->E.NMDA"``: the weights of a projection, one if they are
            alike; ``"E.tau_m"``, ``"E.AMPA.tau"``: parameters; ``"dose:ketamine"``: the concentration of a drug.
        precision : ``"float32"`` or ``"float64"``.
        surrogate, scale, detach_reset : of spikes, as for :class:`amine.learn.nn.Neurons`. One with compact support makes
            the way back sparse. Gradients of rates need the way through the reset: a spike that comes sooner delays the next.
        bin, start : rates are counted in bins (None: one for all) from ``start`` on.
        bounds : ``{key: (low, high)}`` of what is learned. Weights keep their sign, time constants stay positive anyway.
        begin : where a learned concentration begins, ``{"dose:ketamine": "1 uM"}``.
        budget : memory for what the way back needs; beyond it, the way there is computed again in segments.

        Raises
        ------
        AmineError
            A name that is not there, or a part that has no adjoint: gap junctions, plastic synapses, kinetic schemes, trees, fields.
        """
        from amine.learn.nn.circuit import Circuit  # the door to training

        return Circuit(
            self,
            inputs,
            outputs,
            learn,
            precision=precision,
            surrogate=surrogate,
            scale=scale,
            detach_reset=detach_reset,
            bin=bin,
            start=start,
            bounds=bounds,
            begin=begin,
            budget=budget,
        )

    def run(
        self,
        duration: Any,
        *,
        threads: int = 1,
        precision: str = "float32",
        progress: bool = True,
        chunk: Any = None,
        store: Any = None,
        checkpoint: Any = None,
        checkpoint_every: Any = "30 s",
        resume: bool = False,
    ) -> Run:
        """Simulates the network.

        Parameters
        ----------
        duration : biological time.
        threads : results are the same for any number.
        precision : ``"float32"`` or ``"float64"``.
        progress : a bar on the terminal.
        chunk : biological time between returns to Python; None lets the engine choose.
        store : folder of a zarr store to which spikes and traces stream.
        checkpoint : file from which a killed run can be resumed.
        checkpoint_every : wall time between checkpoints.
        resume : go on from ``checkpoint`` if it is there.

        Returns
        -------
        Run
            Also after Ctrl-C: then with what was simulated so far.
        """
        from amine.engine.time.run import simulate  # the door to simulation

        return simulate(
            self,
            duration,
            threads=threads,
            precision=precision,
            progress=progress,
            chunk=chunk,
            store=store,
            checkpoint=checkpoint,
            checkpoint_every=checkpoint_every,
            resume=resume,
        )

    def loop(self, *, threads: int = 1, precision: str = "float32", keep: bool = True, resume: Any = None) -> Loop:
        """Starts the network for a loop with a world: advance it bit by bit, read its spikes, set the rates of its sources.

        Parameters
        ----------
        threads, precision : as for :meth:`run`.
        keep : spikes and probes stay in memory for :meth:`amine.engine.time.loop.Loop.run`.
        resume : a file that :meth:`amine.engine.time.loop.Loop.save` wrote, to go on from.
        """
        from amine.engine.time.loop import Loop  # the door to a loop with a world

        loop = Loop(self, threads, precision, keep)
        if resume is not None:
            loop.restore(resume)
        return loop

    def __repr__(self) -> str:
        n = sum(p.n for p in self.populations.values())
        return f"<Network {self.name or ''}: {len(self.populations)} populations, {n} neurons, {len(self.projections)} projections>".replace(
            " :", ":"
        )


_LISTS = {
    "projections": "synapses",
    "electrical": "gap_junctions",
    "inputs": "poisson",
    "stimuli": "stimulus",
    "probes": "probe",
    "weight_probes": "probe_weights",
    "modulations": "modulate",
    "doses": "dose",
}


def _step(dt: Quantity) -> float:
    """The time step in ms; a bare number is one in ms."""
    given = f"{dt} ms" if isinstance(dt, int | float) and not isinstance(dt, bool) else dt
    return number(given, "ms", "Network, dt", positive=True)
