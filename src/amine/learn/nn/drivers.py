"""Drivers of a program's kernels: loops over the steps of a block of lanes, or over the blocks of a step (recurrent)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from amine.engine.codegen import ir
from amine.engine.codegen.quote import quote, quote_expr
from amine.learn.nn.device import BLOCK

if TYPE_CHECKING:
    from amine.learn.nn.kernels import Kernel

FUNCTION = "@njit(nogil=True, cache=True, error_model='numpy')"
FORWARD = ("first", "last", "steps", "k0", "dt", "c", "sur", "D", "start", "wait", "out", "R", "keep", "marks")
FORWARD += ("trace", "end", "waited")
BACKWARD = (
    "first",
    "last",
    "steps",
    "k0",
    "dt",
    "c",
    "sur",
    "D",
    "gout",
    "GR",
    "keep",
    "marks",
    "gtrace",
    "lam",
    "acc",
)
BLOCKS = """
for lo in range(first, last, block):
    n = min(block, last - lo)
    o = (lo - first) // block * size
    body
"""
SCAN = """
Z = np.zeros(size, F)
o = 0
for lo in range(first, last, block):
    n = min(block, last - lo)
    enter
    loop
    leave
"""
RECURRENT_FORWARD = """
samples = (last - first) // N
Z = np.zeros(((last - first) // block + 1) * size, F)
drive = np.empty(last - first, F)
index = np.empty(last - first + 1, np.int32)
value = np.empty(last - first + 1, F)
begin = np.zeros(samples + 1, np.int64)
list_spikes(before, first, samples, N, index, value, begin)
enter
for k in range(steps):
    copy_in(drive, 0, x_x[k], first, last - first)
    for b in range(samples):
        add_rows(drive, b * N, WT, index, value, begin[b], begin[b + 1])
    if total.shape[0]:
        copy_out(drive, 0, total[k], first, last - first)
    step
    list_spikes(out[k], first, samples, N, index, value, begin)
leave
"""
RECURRENT_BACKWARD = """
samples = (last - first) // N
Z = np.zeros(((last - first) // block + 1) * size, F)
gs = np.zeros(last - first, F)
gx = np.zeros(last - first, F)
enter
for k in range(steps - 1, -1, -1):
    if gout.shape[0]:
        copy_in(gs, 0, gout[min(k, gout.shape[0] - 1)], first, last - first)
    else:
        clear(gs, 0, last - first)
    if k < steps - 1:
        multiply(gs, gx, WT, N, samples)
    step
leave
if g_before.shape[0]:
    clear(gs, 0, last - first)
    multiply(gs, gx, WT, N, samples)
    copy_out(gs, 0, g_before, first, last - first)
"""
# the values kept before the first step: the states at the start, and no spike
KEEP_START = """
if keep.shape[1]:
    for i in range(kept):
        if FROM[i] < 0:
            clear(keep[i, 0], lo, n)
        else:
            copy_out(Z, o + FROM[i] * block, keep[i, 0], lo, n)
"""
MARK = "if marks.shape[0]:\n    mark(Z, fired, free, near, marks[k + 1], lo, n)"
SPIKE_GRADIENT = "if gout.shape[0]:\n    copy_in(Z, at, gout[min(k, gout.shape[0] - 1)], lo, n)"
Statements = list[ir.Statement]


def drivers(kernel: Kernel) -> list[ir.Function]:
    """``forward``, ``backward`` and, for programs with spikes and a drive, their recurrent forms."""
    w = _Writer(kernel)
    forms = (False, True) if kernel.p.spikes and "x" in kernel.inputs else (False,)
    return [f for recurrent in forms for f in (w.forward(recurrent), w.backward(recurrent))]


class _Writer:
    """Builder of the drivers of one kernel; ``fro`` and ``bro`` are the rows of its forward and backward buffers."""

    def __init__(self, kernel: Kernel):
        self.k, self.p, self.a = kernel, kernel.p, kernel.adjoint
        self.fro, self.bro = kernel.forward_rows, kernel.backward_rows
        self.states = [f"s_{s}" for s in self.p.load]

    # --- forwards ----------------------------------------------------------------------------------------------

    def forward(self, recurrent: bool) -> ir.Function:
        """The forward scan."""
        drives = tuple(f"x_{i}" for i in self.k.drives)
        step = self._step_forward(recurrent)
        if recurrent:
            more = ("N", "WT", "before", "total")
            body = _recurrent(RECURRENT_FORWARD, self.fro, self._enter(), step, self._leave())
            return _function("forward_recurrent", (*FORWARD, *drives, *more), body)
        loop = quote("for k in range(steps):\n    step", step=step)
        return _function("forward", (*FORWARD, *drives), _scan(self.fro, self._enter(), loop, self._leave()))

    def _enter(self) -> Statements:
        """Reads a block's states, its constants that differ between lanes, and its remaining refractory steps."""
        text = _rows("copy_in", self.fro, self.states, "start[i]")
        text += _rows("copy_in", self.fro, self.p.differ, "D[i]")
        if self.p.refractory:
            text.append(_copy("copy_in", _place(self.fro, "_wait"), "wait"))
        if self.a.kept:
            text += quote(KEEP_START, kept=ir.Integer(len(self.a.kept)), block=ir.Integer(BLOCK))
        return text

    def _step_forward(self, recurrent: bool) -> Statements:
        text: Statements = []
        for i in self.k.drives:
            at = _place(self.fro, i)
            own = recurrent and i == "x"
            text.append(_copy("copy_in", at, "drive", "lo - first") if own else _copy("copy_in", at, f"x_{i}[k]"))
        text += quote("lanes_forward(Z, U64(o), c, sur, F((k0 + k) * dt))")
        if self.p.spikes:
            text.append(_copy("copy_out", _place(self.fro, "o_fired"), "out[k]"))
        text += [_copy("copy_out", _place(self.fro, f"r_{r}"), f"R[{j}, k]") for j, r in enumerate(self.p.results)]
        if self.a.kept:
            kept = _rows("copy_out", self.fro, [f"k_{n}" for n in self.a.kept], "keep[i, k + 1]")
            text.append(ir.If(quote_expr("keep.shape[1]"), kept))
        if self.p.spikes:
            fired, all_ = _place(self.fro, "o_fired"), ir.Integer(-1)
            free = _place(self.fro, "o_free") if self.p.refractory else all_
            near = _place(self.fro, "o_near") if "o_near" in self.fro else all_
            text += quote(MARK, fired=fired, free=free, near=near)
        trace = _rows("copy_out", self.fro, self.states, "trace[i, k]")
        return [*text, ir.If(quote_expr("trace.shape[1]"), trace)]

    def _leave(self) -> Statements:
        """Writes a block's states and remaining refractory steps at the end."""
        text = _rows("copy_out", self.fro, self.states, "end[i]")
        return text + ([_copy("copy_out", _place(self.fro, "_wait"), "waited")] if self.p.refractory else [])

    # --- backwards ---------------------------------------------------------------------------------------------

    def backward(self, recurrent: bool) -> ir.Function:
        """The adjoint scan."""
        reads = tuple(f"x_{i}" for i in self.k.drives if i in self.bro)
        grads = tuple(f"g_{i}" for i in self.a.inputs)
        step = self._step_backward(recurrent)
        if recurrent:
            more = ("N", "WT", "g_before")
            body = _recurrent(RECURRENT_BACKWARD, self.bro, self._begin(), step, self._finish())
            return _function("backward_recurrent", (*BACKWARD, *reads, *grads, *more), body)
        loop = quote("for k in range(steps - 1, -1, -1):\n    step", step=step)
        return _function("backward", (*BACKWARD, *reads, *grads), _scan(self.bro, self._begin(), loop, self._finish()))

    def _lam(self, call: str, array: str) -> Statements:
        return _rows(call, self.bro, [f"lam_{s}" for s in self.p.load], array)

    def _begin(self) -> Statements:
        """Reads the gradients of a block's final states and its constants, and clears the gradients of the latter."""
        text = self._lam("copy_in", "lam[i]") + _rows("copy_in", self.bro, self.p.differ, "D[i]")
        if self.a.constants:
            at = _place(self.bro, f"a_{next(iter(self.a.constants))}")
            text += quote("clear(Z, at, size)", at=at, size=ir.Integer(BLOCK * len(self.a.constants)))
        return text

    def _step_backward(self, recurrent: bool) -> Statements:
        text: Statements = []
        if self.p.spikes and recurrent:
            text.append(_copy("copy_in", _place(self.bro, "g_spikes"), "gs", "lo - first"))
        elif self.p.spikes:
            text += quote(SPIKE_GRADIENT, at=_place(self.bro, "g_spikes"))
        results = enumerate(self.p.results.values())
        text += [_copy("copy_in", _place(self.bro, f"g_{n}"), f"GR[{j}, k]") for j, n in results]
        text.append(ir.If(quote_expr("gtrace.shape[1]"), self._lam("add_in", "gtrace[i, k]")))
        text += _rows("copy_in", self.bro, [f"now_{n}" for n in self.a.kept], "keep[i, k + 1]")
        past = [f"past_{n}" for n in self.a.kept if f"past_{n}" in self.bro]
        text += _rows("copy_in", self.bro, past, "keep[PAST[i], k]")
        for n, row, bit in (("fired", "k + 1", 0), ("fired_p", "k", 0), ("free", "k + 1", 1)):
            if n in self.bro:
                text += quote(f"unmark(Z, at, marks[{row}], lo, n, {bit})", at=_place(self.bro, n))
        text += [_copy("copy_in", _place(self.bro, i), f"x_{i}[k]") for i in self.k.drives if i in self.bro]
        text += quote("lanes_backward(Z, U64(o), c, sur, F((k0 + k) * dt))")
        for i in self.a.inputs:
            wanted = quote_expr(f"g_{i}.shape[0]")
            text.append(ir.If(wanted, [_copy("copy_out", _place(self.bro, f"d_{i}"), f"g_{i}[k]")]))
        if recurrent:
            text.append(_copy("copy_out", _place(self.bro, "d_x"), "gx", "lo - first"))
        return text

    def _finish(self) -> Statements:
        """Writes the gradients of a block's initial states and constants."""
        return self._lam("copy_out", "lam[i]") + _rows(
            "copy_out", self.bro, [f"a_{c}" for c in self.a.constants], "acc[i]"
        )


# --- pieces ------------------------------------------------------------------------------------------------------------


def _function(name: str, args: tuple[str, ...], body: Statements) -> ir.Function:
    """A driver, which treats denormal numbers as zero."""
    whole = quote("control = flush_denormals()\nbody\nrestore_denormals(control)", body=body)
    return ir.Function(name, args, whole, FUNCTION)


def _scan(table: Sequence[str], enter: Statements, loop: Statements, leave: Statements) -> Statements:
    """All steps of a block, block by block, in one buffer."""
    size, block = ir.Integer(len(table) * BLOCK), ir.Integer(BLOCK)
    return quote(SCAN, size=size, block=block, enter=enter, loop=loop, leave=leave)


def _recurrent(frame: str, table: Sequence[str], enter: Statements, step: Statements, leave: Statements) -> Statements:
    """All blocks of a step, step by step, with a buffer for each block."""
    size, block = ir.Integer(len(table) * BLOCK), ir.Integer(BLOCK)
    parts = {
        k: quote(BLOCKS, size=size, block=block, body=x)
        for k, x in (("enter", enter), ("step", step), ("leave", leave))
    }
    return quote(frame, size=size, block=block, **parts)


def _place(table: Sequence[str], row: str) -> ir.Expr:
    """Place of a row in the buffer of a block that begins at ``o``."""
    return quote_expr("o + at", at=ir.Integer(table.index(row) * BLOCK))


def _copy(call: str, at: ir.Expr, row: str, lo: str = "lo") -> ir.Statement:
    """A call that copies the block's part of an array, from ``lo`` on, to the buffer at ``at`` or back."""
    return ir.Do(ir.Call(call, (ir.Name("Z"), at, quote_expr(row), quote_expr(lo), ir.Name("n"))))


def _rows(call: str, table: Sequence[str], rows: Sequence[str], array: str) -> Statements:
    """Copies adjacent rows in one loop, which compiles faster than a call for each."""
    if not rows:
        return []
    first, block = ir.Integer(table.index(rows[0]) * BLOCK), ir.Integer(BLOCK)
    at = quote_expr("o + first + i * block", first=first, block=block)
    return [ir.For("i", (ir.Integer(len(rows)),), [_copy(call, at, array)])]
