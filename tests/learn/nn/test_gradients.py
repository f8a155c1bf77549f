"""Adjoints of every neuron model: against finite differences where all is smooth, and against the plain version."""

from __future__ import annotations

import pytest

import amine as am

torch = pytest.importorskip("torch")
ann = pytest.importorskip("amine.learn.nn")

MODELS = am.models.names("neuron")
FAST = [
    n for n in MODELS if "reset" not in am.models.get(n).equations
]  # their spikes are currents, which need small steps
SOFT = ann.Surrogate("1/cosh(x)**2", relative=0.2, primitive="1 + tanh(x)", soft=True, name="soft")


def learnable(name):
    return [p for p in am.models.get(name).units if p != "t_ref"] + ["gain"]


def cells(name, **more):
    more = {"dt": "0.05 ms" if name in FAST else "1 ms"} | more
    return ann.Neurons(name, 5, learn=learnable(name), **more).double()


def gradients(layer, x, seed=0, returns="states"):
    """Value and gradients of a random functional of everything that a layer returns."""
    g = torch.Generator().manual_seed(seed)
    cell = getattr(layer, "neurons", layer)
    x = x.detach().clone().requires_grad_()
    for p in layer.parameters():
        p.grad = None
    out, end = layer(x, returns=returns)
    loss = torch.zeros((), dtype=torch.float64)
    for name, value in out.items():
        size = 1.0 if name == "spikes" else 1.0 / cell.distance
        loss = loss + (value * size * torch.randn(value.shape, generator=g, dtype=torch.float64)).mean()
    for name in cell.code.STATES:
        loss = loss + 1e-3 * (end[name] * torch.randn(end[name].shape, generator=g, dtype=torch.float64)).mean()
    loss.backward()
    return out, {"x": x.grad, **{n: p.grad.clone() for n, p in layer.named_parameters()}}


def long(cases, quick):
    """The cases, those that are not quick marked as long validation: each compiles kernels of its own."""
    return [pytest.param(*c, marks=() if quick(c) else pytest.mark.validate, id="-".join(c)) for c in cases]


LONG = (
    "lif_cond",
    "traub_miles",
    "hodgkin_huxley",
    "eif",
    "thalamic_relay",
    "thalamic_reticular",
)  # much like another's, or long to compile


KINDS = [(m, r, d) for m in MODELS for r in ("plain", "recurrent") for d in ("through", "detached")]


@pytest.mark.parametrize(
    ("name", "recurrent", "detach"),
    long(KINDS, lambda c: (c[1:] == ("plain", "through") and c[0] not in LONG) or c[0] == "lif"),
)
def test_kernels_agree_with_the_plain_version(name, recurrent, detach):
    """Spikes, refractoriness and resets included, to 1e-9: stiff cells multiply the last digit."""
    torch.manual_seed(3)
    recurrent, detach = recurrent == "recurrent", detach == "detached"
    m = cells(name, detach_reset=detach, surrogate="triangular" if detach else "fast_sigmoid", per_neuron=detach)
    layer = ann.Recurrent(m, weight=0.5 * torch.randn(5, 5, dtype=torch.float64)) if recurrent else m
    x = 0.9 * torch.rand(80, 3, 5, dtype=torch.float64)
    found = []
    for backend in ("torch", "compiled"):
        m.backend = backend
        found.append(gradients(layer, x))
    (a, ga), (b, gb) = found
    assert a["spikes"].sum() > 0 and torch.equal(a["spikes"], b["spikes"])
    for n in a:
        torch.testing.assert_close(b[n], a[n], rtol=1e-9, atol=1e-9)
    for n in ga:
        torch.testing.assert_close(gb[n], ga[n], rtol=1e-9, atol=1e-9 * float(ga[n].abs().max()) + 1e-30)


@pytest.mark.parametrize("name", long([(m,) for m in MODELS], lambda c: c[0] == "lif"))
def test_adjoint_agrees_with_finite_differences(name):
    """With soft spikes all is smooth, so that the kernel's gradient is the derivative: central differences, 1e-6."""
    torch.manual_seed(4)
    m = cells(name, surrogate=SOFT, detach_reset=False, per_neuron=False, backend="compiled")
    x = 0.15 * torch.rand(25, 2, 5, dtype=torch.float64)

    def value(x):
        out, end = m(x, returns="states")
        g = torch.Generator().manual_seed(1)
        total = torch.zeros((), dtype=torch.float64)
        for v in (*out.values(), *(end[s] for s in m.code.STATES)):
            total = total + (v / m.distance * torch.randn(v.shape, generator=g, dtype=torch.float64)).sum()
        return total

    y = x.clone().requires_grad_()
    value(y).backward()
    direction = torch.randn_like(x)
    checks = [(float((y.grad * direction).sum()), lambda h: value(x + h * direction).item())]

    def shifted(p, h):
        with torch.no_grad():
            p.add_(h)
            v = value(x).item()
            p.sub_(h)
        return v

    for p in m.parameters():
        checks.append((float(p.grad), lambda h, p=p: shifted(p, h)))
    largest = max(abs(c) for c, _ in checks)
    for expected, f in checks:
        best = min(abs(fourth(f, h) - expected) for h in (1e-2, 3e-3, 1e-3, 3e-4, 1e-4))
        assert best <= 1e-6 * max(abs(expected), 1e-3 * largest)


def fourth(f, h):
    """The central difference of fourth order."""
    return (8 * (f(h) - f(-h)) - (f(2 * h) - f(-2 * h))) / (12 * h)


def test_every_function_has_an_adjoint():
    """Steps, remainders, choices and inverse functions: kernels against the plain version, and both against finite differences."""
    cell = am.models.neuron(
        "functions",
        """y = arctan2(v, E) + 0.3*arcsin(0.9*tanh(v/E)) + 0.2*arccos(v/(3*E)) : 1
        z = log10(2 + (v/mV) % 7) + (0.1 if ceil(v/mV) % 2 == 0 else arctan(v/E)) + int(y != 1)*round(v/(4*mV))/9 : 1
        dv/dt = (E*(y + z)/4 - v)/tau + I/C : mV
        initial v = E/2""",
        E="-60 mV",
        tau="10 ms",
        C="200 pF",
    )
    x0 = 40 * torch.rand(30, 2, 3, dtype=torch.float64)

    def total(backend, x, parameter=None):
        m = ann.Neurons(cell, 3, learn=["E"], gain="1 pA", dt="0.5 ms", backend=backend, surrogate=SOFT).double()
        out, _ = m(x, returns="states")
        return out["v"], m

    found = []
    for backend in ("torch", "compiled"):
        x = x0.clone().requires_grad_()
        v, m = total(backend, x)
        (v * torch.linspace(0, 1, v.numel(), dtype=torch.float64).reshape(v.shape)).sum().backward()
        found.append((v.detach(), x.grad, m.parameters().__next__().grad))
    for a, b in zip(*found, strict=True):
        torch.testing.assert_close(b, a, rtol=1e-9, atol=1e-12)
    step = torch.zeros_like(x0)
    step[3, 1, 1] = 1e-6
    upper, lower = (total("torch", x0 + s * step)[0] for s in (1, -1))
    weights = torch.linspace(0, 1, upper.numel(), dtype=torch.float64).reshape(upper.shape)
    torch.testing.assert_close(((upper - lower) * weights).sum() / 2e-6, found[0][1][3, 1, 1], rtol=1e-5, atol=1e-9)
