"""The values of a running network as its loop gives and takes them: by name, by population, by projection."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from amine.distributions import Distribution
from amine.doors import methods
from amine.engine.time.connections import Connections
from amine.engine.time.names import Listing, Settable
from amine.engine.time.simulation import Simulation
from amine.engine.transmission.coupling import Coupled
from amine.errors import AmineError, did_you_mean
from amine.frozen import fix
from amine.network.couplings import Coupling
from amine.network.dosing import doses_of
from amine.network.parts import PoissonInput, Population, Stimulus, Synapses, View
from amine.units import to_internal
from amine.values import Array

if TYPE_CHECKING:
    from amine.compounds.doses import Course
    from amine.compounds.pharmacokinetics import Amount
    from amine.given import Quantity, Values
    from amine.network.network import Network
    from amine.network.parts import Neurons, Selection, Waveform

Pairs = tuple[Sequence[int] | np.ndarray, Sequence[int] | np.ndarray]


@methods
class LoopValues:
    """The values of a running network; see :class:`amine.engine.time.loop.Loop`."""

    def __init__(self, net: Network, simulation: Simulation):
        fix(self, network=net, _simulation=simulation)

    def __setattr__(self, name: str, value: object) -> None:
        if not name.startswith("_"):
            hint = "loop.set(...) sets values of the network; threads and precision are given to net.loop(...)"
            raise AmineError("Loop", f"'{name}' cannot be set as an attribute", hint=hint)
        super().__setattr__(name, value)

    def set_rates(self, population: Population | str, rates: Values) -> None:
        """Sets the rates of a Poisson source from now on.

        Parameters
        ----------
        population : the source, or its name.
        rates : one for all, such as ``"20 Hz"``, or one for each neuron: ``array * am.units.Hz``.

        Raises
        ------
        AmineError
            If it is no Poisson source, or rates are negative, of another unit or number, or above one spike a step.
        """
        name = population if isinstance(population, str) else getattr(population, "name", repr(population)[:40])
        where = f"Loop.set_rates, population '{name}'"
        values = np.asarray(to_internal(rates, "Hz", where, nonnegative=True))
        self._simulation.set_rates(name, values, where)
        self._simulation.changes.note_rates(name, values)

    def settable(self) -> dict[str, Settable]:
        """All values of the network by name: unit, present value, limits, and why one does not follow if it does not.

        Examples
        --------
        >>> import amine as am
        >>> net = am.Network(seed=1)
        >>> _ = net.population("E", 10, "lif")
        >>> found = net.loop().settable()["E.tau_m"]
        >>> found.unit, found.value, found.limit, found.follows
        ('ms', 10.0, 'positive', True)
        >>> print(net.loop().settable())
        E.v      -65 mV  (state)
        E.C      250 pF  (parameter, positive)
        E.tau_m  10 ms  (parameter, positive)
        E.E_L    -65 mV  (parameter)
        E.V_th   -50 mV  (parameter)
        E.V_r    -65 mV  (parameter)
        E.t_ref  2 ms  (parameter, nonnegative)
        E.I_e    0 pA  (parameter)
        """
        return Listing({s.name: s for s in self._simulation.changes.listed()})

    def get(self, what: Neurons | Synapses | PoissonInput, *names: str) -> np.ndarray | dict[str, np.ndarray]:
        """The present value of each neuron, in the unit that :meth:`settable` names.

        Parameters
        ----------
        what : a whole name such as ``"E.v"``, or a population or a part of it, followed by names in it.
        names : states and parameters, such as ``"v"``, ``"AMPA.g"``.

        Returns
        -------
        numpy.ndarray or dict
            An array (neurons,), or arrays by name if there are several names.

        Raises
        ------
        AmineError
            If there is no such value.

        Examples
        --------
        >>> import amine as am
        >>> net = am.Network(seed=1)
        >>> E = net.population("E", 3, "lif")
        >>> net.loop().get(E[:2], "v").tolist()
        [-65.0, -65.0]
        """
        where, changes = "Loop.get", self._simulation.changes
        if not names:
            if not isinstance(what, str):
                raise AmineError(where, "no name is given", hint='such as get(E, "v")')
            return changes.get(what, where)
        owner, neurons = self._owner(what, where)
        found = {n: changes.get(f"{owner}.{n}", where) for n in names}
        found = found if neurons is None else {n: x[neurons] for n, x in found.items()}
        return found if len(names) > 1 else next(iter(found.values()))

    def coupled(self, coupling: Coupling | str) -> dict[str, np.ndarray]:
        """Plastic values of a continuous coupling as they are now.

        Parameters
        ----------
        coupling : the coupling, or its name.

        Returns
        -------
        dict
            Arrays (connections,) by name: ``pre`` and ``post``, the numbers of the neurons within their populations, and the values in coherent
            units; sorted by target and then source.

        Raises
        ------
        AmineError
            If there is no such coupling, several have this name, or none of its values is plastic.

        Examples
        --------
        >>> import amine as am
        >>> unit = am.models.neuron("unit", "dx/dt = (1 + total - x)/tau : 1; input total : 1", tau="10 ms")
        >>> net = am.Network(seed=1)
        >>> U = net.population("U", 2, unit)
        >>> grow = {"w": "0.1/ms*x_pre*x_post"}
        >>> one = net.coupling(U, U, into="total", value="w*x_pre", w=0.5, change=grow, pairs=([0], [1]))
        >>> net.loop().coupled(one)["w"].tolist()
        [0.5]
        """
        name = coupling.name if isinstance(coupling, Coupling) else coupling
        sim = self._simulation
        known = [c.name for c in sim.net.couplings if c.change]
        if name not in known:
            raise AmineError(
                "Loop.coupled", f"there is no coupling '{name}' with plastic values", hint=did_you_mean(name, known)
            )
        _only_one(name, known, "Loop.coupled")
        found = sim.states["coupling"]
        assert isinstance(found, Coupled)
        return found.connections(name)

    def set(
        self,
        what: Neurons | Synapses | Stimulus | PoissonInput,
        value: Values | Course | Waveform | None = None,
        /,
        neurons: Selection | None = None,
        synapses: Selection | None = None,
        pairs: Pairs | None = None,
        **values: Any,
    ) -> None:
        """Sets states, parameters, rates, weights, delays and stimuli from now on; nothing is compiled.

        Parameters
        ----------
        what : a whole name such as ``"E.tau_m"`` or ``"E->I.weight"`` with its ``value``; or a population, a part of it or a projection
            with ``values`` by name; a Poisson input with ``rate`` or ``weight``; or a stimulus with its new waveform, whose times count from the beginning of the network's run.
        value, values : one value, an array (neurons,) or (synapses,), or a distribution. Where neurons have one parameter in common, only
            one value. Weights are in nS, pA or mV, delays in ms; a delay holds for spikes that are sent from now on.
        neurons : those that are set, as in ``E[...]``, if not all.
        synapses : those that are set, as numbers or a mask in the order of :meth:`connections`, if not all.
        pairs : numbers (i, j) of the neurons whose synapses are set, within their populations; an array has one value for each pair.

        Raises
        ------
        AmineError
            If there is no such value, it cannot follow a running network, or it is not of its unit, number or limits. Nothing is then set.

        Examples
        --------
        >>> import amine as am
        >>> net = am.Network(seed=1)
        >>> E = net.population("E", 3, "lif_cond")
        >>> syn = net.synapses(E, E, receptor="AMPA", weight="2 nS", connect="all_to_all", autapses=False, name="E->E")
        >>> loop = net.loop()
        >>> loop.set(E, I_e="300 pA", v=am.uniform("-70 mV", "-60 mV"))
        >>> loop.set("E.tau_m", "15 ms")
        >>> loop.set(syn, weight=["1 nS", "3 nS"], pairs=([0, 2], [1, 1]))
        >>> loop.get(E, "I_e").tolist(), loop.get("E->E.weight").tolist()
        ([300.0, 300.0, 300.0], [1.0, 2.0, 2.0, 2.0, 2.0, 3.0])
        """
        where, changes = "Loop.set", self._simulation.changes
        if value is not None:
            what = f"{what.name}.current" if isinstance(what, Stimulus) else what
            if not isinstance(what, str) or values:
                raise AmineError(
                    where, "a value without a name", hint='such as set("E.tau_m", "15 ms") or set(E, tau_m="15 ms")'
                )
            owner, given = changes.owner(what, where), {what: value}
        else:
            owner, inside = self._owner(what, where)
            given = {f"{owner}.{n}": x for n, x in values.items()}
            if inside is not None and neurons is not None:
                raise AmineError(where, "neurons are given twice", hint="give the population, or a part of it")
            neurons = inside if neurons is None else neurons
        if not given:
            raise AmineError(where, "no value is given", hint='such as set(E, tau_m="15 ms")')
        if synapses is not None or pairs is not None:
            self._set_synapses(owner, given, synapses, pairs, neurons)
            return
        chosen = None
        if neurons is not None:
            if owner not in self.network.populations:
                raise AmineError(where, f"'{owner}' has no neurons", hint="leave neurons out")
            chosen = _numbers(self.network.populations[owner], neurons)
        changes.set_all(given, chosen, where)

    def _set_synapses(
        self,
        projection: str,
        given: Mapping[str, Any],
        synapses: Selection | None,
        pairs: Pairs | None,
        neurons: object,
    ) -> None:
        """Sets values of some synapses of a projection."""
        where = "Loop.set"
        if (synapses is not None) + (pairs is not None) + (neurons is not None) > 1:
            raise AmineError(where, "synapses are given twice", hint="give synapses=, or pairs=")
        there = self.connections(projection)
        if pairs is None:
            chosen = _synapses(synapses, len(there), where)
        else:
            i, j = _pairs(pairs, where)
            chosen, pair = there.find(i, j, where)
            given = {n: _of_pairs(x, len(i), pair) for n, x in given.items()}
        self._simulation.changes.set_all(given, chosen, where)

    def spike_times(self, population: Population | str, times: Values, indices: Sequence[int] | np.ndarray) -> None:
        """Replaces all spikes that a source of given spikes has still to send.

        Parameters
        ----------
        population : a population of the model ``"spike_list"``, or its name.
        times : times (spikes,) since the beginning of the network's run, such as ``array * am.units.ms``, not before the end of the next step.
        indices : number (spikes,) of the neuron of each spike.

        Raises
        ------
        AmineError
            If it is no such source, a spike lies in the past, or the numbers of times and neurons differ.

        Examples
        --------
        >>> import amine as am
        >>> net = am.Network(seed=1)
        >>> S = net.population("S", 2, "spike_list", times=[5.0] * am.units.ms, indices=[0])
        >>> loop = net.loop()
        >>> _ = loop.advance("2 ms")
        >>> loop.spike_times(S, [3.0, 4.0] * am.units.ms, [1, 0])
        >>> loop.advance("10 ms").spikes["S"].times.tolist()
        [3.0, 4.0]
        """
        name = population if isinstance(population, str) else getattr(population, "name", repr(population)[:40])
        where = f"Loop.spike_times, population '{name}'"
        known = [at.member.name for at in self._simulation.slices if at.member.listed]
        if name not in known:
            hint = did_you_mean(name, known) if known else "add a population of the model 'spike_list'"
            raise AmineError(where, "this is no source of given spikes", hint=hint)
        t = np.atleast_1d(np.asarray(to_internal(times, "ms", where + ", times"), float))
        i = np.atleast_1d(np.asarray(to_internal(indices, "1", where + ", indices"), float))
        if t.ndim != 1 or t.shape != i.shape:
            given = f"{t.shape} and {i.shape}"
            raise AmineError(where, "times and indices must be arrays of one dimension and one length", given=given)
        self._simulation.changes.set(f"{name}.times", Array(np.stack([t, i]), "ms"), None, where)

    def connections(self, synapses: Synapses | str) -> Connections:
        """All synapses of a projection with their present values: neurons, weights, delays, states of a rule.

        The order does not change when values do: by source view, target view, source and target; synapses of one pair by the delays of
        their description.

        Parameters
        ----------
        synapses : the projection, or its name.

        Raises
        ------
        AmineError
            If it is no projection of the network, or several have this name.

        Examples
        --------
        >>> import amine as am
        >>> import numpy as np
        >>> net = am.Network(seed=1)
        >>> E = net.population("E", 100, "lif_cond")
        >>> syn = net.synapses(E, E, receptor="AMPA", weight=am.uniform("1 nS", "3 nS"), p=0.1, delay="1.5 ms")
        >>> found = net.loop().connections(syn)
        >>> found.unit, float(found.delay[0]), bool((found.weight >= 1).all()), bool((np.diff(found.pre) >= 0).all())
        ('nS', 1.5, True, True)
        """
        name = synapses if isinstance(synapses, str) else getattr(synapses, "name", None)
        known = [s.name for s in self.network.projections]
        if name not in known:
            given = repr(name)[:40]
            raise AmineError(
                "Loop.connections", "this is no projection", given=given, hint=did_you_mean(str(name), known)
            )
        _only_one(str(name), known, "Loop.connections")
        return self._simulation.changes.synapses.connections(str(name))

    def _owner(self, what: Neurons | Synapses | Stimulus | PoissonInput, where: str) -> tuple[str, np.ndarray | None]:
        """Name of a population or projection, and the numbers of the neurons that are meant, None for all."""
        if isinstance(what, Synapses):
            return self.connections_of(what.name, where), None
        if isinstance(what, str) and what in [s.name for s in self.network.projections]:
            return what, None
        if isinstance(what, PoissonInput):
            return what.name, None
        if isinstance(what, Stimulus):
            raise AmineError(where, "a waveform is needed", hint='such as set(stimulus, am.step("100 pA"))')
        return self._neurons(what, where)

    def connections_of(self, name: str, where: str) -> str:
        """The name of a projection of this network; raises AmineError if there is none."""
        known = [s.name for s in self.network.projections]
        if name not in known:
            raise AmineError(where, f"'{name}' is no projection of the network", hint=did_you_mean(name, known))
        _only_one(name, known, where)
        return name

    def _neurons(self, what: Neurons, where: str) -> tuple[str, np.ndarray | None]:
        """A population's name and the numbers of the neurons that are meant, None for all."""
        views = (View(what, 0, 0),) if isinstance(what, str) else what.views()
        names = list(dict.fromkeys(v.population for v in views))
        if len(names) > 1 or names[0] not in self.network.populations:
            hint = did_you_mean(names[0], self.network.populations) if len(names) == 1 else "one population at a time"
            raise AmineError(where, "this is no population of the network", given=str(what)[:40], hint=hint)
        if isinstance(what, str | Population):
            return names[0], None
        return names[0], np.concatenate([np.arange(v.start, v.stop, v.step) for v in views])

    def dose(self, drug: str, concentration: Quantity | Course | Amount) -> None:
        """Sets the concentration of a drug from the next step of slow signals on, in place of all its doses.

        Parameters
        ----------
        drug : its name in the catalogue; the network has a dose of it, which may be ``"0 uM"``.
        concentration : as for :meth:`amine.Network.dose`; a course counts its times from the beginning of the network's run. With an amount for a
            body the network needs doses of the active metabolites, too.

        Raises
        ------
        AmineError
            If the network has no dose of this drug, or it cannot follow.
        """
        given = doses_of(drug, concentration)
        for each in given:  # all have a dose, or nothing is set
            self._simulation.changes.handle(f"dose:{each.drug}", "Loop.dose")
        for each in given:
            self.set(f"dose:{each.drug}", each.course)


