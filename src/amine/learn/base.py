"""Base of the estimators: arguments, training, files."""

from __future__ import annotations

import inspect
import math
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import torch
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted
from torch import Tensor

from amine.doors import constructed
from amine.errors import AmineError
from amine.learn import algorithms, checks, fitted, saving, scalers, training
from amine.learn.algorithms._base import Direct
from amine.learn.algorithms.eventprop import Events
from amine.learn.export import to_network, to_nir, to_onnx
from amine.learn.layers import Layered, Spec, check_initial
from amine.learn.losses import LOSSES, Loss
from amine.learn.neurons import check_spiking, neuron_of
from amine.learn.ranges import SCALERS
from amine.learn.remembering import Remembering
from amine.units import to_internal

if TYPE_CHECKING:
    import numpy.typing as npt
    from sklearn.utils import Tags

    from amine.given import FilePath, Quantity
    from amine.learn.given import (
        Callback,
        Hidden,
        LearningRule,
        NeuronKind,
        OptimizerLike,
        Scaler,
        Seed,
        SurrogateLike,
    )
    from amine.network.network import Network

PORTION = 512  # most samples that a prediction takes at once
ENTRIES = 2**22  # most entries of the sequence of one layer in a prediction
TRAINED = 2**23  # and where gradients are computed


