"""A whole network as a torch module, with gradients for weights, parameters and concentrations of drugs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import nn

from amine.compounds import catalogue
from amine.engine.build import prepare
from amine.engine.build.draws import WithDraws
from amine.engine.resolve.cells import CellStructure
from amine.engine.resolve.resolved import Resolved, resolve
from amine.engine.transmission.parts import load_module
from amine.errors import AmineError, did_you_mean
from amine.learn.nn import circuit_parts as parts
from amine.learn.nn import compiled
from amine.learn.nn.circuit_call import Call, Pass, Slot
from amine.learn.nn.circuit_names import (
    WHERE,
    byte_count,
    initial_states,
    listed,
    module_name,
    of_drugs,
    owner,
    require_adjoint,
    rows,
)
from amine.learn.nn.circuit_outside import Outside
from amine.learn.nn.circuit_run import Run, Scan, State, Wanted
from amine.learn.nn.scanned import Scanned, check_sequence
from amine.network.dosing import dose_of
from amine.network.numbers import number
from amine.records import dataclass
from amine.values import scalar

if TYPE_CHECKING:
    from amine.engine.resolve.resolved import Member as Described
    from amine.given import Quantity
    from amine.learn.given import Bounds, ParameterValue, SurrogateLike
    from amine.network.network import Network


@dataclass
class _Learned:
    """Keys of learned parameters by kind."""

    weights: list[tuple[str, str, str]] = field(default_factory=list)  # key, projection, label of the receptor
    parameters: list[tuple[str, str, str]] = field(default_factory=list)  # key, population, parameter
    doses: list[str] = field(default_factory=list)  # drugs


class Circuit(nn.Module):
    """A network as a module; see :meth:`amine.Network.to_module`, which makes it, for its parameters."""

    def __init__(
        self,
        net: Network,
        inputs: str | Iterable[str] = (),
        outputs: str | Iterable[str] = (),
        learn: str | Iterable[str] = (),
        *,
        precision: str = "float32",
        surrogate: SurrogateLike = "triangular",
        scale: Quantity | None = 0.3,
        detach_reset: bool = False,
        bin: Quantity | None = None,
        start: Quantity = "0 ms",
        bounds: Mapping[str, Bounds] | None = None,
        begin: Mapping[str, Quantity] | None = None,
        budget: str | float = "1 GB",
    ):
        super().__init__()
        if precision not in ("float32", "float64"):
            raise AmineError(
                f"{WHERE}, precision", "it is not known", given=repr(precision), expected="float32 or float64"
            )
        self.real: Any = np.float32 if precision == "float32" else np.float64
        self.dtype = torch.float32 if precision == "float32" else torch.float64
        self.budget = byte_count(budget)
        wanted = self._sort(net, listed(learn))
        net = self._with_drugs(net, wanted.doses, dict(begin or {}))
        self.dt = net.dt
        resolved = resolve(net)
        require_adjoint(resolved)
        self._build(resolved, wanted, dict(bounds or {}), parts.SpikeOptions(surrogate, scale, detach_reset))
        self.single_input, self.single_output = isinstance(inputs, str), isinstance(outputs, str)
        self.inputs = self._input_names(listed(inputs))
        self.outputs = [self._output(o) for o in listed(outputs)]
        self.bin = None if bin is None else max(1, round(number(bin, "ms", f"{WHERE}, bin") / self.dt))
        self.start = round(number(start, "ms", f"{WHERE}, start") / self.dt)
        self.kernels: dict[str, ModuleType] = {}

    # --- learned parameters, inputs and outputs -----------------------------------------------------------------

    def _sort(self, net: Network, learn: list[str]) -> _Learned:
        """Keys of ``learn`` by kind; raises AmineError for a key that is not known."""
        out = _Learned()
        names = {s.name: s for s in net.projections}
        for key in learn:
            if key.startswith("dose:"):
                out.doses.append(catalogue.drug(key.removeprefix("dose:")).id)
                continue
            name, rest = owner(key, [*names, *net.populations])
            if name is not None and name in names and rest:
                if sum(s.name == name for s in net.projections) > 1:
                    hint = "give each projection a name of its own"
                    raise AmineError(f"{WHERE}, learn '{key}'", f"several projections are named '{name}'", hint=hint)
                labels = list(names[name].receptors)
                if rest == "weight" and len(labels) == 1:
                    rest = labels[0]
                if rest not in labels:
                    raise AmineError(
                        f"{WHERE}, learn '{key}'",
                        f"'{name}' has no weight '{rest}'",
                        hint=did_you_mean(rest, [*labels, "weight"]),
                    )
                out.weights.append((key, name, rest))
            elif name is not None and name in net.populations and rest:
                out.parameters.append((key, name, rest))
            else:
                known = [f"{s}.weight" for s in names] + [f"{p}.<parameter>" for p in net.populations] + ["dose:<drug>"]
                raise AmineError(
                    f"{WHERE}, learn '{key}'", "there is nothing of this name", hint=did_you_mean(key, known)
                )
        return out

    def _with_drugs(self, net: Network, learn: list[str], begin: Mapping[str, Quantity]) -> Network:
        """The network with the initial concentrations of the learned doses."""
        self.concentrations = parts.steady_doses(net)
        for drug in learn:
            given = begin.get(f"dose:{drug}", begin.get(drug))
            if given is not None:
                self.concentrations[drug] = scalar(given, "uM", f"{WHERE}, begin 'dose:{drug}'")
            self.concentrations.setdefault(drug, 0.1)
        if not learn:
            return net
        return net.replaced(doses=[dose_of(d, f"{c!r} uM") for d, c in self.concentrations.items()])

    def _build(
        self, resolved: Resolved, wanted: _Learned, bounds: dict[str, Bounds], spikes: parts.SpikeOptions
    ) -> None:
        net = resolved.net
        module, _ = load_module(resolved, 64)
        places, _ = prepare.layout(resolved, module)
        lists = {places[p].member.name: (k, ids - places[p].id0) for p, k, ids in prepare.spike_lists(net, places)}
        self.sizes = {place.member.name: place.n for place in places}
        self.connections = parts.connections(resolved, places)
        self.drugs = None
        if resolved.slow is not None:
            self.drugs = parts.Drugs(resolved.slow, wanted.doses, self.concentrations, of_drugs("dose:", bounds))
        self.members, self.releases = nn.ModuleDict(), nn.ModuleDict()
        self.outside: dict[str, parts.External] = {}
        for place in places:
            m = place.member
            drawn = prepare.drawn_values(m).items()
            values: dict[str, ParameterValue] = {
                p: x for p, x in drawn if not isinstance(x, str)
            }  # text is for trees alone
            self.outside[m.name] = parts.external(net, place, values, lists)
            self.releases[module_name(m.name)] = nn.ModuleList(parts.release_parts(m, net.dt, spikes.surrogate))
            if m.population.model.kind != "neuron":
                continue
            learn = [self._parameter(m, key, name) for key, p, name in wanted.parameters if p == m.name]
            own = {n: bounds[k] for k, p, n in wanted.parameters if p == m.name and k in bounds}
            initial, cell = initial_states(place), m.structure
            assert isinstance(cell, CellStructure)
            made = parts.Member(m.population, cell, values, initial, net.dt, learn, spikes, own)
            made.drawn = {n: WithDraws({}, m)[n] for n in made.code.DRAWS}
            self.members[module_name(m.name)] = made
        for key, name, _ in wanted.parameters:
            if module_name(name) not in self.members:
                raise AmineError(f"{WHERE}, learn '{key}'", f"'{name}' is a source of spikes and has no neurons")
        self.weights = nn.ModuleDict()
        for key, name, label in wanted.weights:
            mine = [c for c in self.connections if (c.name, c.label) == (name, label)]
            if not mine or not sum(len(c.post) for c in mine):
                raise AmineError(f"{WHERE}, learn '{key}'", "there are no synapses of it in this draw")
            for c in mine:
                c.learned = (
                    f"{module_name(key)} {mine.index(c)}" if len(mine) > 1 and len(c.weight) > 1 else module_name(key)
                )
                if c.learned not in self.weights:
                    self.weights[c.learned] = parts.weight_parameter(key, c.weight, bounds.get(key))

    @staticmethod
    def _parameter(m: Described, key: str, name: str) -> str:
        """Name in the fused system of a parameter such as ``tau_m``, or ``AMPA.tau`` of a receptor."""
        label, dot, rest = name.rpartition(".")
        found = f"{rest}_{label}" if dot else name
        if found not in m.values or found == "t_ref":
            raise AmineError(
                f"{WHERE}, learn '{key}'",
                f"'{m.name}' has no parameter '{name}' that can be learned",
                hint=did_you_mean(found, m.values),
            )
        return found

    def _input_names(self, names: list[str]) -> list[tuple[str, str, str]]:
        """(key, population, ``spikes`` of a source or ``current`` of neurons) of each input."""
        out = []
        for key in names:
            name, rest = owner(key, self.sizes)
            if name is None or rest not in ("", "current"):
                known = [p if module_name(p) not in self.members else f"{p}.current" for p in self.sizes]
                raise AmineError(
                    f"{WHERE}, inputs '{key}'", "there is nothing of this name", hint=did_you_mean(key, known)
                )
            neurons = module_name(name) in self.members
            if neurons != (rest == "current"):
                hint = f"write '{name}.current'" if neurons else f"write '{name}' to give its spikes"
                raise AmineError(f"{WHERE}, inputs '{key}'", "it cannot be given", hint=hint)
            out.append((key, name, rest or "spikes"))
        return out

    def _output(self, key: str) -> tuple[str, str, str]:
        """(key, population, ``rate``, ``rates``, ``spikes`` or a state) of an output."""
        name, rest = owner(key, self.sizes)
        member: Any = self.members[module_name(name)] if name and module_name(name) in self.members else None
        states = [] if member is None else list(member.code.STATES)
        if name is None or rest not in ("rate", "rates", "spikes", *states):
            known = [f"{p}.{x}" for p in self.sizes for x in ("rate", "rates", "spikes")]
            raise AmineError(
                f"{WHERE}, outputs '{key}'", "there is nothing of this name", hint=did_you_mean(key, known)
            )
        return key, name, rest

    # --- values ------------------------------------------------------------------------------------------------

    def value(self, key: str) -> torch.Tensor:
        """Current value of a parameter by its key, in the coherent unit; raises AmineError if the key is not known."""
        if key.startswith("dose:") and self.drugs is not None:
            return self.drugs.concentration(catalogue.drug(key.removeprefix("dose:")).id)
        found = [w() for k, w in self.weights.items() if k.split(" ")[0] == module_name(key)]
        if found:
            return found[0] if len(found) == 1 else torch.cat([f.reshape(-1) for f in found])
        name, rest = owner(key, self.sizes)
        if name is not None and module_name(name) in self.members:
            label, dot, last = rest.rpartition(".")
            return self.members[module_name(name)].value(f"{last}_{label}" if dot else rest)  # type: ignore[operator]
        raise AmineError("Circuit.value", f"'{key}' is not known")

    # --- running -----------------------------------------------------------------------------------------------

    def forward(
        self,
        x: torch.Tensor | Mapping[str, torch.Tensor] | None = None,
        *,
        duration: Quantity | None = None,
        batch: int | None = None,
        state: State | None = None,
        seed: int | None = None,
        returns_state: bool = False,
    ) -> Any:
        """Runs the circuit.

        Parameters
        ----------
        x : the input: a tensor ``[time, batch, n]``, or a mapping of such tensors by the names of the inputs.
        duration, batch : biological time and number of samples, if there is no input.
        state : state from which to continue, as returned. seed : seed of random sources; None: drawn from torch's generator.
        returns_state : whether to return (outputs, state).

        Returns
        -------
        tensor or mapping
            One output, or a mapping if several were named: rates in Hz ``[batch]`` (of the population) or ``[batch, n]``,
            with bins ``[bins, batch, ...]``; spikes and states ``[time, batch, n]``.
        """
        given = self._given(x)
        steps, batch = self._extent(given, duration, batch)
        if seed is None:
            seed = int(torch.randint(2**31 - 1, (1,)))
        call = self._prepare(given, steps, batch, seed, state)
        need = torch.is_grad_enabled() and any(t.requires_grad for t in call.tensors)
        *found, end = Pass.apply(call, need, *call.tensors)
        out = dict(zip([k for k, _, _ in self.outputs], self._shaped(call, found), strict=True))
        result = next(iter(out.values())) if self.single_output else out
        return (result, call.end) if returns_state else result

    def _given(self, x: torch.Tensor | Mapping[str, torch.Tensor] | None) -> dict[str, torch.Tensor]:
        if x is None:
            x = {}
        elif isinstance(x, torch.Tensor):
            if len(self.inputs) != 1:
                raise AmineError(
                    "Circuit, input", "a mapping is needed", expected=", ".join(k for k, _, _ in self.inputs) or "none"
                )
            x = {self.inputs[0][0]: x}
        names = {k: p for k, p, _ in self.inputs}
        if not isinstance(x, Mapping):
            given, expected = repr(x)[:40], f"a tensor, or a mapping of {', '.join(names) or 'none'}"
            raise AmineError("Circuit, input", "this is no input", given=given, expected=expected)
        for k, v in x.items():
            if k not in names:
                raise AmineError(f"Circuit, input '{k}'", "there is no such input", hint=did_you_mean(str(k), names))

            check_sequence(v, self.sizes[names[k]], f"Circuit, input '{k}'")
        missing = [k for k in names if k not in x]
        if missing:
            raise AmineError("Circuit, input", f"'{missing[0]}' is missing")
        return {k: x[k].to(self.dtype) for k in names}

    def _extent(self, given: dict[str, torch.Tensor], duration: Quantity | None, batch: int | None) -> tuple[int, int]:
        shapes = {(int(v.shape[0]), int(v.shape[1])) for v in given.values()}
        if len(shapes) > 1:
            raise AmineError("Circuit, input", "the inputs differ in time or batch", given=str(sorted(shapes)))
        if shapes:
            return next(iter(shapes))
        if duration is None:
            raise AmineError("Circuit", "the duration is missing", hint='give duration="1 s"')
        return max(1, round(number(duration, "ms", "Circuit, duration", positive=True) / self.dt)), batch or 1

    def _prepare(self, given: dict[str, torch.Tensor], steps: int, batch: int, seed: int, state: State | None) -> Call:
        tensors: list[torch.Tensor] = list(given.values())
        spikes = {p: rows(given[k], steps) for k, p, what in self.inputs if what == "spikes"}
        currents = {p: rows(given[k], steps) for k, p, what in self.inputs if what == "current"}
        first = 0 if state is None else state.step
        outside = Outside(self.outside, self.sizes, spikes, currents, batch, self.dt, self.real, first, seed)
        scans: dict[str, Scan] = {}
        releases: dict[str, list[Scan]] = {}
        slots: list[Slot] = [("input", k) for k in given]
        for p in self.sizes:
            if module_name(p) in self.members:
                m: Any = self.members[module_name(p)]
                m.factors = {} if self.drugs is None else self.drugs.factors(p)
                inputs = [i for i in m.code.INPUTS if i != "x" and (p, i.removeprefix("in_")) in self._used(outside)]
                if self.outside[p].currents or p in currents:
                    inputs.insert(0, "x")
                scans[p] = self._scan(p, m, batch, inputs, tensors, slots)
            releases[p] = [
                self._scan(f"{p}:{r}", m, batch, ["s"], tensors, slots)
                for r, m in enumerate(self.releases[module_name(p)])  # type: ignore[arg-type]
            ]
        weights = []
        for c in self.connections:
            w = self.weights[c.learned]() if c.learned else torch.as_tensor(c.weight)
            weights.append(np.ascontiguousarray(w.detach().numpy().reshape(-1).astype(self.real)))
        for key, w in self.weights.items():
            tensors.append(w())
            slots.append(("weight", key))
        wanted = self._wanted(steps)
        learned = {i for i, c in enumerate(self.connections) if c.learned}
        run = Run(
            scans, releases, self.connections, weights, self.sizes, outside, wanted, learned,
            steps, batch, self._segment(scans, batch), self.dt, self.real, first,
        )  # fmt: skip
        begin = self._begin(run, scans, releases) if state is None else state
        return Call(self, run, begin, tensors, slots)

    def _used(self, outside: Outside) -> set[tuple[str, str]]:
        return {(c.target, c.label) for c in self.connections} | set(outside.ports)

    def _scan(
        self, key: str, m: Scanned, batch: int, inputs: list[str], tensors: list[torch.Tensor], slots: list[Slot]
    ) -> Scan:
        """A module as a scan; its constants and initial states join the tensors and slots of the call."""
        code = compiled.kernel(m, inputs, 32 if self.real is np.float32 else 64)
        c = m.constants(self.dtype, "cpu")
        start = m.initial(batch, self.dtype, "cpu")
        for name in code.LEARNED:
            tensors.append(c[name])
            slots.append(("constant", (key, name)))
        for s in code.STATES:
            tensors.append(start[s])
            slots.append(("state", (key, s)))
        width, height, edge = m.shape()
        lanes = batch * m.n
        states = [start[s].detach().numpy().reshape(lanes) for s in code.STATES]
        stacked = np.stack(states).astype(self.real) if states else np.empty((0, lanes), self.real)
        fixed = {n: x.detach().numpy() for n, x in c.items()}
        return Scan(key, m.n, code, m.code, fixed, np.array([1 / width, height, edge], self.real), stacked, inputs)

    def _begin(self, run: Run, scans: dict[str, Scan], releases: dict[str, list[Scan]]) -> State:
        every = list(scans.values()) + [x for each in releases.values() for x in each]
        states = {x.name: (x.start, np.zeros(x.start.shape[1] if x.start.ndim > 1 else 0, self.real)) for x in every}
        tails = {key: np.zeros((run.history, run.B * self.sizes[key[0]]), self.real) for key in run.ports}
        return State(states, tails)

    def _wanted(self, steps: int) -> Wanted:
        per = steps - self.start if self.bin is None else self.bin
        counted = [p for _, p, what in self.outputs if what in ("rate", "rates")]
        if counted and per < 1:
            raise AmineError("Circuit", "the run ends before rates are counted", given=f"{steps * self.dt:g} ms")
        bins = 1 if self.bin is None else max(1, (steps - self.start) // per)
        return Wanted(
            [p for _, p, what in self.outputs if what == "spikes"],
            [(p, what) for _, p, what in self.outputs if what not in ("rate", "rates", "spikes")],
            list(dict.fromkeys(counted)),
            per,
            self.start,
            bins,
        )

    def _segment(self, scans: dict[str, Scan], batch: int) -> int:
        """Steps whose stored values fit into the budget."""
        size = np.dtype(self.real).itemsize
        per = sum(batch * x.n * (size * (len(x.code.KEPT) + 2 + 2 * len(x.given)) + 1) for x in scans.values())
        per += sum(batch * n * size for n in self.sizes.values())
        return max(1, int(self.budget / max(1, per)))

    def _shaped(self, call: Call, found: list[torch.Tensor]) -> list[torch.Tensor]:
        out = []
        for (_, p, what), x in zip(self.outputs, found, strict=True):
            n = self.sizes[p]
            x = x.reshape(x.shape[0], call.run.B, n)
            if what in ("rate", "rates"):
                x = x * (1000.0 / (call.run.wanted.bin * self.dt))
                x = x.mean(-1) if what == "rate" else x
                x = x[0] if self.bin is None else x
            out.append(x)
        return out

    def extra_repr(self) -> str:
        n = sum(len(c.post) for c in self.connections)
        return f"{sum(self.sizes.values())} neurons, {n} synapses, inputs={[k for k, _, _ in self.inputs]}, outputs={[k for k, _, _ in self.outputs]}"


__all__ = ["Circuit"]
