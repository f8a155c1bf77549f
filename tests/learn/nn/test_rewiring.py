"""Sparse weights by DEEP R: a constant number of connections with fixed signs, found where they help."""

from __future__ import annotations

import pytest

import amine as am

torch = pytest.importorskip("torch")
ann = pytest.importorskip("amine.learn.nn")


def test_connections_are_found_where_they_help():
    """Of 40 inputs 3 decide: the connections move to them, and their number and the signs of those that stay are kept."""
    torch.manual_seed(0)
    layer = ann.Linear(40, 1, bias=False)
    sparse = ann.Rewiring(layer, 0.15, decay=2e-3, noise=1e-3)
    part, used = layer.parametrizations.weight[0], [4, 17, 31]
    optimiser = torch.optim.SGD(layer.parameters(), 0.2)
    for _ in range(600):
        x = torch.randn(1, 64, 40)
        optimiser.zero_grad()
        (layer(x) - x[..., used].sum(-1, keepdim=True)).square().mean().backward()
        optimiser.step()
        stays, signs = part.there.clone(), part.sign.clone()
        sparse.step()
        stays &= part.there & (layer.weight != 0)
        assert sparse.connections == 6 and torch.equal(part.sign[stays], signs[stays])
    assert layer.weight[0, used].detach().numpy() == pytest.approx([1.0, 1.0, 1.0], abs=0.1)


def test_recurrent_layers_without_autapses():
    layer = ann.Recurrent(ann.Neurons("lif", 20), autapses=False)
    sparse = ann.Rewiring(layer, 0.2, noise=0.3)
    for _ in range(5):
        assert sparse.step() > 0
        assert sparse.connections == 76 and not layer.weight.diagonal().any()
    layer(torch.rand(10, 2, 20))[0].sum().backward()
    again = ann.Recurrent(ann.Neurons("lif", 20), autapses=False)
    ann.Rewiring(again, 0.2)
    again.load_state_dict(layer.state_dict())
    assert torch.equal(again.weight, layer.weight)


def test_a_full_matrix_stays():
    layer = ann.Linear(3, 3)
    sparse = ann.Rewiring(layer, 1.0, noise=1.0)
    assert sparse.step() > 0 and sparse.connections == 9


def test_what_does_not_fit_is_refused():
    with pytest.raises(am.AmineError, match="no parameter 'weight'"):
        ann.Rewiring(ann.Neurons("lif", 3))
    with pytest.raises(am.AmineError, match="density: the number is out of range"):
        ann.Rewiring(ann.Linear(3, 3), 0.0)
