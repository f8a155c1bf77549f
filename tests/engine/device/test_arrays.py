"""What is prepared in NumPy: the device's functions on arrays, and matrices in a fixed order of operations."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.linalg import expm as reference

from amine.engine.device import arrays
from amine.engine.device.arrays import exact
from amine.engine.device.matrices import expm, product, solve

R = np.random.default_rng(3)
ARGUMENTS = {
    "exp": (np.exp, R.uniform(-700, 700, 2000)),
    "exprel": (lambda x: np.expm1(x) / x, R.uniform(-40, 40, 2000)),
    "tanh": (np.tanh, R.uniform(-3, 3, 2000)),
    "log": (np.log, 10 ** R.uniform(-300, 300, 2000)),
    "log1p": (np.log1p, R.uniform(-0.9, 3, 2000)),
    "log10": (np.log10, 10 ** R.uniform(-300, 300, 2000)),
    "sin": (np.sin, R.uniform(-1e6, 1e6, 2000)),
    "cos": (np.cos, R.uniform(-1e6, 1e6, 2000)),
    "asin": (np.arcsin, R.uniform(-1, 1, 2000)),
    "acos": (np.arccos, R.uniform(-1, 1, 2000)),
    "atan": (np.arctan, R.normal(0, 3, 2000)),
}


@pytest.mark.parametrize("name", ARGUMENTS)
def test_functions_of_arrays(name):
    of, x = ARGUMENTS[name]
    np.testing.assert_allclose(getattr(exact, name)(x), of(x), rtol=2e-15, atol=0)
    assert getattr(exact, name)(x)[3] == getattr(exact, name)(x[3])  # one number or many


def test_powers_and_quarters():
    x, y = 10 ** R.uniform(-100, 100, 500), R.uniform(-2, 2, 500)
    np.testing.assert_allclose(exact.pow(x, y), x**y, rtol=1e-15)
    assert exact.pow(0.0, 2.0) == 0.0 and exact.pow(-2.0, 3.0) == -8.0
    np.testing.assert_allclose(exact.atan2(y, 1 - x), np.arctan2(y, 1 - x), rtol=1e-15)


@pytest.mark.parametrize("size", [1e-3, 1.0, 300.0])
def test_exponentials_of_stacks_are_those_of_each(size):
    A = R.normal(0, size, (4, 3, 3)) - 3 * size * np.eye(3)
    np.testing.assert_allclose(expm(A), reference(A), rtol=1e-11, atol=1e-15)
    assert all(np.array_equal(expm(A)[i], expm(A[i])) for i in range(4))


def test_systems_are_solved():
    A, b = R.normal(0, 1, (6, 6)), R.normal(0, 1, 6)
    np.testing.assert_allclose(product(A, solve(A, b)[:, None])[:, 0], b, rtol=1e-11)
    assert not np.isfinite(solve(np.ones((2, 2)), b[:2])).all()


def test_functions_that_were_kept_give_the_same_bits(tmp_path, monkeypatch):
    monkeypatch.setenv("AMINE_CACHE_DIR", str(tmp_path))
    made = [arrays._all() for _ in range(2)]
    assert len(list(tmp_path.iterdir())) == 1
    for name, (_, x) in ARGUMENTS.items():
        assert np.array_equal(*(getattr(m, name)(x) for m in made)), name
