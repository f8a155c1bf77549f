"""Slow signals as the tables of the kernel; see :mod:`amine.engine.device.slow_tables`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from amine.compounds import signals as S
from amine.engine.device import slow_tables as T
from amine.engine.resolve.signals import Releasing

_FUNCTIONS = {"power": T.POWER, "exp": T.EXP, "log": T.LOG, "min": T.MIN, "max": T.MAX}
_Argument = tuple[int, int, int, int]


class Tables:
    """A program of slow signals as tables; numbers and maps of regions can be added.

    Attributes
    ----------
    ops, args, axes : rows of integers. par : numbers. maps : regions of neurons, one table after another.
    """

    def __init__(self, program: S.Program):
        self.ops: list[tuple[int, ...]] = []
        self.args: list[_Argument] = []
        self.axes: list[tuple[int, int, int]] = []
        self.par: list[float] = []
        self.maps: list[np.ndarray] = []
        self.mapped = 0
        self.operation: dict[int, int] = {}  # of each field, by its signal
        for op in program.operations:
            self._add(op)

    def numbers(self, *values: float) -> int:
        """Appends numbers to the common table; returns the index of the first."""
        at = len(self.par)
        self.par += [float(v) for v in values]
        return at

    def regions(self, table: np.ndarray) -> int:
        """Appends a table of regions; returns the index of its first entry."""
        at = self.mapped
        self.maps.append(np.asarray(table, np.int64))
        self.mapped += len(table)
        return at

    def _row(self, kind: int, out: int, n: int, args: Sequence[_Argument], numbers: int = 0, more: int = 0) -> None:
        first = len(self.args)
        self.args += list(args)
        self.ops.append((kind, out, n, first, len(self.args), numbers, more))

    def _add(self, op: S.Operation) -> None:
        match op:
            case S.Dose():
                self._row(T.DOSE, op.out, 1, [], 0, op.index)
            case S.Share():
                loads = [(0, x.signal, 0, self.numbers(x.potency, x.hill)) for x in op.loads]
                self._row(T.SHARE, op.out, 1, loads)
            case S.Sum():
                terms = [(0, t.signal, t.stride, self.numbers(t.weight)) for t in op.terms]
                self._row(T.SUM, op.out, op.n, terms, self.numbers(op.base), int(op.inverse))
            case S.Product():
                self._row(T.PRODUCT, op.out, op.n, [(0, t.signal, t.stride, 0) for t in op.terms])
            case S.Apply():
                function = _FUNCTIONS[op.function]
                self._row(T.APPLY, op.out, 1, _all(0, op.signals), self.numbers(op.number), function)
            case S.Response():
                args = [(T.AGONIST, a.signal, a.stride, self.numbers(a.potency)) for a in op.agonists]
                args += [*_all(T.SHIFT, op.shifts), *_all(T.ADDED, op.added), *_all(T.EFFICACY, op.efficacies)]
                self._row(T.RESPONSE, op.out, op.n, args, self.numbers(op.hill))
            case S.Follow():
                self._row(T.FOLLOW, op.out, op.n, [(0, op.source, 1, 0)], self.numbers(op.rise, op.decay))
            case S.Diffuse():
                self._field(op)

    def _field(self, op: S.Diffuse) -> None:
        args = [(T.RELEASE, t.signal, t.stride, 0) for t in op.gains] + _all(T.SOURCE, op.source_by)
        for j, u in enumerate(op.uptakes):
            number = self.numbers(j)
            args += [*_all(T.KM, u.km_by, number), *_all(T.VMAX, u.vmax_by, number), *_all(T.EFFLUX, u.efflux, number)]
        args += [(T.REMOVAL, t.signal, t.stride, self.numbers(t.weight)) for t in op.removals]
        first = len(self.axes)
        self.axes += [(a.n, a.stride, self.numbers(*a.matrix.ravel())) for a in op.axes]
        michaelis = [x for u in op.uptakes for x in (u.vmax, u.km)]
        numbers = self.numbers(op.h, op.rate, len(op.uptakes), first, len(self.axes), *michaelis, *op.source)
        self.operation[op.out] = len(self.ops)
        self._row(T.DIFFUSE, op.out, op.n, args, numbers)

    def releasing(
        self, rows: Iterable[Releasing], index: dict[str, int], first: Sequence[int]
    ) -> list[tuple[int, ...]]:
        """Rows of neurons whose spikes release: ``index`` of populations by name, ``first`` neuron of each."""
        out = []
        for r in rows:
            p, at = index[r.population], self.numbers(r.amount)
            table = -1 if r.regions is None else self.regions(r.regions)
            here = (p, r.start + first[p], r.stop + first[p], r.step)
            out.append((self.operation[r.signal], *here, r.region, table, at))
        return out


def _all(role: int, signals: Sequence[S.Signal], number: int = 0) -> list[_Argument]:
    return [(role, s, 0, number) for s in signals]
