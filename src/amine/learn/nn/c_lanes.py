"""The kernels of a layer as C: a step of a block of lanes, and its adjoint, as Numba is given them; for drivers in other languages."""

from __future__ import annotations

from collections.abc import Sequence

from amine.engine.codegen import ir
from amine.engine.codegen.c_functions import c_functions
from amine.engine.codegen.text import CPrinter
from amine.equations.terms import KERNEL_FUNCTIONS
from amine.learn.nn import device
from amine.learn.nn.kernels import Kernel

HEAD = """typedef {real} real;
#define R(x) ((real)(x))
#define vabs(x) ((real)fabs(x))
#define F(x) ((real)(x))
#define U64(x) ((long)(x))
#define spike(m) ((m) > 0 ? R(1) : R(0))
#define blend(s, a, b) {blend}
"""
LANES = "real *_Z, long _o, const real *_c, const real *_sur, double t"


def c_lanes(k: Kernel) -> str:
    """Source of ``lanes_forward(_Z, _o, _c, _sur, t)`` and ``lanes_backward`` with the arguments of those that Numba compiles."""
    real = "float" if k.bits == 32 else "double"
    text = "".join(_function(f, "FN real", ", ".join(f"real {a}" for a in f.args)) for f in k.surrogate())
    text += "".join(_function(f, "void", LANES) for f in k.lanes())
    called = [f for f in KERNEL_FUNCTIONS if f"v{f}(" in text]
    names = [(f"v{f}", f"{f}{k.bits}") for f in called]
    names += [("exprel_slope", f"exprel_slope{k.bits}")] if "exprel_slope(" in text else []
    defined = "".join(f"#define {a} {b}\n" for a, b in names)
    blend = "((a) + (s)*((b) - (a)))" if k.soft else "((s) > 0 ? (b) : (a))"
    return c_functions((b for _, b in names), device) + HEAD.format(real=real, blend=blend) + defined + text


def _function(f: ir.Function, kind: str, arguments: str) -> str:
    body: Sequence[str] = CPrinter().block(f.body)
    return "\n".join([f"{kind} {f.name}({arguments}) {{", *body, "}"]) + "\n"