def _only_one(name: str, names: Sequence[str], where: str) -> None:
    """Raises AmineError if several of the names are this one."""
    if names.count(name) > 1:
        raise AmineError(
            where, f"several parts have the name '{name}'", hint="give each a name of its own when it is made: name=..."
        )


def _numbers(population: Population, neurons: Selection) -> np.ndarray:
    """Numbers of the selected neurons of a population."""
    found = population[neurons]
    return np.concatenate([np.arange(v.start, v.stop, v.step) for v in found.views()])


def _synapses(chosen: Selection | None, n: int, where: str) -> np.ndarray:
    """Numbers of the selected synapses of ``n``."""
    if isinstance(chosen, slice):
        return np.arange(n)[chosen]
    picked = np.atleast_1d(np.asarray(chosen))
    if picked.dtype == bool and picked.shape == (n,):
        picked = np.flatnonzero(picked)
    if picked.ndim != 1 or not np.issubdtype(picked.dtype, np.integer):
        expected = f"numbers or a mask of {n} synapses"
        raise AmineError(f"{where}, synapses", "these are no synapses", given=repr(chosen)[:40], expected=expected)
    picked = np.where(picked < 0, picked + n, picked).astype(np.int64)
    if len(picked) and (picked.min() < 0 or picked.max() >= n or len(np.unique(picked)) < len(picked)):
        expected = f"different numbers of 0..{n - 1}"
        raise AmineError(f"{where}, synapses", "these are no synapses", given=repr(chosen)[:40], expected=expected)
    return picked


