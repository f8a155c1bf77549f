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
    reason="at a tenth the correction keeps mean and variance of the input, not its higher cumulants: rates fall by 9 to 48 %; NEST agrees",
)
def test_rates_at_a_tenth(tables):
    within(measured(0.1, "poisson", 10_000.0), tables)


def test_rates_at_a_tenth_agree_with_nest(tables, peer):
    values = {"tables": str(TABLES[0]), "scale": 0.1, "duration_ms": 5500.0, "from_ms": 500.0}
    theirs = np.mean([peer("nest_microcircuit.py", seed=s, **values)["rates"] for s in (1, 2)], axis=0)
    ours = np.mean([measured(0.1, "poisson", 5000.0, seed=s) for s in (1, 2)], axis=0)
    np.testing.assert_allclose(ours, theirs, rtol=0.1)


def test_rates_approach_the_published_ones_as_the_circuit_grows(tables):
    published = np.array(tables["reference_rates_Hz"]["nest_single_run"])
    missing = [1 - np.mean(measured(s, "poisson", 3_000.0) / published) for s in (0.1, 0.2, 0.4)]
    assert 0.25 > missing[0] > 1.5 * missing[1] > 2 * missing[2] > 0


def uncoupled(scale: float, tables: dict, duration_ms: float = 4_000.0) -> np.ndarray:
    """Rates of neurons whose inputs are those of the circuit, but independent Poisson trains at the published rates."""
    circuit = am.circuits.microcircuit(scale, seed=1)
    rates = dict(zip(tables["populations"], tables["reference_rates_Hz"]["nest_single_run"], strict=True))
    net = am.Network(seed=1)
    for name, p in circuit.populations.items():
        net.population(name, 500, p.model, initial=p.initial, receptors=p.receptors, **p.parameters)
    for s in circuit.projections:
        (source,), (target,) = s.source.views(), s.target.views()
        rate = s.pattern.value / target.n * rates[source.population] / 100
        net.poisson(target.population, rate=f"{rate} Hz", n=100, receptor="psc", weight=s.receptors["psc"].a)
    for i in circuit.inputs:
        net.poisson(next(iter(i.target.views())).population, rate=i.rate, n=i.n, receptor="psc", weight=i.weight)
    spikes = net.run(f"{500 + duration_ms} ms", threads=2, progress=False).spikes
    return np.array([np.sum(spikes[name].times > 500.0) / 500 / (duration_ms * 1e-3) for name in net.populations])


def test_larger_jumps_alone_lower_the_rates(tables):
    """Mean and variance of the input are the same at both scales and nothing is correlated: what is left of the difference are the jumps
    of the voltage, 3.2 times as large, of which the large ones are inhibitory."""
    full, tenth = uncoupled(1.0, tables), uncoupled(0.1, tables)
    ratio = dict(zip(tables["populations"], tenth / full, strict=True))
    assert all(r < 0.95 for r in ratio.values()), ratio
    assert ratio["L23E"] < 0.65 and ratio["L23I"] < 0.75, ratio


@pytest.mark.parametrize("drive", ["dc", "poisson"])
def test_rates_at_full_scale(tables, full_scale, drive):
    if not full_scale:
        pytest.skip("AMINE_FULL_SCALE=1 runs the full scale")
    within(measured(1.0, drive, 5_000.0), tables)
