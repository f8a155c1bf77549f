"""Lateral inhibition as an optimiser: each layer's gradient passes through the learned inhibition of its input."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, TypeAlias

import torch
from torch import Tensor, nn
from torch.nn import functional

from amine.doors import constructor
from amine.errors import AmineError
from amine.learn.checks import number

Layer: TypeAlias = nn.Linear | nn.Conv2d


@constructor
class Inhibited(torch.optim.Optimizer):
    """Gradient descent in which inhibition protects what a layer's input has been used for.

    Each layer keeps Hebbian inhibition M among its inputs (with one that is always 1, for the bias), to which every update adds the square of the batch's
    mean input; the inputs of a convolution are patches, and the mean patch of each place is added. The change of the weights is ``-lr`` times the gradient times ``leak (leak + gaba M)^-1``: directions of the input that were used
    are inhibited, so that new errors do not reach what was learned along them. With ``gaba=0`` it is plain gradient descent. An online form of OWM
    (Zeng G et al. (2019) Nat Mach Intell 1:364-372), which is told of no tasks.

    Parameters
    ----------
    model : a module whose parameters all belong to ``nn.Linear`` and ``nn.Conv2d`` layers (one group, zero padding). Layers in training mode are observed as they run.
    lr : the learning rate; as inhibition lowers all changes, larger than that of SGD. leak : conductance beside inhibition, above 0; larger protects less.
    gaba : factor on inhibition.

    Raises
    ------
    AmineError
        A parameter belongs to another kind of layer, a number is out of range, or ``step`` comes without a forward pass.

    Examples
    --------
    >>> model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))
    >>> optimizer = Inhibited(model, lr=1.0)
    >>> loss = model(torch.ones(5, 4)).square().mean()
    >>> loss.backward()
    >>> optimizer.step()
    """

    def __init__(self, model: nn.Module, lr: float = 1.0, leak: float = 1.0, gaba: float = 1.0):
        defaults = {
            "lr": number("Inhibited, lr", lr, 0.0, open_low=True),
            "leak": number("Inhibited, leak", leak, 0.0, open_low=True),
            "gaba": number("Inhibited, gaba", gaba, 0.0),
        }
        self._layers = _layers(model)
        self._inputs: dict[str, dict[int, tuple[Tensor, int]]] = {}  # sums by number of places, and samples in them
        super().__init__(
            [{"params": list(m.parameters(recurse=False)), "layer": n} for n, m in self._layers.items()], defaults
        )
        for name, layer in self._layers.items():
            layer.register_forward_pre_hook(partial(self._observe, name))

    def _observe(self, name: str, layer: nn.Module, inputs: tuple[Any, ...]) -> None:
        """Add a forward pass to the mean inputs of a layer since the last update, one of each place."""
        if not (layer.training and torch.is_grad_enabled()):
            return
        samples = _places(self._layers[name], inputs[0].detach())
        found = self._inputs.setdefault(name, {})
        total, count = found.get(samples.shape[1], (torch.zeros_like(samples[0]), 0))
        found[samples.shape[1]] = total + samples.sum(0), count + len(samples)

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Changes all weights along their gradients, then the inhibition by the inputs since the last update; returns the loss of ``closure``."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            layer = self._layers[group["layer"]]
            if layer.weight.grad is not None:
                self._follow(layer, group)
                self.absorb(group["layer"], self._means(group["layer"]), group)
        self._inputs.clear()
        return loss

    def _follow(self, layer: Layer, group: dict[str, Any]) -> None:
        """Change one layer's weights by its gradient through inhibition."""
        gradient = layer.weight.grad.flatten(1)  # type: ignore[union-attr]
        if layer.bias is not None and layer.bias.grad is not None:
            gradient = torch.cat([gradient, layer.bias.grad[:, None]], 1)
        inverse = self._inverse(layer)
        change = gradient @ inverse[: gradient.shape[1], : gradient.shape[1]] if group["gaba"] else gradient
        n = layer.weight[0].numel()
        layer.weight -= group["lr"] * change[:, :n].reshape(layer.weight.shape)
        if layer.bias is not None and change.shape[1] > n:
            layer.bias -= group["lr"] * change[:, n]

    def absorb(self, name: str, means: Tensor, group: dict[str, Any]) -> None:
        """Add the squares of mean inputs (places, inputs) to a layer's inhibition."""
        strength = group["gaba"] / group["leak"]
        if not strength:
            return
        if not torch.isfinite(means).all():
            raise _diverged(name)
        inverse = self._inverse(self._layers[name])
        if len(means) == 1:
            left = inverse @ means[0]
            inverse -= strength * torch.outer(left, left) / (1.0 + strength * (left @ means[0]))
            return
        means = means.to(torch.promote_types(means.dtype, torch.float32))  # half precision has no factorisations
        if len(means) > means.shape[1]:  # as many rows as inputs have the same sum of squares
            means = torch.linalg.qr(means, mode="r").R
        left = means @ inverse.to(means.dtype)
        within = torch.eye(len(means), dtype=means.dtype, device=means.device) + strength * left @ means.T
        factor, failed = torch.linalg.cholesky_ex(within)
        if failed:
            raise _diverged(name)
        half = torch.linalg.solve_triangular(factor, left, upper=False)
        inverse -= strength * half.T @ half

    def _means(self, name: str) -> Tensor:
        if name not in self._inputs:
            raise AmineError(
                f"Inhibited, layer '{name}'",
                "it has a gradient, and no forward pass since the last update was seen",
                hint="call step() after a forward pass in training mode",
            )
        return torch.cat([total / count for total, count in self._inputs[name].values()])

    def _inverse(self, layer: Layer) -> Tensor:
        """``leak (leak + gaba M)^-1`` of a layer (inputs, inputs), the last input being that of the bias."""
        state = self.state[layer.weight]
        if "inverse" not in state:
            n = layer.weight[0].numel() + (layer.bias is not None)
            state["inverse"] = torch.eye(n, dtype=layer.weight.dtype, device=layer.weight.device)
        return state["inverse"]


