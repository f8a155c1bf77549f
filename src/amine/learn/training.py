"""The loop over epochs: batches, schedule, early stopping, history, and a stop when gradients explode."""

from __future__ import annotations

import inspect
import math
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeAlias

import torch
import torch.distributed as dist
from torch import Tensor, nn

from amine.errors import AmineError, AmineWarning, did_you_mean
from amine.learn.algorithms._base import Learner
from amine.learn.nn.scanned import NotFinite
from amine.records import dataclass

Batch: TypeAlias = tuple[Tensor, Tensor, Tensor | None]  # samples, targets, weights of the samples (mean 1)
State: TypeAlias = tuple[dict[str, Tensor], dict[str, Tensor]]  # of the network, of the learning rule
SCHEDULES = ("constant", "cosine", "linear", "exponential", "step")
WORSE = 1.5  # times that loss: with such a loss at the end, nothing was learned
FAR = 30.0  # size of targets that a network of order one reaches only by many small updates
LOST = 1e3  # times the loss of an untrained network, or of scores of zero: such a loss is no transient of learning any more


def optimizers() -> dict[str, type[torch.optim.Optimizer]]:
    """Torch's optimisers by lower-case name, without those that need a closure or sparse gradients."""
    found = {n.lower(): c for n, c in vars(torch.optim).items() if inspect.isclass(c)}
    out = {n: c for n, c in found.items() if issubclass(c, torch.optim.Optimizer) and c is not torch.optim.Optimizer}
    return {n: c for n, c in out.items() if n not in ("lbfgs", "sparseadam")}


def optimizer(
    where: str,
    given: str | Callable[..., Any],
    network: nn.Module,
    rate: float,
    more: Mapping[str, object] | None = None,
) -> torch.optim.Optimizer:
    """An optimiser by its torch name or class, or from a function of the parameters; raises AmineError if there is none."""
    place = f"{where}, optimizer"
    known: dict[str, Any] = dict(optimizers())
    if isinstance(given, str) and given.lower() not in known:
        raise AmineError(place, f"optimiser {given!r} is not known", hint=did_you_mean(given, known))
    make: Any = known[given.lower()] if isinstance(given, str) else given
    if not callable(make):
        raise AmineError(
            place, "this is no optimiser", given=repr(given)[:40], expected="a name or a class of torch.optim"
        )
    try:
        made = make(network.parameters(), **({"lr": rate, **(more or {})} if inspect.isclass(make) else more or {}))
    except (TypeError, ValueError) as e:
        raise AmineError(place, "it cannot be made with these arguments", given=f"{dict(more or {})}: {e}"[:120]) from e
    if not isinstance(made, torch.optim.Optimizer) or isinstance(made, torch.optim.LBFGS | torch.optim.SparseAdam):
        raise AmineError(
            place,
            "it is none that one gradient a batch can drive",
            given=type(made).__name__,
            hint="use one such as adam or sgd",
        )
    return made


def schedule(name: str, opt: torch.optim.Optimizer, epochs: int) -> torch.optim.lr_scheduler.LRScheduler:
    """Schedule of the learning rate over the epochs: down to zero (cosine, linear) or a hundredth (exponential), or tenfold at each third (step)."""
    shapes: dict[str, Callable[[float], float]] = {
        "constant": lambda u: 1.0,
        "cosine": lambda u: 0.5 * (1 + math.cos(math.pi * u)),
        "linear": lambda u: 1 - u,
        "exponential": lambda u: 0.01**u,
        "step": lambda u: 0.1 ** min(2, math.floor(3 * u + 1e-9)),
    }
    return torch.optim.lr_scheduler.LambdaLR(opt, lambda e: shapes[name](min(1.0, e / epochs)))


@dataclass
class Plan:
    """Settings of the training loop; see :class:`amine.learn.Classifier`."""

    epochs: int
    batch_size: int | None
    penalty: float
    clip: float | None
    patience: int | None
    tolerance: float
    schedule: str
    progress: bool
    portion: int | None = None  # most samples of which gradients are computed at once; their sum is that of the batch
    after: Callable[[dict[str, float]], bool] | None = None  # called with figures of each epoch; stops training by True


