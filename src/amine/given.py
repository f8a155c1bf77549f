"""Types of what is given at the door."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    import numpy.typing as npt
    import pint

    from amine.distributions import Distribution

# a quantity: text with its unit ("1.5 nS"), a number times a unit (20*ms), or a plain number where that has one meaning
Quantity: TypeAlias = "str | float | pint.Quantity"
# one value, one for each neuron or synapse, or a distribution from which they are drawn
Values: TypeAlias = "str | float | pint.Quantity | npt.ArrayLike | Distribution"
FilePath: TypeAlias = "str | os.PathLike[str]"  # a file or a folder
