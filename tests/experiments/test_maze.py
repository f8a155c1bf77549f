"""The water maze: its parts, and that dopamine teaches it."""

from __future__ import annotations

import json

import numpy as np
import pytest
from click.testing import CliRunner

import amine as am
from amine.cli import app
from amine.experiments import maze as experiment
from amine.experiments import water_maze as m


@pytest.fixture(scope="module")
def animal() -> m.Animal:
    """After one swim that starts beside the platform."""
    a = m.Animal(3, 0.0285, keep=True)
    a.trials.append(a.swim(m.PLATFORM + np.array([0.0, 0.2])))
    return a


def test_place_cells_fire_most_in_the_middle_of_their_fields():
    rates = m.place_rates(m.FIELDS)
    assert rates.shape == (len(m.FIELDS),) * 2
    assert (rates.argmax(1) == np.arange(len(rates))).all() and np.allclose(rates.diagonal(), m.PEAK)
    inside = m.FIELDS[np.linalg.norm(m.FIELDS, axis=1) < m.POOL - 0.2]
    assert np.ptp(m.place_rates(inside).sum(1)) < 0.1 * m.place_rates(inside).sum(1).mean()  # all places drive alike


def test_the_animal_swims_at_its_speed_within_the_pool(animal):
    t = animal.trials[-1]
    steps = np.linalg.norm(np.diff(t.path, axis=0), axis=1)
    assert (np.linalg.norm(t.path, axis=1) <= m.POOL + 1e-9).all()
    assert steps.max() <= m.SPEED * m.STEP * 1e-3 + 1e-9
    assert np.median(steps) == pytest.approx(m.SPEED * m.STEP * 1e-3)
    assert t.latency == pytest.approx((len(t.path) - 1) * m.STEP * 1e-3)
    assert t.found == (np.linalg.norm(t.path[-1] - m.PLATFORM) < m.RADIUS)
    assert not (np.linalg.norm(t.path[:-1] - m.PLATFORM, axis=1) < m.RADIUS).any()


