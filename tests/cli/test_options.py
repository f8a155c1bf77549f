"""Commands from annotated functions: what they take, and what they say of it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import click
import pytest
from click.testing import CliRunner

from amine.cli import app
from amine.cli.options import Argument, Option, command, parameters


def _commands(group: click.Group, *before: str) -> list[tuple[str, ...]]:
    return [
        path
        for name, c in group.commands.items()
        for path in [(*before, name), *(_commands(c, *before, name) if isinstance(c, click.Group) else [])]
    ]


@pytest.mark.parametrize("path", _commands(app), ids=" ".join)
def test_help_of_every_command_says_all_that_it_takes(path):
    done = CliRunner().invoke(app, [*path, "--help"], terminal_width=400)
    found: click.Command = app
    for name in path:
        assert isinstance(found, click.Group)
        found = found.commands[name]
    assert done.exit_code == 0 and found.callback is not None
    for p in parameters(found.callback):
        assert isinstance(p, click.Option | click.Argument) and p.help is not None and p.help in done.output, p.name
        assert p.opts[0] in done.output or p.human_readable_name in done.output


def _answer(*arguments: str) -> str:
    group = click.Group()

    @command(group, "put")
    def placed(
        where: Annotated[Path, Argument(help="A place.")],
        as_text: Annotated[str | None, Option("-t", "--text", help="A text.")] = None,
        number_of: Annotated[int, Option(help="A number.", min=1)] = 3,
        values: Annotated[list[str], Option("--value", help="Values.")] = [],  # noqa: B006
        bar: Annotated[bool, Option("--bar/--no-bar", help="A bar.")] = True,
        quick: Annotated[bool, Option("--quick", help="Quick.")] = False,
        factor: Annotated[float | None, Option(help="A factor.")] = None,
    ) -> None:
        print(repr((where, as_text, number_of, values, bar, quick, factor)))

    done = CliRunner().invoke(group, ["put", *arguments])
    return done.output.strip().splitlines()[-1]


@pytest.mark.parametrize(
    ("arguments", "answer"),
    [
        ("a", (Path("a"), None, 3, [], True, False, None)),
        (
            "a -t b --number-of 4 --value x --value y --no-bar --quick --factor 2",
            (Path("a"), "b", 4, ["x", "y"], False, True, 2.0),
        ),
    ],
)
def test_values_have_the_types_of_the_annotations(arguments, answer):
    assert _answer(*arguments.split()) == repr(answer)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("", "Missing argument"),
        ("a --number-of 0", "--number-of"),
        ("a --factor x", "not a valid float"),
        ("a --txet b", "No such option"),
        ("a b", "unexpected extra argument"),
    ],
)
def test_what_cannot_be_used_is_refused(arguments, words):
    assert words in _answer(*arguments.split())
