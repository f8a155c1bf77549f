"""The loops around a program's lanes, as text: over time within a block, or over blocks within a step (recurrent)."""

from __future__ import annotations

from typing import Any

from amine.learn.nn.device import BLOCK

FUNCTION = "@njit(nogil=True, cache=True, fastmath=FAST, error_model='numpy')"


def drivers(kernel: Any) -> str:
    """``forward``, ``backward`` and, for programs with spikes, their recurrent forms."""
    w = _Writer(kernel)
    text = w.forward(False) + w.backward(False)
    return text + (w.forward(True) + w.backward(True) if kernel.p.spikes and "x" in kernel.inputs else "")


class _Writer:
    def __init__(self, kernel: Any):
        self.k, self.p, self.a, self.block = kernel, kernel.p, kernel.adjoint, BLOCK
        self.fro, self.bro = kernel.forward_rows, kernel.backward_rows

    def _f(self, name: str) -> str:
        return f"o + {self.fro.index(name) * self.block}"

    def _b(self, name: str) -> str:
        return f"o + {self.bro.index(name) * self.block}"

    # --- forwards ----------------------------------------------------------------------------------------------

    def forward(self, recurrent: bool) -> str:
        drives = ", ".join(f"x_{i}" for i in self.k.drives)
        head = "first, last, steps, k0, dt, c, sur, D, start, wait, out, R, keep, marks, trace, end, waited"
        name, more = ("forward_recurrent", ", N, WT, before, total") if recurrent else ("forward", "")
        text = [FUNCTION, f"def {name}({head}, {drives}{more}):", "    control = flush_denormals()"]
        rows = len(self.fro)
        inside = self._enter()
        if not recurrent:
            text += [f"    Z = np.zeros({rows * self.block}, F)", "    o = 0"]
            text += [f"    for lo in range(first, last, {self.block}):", f"        n = min({self.block}, last - lo)"]
            text += _pad(2, inside) + ["        for k in range(steps):"] + _pad(3, self._step_forward(False))
            text += _pad(2, self._leave())
        else:
            text += self._recurrent_forward(rows, inside)
        return "\n".join([*text, "    restore_denormals(control)"]) + "\n\n\n"

    def _recurrent_forward(self, rows: int, inside: list[str]) -> list[str]:
        size = self.block
        each = [f"for lo in range(first, last, {size}):", f"    n = min({size}, last - lo)"]
        each += [f"    o = (lo - first) // {size} * {rows * size}"]
        text = [
            "samples = (last - first) // N",
            f"Z = np.zeros(((last - first) // {size} + 1) * {rows * size}, F)",
            "drive = np.empty(last - first, F)",
            "index, value = np.empty(last - first + 1, np.int32), np.empty(last - first + 1, F)",
            "begin = np.zeros(samples + 1, np.int64)",
            "list_spikes(before, first, samples, N, index, value, begin)",
            *each,
            *_pad(1, inside),
            "for k in range(steps):",
            "    copy_in(drive, 0, x_x[k], first, last - first)",
            "    for b in range(samples):",
            "        add_rows(drive, b * N, WT, index, value, begin[b], begin[b + 1])",
            "    if total.shape[0]:",
            "        copy_out(drive, 0, total[k], first, last - first)",
            *_pad(1, each),
            *_pad(2, self._step_forward(True)),
            "    list_spikes(out[k], first, samples, N, index, value, begin)",
            *each,
            *_pad(1, self._leave()),
        ]
        return _pad(1, text)

    def _rows(self, call: str, table: list[str], rows: list[str], array: str) -> list[str]:
        """Copies rows that lie one after the other, in one loop: less to compile than a call for each."""
        if not rows:
            return []
        at = table.index(rows[0]) * self.block
        return [f"for i in range({len(rows)}):", f"    {call}(Z, o + {at} + i * {self.block}, {array}, lo, n)"]

    def _enter(self) -> list[str]:
        """States, lanes' own constants and waiting times of a block at the start."""
        states = [f"s_{s}" for s in self.p.load]
        text = self._rows("copy_in", self.fro, states, "start[i]")
        text += self._rows("copy_in", self.fro, self.p.differ, "D[i]")
        if self.p.refractory:
            text.append(f"copy_in(Z, {self._f('_wait')}, wait, lo, n)")
        if self.a.kept:  # what was stored before the first step: the states at the start, and no spike
            text += ["if keep.shape[1]:", f"    for i in range({len(self.a.kept)}):", "        if FROM[i] < 0:"]
            text += ["            keep[i, 0, lo : lo + n] = F(0.0)", "        else:"]
            text += [f"            copy_out(Z, o + FROM[i] * {self.block}, keep[i, 0], lo, n)"]
        return text

    def _step_forward(self, recurrent: bool) -> list[str]:
        text = []
        for i in self.k.drives:
            if recurrent and i == "x":
                text.append(f"copy_in(Z, {self._f(i)}, drive, lo - first, n)")
            else:
                text.append(f"copy_in(Z, {self._f(i)}, x_{i}[k], lo, n)")
        text.append("lanes_forward(Z, U64(o), c, sur, F((k0 + k) * dt))")
        if self.p.spikes:
            text.append(f"copy_out(Z, {self._f('o_fired')}, out[k], lo, n)")
        text += [f"copy_out(Z, {self._f(f'r_{r}')}, R[{j}, k], lo, n)" for j, r in enumerate(self.p.results)]
        if self.a.kept:
            kept = [f"k_{n}" for n in self.a.kept]
            text += ["if keep.shape[1]:", *_pad(1, self._rows("copy_out", self.fro, kept, "keep[i, k + 1]"))]
        if self.p.spikes:
            free = self._f("o_free") if self.p.refractory else "-1"
            near = self._f("o_near") if "o_near" in self.fro else "-1"
            text += ["if marks.shape[0]:", f"    mark(Z, {self._f('o_fired')}, {free}, {near}, marks[k + 1], lo, n)"]
        states = [f"s_{s}" for s in self.p.load]
        return [*text, "if trace.shape[1]:", *_pad(1, self._rows("copy_out", self.fro, states, "trace[i, k]"))]

    def _leave(self) -> list[str]:
        states = [f"s_{s}" for s in self.p.load]
        text = self._rows("copy_out", self.fro, states, "end[i]")
        return text + ([f"copy_out(Z, {self._f('_wait')}, waited, lo, n)"] if self.p.refractory else [])

    # --- backwards ---------------------------------------------------------------------------------------------

    def backward(self, recurrent: bool) -> str:
        reads = "".join(f", x_{i}" for i in self.k.drives if i in self.bro)
        grads = "".join(f", g_{i}" for i in self.a.inputs)
        head = "first, last, steps, k0, dt, c, sur, D, gout, GR, keep, marks, gtrace, lam, acc"
        name, more = ("backward_recurrent", ", N, WT, g_before") if recurrent else ("backward", "")
        text = [FUNCTION, f"def {name}({head}{reads}{grads}{more}):", "    control = flush_denormals()"]
        rows = len(self.bro)
        if not recurrent:
            text += [f"    Z = np.zeros({rows * self.block}, F)", "    o = 0"]
            text += [f"    for lo in range(first, last, {self.block}):", f"        n = min({self.block}, last - lo)"]
            text += _pad(2, self._begin()) + ["        for k in range(steps - 1, -1, -1):"]
            text += _pad(3, self._step_backward(False)) + _pad(2, self._finish())
        else:
            text += self._recurrent_backward(rows)
        return "\n".join([*text, "    restore_denormals(control)"]) + "\n\n\n"

    def _recurrent_backward(self, rows: int) -> list[str]:
        size = self.block
        each = [f"for lo in range(first, last, {size}):", f"    n = min({size}, last - lo)"]
        each += [f"    o = (lo - first) // {size} * {rows * size}"]
        text = [
            "samples = (last - first) // N",
            f"Z = np.zeros(((last - first) // {size} + 1) * {rows * size}, F)",
            "gs, gx = np.zeros(last - first, F), np.zeros(last - first, F)",
            *each,
            *_pad(1, self._begin()),
            "for k in range(steps - 1, -1, -1):",
            "    if gout.shape[0]:",
            "        copy_in(gs, 0, gout[min(k, gout.shape[0] - 1)], first, last - first)",
            "    else:",
            "        gs[:] = F(0.0)",
            "    if k < steps - 1:",
            "        multiply(gs, gx, WT, N, samples)",
            *_pad(1, each),
            *_pad(2, self._step_backward(True)),
            *each,
            *_pad(1, self._finish()),
            "if g_before.shape[0]:",
            "    gs[:] = F(0.0)",
            "    multiply(gs, gx, WT, N, samples)",
            "    copy_out(gs, 0, g_before, first, last - first)",
        ]
        return _pad(1, text)

    def _begin(self) -> list[str]:
        text = self._lam("copy_in", "lam[i]")
        text += self._rows("copy_in", self.bro, self.p.differ, "D[i]")
        if self.a.constants:
            at = self._b(f"a_{next(iter(self.a.constants))}")
            text.append(f"Z[{at} : {at} + {self.block * len(self.a.constants)}] = F(0.0)")
        return text

    def _lam(self, call: str, array: str) -> list[str]:
        rows = [f"lam_{s}" for s in self.p.load]
        return self._rows(call, self.bro, rows, array)

    def _step_backward(self, recurrent: bool) -> list[str]:
        text = []
        if self.p.spikes and recurrent:
            text.append(f"copy_in(Z, {self._b('g_spikes')}, gs, lo - first, n)")
        elif self.p.spikes:
            text += ["if gout.shape[0]:"]
            text += [f"    copy_in(Z, {self._b('g_spikes')}, gout[min(k, gout.shape[0] - 1)], lo, n)"]
        text += [f"copy_in(Z, {self._b(f'g_{n}')}, GR[{j}, k], lo, n)" for j, n in enumerate(self.p.results.values())]
        text += ["if gtrace.shape[1]:"]
        text += _pad(1, self._lam("add_in", "gtrace[i, k]"))
        if self.a.kept:
            rows = [f"now_{n}" for n in self.a.kept]
            text += self._rows("copy_in", self.bro, rows, "keep[i, k + 1]")
        past = [n for n in self.a.kept if f"past_{n}" in self.bro]
        if past:
            text += self._rows("copy_in", self.bro, [f"past_{n}" for n in past], "keep[PAST[i], k]")
        for n, row, bit in (("fired", "k + 1", 0), ("fired_p", "k", 0), ("free", "k + 1", 1)):
            if n in self.bro:
                text.append(f"unmark(Z, {self._b(n)}, marks[{row}], lo, n, {bit})")
        text += [f"copy_in(Z, {self._b(i)}, x_{i}[k], lo, n)" for i in self.k.drives if i in self.bro]
        text.append("lanes_backward(Z, U64(o), c, sur, F((k0 + k) * dt))")
        for i in self.a.inputs:
            text += [f"if g_{i}.shape[0]:", f"    copy_out(Z, {self._b(f'd_{i}')}, g_{i}[k], lo, n)"]
        if recurrent:
            text.append(f"copy_out(Z, {self._b('d_x')}, gx, lo - first, n)")
        return text

    def _finish(self) -> list[str]:
        text = self._lam("copy_out", "lam[i]")
        rows = [f"a_{c}" for c in self.a.constants]
        return text + (self._rows("copy_out", self.bro, rows, "acc[i]") if rows else [])


def _pad(level: int, lines: list[str]) -> list[str]:
    return [" " * 4 * level + line for line in lines]
