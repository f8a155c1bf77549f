"""The kernels of a layer as CUDA C, which g++ compiles, too, so that tests run the text that a card runs.

A thread is one lane over all steps, whose states lie in registers; in a recurrent layer a block is one sample, and its threads meet after each step.
"""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import indent

from amine.engine.codegen import ir
from amine.engine.codegen.c_functions import c_functions
from amine.engine.codegen.text import CPrinter
from amine.equations.terms import KERNEL_FUNCTIONS
from amine.learn.nn import device
from amine.learn.nn.cuda import frames
from amine.learn.nn.kernels import Kernel

ROW = "row"
LONG_BODY = 80  # statements beyond which a loop over the steps is not unrolled
CALL = ("i64 L", "i64 N", "i64 T", "i64 k0", "double dt", "double inverse", "double height", "double edge")
KEPT = ("keep", "marks", "trace")
SURROGATE = ("inverse", "height", "edge")


def text(k: Kernel) -> str:
    """Source of the kernels ``forward`` and ``backward``, and of ``forward_recurrent`` and ``backward_recurrent`` where a program has spikes and a drive."""
    forward, backward = _Forward(k), _Backward(k)
    kernels = forward.plain() + backward.plain()
    if k.p.spikes and "x" in k.inputs:
        kernels += forward.recurrent() + backward.recurrent()
    own = "".join(_function(f) for f in k.surrogate())
    called = [(f"v{f}", f"{f}{k.bits}") for f in KERNEL_FUNCTIONS if f"v{f}(" in own + kernels]
    called += [("exprel_slope", f"exprel_slope{k.bits}")] if "exprel_slope(" in kernels else []
    defined = "".join(f"#define {a} {b}\n" for a, b in called)
    blend = "((a) + (s)*((b) - (a)))" if k.soft else "((s) > 0 ? (b) : (a))"
    words = frames.WORDS.format(real="float" if k.bits == 32 else "double", blend=blend)
    return frames.INCLUDES + c_functions((b for _, b in called), device) + words + defined + own + kernels


def _function(f: ir.Function) -> str:
    arguments = ", ".join(f"real {a}" for a in f.args)
    return "\n".join([f"FN real {f.name}({arguments}) {{", *CPrinter().block(f.body), "}"]) + "\n"


def own_name(name: str) -> str:
    """A name of the program that is no word of C++ and none of a frame.

    >>> own_name("new"), own_name("τ")
    ('new_', 'u3c4__')
    """
    return "".join(c if c.isascii() else f"u{ord(c):x}_" for c in name) + "_"


def _in_registers(s: ir.Statement) -> ir.Statement:
    """A statement whose rows are variables of the thread, and whose names are :func:`own_name`."""

    def put(e: ir.Expr) -> ir.Expr:
        match e:
            case ir.Item(ir.Name("row"), (ir.Integer(i),)):
                return ir.Name(f"z{i}")
            case ir.Name(name):
                return ir.Name(own_name(name))
        return ir.rebuilt(e, put)

    match s:
        case ir.Assign(target, value, _):
            return ir.assign(put(target), put(value))  # type: ignore[arg-type]  # a name
        case ir.Update(target, op, value):
            return ir.Update(put(target), op, put(value))  # type: ignore[arg-type]  # a name
        case ir.Comment():
            return s
    raise NotImplementedError(f"no CUDA for {type(s).__name__}")


def _lines(rows: Sequence[str], depth: int) -> str:
    return indent("\n".join(rows), "    " * depth)


class _Scan:
    """What both directions share: ``rows`` are variables of a thread, named by their places."""

    def __init__(self, k: Kernel, rows: list[str], used: set[str], body: list[ir.Statement]):
        self.k, self.p, self.a, self.rows = k, k.p, k.adjoint, rows
        block = ir.without_unread(body)
        self.reads = ir.reads(block)
        printer = CPrinter()
        printer.declared |= {f"z{i}" for i in range(len(rows))}
        self.body = printer.block([_in_registers(s) for s in block], 0)
        self.unroll = 8 if len(block) < LONG_BODY else 1
        self.used = used

    def z(self, row: str) -> str:
        """The variable of a row."""
        return f"z{self.rows.index(row)}"

    def arrays(self, restrict: bool, *more: str) -> str:
        """The arguments: what all kernels are given, ``more``, and an array for each constant."""
        own = [f"const real *c{i}" for i in range(len(self.p.scalars))]
        own += [f"const real *d{i}" for i in range(len(self.p.differ))]
        given = [*CALL, *more, *own, *self.inputs()]
        return ", ".join(a.replace("*", "*__restrict__ ") if restrict else a for a in given)

    def inputs(self) -> list[str]:
        """Arguments of one direction, one for each state and drive."""
        raise NotImplementedError

    def constants(self) -> list[str]:
        """Declarations of the constants that are read, and of all rows."""
        text = [f"const real {own_name(f'_{n}')} = R({n});" for n in SURROGATE if f"_{n}" in self.reads]
        for i, n in enumerate(self.p.scalars):
            if self.p.shown[n] in self.reads:
                text.append(f"const real {own_name(self.p.shown[n])} = c{i}[0];")
        differ = {n: f"d{i}[l % N]" for i, n in enumerate(self.p.differ)}
        return text + [f"real z{i} = {differ.get(n, 'R(0)')};" for i, n in enumerate(self.rows)]

    def time(self) -> list[str]:
        """The time at the start of a step, if it is read."""
        return ["const real t_ = R((k0 + k) * dt);"] if "t" in self.reads else []


