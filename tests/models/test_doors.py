"""Texts of library models, changed at random, become models that can be built, or are refused in one sentence.

A quick profile runs here; ``pytest -m validate tests/models/test_doors.py`` tries 10^5 texts.
"""

from __future__ import annotations

import random
import re
import sys
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest

import amine as am
from amine.engine.time.simulation import Simulation
from amine.models.model import Model

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from anything import NUMBERS, ODD, TEXTS

WORDS = [
    "v",
    "m",
    "h",
    "n",
    "g",
    "w",
    "x",
    "t",
    "i",
    "dt",
    "xi",
    "I",
    "I_e",
    "E_L",
    "tau",
    "C",
    "T",
    "O",
    "=",
    ":",
    "(",
    ")",
    "+",
    "-",
    "*",
    "/",
    "**",
    "^",
    ",",
    ".",
    "0",
    "1",
    "2",
    "1e400",
    "1e-400",
    "-1",
    "0.1",
    "exp",
    "log",
    "sin",
    "sqrt",
    "abs",
    "if",
    "else",
    "and",
    "or",
    "not",
    ">",
    "<",
    ">=",
    "==",
    "%",
    "'",
    '"',
    "#",
    "\n",
    "\t",
    "threshold",
    "reset",
    "initial",
    "method",
    "input",
    "open",
    "on",
    "pre",
    "post",
    "spike",
    "after",
    "refractory",
    "hazard",
    "mV",
    "ms",
    "nS",
    "pA",
    "uM",
    "1",
    "Hz",
    "nan",
    "inf",
    "pi",
    "True",
    "None",
    "lambda",
    "__class__",
    "import",
    "ä",
    "π",
    "µ",
    "uM/ms",
    "<->",
    "->",
    ";",
    "@",
    "[",
    "]",
    "{",
    "}",
    "$",
    "\\",
    "`",
    "&",
    "|",
    "~",
    "!",
    "?",
    "exprel",
    "min",
    "max",
    "floor",
    "ceil",
    "sign",
    "clip",
    "rand()",
    "randn()",
    "lastspike",
    "int(",
    "dv/dt",
    "dg/dt",
    "current",
    "payload",
    "event",
    "ion",
]
MAKERS: dict[str, Callable[..., Model]] = {
    k: getattr(am.models, k) for k in ("neuron", "receptor", "release", "scheme", "channel")
}
LIBRARY = {k: [am.models.get(n) for n in am.models.names(k)] for k in MAKERS}
MAKERS["rule"] = am.plasticity.rule
LIBRARY["rule"] = [am.plasticity.get(n) for n in am.plasticity.names()]


def changed(rng: random.Random, text: str) -> str:
    """A text with one to three of its words replaced, added, dropped or moved."""
    words = re.findall(r"\w+|\s|[^\w\s]", text)
    for _ in range(rng.choice([1, 1, 1, 2, 3])):
        i, how = rng.randrange(len(words)), rng.random()
        if how < 0.25:
            words[i] = rng.choice(WORDS)
        elif how < 0.45:
            words.insert(i, rng.choice(WORDS))
        elif how < 0.65 and len(words) > 1:
            del words[i]
        else:
            j = rng.randrange(len(words))
            words[i], words[j] = words[j], words[i]
    return "".join(words)


def parameters(rng: random.Random, model: Model) -> dict[str, object]:
    """Those of a model, with anything for one of them, one missing or one more."""
    given, anything = dict(model.parameters), rng.choice([*TEXTS, *NUMBERS, *ODD])
    name, how = rng.choice([*given, "none"]), rng.random()
    if how < 0.3:
        given[name] = anything
    elif how < 0.4:
        given.pop(name, None)
    elif how < 0.5:
        given[rng.choice(["zz", "v", "t", "E", "lambda", "a b", "é", "x'"])] = anything
    return given


def build(kind: str, model: Model) -> None:
    """Puts a model into a network and makes its code."""
    net = am.Network(seed=1, dt="0.1 ms")
    source = net.population("S", 2, "poisson", rate="100 Hz")
    receptors = {"x": model} if kind == "receptor" else None
    cell = net.population("P", 3, model if kind == "neuron" else "lif_cond", receptors=receptors)
    label, options = "AMPA", {"release": model} if kind == "release" else {"plastic": model} if kind == "rule" else {}
    if kind == "receptor":
        label = "x"
    elif kind == "neuron":
        label = next(iter(model.receptors), "")
    if label:
        unit = (model if kind == "receptor" else cell.receptors.get(label, am.models.AMPA)).weight_unit
        net.synapses(source, cell, receptor=label, weight=f"1 {unit}", connect="all_to_all", **options)
    Simulation(net)
    net.describe()


def attempt(rng: random.Random, deep: bool) -> bool:
    """Whether a model came of a changed text, and was built if ``deep``."""
    kind = rng.choice(list(MAKERS))
    library = rng.choice(LIBRARY[kind])
    text, given = changed(rng, library.equations), parameters(rng, library)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            model = MAKERS[kind]("mine", text, **given)
            if deep and kind not in ("scheme", "channel"):
                build(kind, model)
            return True
        except am.AmineError as e:
            assert "\n" not in str(e) and len(str(e)) < 1500, (kind, text, given)
        except Exception as e:
            raise AssertionError(f"{type(e).__name__}: {e}\n{kind} {text!r}\n{given!r}") from e
    return False


def test_changed_texts_are_models_or_refused():
    rng = random.Random(1)
    assert 10 < sum(attempt(rng, deep=k % 10 == 0) for k in range(250)) < 150, "some are models, and some are not"


@pytest.mark.validate
@pytest.mark.parametrize("seed", range(10))
def test_many_changed_texts_are_models_or_refused(seed):
    rng = random.Random(100 + seed)
    for k in range(10_000):
        attempt(rng, deep=k % 20 == 0)
