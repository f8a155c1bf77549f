"""An associative memory of spiking neurons with clipped Hebbian synapses, measured against the theory of the Willshaw network.

Every neuron has a synapse onto every other. A pattern is a volley: its neurons fire together, and a synapse whose two neurons fire within some
milliseconds of each other switches from zero to full strength at once, for good. At recall, a part of a pattern fires as the cue; a neuron
with strong synapses from all neurons of the cue fires too.

After M patterns of k among N neurons a synapse is strong with the probability p = 1 - (1 - k(k - 1)/(N(N - 1)))^M, as no neuron has a synapse
onto itself. Of the N - k neurons outside a pattern, (N - k) p^c answer falsely to a cue of c neurons, and all neurons of the pattern answer
(Willshaw DJ, Buneman OP, Longuet-Higgins HC (1969) Nature 222:960-962; Palm G (1980) Biol Cybern 36:19-31). The theory takes synapses as
independent; those from the neurons of one cue are slightly correlated, so that near the limit there are more false answers than predicted.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from amine import models, plasticity, units
from amine.errors import AmineError
from amine.experiments.outcome import Outcome
from amine.network.network import Network
from amine.network.numbers import whole_number

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from amine.models.model import Model

GAP, PAUSE = 250.0, "150 ms"  # ms between volleys, and refractory time, so that no echo reaches the next volley
STRONG = 100.0  # pA, weight of a strong synapse
DELAY = "8 ms"  # from cell to cell: answers are over before answers to answers come
LATER = 16.0  # ms after a cue within which an answer counts

RULE = """
dx_post/dt = -x_post/tau : 1 (target)
w : pA in 0 pA .. w_max
on post x_post = 1
on pre w += where(x_post > 0.3, w_max, 0*w_max)
"""


def rule() -> Model:
    """Clipped Hebb: the synapse becomes strong when its source's spike arrives within 24 ms after its target's."""
    return plasticity.rule(
        "clipped_hebb",
        RULE,
        source="Willshaw DJ, Buneman OP, Longuet-Higgins HC (1969) Nature 222:960-962",
        tau="20 ms",
        w_max=STRONG * units.pA,
    )


def patterns(m: int, neurons: int, active: int, rng: np.random.Generator) -> np.ndarray:
    """Neurons (m, active) of random patterns."""
    return np.stack([rng.choice(neurons, active, replace=False) for _ in range(m)])


def volleys(active: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Times (ms) and neurons of an input in which the rows of ``active`` (patterns, neurons) fire one after the other, every ``GAP``."""
    times = np.repeat(10.0 + GAP * np.arange(len(active)), active.shape[1])
    return times, active.ravel()


def network(
    active: np.ndarray, neurons: int, seed: int, learned: np.ndarray | None = None, needed: float = 1e9
) -> Network:
    """Network that fires in volleys; with ``learned`` weights (sources, targets) in pA, neurons with ``needed`` strong inputs fire too."""
    net = Network(seed, "0.5 ms", "Association")
    t, i = volleys(active)
    cue = net.population("cue", neurons, "spike_list", times=t * units.ms, indices=i)
    tau_s, tau_m, C = 2.0, 20.0, 250.0
    # mV, height of the potential of one strong synapse: the threshold is a number of these
    peak = STRONG * tau_s / C * (tau_s / tau_m) ** (tau_s / (tau_m - tau_s))
    cells = net.population(
        "cells",
        neurons,
        "lif",
        tau_m=f"{tau_m} ms",
        C=f"{C} pF",
        V_th=(-65.0 + min(needed * peak, 40.0)) * units.mV,
        t_ref=PAUSE,
        receptors={"exc": models.get("exc")(tau=f"{tau_s} ms"), "kick": models.get("exc")(tau="1 ms")},
    )
    net.synapses(cue, cells, receptor="kick", weight="50000 pA", connect="one_to_one")
    if learned is None:
        others = np.nonzero(~np.eye(neurons, dtype=bool))
        net.synapses(cells, cells, receptor="exc", weight="0 pA", pairs=others, delay=DELAY, rule=rule(), name="memory")
    else:
        net.synapses(
            cells, cells, receptor="exc", weight=STRONG * units.pA, pairs=np.nonzero(learned > STRONG / 2), delay=DELAY
        )
    return net


def learn(active: np.ndarray, neurons: int, seed: int) -> np.ndarray:
    """Weights (sources, targets) in pA after each pattern has fired once."""
    run = network(active, neurons, seed).run(f"{GAP * (len(active) + 1)} ms", progress=False)
    return run.weights("memory").matrix(neurons, neurons)