class _Forward(_Scan):
    """Writer of the ways forward."""

    def __init__(self, k: Kernel):
        super().__init__(k, k.forward_rows, *k.forward_step(lambda n: ir.item(ROW, k.forward_rows.index(n))))

    def inputs(self) -> list[str]:
        states = [f"const real *s{i}" for i in range(len(self.p.load))]
        return [*states, *(f"const real *x{i}" for i in range(len(self.k.drives)))]

    def _arguments(self, restrict: bool, *more: str) -> str:
        made = ("int *waited", "real *out", "real *results", "real *keep", "u8 *marks", "real *trace", "real *end")
        return self.arrays(restrict, "const int *w", *made, *more)

    def _enter(self) -> list[str]:
        """States and refractory steps at the start, and what the adjoint is given of them."""
        text = [f"{self.z(f's_{s}')} = s{i}[l];" for i, s in enumerate(self.p.load)]
        if self.p.refractory:
            text.append(f"{self.z('_wait')} = w ? R(w[l]) : R(0);")
        states = [self.z(f"s_{s}") for s in self.p.load]
        for i in range(len(self.a.kept)):
            start = self.k.start_of(self.a.kept[i])
            text.append(f"if (keep) keep[{i} * (T + 1) * L + l] = {'R(0)' if start < 0 else states[start]};")
        return [*text, "if (marks) marks[l] = 2; /* no spike before the first step */"]

    def _write(self) -> list[str]:
        text: list[str] = []
        if self.p.spikes:
            fired = self.z("o_fired")
            free = f"({self.z('o_free')} > 0)" if self.p.refractory else "1"
            near = f"({self.z('o_near')} > 0)" if "o_near" in self.rows else ""
            text.append(f"out[at] = {fired};")
            near = f"({near} & {free})" if near else "1"
            text.append(f"if (marks) marks[at + L] = (u8)(({fired} > 0) | {free} << 1 | {near} << 2);")
        text += [f"results[{j} * T * L + at] = {self.z(f'r_{r}')};" for j, r in enumerate(self.p.results)]
        text += [f"if (keep) keep[{i} * (T + 1) * L + at + L] = {self.z(f'k_{n}')};" for i, n in enumerate(self.a.kept)]
        return text + [f"if (trace) trace[{i} * T * L + at] = {self.z(f's_{s}')};" for i, s in enumerate(self.p.load)]

    def _leave(self) -> list[str]:
        text = [f"end[{i} * L + l] = {self.z(f's_{s}')};" for i, s in enumerate(self.p.load)]
        return text + ([f"waited[l] = (int){self.z('_wait')};"] if self.p.refractory else [])

    def _read(self) -> list[str]:
        return self.time() + [f"{self.z(i)} = x{j}[at];" for j, i in enumerate(self.k.drives)]

    def plain(self) -> str:
        """A thread for each lane."""
        return frames.FORWARD.format(
            args=self._arguments(True),
            constants=_lines(self.constants(), 2),
            enter=_lines(self._enter(), 2),
            read=_lines(self._read(), 3),
            body=_lines(self.body, 3),
            write=_lines(self._write(), 3),
            leave=_lines(self._leave(), 2),
            unroll=self.unroll,
        )

    def recurrent(self) -> str:
        """A block for each sample; states lie in ``end`` between the steps."""
        load = [f"{self.z(f's_{s}')} = end[{i} * L + l];" for i, s in enumerate(self.p.load)]
        load += [f"{self.z('_wait')} = R(waited[l]);"] if self.p.refractory else []
        return frames.FORWARD_RECURRENT.format(
            args=self._arguments(False, "const real *WT", "const real *before", "real *total"),
            words=frames.MOST // 32,
            constants=_lines(self.constants(), 4),
            enter=_lines([f"real z{i} = R(0);" for i in range(len(self.rows))] + self._enter(), 3),
            load=_lines(load, 4),
            read=_lines(self._read(), 4),
            body=_lines(self.body, 4),
            write=_lines(self._write(), 4),
            leave=_lines(self._leave(), 4),
            drive=self.z("x"),
            fired=self.z("o_fired"),
            fma=f"fma{self.k.bits}",
        )


