"""A program as C: a function that advances any number of lanes by one step; a second driver, beside blocks of 64 lanes in Numba.

Each name has an array, so ``amine_step`` receives a table of pointers, listed in :class:`CStep`. Simulations do not use it yet: it shows
that a program holds all that a driver in another language, for a graphics card or for an MPI rank needs.
"""

from __future__ import annotations

from amine.engine.codegen import ir
from amine.engine.codegen.c_functions import c_functions
from amine.engine.codegen.program import FREE, Program, ProgramLowering, statements
from amine.engine.codegen.text import CPrinter
from amine.equations.terms import KERNEL_FUNCTIONS
from amine.records import dataclass

HEAD = """typedef {real} real;
#define R(x) ((real)(x))
#define vabs(x) ((real)fabs(x))
"""


@dataclass(frozen=True)
class CStep:
    """Source of ``void amine_step(long n, long k, double t_now, real **lanes, const real *scalars, long *until, char *spiked)``.

    ``lanes`` are pointers to states, inputs, noises and constants of a lane in the order of ``names``, ``scalars`` the shared
    constants; a lane is refractory until step ``until``, and ``spiked`` is 1 where a lane spiked.
    """

    source: str
    names: list[str]
    scalars: list[str]


def c_step(p: Program, real: str = "double") -> CStep:
    """The step of a point cell whose constants have names."""
    lanes = [a.name for a in p.arrays if a.axis == "lane" and a.role != "clock"]
    shown = {n: p.shown[n] for n in (*p.scalars, *p.differ)}
    lower = ProgramLowering(lambda n: shown.get(n, f"{n}_"))  # no name of the user's is one of C
    place = {n: ir.item(ir.item("lanes", i), "l") for i, n in enumerate(lanes)}
    body: list[ir.Statement] = [ir.assign(lower.name(n), x) for n, x in place.items()]
    if p.condition is not None:
        body.append(ir.assign(lower.name(FREE), ir.Binary("<=", ir.item("until", "l"), ir.Name("k"))))
    body += statements(p.body, lower, p.stages)
    body += [ir.assign(place[s], lower.name(n)) for s, n in p.out.items()]
    body += [ir.assign(place[n], ir.Number(0.0)) for n in p.clears if n in place]
    if p.condition is not None:
        spiked = ir.item("spiked", "l")
        body.append(ir.assign(spiked, ir.Binary("&", ir.Name(lower.name(FREE)), lower(p.condition))))
        body.append(ir.If(spiked, _at_spike(p, place, lower)))
    return CStep(_function(p, body, shown, real), lanes, [p.key(n) for n in p.scalars])


def _at_spike(p: Program, place: dict[str, ir.Item], lower: ProgramLowering) -> list[ir.Statement]:
    """Resets in order, and the refractory time of the lane."""
    out: list[ir.Statement] = [ir.assign(lower.name(s), place[s]) for s in p.load]
    for n, e in p.at_spike:
        out += [ir.assign(lower.name(n), lower(e)), ir.assign(place[n], lower.name(n))]
    wait = ir.Name("k") + 1
    if p.refractory is not None:
        wait = wait + ir.call("(long)", lower(p.refractory))
    return [*out, ir.assign(ir.item("until", "l"), wait)]


def _function(p: Program, body: list[ir.Statement], shown: dict[str, str], real: str) -> str:
    say, read = CPrinter(), ir.reads(body)
    scalars = [ir.assign(shown[n], ir.item("scalars", i)) for i, n in enumerate(p.scalars) if shown[n] in read]
    lines = [
        "void amine_step(long n, long k, double t_now, real **lanes, const real *scalars, long *until, char *spiked) {",
        *say.block([*scalars, *([ir.assign("t_", "t_now")] if "t_" in read else [])]),
        "    for (long l = 0; l < n; l++) {",
        *say.block(ir.without_unread(body), 2),
        "    }",
        "}",
    ]
    bits = 64 if real == "double" else 32
    called = [f for f in KERNEL_FUNCTIONS if f"v{f}(" in "\n".join(lines)]
    names = "".join(f"#define v{f} {f}{bits}\n" for f in called)
    return c_functions(f"{f}{bits}" for f in called) + HEAD.format(real=real) + names + "\n".join(lines) + "\n"
