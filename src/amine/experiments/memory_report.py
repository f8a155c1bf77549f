"""Figures and comparisons of the memory of digits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from amine.experiments import digits
from amine.experiments.digit_memory import Reading, respond, rule
from amine.optional import optional
from amine.values import scalar
from amine.view.engram import tiles
from amine.view.style import COLOURS, figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from amine.compounds.doses import Course
    from amine.experiments.digit_memory import Memory
    from amine.experiments.outcome import Outcome
    from amine.results.run import Run

ABOUT = (
    "A network of spiking neurons is shown handwritten digits (1 797 images of 8 x 8 pixels, Alpaydin and Kaynak 1998) and forms a memory of "
    "them without labels: calcium that enters its synapses through NMDA receptors strengthens or weakens them. Labels are used "
    "only afterwards, to find the class to which each neuron responds; the digits of the test were never shown before."
)
HIDDEN = (0.0, 0.25, 0.5)


def figures(out: Outcome, kept: Memory, reading: Reading, split: digits.Split, found: np.ndarray) -> None:
    """Add the figures of one run of learning and one of the test."""
    out.figures["Receptive fields: weights of the pixels onto some neurons, as they form. Each row is one neuron."] = (
        lambda: fields_in_time(kept)
    )
    if kept.run is not None:
        run = kept.run
        last = max(0.0, run.duration - 2000.0)
        out.figures["Receptive fields at the end, sorted by the digit that each neuron answers to most."] = lambda: (
            fields(run, reading)
        )
        out.figures[
            "The engram: the fewest synapses that make up half of all change of the weights, by pixel and neuron."
        ] = lambda: run.engram("P->E").figure()
        out.figures[
            "Spikes of the pixels, the excitatory and the inhibitory neurons: the last eight digits of learning."
        ] = lambda: run.raster(start=last)
        out.figures[
            "Calcium at two synapses of one neuron: it enters when the neuron fires, and more where glutamate is bound."
        ] = lambda: calcium(kept)
    out.figures["Confusion matrix of unseen digits."] = lambda: confusion(reading, found, split.held_labels)


def details(
    out: Outcome,
    kept: Memory,
    reading: Reading,
    split: digits.Split,
    seed: int,
    dt: str,
    doses: Sequence[tuple[str, Course]],
) -> None:
    """Add recall from partly dark images, accuracy during learning, and the accuracy of simple classifiers."""
    recall = {}
    for part in HIDDEN:
        images = digits.occlude(split.held_images, part, np.random.default_rng([seed, 2]))
        recall[part] = reading.accuracy(respond(images, kept.last, seed + 2, dt, doses), split.held_labels)
    out.tables["Recall from a part of the image"] = (
        ("dark part of the image", "accuracy"),
        [(f"{part:.0%}", f"{x:.3f}") for part, x in recall.items()],
    )
    out.measures |= {f"recall, {part:.0%} dark": x for part, x in recall.items() if part}
    some, moments, learning = np.arange(0, len(split.images), 2), range(0, len(kept.times) - 1, 2), []
    for w, theta in ((kept.weights[k], kept.thresholds[k]) for k in moments):
        known = respond(split.images[some], (w, theta), seed, dt)
        tested = respond(split.held_images, (w, theta), seed + 1, dt, doses)
        learning.append(Reading.of(known, split.labels[some]).accuracy(tested, split.held_labels))
    learning.append(out.measures["accuracy"])
    out.arrays["accuracy in time"] = np.array(learning)
    out.figures["Accuracy on unseen digits while the memory forms; dashed: chance."] = lambda: curve(
        kept.times[[*moments, -1]], learning
    )
    others = classifiers(split, kept.weights.shape[2], seed)
    out.tables["Beside simple classifiers on the same split"] = (
        ("", "accuracy"),
        [("this memory", f"{out.measures['accuracy']:.3f}"), *((k, f"{x:.3f}") for k, x in others.items())],
    )
    out.measures |= others


def classifiers(split: digits.Split, k: int, seed: int) -> dict[str, float]:
    """Held-out accuracy of a linear classifier, and of k-means with as many centres as neurons, each labelled by majority."""
    with optional("memory"):
        from sklearn.cluster import KMeans
        from sklearn.linear_model import LogisticRegression

    linear = LogisticRegression(max_iter=2000).fit(split.images, split.labels)
    k = min(k, len(split.images))
    centres: Any = KMeans(k, n_init=1, random_state=seed).fit(split.images)  # type: ignore[arg-type]
    votes = np.zeros((k, 10))
    np.add.at(votes, (centres.labels_, split.labels), 1)
    named = votes.argmax(1)[centres.predict(split.held_images)]
    return {
        "linear classifier": float(linear.score(split.held_images, split.held_labels)),
        f"k-means, {k} centres": float((named == split.held_labels).mean()),
    }


def fields_in_time(kept: Memory, neurons: int = 8) -> Figure:
    """Figure of the weights onto a few neurons at the recorded moments."""
    n = min(neurons, kept.weights.shape[2])
    fig, axes = figure(9.0, 1.05 * n * 9.0 / (1.25 * len(kept.times)) / 1.0, 1, len(kept.times))
    image = None
    for ax, t, w in zip(axes[0], kept.times, kept.weights, strict=True):
        image = tiles(ax, w[:, :n].T.reshape(n, 8, 8), 1, (0.0, 1.0))
        ax.set_title(f"{t / 1000:.0f} s", fontsize=9)
    fig.colorbar(image, ax=axes, label="weight (nS)", shrink=0.6)
    return fig


def fields(run: Run, reading: Reading) -> Figure:
    """Figure of the weights onto all neurons (at most 200), sorted by the class for which they are evidence."""
    order = np.lexsort((-reading.evidence.max(0), reading.evidence.argmax(0)))[:200]
    return run.receptive_fields("P->E", (8, 8)).figure(order)


def calcium(kept: Memory, span: float = 1500.0) -> Figure:
    """Figure of bound glutamate at two synapses of the most active neuron, and of the calcium that enters with its spikes."""
    run = kept.run
    assert run is not None
    p = {k: scalar(v, rule().units[k], k) for k, v in rule().parameters.items() if isinstance(v, str)}
    start = max(0.0, run.duration - span)
    spikes, pixels = run.spikes["E"], run.spikes["P"]
    recent = spikes.indices[spikes.times > start]
    neuron = int(np.bincount(recent).argmax()) if recent.size else 0
    own = spikes.times[(spikes.indices == neuron) & (spikes.times > start)]
    weights, free = kept.weights[-1][:, neuron], float(run.weights("P->E").target_states["free"][neuron])
    dt = run.network.dt
    t = np.arange(round(start / dt), round(run.duration / dt)) * dt
    fig, axes = figure(9.0, 4.2, 2, 1, sharex=True)
    for ax, pixel, name in zip(
        axes[:, 0], (int(weights.argmax()), int(weights.argmin())), ("strong", "weak"), strict=True
    ):
        before = pixels.times[(pixels.indices == pixel) & (pixels.times > start - 500.0)]
        bound = _trace(before, t, p["tau_NMDA"], p["binding"])
        ax.plot(t - start, bound, color=COLOURS[0], lw=1.0, label="receptors with glutamate")
        at = np.clip(np.searchsorted(t, own), 0, len(t) - 1)
        ax.vlines(
            own - start, 0.0, free * (bound[at] + p["ambient"]), color=COLOURS[1], lw=1.4, label="calcium at a spike"
        )
        ax.axhline(p["theta_p"], color="#555555", lw=0.8, ls="--", label="threshold of potentiation")
        ax.set_ylabel(f"{name} synapse\n({weights[pixel]:.2f} nS)")
        ax.set_ylim(0.0, 1.15)
    axes[0, 0].legend(frameon=False, fontsize=8, ncols=3, loc="upper left")
    axes[1, 0].set_xlabel("time (ms)")
    return fig


def _trace(spikes: np.ndarray, t: np.ndarray, tau: float, binding: float) -> np.ndarray:
    """State s of the rule at times ``t`` (ms): each spike binds a share of the free receptors, and bound ones decay with ``tau`` (ms)."""
    out = np.zeros(len(t))
    value, last, k = 0.0, t[0] - 500.0, 0
    for j, now in enumerate(t):
        while k < len(spikes) and spikes[k] <= now:
            value = value * np.exp(-(spikes[k] - last) / tau)
            value += binding * (1.0 - value)
            last, k = spikes[k], k + 1
        out[j] = value * np.exp(-(now - last) / tau)
    return out


def confusion(reading: Reading, found: np.ndarray, labels: np.ndarray) -> Figure:
    """Figure of the confusion matrix."""
    said = reading.classify(found)
    n = len(reading.classes)
    table = np.zeros((n, n), int)
    np.add.at(table, (np.searchsorted(reading.classes, labels), np.searchsorted(reading.classes, said)), 1)
    fig, axes = figure(5.2, 4.6)
    ax = axes[0, 0]
    ax.imshow(table, cmap="Blues")
    for i, j in np.ndindex(n, n):
        if table[i, j]:
            ax.text(
                j,
                i,
                str(table[i, j]),
                ha="center",
                va="center",
                fontsize=8,
                color="white" if table[i, j] > table.max() / 2 else "#222222",
            )
    ax.set_xticks(range(n), [str(c) for c in reading.classes])
    ax.set_yticks(range(n), [str(c) for c in reading.classes])
    ax.set_xlabel("taken for")
    ax.set_ylabel("digit")
    return fig


def curve(times: np.ndarray, accuracy: list[float]) -> Figure:
    """Figure of accuracy against the time of learning."""
    fig, axes = figure(6.0, 3.0)
    ax = axes[0, 0]
    ax.plot(times / 1000.0, accuracy, "o-", color=COLOURS[0])
    ax.axhline(0.1, color="#555555", lw=0.8, ls="--")
    ax.set_ylim(0.0, 1.0)
    ax.set_xlabel("time of learning (s)")
    ax.set_ylabel("accuracy")
    return fig