@contextmanager
def few_threads(work: int) -> Iterator[None]:
    """Context with a single thread if ``work`` (operations per batch) is small: to start others would cost more than they save."""
    before = torch.get_num_threads()
    if work < 20_000_000:
        torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def bar(wanted: bool, total: int, what: str = "epochs") -> Iterator[Callable[[int, str], None]]:
    """Context with a function ``show(done, text)``, which draws a progress bar if standard error is a terminal."""
    if not wanted or not sys.stderr.isatty():
        yield lambda done, text: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.completed:.0f} of {task.total:.0f} " + what),
        BarColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[text]}"),
    )
    with Progress(*columns, console=Console(stderr=True)) as shown:
        task = shown.add_task("learn", total=total, text="")
        yield lambda done, text: shown.update(task, completed=done, text=text)


@dataclass
class _Good:
    """Weights to go back to, in the order in which they are tried: those after the best epoch, and those before it."""

    states: list[State]
    epoch: int
    loss: float


class Trainer:
    """Training loop; keeps the weights of the best epoch if the loss explodes or training stops early.

    Parameters
    ----------
    learner : the learning rule, applied to a network.
    opt : the optimiser of the network's parameters.
    plan : epochs, batch size, penalty and so on.
    score : figure of merit of scores and targets, larger for better.
    generator : draws the order of samples.
    history : lists to append to, by name.
    """

    def __init__(
        self,
        learner: Learner,
        opt: torch.optim.Optimizer,
        plan: Plan,
        score: Callable[[Tensor, Tensor], float],
        generator: torch.Generator,
        history: dict[str, list[float]],
        where: str,
    ):
        self.learner, self.opt, self.plan, self.score = learner, opt, plan, score
        self.generator, self.history, self.where = generator, history, where
        self.stopped = ""
        self.reference = 0.0  # loss of the first batch before its update, or of scores of zero if that is greater
        self.last: Batch | None = None

    def run(self, data: Batch, validation: Batch | None) -> None:
        """Runs all epochs, or fewer if training stops early."""
        with few_threads(data[0][: self.plan.batch_size].numel() * 64):
            self._run(data, validation)

    def _run(self, data: Batch, validation: Batch | None) -> None:
        plan = self.plan
        rates = schedule(plan.schedule, self.opt, plan.epochs)
        best, best_loss, waited = self._state(), math.inf, 0
        good = _Good([best], 0, math.inf)
        fresh, epoch = not self.history.get("loss"), 0
        with bar(plan.progress, plan.epochs) as show:
            for epoch in range(1, plan.epochs + 1):
                before = self._state()
                try:
                    line = self._epoch(data, validation)
                except FloatingPointError as e:
                    self._exploded(epoch, good, str(e), fresh)
                    return
                except KeyboardInterrupt:
                    self._restore(before)
                    self.stopped = f"interrupted in epoch {epoch}"
                    break
                for name, value in line.items():
                    self.history.setdefault(name, []).append(value)
                if line["loss"] < good.loss:
                    states = [before] if self._single(data) else [self._state(), before]
                    good = _Good(states, epoch, line["loss"])
                rates.step()
                if plan.after is not None and plan.after(line):
                    self.stopped = f"by a callback, at epoch {epoch}"
                    break
                show(epoch, f"loss {line['loss']:.4g}")
                if plan.patience is None or validation is None:
                    continue
                if line["validation_loss"] < best_loss - plan.tolerance:
                    best, best_loss, waited = self._state(), line["validation_loss"], 0
                else:
                    waited += 1
                if waited >= plan.patience:
                    self.stopped = f"early, at epoch {epoch}: no better for {waited} epochs"
                    break
        if plan.patience is not None and validation is not None and best_loss < math.inf:
            self._restore(best)
        problem = self._problem_now()
        if problem:
            self._exploded(epoch, good, problem, fresh)
        else:
            self._judge(data[1])

    def _judge(self, targets: Tensor) -> None:
        """Warns if the last epoch was worse than an untrained network, or than the mean of targets far from one in size."""
        if not self.history.get("loss"):
            return
        loss, score, size = self.history["loss"][-1], self.history["score"][-1], float(targets.abs().max())
        if loss > WORSE * self.reference:
            problem = f"the loss ended at {loss:.3g}, above {self.reference:.3g} of an untrained network"
            hint = "lower rate=, set clip= to bound the gradients, or train for longer"
        elif self.learner.loss.task == "regression" and score < 0 and size > FAR:
            problem = f"predictions are worse than the mean of y, whose values reach {size:.3g}"
            hint = "divide y by its size (TransformedTargetRegressor of scikit-learn does that), raise rate=, or train for longer"
        else:
            return
        warnings.warn(str(AmineError(self.where, problem, hint=hint)), AmineWarning, stacklevel=5)

    def _single(self, data: Batch) -> bool:
        """Whether an epoch is one batch, so that its loss is that of the weights before it."""
        return self.plan.batch_size is None or self.plan.batch_size >= len(data[0])

    def _problem(self, loss: float) -> str:
        """What is wrong with a loss, or an empty text."""
        if not math.isfinite(loss):
            return "the loss is not finite"
        if loss > LOST * max(self.reference, 1e-12):
            return f"the loss grew to {loss:.3g}, from {self.reference:.3g} of an untrained network,"
        return ""

    def _problem_now(self) -> str:
        """What is wrong with the present weights on the last batch, or an empty text."""
        if self.last is None:
            return ""
        x, y, w = self.last
        if self.plan.portion is not None:
            x, y, w = x[: self.plan.portion], y[: self.plan.portion], None if w is None else w[: self.plan.portion]
        self.learner.network.eval()
        with torch.no_grad():
            try:
                with self.learner.loss.weighing(w):
                    return self._problem(float(self.learner.loss(self.learner.network(x), y)))
            except NotFinite as e:
                return f"{e.where[:1].lower()}{e.where[1:]} is not finite"

    def _epoch(self, data: Batch, validation: Batch | None) -> dict[str, float]:
        began, n = time.perf_counter(), len(data[0])
        loss_sum, score_sum = 0.0, 0.0
        rate = self.opt.param_groups[0]["lr"]
        self.learner.network.train()
        self.learner.network.begin(len(self.history.get("loss", [])) + 1)
        for xb, yb, wb in self._batches(data):
            loss, scores = self.update(xb, yb, wb)
            self.last = xb, yb, wb
            if not self.reference:
                self.reference = max(loss, float(self.learner.loss(torch.zeros_like(scores), yb)))
            loss_sum += loss * len(xb) / n
            score_sum += self.score(scores, yb) * len(xb) / n
        problem = self._problem(loss_sum)
        if problem:
            raise FloatingPointError(problem)
        line = {"loss": loss_sum, "score": score_sum, "rate": rate, "seconds": time.perf_counter() - began}
        if validation is not None:
            self.learner.network.eval()
            with torch.no_grad():
                scores = self.learner.network(validation[0])
                line["validation_loss"] = float(self.learner.loss(scores, validation[1]))
                line["validation_score"] = self.score(scores, validation[1])
        return line

    def _batches(self, data: Batch) -> Iterator[Batch]:
        x, y, w = data
        size = self.plan.batch_size
        if size is None or size >= len(x):
            yield data
            return
        order = torch.randperm(len(x), generator=self.generator)
        for part in order.split(size):
            yield x[part], y[part], None if w is None else w[part]

    def _step(self, x: Tensor, y: Tensor, w: Tensor | None) -> tuple[float, Tensor]:
        """Gradients of a batch, loss and scores; in portions, where the rule allows it, so that the sequences of all samples need not be in memory at once."""
        size, learner = self.plan.portion, self.learner
        if size is None or size >= len(x) or not learner.additive:
            with learner.loss.weighing(w):
                loss, scores = learner.step(x, y)
            return float(loss), scores
        total, found, sums = 0.0, [], dict[nn.Parameter, Tensor]()
        for part in torch.arange(len(x)).split(size):
            with learner.loss.weighing(None if w is None else w[part]):
                loss, scores = learner.step(x[part], y[part])
            share = len(part) / len(x)
            total += float(loss) * share
            found.append(scores)
            for p in learner.network.parameters():
                if p.grad is not None:
                    sums[p] = sums[p] + share * p.grad if p in sums else share * p.grad
        for p, g in sums.items():
            p.grad = g
        return total, torch.cat(found)

    def _shared(self, x: Tensor, y: Tensor, w: Tensor | None) -> tuple[float, Tensor]:
        """Update from one batch that is divided among processes (torchrun); the gradients are those of the whole batch."""
        n, size, rank = len(x), dist.get_world_size(), dist.get_rank()
        mine = slice(rank * n // size, (rank + 1) * n // size)
        parameters = list(self.learner.network.parameters())
        share = len(x[mine]) / n
        if share > 0:
            loss, _ = self._step(x[mine], y[mine], None if w is None else w[mine])
        total = torch.tensor(float(loss) * share if share > 0 else 0.0, dtype=torch.float64)
        dist.all_reduce(total)
        for p in parameters:
            p.grad = torch.zeros_like(p) if share == 0 or p.grad is None else p.grad * share
            dist.all_reduce(p.grad)
        with torch.no_grad():
            scores = self.learner.network(x)
        return float(total), scores

    def update(self, x: Tensor, y: Tensor, w: Tensor | None = None) -> tuple[float, Tensor]:
        """Loss and scores of one batch, before the weights are updated from it.

        Raises FloatingPointError, and leaves the weights, if loss or gradients are not finite.
        """
        several = dist.is_available() and dist.is_initialized() and dist.get_world_size() > 1
        try:
            loss, scores = self._shared(x, y, w) if several else self._step(x, y, w)
        except NotFinite as e:
            raise FloatingPointError(f"{e.where[:1].lower()}{e.where[1:]} is not finite") from e
        parameters = [p for p in self.learner.network.parameters() if p.grad is not None]
        value = float(loss)
        if not math.isfinite(value):
            raise FloatingPointError("the loss is not finite")
        if not all(bool(torch.isfinite(p.grad).all()) for p in parameters):  # type: ignore[union-attr]
            raise FloatingPointError("the gradients are not finite")
        if self.plan.penalty:
            for p in parameters:
                if p.ndim > 1:
                    p.grad = p.grad + self.plan.penalty * p.detach()  # type: ignore[operator]
        if self.plan.clip is not None:
            nn.utils.clip_grad_norm_(parameters, self.plan.clip)
        self.opt.step()
        return value, scores

    def _exploded(self, epoch: int, good: _Good, problem: str, fresh: bool) -> None:
        """Restores the last good weights, and warns; raises AmineError if nothing was learned before."""
        for state in good.states:
            self._restore(state)
            if not self._problem_now():
                break
        self.stopped = f"exploded in epoch {epoch}"
        hint = "lower rate=, or set clip= to bound the gradients"
        if fresh and epoch == 1:
            raise AmineError(self.where, f"{problem} in epoch {epoch}, so nothing was learned", hint=hint)
        kept = (
            f"the weights of epoch {good.epoch}, the best, are kept"
            if good.epoch
            else "the weights from before are kept"
        )
        text = AmineError(self.where, f"{problem} in epoch {epoch}; {kept}", hint=hint)
        warnings.warn(str(text), AmineWarning, stacklevel=5)

    def _state(self) -> State:
        a, b = self.learner.network.state_dict(), self.learner.state_dict()
        return {k: v.clone() for k, v in a.items()}, {k: v.clone() for k, v in b.items()}

    def _restore(self, state: State) -> None:
        self.learner.network.load_state_dict(state[0])
        self.learner.load_state_dict(state[1])
