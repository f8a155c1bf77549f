"""Generated data sets: Yin-Yang, scans with lesions, a series that switches between regimes, ratings."""

from __future__ import annotations

import numpy as np

from amine.learn.data import Data

BIG, SMALL = 0.5, 0.1


def yin_yang_points(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Points of the Yin-Yang figure: features x, y, 1-x, 1-y (n, 4) and classes (n,), numbered as published: 0 yang, 1 yin, 2 dot.

    Kriener L, Göltz J, Petrovici MA (2022) NICE, arXiv:2102.08211. A class is drawn first, and then points until one is of that class.
    """
    rng = np.random.RandomState(seed)
    X, y = np.empty((n, 4)), np.empty(n, int)
    for k in range(n):
        wanted = rng.randint(3)
        while True:
            p = rng.rand(2) * 2 * BIG
            if np.hypot(*(p - BIG)) <= BIG and class_of(*p) == wanted:
                break
        X[k], y[k] = (*p, *(1 - p)), wanted
    return X, y


def class_of(x: float, y: float) -> int:
    """Class of a point: the part of the figure that contains it."""
    right, left = np.hypot(x - 1.5 * BIG, y - BIG), np.hypot(x - 0.5 * BIG, y - BIG)
    if right < SMALL or left < SMALL:
        return 2
    return int(SMALL < left <= 0.5 * BIG or (y > BIG and right > 0.5 * BIG))


def yin_yang() -> Data:
    """5000 points of the Yin-Yang figure (seed 42); ``extra`` has ``test`` (1000 points, seed 40) and ``validation`` (seed 41), as published.

    A network 4-30-3 reaches 97.6 % (its authors).
    """
    X, y = yin_yang_points(5000, 42)
    return Data(
        "yin_yang", X, y, "Points of the Yin-Yang figure", classes=("yang", "yin", "dot"),
        extra={"test": yin_yang_points(1000, 40), "validation": yin_yang_points(1000, 41)},
    )  # fmt: skip


def lesions(n: int = 800, size: int = 16, seed: int = 0) -> Data:
    """Generated scans: smooth tissue with noise, half of them with a bright round lesion of random place, width and contrast.

    ``extra["place"]`` (n, 2) has row and column of the centre of each lesion, or -1. Groups are ``dense`` and ``sparse`` tissue.
    """
    from scipy.ndimage import gaussian_filter

    rng = np.random.default_rng(seed)
    y = rng.permutation(np.arange(n) % 2)
    dense = rng.random(n) < 0.5
    rows, columns = np.mgrid[:size, :size]
    X, place = np.empty((n, size, size)), np.full((n, 2), -1.0)
    for k in range(n):
        tissue = gaussian_filter(rng.normal(size=(size, size)), 3.0)
        X[k] = 0.4 + 0.1 * dense[k] + (0.6 if dense[k] else 0.3) * tissue + 0.05 * rng.normal(size=(size, size))
        if y[k]:
            place[k] = rng.uniform(3, size - 3, 2)
            r2 = (rows - place[k, 0]) ** 2 + (columns - place[k, 1]) ** 2
            X[k] += rng.uniform(0.3, 0.6) * np.exp(-r2 / (2 * rng.uniform(1.0, 1.8) ** 2))
    return Data(
        "lesions", X.reshape(n, -1).clip(0, 1.5), y, "Generated scans with and without a lesion", shape=(size, size),
        classes=("none", "lesion"), groups=np.where(dense, "dense", "sparse"), extra={"place": place},
    )  # fmt: skip


def regimes(n: int = 1500, window: int = 12, seed: int = 0) -> Data:
    """A series of returns that switches between a calm regime with momentum and a turbulent one with mean reversion.

    Features are the last ``window`` returns, the target is the next. A linear forecast can't tell the regimes apart (their signs are opposite), but the
    size of recent returns does. ``extra["best"]`` (n,) is the forecast if the regime is known.
    """
    rng = np.random.default_rng(seed)
    calm, r, state = np.empty(n + window, bool), np.zeros(n + window), True
    for t in range(1, n + window):
        state = state if rng.random() > 0.03 else not state
        calm[t] = state
        r[t] = (0.7 * r[t - 1] + 0.3 * rng.normal()) if state else (-0.7 * r[t - 1] + 1.5 * rng.normal())
    X = np.stack([r[k : k + window] for k in range(n)])
    known = np.where(calm[window:], 0.7, -0.7) * r[window - 1 : -1]
    return Data(
        "regimes", X, r[window:], "Next return of a series with two regimes", task="series", extra={"best": known}
    )


def ratings(users: int = 60, items: int = 40, seed: int = 0) -> Data:
    """A small matrix of ratings with latent factors: features are user and item, one-hot; the target is the rating, 1 to 5.

    ``extra["rated"]`` (samples, 2) has user and item of each sample, ``extra["users"]`` the number of users.
    """
    rng = np.random.default_rng(seed)
    taste, kind = rng.normal(size=(users, 2)), rng.normal(size=(items, 2))
    score = 3 + 1.1 * taste @ kind.T / np.sqrt(2) + 0.4 * rng.normal(size=users)[:, None] + 0.4 * rng.normal(size=items)
    rated = np.argwhere(rng.random((users, items)) < 0.7)
    rng.shuffle(rated)
    y = np.clip(np.round(score[rated[:, 0], rated[:, 1]] + 0.25 * rng.normal(size=len(rated))), 1, 5)
    X = np.zeros((len(rated), users + items))
    X[np.arange(len(rated)), rated[:, 0]] = 1
    X[np.arange(len(rated)), users + rated[:, 1]] = 1
    return Data("ratings", X, y, "Ratings of items by users", task="regression", extra={"rated": rated, "users": users})
