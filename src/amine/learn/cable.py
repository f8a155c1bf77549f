"""Multicompartment cells as a torch module: the engine's step with gradients, and fits of parameters to recorded voltages.

The membranes are the engine's own expressions (:mod:`amine.engine.codegen.tree`), printed for torch. The tree solve A x = b has an exact
adjoint: for a gradient y of x, solve A l = y over the same tree (A is symmetric); the gradient of b is l, that of A's diagonal -l x.
Both solves are compiled and linear in the number of compartments.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import numpy as np
from numba import njit

from amine.engine.codegen import ir
from amine.engine.codegen.membrane import MembraneProgram
from amine.engine.codegen.prepared import constants_table, initial_statements
from amine.engine.codegen.program import names_of, statements
from amine.engine.codegen.text import PythonPrinter
from amine.engine.resolve.resolved import resolve
from amine.engine.resolve.tree import TreeStructure, names_at
from amine.equations.lower import Lowering
from amine.equations.printer import Printer
from amine.errors import AmineError, did_you_mean
from amine.models.multicompartment import Cable, along
from amine.network.network import Network
from amine.optional import optional
from amine.records import dataclass
from amine.units import dimension_of, internal_unit
from amine.values import scalar

with optional("amine.learn.cable"):
    import torch
    from torch import nn

    from amine.learn.nn.context import Context
    from amine.learn.nn.tensors import TorchNumpy, exprel

if TYPE_CHECKING:
    import numpy.typing as npt

    from amine.given import Quantity

Place: TypeAlias = str | int  # one compartment: a name such as "soma" or "apical(0.5)", or its number
Tensors: TypeAlias = dict[str, torch.Tensor]


@njit(nogil=True, cache=True)
def _solve(d, x, parent, a):
    """Solves for a batch by elimination from leaves to root and back-substitution; d and x [batch, compartments] are overwritten."""
    for b in range(d.shape[0]):
        for i in range(d.shape[1] - 1, 0, -1):
            f = a[i] / d[b, i]
            d[b, parent[i]] -= f * a[i]
            x[b, parent[i]] += f * x[b, i]
        x[b, 0] /= d[b, 0]
        for i in range(1, d.shape[1]):
            x[b, i] = (x[b, i] + a[i] * x[b, parent[i]]) / d[b, i]


class _TreeContext(Context, Protocol):
    tree: tuple[np.ndarray, np.ndarray]  # parents and couplings (compartments,)


class TreeSolve(torch.autograd.Function):
    """The voltages x of A x = b, where A has the diagonal ``d`` and couplings -a to the parents."""

    @staticmethod
    def forward(ctx: _TreeContext, d: torch.Tensor, b: torch.Tensor, parent: np.ndarray, a: np.ndarray) -> torch.Tensor:
        x, diagonal = b.detach().numpy().copy(), d.detach().numpy().copy()
        _solve(diagonal, x, parent, a)
        out = torch.from_numpy(x)
        ctx.save_for_backward(d, out)
        ctx.tree = (parent, a)
        return out

    @staticmethod
    def backward(ctx: _TreeContext, *gradients: torch.Tensor) -> Any:
        d, x = ctx.saved_tensors
        found: Any = TreeSolve.apply(d, gradients[0], *ctx.tree)
        return -found * x, found, None, None


class CableCell(nn.Module):
    """A multicompartment cell, differentiable in its parameters and its input.

    Parameters
    ----------
    neuron : a model of :func:`amine.models.cable`, without reset.
    dt : time step.
    learn : names of parameters to learn, such as ``g_max_Na_HH``; conductances, capacitances and time constants stay positive.

    Raises
    ------
    AmineError
        Unknown parameter, or a cell with a reset.

    Examples
    --------
    >>> import amine as am, torch
    >>> neuron = am.models.cable(am.morphology.ball_and_stick(segments=4), {"*": ["leak"]})
    >>> cell = CableCell(neuron, dt="0.1 ms", learn=["g_max_leak"])
    >>> v = cell(torch.full((50, 1), 10.0, dtype=torch.float64), at="soma")
    >>> v.shape, bool((v[-1] > v[0]).all())
    (torch.Size([50, 1, 5]), True)
    """

    def __init__(self, neuron: Cable, *, dt: Quantity = "0.025 ms", learn: Iterable[str] = ()):
        super().__init__()
        if not isinstance(neuron, Cable):
            raise AmineError(
                "CableCell",
                "this is not a multicompartment cell",
                given=repr(neuron)[:40],
                expected="a model of amine.models.cable",
            )
        if "V_r" in neuron.units:
            raise AmineError("CableCell", "a reset has no gradient", hint="make the cell without reset=")
        self.neuron, self.dt = neuron, scalar(dt, "ms", "CableCell, dt", positive=True)
        self.groups, self.members = _membranes(neuron)
        self.code = [_compile(g) for g in self.groups]
        cell = neuron.cell
        self.parent = cell.parent.astype(np.int64)
        self.fixed = {n: self._value(n) for n in neuron.units}
        inner = cell.parent >= 0
        self.coupling = np.zeros(len(cell))
        self.coupling[inner] = 1.0 / (float(self.fixed["R_a"]) * cell.resistance[inner])
        total = self.coupling.copy()
        np.add.at(total, cell.parent[inner], self.coupling[inner])
        self.total, self.area = torch.from_numpy(total), torch.from_numpy(cell.area)
        self.halved = neuron.method == "crank_nicolson"
        self.raw = nn.ParameterDict()
        for name in learn:
            if name not in neuron.units:
                raise AmineError(
                    "CableCell, learn", f"parameter '{name}' is not known", hint=did_you_mean(name, neuron.units)
                )
            if name in ("R_a", "T", "V_th", "t_ref", "v_init"):
                raise AmineError(
                    "CableCell, learn", f"'{name}' cannot be learned", hint="learn parameters of channels, or C_m"
                )
            x = self.fixed[name]
            self.raw[name] = nn.Parameter(torch.log(x) if _positive(name) else x.clone())

    def _value(self, name: str) -> torch.Tensor:
        value = self.neuron.parameters[name]
        if self.neuron.depends_on_path(value):
            return torch.from_numpy(
                along(self.neuron.cell, str(value), self.neuron.units[name], f"CableCell, '{name}'")
            )
        if not isinstance(value, str):
            raise AmineError(f"CableCell, parameter '{name}'", "it must be one value", hint="give it one before")
        return torch.tensor(scalar(value, self.neuron.units[name], f"CableCell, '{name}'"), dtype=torch.float64)

    def value(self, name: str) -> torch.Tensor:
        """Current value of a parameter, in amine's coherent units."""
        if name in self.raw:
            return torch.exp(self.raw[name]) if _positive(name) else self.raw[name]
        return self.fixed[name]

    def model(self) -> Cable:
        """The neuron model with the learned values."""
        changes = {
            n: f"{float(self.value(n).detach())!r} {internal_unit(dimension_of(self.neuron.units[n]))}".removesuffix(
                " 1"
            )
            for n in self.raw
        }
        return self.neuron(**changes)  # type: ignore[return-value]

    # --- time --------------------------------------------------------------------------------------------------

    def forward(self, current: torch.Tensor, at: Place = "soma") -> torch.Tensor:
        """Voltages in mV [time, batch, compartments] at the start of each step, for a current in pA [time, batch] into one compartment."""
        place = self.neuron.cell.at(at, where="CableCell, at")
        if len(place) != 1:
            raise AmineError("CableCell, at", "one compartment is needed", given=str(at))
        if current.ndim != 2:
            raise AmineError("CableCell", "the current must be an array [time, batch]", given=str(tuple(current.shape)))
        current = current.to(torch.float64)
        batch, n = current.shape[1], len(self.neuron.cell)
        constants = [self._constants(q) for q in range(len(self.groups))]
        capacitance = self._capacitance() * self.area * (2.0 if self.halved else 1.0) / self.dt
        v = self.fixed["v_init"].expand(batch, n)
        states = [self._start(q, v) for q in range(len(self.groups))]
        unit = torch.zeros(n, dtype=torch.float64)
        unit[place[0]] = 1.0
        rows = []
        for k in range(current.shape[0]):
            rows.append(v)
            d, x, states = self._membranes(v, states, constants, capacitance, k * self.dt)
            solved: Any = TreeSolve.apply(d, x + current[k][:, None] * unit, self.parent, self.coupling)
            v = 2 * solved - v if self.halved else solved
        return torch.stack(rows)

    def _membranes(
        self, v: torch.Tensor, states: list[Tensors], constants: list[Tensors], capacitance: torch.Tensor, t: float
    ) -> tuple[torch.Tensor, torch.Tensor, list[Tensors]]:
        """Diagonal and right-hand side of the tree's equations, and the states at the end of the step."""
        g, j, new = [], [], []
        for q, at in enumerate(self.members):
            out = self.code[q].step(TorchNumpy(), exprel, constants[q], v[:, at], t, states[q])
            new.append({s: out[f"new_{s}"] for s in states[q]})
            zero = torch.zeros_like(v[:, at])
            g.append(zero + out.get("g_density", 0.0))
            j.append(zero + out.get("j_density", 0.0))
        order = torch.argsort(torch.from_numpy(np.concatenate(self.members)))
        G, J = torch.cat(g, 1)[:, order], torch.cat(j, 1)[:, order]
        return capacitance + self.total + self.area * G, capacitance * v + self.area * J, new

    def _values_at(self, q: int) -> Tensors:
        """Values of a membrane's parameters at its compartments."""
        at = self.members[q]
        each = [names_at(self.neuron, int(i)) for i in at]
        found: Tensors = {"T": self.value("T")}
        for p in self.groups[q].program.parameters:
            if p == "T":
                continue
            values = [self.value(e[p]) for e in each]
            values = [x[int(i)] if x.ndim else x for x, i in zip(values, at, strict=True)]
            found[p] = torch.stack(values) if len({id(x) for x in values}) > 1 else values[0]
        return found

    def _constants(self, q: int) -> Tensors:
        p = self._values_at(q)
        found = dict(self.code[q].constants(TorchNumpy(), exprel, p, self.dt))
        lin = self.groups[q].program.linear
        if lin.states:
            raise AmineError(
                "CableCell", "states with exact propagators have no gradient here", given=", ".join(lin.states)
            )
        return found

    def _start(self, q: int, v: torch.Tensor) -> Tensors:
        out = self.code[q].initial(TorchNumpy(), exprel, self._values_at(q), v[:, self.members[q]])
        return {s: torch.zeros_like(v[:, self.members[q]]) + x for s, x in out.items()}

    def _capacitance(self) -> torch.Tensor:
        c = torch.zeros(len(self.neuron.cell), dtype=torch.float64)
        for name, at in self.neuron.capacitances:
            mask = torch.zeros_like(c)
            mask[list(at)] = 1.0
            c = c * (1 - mask) + self.value(name) * mask
        return c


