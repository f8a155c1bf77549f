"""Neurons that are computed for all steps at once agree with the same equations step by step."""

from __future__ import annotations

import pytest

import amine as am

torch = pytest.importorskip("torch")
ann = pytest.importorskip("amine.learn.nn")

N = 3


def drive(steps=40):
    return torch.rand(steps, 2, N, dtype=torch.float64, generator=torch.Generator().manual_seed(0))


def test_a_sliding_window_is_a_sum_over_the_last_steps():
    layer, x = ann.SlidingNeurons(N, steps=4).double(), drive()
    torch.nn.init.normal_(layer.weight, generator=torch.Generator().manual_seed(0))
    v, _ = layer.filtered(x, None)
    padded = torch.cat([torch.zeros(3, 2, N, dtype=x.dtype), x])
    want = torch.stack([sum(layer.weight[:, j] * padded[t + j] for j in range(4)) for t in range(len(x))])
    torch.testing.assert_close(v, want)
    assert torch.equal(layer(x)[0], (want > 1).double()) and 0 < layer(x)[0].mean() < 1


def test_a_state_space_is_its_recurrence():
    torch.manual_seed(0)
    layer, x = ann.StateSpace(N, modes=4, spiking=False).double(), drive()
    a = torch.exp(torch.complex(-layer.decay.exp(), layer.frequency))
    s, want = torch.zeros(2, N, 4, dtype=a.dtype), []
    for now in x:
        s = a * s + now[..., None]
        want.append((torch.view_as_complex(layer.output) * s).sum(-1).real + layer.direct * now)
    v, end = layer(x)
    torch.testing.assert_close(v, torch.stack(want))
    torch.testing.assert_close(torch.view_as_complex(end["s"]), s)
    assert torch.autograd.gradcheck(lambda *p: layer(x[:6])[0], tuple(layer.parameters()))


def test_all_parameters_learn():
    for layer in (ann.SlidingNeurons(N), ann.StateSpace(N), ann.StateSpace(N, modes=1, spiking=False)):
        layer(drive().float())[0].square().sum().backward()
        wanted = [p for name, p in layer.named_parameters() if not (name == "frequency" and p.shape[1] == 1)]
        assert all(p.grad is not None and p.grad.any() for p in wanted)


@pytest.mark.parametrize(
    ("make", "match"),
    [
        (lambda: ann.SlidingNeurons(0), "positive whole number"),
        (lambda: ann.SlidingNeurons(3, steps=0), "at least one step"),
        (lambda: ann.StateSpace(3, modes=0), "at least one state"),
        (lambda: ann.StateSpace(3, tau="5 mV"), "tau"),
        (lambda: ann.StateSpace(3)(torch.rand(5, 2, 4)), "last axis"),
    ],
)
def test_what_does_not_fit_is_refused(make, match):
    with pytest.raises(am.AmineError, match=match):
        make()