def recall(cues: np.ndarray, weights: np.ndarray, seed: int) -> np.ndarray:
    """Neurons that belong to each cue or answer to it, as a mask (cues, neurons)."""
    neurons = len(weights)
    net = network(cues, neurons, seed, weights, cues.shape[1] - 0.5)
    spikes = net.run(f"{GAP * (len(cues) + 1)} ms", progress=False).spikes["cells"]
    volley = ((spikes.times - 10.0 + 1e-9) // GAP).astype(int)
    soon = spikes.times - 10.0 - GAP * volley < LATER
    out = np.zeros((len(cues), neurons), bool)
    out[volley[soon], spikes.indices[soon]] = True
    return out


def expected(m: int, neurons: int, active: int, cue: int) -> tuple[float, float]:
    """Share of strong synapses, and number of false answers to a cue, by theory."""
    p = 1 - (1 - active * (active - 1) / (neurons * (neurons - 1))) ** m
    return p, (neurons - active) * p**cue


def association(
    seed: int = 0,
    neurons: int = 512,
    active: int = 16,
    part: float = 0.5,
    loads: Sequence[int] | str = (100, 200, 400, 600, 800),
    tested: int = 100,
    progress: bool = True,
    dose: Sequence[str] | str = (),
) -> Outcome:
    """Store patterns and complete them from a part: errors against load, measured and by theory.

    Parameters
    ----------
    seed : seed of all random numbers. neurons, active : number of neurons of the network and of a pattern.
    part : share of a pattern that is shown at recall.
    loads : numbers of patterns stored, a sequence or text such as ``"100,200"``. tested : the largest number of them to recall.
    progress, dose : as for all experiments; drugs are refused, as there are no receptors here.

    Returns
    -------
    Outcome
        ``patterns_with_at_most_one_false_answer`` is the capacity; ``table`` holds the numbers at each load.

    Raises
    ------
    AmineError
        A number is out of range, or a dose is given.
    """
    if dose:
        raise AmineError(
            "association", "its synapses are currents without receptors that drugs know", hint="leave dose out"
        )
    n, k = (
        whole_number(neurons, "association, neurons", 16, 8192),
        whole_number(active, "association, active", 2, neurons // 2),
    )
    c = _cue(part, k)
    many = [
        whole_number(x, "association, loads", 1, 10**6) for x in (_numbers(loads) if isinstance(loads, str) else loads)
    ]
    shown = whole_number(tested, "association, tested", 1, 10**6)
    began = time.perf_counter()
    rows = [_row(m, n, k, c, shown, seed) for m in many]
    table = np.array(rows)
    header = ("patterns", "strong synapses", "theory", "recalled", "false answers", "theory", "without error")
    about = f"{n} neurons, patterns of {k}, recalled from {c} of their neurons; each pattern was shown once."
    return Outcome(
        "association",
        "Association: spiking neurons with clipped Hebbian synapses",
        about,
        _measures(table),
        {"Load": (header, rows)},
        {"False answers against load: spiking network (points) and theory (line)": lambda: _figure(table, n, k, c)},
        {"seed": seed, "neurons": n, "active": k, "part": part, "loads": tuple(many), "tested": tested},
        {"all": time.perf_counter() - began},
        {"table": table},
    )


def _row(m: int, n: int, k: int, c: int, tested: int, seed: int) -> tuple[float, ...]:
    """Stores ``m`` patterns and recalls ``tested`` of them from ``c`` neurons each.

    Returns
    -------
    Patterns, strong synapses (share), the same by theory, recalled share of a pattern, false answers to a cue, the same by theory, and the
    share of cues without false answers.
    """
    rng = np.random.default_rng([seed, m])
    stored = patterns(m, n, k, rng)
    weights = learn(stored, n, seed)
    shown = stored[:tested]
    answers = recall(shown[:, :c], weights, seed)
    belongs = np.zeros_like(answers)
    np.put_along_axis(belongs, shown, True, 1)
    strong, false = expected(m, n, k, c)
    wrong = (answers & ~belongs).sum(1)
    return (
        int(m), float((weights > STRONG / 2).mean()) * n / (n - 1), strong, float((answers & belongs).sum(1).mean() / k),
        float(wrong.mean()), false, float((wrong == 0).mean()),
    )  # fmt: skip


def _measures(table: np.ndarray) -> dict[str, float]:
    """Figures of merit from the rows of :func:`_row`."""
    within, by_theory = table[table[:, 4] <= 1.0], table[table[:, 5] <= 1.0]
    return {
        "patterns_with_at_most_one_false_answer": float(within[:, 0].max(initial=0.0)),
        "expected_from_theory": float(by_theory[:, 0].max(initial=0.0)),
        "strong_synapses_largest_deviation": float(np.abs(table[:, 1] - table[:, 2]).max()),
        "recalled_part_of_pattern": float(table[:, 3].min()),
    }


def _cue(part: float, active: int) -> int:
    if not 0 < part <= 1:
        raise AmineError("association, part", "it is out of range", given=repr(part), expected="above 0, at most 1")
    return max(1, round(part * active))


def _numbers(text: str) -> list[int]:
    try:
        return [int(x) for x in text.split(",")]
    except ValueError as e:
        raise AmineError(
            "association, loads", "these are not numbers", given=text[:40], hint="write 100,200,400"
        ) from e


def _figure(table: np.ndarray, n: int, k: int, c: int) -> Figure:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5.5, 3.5), layout="constrained")
    ax = figure.subplots()
    m = np.arange(1, int(table[:, 0].max() * 1.05))
    ax.plot(m, [expected(int(x), n, k, c)[1] for x in m], color="0.5", label="theory")
    ax.plot(table[:, 0], table[:, 4], "o", label="measured")
    ax.set(xlabel="patterns stored", ylabel="false answers to a cue", yscale="symlog")
    ax.legend(frameon=False)
    return figure