class Estimator(Remembering, BaseEstimator):
    """Base of :class:`Classifier` and :class:`Regressor`; not for use by itself."""

    _default_loss = ""
    n_features_in_: int
    scaler_: Any
    seed_: int
    steps_: int  # of sequences, as first seen; 0 for samples with features alone
    feature_names_in_: Any
    notes_: dict[str, Any]

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
    ):
        self.hidden = hidden
        self.neurons = neurons
        self.loss = loss
        self.optimizer = optimizer
        self.rate = rate
        self.epochs = epochs
        self.iterations = iterations
        self.batch_size = batch_size
        self.penalty = penalty
        self.initial = initial
        self.bias = bias
        self.rule = rule
        self.encoder = encoder
        self.steps = steps
        self.dt = dt
        self.recurrent = recurrent
        self.readout = readout
        self.surrogate = surrogate
        self.schedule = schedule
        self.clip = clip
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.patience = patience
        self.tolerance = tolerance
        self.precision = precision
        self.seed = seed
        self.progress = progress
        self.scaler = scaler
        self.optimizer_arguments = optimizer_arguments
        self.warm_start = warm_start
        self.callbacks = callbacks
        self.random_state = random_state

    def set_params(self, **params: Any) -> Self:
        """Sets arguments by name; ``rule__option`` sets an option of the rule, also of one that is given by name."""
        nested = {k.removeprefix("rule__"): params.pop(k) for k in list(params) if k.startswith("rule__")}
        super().set_params(**params)
        if nested:
            self.rule = algorithms.get(self.rule, type(self).__name__, **nested)
        return self

    # --- learning ----------------------------------------------------------------------------------------------

    @constructed
    def fit(self, X: npt.ArrayLike, y: npt.ArrayLike, sample_weight: npt.ArrayLike | None = None) -> Self:
        """Trains on samples X (samples, features) and targets y (samples,): anew, or with ``warm_start`` from the present weights.

        Spiking networks also take sequences X (samples, steps, features), whose values are the input of each step. ``sample_weight`` (samples,) weighs
        the loss of each sample; samples of weight 0 are left out.

        Raises
        ------
        AmineError
            If an argument or the data is wrong, or if loss or gradients explode in the first epoch. In a later epoch, training stops with a
            warning, and the weights of the best epoch so far are kept.
        """
        plan = self._plan()
        warm = self.warm_start and hasattr(self, "network_")
        X, y = self._check_data(X, y, reset=not warm)
        X, y, w = self._weighed(X, y, sample_weight)
        X = self._fit_scaler(X, y, False if warm else None)
        if warm:
            fitted.check_same(type(self).__name__, self.spec_, self._spec(X.shape[-1]))
            self._widen(X)
        else:
            self._start(X, y)
        parts = self._split(X, y, w)
        plan.epochs = self._epochs(plan, len(parts[0][0]))
        self._learn(plan, *parts)
        return self

    @constructed
    def partial_fit(
        self, X: npt.ArrayLike, y: npt.ArrayLike, sample_weight: npt.ArrayLike | None = None, **more: Any
    ) -> Self:
        """Makes one pass over these samples from the current weights; the first call initialises them.

        A spiking network widens the range of its features to span the samples of all calls.
        """
        plan = self._plan()
        first = not hasattr(self, "network_")
        X, y = self._check_data(X, y, reset=first, **more)
        X, y, w = self._weighed(X, y, sample_weight)
        X = self._fit_scaler(X, y, first)
        if first:
            self._start(X, y)
        else:
            fitted.check_same(type(self).__name__, self.spec_, self._spec(X.shape[-1]))
            self._widen(X)
        plan.epochs, plan.patience, plan.schedule = 1, None, "constant"
        self._learn(plan, self._tensors_of(X, y, w), None)
        return self

    def _widen(self, X: np.ndarray) -> None:
        if isinstance(self.network_, Layered | Events):
            self.network_.widen_range(saving.numpy_tensor(X, self.spec_.dtype))

    def _weighed(
        self, X: np.ndarray, y: np.ndarray, sample_weight: npt.ArrayLike | None
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
        """Samples of weight above 0, their targets, and their weights (samples,) with mean 1; None for equal ones."""
        w = checks.sample_weights(type(self).__name__, sample_weight, X)
        if w is None:
            return X, y, None
        rule = algorithms.get(self.rule, type(self).__name__)
        if not rule.weighs:
            raise AmineError(
                f"{type(self).__name__}, sample_weight", f"rule '{rule.name}' has no use for it", hint="leave it out"
            )
        X, y, w = X[w > 0], y[w > 0], w[w > 0]
        return X, y, None if (w == w[0]).all() else w / w.mean()

    def _fit_scaler(self, X: np.ndarray, y: np.ndarray, first: bool | None = None) -> np.ndarray:
        """Samples by a transformer that was given as ``scaler``, fitted to them; ``first``: whether a stream begins, None if there is none."""
        where = f"{type(self).__name__}, scaler"
        if isinstance(self.scaler, str):
            checks.one_of(where, "scaler", self.scaler, SCALERS)
            self.scaler_ = None
            return X
        if first in (None, True):
            self.scaler_ = scalers.copied(where, self.scaler)
        scalers.fit(where, self.scaler_, X, y, stream=first is not None)
        return scalers.transform(where, self.scaler_, X)

    def prepared(self, X: np.ndarray) -> np.ndarray:
        """Samples (samples, features) as the network takes them: by the transformer that was given as ``scaler``, if one was."""
        return X if self.scaler_ is None else scalers.transform(f"{type(self).__name__}, scaler", self.scaler_, X)

    def _plan(self) -> training.Plan:
        where, number, whole = type(self).__name__, checks.number, checks.whole
        checks.one_of(f"{where}, schedule", "schedule", self.schedule, training.SCHEDULES)
        number(f"{where}, rate", self.rate, 0.0, open_low=True)
        if self.iterations is not None:
            whole(f"{where}, iterations", self.iterations)
        return training.Plan(
            epochs=whole(f"{where}, epochs", self.epochs),
            batch_size=None if self.batch_size is None else whole(f"{where}, batch_size", self.batch_size),
            penalty=number(f"{where}, penalty", self.penalty, 0.0),
            clip=None if self.clip is None else number(f"{where}, clip", self.clip, 0.0, open_low=True),
            patience=whole(f"{where}, patience", self.patience) if self.early_stopping else None,
            tolerance=number(f"{where}, tolerance", self.tolerance, 0.0),
            schedule=self.schedule,
            progress=bool(self.progress),
            after=self._after if len(self.callbacks) else None,
        )

    def _after(self, line: dict[str, float]) -> bool:
        """Calls all callbacks with the figures of an epoch; whether one wants training to stop."""
        wanted = [bool(call(self, dict(line))) for call in self.callbacks]
        return any(wanted)

    def _epochs(self, plan: training.Plan, n: int) -> int:
        if self.iterations is None:
            return plan.epochs
        return math.ceil(self.iterations / math.ceil(n / (plan.batch_size or n)))

    def _start(self, X: np.ndarray, y: np.ndarray) -> None:
        """A new network, rule and optimiser."""
        self.history_: dict[str, list[float]] = {}
        self._assemble(self._spec(X.shape[-1]), y)
        self.network_.set_range(saving.numpy_tensor(X, self.spec_.dtype))
        self._start_optimizer()

    def _start_optimizer(self) -> None:
        """A new optimiser; none for a rule that changes the network itself."""
        if not isinstance(self._learner, Direct):
            where, given, more = type(self).__name__, self.optimizer, self.optimizer_arguments
            self.optimizer_ = training.optimizer(where, given, self.network_, float(self.rate), more)

    def _assemble(self, spec: Spec, y: np.ndarray | None, rule: algorithms.Rule | None = None) -> None:
        where = type(self).__name__
        self.spec_ = spec
        self.seed_ = checks.seed(where, self.seed if self.random_state is None else self.random_state)
        self._generator = torch.Generator().manual_seed(self.seed_)
        self._rule = rule = rule or algorithms.get(self.rule, where)
        loss = Loss(self._loss_name(), spec.task, None if y is None else self._weights(y, spec))
        rule.check(where, spec)
        if spec.task == "labels" and not rule.labels:
            raise AmineError(f"{where}, y", f"rule '{rule.name}' learns one label a sample", hint="use rule='backprop'")
        if y is not None:
            self._check_used(where, rule)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.seed_)
            self.network_: Any = rule.build(spec)
            self._learner = rule.start(self.network_, loss)

    def _check_used(self, where: str, rule: algorithms.Rule) -> None:
        """Raises AmineError if an argument was given that means nothing under the rule."""
        defaults = inspect.signature(type(self)).parameters
        for name in rule.unused:
            if name in defaults and getattr(self, name) != defaults[name].default:
                raise AmineError(
                    f"{where}, {name}",
                    f"rule '{rule.name}' has no use for it",
                    given=repr(getattr(self, name))[:40],
                    hint="leave it out",
                )

    def _loss_name(self) -> str:
        name = self._default_loss if self.loss is None else self.loss
        return checks.one_of(f"{type(self).__name__}, loss", "loss", name, LOSSES)

    def _spec(self, inputs: int) -> Spec:
        where = type(self).__name__
        hidden = checks.sizes(where, self.hidden)
        neurons = neuron_of(where, self.neurons)
        spiking = not isinstance(neurons, str)
        if spiking and not hidden:
            raise AmineError(
                f"{where}, hidden",
                "spiking neurons stand in hidden layers, and there are none",
                hint="give hidden=(128,)",
            )
        if spiking:
            check_spiking(where, self)
        elif getattr(self, "steps_", 0):
            raise AmineError(
                f"{where}, X",
                "rate neurons have no time, and samples are sequences",
                expected="(samples, features)",
                hint="flatten them, or use spiking neurons",
            )
        precision = self.precision or ("float32" if spiking else "float64")
        checks.one_of(f"{where}, precision", "precision", precision, ("float32", "float64"))

        return Spec(
            inputs,
            self._outputs(),
            hidden,
            neurons,
            bool(self.bias),
            check_initial(where, self.initial, hidden),
            precision,
            bool(self.recurrent),
            self.encoder,
            checks.whole(f"{where}, steps", self.steps),
            to_internal(self.dt, "ms", f"{where}, dt", positive=True),
            self.readout,
            self.surrogate,
            self._task(),
            self.scaler if isinstance(self.scaler, str) else "auto",
        )

    def _split(
        self, X: np.ndarray, y: np.ndarray, w: np.ndarray | None
    ) -> tuple[training.Batch, training.Batch | None]:
        """Training samples, and validation samples if some are held out."""
        fraction = self.validation_fraction
        if fraction is None:
            fraction = 0.1 if self.early_stopping else 0.0
        where = f"{type(self).__name__}, validation_fraction"
        checks.number(where, fraction, 0.0, 0.9)
        if fraction == 0.0:
            if self.early_stopping:
                raise AmineError(where, "early stopping needs samples to validate on", given="0")
            return self._tensors_of(X, y, w), None
        from sklearn.model_selection import train_test_split

        n = max(1, round(fraction * len(X)))
        if n >= len(X):
            raise AmineError(where, "no samples are left to learn from", given=f"{len(X)} samples")
        stratum = self._stratum(y, n)
        a, b = train_test_split(np.arange(len(X)), test_size=n, random_state=self.seed_ % 2**32, stratify=stratum)
        return self._tensors_of(X[a], y[a], None if w is None else w[a]), self._tensors_of(X[b], y[b])

    def _learn(self, plan: training.Plan, data: training.Batch, validation: training.Batch | None) -> None:
        if isinstance(self._learner, Direct):
            self._learn_directly(self._learner, *data[:2])
            return
        plan.portion = self._portion(TRAINED)
        trainer = training.Trainer(
            self._learner, self.optimizer_, plan, self._merit, self._generator, self.history_, type(self).__name__
        )
        trainer.run(data, validation)
        self.stopped_ = trainer.stopped
        self.n_epochs_ = len(self.history_.get("loss", []))

    def _learn_directly(self, learner: Direct, x: Tensor, target: Tensor) -> None:
        """One pass; loss and score are those of each sample before it was learned."""
        began = time.perf_counter()
        with training.few_threads(0):
            loss, scores = learner.learn(x, target)
        line = {"loss": float(loss), "score": self._merit(scores, target), "seconds": time.perf_counter() - began}
        for name, value in line.items():
            self.history_.setdefault(name, []).append(value)
        self.stopped_, self.n_epochs_ = "", len(self.history_["loss"])

    # --- classifier or regressor ------------------------------------------------------------------------------------------

    def _check_data(self, X: npt.ArrayLike, y: npt.ArrayLike, *, reset: bool) -> tuple[np.ndarray, np.ndarray]:
        raise NotImplementedError

    def _outputs(self) -> int:
        raise NotImplementedError

    def _task(self) -> str:
        raise NotImplementedError

    def _target(self, y: np.ndarray) -> Tensor:
        raise NotImplementedError

    def _merit(self, scores: Tensor, target: Tensor) -> float:
        raise NotImplementedError

    def _weights(self, y: np.ndarray, spec: Spec) -> Tensor | None:
        return None

    def _stratum(self, y: np.ndarray, n: int) -> np.ndarray | None:
        return None

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    # --- prediction --------------------------------------------------------------------------------------------

    def _tensors_of(self, X: np.ndarray, y: np.ndarray, w: np.ndarray | None = None) -> training.Batch:
        dtype = self.spec_.dtype
        return saving.numpy_tensor(X, dtype), self._target(y), None if w is None else saving.numpy_tensor(w, dtype)

    def _scores(self, X: npt.ArrayLike) -> Tensor:
        check_is_fitted(self, "network_")
        x = saving.numpy_tensor(self.prepared(checks.data(self, X, reset=False)), self.spec_.dtype)
        self.network_.eval()
        with torch.no_grad():
            return torch.cat([self.network_(part) for part in x.split(min(PORTION, self._portion(ENTRIES)))])

    def _portion(self, entries: int) -> int:
        """Number of samples whose sequences have no more than some entries in any layer."""
        spec = self.spec_
        given = getattr(self, "steps_", 0)
        still = spec.encoder in ("current", "population") and not given  # one step stands for all
        widest = max((0 if still else spec.inputs), spec.outputs, *spec.hidden, 1)
        return max(1, entries // (widest * (given or spec.steps if spec.spiking else 1)))

    # --- files -------------------------------------------------------------------------------------------------

    def save(self, path: FilePath, *, overwrite: bool = False) -> None:
        """Writes weights and description to one safetensors file, which :func:`amine.learn.load` reads; no pickle."""
        check_is_fitted(self, "network_")
        saving.save(self, path, overwrite)

    def to_network(self, x: npt.ArrayLike) -> Network:
        """A :class:`amine.Network` that simulates the trained spiking network on one sample; see :func:`amine.learn.export.to_network`."""
        check_is_fitted(self, "network_")
        return to_network(self, x)

    def to_onnx(self, path: FilePath, *, overwrite: bool = False) -> None:
        """Writes a rate network as ONNX; see :func:`amine.learn.export.to_onnx`."""
        check_is_fitted(self, "network_")
        to_onnx(self, path, overwrite=overwrite)

    def to_nir(self, path: FilePath | None = None, *, overwrite: bool = False) -> Any:
        """A spiking network as a NIR graph, also written to ``path``; see :func:`amine.learn.export.to_nir`."""
        check_is_fitted(self, "network_")
        return to_nir(self, path, overwrite=overwrite)

    def _tensors(self) -> dict[str, Tensor]:
        out = {f"network.{k}": v for k, v in self.network_.state_dict().items()}
        return out | {f"rule.{k}": v for k, v in self._learner.state_dict().items()}

    def _describe(self) -> dict[str, Any]:
        given = {k: v for k, v in self.get_params(deep=False).items() if k != "callbacks"}  # not part of the model
        parameters = {k: saving.plain(v) for k, v in given.items()}
        found = {
            "spec": fitted.described(self.spec_),
            "rule": saving.plain(self._rule),
            "n_features_in_": self.n_features_in_,
            "history_": self.history_,
            "stopped_": self.stopped_,
            "steps_": self.steps_,
        }
        if hasattr(self, "notes_"):
            found["notes_"] = self.notes_
        if hasattr(self, "feature_names_in_"):
            found["feature_names_in_"] = [str(n) for n in self.feature_names_in_]
        return {"estimator": type(self).__name__, "parameters": parameters, "fitted": found}

    @classmethod
    def _rebuild(cls, description: dict[str, Any], tensors: dict[str, Tensor]) -> Self:
        new = cls(**{k: saving.unplain(v) for k, v in description["parameters"].items()})
        found = description["fitted"]
        new.n_features_in_, new.scaler_ = int(found["n_features_in_"]), None
        if "feature_names_in_" in found:
            new.feature_names_in_ = np.array(found["feature_names_in_"], dtype=object)
        new._restore(found)
        new.history_, new.stopped_ = found["history_"], found["stopped_"]
        new.steps_ = int(found.get("steps_", 0))
        if "notes_" in found:
            new.notes_ = dict(found["notes_"])
        new.n_epochs_ = len(new.history_.get("loss", []))
        new._assemble(fitted.spec_of(found["spec"]), None, saving.unplain(found["rule"]))
        for prefix, module in (("network.", new.network_), ("rule.", new._learner)):
            module.load_state_dict({k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)})
        new._start_optimizer()
        return new

    def _restore(self, fitted: dict[str, Any]) -> None:
        raise NotImplementedError
