"""Inhibition as an optimiser: SGD without it, the closed form with it, convolutions, files, and what is refused."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional

import amine as am
from amine.learn import Inhibited


def mlp() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(6, 8), nn.ReLU(), nn.Linear(8, 3)).double()


def conv(padding="same", bias: bool = True) -> nn.Sequential:
    torch.manual_seed(0)
    first = nn.Conv2d(2, 4, (3, 2), padding=padding, bias=bias, stride=1 if padding == "same" else (2, 1))
    return nn.Sequential(first, nn.ReLU(), nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(16, 3)).double()


def train(model: nn.Module, optimizer: torch.optim.Optimizer, shape: tuple[int, ...], steps: int = 20) -> nn.Module:
    rng = torch.Generator().manual_seed(1)
    for _ in range(steps):
        x, y = torch.rand(5, *shape, generator=rng, dtype=torch.float64), torch.randint(3, (5,), generator=rng)
        optimizer.zero_grad()
        functional.cross_entropy(model(x), y).backward()
        optimizer.step()
    return model


@pytest.mark.parametrize(("make", "shape"), [(mlp, (6,)), (conv, (2, 5, 5)), (lambda: conv(1, False), (2, 7, 6))])
def test_without_gaba_it_is_gradient_descent(make, shape):
    a, b, c = make(), make(), make()
    train(a, Inhibited(a, lr=0.3, gaba=0.0), shape)
    train(b, torch.optim.SGD(b.parameters(), lr=0.3), shape)
    train(c, Inhibited(c, lr=0.3), shape)
    for p, q, r in zip(a.parameters(), b.parameters(), c.parameters(), strict=True):
        torch.testing.assert_close(p, q)
        assert not torch.allclose(p, r)


def test_a_change_is_the_gradient_through_the_inverse_of_all_inputs_so_far():
    model, leak, gaba, inputs = mlp()[2:], 0.7, 1.3, []
    optimizer = Inhibited(model, lr=0.5, leak=leak, gaba=gaba)
    rng = torch.Generator().manual_seed(2)
    for _ in range(6):
        x = torch.rand(5, 8, generator=rng, dtype=torch.float64)
        before = copy.deepcopy(model[0])
        optimizer.zero_grad()
        model(x).square().sum().backward()
        gradient = torch.cat([model[0].weight.grad, model[0].bias.grad[:, None]], 1)
        optimizer.step()
        m = sum((torch.outer(h, h) for h in inputs), torch.zeros(9, 9, dtype=torch.float64))
        change = -0.5 * gradient @ (leak * torch.linalg.inv(leak * torch.eye(9, dtype=torch.float64) + gaba * m))
        torch.testing.assert_close(model[0].weight, before.weight + change[:, :8])
        torch.testing.assert_close(model[0].bias, before.bias + change[:, 8])
        inputs.append(torch.cat([x.mean(0), x.new_ones(1)]))


@pytest.mark.parametrize("padding", ["same", "valid", 1])
def test_patches_of_a_convolution_are_what_its_weights_meet(padding):
    layer, x = conv(padding)[0], torch.rand(3, 2, 7, 6, dtype=torch.float64)
    optimizer = Inhibited(layer)
    out = layer(x)
    weights = torch.cat([layer.weight.flatten(1), layer.bias[:, None]], 1)
    torch.testing.assert_close(weights @ optimizer._means("").T, out.mean(0).flatten(1))


@pytest.mark.parametrize("size", [4, 7])  # fewer and more places than inputs of a patch
def test_a_convolution_is_inhibited_by_the_mean_patch_of_each_place(size):
    layer, leak, gaba = nn.Conv2d(2, 3, 3, padding=1).double(), 0.7, 1.3
    optimizer = Inhibited(layer, lr=0.1, leak=leak, gaba=gaba)
    m = torch.zeros(19, 19, dtype=torch.float64)
    for k in range(3):
        x = torch.rand(5, 2, size, size, dtype=torch.float64, generator=torch.Generator().manual_seed(k))
        optimizer.zero_grad()
        layer(x).square().sum().backward()
        optimizer.step()
        patches = functional.unfold(x, 3, padding=1).mean(0).T
        patches = torch.cat([patches, torch.ones(len(patches), 1, dtype=torch.float64)], 1)
        m += patches.T @ patches
    expected = leak * torch.linalg.inv(leak * torch.eye(19, dtype=torch.float64) + gaba * m)
    torch.testing.assert_close(optimizer.state[layer.weight]["inverse"], expected)


def test_state_goes_through_a_dictionary():
    a = mlp()
    optimizer = Inhibited(a)
    train(a, optimizer, (6,))
    b = copy.deepcopy(mlp())
    b.load_state_dict(a.state_dict())
    again = Inhibited(b)
    again.load_state_dict(copy.deepcopy(optimizer.state_dict()))
    for p, q in zip(train(a, optimizer, (6,)).parameters(), train(b, again, (6,)).parameters(), strict=True):
        assert torch.equal(p, q)


def test_it_keeps_the_first_of_two_tasks():
    """Two halves of the digits' classes one after the other: what is left of the first half among its own classes."""
    images, labels = load_digits(n_class=4, return_X_y=True)
    order = np.argsort(labels // 2, kind="stable")
    x, y = torch.from_numpy(images[order] / 16.0), torch.from_numpy(labels[order])

    def kept(gaba: float, lr: float) -> float:
        torch.manual_seed(0)
        model = nn.Sequential(nn.Linear(64, 30), nn.ReLU(), nn.Linear(30, 4)).double()
        optimizer = Inhibited(model, lr=lr, gaba=gaba)
        for k in range(0, len(y), 10):
            optimizer.zero_grad()
            functional.cross_entropy(model(x[k : k + 10]), y[k : k + 10]).backward()
            optimizer.step()
        return float((model(x).argmax(1) == y).double().mean())

    assert kept(1.0, 1.0) > 0.8 > 0.55 > kept(0.0, 0.1)


def test_what_is_refused():
    with pytest.raises(am.AmineError, match="layer '1': inhibition is not known for this layer .given BatchNorm1d"):
        Inhibited(nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2)))
    with pytest.raises(am.AmineError, match="no layer with weights"):
        Inhibited(nn.ReLU())
    for wrong in ({"lr": 0.0}, {"leak": 0.0}, {"gaba": -1.0}):
        with pytest.raises(am.AmineError, match=f"Inhibited, {next(iter(wrong))}"):
            Inhibited(mlp(), **wrong)
    for layer, wrong in (
        (nn.Conv2d(1, 2, 3), torch.full((2, 1, 5, 5), 1e30)),
        (nn.Linear(2, 2), torch.full((2, 2), torch.inf)),
    ):
        optimizer = Inhibited(layer, lr=1e-30)
        layer(wrong).mean().backward()
        with pytest.raises(am.AmineError, match="training has diverged"):
            optimizer.step()
    model = mlp()
    optimizer = Inhibited(model)
    model(torch.rand(3, 6, dtype=torch.float64)).sum().backward()
    optimizer.step()
    with pytest.raises(am.AmineError, match="no forward pass"):
        optimizer.step()
