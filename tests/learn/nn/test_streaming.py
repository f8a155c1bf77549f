"""A network that is given a stream makes of it what it makes of the whole."""

from __future__ import annotations

import pytest

import amine as am

torch = pytest.importorskip("torch")
ann = pytest.importorskip("amine.learn.nn")

N = 4


def network(*end):
    torch.manual_seed(0)
    return ann.Sequential(torch.nn.Linear(N, N), ann.Recurrent(ann.Neurons("lif", N)), ann.Delays(N, max="3 ms"), *end)


def test_steps_are_the_whole():
    x = 3 * torch.rand(15, 2, N)
    stream, whole = ann.Stream(network()), network()(x)[0]
    assert whole.any()
    for _ in range(2):
        torch.testing.assert_close(torch.stack([stream.step(now) for now in x]), whole)
        stream.reset()
    scored = ann.Stream(network(ann.Readout("max_over_time")))
    for k, now in enumerate(x, 1):
        torch.testing.assert_close(scored.step(now), scored.net(x[:k])[0])


def test_truncated_backpropagation():
    """Gradients of a piece are those of the piece alone, begun with the state that the ones before left."""
    x = 3 * torch.rand(12, 2, N)
    net, other = network(ann.Readout("leaky")), network(ann.Readout("leaky"))
    stream, states = ann.Stream(net), None
    for piece in x.split(4):
        y, states = other(piece, ann.detach(states))
        z = stream.feed(piece)
        for m, out in ((net, z), (other, y)):
            m.zero_grad()
            out.square().sum().backward()
        assert torch.equal(y, z)
        for a, b in zip(net.parameters(), other.parameters(), strict=True):
            assert torch.equal(a.grad, b.grad)


def test_what_does_not_fit_is_refused():
    stream = ann.Stream(network())
    stream.step(torch.rand(2, N))
    with pytest.raises(am.AmineError, match="number of samples has changed.*call reset"):
        stream.step(torch.rand(3, N))
    with pytest.raises(am.AmineError, match="Sequential"):
        ann.Stream(torch.nn.Linear(2, 2))
