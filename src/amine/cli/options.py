"""Commands from functions whose parameters are annotated with a type and an :class:`Argument` or :class:`Option`.

What a command takes is made when it is asked for, so that the options of all others take no time at each start.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args, get_type_hints

import click

Function = Callable[..., None]


class Argument:
    """A value that is given by its place; ``help`` stands in the help of the command."""

    def __init__(self, help: str):
        self.help = help

    def made(self, name: str, kind: Any, default: Any) -> click.Parameter:
        """The parameter of a function, for the parser."""
        given = {} if default is inspect.Parameter.empty else {"default": default, "required": False}
        return click.Argument([name], type=_type(kind, None, None), help=self.help, **given)


class Option:
    """A value that is given by a name.

    Parameters
    ----------
    names : such as ``-o`` and ``--out``, or ``--progress/--no-progress``; if there are none, ``--`` and the name of the parameter.
    help : what it does. min, max : of a number.
    """

    def __init__(self, *names: str, help: str, min: int | None = None, max: int | None = None):
        self.names, self.help, self.min, self.max = names, help, min, max

    def made(self, name: str, kind: Any, default: Any) -> click.Parameter:
        """The parameter of a function, for the parser."""
        names = [name, *(self.names or (f"--{name.replace('_', '-')}",))]
        if kind is bool:
            return click.Option(names, is_flag=True, default=default, show_default="/" in names[-1], help=self.help)
        several = kind == list[str]
        given: dict[str, Any] = {"type": _type(str if several else kind, self.min, self.max), "help": self.help}
        if several:
            given |= {"multiple": True, "callback": lambda context, option, values: list(values)}
        elif default is inspect.Parameter.empty:
            given["required"] = True
        else:
            given |= {"default": default, "show_default": default not in (None, "")}
        return click.Option(names, **given)


def _type(kind: Any, least: int | None, greatest: int | None) -> Any:
    if kind is Path:
        return click.Path(path_type=Path)
    return click.IntRange(least, greatest) if kind is int and (least, greatest) != (None, None) else kind


class Command(click.Command):
    """A command that runs a function."""

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """What it takes, and ``--help``."""
        if not self.params and self.callback is not None:
            self.params = parameters(self.callback)
        return super().get_params(ctx)


def parameters(function: Callable[..., Any]) -> list[click.Parameter]:
    """What a function takes, for the parser."""
    hints, out = get_type_hints(function, include_extras=True), list[click.Parameter]()
    for name, p in inspect.signature(function).parameters.items():
        kind, how = get_args(hints[name])
        plain = [k for k in get_args(kind) or [kind] if k is not type(None)] if kind != list[str] else [kind]
        out.append(how.made(name, plain[0], p.default))
    return out


def command(group: click.Group, name: str = "") -> Callable[[Function], Function]:
    """Decorator: adds a command to a group, under the function's name or another."""

    def added(function: Function) -> Function:
        group.add_command(Command(name or function.__name__, callback=function, help=inspect.getdoc(function)))
        return function

    return added