def _positive(name: str) -> bool:
    return name.startswith(("g_max", "tau", "C_m", "depth", "gamma"))


def _membranes(neuron: Cable) -> tuple[list[MembraneProgram], list[np.ndarray]]:
    """The engine's membrane programs of a single cell, and the compartments (members,) of each."""
    net = Network()
    net.population("cell", 1, neuron)
    member = resolve(net).members[0]
    structure, plan = member.structure, member.plan
    assert isinstance(structure, TreeStructure) and plan is not None
    groups = [MembraneProgram(structure, m, q) for q, m in enumerate(structure.membranes)]
    return groups, [np.array(at) for at in plan.members]


@dataclass
class _Code:
    step: Any
    constants: Any
    initial: Any


def _compile(g: MembraneProgram) -> _Code:
    """The functions of a membrane, printed for torch from its program."""
    p, say = g.program, PythonPrinter(Printer("numpy"))
    used = names_of(e for _, e in p.body)
    shown = {n: p.shown[n] for kind in g.constants.values() for n in kind}
    read = [ir.assign(n, ir.item("_p", repr(n))) for n in p.parameters]
    step: list[ir.Statement] = [ir.assign(x, ir.item("_c", repr(x))) for x in shown.values()]
    step += [ir.assign(s, ir.item("_s", repr(s))) for s in p.load if s in used]
    step += statements(p.body, Lowering(lambda n: shown.get(n, n)), p.stages)
    made = ir.Table(tuple((n, ir.Name(n), "") for n in (*p.out.values(), *p.results)))
    functions = {
        "step": (("np", "exprel", "_c", "v", "t", "_s"), [*step, ir.Return(made)]),
        "constants": (("np", "exprel", "_p", "dt"), [*read, ir.Return(constants_table(p))]),
        "initial": (("np", "exprel", "_p", "v"), [*read, *initial_statements(p.initial)]),
    }
    text = "".join(say.function(ir.Function(n, args, ir.without_unread(body))) for n, (args, body) in functions.items())
    scope: dict[str, Any] = {}
    exec(compile(text, f"<membrane {g.q}>", "exec"), scope)
    return _Code(scope["step"], scope["constants"], scope["initial"])


