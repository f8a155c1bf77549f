"""Layout of neurons: a sequence of any axes ``[time, batch, ...]`` as ``[time, lanes, n]``, and back."""

from __future__ import annotations

import math

import torch

from amine.errors import AmineError

HALF = (torch.float16, torch.bfloat16)
REAL = (torch.float32, torch.float64)


class Layout:
    """Where the ``n`` neurons of a layer lie among the axes behind time and batch.

    Either all axes together count n neurons, or the first of them (channels) or the last does, and the others are places that share
    them; with ``n`` None every element is a neuron of its own.

    Parameters
    ----------
    shape : of the sequence. n : number of neurons. alike : whether all have the same parameters, so that their order does not matter.
    where : for errors. last : whether the first axis behind the batch (channels) changes fastest in memory.

    Raises
    ------
    AmineError
        If no axis has n elements, or first and last have but the neurons differ.

    Examples
    --------
    >>> layout = Layout(torch.Size([5, 2, 4, 3, 3]), 4, False, "Neurons")
    >>> x = torch.rand(5, 2, 4, 3, 3)
    >>> layout.fold(x).shape, bool((layout.unfold(layout.fold(x)) == x).all())
    (torch.Size([5, 18, 4]), True)
    """

    def __init__(self, shape: torch.Size, n: int | None, alike: bool, where: str, last: bool = False):
        self.batch, self.axes, self.n = shape[1], tuple(shape[2:]), 1 if n is None else n
        self.moved = last and n is None  # whether the first axis is folded as the last
        if n is None or math.prod(self.axes) == n:
            return
        first, last = self.axes[:1] == (n,), self.axes[-1:] == (n,)
        if not (first or last):
            raise AmineError(
                where,
                "the last axis does not fit the number of neurons"
                if len(self.axes) == 1
                else "neither all axes behind the batch, nor the first or last of them, count its neurons",
                given=" x ".join(map(str, self.axes)) if self.axes else str(tuple(shape)),
                expected=str(n),
            )
        if first and last and len(self.axes) == 2 and not alike:
            raise AmineError(
                where,
                "the neurons differ, and both axes behind the batch could be theirs",
                given=" x ".join(map(str, self.axes)),
                hint="flatten one of them",
            )
        self.moved = first and (last or not alike)

    def fits(self, x: torch.Tensor) -> bool:
        """Whether a state has the shape [batch, ...] of a step."""
        return tuple(x.shape) == (self.batch, *self.axes)

    def fold(self, x: torch.Tensor) -> torch.Tensor:
        """``[time, batch, ...]`` as ``[time, lanes, n]``; a state ``[batch, ...]`` as ``[lanes, n]``."""
        if self.axes == (self.n,):
            return x
        lead = x.ndim - 1 - len(self.axes)
        moved = x.movedim(lead + 1, -1) if self.moved else x
        return moved.reshape(*x.shape[:lead], -1, self.n)

    def unfold(self, x: torch.Tensor) -> torch.Tensor:
        """Inverse of :meth:`fold`."""
        if self.axes == (self.n,):
            return x
        lead = x.shape[:-2]
        if not self.moved:
            return x.reshape(*lead, self.batch, *self.axes)
        return x.reshape(*lead, self.batch, *self.axes[1:], self.axes[0]).movedim(-1, len(lead) + 1)


def channels_last(x: torch.Tensor) -> torch.Tensor:
    """Images ``[samples, channel, row, column]`` with the channels next to each other in memory, in which order convolutions and pools on the CPU run several times as fast.

    >>> channels_last(torch.zeros(2, 1, 4, 5)).stride()
    (20, 1, 5, 1)
    """
    _, c, rows, columns = x.shape
    if c == 1 and x.is_contiguous():  # both orders are the same, and only strides tell which is meant
        return x.as_strided(x.shape, (rows * columns, 1, columns, 1))
    return x.contiguous(memory_format=torch.channels_last)


def is_channels_last(x: torch.Tensor) -> bool:
    """Whether a sequence of images ``[time, batch, channel, row, column]`` lies so in memory."""
    return x.ndim == 5 and not x.is_contiguous() and x.movedim(2, -1).is_contiguous()


def floating(x: object, where: str) -> torch.Tensor:
    """Spikes given as booleans or whole numbers as floating-point numbers; others as they are; raises AmineError for what is no tensor."""
    if type(x) is torch.Tensor and x.dtype in REAL and x.layout is torch.strided:
        return x
    if not isinstance(x, torch.Tensor):
        raise AmineError(where, "this is not a tensor", given=type(x).__name__, expected="[time, batch, ...]")
    if x.layout != torch.strided or x.is_complex():
        kind = "complex" if x.is_complex() else str(x.layout).removeprefix("torch.")
        raise AmineError(where, "this is no dense tensor of real floating-point numbers", given=kind)
    return x if x.is_floating_point() else x.to(torch.get_default_dtype())


def same_kind(x: torch.Tensor, weight: torch.Tensor, where: str) -> None:
    """Raises AmineError unless a tensor lies where a weight does, with as many bits."""
    if x.dtype != weight.dtype or x.device != weight.device:
        given, expected = (f"{str(t.dtype).removeprefix('torch.')} on {t.device}" for t in (x, weight))
        raise AmineError(f"{where}, input", "it is of another kind than the weights", given=given, expected=expected)
