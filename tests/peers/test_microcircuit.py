"""Rates of the eight populations of the microcircuit within the tolerances of the published tables."""

from __future__ import annotations

import tomllib
from pathlib import Path

import numpy as np
import pytest

import amine as am

TABLES = sorted((Path(am.__file__).parent).rglob("potjans_diesmann.toml"))


@pytest.fixture(scope="module")
def tables() -> dict:
    """The published tables as amine ships them."""
    return tomllib.loads(TABLES[0].read_text())


def measured(scale: float, drive: str, duration_ms: float, seed: int = 1) -> np.ndarray:
    """Rates in Hz after the first 500 ms."""
    net = am.circuits.microcircuit(scale=scale, drive=drive, seed=seed)
    run = net.run(f"{500 + duration_ms} ms", threads=2, progress=False)
    found = []
    for name, _offset, n in run.spikes.populations:
        times = np.asarray(run.spikes[name].times)
        found.append(np.sum(times > 500.0) / n / (duration_ms * 1e-3))
    return np.array(found[:8])


def within(found: np.ndarray, tables: dict) -> None:
    """Each rate within the proposed tolerance of one of the two published lines, or between them."""
    reference = tables["reference_rates_Hz"]
    published = np.array([reference["nest_single_run"], reference["paper_2014"]])
    tolerance = np.array(reference["tolerance_rel"])
    low, high = published.min(0) * (1 - tolerance), published.max(0) * (1 + tolerance)
    text = ", ".join(f"{n} {r:.2f}" for n, r in zip(tables["populations"], found, strict=True))
    assert np.all((low <= found) & (found <= high)), text


@pytest.mark.xfail(
    strict=True,
    reason="at a tenth the correction keeps the mean input, not the fluctuations: rates of L23E, L23I fall; NEST agrees",
)
def test_rates_at_a_tenth(tables):
    within(measured(0.1, "poisson", 10_000.0), tables)


def test_rates_at_a_tenth_agree_with_nest(tables, peer):
    values = {"tables": str(TABLES[0]), "scale": 0.1, "duration_ms": 5500.0, "from_ms": 500.0}
    theirs = np.mean([peer("nest_microcircuit.py", seed=s, **values)["rates"] for s in (1, 2)], axis=0)
    ours = np.mean([measured(0.1, "poisson", 5000.0, seed=s) for s in (1, 2)], axis=0)
    np.testing.assert_allclose(ours, theirs, rtol=0.1)


@pytest.mark.parametrize("drive", ["dc", "poisson"])
def test_rates_at_full_scale(tables, full_scale, drive):
    if not full_scale:
        pytest.skip("AMINE_FULL_SCALE=1 runs the full scale")
    within(measured(1.0, drive, 5_000.0), tables)
