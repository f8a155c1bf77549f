"""The loop over the lanes of a block as several short ones, with the same operations on the same values.

A processor works on a few hundred instructions at once. The way through a lane with conductances is about as long, a chain of
exponentials and divisions that ends at the new voltage, so that one lane waits for itself and the next has not begun. In short loops the
work of all lanes overlaps. What a later loop needs is handed on in rows of 64 values on the stack.

The last of these loops has the new voltage by exponential Euler, ``v + dt f exprel(dt df/dv)``. Its series suffices where a step is
shorter than half of the membrane's time constant, which is so for nearly all blocks at nearly all times; the loop is there twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import field

from amine.engine.codegen import ir
from amine.engine.codegen.quote import quote
from amine.equations.printer import is_truth
from amine.records import dataclass

LONG = 60  # operations of a lane from which exponentials have a loop of their own
ARGUMENT, RESULT, FAR, NEAR = "_step", "_share", "_far", "vexprel_near"


@dataclass(frozen=True)
class Loops:
    """Statements for the lanes of a block, and those before the first block."""

    before: list[ir.Statement]
    block: list[ir.Statement]


@dataclass
class _Lane:
    """The statements of a lane: single assignments to names, then stores; comments stay with what follows them."""

    steps: list[ir.Assign]
    title: dict[int, ir.Comment] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.made = {s.target.name: i for i, s in enumerate(self.steps) if isinstance(s.target, ir.Name)}

    def needs(self, indices: Iterable[int]) -> set[int]:
        """The assignments that these statements need, and themselves."""
        found, todo = set[int](), list(indices)
        while todo:
            i = todo.pop()
            if i not in found:
                found.add(i)
                todo += [self.made[n] for n in ir.read_by(self.steps[i]) if n in self.made]
        return found

    def follows(self, i: int) -> set[int]:
        """The statements that need statement ``i``, and itself."""
        return {j for j in range(len(self.steps)) if i in self.needs([j])}

    def loads(self, i: int) -> bool:
        """Whether an assignment reads a row."""
        s = self.steps[i]
        return isinstance(s.target, ir.Name) and any(isinstance(e, ir.Item) for e in _parts(s.value))

    def again(self, i: int) -> bool:
        """Whether an assignment is rather made once more than handed on: one operation on what was loaded."""
        s = self.steps[i]
        few = sum(not isinstance(e, ir.Name | ir.Number) for e in _parts(s.value)) <= 1
        return few and all(self.loads(self.made[n]) for n in ir.read_by(s) if n in self.made)


def overlapped(lane: Sequence[ir.Statement], voltage: str, lanes: int) -> Loops | None:
    """The loops for a lane, or None where one loop is as good or the pass does not apply.

    Parameters
    ----------
    lane : assignments of one lane. voltage : name of the new voltage. lanes : number of lanes of a block.
    """
    if not all(isinstance(s, ir.Assign | ir.Comment) for s in lane) or "t" in ir.reads(lane):
        return None
    found = _apart(_gathered(lane), voltage)
    if found is None:
        return None
    whole, at = found
    groups = _groups(whole, at)
    return None if groups is None else _written(whole, at, groups, lanes)


def _gathered(lane: Sequence[ir.Statement]) -> _Lane:
    out, title = _Lane([]), None
    for s in lane:
        if isinstance(s, ir.Comment):
            title = s
        elif isinstance(s, ir.Assign):
            if title is not None:
                out.title[len(out.steps)] = title
            title = None
            out.steps.append(s)
    return out


def _apart(lane: _Lane, voltage: str) -> tuple[_Lane, int] | None:
    """The lane with the share of a step, its argument, long expressions beside it, and exponentials as assignments of their own; and
    the place of that share.
    """
    steps, title = list[ir.Assign](), dict[int, ir.Comment]()
    at, count = -1, 0
    for i, s in enumerate(lane.steps):
        if i in lane.title:
            title[len(steps)] = lane.title[i]
        value = s.value
        if isinstance(s.target, ir.Name) and s.target.name == voltage:
            calls = [e for e in _parts(value) if isinstance(e, ir.Call) and e.function == "exprel"]
            if len(calls) != 1 or calls[0].wide:
                return None
            beside = list[ir.Assign]()
            value = _beside(value, calls[0], beside)
            steps += [
                *beside,
                ir.assign(ARGUMENT, calls[0].args[0]),
                ir.assign(RESULT, ir.call("exprel", ir.Name(ARGUMENT))),
            ]
            at = len(steps) - 1
        else:
            for e in [e for e in _parts(value) if isinstance(e, ir.Call) and e.function == "exp" and not e.wide]:
                if not any(
                    isinstance(x, ir.Call) and x.function in ("exp", "exprel") for a in e.args for x in _parts(a)
                ):
                    name = f"_exp_{count}"
                    count += 1
                    steps.append(ir.assign(name, e))
                    value = _swapped(value, e, ir.Name(name))
        steps.append(ir.assign(s.target, value))
    return None if at < 0 else (_Lane(steps, title), at)


def _parts(e: ir.Expr) -> Iterator[ir.Expr]:
    yield e
    for x in ir.children(e):
        yield from _parts(x)


def _swapped(e: ir.Expr, old: ir.Expr, new: ir.Expr) -> ir.Expr:
    return new if e == old else ir.rebuilt(e, lambda x: _swapped(x, old, new))


def _beside(e: ir.Expr, call: ir.Call, out: list[ir.Assign]) -> ir.Expr:
    """``e`` with a name for ``call`` and for each expression beside the way to it, which is assigned in ``out``."""
    if e == call:
        return ir.Name(RESULT)
    if call not in _parts(e):
        if isinstance(e, ir.Name | ir.Number):
            return e
        out.append(ir.assign(f"_beside_{len(out)}", e))
        return out[-1].target
    return ir.rebuilt(e, lambda x: _beside(x, call, out))


def _groups(lane: _Lane, at: int) -> list[list[int]] | None:
    """Numbers of the statements of each loop: exponentials, what the voltage needs, other states, the voltage."""
    after = lane.follows(at)
    needed = lane.needs([j for i in after for j in lane.needs([i]) if j not in after]) - after
    exponentials = [
        i
        for i, s in enumerate(lane.steps)
        if isinstance(s.value, ir.Call) and s.value.function == "exp" and i not in after
    ]
    early = [i for i in exponentials if not any(j in exponentials for j in lane.needs([i]) - {i})]
    operations = sum(len(list(_parts(s.value))) for s in lane.steps) // 2
    first = {i for i in lane.needs(early) if not lane.loads(i)} if operations >= LONG else set[int]()
    constant = {
        i for i, s in enumerate(lane.steps) if isinstance(s.target, ir.Item) and not ir.read_by(s) & set(lane.made)
    }
    second = {i for i in needed - first if not lane.loads(i)}
    fourth = after | constant
    rest = set(range(len(lane.steps))) - first - second - fourth
    third = {i for i in rest if not lane.loads(i)}
    return [sorted(g) for g in (first, second, third, fourth)]


def _written(lane: _Lane, at: int, groups: list[list[int]], lanes: int) -> Loops | None:
    """The loops, each with what it loads and what is handed on to it."""
    owner = {i: g for g, group in enumerate(groups) for i in group}
    begin = next(g for g, group in enumerate(groups) if group)
    stored = {s.target: owner[i] for i, s in enumerate(lane.steps) if isinstance(s.target, ir.Item)}

    def kept(i: int, g: int) -> bool:
        """Whether loop ``g`` finds what an assignment reads in its place, since no loop before has written there."""
        items = (e for j in lane.needs([i]) for e in _parts(lane.steps[j].value) if isinstance(e, ir.Item))
        return all(stored.get(e, g) >= g for e in items)

    bodies, given, handed = [set(g) for g in groups], [set[int]() for _ in groups], dict[int, int]()
    for g in reversed(range(len(groups))):
        todo = sorted(bodies[g])
        while todo:
            for j in (
                {lane.made[n] for n in ir.read_by(lane.steps[todo.pop()]) if n in lane.made} - bodies[g] - given[g]
            ):
                loose = j not in owner or (lane.again(j) and j != at - 1)
                if owner.get(j) == g or (loose and kept(j, g)):
                    bodies[g].add(j)
                    todo.append(j)
                    continue
                given[g].add(j)
                handed[j] = owner.get(j, begin)
                bodies[handed[j]].add(j)
    if any(is_truth(lane.steps[j].value) for j in handed):
        return None
    return _texts(lane, at, [sorted(b) for b in bodies], [sorted(x) for x in given], handed, lanes)


def _texts(
    lane: _Lane, at: int, bodies: list[list[int]], begins: list[list[int]], handed: dict[int, int], lanes: int
) -> Loops:
    row = {j: f"_row_{n}" for n, j in enumerate(sorted(handed))}
    before = [s for n in row.values() for s in quote(f"{n} = stack_row({lanes}, F(0.0))")]
    before += quote(f"{FAR} = empty_marks()")
    block = list[ir.Statement]()
    for g, body in enumerate(bodies):
        text: list[ir.Statement] = [ir.assign(lane.steps[j].target, ir.item(row[j], "l")) for j in begins[g]]
        for i in body:
            text += [lane.title[i]] if i in lane.title else []
            text.append(lane.steps[i])
            text += [ir.assign(ir.item(row[i], "l"), lane.steps[i].target)] if handed.get(i) == g else []
        if g < len(bodies) - 1:
            block += quote(f"for l in range(U64({lanes})):\n    lane", lane=text) if body else []
            continue
        near = [ir.assign(RESULT, ir.call(NEAR, ir.Name(ARGUMENT))) if s is lane.steps[at] else s for s in text]
        block += quote(
            f"'a series suffices for the voltages of a block of which no step is long against its time constant'\n"
            f"for l in range(U64({lanes})):\n"
            f"    {FAR}[l] = U8(abs(argument) >= F(0.5))\n"
            f"hits = U64(0)\n"
            f"for l in range(U64({lanes // 8})):\n"
            f"    hits |= eight({FAR}, l)\n"
            f"if hits == 0:\n"
            f"    for l in range(U64({lanes})):\n        near\n"
            f"else:\n"
            f"    for l in range(U64({lanes})):\n        lane",
            argument=ir.item(row[at - 1], "l"),
            near=near,
            lane=text,
        )
    return Loops(before, block)
