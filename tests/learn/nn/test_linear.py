"""Products with spikes against PyTorch's."""

from __future__ import annotations

import pytest

import amine as am

torch = pytest.importorskip("torch")
ann = pytest.importorskip("amine.learn.nn")


@pytest.mark.parametrize("density", [0.0, 0.03, 0.3, 0.9])
@pytest.mark.parametrize("values", ["ones", "any"])
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("sparse", [True, None])
def test_product_and_gradients(density, values, bias, sparse):
    g = torch.Generator().manual_seed(1)
    x = (torch.rand(7, 3, 130, generator=g, dtype=torch.float64) < density).double()
    x = x * (torch.randn(x.shape, generator=g, dtype=torch.float64) if values == "any" else 1.0)
    layer = ann.Linear(130, 70, bias=bias, dtype=torch.float64, sparse=sparse)
    plain = torch.nn.Linear(130, 70, bias=bias, dtype=torch.float64)
    plain.load_state_dict(layer.state_dict())
    w = torch.randn(7, 3, 70, generator=g, dtype=torch.float64)
    found = []
    for m in (layer, plain):
        y = x.clone().requires_grad_()
        out = m(y)
        (out * w).sum().backward()
        found.append([out.detach(), y.grad, *(p.grad for p in m.parameters())])
    for a, b in zip(*found, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-12, atol=1e-12)


def test_threads_do_not_change_the_bits():
    x = (torch.rand(500, 130) < 0.1).float()
    layer, before = ann.Linear(130, 200, sparse=True), torch.get_num_threads()
    found = []
    try:
        for threads in (1, 2, 3):
            torch.set_num_threads(threads)
            layer.zero_grad()
            y = layer(x)
            y.square().sum().backward()
            found.append((y.detach(), layer.weight.grad.clone()))
    finally:
        torch.set_num_threads(before)
    for y, g in found[1:]:
        assert torch.equal(y, found[0][0]) and torch.equal(g, found[0][1])


def test_errors():
    with pytest.raises(am.AmineError, match="last axis does not fit"):
        ann.Linear(5, 3)(torch.zeros(2, 2, 4))
