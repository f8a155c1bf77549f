"""Plastic networks store within an episode what fixed ones can't."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from amine.learn.algorithms.plastic import FORMS, PlasticRecurrent
from amine.learn.training import few_threads

N, SHOW = 24, 3


@pytest.fixture(autouse=True)
def one_thread():
    """Others only get in the way of arrays as small as these."""
    with few_threads(0):
        yield


def episode(generator: torch.Generator, batch: int = 8) -> tuple[torch.Tensor, torch.Tensor]:
    """Two random patterns, each shown for some steps; then half of one, which is to be completed (Miconi et al. 2018, task 1)."""
    patterns = torch.randint(0, 2, (2, batch, N), generator=generator).float() * 2 - 1
    asked = torch.randint(0, 2, (batch,), generator=generator)
    wanted = patterns[asked, torch.arange(batch)]
    blank = torch.rand(batch, N, generator=generator) < 0.5
    cue = torch.where(blank, torch.zeros(()), wanted)
    gap = torch.zeros(1, batch, N)
    parts = [patterns[0].expand(SHOW, -1, -1), gap, patterns[1].expand(SHOW, -1, -1), gap, cue.expand(SHOW, -1, -1)]
    return torch.cat(parts), wanted


def trained(net: PlasticRecurrent, episodes: int = 80) -> float:
    """Share of blanked bits that are right afterwards."""
    generator = torch.Generator().manual_seed(1)
    opt = torch.optim.Adam([p for p in net.parameters() if p.requires_grad], lr=0.01)
    gain = 5.0
    for _ in range(episodes):
        x, wanted = episode(generator)
        loss = (net(gain * x)[0][-1] - wanted).square().mean()
        opt.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 5.0)
        opt.step()
    with torch.no_grad():
        x, wanted = episode(generator, 100)
        y = net(gain * x)[0][-1]
        blank = x[-1] == 0
        return float((torch.sign(y) == wanted)[blank].float().mean())


def test_patterns_are_completed_by_plastic_connections_only():
    torch.manual_seed(0)
    plastic = PlasticRecurrent(N)
    fixed = PlasticRecurrent(N)
    fixed.alpha.data.zero_()
    fixed.alpha.requires_grad_(False)
    assert trained(plastic, 200) > 0.88
    assert trained(fixed) < 0.75


@pytest.mark.parametrize("form", FORMS)
def test_gradients_against_differences(form):
    torch.manual_seed(0)
    net = PlasticRecurrent(4, form, dtype=torch.float64)
    x = torch.randn(6, 2, 4, dtype=torch.float64)
    parameters = list(net.parameters())

    def run(*values: torch.Tensor) -> torch.Tensor:
        return torch.func.functional_call(
            net, dict(zip([n for n, _ in net.named_parameters()], values, strict=True)), (x,)
        )[0]

    assert torch.autograd.gradcheck(run, tuple(p.detach().clone().requires_grad_() for p in parameters))


def test_modulation_decides_whether_anything_is_stored():
    net = PlasticRecurrent(4, "modulated")
    x = torch.randn(8, 3, 4)
    with torch.no_grad():
        net.modulator.weight.zero_()
        net.modulator.bias.zero_()
        assert net(x)[1][1].abs().max() == 0
        net.modulator.bias.fill_(1.0)
        assert net(x)[1][1].abs().max() > 0
