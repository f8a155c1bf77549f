"""Arguments of a kernel: arrays in tuples are read without being counted."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pytest
from numba import TypingError, njit, types
from numba.core import cgutils

from amine.engine.device.functions import borrowed, intrinsic


class One(NamedTuple):
    x: np.ndarray


class Two(NamedTuple):
    x: np.ndarray
    y: np.ndarray


class Mixed(NamedTuple):
    n: int
    x: np.ndarray
    y: np.ndarray


@intrinsic
def counter(typingctx: Any, array: Any) -> Any:
    """Address of the count of references of an array; 0 if it has none."""

    def codegen(context, builder, signature, args):
        view = cgutils.create_struct_proxy(signature.args[0])(context, builder, value=args[0])
        return builder.ptrtoint(view.meminfo, context.get_value_type(types.int64))

    return types.int64(array), codegen


@njit
def counters(a):
    return counter(a.x), counter(borrowed(a).x), borrowed(a).x[0]


@pytest.mark.parametrize(
    "make", [One, lambda x: Two(x, x), lambda x: Mixed(1, x, np.zeros(3, np.int64))], ids=["one", "two", "mixed"]
)
def test_arrays_of_borrowed_tuples_have_no_count_whatever_else_is_in_them(make):
    counted, without, first = counters(make(np.arange(3.0) + 5.0))
    assert counted != 0 and without == 0 and first == 5.0


def test_what_is_counted_in_a_way_that_is_not_known_is_refused():
    with pytest.raises((TypeError, TypingError), match="may be counted"):
        njit(lambda a: borrowed(a))("text")
