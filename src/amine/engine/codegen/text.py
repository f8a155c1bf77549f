"""Statements and functions as text: Python, in the dialect of a printer of expressions, and C."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from textwrap import wrap

from amine.engine.codegen import ir
from amine.equations.printer import WIDTH, Printer, is_truth, shifted


def heading(name: str, integrators: Mapping[str, str]) -> str:
    """Comment lines with the name of a kind of cells and the integrator of each state."""
    words = f"{name}: " + ", ".join(f"{s} {m}" for s, m in integrators.items())
    return "".join(f"# {line}\n" for line in wrap(words, WIDTH))


class PythonPrinter:
    """Printer of statements and functions as Python, in the dialect of a printer of expressions."""

    def __init__(self, printer: Printer):
        self.say = printer.text

    def function(self, f: ir.Function) -> str:
        """A function and two blank lines."""
        head = f"def {f.name}({', '.join(f.args)}):"
        if len(head) > WIDTH:
            head = f"def {f.name}(\n{shifted(_filled_lines(f.args))}\n):"
        lines = [f.decorator] if f.decorator else []
        lines += [head, *([f'    """{f.doc}"""'] if f.doc else []), *self.block(f.body, 1)]
        return "\n".join(lines) + "\n\n\n"

    def block(self, block: ir.Block, depth: int, width: int = WIDTH) -> list[str]:
        """Lines of statements within ``width`` columns; ``pass`` for an empty block."""
        pad = "    " * depth
        lines = [pad + line for s in block for line in self._statement(s, width - 4 * depth)]
        return lines if any(not isinstance(s, ir.Comment) for s in block) else [*lines, pad + "pass"]

    def _statement(self, s: ir.Statement, room: int) -> list[str]:
        match s:
            case ir.Assign(target, value, comment):
                lines = self._valued(f"{self.say(target)} = ", value, room)
                note = f"  # {comment}" if comment else ""
                if note and len(lines[-1] + note) > room:
                    return [note.strip(), *lines]
                return [*lines[:-1], lines[-1] + note]
            case ir.Update(target, op, value):
                return self._valued(f"{self.say(target)} {op}= ", value, room)
            case ir.Do(value):
                return self.say(value, room).split("\n")
            case ir.Return(value):
                return self._valued("return ", value, room)
            case ir.Plain(word):
                return [word]
            case ir.Comment(text):
                return [f"# {text}"]
            case ir.If():
                return self._if("if", s, room)
            case ir.While(condition, body):
                return [f"while {self.say(condition)}:", *self.block(body, 1, room)]
            case ir.For(var, bounds, body, comment):
                head = f"for {var} in range({', '.join(self.say(b) for b in bounds)}):"
                return [head + (f"  # {comment}" if comment else ""), *self.block(body, 1, room)]
        raise NotImplementedError(type(s).__name__)

    def _if(self, word: str, s: ir.If, room: int) -> list[str]:
        lines = [f"{word} {self.say(s.condition)}:", *self.block(s.then, 1, room)]
        match list(s.other):
            case []:
                return lines
            case [ir.If() as other]:
                return [*lines, *self._if("elif", other, room)]
        return [*lines, "else:", *self.block(s.other, 1, room)]

    def _valued(self, head: str, value: ir.Expr, room: int) -> list[str]:
        """``head value``, in brackets over several lines if it is long."""
        flat = self.say(value)
        if isinstance(value, ir.Table):
            return (head + self.say(value, room)).split("\n")
        if isinstance(value, ir.Listed) and value.kind == "tuple" and value.items and head != "return ":
            flat = flat[1:-1]
        if len(head) + len(flat) <= room:
            return [head + flat]
        text = self.say(value, room - 4)
        if isinstance(value, ir.Call | ir.Listed) and not (isinstance(value, ir.Call) and value.function == "fma"):
            return (head + text).split("\n")
        return f"{head}(\n{shifted(text)}\n)".split("\n")


def _filled_lines(words: tuple[str, ...], room: int = WIDTH - 8) -> str:
    """Words separated by commas, on lines of at most ``room`` columns."""
    lines, line = [], ""
    for w in words:
        if line and len(line) + len(w) + 3 > room:
            lines.append(line.rstrip())
            line = ""
        line += f"{w}, "
    return "\n".join([*lines, line.rstrip()])


class CPrinter:
    """Printer of statements as C: each name is declared at its first assignment, as a real number or a truth value."""

    def __init__(self, name: Callable[[str], str] = str):
        self.printer = Printer("c", name)
        self.declared: set[str] = set()

    def block(self, block: ir.Block, depth: int = 1) -> list[str]:
        """Lines of statements."""
        pad = "    " * depth
        return [pad + line for s in block for line in self._statement(s)]

    def _statement(self, s: ir.Statement) -> list[str]:
        say = self.printer.text
        match s:
            case ir.Assign(ir.Name(name), value, _) if name not in self.declared:
                self.declared.add(name)
                return [f"{'int' if is_truth(value) else 'real'} {name} = {say(value)};"]
            case ir.Assign(target, value, _):
                return [f"{say(target)} = {say(value)};"]
            case ir.Update(target, op, value):
                return [f"{say(target)} {op}= {say(value)};"]
            case ir.Comment(text):
                return [f"/* {text} */"]
            case ir.If(condition, then, other):
                tail = ["} else {", *self.block(other)] if other else []
                return [f"if ({say(condition)}) {{", *self.block(then), *tail, "}"]
            case ir.Return(value):
                return [f"return {say(value)};"]
            case ir.For(var, (bound,), body, _):
                return [f"for (long {var} = 0; {var} < {say(bound)}; {var}++) {{", *self.block(body), "}"]
        raise NotImplementedError(f"no C for {type(s).__name__}")
