"""Short sentences in four languages, written for amine, as counts of letter pairs."""

from __future__ import annotations

import zlib
from pathlib import Path

import numpy as np

from amine.learn.data import Data

FILE = Path(__file__).with_name("languages.txt")
WIDTH = 128
NAMES = ("de", "en", "es", "fr")


def pairs(text: str, width: int = WIDTH) -> np.ndarray:
    """Counts of neighbouring letter pairs, hashed into ``width`` bins and scaled to unit norm; accents count, case does not.

    >>> bool(np.isclose(np.linalg.norm(pairs("Mond")), 1.0))
    True
    """
    letters = "".join(c if c.isalpha() else " " for c in f" {text.lower()} ")
    out = np.zeros(width)
    for a, b in zip(letters, letters[1:], strict=False):
        out[zlib.crc32((a + b).encode()) % width] += 1
    return out / max(np.linalg.norm(out), 1e-12)


def languages() -> Data:
    """Halves of 96 sentences in English, French, German and Spanish: which language is it? ``extra["text"]`` has the text of each sample."""
    X, y, kept = [], [], []
    for line in FILE.read_text(encoding="utf-8").splitlines():
        code, text = line.split(" ", 1)
        words = text.split()
        for part in (words[: len(words) // 2], words[len(words) // 2 :]):
            kept.append(" ".join(part))
            X.append(pairs(kept[-1]))
            y.append(NAMES.index(code))
    return Data("languages", np.stack(X), np.array(y), "Which language is it?", classes=NAMES, extra={"text": kept})
