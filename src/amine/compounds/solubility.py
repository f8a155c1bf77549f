"""Solubility of curated drugs in water: an estimate from structure, for warnings of doses that may not dissolve.

Delaney JS (2004) J Chem Inf Comput Sci 44:1000-1005 (ESOL): logS = 0.16 - 0.63 cLogP - 0.0062 M + 0.066 rotatable bonds - 0.74 aromatic part. It is off by a factor of
ten at times, knows neutral molecules and no salts, ions and peptides; the numbers are computed beforehand.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources

ERROR = 10.0  # a dose this many times above the estimate is warned of


@cache
def _table() -> dict[str, float]:
    file = resources.files("amine.compounds").joinpath("data", "estimates", "solubility.toml")
    return tomllib.loads(file.read_text(encoding="utf-8"))


def solubility(drug: str) -> float | None:
    """Estimated solubility of a drug in water in uM, by its id; None if there is no estimate.

    Parameters
    ----------
    drug : id of a curated drug.

    Examples
    --------
    >>> solubility("diazepam"), solubility("cadmium")
    (110.0, None)
    """
    return _table().get(drug)


def too_concentrated(drug: str, peak: float) -> str:
    """A sentence for a warning if a concentration (uM) is far above the estimate, else empty.

    >>> too_concentrated("diazepam", 1.0)
    ''
    """
    most = solubility(drug)
    if most is None or peak <= ERROR * most:
        return ""
    return f"its {peak:g} uM may not dissolve: an estimate from its structure is {most:g} uM in water, within a factor of ten"
