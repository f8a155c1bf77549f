"""Estimators in scikit-learn's protocol, from logistic regression to spiking networks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from amine.errors import AmineError
from amine.optional import optional

with optional("amine.learn.estimators"):
    import torch
    from sklearn.base import ClassifierMixin, RegressorMixin
    from torch import Tensor

    from amine.learn import algorithms, checks, saving
    from amine.learn.base import Estimator
    from amine.learn.layers import Spec
    from amine.learn.losses import Loss

if TYPE_CHECKING:
    import numpy.typing as npt
    from sklearn.utils import Tags

    from amine.given import FilePath, Quantity
    from amine.learn.given import (
        Callback,
        ClassWeight,
        Hidden,
        LearningRule,
        NeuronKind,
        OptimizerLike,
        Scaler,
        Seed,
        SurrogateLike,
    )


class Classifier(ClassifierMixin, Estimator):
    """A classifier: logistic regression, a multilayer perceptron or a spiking network, by its arguments.

    The output is a sigmoid for two classes and a softmax for more.

    Parameters
    ----------
    hidden : sizes of the hidden layers; none for (multinomial) logistic regression.
    neurons : neurons of the hidden layers: ``sigmoid``, ``tanh``, ``relu``, ``softmax``, ``identity``, or any spiking neuron model or its name.
        Without hidden layers, ``softmax`` gives two classes an output each.
    loss : ``cross_entropy`` (default) or ``mse``.
    optimizer : any optimiser of ``torch.optim`` by name, such as ``sgd`` or ``adam``, or its class; or a function of the parameters that makes one.
    optimizer_arguments : further arguments of the optimiser, such as ``{"momentum": 0.9}``.
    rate : the learning rate.
    epochs : number of passes over the samples.
    iterations : number of updates, in place of ``epochs``; rounded up to whole passes.
    batch_size : number of samples per update; None for all, whose gradients are summed in portions, so that sequences take little memory.
    penalty : L2 penalty: ``penalty/2`` times the sum of squared weights, without biases, is added to the mean loss.
    initial : initial weights: ``auto`` (uniform within 1/sqrt(inputs)), ``zero``, ``xavier_uniform``, ``xavier_normal``, ``kaiming_uniform``,
        ``kaiming_normal`` or ``orthogonal``.
    bias : whether layers have biases.
    rule : a learning rule by name or a rule with options; see :mod:`amine.learn.algorithms`.
    encoder : for spiking networks, how features become currents or spikes: ``current``, ``rate``, ``latency``, ``population`` or ``delta``.
    steps, dt : for spiking networks, number and length of time steps; ``delta`` takes the features for a series, each for a step, or for an equal
        part of the steps if that is ten or more.
    recurrent : for spiking networks, whether hidden layers have recurrent weights.
    readout : for spiking networks, how scores are read from the output over time: ``mean``, ``leaky`` (a leaky mean at the end) or ``max_over_time``.
    surrogate : for spiking networks, the derivative of a spike: a name or a Surrogate of :mod:`amine.learn.nn`; ``auto`` is the rule's own.
    schedule : schedule of the learning rate: ``constant``, ``cosine``, ``linear``, ``exponential`` or ``step``.
    clip : largest norm of the gradient; None for no bound.
    early_stopping : stop when the validation loss has not fallen by ``tolerance`` for ``patience`` epochs, and keep the best weights.
    validation_fraction : fraction of the samples held out for validation; None for 0.1 with early stopping and 0 without.
    precision : ``float32`` or ``float64``; None for float64 with rate neurons and float32 with spiking ones.
    seed : seed of initial weights, order of samples and random feedback: a whole number, NumPy's RandomState, or None for a new one in each fit.
    random_state : takes the place of ``seed`` if given, as in scikit-learn.
    warm_start : whether a further ``fit`` goes on from the present weights.
    callbacks : functions of the estimator and a mapping of figures (loss, score, rate, ...), called after each epoch; a true result stops training.
    progress : whether a progress bar is drawn on the terminal.
    scaler : how features are scaled: ``robust`` to 0..1 by their range, which values far outside all others do not stretch; ``range`` by least and greatest value;
        ``none``; ``auto`` for ``robust`` with spiking neurons and ``none`` with rate neurons; or a transformer of scikit-learn, whose output is taken as ``auto`` does.
    class_weight : ``balanced``, ``{class: weight}``, or a weight for each class in the order of ``classes_``.

    Attributes
    ----------
    classes_ : the labels. network_ : the torch module. n_epochs_ : number of epochs done. stopped_ : reason of an early stop, or an empty text.
    history_ : lists ``loss``, ``score`` (accuracy), ``rate``, ``seconds`` and, with validation, ``validation_loss``, ``validation_score``.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> X, y = load_iris(return_X_y=True)
    >>> Classifier(hidden=(16,), neurons="tanh", epochs=100).fit(X, y).score(X, y) > 0.9
    True
    """

    _default_loss = "cross_entropy"
    _several = False  # whether a sample has several labels

    def __init__(
        self,
        hidden: Hidden = (),
        neurons: NeuronKind = "sigmoid",
        *,
        loss: str | None = None,
        optimizer: OptimizerLike = "adam",
        rate: float = 0.01,
        epochs: int = 200,
        iterations: int | None = None,
        batch_size: int | None = None,
        penalty: float = 0.0,
        initial: str = "auto",
        bias: bool = True,
        rule: LearningRule = "backprop",
        encoder: str = "current",
        steps: int = 50,
        dt: Quantity = "1 ms",
        recurrent: bool = False,
        readout: str = "mean",
        surrogate: SurrogateLike = "auto",
        schedule: str = "constant",
        clip: float | None = None,
        early_stopping: bool = False,
        validation_fraction: float | None = None,
        patience: int = 10,
        tolerance: float = 1e-4,
        precision: str | None = None,
        seed: Seed = 0,
        progress: bool = False,
        scaler: Scaler = "auto",
        optimizer_arguments: Mapping[str, object] | None = None,
        warm_start: bool = False,
        callbacks: Sequence[Callback] = (),
        random_state: Seed = None,
        class_weight: ClassWeight = None,
    ):
        given = {k: v for k, v in locals().items() if k not in ("self", "class_weight", "__class__")}
        super().__init__(**given)
        self.class_weight = class_weight

    def partial_fit(  # type: ignore[override]
        self,
        X: npt.ArrayLike,
        y: npt.ArrayLike,
        classes: npt.ArrayLike | None = None,
        sample_weight: npt.ArrayLike | None = None,
    ) -> Self:
        """Makes one pass over these samples; the first call needs all ``classes`` unless y contains them."""
        return super().partial_fit(X, y, sample_weight, classes=classes)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = algorithms.get(self.rule, "Classifier").labels
        return tags

    def predict(self, X: npt.ArrayLike) -> np.ndarray:
        """Most probable label of each sample (samples,); of several labels, 0 or 1 for each (samples, labels)."""
        scores = self._scores(X)
        if self.spec_.task == "labels":
            return (scores > 0).long().numpy()
        index = (scores[:, 0] > 0).long() if self.spec_.task == "binary" else scores.argmax(1)
        return self.classes_[index.numpy()]

    def predict_proba(self, X: npt.ArrayLike) -> np.ndarray:
        """The probability of each class (samples, classes)."""
        scores = self._scores(X)
        wide = Loss(self._loss_name(), self.spec_.task).prediction(
            scores.double()
        )  # single rounds by place in the batch
        p = wide.to(scores.dtype).numpy()
        return np.hstack([1 - p, p]) if self.spec_.task == "binary" else p

    def decision_function(self, X: npt.ArrayLike) -> np.ndarray:
        """The scores before sigmoid or softmax: (samples,) for two classes, (samples, classes) otherwise."""
        s = self._scores(X).numpy()
        if self.spec_.task == "labels":
            return s
        if self.spec_.task == "binary":
            return s[:, 0]
        return s[:, 1] - s[:, 0] if len(self.classes_) == 2 else s

    def _check_data(
        self, X: npt.ArrayLike, y: npt.ArrayLike, *, reset: bool, classes: npt.ArrayLike | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        X = checks.data(self, X, reset=reset)
        several = checks.indicators(self, y, X)
        if reset:
            self._several = several is not None
        elif self._several != (several is not None):
            raise AmineError("Classifier, y", "the number of axes is not that of the first call", given=str(np.ndim(y)))
        if several is not None:
            return X, self._indicators(several, reset)
        y = checks.labels(self, y, X)
        found = np.unique(y)
        if reset:
            self.classes_ = found if classes is None else np.unique(classes)
            if len(self.classes_) < 2:
                raise AmineError(
                    "Classifier, y", f"there is one class only, {self.classes_[0]}", expected="two classes or more"
                )
        if not np.isin(found, self.classes_).all():
            new = found[~np.isin(found, self.classes_)][0]
            raise AmineError(
                "Classifier, y", f"label {new!r} is not among the classes", hint="name all classes in the first call"
            )
        return X, y

    def _indicators(self, y: np.ndarray, reset: bool) -> np.ndarray:
        """Indicators (samples, labels) of as many labels as in the first call."""
        if self.class_weight is not None:
            raise AmineError(
                "Classifier, class_weight",
                "it is for one label a sample, and here are several",
                hint="use sample_weight",
            )
        if reset:
            self.classes_ = np.arange(y.shape[1])
        if y.shape[1] != len(self.classes_):
            raise AmineError(
                "Classifier, y", "the number of labels differs", given=str(y.shape[1]), expected=str(len(self.classes_))
            )
        return y

    def _task(self) -> str:
        if self._several:
            return "labels"
        plain = len(self.classes_) == 2 and not (
            self.neurons == "softmax" and not checks.sizes("Classifier", self.hidden)
        )
        return "binary" if plain else "classes"

    def _outputs(self) -> int:
        return 1 if self._task() == "binary" else len(self.classes_)

    def _target(self, y: np.ndarray) -> Tensor:
        if self.spec_.task == "labels":
            return saving.numpy_tensor(y, self.spec_.dtype)
        index = torch.from_numpy(np.searchsorted(self.classes_, y))
        return index[:, None].to(self.spec_.dtype) if self.spec_.task == "binary" else index

    def _merit(self, scores: Tensor, target: Tensor) -> float:
        if self.spec_.task == "binary":
            return float(((scores > 0) == (target > 0.5)).double().mean())
        if self.spec_.task == "labels":
            return float(((scores > 0) == (target > 0.5)).all(1).double().mean())
        return float((scores.argmax(1) == target).double().mean())

    def _weights(self, y: np.ndarray, spec: Spec) -> Tensor | None:
        w = checks.class_weights("Classifier", self.class_weight, self.classes_, y)
        return None if w is None else torch.as_tensor(w, dtype=spec.dtype)

    def _stratum(self, y: np.ndarray, n: int) -> np.ndarray | None:
        if self._several:
            return None
        counts = np.unique(y, return_counts=True)[1]
        return y if counts.min() >= 2 and len(counts) <= min(n, len(y) - n) else None

    def _describe(self) -> dict[str, Any]:
        out = super()._describe()
        out["fitted"]["several"] = self._several
        out["fitted"]["classes_"] = saving.array_to_plain(self.classes_)
        return out

    def _restore(self, fitted: dict[str, Any]) -> None:
        self.classes_ = saving.array_from_plain(fitted["classes_"])
        self._several = bool(fitted.get("several", False))


class Regressor(RegressorMixin, Estimator):
    """A regressor: linear regression, a multilayer perceptron or a spiking network; the arguments are those of :class:`Classifier`.

    The loss is the mean squared error, and ``score`` in ``history_`` the coefficient of determination, averaged over batches.

    Examples
    --------
    >>> X = np.linspace(-1, 1, 50)[:, None]
    >>> Regressor(hidden=(16,), neurons="tanh", epochs=500).fit(X, X[:, 0] ** 2).score(X, X[:, 0] ** 2) > 0.95
    True
    """

    _default_loss = "mse"

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    def predict(self, X: npt.ArrayLike) -> np.ndarray:
        """The values (samples,), or (samples, outputs) if y had two axes."""
        out = self._scores(X).double().numpy()
        return out[:, 0] if self._flat else out

    def _check_data(self, X: npt.ArrayLike, y: npt.ArrayLike, *, reset: bool) -> tuple[np.ndarray, np.ndarray]:
        if self._loss_name() != "mse":
            raise AmineError("Regressor, loss", "cross-entropy needs classes", hint="use loss='mse', or a Classifier")
        X = checks.data(self, X, reset=reset)
        y = checks.targets(self, y, X)
        if reset:
            self._flat, self._n_targets = y.ndim == 1, 1 if y.ndim == 1 else y.shape[1]
        y = y[:, None] if y.ndim == 1 else y
        if y.shape[1] != self._n_targets:
            raise AmineError(
                "Regressor, y",
                "the number of outputs along axis 1 differs",
                given=str(y.shape[1]),
                expected=str(self._n_targets),
            )
        return X, y

    def _task(self) -> str:
        return "regression"

    def _outputs(self) -> int:
        return self._n_targets

    def _target(self, y: np.ndarray) -> Tensor:
        return saving.numpy_tensor(y, self.spec_.dtype)

    def _merit(self, scores: Tensor, target: Tensor) -> float:
        rest = (scores - target).square().sum()
        spread = (target - target.mean(0)).square().sum()
        return float(1 - rest / spread) if spread > 0 else 0.0

    def _describe(self) -> dict[str, Any]:
        out = super()._describe()
        out["fitted"] |= {"outputs": self._n_targets, "flat": self._flat}
        return out

    def _restore(self, fitted: dict[str, Any]) -> None:
        self._n_targets, self._flat = int(fitted["outputs"]), bool(fitted["flat"])


def load(path: FilePath) -> Classifier | Regressor:
    """Reads a :class:`Classifier` or :class:`Regressor` that ``save`` wrote.

    Raises
    ------
    AmineError
        If the file is missing, of another version, or damaged.

    Examples
    --------
    >>> import tempfile
    >>> X, y = np.array([[0.0], [1.0]]), np.array(["low", "high"])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     Classifier(epochs=200, rate=0.1).fit(X, y).save(f"{folder}/model.safetensors")
    ...     load(f"{folder}/model.safetensors").predict(X).tolist()
    ['low', 'high']
    """
    description, tensors = saving.read(path)
    makers = {"Classifier": Classifier, "Regressor": Regressor}
    try:
        return makers[description["estimator"]]._rebuild(description, tensors)
    except AmineError:
        raise
    except (KeyError, TypeError, ValueError, RuntimeError, AttributeError) as e:
        raise AmineError(f"model file '{path}'", "it is damaged", given=str(e).splitlines()[0][:80]) from e
