"""Scans without a way back: prepared once for a shape, with the bits of those that keep one."""

from __future__ import annotations

import pytest

import amine as am

torch = pytest.importorskip("torch")
ann = pytest.importorskip("amine.learn.nn")


@pytest.mark.parametrize(
    ("make", "shape"),
    [
        (lambda: ann.Neurons("lif", 30), (20, 3, 30)),
        (lambda: ann.Neurons("lif"), (12, 2, 3, 8, 8)),
        (lambda: ann.Neurons("lif", 30, t_ref="0 ms"), (1, 1, 30)),
        (lambda: ann.Neurons("lif", 3, tau_m=[5.0, 9.0, 20.0] * am.units.ms), (9, 2, 3, 4, 4)),
    ],
)
def test_the_bits_are_those_with_gradients(make, shape):
    torch.manual_seed(0)
    cells, x = make(), 1.5 * torch.rand(shape)
    with torch.no_grad():
        first, state = cells(x)
        second, end = cells(x, state)
    assert len(cells.forwards) == 1
    y = x.clone().requires_grad_()
    want, kept = cells(y)
    again, last = cells(y, kept)
    assert first.any() and torch.equal(first, want) and torch.equal(second, again)
    assert end.keys() == last.keys() and all(torch.equal(end[k], last[k]) for k in end)


def test_other_values_are_not_missed():
    cells, x = ann.Neurons("lif", 5), 1.5 * torch.rand(40, 2, 5)
    with torch.no_grad():
        before = cells(x)[0]
        values = cells.deciding()
        cells.decide({**values, "tau_m": 0.3 * values["tau_m"]})
        assert not torch.equal(cells(x)[0], before)
        cells.decide(values)
        assert torch.equal(cells(x)[0], before)


def test_a_step_like_the_last_is_checked_like_the_first():
    cells, x = ann.Neurons("lif", 5), torch.rand(1, 2, 5)
    with torch.no_grad():
        state = cells(x, cells(x)[1])[1]
        with pytest.raises(am.AmineError, match="not a finite number after the last step"):
            cells(torch.full_like(x, torch.nan), state)
        with pytest.raises(am.AmineError, match="'v' is missing"):
            cells(x, {"_ref": state["_ref"]})
        with pytest.raises(am.AmineError, match="the shape is wrong"):
            cells(x, {s: v[:1] for s, v in state.items()})
        with pytest.raises(am.AmineError, match="does not fit the number of neurons"):
            cells(x[..., :4], state)
        half = cells(x.half(), state)[0]
        wide = cells(x, {s: v.double() if s == "v" else v for s, v in state.items()})[1]
    assert half.dtype == torch.float16 and wide["v"].dtype == torch.float32
