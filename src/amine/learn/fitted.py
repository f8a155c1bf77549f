"""What a fitted network is, apart from the present arguments of its estimator, which may have been set since."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from amine.errors import AmineError
from amine.learn import saving
from amine.learn.layers import Spec

LEARNT = ("inputs", "outputs", "task")  # follow from the samples, which are checked by themselves


def described(spec: Spec) -> dict[str, Any]:
    """JSON-serialisable form of a network's description."""
    return {f.name: saving.plain(getattr(spec, f.name)) for f in fields(Spec)}


def spec_of(described: dict[str, Any]) -> Spec:
    """Inverse of :func:`described`.

    >>> spec_of(described(Spec(4, 3, (8,), "tanh"))) == Spec(4, 3, (8,), "tanh")
    True
    """
    return Spec(**{k: saving.unplain(v) for k, v in described.items()})


def check_same(where: str, was: Spec, now: Spec) -> None:
    """Raises AmineError if the arguments describe another network than the one that was fitted, so that it cannot learn on."""
    for f in fields(Spec):
        a, b = getattr(was, f.name), getattr(now, f.name)
        if f.name in LEARNT or a == b:
            continue
        raise AmineError(
            f"{where}, {f.name}",
            "the network was made with another",
            given=_text(b),
            expected=_text(a),
            hint="fit anew, or set it back",
        )


def _text(value: object) -> str:
    return str(getattr(value, "name", value))[:40]


__all__ = ["check_same", "described", "spec_of"]
