"""Receptors and release as modules: every one of the library, against the plain version, finite differences and the engine."""

from __future__ import annotations

import numpy as np
import pytest

import amine as am
from amine.units import to_internal

torch = pytest.importorskip("torch")
ann = pytest.importorskip("amine.learn.nn")

RECEPTORS = [r for r in am.models.names("receptor") if am.models.get(r).parsed.on_spike[0][0] != "v"]
RANDOM = [r for r in am.models.names("release") if am.models.get(r).quantal]
RELEASES = [r for r in am.models.names("release") if am.models.get(r).parsed.states and r not in RANDOM]


def test_there_are_models():
    assert len(RECEPTORS) >= 10 and "tsodyks_markram" in RELEASES


def same(part, *inputs):
    """The kernel's outputs and gradients are those of the plain version."""
    found = []
    for backend in ("torch", "compiled"):
        part.backend = backend
        x = [i.clone().requires_grad_() for i in inputs]
        part.zero_grad()
        out, end = part(x[0], v=x[1]) if len(x) > 1 else part(*x)
        g = torch.Generator().manual_seed(0)
        loss = (out * torch.randn(out.shape, generator=g, dtype=out.dtype)).sum()
        loss = loss + sum((v * torch.randn(v.shape, generator=g, dtype=v.dtype)).sum() for v in end.values())
        loss.backward()
        found.append([out.detach(), *(i.grad for i in x), *(p.grad for p in part.parameters())])
    for a, b in zip(*found, strict=True):
        if a is None or b is None:
            assert (a is None or not a.any()) and (b is None or not b.any())
            continue
        torch.testing.assert_close(b, a, rtol=1e-10, atol=1e-11 * float(a.abs().max()) + 1e-13)


def firsts(names):
    """Models, those whose equations another has before them marked as long validation: each compiles kernels of its own."""
    seen, out = set(), []
    for n in names:
        text = am.models.get(n).equations
        out.append(pytest.param(n, marks=pytest.mark.validate if text in seen else (), id=n))
        seen.add(text)
    return out


@pytest.mark.parametrize("name", firsts(RECEPTORS))
def test_receptors(name):
    torch.manual_seed(1)
    part = ann.Receptor(name, 3, dt="0.5 ms", learn=list(am.models.get(name).units), per_neuron=True).double()
    w = (torch.rand(40, 2, 3) < 0.2).double() * torch.rand(40, 2, 3).double()
    v = -80 + 60 * torch.rand(40, 2, 3, dtype=torch.float64)
    same(part, w, v)
    assert torch.autograd.gradcheck(lambda a, b: part(a, v=b)[0], (w[:6].requires_grad_(), v[:6].requires_grad_()))


@pytest.mark.parametrize("name", RELEASES)
def test_release(name):
    torch.manual_seed(1)
    part = ann.Release(name, 3, learn=list(am.models.get(name).units), per_neuron=True).double()
    same(part, (torch.rand(60, 2, 3) < 0.3).double())


def test_release_is_that_of_the_engine():
    """Payloads of a train: the closed form from spike to spike (Tsodyks, Pawelzik & Markram 1998)."""
    times = np.array([5, 12, 13, 40, 41, 43, 90])
    m = am.models.get("tsodyks_markram")
    U, rec, fac = (to_internal(m.parameters[p], m.units[p], p) for p in ("U", "tau_rec", "tau_facil"))
    u, x, last, expected = 0.0, 1.0, -1, []
    for t in times:
        u, x = u * np.exp(-(t - last) / fac), 1 - (1 - x) * np.exp(-(t - last) / rec)
        u += U * (1 - u)
        expected.append(u * x)
        x -= u * x
        last = t
    train = torch.zeros(100, 1, 1, dtype=torch.float64)
    train[times] = 1
    released, _ = ann.Release("tsodyks_markram", 1)(train)
    np.testing.assert_allclose(released[times].flatten().numpy(), expected, rtol=1e-12)


def test_receptor_of_a_neuron_is_that_of_the_module():
    """The current of the module, fed back as an input, gives the voltage of the neuron that has the receptor."""
    w = torch.zeros(200, 1, 1, dtype=torch.float64)
    w[[10, 60, 61]] = 3.0
    cell = {"dt": "0.1 ms", "gain": None, "V_th": "100 mV"}
    one = ann.Neurons("lif_cond", 1, receptors=["AMPA"], **cell)
    with_receptor, _ = one({"AMPA": w}, returns="states")
    receptor = ann.Receptor("AMPA", 1, dt="0.1 ms")
    v = torch.cat([torch.full((1, 1, 1), -60.0, dtype=torch.float64), with_receptor["v"][:-1]])
    current, _ = receptor(w, v=v)
    alone, _ = ann.Neurons("lif_cond", 1, **cell)(current, returns="states")
    # exponential Euler with the conductance against the same current held over the step: they differ in second order
    np.testing.assert_allclose(alone["v"].numpy(), with_receptor["v"].numpy(), atol=2e-2)


@pytest.mark.parametrize("name", RANDOM)
def test_random_release_is_refused(name):
    with pytest.raises(am.AmineError, match="at random"):
        ann.Release(name, 2)(torch.ones(3, 1, 2))
