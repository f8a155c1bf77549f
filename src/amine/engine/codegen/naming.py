"""Readable names of constants made of parameters: ``inv_tau_m``, ``dt_over_6``, ``decay_g_AMPA``."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Mapping
from typing import Any

import sympy as sp

from amine.equations.symbols import symbol

LONGEST = 32  # letters of a name; a longer one is replaced by a number and a comment
_POWERS = {2: "squared", 3: "cubed"}


class _TooLong(Exception):
    pass


def spoken(e: sp.Expr) -> str | None:
    """The expression as one word, or None if that would be long or hard to read."""
    try:
        text = _word(sp.sympify(e), 0)
    except _TooLong:
        return None
    return text if len(text) <= LONGEST and text.isidentifier() else None


def _word(e: sp.Basic, depth: int) -> str:
    if depth > 3:
        raise _TooLong
    if e.is_Symbol:
        return e.name
    if isinstance(e, sp.Expr) and e.is_number:
        return _number(e)
    if isinstance(e, sp.Add):
        return _sum(e, depth)
    if isinstance(e, sp.Mul | sp.Pow) and _is_fraction(e):
        return _fraction(e, depth)
    if isinstance(e, sp.Pow):
        return _power(e, depth)
    if isinstance(e, sp.Mul):
        return _product(e, depth)
    if isinstance(e, sp.floor):
        return _steps(e)
    if isinstance(e, sp.exp | sp.log) or type(e).__name__ == "exprel":
        return f"{type(e).__name__}_{_word(e.args[0], depth + 1)}"
    raise _TooLong


def _steps(e: sp.Expr) -> str:
    """A duration in whole steps: floor(t_ref/dt + 1/2) is ``t_ref_steps``."""
    duration = sp.expand((e.args[0] - sp.Rational(1, 2)) * symbol("dt"))
    if not duration.is_Symbol:
        raise _TooLong
    return f"{duration.name}_steps"


def _number(e: sp.Expr) -> str:
    if e.is_negative:
        return f"minus_{_number(-e)}"
    if e.is_Rational and not e.is_Integer:
        return f"{e.p}_over_{e.q}"
    text = f"{float(e):g}"
    if not re.fullmatch(r"[\d.]+", text):
        raise _TooLong
    return text.replace(".", "p")


def _sum(e: sp.Add, depth: int) -> str:
    if len(e.args) > 2:
        raise _TooLong
    terms = sorted(e.args, key=lambda a: (a.could_extract_minus_sign(), not a.free_symbols, sp.default_sort_key(a)))
    text = _word(terms[0], depth + 1)
    for a in terms[1:]:
        minus = a.could_extract_minus_sign()
        text += f"_{'minus' if minus else 'plus'}_{_word(-a if minus else a, depth + 1)}"
    return text


def _is_fraction(e: sp.Expr) -> bool:
    return sp.fraction(e)[1] != 1


def _fraction(e: sp.Expr, depth: int) -> str:
    top, bottom = sp.fraction(e)
    if top.could_extract_minus_sign():
        return f"minus_{_word(-e, depth)}"
    below = _word(bottom, depth + 1)
    return f"inv_{below}" if top == 1 else f"{_word(top, depth + 1)}_over_{below}"


def _power(e: sp.Pow, depth: int) -> str:
    base = _word(e.base, depth + 1)
    if e.exp == sp.Rational(1, 2):
        return f"sqrt_{base}"
    if e.exp.is_Integer and int(e.exp) in _POWERS:
        return f"{base}_{_POWERS[int(e.exp)]}"
    return f"{base}_to_{_word(e.exp, depth + 1)}"


def _product(e: sp.Mul, depth: int) -> str:
    args: tuple[Any, ...] = e.args
    first = args[0]
    if first == -1:
        return f"minus_{_word(sp.Mul(*args[1:]), depth)}"
    if first.is_number and first.is_negative:
        return f"minus_{_word(-sp.Mul(*args), depth)}"
    factors = sorted(args, key=lambda a: (bool(a.free_symbols), str(a)))
    words = [_word(a, depth + 1) for a in factors]
    if words[0] == "2":
        words[0] = "twice"
        return "_".join(words)
    if words[0][0].isdigit():  # a word begins with a letter
        words = [*words[1:], words[0]]
    return "_times_".join(words)


class Names:
    """Allocator of unique names for constants, different from all in ``taken``."""

    def __init__(self, taken: Container[str]):
        self.taken, self.given = taken, set[str]()
        self.numbered = 0

    def free(self, name: str) -> str:
        """``name``, or the first of ``name_``, ``name_2``, ``name_3`` ... that is free; it is then taken."""
        found, n = name, 1
        while found in self.taken or found in self.given:
            found, n = (f"{name}_" if n == 1 else f"{name}_{n}"), n + 1
        self.given.add(found)
        return found

    def keep(self, name: str) -> str:
        """``name`` itself, which is known to be free."""
        self.given.add(name)
        return name

    def of(self, e: sp.Expr) -> str:
        """The name of a constant with the value ``e``."""
        word = spoken(e)
        if word is None:
            self.numbered += 1
            word = f"constant_{self.numbered}"
        return self.free(word)


def shown(
    constants: Mapping[sp.Expr, str], entries: Mapping[str, str], parameters: Iterable[str], taken: Iterable[str]
) -> dict[str, str]:
    """Names of the constants in the source.

    Parameters
    ----------
    constants : expressions and their numbers. entries : of propagators, with words for them.
    parameters : names reserved for constants equal to them. taken : names that no constant may have.
    """
    others = set(taken)
    names = Names(others | set(parameters))
    out: dict[str, str] = {}
    for e, n in constants.items():
        own = e.is_Symbol and e.name not in others and e.name not in names.given
        out[n] = names.keep(e.name) if own else names.of(e)
    return out | {n: names.free(word) for n, word in entries.items()}
