"""What estimators can do under the engram rule: drugs, uncertainty of a sample, and surprises."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from sklearn.utils.validation import check_is_fitted

from amine.errors import AmineError
from amine.learn import algorithms, checks
from amine.learn.engram.chemistry import dose_of

if TYPE_CHECKING:
    import numpy.typing as npt

    from amine.given import Quantity
    from amine.learn.algorithms.engram import Engram
    from amine.learn.engram.memory import Memory


class Remembering:
    """Methods of :class:`amine.learn.Classifier` and :class:`amine.learn.Regressor` for ``rule="engram"``; not for use by itself."""

    rule: Any
    network_: Any

    def dose(self, drug: str, concentration: Quantity) -> Self:
        """Adds a drug at a constant concentration, which acts from now on; doses of one drug add up, and different drugs act together.

        Parameters
        ----------
        drug : its name in the catalogue, as for a network. concentration : such as ``"10 uM"``.

        Raises
        ------
        AmineError
            Unknown drug, wrong unit, or a rule other than ``engram``.

        Examples
        --------
        >>> from amine.learn import Classifier
        >>> model = Classifier(hidden=(100,), rule="engram").dose("bicuculline", "10 uM")
        >>> round(model.rule.chemistry.gaba, 3)
        0.13
        """
        rule = self._engram("dose()")
        self._set_doses(replace(rule, doses=(*rule.doses, dose_of(drug, concentration))))
        return self

    def wash_out(self) -> Self:
        """Removes all drugs; what was learned under them stays."""
        self._set_doses(replace(self._engram("wash_out()"), doses=()))
        return self

    def uncertainty(self, X: npt.ArrayLike) -> np.ndarray:
        """Expected uncertainty (samples,) of samples X (samples, features): 0 for what is well known; acetylcholine of the engram rule.

        Raises
        ------
        AmineError
            If the rule is another one.
        """
        memory = self._memory("uncertainty()")
        estimator: Any = self
        return memory.uncertainty(self.network_.expansion(checks.data(estimator, X, reset=False).astype(float)))

    @property
    def surprises_(self) -> list[int]:
        """Number of samples learned at each surprise: a change of the world that known outcomes did not let expect."""
        return list(self._memory("surprises_").surprises)

    def _engram(self, what: str) -> Engram:
        rule: Any = algorithms.get(self.rule, type(self).__name__)
        if rule.name != "engram":
            raise AmineError(f"{type(self).__name__}, {what}", f"rule '{rule.name}' has none", hint="use rule='engram'")
        return rule

    def _memory(self, what: str) -> Memory:
        self._engram(what)
        check_is_fitted(self, "network_")  # type: ignore[arg-type]
        return self.network_.memory

    def _set_doses(self, rule: Engram) -> None:
        self.rule = rule
        network = vars(self).get("network_")
        if network is not None:
            network.memory.dose(rule.chemistry)
