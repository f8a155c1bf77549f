"""Passive cells at one frequency: impedances between compartments, from one solve of the tree for each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from amine.morphology.compartments import Compartments
from amine.values import scalar

if TYPE_CHECKING:
    from amine.given import Quantity, Site


def matrix(c: Compartments, leak: np.ndarray, R_a: float) -> Any:
    """Sparse matrix (n, n) of the conductances of a tree in nS; ``leak`` (n,) are those of the membrane."""
    from scipy.sparse import csr_array

    i = np.flatnonzero(c.parent >= 0)
    j = c.parent[i]
    g = 1.0 / (R_a * c.resistance[i])
    n = len(c)
    diagonal = np.asarray(leak, complex if np.iscomplexobj(leak) else float).copy()
    np.add.at(diagonal, i, g)
    np.add.at(diagonal, j, g)
    rows, columns = np.concatenate([np.arange(n), i, j]), np.concatenate([np.arange(n), j, i])
    return csr_array((np.concatenate([diagonal, -g, -g]), (rows, columns)), (n, n))


def impedance(
    c: Compartments,
    places: Site | None = None,
    *,
    R_a: Quantity = "150 Ohm cm",
    R_m: Quantity = "20 kOhm cm2",
    C_m: Quantity = "1 uF/cm2",
    frequency: Quantity = "0 Hz",
) -> np.ndarray:
    """Impedances (GOhm) between compartments: entry [i, j] is the voltage at the i-th per current into the j-th; complex if not steady.

    Parameters
    ----------
    c : the compartments of a cell.
    places : a place or a list of compartments; None: all.
    R_a, R_m, C_m : resistivity of the cytoplasm, resistance and capacitance of the membrane.
    frequency : 0 for steady input resistances.

    Raises
    ------
    AmineError
        A value is not positive or has a wrong dimension, or a place is not known.

    Examples
    --------
    >>> import amine as am
    >>> c = am.morphology.cylinder("1 mm", "2 um", segments=501).compartments()
    >>> round(float(impedance(c, [0])[0, 0]) * 1e3)  # MOhm; R_inf coth L = 463.5 at the very end
    463
    """
    from scipy.sparse.linalg import splu

    r_a = scalar(R_a, "Ohm cm", "impedance(), R_a", positive=True)
    r_m = scalar(R_m, "Ohm cm**2", "impedance(), R_m", positive=True)
    c_m = scalar(C_m, "uF/cm**2", "impedance(), C_m", nonnegative=True)
    f = scalar(frequency, "Hz", "impedance(), frequency", nonnegative=True)
    leak = c.area / r_m if f == 0 else c.area * (1 / r_m + 2j * np.pi * f * c_m)
    at = np.arange(len(c)) if places is None else np.array(c.at(places, where="impedance()"))
    solver = splu(matrix(c, leak, r_a).tocsc())
    unit = np.zeros((len(c), len(at)), leak.dtype)
    unit[at, np.arange(len(at))] = 1.0
    return solver.solve(unit)[at]