@dataclass
class Fit:
    """Result of a fit: the ``model``, the ``loss`` of each iteration in mV^2, and the fitted ``values`` in coherent units."""

    model: Cable
    loss: list[float]
    values: Mapping[str, float]


def fit(
    neuron: Cable,
    voltage: npt.ArrayLike,
    current: npt.ArrayLike,
    learn: Iterable[str],
    *,
    dt: Quantity = "0.025 ms",
    at: Place = "soma",
    iterations: int = 100,
    rate: float = 0.05,
    window: slice | None = None,
) -> Fit:
    """Fits parameters of a cell to the voltage recorded at ``at`` during a known injected current.

    Gradient descent (Adam, the rate falling to a tenth) on the mean square difference, by the adjoint of the step.

    Parameters
    ----------
    neuron : the cell with the initial values.
    voltage, current : arrays [time] or [time, sweeps] in mV and pA, one value per step; the voltage at the start of each.
    learn : names of the parameters to fit. dt : time step. at : compartment of electrode and recording.
    iterations, rate : number of iterations and learning rate.
    window : slice of the steps whose differences count; None for all.

    Returns
    -------
    Fit

    Raises
    ------
    AmineError
        If shapes differ, no parameter is named, or the voltage is no longer finite.

    Examples
    --------
    >>> import amine as am, torch
    >>> neuron = am.models.cable(am.morphology.ball_and_stick(segments=2), {"*": ["leak"]})
    >>> pulse = np.full((40, 1), 10.0)
    >>> v = CableCell(neuron, dt="0.1 ms")(torch.from_numpy(pulse))[:, :, 0].numpy()
    >>> found = fit(neuron(g_max_leak="1 nS/mm**2"), v, pulse, ["g_max_leak"], dt="0.1 ms", iterations=20)
    >>> found.loss[-1] < found.loss[0]
    True
    """
    v = torch.as_tensor(np.asarray(voltage, float))
    i = torch.as_tensor(np.asarray(current, float))
    v, i = (x[:, None] if x.ndim == 1 else x for x in (v, i))
    if v.shape != i.shape:
        raise AmineError(
            "fit()", "voltage and current must have one shape", given=f"{tuple(v.shape)} and {tuple(i.shape)}"
        )
    cell = CableCell(neuron, dt=dt, learn=learn)
    if not len(cell.raw):
        raise AmineError("fit(), learn", "no parameter is named", hint=f"choose from {', '.join(neuron.units)}")
    place = neuron.cell.at(at, where="fit(), at")[0]
    span = slice(None) if window is None else window
    losses, best = _descend(cell, lambda: ((cell(i, at)[span, :, place] - v[span]) ** 2).mean(), iterations, rate)
    with torch.no_grad():
        for n, p in best.items():
            cell.raw[n].copy_(p)
    return Fit(cell.model(), losses, {n: float(cell.value(n).detach()) for n in cell.raw})


def _descend(
    cell: CableCell, loss_of: Callable[[], torch.Tensor], iterations: int, rate: float
) -> tuple[list[float], Tensors]:
    """Losses of all iterations, and the raw parameters of the best."""
    optimiser = torch.optim.Adam(cell.parameters(), lr=rate)
    schedule = torch.optim.lr_scheduler.ExponentialLR(optimiser, 0.1 ** (1 / max(1, iterations)))
    losses, lowest, best = [], float("inf"), {}
    for _ in range(iterations):
        optimiser.zero_grad()
        loss = loss_of()
        if not torch.isfinite(loss):
            raise AmineError("fit()", "the voltage is no longer finite", hint="lower the rate")
        losses.append(float(loss.detach()))
        if losses[-1] < lowest:
            lowest, best = losses[-1], {n: p.detach().clone() for n, p in cell.raw.items()}
        loss.backward()
        optimiser.step()
        schedule.step()
    return losses, best
