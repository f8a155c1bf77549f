"""Every module takes anything, in its constructor and as its input, and answers or says in one sentence what is wrong.

A quick profile runs here; ``pytest -m validate tests/learn/nn/test_doors.py`` tries 10^4 inputs. What is no number comes out only where it was given.
"""

from __future__ import annotations

import random
import sys
import warnings
from pathlib import Path

import pytest

pytest.importorskip("torch")
import numpy as np
import torch

import amine as am
from amine.learn import nn as ann

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from anything import NUMBERS, ODD, TEXTS

LIF = ann.Neurons("lif", 3)
HUGE = 2**31  # would be refused for its size, after a while
POOL = [x for x in (*TEXTS, *NUMBERS, *ODD) if not (isinstance(x, int) and x == HUGE)]
POOL += [torch.ones(3), torch.float16, "cpu", "meta", torch.nn.ReLU(), torch.nn.Linear(3, 3), LIF]
VALID = {
    "Neurons": dict(model="lif", n=3, dt="1 ms", learn=(), per_neuron=True, bounds=None, surrogate="fast_sigmoid", scale=None,
                    detach_reset=True, gain="auto", receptors=(), backend="auto"),
    "Delays": dict(n=3, max="20 ms", dt="1 ms", start=None, learn=True, width=None),
    "DelayedLinear": dict(in_features=3, out_features=3, max="20 ms", dt="1 ms", bias=True),
    "Readout": dict(kind="max_over_time", tau="20 ms", dt="1 ms", learn=False),
    "Linear": dict(in_features=3, out_features=3, bias=True, device=None, dtype=None, sparse=None),
    "Recurrent": dict(neurons=LIF, n=None, weight=None, autapses=True),
    "Receptor": dict(model="AMPA", n=3, dt="1 ms", learn=(), per_neuron=False, bounds=None, backend="auto", seed=0),
    "Release": dict(model="tsodyks_markram", n=3, dt="1 ms", learn=(), per_neuron=False, bounds=None, backend="auto", seed=0),
    "Dendrites": dict(in_features=3, out_features=3, branches=4, synapses=None, ratio=8.0, linear=False, seed=0),
    "PerStep": dict(module=torch.nn.ReLU()),
    "Residual": dict(join="add"),
    "SlidingNeurons": dict(n=3, steps=16, tau="10 ms", dt="1 ms", surrogate="arctan"),
    "StateSpace": dict(n=3, modes=8, tau="20 ms", fastest="10 ms", dt="1 ms", spiking=True, surrogate="arctan"),
    "Rewiring": dict(layer=torch.nn.Linear(3, 3), density=0.5, decay=1e-5, noise=1e-4, name="weight", seed=0),
    "Stream": dict(net=ann.Sequential(LIF)),
}  # fmt: skip


def inputs(whole: bool) -> list[object]:
    """Sequences of all shapes and contents, and what is no sequence; ``whole``: also of other types, for which code is compiled."""
    x = torch.rand(5, 2, 3)
    return [x.double(), x.half()] * whole + [
        x, x[0], x[0, 0], torch.tensor(1.0), torch.rand(5, 2, 4), torch.rand(0, 2, 3), torch.rand(5, 0, 3), torch.rand(5, 2, 3, 2),
        x.to(torch.int64), x > 0.5, x * torch.nan, x / 0.0, x * 1e38, x.to(torch.complex64), x.to_sparse(), x.transpose(0, 2), x.clone().requires_grad_(),
        x.numpy(), [[1.0]], None, "x", {}, {"AMPA": x}, {"x": 1}, (x, None), (1, 2), 3.0, (), object(), np.float64(3),
    ]  # fmt: skip


def said(call, *args, **more):
    """The result, or None where one sentence says what is wrong."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return call(*args, **more)
        except am.AmineError as e:
            assert "\n" not in str(e) and len(str(e)) < 1500
            return None


def attempt(name: str, rng: random.Random) -> None:
    """A module with one or two other arguments, over a valid input."""
    given = dict(VALID[name])
    for _ in range(rng.choice([1, 1, 2])):
        given[rng.choice(list(given))] = rng.choice(POOL)
    made = said(getattr(ann, name), **given)
    if made is not None and name not in ("Rewiring", "Stream") and not any(p.is_meta for p in made.parameters()):
        said(made, torch.rand(5, 2, 3))


@pytest.mark.parametrize("name", VALID)
def test_constructors_take_anything_or_refuse_it(name):
    assert said(getattr(ann, name), **VALID[name]) is not None, "the arguments themselves are right"
    rng = random.Random(1)
    for _ in range(25):
        attempt(name, rng)


@pytest.mark.validate
@pytest.mark.parametrize("name", VALID)
def test_constructors_take_many_things_or_refuse_them(name):
    rng = random.Random(2)
    for _ in range(700):
        attempt(name, rng)


@pytest.mark.parametrize("whole", [False, pytest.param(True, marks=pytest.mark.validate)])
@pytest.mark.parametrize("name", [n for n in VALID if n not in ("Rewiring", "Stream")])
def test_any_input_is_answered_or_refused(name, whole):
    made = getattr(ann, name)(**VALID[name])
    for x in inputs(whole):
        y = said(made, x)
        y = y[0] if isinstance(y, tuple) else y
        held = x[0] if isinstance(x, tuple) and x else x
        if (
            isinstance(y, torch.Tensor)
            and isinstance(held, torch.Tensor)
            and not held.is_sparse
            and torch.isfinite(held).all()
        ):
            assert not torch.isnan(y).any(), (name, held.dtype, held.shape)
