"""A scan as an operator of PyTorch, so that ``torch.compile``, ``torch.export`` and the device ``meta`` see one node of known shapes.

An operator is given tensors, numbers and text only. The module is found by its handle; the text names the tensors.
"""

from __future__ import annotations

import hashlib
import weakref
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import numpy as np
import torch

from amine.errors import AmineError
from amine.learn.nn import compiled, plain
from amine.learn.nn.calls import CardKept, Grad, Kept, Made

if TYPE_CHECKING:
    from amine.learn.nn.scanned import Scanned, State

T = TypeVar("T")
MADE, KEPT = 5, 5  # numbers of tensors
_modules: weakref.WeakValueDictionary[str, Scanned] = weakref.WeakValueDictionary()
_made: Counter[str] = Counter()  # number of modules that had the same equations and values when they were made


def register(m: Scanned) -> None:
    """Gives a module a handle: the same in another process that makes the same modules in the same order."""
    what = [m.described(), sorted((k, np.asarray(v).tolist()) for k, v in m.deciding().items()), sorted(m.learned)]
    digest = hashlib.sha256(repr(what).encode()).hexdigest()[:16]
    m.handle = f"{digest}-{_made[digest]}"
    _made[digest] += 1
    _modules[m.handle] = m


def _module(handle: str) -> Scanned:
    if handle not in _modules:
        raise AmineError(
            "amine::scan", "its neurons do not exist in this process", hint="make the network first, as it was exported"
        )
    return _modules[handle]


class _Given(NamedTuple):
    """Tensors of a call by their roles."""

    x: State
    state: State | None
    sources: State
    weight: torch.Tensor | None


def _read(names: str, tensors: Sequence[torch.Tensor]) -> _Given:
    roles: dict[str, State] = {"x": {}, "s": {}, "p": {}, "w": {}}
    for name, tensor in zip(names.split(), tensors, strict=True):
        role, _, key = name.partition("=")
        roles[role][key] = tensor
    return _Given(roles["x"], roles["s"] or None, roles["p"], roles["w"].get("weight"))


def run(m: Scanned, x: State, state: State | None, trace: bool, weight: torch.Tensor | None) -> tuple[State, State]:
    """As :func:`amine.learn.nn.plain.run`, as one operator; without a state, from time zero."""
    given = {f"x={k}": v for k, v in x.items()} | {f"s={k}": v for k, v in (state or {}).items()}
    given |= {f"p={k}": v for k, v in m.sources().items()}
    if weight is not None:
        given["w=weight"] = weight
    tensors = list(given.values())
    need = torch.is_grad_enabled() and any(t.requires_grad for t in tensors)
    made = Made(*torch.ops.amine.scan(m.handle, " ".join(given), trace, need, tensors)[:MADE])
    return compiled.named(m, made, _traced(m, trace), m.code.REFRACTORY is not None, weight is not None)


def _traced(m: Scanned, trace: bool) -> bool:
    return trace or not (m.code.SPIKES or m.code.RESULTS)


# --- forwards ---------------------------------------------------------------------------------------------------------


@torch.library.custom_op("amine::scan", mutates_args=())
def scan(handle: str, names: str, trace: bool, need: bool, tensors: list[torch.Tensor]) -> list[torch.Tensor]:
    """What a scan makes, and what its way back needs."""
    m, given = _module(handle), _read(names, tensors)
    like = next(iter(given.x.values()))
    state = m.initial(like.shape[1], like.dtype, like.device, given.sources) if given.state is None else given.state
    if m.way(like) is plain:
        rows, end = plain.run(m, given.x, state, trace, given.weight, given.sources)
        made, kept = _stacked(m, rows, end, like), []
    else:
        made, kept = _compiled(m, given, state, trace, need)
    m.check_finite({s: made.ends[i] for i, s in enumerate(m.code.STATES)})
    m.check_inputs(given.x)
    return [*made, *kept]


def _compiled(m: Scanned, given: _Given, state: State, trace: bool, need: bool) -> tuple[Made, list[torch.Tensor]]:
    call, x = compiled.prepared(m, given.x, trace, given.weight is not None)
    like = next(iter(x.values()))
    c = m.constants(like.dtype, like.device, given.sources)
    states = [state[s] for s in call.code.STATES]
    made, kept = compiled.forward(
        call, c, state.get("_ref"), [x[i] for i in call.code.DRIVES], states, _extra(given, state, like), need
    )
    return made, [a if isinstance(a, torch.Tensor) else torch.from_numpy(a) for a in kept]


