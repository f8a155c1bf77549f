"""The description of a network: plain data, checked as it is entered, that can be saved, compared and shown without a run."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from amine.errors import AmineError, did_you_mean, within
from amine.models import find
from amine.models.multicompartment import Cable
from amine.models.ports import CLEARED
from amine.network.cables import has_tree, probed
from amine.network.checks import (
    check_delay,
    check_rule,
    check_weight,
    group_of,
    rule_of,
    view_of,
    whole_number,
)
from amine.network.parts import (
    GapJunctions,
    Group,
    PoissonInput,
    Population,
    Probe,
    Stimulus,
    Synapses,
    View,
    Waveform,
    WeightProbe,
)
from amine.network.plasticity import make_plastic, split_rule
from amine.network.receptors import states_of
from amine.network.transmission import check_cleft, check_minis, check_plastic, check_release, check_transmission
from amine.units import is_quantity, to_internal
from amine.values import Array, Value, normalise

if TYPE_CHECKING:
    from amine.engine.time.loop import Loop
    from amine.learn.nn.circuit import Circuit
    from amine.models.model import Model
    from amine.network.chemistry import Dose, Field, Modulation
    from amine.results.run import Run
    from amine.results.weights import Weights

_NAME = re.compile(r"^[A-Za-z0-9_][\w.+\- >/]*$")


class Network:
    """Neurons, synapses, inputs and probes, described once.

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

    def __init__(self, seed: int = 0, dt: Any = "0.1 ms", name: str = ""):
        self.seed = whole_number(seed, "Network, seed", 0, 2**63 - 1)
        self.dt = float(
            to_internal(
                dt if isinstance(dt, str) or is_quantity(dt) else f"{dt} ms", "ms", "Network, dt", positive=True
            )
        )
        self.name = str(name)
        self.populations: dict[str, Population] = {}
        self.projections: list[Synapses] = []
        self.electrical: list[GapJunctions] = []
        self.inputs: list[PoissonInput] = []
        self.stimuli: list[Stimulus] = []
        self.probes: list[Probe] = []
        self.weight_probes: list[WeightProbe] = []
        self.fields: dict[str, Field] = {}
        self.modulations: list[Modulation] = []
        self.doses: list[Dose] = []
        self.notes: dict[str, Any] = {}

    # --- what is in it ---------------------------------------------------------------------------------------

    def population(
        self,
        name: str,
        n: int,
        model: str | Model = "lif",
        *,
        initial: Mapping[str, Any] | None = None,
        positions: Any = None,
        receptors: Mapping[str, Any] | None = None,
        **parameters: Any,
    ) -> Population:
        """Adds ``n`` neurons of one model.

        Parameters
        ----------
        name : how it is called in results and errors.
        n : number of neurons.
        model : a model or the name of one in the library.
        initial : states that do not start as the model says: a value, an array (n,) or a distribution.
        positions : array (n, 1..3), with a unit of length, for connections that depend on distance.
        receptors : further receptors by label: a model or the name of one.
        parameters : parameters of the model: a value, an array (n,) or a distribution.

        Raises
        ------
        AmineError
            Name taken, unknown model, parameter or state, wrong unit or shape.
        """
        where = f"Population '{name}'"
        if not isinstance(name, str) or not _NAME.match(name):
            raise AmineError("Population", "the name must be text of letters, digits, _ . + -", given=repr(name)[:40])
        if name in self.populations:
            raise AmineError(where, "the name is taken", hint="choose another")
        n = whole_number(n, f"{where}, n", 1, 2**31 - 65)
        chosen = find.chosen(model, ("neuron", "source"), where)
        with within(where):
            chosen = chosen(**parameters) if parameters else chosen
        shape = None if chosen.kind == "source" and "times" in chosen.units else (n,)
        values = {p: _sized(chosen, p, v, shape, where) for p, v in chosen.parameters.items()}
        ports = {
            str(k): find.chosen(m, ("receptor", "scheme"), f"{where}, receptor '{k}'")
            for k, m in (receptors or {}).items()
        }
        place = None
        if positions is not None:
            place = _positions(positions, n, f"{where}, positions")
        population = Population(name, n, chosen, values, {}, ports, place)
        known = states_of(population, self)
        for s, v in (initial or {}).items():
            if s not in known:
                raise AmineError(where, f"state '{s}' is not known", hint=did_you_mean(s, known))
            population.initial[s] = normalise(v, known[s], f"{where}, initial '{s}'", shape=(n,))
        if chosen.name == "spike_list":
            _check_spike_list(values, n, where)
        self.populations[name] = population
        return population

    def synapses(
        self,
        source: Any,
        target: Any,
        *,
        receptor: str | None = None,
        weight: Any = None,
        receptors: Mapping[str, Any] | None = None,
        delay: Any = None,
        p: Any = None,
        indegree: Any = None,
        outdegree: Any = None,
        total: Any = None,
        pairs: Any = None,
        rule: Any = None,
        connect: str | None = None,
        plastic: str | None = None,
        delay_kind: str = "axonal",
        distance: Any = None,
        autapses: bool = True,
        multapses: bool = True,
        release: Any = None,
        transmitter: str | None = None,
        detail: str = "receptor",
        cleft: Any = None,
        minis: Any = None,
        name: str | None = None,
    ) -> Synapses:
        """Adds a chemical projection.

        Parameters
        ----------
        source, target : populations, slices (``E[:100]``) or sums of them (``E + I``).
        receptor, weight : the receptor's label and what a spike adds there; or
        receptors : several receptors at each synapse, ``{label: weight}``.
        delay : one value, an array for given pairs or a distribution; at least one step, which is the default.
        p : probability of each pair. indegree, outdegree : inputs of each target, outputs of each source.
        total : number of synapses. pairs : two arrays of indices within source and target.
        rule : by which the weights change: a rule of :mod:`amine.plasticity`, its name, or its text; or ``"one_to_one"`` or
            ``"all_to_all"`` as a pattern of connections, which can also be given as ``connect``.
        plastic : the receptor whose weight the rule changes, by default the first.
        delay_kind : ``"axonal"``: a pre-spike reaches the synapse after the delay, a post-spike at once; ``"dendritic"``:
            the other way round.
        distance : a kernel such as ``gaussian("200 um", 0.3)``.
        autapses, multapses : whether a neuron may connect to itself, and a pair be connected more than once.
        release : how much a spike releases: a release model or its name, such as ``"tsodyks_markram"``.
        transmitter : what is released, such as ``"glutamate"``: receptors that do not answer to it are refused.
        detail : ``"receptor"`` (linear filters), ``"kinetic"`` (cleft and kinetic scheme at the source) or
            ``"explicit"`` (cleft and scheme of each synapse).
        cleft : how transmitter leaves the cleft, such as ``am.models.clearance(tau="1.2 ms")``; None is a square pulse of the
            height and width that each scheme names.
        minis : rate at which each synapse releases a quantum without a spike, such as ``"0.1 Hz"``.

        Raises
        ------
        AmineError
            Unknown receptor, weight in a wrong unit, probability outside 0..1, delay below the step, and so on.
        """
        sources, targets = group_of(self, source, "Synapses, source"), group_of(self, target, "Synapses, target")
        name = name or f"{_short(sources)}->{_short(targets)}"
        where = f"Synapses '{name}'"
        if (receptor is None) == (receptors is None):
            raise AmineError(where, "say either receptor= and weight=, or receptors={label: weight}")
        if receptor is not None and weight is None:
            raise AmineError(where, "the weight is missing", hint='add weight= such as "1 nS"')
        pattern, plasticity = split_rule(rule, connect, where)
        chosen = rule_of(
            where,
            p=p,
            indegree=indegree,
            outdegree=outdegree,
            total=total,
            pairs=pairs,
            rule=pattern,
            distance=distance,
        )
        check_rule(self, chosen, sources, targets, autapses, multapses, where)
        each = receptors if receptors is not None else {receptor: weight}
        if not each:
            raise AmineError(where, "no receptor is given")
        substance = check_transmission(self, sources, targets, [str(r) for r in each], transmitter, detail, where)
        fate = check_cleft(None if cleft is None else find.chosen(cleft, ("cleft",), where), detail, where)
        level = CLEARED if fate is not None and detail == "kinetic" else detail
        weights = {
            str(r): check_weight(self, targets, str(r), w, chosen, sources, where, level) for r, w in each.items()
        }
        time = check_delay(self, delay, chosen, sources, targets, where)
        released = None if release is None else find.chosen(release, ("release",), where)
        for v in targets.views():
            if self.populations[v.population].model.kind == "source":
                raise AmineError(
                    where,
                    f"'{v.population}' is a source of spikes and has no receptors",
                    hint="swap source and target?",
                )
        check_release(released, detail, where)
        part = Synapses(
            name,
            sources,
            targets,
            weights,
            chosen,
            time,
            bool(autapses),
            bool(multapses),
            released,
            transmitter=substance,
            detail=detail,
            cleft=fate,
            minis=check_minis(minis, targets, self, detail, where),
        )
        self.projections.append(part)
        if plasticity is not None or plastic is not None or delay_kind != "axonal":
            try:
                check_plastic(part, where)
                make_plastic(self, part, plasticity, plastic, delay_kind)
            except BaseException:
                self.projections.pop()
                raise
        return part

    def gap_junctions(
        self,
        a: Any,
        b: Any,
        *,
        conductance: Any,
        p: Any = None,
        pairs: Any = None,
        total: Any = None,
        rule: str | None = None,
        distance: Any = None,
        name: str | None = None,
    ) -> GapJunctions:
        """Adds electrical synapses: the current ``g (v_other - v)`` flows into both neurons of each pair.

        Within a population each unordered pair is drawn once and no neuron is coupled to itself.
        """
        va, vb = view_of(self, a, "Gap junctions"), view_of(self, b, "Gap junctions")
        name = name or f"{_short(Group((va,)))}-{_short(Group((vb,)))}"
        where = f"Gap junctions '{name}'"
        for v in (va, vb):
            if self.populations[v.population].model.kind != "neuron":
                raise AmineError(where, f"'{v.population}' is a source of spikes and has no voltage")
        chosen = rule_of(
            where, p=p, indegree=None, outdegree=None, total=total, pairs=pairs, rule=rule, distance=distance
        )
        check_rule(self, chosen, Group((va,)), Group((vb,)), False, False, where)
        shape = (len(chosen.value[0]),) if chosen.kind == "pairs" else None
        g = normalise(conductance, "nS", f"{where}, conductance", shape=shape, nonnegative=True)
        part = GapJunctions(name, va, vb, g, chosen)
        self.electrical.append(part)
        return part

    def poisson(
        self, target: Any, *, rate: Any, receptor: str, weight: Any, n: Any = 1, name: str | None = None
    ) -> PoissonInput:
        """Gives each target neuron ``n`` Poisson spike trains of its own; ``rate`` is that of one train."""
        targets = group_of(self, target, "Poisson input, target")
        name = name or f"poisson->{_short(targets)}"
        where = f"Poisson input '{name}'"
        shape = (targets.n,)
        w = check_weight(self, targets, receptor, weight, None, None, where)
        r = normalise(rate, "Hz", f"{where}, rate", shape=shape, nonnegative=True)
        number = whole_number(n, f"{where}, n", 1, 10**9)
        part = PoissonInput(name, targets, r, receptor, w, number)
        self.inputs.append(part)
        return part

    def stimulus(self, target: Any, current: Waveform, *, name: str | None = None) -> Stimulus:
        """Injects a current, such as ``am.step("100 pA", start="10 ms")``, into each target neuron."""
        targets = group_of(self, target, "Stimulus, target")
        name = name or f"current->{_short(targets)}"
        if not isinstance(current, Waveform):
            raise AmineError(
                f"Stimulus '{name}'",
                "this is not a waveform",
                given=repr(current)[:40],
                expected="step(), ramp(), sine() or table()",
            )
        for v in targets.views():
            if self.populations[v.population].model.kind != "neuron":
                raise AmineError(f"Stimulus '{name}'", f"'{v.population}' is a source of spikes and takes no current")
        part = Stimulus(name, targets, current)
        self.stimuli.append(part)
        return part

    def probe(self, target: Any, *variables: str, every: Any = None, name: str | None = None) -> Probe:
        """Records states, such as ``"v"`` or ``"g_AMPA"``, at the start of each step or each ``every``."""
        view = view_of(self, target, "Probe")
        name = name or f"{view.population}.{'+'.join(variables)}" + (
            ("" if view.n == self.populations[view.population].n else f"[{view.start}:{view.stop}]")
            + ("" if view.place is None else f" at {view.place.place}")
        )
        where = f"Probe '{name}'"
        if any(p.name == name for p in self.probes):
            raise AmineError(where, "the name is taken", hint="give it another with name=")
        known = states_of(self.populations[view.population], self)
        if not variables:
            raise AmineError(where, "no variable is named", hint=f"choose from {', '.join(known)}")
        for v in variables:
            if v not in known:
                raise AmineError(where, f"variable '{v}' is not known", hint=did_you_mean(str(v), known))
        if has_tree(self.populations[view.population]):
            variables, view = (
                probed(self.populations[view.population], view, variables, where),
                replace(view, place=None),
            )
        interval = None
        if every is not None:
            ms = to_internal(every, "ms", f"{where}, every", positive=True)
            if abs(ms / self.dt - round(ms / self.dt)) > 1e-6 or ms < self.dt / 2:
                raise AmineError(
                    f"{where}, every",
                    "this is not a multiple of the time step",
                    given=str(every),
                    expected=f"a multiple of {self.dt:g} ms",
                )
            interval = f"{ms!r} ms"
        part = Probe(name, view, tuple(variables), interval)
        self.probes.append(part)
        return part

    # --- chemistry ---------------------------------------------------------------------------------------------

    def field(
        self,
        name: str,
        *,
        released_by: Any = None,
        release: Any = "1 nM",
        uptake: Any = None,
        removal: Any = None,
        tonic: Any = "0 uM",
        regions: Any = None,
        exchange: Any = None,
        grid: Any = None,
        spacing: Any = "50 um",
        diffusion: Any = None,
        origin: Any = None,
    ) -> Field:
        """Adds a modulator that spreads in the tissue: volume transmission.

        Parameters
        ----------
        name : what it is, such as ``"dopamine"``.
        released_by : neurons whose spikes release it; with regions ``{region: neurons}``, or neurons that release in all.
        release : by how much a spike raises the concentration of its region, or of its voxel.
        uptake : transporters: names of the catalogue such as ``"DAT"``, or ``am.uptake(vmax, km)``; one or a list.
        removal : further removal in proportion to the concentration: a rate or a time constant.
        tonic : the level that neurons outside the network maintain; it is where the field starts.
        regions : ``{name: neurons}``: well-mixed regions and whom each bathes; None is one region that bathes everybody.
        exchange : rate at which any two regions mix.
        grid, spacing, diffusion, origin : instead of regions, a box of voxels (nx, ny, nz) with closed ends, their edge, the
            diffusion coefficient in the tissue and a corner; neurons stand at their positions.

        Raises
        ------
        AmineError
            Name taken, unknown transporter, wrong unit, neurons without positions on a grid.

        Examples
        --------
        >>> import amine as am
        >>> net = am.Network()
        >>> vta = net.population("vta", 10, "poisson", rate="4 Hz")
        >>> net.field("dopamine", released_by=vta, uptake=am.uptake("4 uM/s", "0.2 uM"), tonic="20 nM").tonic
        '20 nM'
        """
        from amine.network.chemistry import field_of

        made = field_of(
            self,
            name,
            released_by=released_by,
            release=release,
            uptake=uptake,
            removal=removal,
            tonic=tonic,
            regions=regions,
            exchange=exchange,
            grid=grid,
            spacing=spacing,
            diffusion=diffusion,
            origin=origin,
        )
        self.fields[made.name] = made
        return made

    def modulate(
        self,
        target: Any,
        *,
        by: Any = None,
        receptor: str | None = None,
        acts_on: str,
        maximum: Any,
        EC50: Any = None,
        hill: Any = 1,
        tau: Any = None,
        tau_decay: Any = None,
    ) -> Modulation:
        """Lets a field act on a parameter of neurons through a metabotropic receptor.

        The receptor's occupancy (Hill) drives a second messenger of first order, and the parameter is multiplied by
        ``1 + (maximum - 1) * messenger``.

        Parameters
        ----------
        target : neurons that have the receptor.
        by : a field or its name; None if drugs alone act there.
        receptor : its label, such as ``"D1"``.
        acts_on : a parameter of the neuron (``"V_th"``), ``"NMDA.conductance"``, a parameter of a receptor (``"GABA_A.tau"``)
            or of the neurons' release model (``"release.U"``).
        maximum : the factor at full occupancy.
        EC50, hill : of the receptor; by default those of the catalogue.
        tau, tau_decay : time constants of the second messenger's rise and decay (default: as the rise; none: at once).

        Raises
        ------
        AmineError
            Unknown field, receptor or parameter, negative factor.
        """
        from amine.network.chemistry import modulation_of

        made = modulation_of(
            self,
            target,
            by=by,
            receptor=receptor,
            acts_on=acts_on,
            maximum=maximum,
            EC50=EC50,
            hill=hill,
            tau=tau,
            tau_decay=tau_decay,
        )
        self.modulations.append(made)
        return made

    def dose(self, drug: str, concentration: Any) -> Dose:
        """Gives a drug: several doses of one drug add up, and different drugs act together.

        Parameters
        ----------
        drug : its name in the catalogue.
        concentration : such as ``"0.5 uM"``, or in time: ``am.bath``, ``am.bolus``, ``am.dose_ramp``, ``am.dose_table``.

        Raises
        ------
        AmineError
            Unknown drug, unit missing, negative concentration.
        """
        from amine.network.chemistry import dose_of

        made = dose_of(drug, concentration)
        self.doses.append(made)
        return made

    def probe_weights(
        self, synapses: Synapses | str, *states: str, every: Any = "1 s", n: int = 100, name: str | None = None
    ) -> WeightProbe:
        """Records weights (or other ``states``) of ``n`` plastic synapses each ``every``, spread evenly over the projection.

        The k-th column of ``run.probes[name]`` is synapse ``round(k (N-1)/(n-1))`` of the N of ``run.weights(synapses)``.
        """
        from amine.network.plasticity import probe_weights

        return probe_weights(self, synapses, states, every, n, name)

    def load_weights(self, synapses: Synapses | str, weights: Any) -> None:
        """Lets a plastic projection start with weights (:class:`amine.results.weights.Weights` or a file of them).

        Raises
        ------
        AmineError
            If a weight is outside the bounds of the rule or not a number; at the run, if the connectivity is another.
        """
        from amine.network.plasticity import load_weights

        load_weights(self, synapses, weights)

    def rest(self, synapses: Synapses | str, weights: Weights, duration: Any, **signals: Any) -> Weights:
        """What weights become in a time without spikes: hours of fading and consolidation at once, in closed form.

        Bouts of activity are runs; between them :meth:`load_weights` and this carry the synapses on.

        Parameters
        ----------
        synapses : a plastic projection with the rule ``tagging``, or one whose weights change at spikes alone.
        weights : as they are at the end of a run, ``run.weights(synapses)``; what was on its way to the synapses then is lost.
        duration : such as ``"8 h"``.
        signals : concentrations that the rule reads, such as ``anisomycin="10 uM"``; without them, the tonic level of a field
            of that name, else the rule's parameter.

        Returns
        -------
        Weights
            With all states of the rule that last, also those of the targets.

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
        from amine.plasticity._rest import rest

        return rest(self, synapses, weights, duration, signals)

    # --- as data, as text, in time ---------------------------------------------------------------------------

    def to_dict(self) -> dict[str, Any]:
        """The description as JSON-able data."""
        from amine.network.serial import to_dict

        return to_dict(self)

    @staticmethod
    def from_dict(data: Mapping[str, Any]) -> Network:
        """Back from :meth:`to_dict`, checked as if entered by hand."""
        from amine.network.serial import from_dict

        return from_dict(data)

    def save(self, path: Any, *, overwrite: bool = False) -> None:
        """Writes the description as JSON; an existing file is not overwritten unless asked."""
        from amine.network.serial import save

        save(self, path, overwrite)

    @staticmethod
    def load(path: Any) -> Network:
        """Reads a description that :meth:`save` wrote."""
        from amine.network.serial import load

        return load(path)

    def hash(self) -> str:
        """SHA-256 of the description: equal networks have equal hashes."""
        from amine.network.serial import digest

        return digest(self)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Network) and self.to_dict() == other.to_dict()

    __hash__ = object.__hash__

    def describe(self, format: str = "markdown") -> str:
        """The tables of Nordlie, Gewaltig & Plesser (2009, PLoS Comput Biol 5:e1000456), as ``markdown`` or ``latex``."""
        from amine.network.describe import render

        return render(self, format)

    def describe_sections(self) -> list[tuple[str, tuple[str, ...], list[tuple[str, ...]]]]:
        """The tables of :meth:`describe` as (title, header, rows)."""
        from amine.network.describe import sections

        return sections(self)

    def estimate(self, precision: str = "float32") -> dict[str, int]:
        """Expected numbers of neurons and synapses and the bytes they take, without drawing any."""
        from amine.network.estimate import estimate

        return estimate(self, precision)

    def to_module(
        self,
        inputs: Any = (),
        outputs: Any = (),
        learn: Any = (),
        *,
        precision: str = "float32",
        surrogate: Any = "triangular",
        scale: Any = 0.3,
        detach_reset: bool = False,
        bin: Any = None,
        start: Any = "0 ms",
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
        from amine.learn.nn.circuit import Circuit

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
        from amine.engine.time.run import simulate

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
        from amine.engine.time.loop import Loop

        loop = Loop(self, threads, precision, keep)
        if resume is not None:
            loop.restore(resume)
        return loop

    def __repr__(self) -> str:
        n = sum(p.n for p in self.populations.values())
        return f"<Network {self.name or ''}: {len(self.populations)} populations, {n} neurons, {len(self.projections)} projections>".replace(
            " :", ":"
        )


def _sized(model: Model, name: str, value: Value, shape: tuple[int, ...] | None, where: str) -> Value:
    if isinstance(model, Cable) and model.depends_on_path(value):
        return value  # checked by the model, which knows its tree
    return normalise(value, model.units[name], f"{where}, parameter '{name}'", shape=shape)


def _positions(positions: Any, n: int, where: str) -> np.ndarray:
    value = normalise(positions, "um", where)
    place: Any = value.values if isinstance(value, Array) else np.empty(0)
    place = place[:, None] if place.ndim == 1 else place
    if place.ndim != 2 or place.shape[0] != n or place.shape[1] not in (1, 2, 3):
        raise AmineError(where, "the array has the wrong shape", given=str(place.shape), expected=f"({n}, 1..3)")
    return place


def _check_spike_list(values: Mapping[str, Any], n: int, where: str) -> None:
    times, indices = values["times"], values["indices"]
    size = [len(v.values) if isinstance(v, Array) else -1 for v in (times, indices)]
    if -1 in size or size[0] != size[1]:
        raise AmineError(where, "times and indices must be arrays of one length", given=f"{size[0]} and {size[1]}")
    i = indices.values
    if len(i) and ((i < 0) | (i >= n) | (i != np.floor(i))).any():
        raise AmineError(f"{where}, parameter 'indices'", "an index is not one of its neurons", expected=f"0..{n - 1}")
    if len(i) and (times.values < 0).any():
        raise AmineError(f"{where}, parameter 'times'", "a time is negative")


def _short(views: Iterable[View]) -> str:
    return "+".join(v.population for v in views)
