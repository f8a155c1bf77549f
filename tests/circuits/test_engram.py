"""The circuit of inhibition that learns: what grows, what is at rest, where drugs act, and what is kept. One small network, compiled once."""

from __future__ import annotations

import numpy as np
import pytest

import amine as am
from amine.circuits.engram import DOPAMINE_CELLS, RATES, SHARE, engram

CELLS, INTERNEURONS = 12, 16
DRUGS = ("bicuculline", "diazepam", "haloperidol", "atropine", "reboxetine")


@pytest.fixture(scope="module")
def fresh():
    """A loop before the first trial, the state to go back to, and four images as the features see them: two tasks of two classes."""
    rng = np.random.default_rng(3)
    net = engram(rng.normal(0, 1, (5, CELLS)), rng.uniform(-0.3, 0.3, CELLS), 2, INTERNEURONS)
    for drug in DRUGS:
        net.dose(drug, "0 uM")
    loop = net.loop(precision="float64", keep=False)
    return loop, loop.snapshot(), rng.normal(0, 0.5, (4, 5))


def show(loop, image, label):
    """One trial."""
    loop.set("pixels.x", image)
    loop.set("dopamine.target", np.repeat(np.eye(2)[label], DOPAMINE_CELLS))
    loop.advance(f"{RATES.trial} ms")


def matrix(loop):
    """Synapses from principal cells to interneurons, and back (interneurons, cells)."""
    there, back = (loop.coupled(n) for n in ("excitation", "inhibition"))
    a, b = np.zeros((2, INTERNEURONS, CELLS))
    a[there["post"], there["pre"]], b[back["pre"], back["post"]] = there["w"], back["w"]
    return a, b


@pytest.fixture(scope="module")
def trained(fresh):
    """The loop after ten trials of two images, and the state to go back to."""
    loop, start, images = fresh
    loop.restore(start)
    for k in range(10):
        show(loop, images[k % 2], k % 2)
    return loop, loop.snapshot(), images


def test_synapses_of_both_directions_are_alike_of_one_sign_and_hebbian_on_the_drive(trained):
    loop, after, images = trained
    loop.restore(after)
    before, back = matrix(loop)
    np.testing.assert_allclose(before, back, rtol=1e-12)
    assert before.min() >= 0 and before.max() > 0
    show(loop, images[0], 0)
    grown = matrix(loop)[0] - before
    active = grown.sum(1) > 1e-9
    loop.set("pixels.x", images[0])
    loop.advance("50 ms")
    drive = loop.get("features.phi")
    assert 0 < active.sum() < INTERNEURONS  # by chance
    expected = np.tile(drive / np.sqrt(SHARE * INTERNEURONS * RATES.leak), (active.sum(), 1))
    np.testing.assert_allclose(grown[active], expected, atol=0.03 * expected.max())  # the drive rises a little later


@pytest.mark.parametrize(
    ("doses", "factor"),
    [({}, 1.0), ({"bicuculline": "3 uM"}, 1 / 3), ({"diazepam": "1 uM"}, 1 + 0.7 / 1.016)],
)
def test_at_rest_inhibition_leaves_what_the_linear_system_says(trained, doses, factor):
    """k = (1 + g A'A)^-1 phi, where the interneurons' mean is subtracted; bicuculline lowers g and diazepam raises it."""
    loop, after, images = trained
    loop.restore(after)
    for drug, dose in doses.items():
        loop.dose(drug, dose)
    loop.set("interneurons.learning", 0.0)
    loop.set("readout.learning", 0.0)
    loop.set("pixels.x", images[1])
    loop.advance("3 s")
    phi, k, centred = loop.get("features.phi"), loop.get("principal.k"), matrix(loop)[0]
    centred = centred - centred.mean(0)
    expected = np.linalg.solve(np.eye(CELLS) + factor * centred.T @ centred, phi)
    without = np.abs(phi - expected).max()
    assert without > 0.05  # inhibition does something
    np.testing.assert_allclose(k, expected, atol=1e-3 * without)


def changed(trained, **doses):
    """Changes of the synapses of inhibition and of the read-out in a trial under drugs."""
    loop, after, images = trained
    loop.restore(after)
    for drug, dose in doses.items():
        loop.dose(drug, dose)
    before = [loop.coupled(n)["w"] for n in ("inhibition", "memory")]
    show(loop, images[0], 0)
    pairs = zip(("inhibition", "memory"), before, strict=True)
    return [np.abs(loop.coupled(n)["w"] - w).sum() for n, w in pairs]


def test_drugs_act_where_they_act(trained):
    inhibition, memory = changed(trained)
    assert inhibition > 0 and memory > 0
    assert changed(trained, atropine="1 uM")[0] < 0.1 * inhibition
    assert changed(trained, haloperidol="1 uM")[1] < 0.2 * memory
    loop, after, images = trained
    output = []
    for dose in ("0 uM", "1 uM"):  # noradrenaline rises over seconds
        loop.restore(after)
        loop.set("pixels.x", images[0])
        loop.set("interneurons.learning", 0.0)
        loop.dose("reboxetine", dose)
        loop.advance("3 s")
        y, x = loop.get("interneurons.y"), loop.get("interneurons.x")
        output.append(float(y @ (x - x.mean()) / np.square(x - x.mean()).sum()))
    assert output[1] < 0.95 * output[0]


def test_inhibition_keeps_a_task_and_bicuculline_forgets_it(fresh):
    """Two images, then two others, ten trials each: both tasks are learned in either case, and how far the second moves the first's answers differs."""
    loop, start, images = fresh

    def answers(task):
        now, found = loop.snapshot(), []
        for image in task:
            loop.set("pixels.x", image)
            loop.advance("30 ms")
            found.append(loop.get("readout.o"))
        loop.restore(now)
        return np.array(found)

    moved = {}
    for dose in ("0 uM", "1 mM"):
        loop.restore(start)
        loop.dose("bicuculline", dose)
        first = None
        for task in (images[:2], images[2:]):
            first = answers(images[:2])
            for k in range(20):
                show(loop, task[k % 2], k % 2)
            assert (answers(task).argmax(1) == [0, 1]).all()
        moved[dose] = np.abs(answers(images[:2]) - first).max()
    assert moved["0 uM"] < 0.5 * moved["1 mM"]


def test_shares_are_checked():
    for name, value in (("lost", 1.0), ("missing", -0.1)):
        with pytest.raises(am.AmineError, match=name):
            engram(np.ones((2, 3)), np.zeros(3), 2, 4, **{name: value})