def _extra(given: _Given, state: State, like: torch.Tensor) -> list[torch.Tensor]:
    """Weight and last spikes of recurrent neurons."""
    return [] if given.weight is None else [given.weight, state.get("_spikes", torch.zeros_like(like[0]))]


def _stacked(m: Scanned, rows: State, end: State, like: torch.Tensor) -> Made:
    """Rows and states of the plain version as :class:`Made`."""

    def joined(names: Sequence[str]) -> torch.Tensor:
        found = [rows[k] for k in names if k in rows]
        return torch.stack(found) if found else like.new_empty(len(names), 0, *like.shape[1:])

    spikes = rows["spikes"] if m.code.SPIKES else like.new_empty(0, *like.shape[1:])
    waited = end["_ref"] if "_ref" in end else torch.zeros(like.shape[1:], dtype=torch.int32, device=like.device)
    results = joined(m.code.RESULTS) if m.code.RESULTS else like.new_empty(0, *like.shape)
    ends = torch.stack([end[s] for s in m.code.STATES]) if m.code.STATES else like.new_empty(0, *like.shape[1:])
    return Made(spikes.clone(), joined(m.code.STATES), results, waited.to(torch.int32).clone(), ends)


@scan.register_fake
def _shapes(handle: str, names: str, trace: bool, need: bool, tensors: list[torch.Tensor]) -> list[torch.Tensor]:
    m, given = _module(handle), _read(names, tensors)
    like = next(iter(given.x.values()))
    steps, batch, n = like.shape
    states, results = len(m.code.STATES), len(m.code.RESULTS)
    made = [
        like.new_empty(steps if m.code.SPIKES else 0, batch, n),
        like.new_empty(states, steps if _traced(m, trace) else 0, batch, n),
        like.new_empty(results, steps, batch, n),
        like.new_empty(batch, n, dtype=torch.int32),
        like.new_empty(states, batch, n),
    ]
    if like.is_meta or m.way(like) is plain:
        return made
    code = compiled.prepared(m, given.x, trace, given.weight is not None)[0].code
    rows, lanes = steps + 1 if need else 0, batch * n
    return [
        *made,
        like.new_empty(max(1, len(m.code.SCALARS))),
        like.new_empty(len(m.code.DIFFER), lanes if like.device.type == "cpu" else n),
        like.new_empty(len(code.KEPT), rows, lanes),
        like.new_empty(rows if m.code.SPIKES else 0, lanes, dtype=torch.uint8),
        like.new_empty(steps if need and given.weight is not None and "x" in code.READS else 0, lanes),
    ]


# --- backwards --------------------------------------------------------------------------------------------------------


@torch.library.custom_op("amine::scan_backward", mutates_args=())
def scan_backward(
    handle: str, names: str, trace: bool, tensors: list[torch.Tensor], made: list[torch.Tensor], arrived: str,
    gradients: list[torch.Tensor], wanted: str,
) -> list[torch.Tensor]:  # fmt: skip
    """Gradients of the tensors that are ``wanted``; ``arrived`` says which gradients there are (1 or 0 for each output)."""
    m = _module(handle)
    rest = iter(gradients)
    given: list[Grad] = [next(rest) if a == "1" else None for a in arrived]
    like = next(iter(_read(names, tensors).x.values()))
    if m.way(like) is plain:
        found = _outside(lambda: _plain_gradients(m, names, trace, tensors, given, wanted))
    else:
        found = _outside(lambda: _compiled_gradients(m, names, trace, tensors, made, given, wanted))
    asked = [(t, g) for t, g, w in zip(tensors, found, wanted, strict=True) if w == "1"]
    return [torch.zeros_like(t) if g is None else g.to(t.dtype).reshape(t.shape).clone() for t, g in asked]


@scan_backward.register_fake
def _gradient_shapes(
    handle: str, names: str, trace: bool, tensors: list[torch.Tensor], made: list[torch.Tensor], arrived: str,
    gradients: list[torch.Tensor], wanted: str,
) -> list[torch.Tensor]:  # fmt: skip
    return [torch.empty_like(t) for t, w in zip(tensors, wanted, strict=True) if w == "1"]


def _outside(work: Callable[[], T]) -> T:
    """Runs it in another thread, since PyTorch records nothing for gradients within an operator."""
    with ThreadPoolExecutor(1, "amine-gradient") as other:
        return other.submit(work).result()


def _leaves(names: str, tensors: Sequence[torch.Tensor], wanted: str) -> list[torch.Tensor]:
    """The tensors, of which gradients are recorded where they are wanted."""
    return [t.detach().requires_grad_(w == "1") for t, w in zip(tensors, wanted, strict=True)]


