"""Data sets that ship with scikit-learn."""

from __future__ import annotations

from typing import Any

import numpy as np

from amine.learn.data import Data


def digits() -> Data:
    """1797 handwritten digits of 8 x 8 pixels, in 0..1.

    Alpaydin E, Kaynak C (1998) UCI Machine Learning Repository.
    """
    from sklearn.datasets import load_digits

    found: Any = load_digits()
    return Data(
        "digits",
        found.data / 16.0,
        found.target,
        "Handwritten digits, 8 x 8 pixels",
        shape=(8, 8),
        classes=tuple("0123456789"),
    )


def tumour() -> Data:
    """569 breast tumours, 30 features of cell nuclei each, standardised; malignant is class 1. Groups are terciles of the mean nuclear radius.

    Street WN, Wolberg WH, Mangasarian OL (1993) Proc SPIE 1905:861-870.
    """
    from sklearn.datasets import load_breast_cancer

    found: Any = load_breast_cancer()
    x = found.data
    radius = np.digitize(x[:, 0], np.quantile(x[:, 0], [1 / 3, 2 / 3]))
    return Data(
        "tumour",
        (x - x.mean(0)) / x.std(0),
        1 - found.target,
        "Breast tumours, features of cell nuclei",
        features=tuple(found.feature_names),
        classes=("benign", "malignant"),
        groups=np.array(["small", "middle", "large"])[radius],
    )