def _layers(model: nn.Module) -> dict[str, Layer]:
    """Layers with weights, by name."""
    found: dict[str, Layer] = {}
    for name, module in model.named_modules():
        if (
            isinstance(module, nn.Linear)
            or isinstance(module, nn.Conv2d)
            and module.groups == 1
            and module.padding_mode == "zeros"
        ):
            found[name] = module
        elif next(module.parameters(recurse=False), None) is not None:
            kind = type(module).__name__
            raise AmineError(
                f"Inhibited, layer '{name}'",
                "inhibition is not known for this layer",
                given=kind,
                expected="Linear, or Conv2d of one group",
            )
    if not found:
        raise AmineError("Inhibited, model", "it has no layer with weights", given=type(model).__name__)
    return found


def _diverged(name: str) -> AmineError:
    return AmineError(
        f"Inhibited, layer '{name}'",
        "its inputs are not finite or too large, since training has diverged",
        hint="give a lower lr",
    )


def _places(layer: Layer, x: Tensor) -> Tensor:
    """Inputs of a layer (samples, places, inputs), with a 1 for the bias; a linear layer has one place, and a convolution one for each patch."""
    if isinstance(layer, nn.Conv2d):
        padding: Any = _padding(layer)
        x = functional.pad(x, padding)
        x = functional.unfold(x, layer.kernel_size, layer.dilation, 0, layer.stride)  # type: ignore[arg-type]
        x = x.transpose(-1, -2)
        x = x.reshape(-1, *x.shape[-2:])
    else:
        x = x.reshape(-1, 1, x.shape[-1])
    return x if layer.bias is None else torch.cat([x, x.new_ones(*x.shape[:2], 1)], 2)


def _padding(layer: nn.Conv2d) -> tuple[int, int, int, int]:
    """Zeros left, right, above and below an image."""
    if layer.padding == "same":
        each = [d * (k - 1) for d, k in zip(layer.dilation, layer.kernel_size, strict=True)]
        return each[1] // 2, each[1] - each[1] // 2, each[0] // 2, each[0] - each[0] // 2
    rows, columns = (0, 0) if isinstance(layer.padding, str) else layer.padding
    return columns, columns, rows, rows
