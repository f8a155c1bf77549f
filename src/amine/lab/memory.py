"""A memory that learns digits, pair after pair, while GABA is turned; and its answer to a digit drawn by hand."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from amine.errors import AmineError
from amine.optional import optional

if TYPE_CHECKING:
    from amine.learn import Classifier

NAME = "engram"
DRUG, LOW, HIGH = "gabazine", 0.1, 10_000.0  # uM
PAIRS = ((0, 1), (2, 3), (4, 5), (6, 7), (8, 9))
NEURONS, BATCH = 200, 24
WORDS = {
    "name": NAME,
    "title": "Keeping memories apart",
    "goal": "Inhibition that learns keeps what was learned first when something else is learned.",
    "question": "What is left of the first pair of digits when the fifth has been learned under a drug that blocks GABA?",
    "challenge": "Find the smallest dose of gabazine at which the first pair falls below 50 per cent.",
    "simpler": "200 neurons with fixed random inputs; a rule in the terms of rates, not of spikes; digits of 8 x 8 pixels, seen once.",
    "sources": [
        "the rule is recursive least squares in the terms of inhibition: see the page on keeping memories apart",
        "digits: Alpaydin E, Kaynak C (1998), UCI Machine Learning Repository",
    ],
}


class Memory:
    """A stream of digits onto an estimator with the engram rule.

    Parameters
    ----------
    seed : of the estimator, of the split into seen and unseen digits, and of their order.

    Raises
    ------
    AmineError
        If the extra ``learn`` is not installed.
    """

    def __init__(self, seed: int = 0):
        with optional("lab"):
            from amine.learn import data

            X, y, self._X, self._y = data.get("digits").split(seed=seed)
        self._seed, self.concentration = seed, 0.0
        rng = np.random.default_rng(seed)
        order = np.concatenate([rng.permutation(np.flatnonzero(np.isin(y, pair))) for pair in PAIRS])
        self._stream = X[order], y[order]
        self._tests = [np.isin(self._y, pair) for pair in PAIRS]
        self.again()

    def again(self) -> None:
        """Begins anew, under the present concentration."""
        from amine.learn import Classifier

        self._model: Classifier = Classifier(hidden=(NEURONS,), rule="engram", seed=self._seed)
        self.points: list[dict[str, Any]] = []
        self._doses()

    def _doses(self) -> None:
        self._model.wash_out()
        if self.concentration > 0:
            self._model.dose(DRUG, f"{self.concentration!r} uM")

    @property
    def samples(self) -> int:
        """Number of digits in the stream."""
        return len(self._stream[1])

    @cached_property
    def ends(self) -> list[int]:
        """Number of digits seen when each pair has been learned."""
        return np.cumsum([int(np.isin(self._stream[1], pair).sum()) for pair in PAIRS]).tolist()

    @property
    def seen(self) -> int:
        """Number of digits learned so far."""
        return self.points[-1]["seen"] if self.points else 0

    def dose(self, concentration: object) -> None:
        """Sets the concentration of gabazine (uM), which acts on what is learned from now on."""
        if isinstance(concentration, bool) or not isinstance(concentration, int | float):
            raise AmineError("gabazine", "this is not a number", given=repr(concentration)[:40])
        if not (concentration == 0 or LOW <= concentration <= HIGH):
            expected = f"0, or {LOW:g} to {HIGH:g} uM"
            raise AmineError("gabazine", "the value is out of range", given=repr(concentration)[:40], expected=expected)
        self.concentration = float(concentration)
        self._doses()

    def learn(self) -> None:
        """Learns the next digits of the stream, and asks for all unseen digits; nothing is done at its end."""
        at = self.seen
        left = [e for e in self.ends if e > at]
        if not left:
            return
        stop = min(at + BATCH, left[0])
        X, y = self._stream
        self._model.partial_fit(X[at:stop], y[at:stop], classes=range(10))
        right = self._model.predict(self._X) == self._y
        begun = sum(at >= e for e in self.ends[:-1]) + 1  # pairs of which something was seen
        each = [float(right[t].mean()) if k < begun else None for k, t in enumerate(self._tests)]
        known = np.any(self._tests[:begun], axis=0)
        point = {"seen": stop, "pairs": each, "all": float(right[known].mean()), "dose": self.concentration}
        self.points.append(point)

    def answer(self, pixels: object) -> dict[str, Any]:
        """Digit that 64 numbers from 0 to 1 (8 rows of 8) are taken for, and the share of each digit; None before anything is learned."""
        given: list[Any] = pixels if isinstance(pixels, list) else []
        numbers = [p for p in given if isinstance(p, int | float) and not isinstance(p, bool)]
        x = np.array(numbers if len(numbers) == len(given) == 64 else [np.nan])
        if not np.all((x >= 0) & (x <= 1)):
            raise AmineError("digit", "64 numbers from 0 to 1 are needed")
        if not self.points:
            return {"digit": None, "shares": [0.0] * 10}
        shares = self._model.predict_proba(x.reshape(1, -1))[0]
        return {"digit": int(np.argmax(shares)), "shares": [float(s) for s in shares]}

    def example(self, digit: object) -> list[float]:
        """Pixels of an unseen digit."""
        if isinstance(digit, bool) or not isinstance(digit, int) or not 0 <= digit <= 9:
            raise AmineError("digit", "this is not a digit", given=repr(digit)[:40])
        return [float(p) for p in self._X[np.flatnonzero(self._y == digit)[0]]]

    def describe(self) -> dict[str, Any]:
        """All that a page needs, as plain data."""
        return {"open": NAME, "kind": "memory", "words": WORDS, "low": LOW, "high": HIGH, "pairs": PAIRS, "samples": self.samples, "ends": self.ends, **self.state()}  # fmt: skip

    def state(self) -> dict[str, Any]:
        """What changes: points of the stream and the concentration."""
        return {"points": self.points, "dose": self.concentration, "done": self.seen >= self.samples}

    def act(self, body: dict[str, Any]) -> dict[str, Any]:
        """What a page asks for."""
        match body.get("do"):
            case "learn":
                self.learn()
                return {"points": self.points[-1:], "dose": self.concentration, "done": self.seen >= self.samples}
            case "dose":
                self.dose(body.get("dose"))
            case "again":
                self.again()
            case "answer":
                return self.answer(body.get("pixels"))
            case "example":
                return {"pixels": self.example(body.get("digit"))}
            case _:
                raise AmineError("lab", "this is no action of a memory")
        return self.state()


__all__ = ["NAME", "WORDS", "Memory"]
