"""Fields against closed forms and an independent solution of their equations."""

from __future__ import annotations

import numpy as np
import pytest
from numba import njit
from scipy.integrate import solve_ivp
from scipy.linalg import expm as reference_expm
from scipy.special import lambertw

import amine as am
from amine.engine.device import slow

expm, noise_root, remove = (njit(f.py_func) for f in (slow.expm, slow.noise_root, slow.remove))  # called by Python
RUN = {"progress": False}


def spikes(net: am.Network, times: list[float], n: int = 1, **given):
    """A source whose neuron 0 spikes at given times (ms)."""
    return net.population(
        "S", n, "spike_list", times=np.array(times) * am.units.ms, indices=np.zeros(len(times)), **given
    )


@pytest.mark.parametrize(
    ("c", "vmax", "km"), [(1.0, 0.004, 0.2), (0.01, 0.004, 0.2), (50.0, 0.1, 0.001), (1e-6, 1.0, 5.0)]
)
def test_uptake_is_lambert_w(c, vmax, km):
    for t in (0.5, 10.0, 300.0):
        if c / km < 500:
            z = c / km * np.exp((c - vmax * t) / km)
            assert remove(c, t, vmax, km, 0.0) == pytest.approx(km * lambertw(z).real, rel=1e-9, abs=1e-300)
        back = remove(remove(c, t, vmax, km, 0.01), -t, vmax, km, 0.01)
        assert remove(c, t, vmax, km, 0.01) >= 0.0
        if remove(c, t, vmax, km, 0.01) > 1e-12:
            assert back == pytest.approx(c, rel=1e-6)


def test_uptake_and_first_order_removal_against_scipy():
    def slope(t, c, vmax, km, rate):
        return -vmax * c / (km + c) - rate * c

    for numbers in ((0.004, 0.2, 0.01), (1.0, 0.05, 0.3), (0.0, 1.0, 0.1)):
        found = solve_ivp(slope, (0, 20), [0.7], rtol=1e-12, atol=1e-14, args=numbers).y[0, -1]
        assert remove(0.7, 20.0, *numbers) == pytest.approx(found, rel=1e-8)


def test_clearance_of_a_transient_in_a_run():
    """After one spike the field follows Lambert's W from the value of the first field step after it."""
    net = am.Network()
    net.field("dopamine", released_by=spikes(net, [10.0]), release="1 uM", uptake=am.uptake("4 uM/s", "0.2 uM"))
    found = net.run("600 ms", **RUN).concentration("dopamine")
    c0, t = found.values[10], found.times[10:] - 10.0
    assert c0 == pytest.approx(1.0, abs=0.003) and (found.values[:10] == 0).all()
    exact = 0.2 * lambertw(c0 / 0.2 * np.exp((c0 - 0.004 * t) / 0.2)).real
    np.testing.assert_allclose(found.values[10:], exact, rtol=1e-9)


def test_a_burst_against_scipy():
    """Release, uptake and first-order removal together: the splitting errs by less than 0.1 per cent."""
    net = am.Network()
    times = list(np.arange(20.3, 220.0, 5.0))
    net.field(
        "dopamine",
        released_by=spikes(net, times),
        release="50 nM",
        uptake=am.uptake("4 uM/s", "0.2 uM"),
        removal="500 ms",
        tonic="20 nM",
    )
    found = net.run("500 ms", **RUN).concentration("dopamine")
    base = 0.004 * 0.02 / 0.22 + 0.02 / 500

    def slope(t, c):  # a spike releases evenly over the millisecond in which it falls
        j = np.searchsorted(times, np.floor(t + 1e-9) + 1e-6)
        on = j < len(times) and times[j] <= np.floor(t + 1e-9) + 1.0
        return base + 0.05 * on - 0.004 * c / (0.2 + c) - c / 500

    exact, c = [0.02], np.array([0.02])
    for k in range(499):
        c = solve_ivp(slope, (k, k + 1 - 1e-9), c, rtol=1e-10, atol=1e-13).y[:, -1]
        exact.append(float(c[0]))
    np.testing.assert_allclose(found.values, exact, rtol=1e-3)


def test_the_tonic_level_stays():
    net = am.Network()
    net.field(
        "dopamine",
        uptake=[am.uptake("4 uM/s", "0.2 uM"), am.uptake("1 uM/s", "5 uM")],
        removal="0.1 1/s",
        tonic="20 nM",
    )
    net.field("adenosine", removal="1 1/s", tonic="100 nM", regions={"a": spikes(net, [1.0])})
    run = net.run("2 s", **RUN)
    np.testing.assert_allclose(run.concentration("dopamine").values, 0.02, rtol=1e-12)
    np.testing.assert_allclose(run.concentration("adenosine").values, 0.1, rtol=1e-12)


@pytest.mark.filterwarnings("ignore::amine.errors.AmineWarning")
def test_amount_is_conserved_and_spreads_between_regions():
    net = am.Network()
    S, other = spikes(net, [3.0, 7.0, 7.5]), net.population("other", 5, "poisson")
    net.field("x", released_by={"a": S}, release="1 uM", regions={"a": S, "b": other, "c": other}, exchange="0.05 1/ms")
    run = net.run("200 ms", **RUN)
    c = run.concentration("x").values
    assert c.shape == (200, 3) and (c >= 0).all()
    np.testing.assert_allclose(c.sum(1)[20:], 3.0, rtol=1e-12)
    np.testing.assert_allclose(c[-1], 1.0, rtol=1e-6)
    np.testing.assert_array_equal(run.concentration("x", "b").values, c[:, 1])


@pytest.mark.filterwarnings("ignore::amine.errors.AmineWarning")
@pytest.mark.parametrize("shape", [(41,), (21, 21), (11, 11, 11)])
def test_diffusion_on_a_grid(shape):
    """The variance along each axis grows by 2 D t, nothing is lost, nothing is negative."""
    d, edge = len(shape), 10.0
    net = am.Network()
    middle = np.array([[(m // 2 + 0.5) * edge for m in shape]])
    S = spikes(net, [1.0], positions=middle * am.units.um)
    net.field("x", released_by=S, release="1 uM", grid=shape, spacing="10 um", diffusion="0.32 um**2/ms")
    c = net.run("120 ms", **RUN).concentration("x").values.reshape(-1, *shape)
    np.testing.assert_allclose(c[2:].reshape(118, -1).sum(1), 1.0, rtol=1e-10)
    assert (c >= 0).all()
    along = c.sum(axis=tuple(range(2, d + 1))) if d > 1 else c
    x = (np.arange(shape[0]) - shape[0] // 2) * edge
    np.testing.assert_allclose((along @ x**2)[[20, 60, 100]], 2 * 0.32 * (np.array([20, 60, 100]) - 0.5), rtol=1e-3)


def test_matrix_exponential_and_noise():
    from amine.engine.build.propagator import _noise

    rng = np.random.default_rng(1)
    for n in (1, 2, 5):
        A = rng.normal(size=(n, n)) * 3
        E = np.empty((n, n))
        expm(A, E)
        np.testing.assert_allclose(E, reference_expm(A), rtol=1e-12, atol=1e-13)
        A, G, L = rng.normal(size=(n, n)) - 2 * np.eye(n), rng.normal(size=(n, 2)), np.empty((n, n))
        noise_root(A, G, 0.1, L)
        np.testing.assert_allclose(L, _noise(A[None], G[None], 0.1)[0], rtol=1e-9, atol=1e-12)