def _plain_gradients(
    m: Scanned, names: str, trace: bool, tensors: Sequence[torch.Tensor], arrived: Sequence[Grad], wanted: str
) -> list[Grad]:
    """Gradients by running the plain version again."""
    leaves = _leaves(names, tensors, wanted)
    given = _read(names, leaves)
    like = next(iter(given.x.values()))
    state = m.initial(like.shape[1], like.dtype, like.device, given.sources) if given.state is None else given.state
    rows, end = plain.run(m, given.x, state, trace, given.weight, given.sources)
    return _derived(_stacked(m, rows, end, like), arrived[:MADE], leaves)


def _derived(made: Sequence[torch.Tensor], arrived: Sequence[Grad], leaves: Sequence[torch.Tensor]) -> list[Grad]:
    """Gradients of those leaves that ask for one, from gradients that have arrived."""
    pairs = [(y, g) for y, g in zip(made, arrived, strict=True) if g is not None and y.requires_grad]
    asked = [t for t in leaves if t.requires_grad]
    if not pairs or not asked:
        return [None] * len(leaves)
    ys, gs = zip(*pairs, strict=True)
    found = iter(torch.autograd.grad(ys, asked, gs, allow_unused=True))
    return [next(found) if t.requires_grad else None for t in leaves]


def _compiled_gradients(
    m: Scanned, names: str, trace: bool, tensors: Sequence[torch.Tensor], made: Sequence[torch.Tensor],
    arrived: Sequence[Grad], wanted: str,
) -> list[Grad]:  # fmt: skip
    """Gradients by the adjoint kernel, and from constants and initial states on by PyTorch."""
    leaves = _leaves(names, tensors, wanted)
    given = _read(names, leaves)
    call, x = compiled.prepared(m, given.x, trace, given.weight is not None)
    code, like = call.code, next(iter(x.values()))
    c = m.constants(like.dtype, like.device, given.sources)
    state = m.initial(like.shape[1], like.dtype, like.device, given.sources) if given.state is None else given.state
    learned, extra = [c[k] for k in code.LEARNED], _extra(given, state, like)
    drives = [x[i] for i in code.DRIVES]
    kept = Kept(*(a.numpy() for a in made[:KEPT])) if call.launch is None else CardKept(*made[:KEPT])
    ask = [True] * (len(drives) + 2)
    flows = [*arrived[:4], *([None] * len(code.STATES) if arrived[4] is None else arrived[4].unbind(0))]
    with torch.no_grad():
        g = compiled.backward(
            call,
            kept,
            drives,
            extra,
            flows,
            ask,
            [t.shape for t in learned],
            made[KEPT] if code.SOFT and extra else None,
        )
    ys = [*drives, *(state[s] for s in code.STATES), *learned, *extra]
    return _derived(ys, [*g.drives, *g.states.unbind(0), *g.constants, *g.extra], leaves)


def _keep(ctx: object, inputs: tuple[object, ...], output: list[torch.Tensor]) -> None:
    """Keeps what the way back needs."""
    handle, names, trace, _, tensors = inputs
    ctx.call, ctx.count = (handle, names, trace), len(tensors)  # type: ignore[attr-defined, arg-type]
    made = [*output[MADE:], *(output[:1] if _module(str(handle)).surrogate.soft else [])]
    ctx.save_for_backward(*tensors, *made)  # type: ignore[attr-defined, misc]
    ctx.set_materialize_grads(False)  # type: ignore[attr-defined]


def _back(ctx: object, arrived: list[Grad]) -> tuple[object, ...]:
    """Gradients of the operator's tensors."""
    handle, names, trace = ctx.call  # type: ignore[attr-defined]
    saved, count = list(ctx.saved_tensors), ctx.count  # type: ignore[attr-defined]
    tensors, made = saved[:count], saved[count:]
    real = [g if i < MADE and i != 3 else None for i, g in enumerate(arrived)]
    flags = ["1" if w and t.is_floating_point() else "0" for w, t in zip(ctx.needs_input_grad[4], tensors, strict=True)]  # type: ignore[attr-defined]
    found = iter(
        torch.ops.amine.scan_backward(
            handle, names, trace, tensors, made,
            "".join("0" if g is None else "1" for g in real), [g for g in real if g is not None], "".join(flags),
        )
    )  # fmt: skip
    return None, None, None, None, [next(found) if f == "1" else None for f in flags]


scan.register_autograd(_back, setup_context=_keep)

__all__ = ["register", "run"]
