"""Elementary functions as C, C++ and CUDA, written from the Python that Numba compiles: one text, so that both give the same bits.

A function is a row of assignments and a result, without branches. A value is an integer of 64 bits if it is made of ``I32`` or ``I64``, a
truth value if it is made of comparisons, and a real number of the function's precision otherwise.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterable
from textwrap import dedent
from types import ModuleType
from typing import Any

from amine.engine.device import elementary, functions

EXACT = """#ifdef __CUDACC__
#define FN static __device__ __forceinline__
#ifdef __CUDACC_RTC__
typedef int int32_t;
typedef long long int64_t;
#define INFINITY __int_as_float(0x7f800000)
#define NAN __int_as_float(0x7fffffff)
#else
#include <math.h>
#include <stdint.h>
#endif
FN int64_t float_bits64(double x) { return __double_as_longlong(x); }
FN double bits_float64(int64_t n) { return __longlong_as_double(n); }
FN float bits_float32(int64_t n) { return __int_as_float((int32_t)n); }
#else
#include <math.h>
#include <stdint.h>
#include <string.h>
#define FN static inline
FN int64_t float_bits64(double x) { int64_t n; memcpy(&n, &x, 8); return n; }
FN double bits_float64(int64_t n) { double x; memcpy(&x, &n, 8); return x; }
FN float bits_float32(int64_t n) { int32_t m = (int32_t)n; float x; memcpy(&x, &m, 4); return x; }
#endif
#define select(c, a, b) ((c) ? (a) : (b))
#define F32(x) ((float)(x))
#define F64(x) ((double)(x))
#define I32(x) ((int64_t)(x))
#define I64(x) ((int64_t)(x))
#define min(a, b) least(a, b)
#define max(a, b) greatest(a, b)
FN double fma64(double a, double b, double c) { return fma(a, b, c); }
FN float fma32(float a, float b, float c) { return fmaf(a, b, c); }
FN double rint64(double x) { return rint(x); }
FN float rint32(float x) { return rintf(x); }
FN double floor64(double x) { return floor(x); }
FN float floor32(float x) { return floorf(x); }
FN double sqrt64(double x) { return sqrt(x); }
FN float sqrt32(float x) { return sqrtf(x); }
FN double least64(double a, double b) { return b < a ? b : a; }
FN float least32(float a, float b) { return b < a ? b : a; }
FN double greatest64(double a, double b) { return b > a ? b : a; }
FN float greatest32(float a, float b) { return b > a ? b : a; }
#ifdef __cplusplus
FN double least(double a, double b) { return least64(a, b); }
FN float least(float a, float b) { return least32(a, b); }
FN double greatest(double a, double b) { return greatest64(a, b); }
FN float greatest(float a, float b) { return greatest32(a, b); }
#else
#define least(a, b) _Generic((a), float: least32, default: least64)(a, b)
#define greatest(a, b) _Generic((a), float: greatest32, default: greatest64)(a, b)
#endif
FN double mod64(double x, double y) {
    double r = fmod(x, y);
    return r == 0 ? copysign(0.0, y) : (r < 0) != (y < 0) ? r + y : r;
}
FN float mod32(float x, float y) { return (float)mod64(x, y); }
"""
_KNOWN = frozenset(
    (
        "select",
        "F32",
        "F64",
        "I32",
        "I64",
        "min",
        "max",
        "abs",
        "fma64",
        "fma32",
        "rint64",
        "rint32",
        "floor64",
        "floor32",
    )
    + ("sqrt64", "sqrt32", "float_bits64", "bits_float64", "bits_float32", "mod64", "mod32")
)
_BINARY: dict[type[ast.operator], str] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.BitAnd: "&", ast.BitOr: "|", ast.LShift: "<<", ast.RShift: ">>",
}  # fmt: skip
_COMPARE: dict[type[ast.cmpop], str] = {
    ast.Gt: ">", ast.GtE: ">=", ast.Lt: "<", ast.LtE: "<=", ast.Eq: "==", ast.NotEq: "!=",
}  # fmt: skip
_INTEGERS = ("I32", "I64", "float_bits64")


def c_functions(names: Iterable[str], more: ModuleType = functions) -> str:
    """The C of device functions, such as ``exp64``, of all functions that they call, and of functions of another module."""
    done: dict[str, str] = {}
    for name in names:
        _write(name, done, vars(functions) | vars(elementary) | vars(more))
    return EXACT + "\n".join(done.values())


def _write(name: str, done: dict[str, str], known: dict[str, Any]) -> None:
    if name in done or name in _KNOWN:
        return
    python: Any = known[name].py_func
    (tree,) = ast.parse(dedent(inspect.getsource(python))).body
    assert isinstance(tree, ast.FunctionDef)
    for call in (n for n in ast.walk(tree) if isinstance(n, ast.Call)):
        assert isinstance(call.func, ast.Name)
        _write(call.func.id, done, known)
    done[name] = _Writer(tree, python.__globals__).text()


class _Writer:
    """Writer of one function."""

    def __init__(self, tree: ast.FunctionDef, globals_: dict[str, Any]):
        self.tree, self.globals = tree, globals_
        self.real = "float" if tree.name.endswith("32") else "double"
        self.kinds = {a.arg: self.real for a in tree.args.args}
        if "turn" in self.kinds:
            self.kinds["turn"] = "int64_t"

    def text(self) -> str:
        """The definition."""
        given = ", ".join(f"{k} {a}" for a, k in self.kinds.items())
        lines = [x for s in self.tree.body for x in self._statement(s)]
        kind = "int64_t" if self.tree.name == "_exponent64" else self.real
        return f"FN {kind} {self.tree.name}({given}) {{\n" + "".join(f"    {x}\n" for x in lines) + "}\n"

    def _statement(self, s: ast.stmt) -> list[str]:
        match s:
            case ast.Expr(ast.Constant(str())):
                return []
            case ast.Return(value):
                assert value is not None
                return [f"return {self._say(value)};"]
            case ast.Assign([ast.Tuple(names)], ast.Tuple(values)):
                return [
                    x
                    for n, v in zip(names, values, strict=True)
                    if isinstance(n, ast.Name)
                    for x in self._assigned(n.id, v)
                ]
            case ast.Assign([ast.Name(name)], value):
                return self._assigned(name, value)
        raise NotImplementedError(f"no C for {ast.unparse(s)}")

    def _assigned(self, name: str, value: ast.expr) -> list[str]:
        text, kind = self._say(value), self._kind(value)
        if name in self.kinds:
            return [f"{name} = {text};"]
        self.kinds[name] = kind
        return [f"{kind} {name} = {text};"]

    def _kind(self, e: ast.expr) -> str:
        """The C type of a value."""
        match e:
            case ast.Compare() | ast.BinOp(ast.Compare()):
                return "int"
            case ast.Name(name):
                return self.kinds.get(name, self.real)
            case ast.Call(ast.Name("select"), [_, a, _]):
                return self._kind(a)
            case ast.Call(ast.Name(f)):
                return "int64_t" if f in (*_INTEGERS, "_exponent64") else self.real
            case ast.BinOp(a, _, _):
                return self._kind(a)
        return self.real

    def _say(self, e: ast.expr) -> str:
        known = self._constant(e)
        if known is not None:
            return known
        match e:
            case ast.Name(name):
                return name
            case ast.UnaryOp(ast.USub(), x):
                return f"(-{self._say(x)})"
            case ast.BinOp(a, op, b):
                return f"({self._say(a)} {_BINARY[type(op)]} {self._say(b)})"
            case ast.Compare(a, [op], [b]):
                return f"({self._say(a)} {_COMPARE[type(op)]} {self._say(b)})"
            case ast.IfExp(c, a, b):
                return f"({self._say(c)} ? {self._say(a)} : {self._say(b)})"
            case ast.Call(ast.Name("abs"), [x]):
                return f"{'fabsf' if self._kind(x) == 'float' else 'fabs'}({self._say(x)})"
            case ast.Call(ast.Name(f), args):
                return f"{f}({', '.join(self._say(a) for a in args)})"
        raise NotImplementedError(f"no C for {ast.unparse(e)}")

    def _constant(self, e: ast.expr) -> str | None:
        """A number made of literals and of names of the module alone, computed here as Numba computes it."""
        if any(isinstance(n, ast.Call | ast.Compare) for n in ast.walk(e)):
            return None
        if any(isinstance(n, ast.Name) and (n.id in self.kinds or n.id not in self.globals) for n in ast.walk(e)):
            return None
        value = eval(compile(ast.Expression(e), "<constant>", "eval"), self.globals)
        if isinstance(value, int):
            return str(value)
        return {"inf": "INFINITY", "-inf": "(-INFINITY)", "nan": "NAN"}.get(repr(value), f"({value!r})")
