"""The rule: what it equals, that order and blocks do not matter, what doses do, and when it is surprised."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_digits

import amine as am
from amine.learn.engram import Chemistry, Expansion, Inhibition, Memory, Surprise, Trust
from amine.learn.engram.trust import LEAKS

IMAGES, LABELS = load_digits(return_X_y=True)
IMAGES = IMAGES / 16.0
NEURONS = 100
DRIVE = Expansion(64, NEURONS, seed=0)(IMAGES)
TARGET = np.eye(10)[LABELS]
SHUFFLED = np.random.default_rng(0).permutation(len(LABELS))
LEARNED, HELD = SHUFFLED[:1200], SHUFFLED[1200:]
TASKS = LEARNED[np.argsort(LABELS[LEARNED] // 2, kind="stable")]  # two classes after two


def taught(order=TASKS, block=50, labels=LABELS, module=None, **doses) -> Memory:
    memory = Memory(NEURONS, 10, Chemistry(**doses), module)
    for k in range(0, len(order), block):
        some = order[k : k + block]
        memory.learn(DRIVE[some], np.eye(10)[labels[some]], labels[some])
    return memory


def accuracy(memory: Memory) -> float:
    return float((memory.scores(DRIVE[HELD]).argmax(1) == LABELS[HELD]).mean())


def test_classes_one_after_another_are_as_well_kept_as_mixed_ones():
    after, mixed = taught(TASKS), taught(LEARNED)
    np.testing.assert_allclose(after.weights, mixed.weights, atol=1e-6)
    np.testing.assert_allclose(after.inhibition.inverse[0], mixed.inhibition.inverse[0], atol=1e-6)
    assert accuracy(after) > 0.92


def test_weights_are_those_of_ridge_regression():
    phi = DRIVE[LEARNED]
    ridge = np.linalg.solve(phi.T @ phi + 0.7 * np.eye(NEURONS), phi.T @ TARGET[LEARNED])
    np.testing.assert_allclose(taught(leak=0.7).weights, ridge, atol=1e-6)


def test_without_gaba_it_is_the_normalised_delta_rule():
    weights, leak = np.zeros((NEURONS, 10)), 0.3
    for phi, t in zip(DRIVE[TASKS], TARGET[TASKS], strict=True):
        weights += np.outer(phi, t - phi @ weights) / (leak + phi @ phi)
    blocked = taught(gaba=0.0)
    np.testing.assert_allclose(blocked.weights, weights, atol=1e-9)
    assert accuracy(blocked) < 0.3


@pytest.mark.parametrize(
    "doses",
    [{}, {"gaba": 0.1}, {"gaba": 3.0, "dopamine": 0.5}, {"acetylcholine": 0.4}, {"gaba": 0.0}, {"module": 30}],
    ids=str,
)
def test_blocks_are_as_one_after_another(doses):
    few = TASKS[::4]
    one, many = taught(few, 1, **doses), taught(few, 113, **doses)
    np.testing.assert_allclose(one.weights, many.weights, atol=1e-9)
    for a, b in zip(one.inhibition.inverse, many.inhibition.inverse, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-9)


def test_memory_rises_with_gaba_up_to_the_natural_dose():
    found = [accuracy(taught(gaba=g)) for g in (0.0, 0.01, 0.1, 0.3, 1.0)]
    assert (np.diff(found) > 0).all() and found[0] < 0.3 and found[-1] > 0.92
    assert accuracy(taught(dopamine=0.0)) < 0.2 < accuracy(taught(dopamine=0.1)) < found[-1]


def test_modules_inhibit_within():
    parts = taught(module=50)
    assert [m.stop - m.start for m in parts.inhibition.modules] == [50, 50]
    assert accuracy(taught()) > accuracy(parts) > 0.75
    assert len(Inhibition(1000).modules) == 3 and len(Inhibition(400).modules) == 1


def test_a_dose_during_learning_acts_from_then_on():
    memory = taught(TASKS[:600])
    memory.dose(Chemistry(gaba=0.0))
    memory.learn(DRIVE[TASKS[600:]], TARGET[TASKS[600:]])
    lost = accuracy(memory)
    back = taught(TASKS[:600])
    back.dose(Chemistry(gaba=0.0))
    back.dose(Chemistry())  # washed out before anything was learned
    back.learn(DRIVE[TASKS[600:]], TARGET[TASKS[600:]])
    assert lost < 0.6 and accuracy(back) == pytest.approx(accuracy(taught()), abs=0.005)


def test_uncertainty_is_large_for_what_was_not_seen():
    memory = taught(LEARNED[np.isin(LABELS[LEARNED], (0, 1))])
    known = np.isin(LABELS[HELD], (0, 1))
    u = memory.uncertainty(DRIVE[HELD])
    assert (u >= 0).all() and np.median(u[~known]) > 3 * np.median(u[known])


@pytest.mark.parametrize("wrong", [0.0, 0.1, 0.2, 0.4])
@pytest.mark.parametrize("seed", range(3))
def test_no_false_alarm(wrong, seed):
    rng = np.random.default_rng(seed)
    labels = np.where(rng.random(len(LABELS)) < wrong, rng.integers(0, 10, len(LABELS)), LABELS)
    order = rng.permutation(TASKS) if seed == 2 else TASKS
    assert taught(order, labels=labels).surprises == []


def test_a_changed_world_surprises_once_and_is_let_go():
    changed = (LABELS + 3) % 10
    for noradrenaline in (0.0, 1.0):
        memory = taught(LEARNED, noradrenaline=noradrenaline)
        before = memory.inhibition.synapses[0].sum()
        memory.learn(DRIVE[LEARNED[:30]], np.eye(10)[changed[LEARNED[:30]]], changed[LEARNED[:30]])
        assert len(memory.surprises) == 1 and 1200 < memory.surprises[0] <= 1230
        after = memory.inhibition.synapses[0].sum()
        assert after > before if noradrenaline == 0.0 else after < 0.1 * before


def test_a_surprise_within_a_block_is_as_one_after_another():
    order, labels = LEARNED[:600], LABELS.copy()
    labels[LEARNED[400:600]] = (labels[LEARNED[400:600]] + 3) % 10
    one, many = taught(order, 1, labels, noradrenaline=1.0), taught(order, 600, labels, noradrenaline=1.0)
    assert one.surprises == many.surprises != []
    np.testing.assert_allclose(one.weights, many.weights, atol=1e-9)


def test_a_single_outlier_surprises_nobody():
    surprise = Surprise(1)
    assert not any(surprise.observe(0, 0.1) for _ in range(300))
    assert not surprise.observe(0, 1e6) and surprise.level < 2.0


def test_drugs_act_through_the_catalogue():
    natural = Chemistry()
    assert natural.under([]) == natural
    block = natural.under([("bicuculline", 10.0)])
    expected = am.compounds.steady_factor(am.compounds.effects_of("bicuculline", ["GABA_A"]), {"bicuculline": 10.0})
    assert block.gaba == pytest.approx(expected["GABA_A.conductance"]) and block.dopamine == 1.0
    assert natural.under([("diazepam", 1.0)]).gaba > 1.5
    assert natural.under([("haloperidol", 0.1)]).dopamine < 0.3
    assert 1.0 < natural.under([("methylphenidate", 0.1)]).dopamine < 2.0
    assert (
        natural.under([("atropine", 0.1)]).acetylcholine
        < 0.1
        < 1.0
        < natural.under([("donepezil", 0.01)]).acetylcholine
    )
    assert Chemistry(noradrenaline=1.0).under([("clozapine", 0.1)]).noradrenaline < 0.2
    two = natural.under([("bicuculline", 5.0), ("bicuculline", 5.0)])
    assert two.gaba == pytest.approx(block.gaba)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Chemistry(gaba=-1.0), "engram, gaba"),
        (lambda: Chemistry(dopamine=float("nan")), "engram, dopamine"),
        (lambda: Chemistry(leak=0.0), "nothing is at rest"),
        (lambda: Expansion(3, 3, scaling="contrst"), "did you mean 'contrast'"),
        (lambda: Expansion(3, 3, spread=float("nan")), "Expansion, spread"),
        (
            lambda: Expansion(3, 3)(np.ones((2, 4))),
            r"samples: the shape does not fit .given .2, 4., expected .samples, 3",
        ),
        (lambda: Inhibition(3, leak=-1.0), "Inhibition, leak"),
        (lambda: Inhibition(3, gaba=-1.0), "Inhibition, gaba"),
        (lambda: Inhibition(3, module=0), "Inhibition, module"),
        (lambda: Inhibition(3).let_go(-1.0), "Inhibition, keep"),
        (lambda: Surprise(2, threshold=-1.0), "Surprise, threshold"),
        (lambda: Surprise(2).observe(-1, 0.1), "Surprise, outcome"),
        (lambda: Surprise(2).observe(0, float("nan")), "Surprise, error"),
        (lambda: Memory(3, 0), "Memory, outputs"),
        (lambda: Memory(3, 2).learn(np.ones((2, 3)), np.full((2, 2), np.nan)), "Memory, target: a value is not finite"),
        (lambda: Memory(3, 2).learn(np.ones((2, 3)), np.ones((1, 2))), "Memory, target: the shape"),
        (lambda: Memory(3, 2).learn(np.ones((1, 3)), np.ones((1, 2)), np.array([-1])), "Memory, outcome"),
        (lambda: Memory(3, 2).scores(np.ones((1, 2))), "Memory, drive"),
        (lambda: Memory(3, 2).dose("x"), "chemistry"),
        (lambda: Chemistry().under([("bicuculline", -1.0)]), "Dose of bicuculline"),
        (lambda: Chemistry().under("bicuculline"), "a drug and a concentration"),
    ],
)
def test_bad_input_is_one_sentence(make, words):
    with pytest.raises(am.AmineError, match=words):
        make()


def mislabelled(share: float, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.where(rng.random(len(LABELS)) < share, rng.integers(0, 10, len(LABELS)), LABELS)


def adaptive(labels: np.ndarray, block: int = 50, **doses) -> Memory:
    memory = Memory(NEURONS, 10, Chemistry(**doses), adaptive=True)
    for k in range(0, len(TASKS), block):
        some = TASKS[k : k + block]
        memory.learn(DRIVE[some], np.eye(10)[labels[some]], labels[some])
    return memory


def test_acetylcholine_sets_the_leak_by_how_far_labels_can_be_trusted():
    leaks = [adaptive(mislabelled(share)).chemistry.leak for share in (0.0, 0.2, 0.4)]
    assert 0.1 <= leaks[0] < leaks[1] < leaks[2]
    labels = mislabelled(0.6)
    set_, fixed = adaptive(labels), [accuracy(taught(labels=labels, leak=x)) for x in (0.3, 3.0, 30.0)]
    assert accuracy(set_) > max(fixed) - 0.015 and accuracy(set_) > fixed[0] + 0.02 and set_.surprises == []


def test_the_leak_is_the_one_of_highest_probability():
    """The evidence as the density of all targets, from the covariance of samples in place of sums."""
    trust, phi, t = Trust(5, 1), DRIVE[LEARNED[:60], :5], TARGET[LEARNED[:60], :1]
    trust.add(phi, t)

    def log_density(leak: float) -> float:
        c = np.eye(60) + phi @ phi.T / leak
        fit = float((t.T @ np.linalg.solve(c, t))[0, 0])
        return -0.5 * np.linalg.slogdet(c)[1] - 30 * np.log(fit)  # the variance of errors at its best

    assert trust.leak(phi.T @ phi) == LEAKS[int(np.argmax([log_density(x) for x in LEAKS]))]


def test_weights_follow_the_leak_at_natural_doses_alone():
    memory = adaptive(mislabelled(0.3))
    phi, t = DRIVE[TASKS], np.eye(10)[mislabelled(0.3)[TASKS]]
    ridge = np.linalg.solve(phi.T @ phi + memory.chemistry.leak * np.eye(NEURONS), phi.T @ t)
    np.testing.assert_allclose(memory.weights, ridge, atol=1e-8)
    one = adaptive(mislabelled(0.3), 1)
    np.testing.assert_allclose(memory.weights, one.weights, atol=1e-8)
    assert accuracy(adaptive(LABELS, gaba=0.0)) < 0.3  # forgotten stays forgotten
    with pytest.raises(am.AmineError, match="single module"):
        Memory(NEURONS, 10, module=50, adaptive=True)
