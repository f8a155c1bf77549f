"""An associative memory of spiking neurons with clipped Hebbian synapses, measured against the theory of the Willshaw network.

Every neuron has a synapse onto every other. A pattern is a volley: its neurons fire together, and a synapse whose two sides fire within some
milliseconds of each other goes from nothing to full strength at once, and stays. To recall, a part of a pattern fires; a neuron that as many synapses reach as there are
neurons in that part fires too.

After M patterns of k among N neurons a synapse is strong with the probability p = 1 - (1 - k(k - 1)/(N(N - 1)))^M, as no neuron has a synapse
onto itself. Of the N - k neurons that don't belong to a pattern, (N - k) p^c answer falsely to a cue of c neurons, and all that belong to it answer
(Willshaw DJ, Buneman OP, Longuet-Higgins HC (1969) Nature 222:960-962; Palm G (1980) Biol Cybern 36:19-31). The theory takes synapses as
independent; those from the neurons of one cue are not quite, so that near the limit there are some more false answers than it says.
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

GAP, PAUSE = 250.0, "150 ms"  # between volleys, and for which a neuron that fired is silent: no echo reaches the next
STRONG = 100.0  # pA of a synapse that has learned
DELAY = "8 ms"  # from cell to cell: answers come and are over before answers to answers
LATER = 16.0  # ms after a cue until which an answer counts

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
    """Spikes of an input that lets one row of neurons fire every ``GAP``."""
    times = np.repeat(10.0 + GAP * np.arange(len(active)), active.shape[1])
    return times, active.ravel()


def network(
    active: np.ndarray, neurons: int, seed: int, learned: np.ndarray | None = None, needed: float = 1e9
) -> Network:
    """Neurons that fire in volleys; ``learned`` weights (sources, targets) in pA make those fire too that ``needed`` synapses reach."""
    net = Network(seed, "0.5 ms", "Association")
    t, i = volleys(active)
    cue = net.population("cue", neurons, "spike_list", times=t * units.ms, indices=i)
    tau_s, tau_m, C = 2.0, 20.0, 250.0
    # height of the voltage after one strong synapse: the threshold counts them
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
    """Whether each neuron answers to each cue or belongs to it, (cues, neurons)."""
    neurons = len(weights)
    net = network(cues, neurons, seed, weights, cues.shape[1] - 0.5)
    spikes = net.run(f"{GAP * (len(cues) + 1)} ms", progress=False).spikes["cells"]
    volley = ((spikes.times - 10.0 + 1e-9) // GAP).astype(int)
    soon = spikes.times - 10.0 - GAP * volley < LATER
    out = np.zeros((len(cues), neurons), bool)
    out[volley[soon], spikes.indices[soon]] = True
    return out


def expected(m: int, neurons: int, active: int, cue: int) -> tuple[float, float]:
    """Part of synapses that are strong, and false answers to a cue, by the theory."""
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
    """Stores patterns and completes them from a part: errors against load, measured and by theory.

    Parameters
    ----------
    seed : decides all. neurons, active : of the network and of a pattern. part : of a pattern that is shown at recall.
    loads : numbers of patterns stored, a sequence or text such as ``"100,200"``. tested : how many of them are recalled. progress, dose : as of all experiments; there is no receptor here for drugs.
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
    shown_most = whole_number(tested, "association, tested", 1, 10**6)
    began, rows = time.perf_counter(), []
    for m in many:
        rng = np.random.default_rng([seed, m])
        stored = patterns(m, n, k, rng)
        weights = learn(stored, n, seed)
        shown = stored[:shown_most]
        answers = recall(shown[:, :c], weights, seed)
        belongs = np.zeros_like(answers)
        np.put_along_axis(belongs, shown, True, 1)
        strong, false = expected(m, n, k, c)
        wrong = (answers & ~belongs).sum(1)
        rows.append((
            int(m), float((weights > STRONG / 2).mean()) * n / (n - 1), strong, float((answers & belongs).sum(1).mean() / k),
            float(wrong.mean()), false, float((wrong == 0).mean()),
        ))  # fmt: skip
    table = np.array(rows)
    within = table[table[:, 4] <= 1.0]
    best = float(within[:, 0].max()) if len(within) else 0.0
    measures = {
        "patterns_with_at_most_one_false_answer": best,
        "expected_from_theory": max((float(r[0]) for r in rows if r[5] <= 1.0), default=0.0),
        "strong_synapses_largest_deviation": float(np.abs(table[:, 1] - table[:, 2]).max()),
        "recalled_part_of_pattern": float(table[:, 3].min()),
    }
    header = ("patterns", "strong synapses", "theory", "recalled", "false answers", "theory", "without error")
    about = f"{n} neurons, patterns of {k}, recalled from {c} of their neurons; each pattern was shown once."
    return Outcome(
        "association",
        "Association: spiking neurons with clipped Hebbian synapses",
        about,
        measures,
        {"Load": (header, rows)},
        {"False answers against load: spiking network (points) and theory (line)": lambda: _figure(table, n, k, c)},
        {"seed": seed, "neurons": n, "active": k, "part": part, "loads": tuple(many), "tested": tested},
        {"all": time.perf_counter() - began},
        {"table": table},
    )


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