def _pairs(pairs: Pairs, where: str) -> tuple[np.ndarray, np.ndarray]:
    """Numbers of the neurons of pairs."""
    try:
        i, j = (np.atleast_1d(np.asarray(x)) for x in pairs)
    except (TypeError, ValueError) as e:
        raise AmineError(f"{where}, pairs", "this is not (i, j)", given=repr(pairs)[:40]) from e
    whole = all(np.issubdtype(x.dtype, np.integer) and x.ndim == 1 for x in (i, j))
    if not whole or len(i) != len(j) or len(np.unique(np.stack([i, j], 1), axis=0)) < len(i):
        raise AmineError(
            f"{where}, pairs",
            "these are no pairs",
            given=repr(pairs)[:60],
            expected="two lists of one length with numbers of neurons, each pair once",
        )
    return i.astype(np.int64), j.astype(np.int64)


def _of_pairs(value: Any, n: int, pair: np.ndarray) -> Any:
    """A value for each synapse, of values for each of ``n`` pairs; other values unchanged."""
    if isinstance(value, Array):
        return Array(value.values[pair], value.unit) if value.values.shape == (n,) else value
    if isinstance(value, str | Distribution) or np.ndim(getattr(value, "magnitude", value)) == 0:
        return value
    return (
        np.array(value, object)[pair].tolist() if isinstance(value, list | tuple) and len(value) == n else value[pair]
    )
