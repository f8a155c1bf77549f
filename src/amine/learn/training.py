"""The loop over epochs: batches, schedule, early stopping, history, and a stop when gradients explode."""

from __future__ import annotations

import inspect
import math
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn

from amine.errors import AmineError, AmineWarning, did_you_mean
from amine.learn.algorithms._base import Learner

Batch = tuple[Tensor, Tensor]
SCHEDULES = ("constant", "cosine", "linear", "exponential", "step")


def optimizers() -> dict[str, type[torch.optim.Optimizer]]:
    """Torch's optimisers by lower-case name, without those that need a closure or sparse gradients."""
    found = {n.lower(): c for n, c in vars(torch.optim).items() if inspect.isclass(c)}
    out = {n: c for n, c in found.items() if issubclass(c, torch.optim.Optimizer) and c is not torch.optim.Optimizer}
    return {n: c for n, c in out.items() if n not in ("lbfgs", "sparseadam")}


def optimizer(where: str, name: Any, network: nn.Module, rate: float) -> torch.optim.Optimizer:
    """An optimiser by its torch name."""
    known: dict[str, Any] = dict(optimizers())
    if str(name).lower() not in known:
        raise AmineError(f"{where}, optimizer", f"optimiser {name!r} is not known", hint=did_you_mean(str(name), known))
    return known[str(name).lower()](network.parameters(), lr=rate)


def schedule(name: str, opt: torch.optim.Optimizer, epochs: int) -> torch.optim.lr_scheduler.LRScheduler:
    """How the rate falls over the epochs: to zero (cosine, linear), to a hundredth (exponential), tenfold at each third (step)."""
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
    """How long and in which portions to learn; see :class:`amine.learn.Classifier`."""

    epochs: int
    batch_size: int | None
    penalty: float
    clip: float | None
    patience: int | None
    tolerance: float
    schedule: str
    progress: bool
    steps: int | None = None


@contextmanager
def few_threads(work: int) -> Iterator[None]:
    """One thread for small batches, where waking others costs more than they do."""
    before = torch.get_num_threads()
    if work < 20_000_000:
        torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def bar(wanted: bool, total: int, what: str = "epochs") -> Iterator[Callable[[int, str], None]]:
    """A function that is told how far learning is; it draws a bar if standard error is a terminal."""
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


class Trainer:
    """Learns epoch by epoch; keeps the weights of the best epoch when it explodes or stops early.

    Parameters
    ----------
    learner : the rule at work on a network.
    opt : the optimiser of the network's parameters.
    plan : epochs, portions, penalty and so on.
    score : from scores and targets to a figure of merit, larger for better.
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

    def run(self, data: Batch, validation: Batch | None) -> None:
        """All epochs, or fewer."""
        with few_threads(data[0][: self.plan.batch_size].numel() * 64):
            self._run(data, validation)

    def _run(self, data: Batch, validation: Batch | None) -> None:
        plan = self.plan
        rates = schedule(plan.schedule, self.opt, plan.epochs)
        best, best_loss, waited = self._state(), math.inf, 0
        good, kept, lowest = best, 0, math.inf  # what an explosion leaves: the steps before it may already lead away
        with bar(plan.progress, plan.epochs) as show:
            for epoch in range(1, plan.epochs + 1):
                before = self._state()
                try:
                    line = self._epoch(data, validation)
                except FloatingPointError as e:
                    self._restore(good)
                    self._exploded(epoch, kept, str(e))
                    break
                except KeyboardInterrupt:
                    self._restore(before)
                    self.stopped = f"interrupted in epoch {epoch}"
                    break
                for name, value in line.items():
                    self.history.setdefault(name, []).append(value)
                if line["loss"] < lowest:
                    good, kept, lowest = self._state(), epoch, line["loss"]
                rates.step()
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

    def _epoch(self, data: Batch, validation: Batch | None) -> dict[str, float]:
        began, (x, y), n = time.perf_counter(), data, len(data[0])
        loss_sum, score_sum = 0.0, 0.0
        rate = self.opt.param_groups[0]["lr"]
        self.learner.network.train()
        for xb, yb in self._batches(x, y):
            loss, scores = self.update(xb, yb)
            loss_sum += loss * len(xb) / n
            score_sum += self.score(scores, yb) * len(xb) / n
        line = {"loss": loss_sum, "score": score_sum, "rate": rate, "seconds": time.perf_counter() - began}
        if validation is not None:
            self.learner.network.eval()
            with torch.no_grad():
                scores = self.learner.network(validation[0])
                line["validation_loss"] = float(self.learner.loss(scores, validation[1]))
                line["validation_score"] = self.score(scores, validation[1])
        return line

    def _batches(self, x: Tensor, y: Tensor) -> Iterator[Batch]:
        size = self.plan.batch_size
        if size is None or size >= len(x):
            yield x, y
            return
        order = torch.randperm(len(x), generator=self.generator)
        for part in order.split(size):
            yield x[part], y[part]

    def _shared(self, x: Tensor, y: Tensor) -> tuple[float, Tensor]:
        """One batch, of which each process takes its part if there are several (torchrun); gradients are those of the whole batch."""
        n, size, rank = len(x), dist.get_world_size(), dist.get_rank()
        mine = slice(rank * n // size, (rank + 1) * n // size)
        parameters = list(self.learner.network.parameters())
        share = len(x[mine]) / n
        if share > 0:
            loss, _ = self.learner.step(x[mine], y[mine])
        total = torch.tensor(float(loss) * share if share > 0 else 0.0, dtype=torch.float64)
        dist.all_reduce(total)
        for p in parameters:
            p.grad = torch.zeros_like(p) if share == 0 or p.grad is None else p.grad * share
            dist.all_reduce(p.grad)
        with torch.no_grad():
            scores = self.learner.network(x)
        return float(total), scores

    def update(self, x: Tensor, y: Tensor) -> tuple[float, Tensor]:
        """One batch; raises FloatingPointError, and leaves the weights, if loss or gradients are not finite."""
        several = dist.is_available() and dist.is_initialized() and dist.get_world_size() > 1
        loss, scores = self._shared(x, y) if several else self.learner.step(x, y)
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

    def _exploded(self, epoch: int, kept: int, problem: str) -> None:
        self.stopped = f"exploded in epoch {epoch}"
        hint = "lower rate=, or set clip= to bound the gradients"
        if epoch == 1 and not self.history.get("loss"):
            raise AmineError(self.where, f"{problem} in epoch 1, so nothing was learned", hint=hint)
        text = AmineError(
            self.where, f"{problem} in epoch {epoch}; the weights of epoch {kept}, the best, are kept", hint=hint
        )
        warnings.warn(str(text), AmineWarning, stacklevel=4)

    def _state(self) -> tuple[Any, Any]:
        a, b = self.learner.network.state_dict(), self.learner.state_dict()
        return {k: v.clone() for k, v in a.items()}, {k: v.clone() for k, v in b.items()}

    def _restore(self, state: tuple[Any, Any]) -> None:
        self.learner.network.load_state_dict(state[0])
        self.learner.load_state_dict(state[1])