def test_actors_agree_on_a_direction(animal):
    """The ring lets one bump win: within 48 ms, the mean resultant of the spikes' directions is near 1."""
    run = animal.loop.run()
    s = run.spikes["actor"].between(500.0, animal.trials[-1].end)
    bins = ((s.times - 500.0) // m.STEP).astype(int)
    sums = np.zeros((bins.max() + 1, 2))
    np.add.at(sums, bins, m.HEADINGS[s.indices])
    n = np.bincount(bins)
    assert np.average(np.linalg.norm(sums, axis=1)[n > 0] / n[n > 0], weights=n[n > 0]) > 0.7


def test_dopamine_follows_the_error():
    """At a constant error the field's mean is what uptake leaves of the release: Vmax c/(Km + c) = release."""
    net = m.network(0, 0.0)
    loop = net.loop()
    found = []
    for error in (-1.0, 0.0, 2.0):
        loop.set_rates("dopamine neurons", (m.TONIC + m.GAIN * error) * am.units.Hz)
        loop.advance("5 s")
        found.append(float(np.mean(loop.run().concentration("dopamine").values[-4000:])))
    uptake = net.fields["dopamine"].uptake[0]
    vmax, km = (am.units.to_internal(x, u, "DAT") for x, u in ((uptake.vmax, "uM/s"), (uptake.km, "uM")))
    release = m.DOPAMINE * 0.25e-3 * np.array([m.TONIC + m.GAIN * e for e in (-1.0, 0.0, 2.0)]) * 1e-3
    assert np.allclose(found, km * release / (vmax - release), rtol=0.1)


def test_haloperidol_lowers_the_occupancy_of_d1_as_the_catalogue_says():
    """Competition at one site: the EC50 is multiplied by 1 + C/Ki, with Ki = 13 nM at D1."""
    none, some = m.adapted(), m.adapted([("haloperidol", "13 nM")])
    assert none == pytest.approx(0.0285, rel=0.05)
    assert some / (1 - some) == pytest.approx(none / (1 - none) / 2, rel=1e-3)


def test_d1_above_tonic_strengthens_below_weakens_and_at_it_nothing_changes():
    """The same spikes, with the level at which nothing is learnt put below, at and above what D1 does."""
    level = m.adapted()
    change = []
    for tonic in (level - 0.01, level, level + 0.01):
        loop = m.network(1, tonic).loop()
        before = loop.weights("policy").weights.copy()
        loop.set_rates("place cells", m.place_rates(np.zeros(2)) * am.units.Hz)
        loop.advance("1 s")
        change.append(float((loop.weights("policy").weights - before).mean()))
    assert change[0] > 0.01 and change[2] < -0.01
    assert abs(change[1]) < 0.3 * min(change[0], -change[2])


def test_an_experiment_of_one_block_gives_measures_figures_and_a_page(tmp_path, monkeypatch):
    monkeypatch.setattr(m, "LONGEST", 4e3)
    out = experiment.maze(seed=4, animals=1, trials=4, dose="haloperidol=50 nM")
    assert out.arrays["latency, no drug"].shape == (1, 4)
    assert 0 < out.measures["tonic occupancy of D1"] < 0.3 * out.measures["without drug: tonic occupancy of D1"]
    out.report(tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text()
    assert page.count("<img") == len(out.figures) == 9 and "latency, last 4 trials (s)" in page


def test_results_do_not_depend_on_workers(monkeypatch):
    monkeypatch.setattr(m, "LONGEST", 4e3)
    one, three = (experiment.maze(seed=4, animals=3, trials=4, details=False, workers=w) for w in (1, 3))
    assert one.measures == three.measures
    assert len({tuple(x) for x in one.arrays["latency, no drug"]}) > 1


def test_on_the_command_line(monkeypatch):
    monkeypatch.setattr(m, "LONGEST", 4e3)
    asked = ["run", "maze", "--set", "animals=1", "--set", "trials=4", "--set", "details=no", "--json"]
    done = CliRunner().invoke(app, asked)
    assert done.exit_code == 0 and json.loads(done.stdout)["measures"]["latency, first 4 trials (s)"] > 0


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"trials": 6}, "not a multiple of 4"),
        ({"trials": 0}, "out of range"),
        ({"animals": 0}, "out of range"),
        ({"workers": 0}, "out of range"),
        ({"seed": -1}, "out of range"),
        ({"dose": "haloperidl=50 nM"}, "did you mean 'haloperidol'"),
        ({"dose": "haloperidol"}, "this is not DRUG=CONCENTRATION"),
        ({"dose": "haloperidol=50"}, "unit"),
        ({"dose": "haloperidol=50 nM@10s..20s"}, "leave the times out"),
    ],
)
def test_wrong_arguments_are_said(given, sentence):
    with pytest.raises(am.AmineError, match=sentence):
        experiment.maze(**{"animals": 1, "trials": 4, "details": False, **given})


def paired(a: np.ndarray, b: np.ndarray) -> float:
    """Student's t of the differences a - b."""
    d = a - b
    return float(d.mean() / (d.std(ddof=1) / np.sqrt(len(d))))


@pytest.mark.validate
def test_the_platform_is_found_sooner_and_sooner_and_haloperidol_slows_that():
    """Eight animals of 20 trials. Latencies are means over blocks of four trials, one from each start; t is Student's, 7 degrees of freedom, one-sided
    5 % beyond 1.9. Learning: first block against last, paired. Haloperidol: the mean of blocks 2 to 5 against that of the same seeds without.
    Blocked receptor (10 uM, 770 times Ki): weights change by less than a hundredth, and the last block is not sooner than the first."""
    out = experiment.maze(animals=8, trials=20, dose="haloperidol=100 nM")
    none, some = (out.arrays[f"latency, {n}"].reshape(8, 5, 4).mean(2) for n in ("no drug", "haloperidol=100 nM"))
    assert paired(none[:, 0], none[:, -1]) > 3.0 and none[:, -1].mean() < 0.5 * none[:, 0].mean()
    assert paired(some[:, 1:].mean(1), none[:, 1:].mean(1)) > 3.0
    blocked = experiment.maze(animals=4, trials=12, dose="haloperidol=10 uM", details=False)
    late = blocked.arrays["latency, haloperidol=10 uM"].reshape(4, 3, 4).mean(2)
    assert blocked.measures["change of policy (pA)"] < 0.01 * out.measures["without drug: change of policy (pA)"]
    assert late[:, -1].mean() > 2.0 * none[:, 2].mean() and paired(late[:, 0], late[:, -1]) < 1.9
