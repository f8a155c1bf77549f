"""Which method advances which state, and removable singularities."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp

import amine as am
from amine.equations.symbols import exprel, symbol


@pytest.mark.parametrize(
    ("name", "methods"),
    [
        ("lif", {"v": "exact"}),
        ("hodgkin_huxley", dict.fromkeys("vmhn", "exponential_euler")),
        ("adex", {"v": "rk4", "w": "rk4"}),
        ("eif", {"v": "rk4"}),
        ("izhikevich", {"v": "rk4", "u": "rk4"}),
        ("dual_exponential", {"g": "exact", "h": "exact"}),
        ("tsodyks_markram", {"u": "exact", "x": "exact"}),
    ],
)
def test_choice(name, methods):
    assert am.models.get(name).integrators == methods


def test_conductances_make_the_membrane_exponential_euler():
    from amine.engine.codegen.fuse import fuse
    from amine.engine.resolve.cells import CellStructure
    from amine.equations.integrate import choose

    cell = CellStructure(am.models.lif_cond, tuple(am.models.lif_cond.receptors.items()))
    fused = fuse(cell)
    assert choose(fused.rhs, fused.parameters, fused.inputs) == {
        "v": "exponential_euler",
        "g_AMPA": "exact",
        "g_GABA_A": "exact",
    }


def test_noise():
    exact = am.models.neuron("a", "dv/dt = -v/tau + s*xi : mV", tau="5 ms", s="1 mV/ms**0.5")
    curved = am.models.neuron("b", "dv/dt = -v*v/tau/mV + s*xi : mV", tau="5 ms", s="1 mV/ms**0.5")
    assert exact.integrators == {"v": "exact"} and curved.integrators == {"v": "euler_maruyama"}


@pytest.mark.parametrize("name", ["hodgkin_huxley", "traub_miles"])
def test_singularities_are_removed(name):
    """Rates such as x/(exp(x) - 1) are finite at and near x = 0, and elsewhere what was written."""
    eq = am.models.get(name).parsed
    found = [(n, e) for n, e in ((n, eq.expand(e)) for n, e in eq.named.items()) if e.has(exprel)]
    assert {n for n, _ in found} == (
        {"alpha_m", "alpha_n"} if name == "hodgkin_huxley" else {"alpha_m", "beta_m", "alpha_n"}
    )
    v = symbol("v")
    for _, e in found:
        f = e.subs({symbol("V_T"): -63.0})
        argument = next(iter(f.atoms(exprel))).args[0]
        root = float(sp.solve(argument, v)[0])
        values = [
            float(f.subs(v, root + d).replace(exprel, lambda x: (sp.exp(x) - 1) / x if x != 0 else sp.S.One))
            for d in (-1e-3, 0.0, 1e-3)
        ]
        assert values[1] == pytest.approx((values[0] + values[2]) / 2, rel=1e-6)


def test_device_functions_are_accurate():
    from amine.engine.device import functions as d

    x = np.linspace(-80, 80, 4001)
    np.testing.assert_allclose([d.exp64(float(a)) for a in x], np.exp(x), rtol=2e-15)
    np.testing.assert_allclose(
        [d.exp32(np.float32(a)) for a in x], np.exp(x.astype(np.float32).astype(float)), rtol=3e-7
    )
    small = np.concatenate([x / 80, [0.0, 1e-12, -1e-12, 0.5, -0.5]])
    expected = np.where(small == 0, 1.0, np.expm1(small) / np.where(small == 0, 1, small))
    np.testing.assert_allclose([d.exprel64(float(a)) for a in small], expected, rtol=4e-15)
    np.testing.assert_allclose([d.tanh64(float(a)) for a in x / 8], np.tanh(x / 8), rtol=1e-14, atol=1e-16)


STIFF = """
dv/dt = (E_L - v)/tau + g*(0*mV - v)/C/(1 + exp(-v/(16*mV))/3) : mV
initial v = -60*mV
"""


def test_a_method_can_be_asked_for():
    """Linearised at the start of each step, a membrane with a conductance far beyond the stability of Runge-Kutta finds its resting point."""
    values = dict(E_L="-65 mV", tau="20 ms", C="200 pF", g="10 uS")
    asked = am.models.neuron("stiff", STIFF + "method v exponential_euler", **values)
    assert am.models.neuron("free", STIFF, **values).integrators == {"v": "rk4"}
    assert asked.integrators == {"v": "exponential_euler"}
    net = am.Network(dt="0.1 ms")
    net.probe(net.population("P", 1, asked), "v")
    v = next(iter(net.run("5 ms", progress=False).probes.values())).values["v"].ravel()
    slope = 10_000.0 / 200.0 / (1 + np.exp(-v[-1] / 16.0) / 3)
    assert abs((-65.0 - v[-1]) / 20.0 - slope * v[-1]) < 1e-3 * slope
    with pytest.raises(am.AmineError, match="did you mean 'exponential_euler'"):
        am.models.neuron("wrong", STIFF + "method v exponential_eule", **values)
    with pytest.raises(am.AmineError, match="'u' is not a state"):
        am.models.neuron("wrong", STIFF + "method u rk4", **values)


def test_order_of_a_method_that_was_asked_for():
    """A single nonlinear equation without inputs: the linearised exponential step is of second order."""
    model = am.models.neuron(
        "soft", STIFF + "method v exponential_euler", E_L="-65 mV", tau="20 ms", C="200 pF", g="20 nS"
    )

    def end(dt: str) -> float:
        net = am.Network(dt=dt)
        net.probe(net.population("P", 1, model), "v", every="8 ms")
        return float(
            next(iter(net.run("16 ms", progress=False, precision="float64").probes.values())).values["v"][-1, 0]
        )

    exact = end("0.01 ms")
    a, b = (abs(end(dt) - exact) for dt in ("0.8 ms", "0.4 ms"))
    assert 1.8 < np.log2(a / b) < 2.3
