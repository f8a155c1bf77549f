"""Templates of generated code, written as Python and parsed into statements once."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from functools import lru_cache

from amine.engine.codegen import ir

_BINARY: dict[type[ast.operator], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.Mod: "%",
    ast.FloorDiv: "//",
    ast.BitAnd: "&",
    ast.BitOr: "|",
    ast.RShift: ">>",
    ast.LShift: "<<",
}
_COMPARE: dict[type[ast.cmpop], str] = {
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Eq: "==",
    ast.NotEq: "!=",
}


def quote(text: str, **holes: ir.Expr | ir.Block) -> list[ir.Statement]:
    """The statements of the Python in ``text``; a name in ``holes`` is replaced by its expression, a line of that name by statements."""
    return _filled(_parsed(text), holes)


def quote_expr(text: str, **holes: ir.Expr | ir.Block) -> ir.Expr:
    """The expression in ``text``."""
    (s,) = quote(text, **holes)
    assert isinstance(s, ir.Do)
    return s.value


@lru_cache(maxsize=1024)
def _parsed(text: str) -> tuple[ir.Statement, ...]:
    return tuple(_statement(s) for s in ast.parse(text).body)


def _statement(s: ast.stmt) -> ir.Statement:
    match s:
        case ast.Assign([target], value):
            return ir.Assign(_target(target), _expr(value))
        case ast.AugAssign(target, op, value):
            return ir.Update(_target(target), _BINARY[type(op)], _expr(value))
        case ast.Expr(ast.Constant(str(text))):
            return ir.Comment(text)
        case ast.Expr(value):
            return ir.Do(_expr(value))
        case ast.If(condition, body, other):
            return ir.If(_expr(condition), [_statement(x) for x in body], [_statement(x) for x in other])
        case ast.While(condition, body):
            return ir.While(_expr(condition), [_statement(x) for x in body])
        case ast.For(ast.Name(var), ast.Call(ast.Name("range"), bounds), body):
            return ir.For(var, tuple(_expr(b) for b in bounds), [_statement(x) for x in body])
        case ast.Return(value) if value is not None:
            return ir.Return(_expr(value))
        case ast.Break() | ast.Continue() | ast.Pass():
            return ir.Plain(type(s).__name__.lower())
    raise NotImplementedError(ast.dump(s))


def _target(e: ast.expr) -> ir.Name | ir.Item:
    found = _expr(e)
    assert isinstance(found, ir.Name | ir.Item), ast.dump(e)
    return found


def _expr(e: ast.expr) -> ir.Expr:
    match e:
        case ast.Name(name):
            return ir.Name(name)
        case ast.Attribute(ast.Name(name), attribute):
            return ir.Name(f"{name}.{attribute}")
        case ast.Constant(None):
            return ir.Name("None")
        case ast.Constant(bool(value)):
            return ir.Boolean(value)
        case ast.Constant(int(value)):
            return ir.Integer(value)
        case ast.Constant(float(value)) | ast.Call(ast.Name("F"), [ast.Constant(float(value))]):
            return ir.Number(value)
        case ast.UnaryOp(ast.USub(), ast.Constant(int(value))):
            return ir.Integer(-value)
        case ast.UnaryOp(ast.USub(), x):
            return ir.Unary("-", _expr(x))
        case ast.UnaryOp(ast.Not(), x):
            return ir.Unary("not", _expr(x))
        case ast.BinOp(a, op, b):
            return ir.Binary(_BINARY[type(op)], _expr(a), _expr(b))
        case ast.Compare(a, [op], [b]):
            return ir.Binary(_COMPARE[type(op)], _expr(a), _expr(b))
        case ast.BoolOp(op, values):
            return ir.chain("and" if isinstance(op, ast.And) else "or", [_expr(x) for x in values])
        case ast.Call(ast.Name(name), args):
            return ir.Call(name, tuple(_expr(a) for a in args))
        case ast.Call(ast.Attribute(ast.Name(name), attribute), args):
            return ir.Call(f"{name}.{attribute}", tuple(_expr(a) for a in args))
        case ast.Subscript(array, ast.Tuple(index)):
            return ir.Item(_expr(array), tuple(_expr(i) for i in index))
        case ast.Subscript(array, index):
            return ir.Item(_expr(array), (_expr(index),))
        case ast.IfExp(condition, then, other):
            return ir.Choice(_expr(condition), _expr(then), _expr(other))
        case ast.Tuple(items):
            return ir.Listed("tuple", tuple(_expr(x) for x in items))
    raise NotImplementedError(ast.dump(e))


# --- holes -----------------------------------------------------------------------------------------------------------


def _filled(block: ir.Block, holes: Mapping[str, ir.Expr | ir.Block]) -> list[ir.Statement]:
    out: list[ir.Statement] = []
    for s in block:
        if isinstance(s, ir.Do) and isinstance(s.value, ir.Name) and s.value.name in holes:
            found = holes[s.value.name]
            if not isinstance(found, ir.Expr):
                out += found
                continue
        out.append(_fill(s, holes) if holes else s)
    return out


def _fill(s: ir.Statement, holes: Mapping[str, ir.Expr | ir.Block]) -> ir.Statement:
    def put(e: ir.Expr) -> ir.Expr:
        if isinstance(e, ir.Name) and e.name in holes:
            found = holes[e.name]
            assert isinstance(found, ir.Expr), f"statements in the place of an expression: {e.name}"
            return found
        return ir.rebuilt(e, put)

    def target(e: ir.Name | ir.Item) -> ir.Name | ir.Item:
        found = put(e)
        assert isinstance(found, ir.Name | ir.Item)
        return found

    match s:
        case ir.Assign(t, value, comment):
            return ir.Assign(target(t), put(value), comment)
        case ir.Update(t, op, value):
            return ir.Update(target(t), op, put(value))
        case ir.Do(value):
            return ir.Do(put(value))
        case ir.Return(value):
            return ir.Return(put(value))
        case ir.If(condition, then, other):
            return ir.If(put(condition), _filled(then, holes), _filled(other, holes))
        case ir.While(condition, body):
            return ir.While(put(condition), _filled(body, holes))
        case ir.For(var, bounds, body, comment):
            return ir.For(var, tuple(put(b) for b in bounds), _filled(body, holes), comment)
    return s
