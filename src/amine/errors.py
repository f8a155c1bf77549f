"""Errors on input: one sentence that names the place, the problem, the value given, the value expected and a remedy."""

from __future__ import annotations

import difflib
import re
import sys
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager


class AmineError(ValueError):
    """Invalid input, described in one sentence.

    Parameters
    ----------
    where : the object and its part, for example ``"Population 'E', parameter 'tau_m'"``.
    problem : the problem, without a full stop.
    given : the value given, as text; empty if it is clear from ``problem``.
    expected : the value or form expected instead.
    hint : a remedy.

    Examples
    --------
    >>> str(AmineError("Synapses 'E->I'", "p is outside 0..1", given="1.5", hint="use total= for a number of synapses"))
    "Synapses 'E->I': p is outside 0..1 (given 1.5); use total= for a number of synapses"
    """

    def __init__(self, where: str, problem: str, *, given: str = "", expected: str = "", hint: str = ""):
        where, problem, given, expected, hint = map(_shortened, (where, problem, given, expected, hint))
        self.where, self.problem, self.given, self.expected, self.hint = where, problem, given, expected, hint
        inside = ", ".join(p for p in (given and f"given {given}", expected and f"expected {expected}") if p)
        text = f"{where}: {problem}" if where else problem
        text += (f" ({inside})" if inside else "") + (f"; {hint}" if hint else "")
        super().__init__(re.sub(r"\s*\n\s*", " ", text))  # one line, whatever was given


_LONGEST = 400  # letters of a part of a message


def _shortened(text: str) -> str:
    """A part of a message without its middle if it is too long to be read."""
    half = _LONGEST // 2
    return text if len(text) <= _LONGEST else f"{text[: half - 3]} ... {text[-half + 2 :]}"


@contextmanager
def within(where: str) -> Iterator[None]:
    """Context that puts an object before the place of any AmineError raised inside.

    >>> with within("Population 'E'"):
    ...     raise AmineError("Neuron 'lif'", "parameter 'tau' is not known")
    Traceback (most recent call last):
    amine.errors.AmineError: Population 'E', neuron 'lif': parameter 'tau' is not known
    """
    try:
        yield
    except AmineError as e:
        inner = e.where[:1].lower() + e.where[1:]
        place = f"{where}, {inner}" if inner else where
        raise AmineError(place, e.problem, given=e.given, expected=e.expected, hint=e.hint) from None


class AmineWarning(UserWarning):
    """Input that is valid but probably not intended."""


def warn(where: str, problem: str, *, given: str = "", expected: str = "", hint: str = "") -> None:
    """Issues an AmineWarning, worded like an :class:`AmineError`, at the line outside amine that caused it."""
    level, frame = 1, sys._getframe()
    while frame.f_back is not None and frame.f_globals.get("__name__", "").partition(".")[0] == "amine":
        level, frame = level + 1, frame.f_back
    text = str(AmineError(where, problem, given=given, expected=expected, hint=hint))
    warnings.warn(text, AmineWarning, stacklevel=level)


def did_you_mean(name: str, choices: Iterable[str]) -> str:
    """Advice that names the nearest choice, or lists all when none is near.

    >>> did_you_mean("tau_n", ["tau_m", "E_L"])
    "did you mean 'tau_m'?"
    """
    choices = sorted(choices)
    lower = {c.lower(): c for c in choices}
    near = difflib.get_close_matches(name.lower(), lower, n=1, cutoff=0.6)
    if near:
        return f"did you mean '{lower[near[0]]}'?"
    return f"known are {', '.join(choices)}" if choices else ""