class _Backward(_Scan):
    """Writer of the ways back."""

    def __init__(self, k: Kernel):
        super().__init__(k, k.backward_rows, *k.backward_step(lambda n: ir.item(ROW, k.backward_rows.index(n))))
        self.marked = [n for n in ("fired", "fired_p", "free") if n in self.rows]
        self.read_drives = [i for i in k.drives if i in self.rows]

    def inputs(self) -> list[str]:
        ends = [f"const real *e{i}" for i in range(len(self.p.load))]
        reads = [f"const real *x{i}" for i in range(len(self.read_drives))]
        return [*ends, *reads, *(f"real *g{i}" for i in range(len(self.a.inputs)))]

    def _arguments(self, restrict: bool, *more: str) -> str:
        given = ("const real *gout", "i64 over_steps", "i64 over_lanes", "const real *gresults", "const real *keep")
        given += ("const u8 *marks", "const real *gtrace", "real *lam", "real *acc")
        return self.arrays(restrict, *given, *more)

    def _enter(self) -> list[str]:
        return [f"{self.z(f'lam_{s}')} = e{i} ? e{i}[l] : R(0);" for i, s in enumerate(self.p.load)]

    def _read(self) -> list[str]:
        text = self.time()
        if self.p.spikes:
            text.append(f"{self.z('g_spikes')} = gout ? gout[k * over_steps + l * over_lanes] : R(0);")
        for j, n in enumerate(self.p.results.values()):
            text.append(f"{self.z(f'g_{n}')} = gresults ? gresults[{j} * T * L + at] : R(0);")
        for i, s in enumerate(self.p.load):
            text.append(f"if (gtrace) {self.z(f'lam_{s}')} += gtrace[{i} * T * L + at];")
        for i, n in enumerate(self.a.kept):
            text.append(f"{self.z(f'now_{n}')} = keep[{i} * (T + 1) * L + at + L];")
            if f"past_{n}" in self.rows:
                text.append(f"{self.z(f'past_{n}')} = keep[{i} * (T + 1) * L + at];")
        for n in self.marked:
            at, bit = ("at" if n == "fired_p" else "at + L"), (1 if n == "free" else 0)
            text.append(f"{self.z(n)} = R((marks[{at}] >> {bit}) & 1);")
        return text + [f"{self.z(i)} = x{j}[at];" for j, i in enumerate(self.read_drives)]

    def _write(self) -> list[str]:
        return [f"if (g{j}) g{j}[at] = {self.z(f'd_{i}')};" for j, i in enumerate(self.a.inputs)]

    def _leave(self) -> list[str]:
        text = [f"lam[{i} * L + l] = {self.z(f'lam_{s}')};" for i, s in enumerate(self.p.load)]
        return text + [f"acc[{i} * L + l] = {self.z(f'a_{c}')};" for i, c in enumerate(self.a.constants)]

    def plain(self) -> str:
        """A thread for each lane."""
        return frames.BACKWARD.format(
            args=self._arguments(True),
            constants=_lines(self.constants(), 2),
            enter=_lines(self._enter(), 2),
            read=_lines(self._read(), 3),
            body=_lines(self.body, 3),
            write=_lines(self._write(), 3),
            leave=_lines(self._leave(), 2),
            unroll=self.unroll,
        )

    def recurrent(self) -> str:
        """A block for each sample; the gradients of states and constants lie in ``lam`` and ``acc`` between the steps."""
        load = [f"{self.z(f'lam_{s}')} = lam[{i} * L + l];" for i, s in enumerate(self.p.load)]
        load += [f"{self.z(f'a_{c}')} = acc[{i} * L + l];" for i, c in enumerate(self.a.constants)]
        return frames.BACKWARD_RECURRENT.format(
            args=self._arguments(False, "const real *W", "real *flow", "real *g_before"),
            constants=_lines(self.constants(), 4),
            enter=_lines([f"real z{i} = R(0);" for i in range(len(self.rows))] + self._enter(), 3),
            load=_lines(load, 4),
            read=_lines(self._read(), 4),
            body=_lines(self.body, 4),
            write=_lines(self._write(), 4),
            leave=_lines(self._leave(), 4),
            gradient=self.z("g_spikes"),
            drive=self.z("d_x"),
            fma=f"fma{self.k.bits}",
        )
