"""The description of a network: plain data, checked on entry, that can be saved, compared and shown without a run."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

from amine import doors
from amine.errors import AmineError
from amine.frozen import FrozenDict, FrozenList, fix
from amine.network import (
    chemistry,
    connect,
    describe,
    dosing,
    estimate,
    extracellular,
    plasticity,
    recordings,
    serial,
    structure,
    synapse_probes,
)
from amine.network import couplings as coupled
from amine.network import inputs as entering
from amine.network import populations as neurons
from amine.network import rest as silence
from amine.network.doors import door
from amine.network.numbers import number, whole_number
from amine.optional import optional
from amine.shown import Shown

if TYPE_CHECKING:
    import torch
    from anywidget import AnyWidget

    from amine.engine.time.loop import Loop
    from amine.given import FilePath, Quantity
    from amine.learn.nn.circuit import Circuit
    from amine.learn.nn.surrogate import Surrogate
    from amine.network.chemistry import Field, Modulation
    from amine.network.couplings import Coupling
    from amine.network.dosing import Dose
    from amine.network.parts import GapJunctions, PoissonInput, Population, Probe, Stimulus, Synapses, WeightProbe
    from amine.results.run import Run

_SETTABLE = ("seed", "name", "notes")


@doors.constructor
class Network(Shown):
    """Description of a network: neurons, synapses, inputs and probes.

    Its parts can be read: ``populations`` and ``fields`` by name, ``projections``, ``electrical``, ``couplings``, ``inputs``,
    ``stimuli``, ``probes``, ``weight_probes``, ``modulations`` and ``doses`` as lists. Only ``seed``, ``name`` and ``notes``
    can be set; everything else is given to the methods that add it.

    Parameters
    ----------
    seed : seed of all random numbers of the network and its runs.
    dt : time step; a bare number is in ms.
    name : title of tables and reports.

    Raises
    ------
    AmineError
        Here and in every method: a sentence that names the object, the given value and a remedy. The network is then unchanged.

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
    couplings: list[Coupling]
    inputs: list[PoissonInput]
    stimuli: list[Stimulus]
    probes: list[Probe]
    weight_probes: list[WeightProbe]
    fields: dict[str, Field]
    modulations: list[Modulation]
    doses: list[Dose]
    notes: dict[str, Any]

    def __init__(self, seed: int = 0, dt: Quantity = "0.1 ms", name: str = ""):
        self.seed = seed
        self.name = name
        self.notes = {}
        fix(self, dt=_step(dt))
        for what, maker in _LISTS.items():
            fix(self, **{what: FrozenList((), f"Network, {what}", f"add parts with net.{maker}(...)")})
        for what, maker in {"populations": "population", "fields": "field"}.items():
            fix(self, **{what: FrozenDict((), f"Network, {what}", f"add parts with net.{maker}(...)")})

    def __setattr__(self, attribute: str, value: Any) -> None:
        if attribute not in _SETTABLE:
            self._refuse(attribute)
        if attribute == "seed":
            value = whole_number(value, "Network, seed", 0, 2**63 - 1)
        elif attribute == "name":
            if not isinstance(value, str):
                raise AmineError("Network, name", "this is not text", given=repr(value)[:40])
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

    # --- parts ------------------------------------------------------------------------------------------------

    population = neurons.population
    synapses = connect.synapses
    gap_junctions = connect.gap_junctions
    coupling = coupled.coupling
    poisson = entering.poisson
    stimulus = entering.stimulus
    probe = recordings.probe
    electrodes = extracellular.electrodes
    field = chemistry.add_field
    modulate = chemistry.modulate
    dose = dosing.dose
    probe_weights = synapse_probes.probe_weights
    probe_synapses = synapse_probes.probe_synapses
    load_weights = plasticity.load_weights
    rewire = structure.rewire
    rest = silence.rest

    def replaced(self, **parts: Any) -> Network:
        """Copy with other parts, unchecked; for the engine, which replaces parts by computed ones."""
        out = copy.copy(self)
        fix(out, **parts)
        return out

    # --- as data, as text, in time ---------------------------------------------------------------------------

    def to_dict(self) -> dict[str, Any]:
        """Return the description as JSON-able data."""
        return serial.to_dict(self)

    @staticmethod
    @doors.door
    def from_dict(data: Mapping[str, object]) -> Network:
        """Build a network from the data of :meth:`to_dict`, with all checks; raises AmineError if they are damaged.

        >>> import amine as am
        >>> net = am.Network(seed=1)
        >>> am.Network.from_dict(net.to_dict()) == net
        True
        """
        return serial.from_dict(Network, data)

    @door
    def save(self, path: FilePath, *, overwrite: bool = False) -> None:
        """Write the description as JSON; raises AmineError if the file exists and ``overwrite`` is not set."""
        serial.save(self, path, overwrite)

    @staticmethod
    @doors.door
    def load(path: FilePath) -> Network:
        """Read a description that :meth:`save` wrote; raises AmineError if it is damaged."""
        return serial.load(Network, path)

    def hash(self) -> str:
        """Return the SHA-256 of the description: equal networks have equal hashes."""
        return serial.digest(serial.to_dict(self))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Network) and self.to_dict() == other.to_dict()

    __hash__ = object.__hash__

    @door
    def describe(self, format: str = "markdown") -> str:
        """Return the tables of Nordlie, Gewaltig & Plesser (2009, PLoS Comput Biol 5:e1000456), as ``markdown`` or ``latex``.

        >>> import amine as am
        >>> print(am.Network().describe().splitlines()[0])
        **A. Model summary**
        """
        return describe.render(self, format)

    def describe_sections(self) -> list[tuple[str, tuple[str, ...], list[tuple[str, ...]]]]:
        """Return the tables of :meth:`describe` as (title, header, rows)."""
        return describe.sections(self)

    @door
    def estimate(self, precision: str = "float32") -> dict[str, int]:
        """Return the expected numbers of neurons and synapses and their bytes, without drawing any.

        Parameters
        ----------
        precision : ``"float32"`` or ``"float64"``.

        Examples
        --------
        >>> import amine as am
        >>> am.circuits.coba(1000).estimate()["synapses"]
        80000
        """
        return estimate.estimate(self, precision)

    @door
    def to_module(
        self,
        inputs: str | Sequence[str] = (),
        outputs: str | Sequence[str] = (),
        learn: str | Sequence[str] = (),
        *,
        precision: str = "float32",
        surrogate: str | Surrogate | Callable[[torch.Tensor], torch.Tensor] = "triangular",
        scale: Quantity = 0.3,
        detach_reset: bool = False,
        bin: Quantity | None = None,
        start: Quantity = "0 ms",
        bounds: Mapping[str, tuple[Quantity, Quantity]] | None = None,
        begin: Mapping[str, Quantity] | None = None,
        budget: str | float = "1 GB",
    ) -> Circuit:
        """Make a PyTorch module with the same equations, connections and delays; needs ``amine[learn]``.

        Parameters
        ----------
        inputs : arguments of a call: sources of spikes by name, ``"E.current"`` for a current in pA; one name or several.
        outputs : ``"E.rate"`` (Hz, of the population), ``"E.rates"`` (of each neuron), ``"E.spikes"``, or a state such as ``"E.v"``.
        learn : ``"E->E.weight"`` or, with several receptors, ``"E->E.NMDA"``: the weights of a projection, a single one if they are
            equal; ``"E.tau_m"``, ``"E.AMPA.tau"``: parameters; ``"dose:ketamine"``: the concentration of a drug.
        precision : ``"float32"`` or ``"float64"``.
        surrogate, scale, detach_reset : surrogate derivative of spikes, as for :class:`amine.learn.nn.Neurons`. With compact support the
            backward pass is sparse. Gradients of rates need the path through the reset: an earlier spike delays the next.
        bin, start : width of the bins of rates (None: one bin) and beginning of the first.
        bounds : ``{key: (low, high)}`` of learned values. Weights keep their sign and time constants stay positive in any case.
        begin : initial values of learned concentrations, such as ``{"dose:ketamine": "1 uM"}``.
        budget : memory for states kept for the backward pass, in bytes or text; beyond it, the forward pass is recomputed in segments.

        Raises
        ------
        AmineError
            An unknown name, or a part without an adjoint: gap junctions, plastic synapses, kinetic schemes, multicompartment cells, fields.
        """
        with optional("Network.to_module"):
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

    @door
    def run(
        self,
        duration: Quantity,
        *,
        threads: int | str = 1,
        precision: str = "float32",
        progress: bool = True,
        chunk: Quantity | None = None,
        store: FilePath | None = None,
        checkpoint: FilePath | None = None,
        checkpoint_every: Quantity = "30 s",
        resume: bool = False,
    ) -> Run:
        """Simulate the network.

        Parameters
        ----------
        duration : biological time.
        threads : a number, or ``"auto"`` for one that fits the network and the cores; results are the same for any.
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
            Also after Ctrl-C, with the part that was simulated.

        Raises
        ------
        AmineError
            A duration that is not a multiple of the time step, a value that is not finite, a file that exists or is damaged.

        Examples
        --------
        >>> import amine as am
        >>> net = am.Network(seed=1)
        >>> _ = net.population("P", 10, "poisson", rate="20 Hz")
        >>> net.run("100 ms", progress=False).duration
        100.0
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

    @door
    def loop(
        self,
        *,
        threads: int | str = 1,
        precision: str = "float32",
        keep: bool = True,
        store: FilePath | None = None,
        resume: FilePath | None = None,
    ) -> Loop:
        """Start a closed loop with an environment: advance the network in steps, read its spikes, set the rates of its sources.

        Parameters
        ----------
        threads, precision : as for :meth:`run`.
        keep : keep spikes and probes in memory for :meth:`amine.engine.time.loop.Loop.run`.
        store : a new folder to which spikes and probes are written, in place of memory.
        resume : file of :meth:`amine.engine.time.loop.Loop.save` to continue from; with the store of that loop if it had one.

        Raises
        ------
        AmineError
            If the network cannot be simulated, the file is damaged or belongs to another network, or the store exists or is in use.

        Examples
        --------
        >>> import amine as am
        >>> net = am.Network(seed=1)
        >>> _ = net.population("P", 10, "poisson", rate="20 Hz")
        >>> net.loop().advance("100 ms")["P"].shape
        (10,)
        """
        from amine.engine.time.loop import Loop  # the door to a closed loop

        return Loop(self, threads, precision, keep, store, resume)

    @door
    def lab(self, *, port: int = 0, browser: bool = True) -> AnyWidget | None:
        """Open the network in the lab: a widget in a notebook, the page elsewhere. See :func:`amine.lab.here`.

        Parameters
        ----------
        port : of this machine; 0 for a free one.
        browser : whether to open it; the address is printed in any case.

        Raises
        ------
        AmineError
            If the port cannot be used.
        """
        from amine.lab.entrance import here  # the door to the lab

        return here(self, port=port, browser=browser)

    def __repr__(self) -> str:
        n = sum(p.n for p in self.populations.values())
        return f"<Network {self.name or ''}: {len(self.populations)} populations, {n} neurons, {len(self.projections)} projections>".replace(
            " :", ":"
        )


_LISTS = {
    "projections": "synapses",
    "electrical": "gap_junctions",
    "couplings": "coupling",
    "inputs": "poisson",
    "stimuli": "stimulus",
    "probes": "probe",
    "weight_probes": "probe_weights",
    "modulations": "modulate",
    "doses": "dose",
}


def _step(dt: Quantity) -> float:
    """Time step in ms; a bare number is in ms."""
    given = f"{dt} ms" if isinstance(dt, int | float) and not isinstance(dt, bool) else dt
    return number(given, "ms", "Network, dt", positive=True)
