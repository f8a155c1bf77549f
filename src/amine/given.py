"""Types of arguments as users give them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import numpy.typing as npt
    import pint

    from amine.distributions import Distribution
    from amine.values import Array, Formula

# a quantity: text with its unit ("1.5 nS"), a number times a unit (20*ms), or a plain number where that has one meaning
Quantity: TypeAlias = "str | float | pint.Quantity"
# one value, one for each neuron or synapse, or a distribution from which these are drawn
Values: TypeAlias = "str | float | pint.Quantity | npt.ArrayLike | Distribution | Array | Formula"
# a place on a cell with several compartments: a region, branch or point by name, or compartments by number
Site: TypeAlias = "str | int | Sequence[str | int] | np.ndarray"
# a range of path distances from the soma: (nearest, farthest), or text such as "100 um .. 200 um"
Span: TypeAlias = "str | Sequence[Quantity]"
FilePath: TypeAlias = "str | os.PathLike[str]"  # a file or a folder
