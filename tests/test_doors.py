"""Every public function takes anything, and either answers or says in one sentence what is wrong.

A quick profile runs here; ``pytest -m validate tests/test_doors.py`` tries 10^5 inputs. The methods of a network have a test of their own
(network/test_doors.py), so have texts of models (models/test_doors.py) and running networks (engine/test_doors.py).
"""

from __future__ import annotations

import inspect
import os
import random
import sys
import warnings
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import amine as am
from amine.doors import door

sys.path.insert(0, str(Path(__file__).resolve().parent))
from anything import ANY

ROOMS = {
    "amine": (),
    "amine.circuits": ("get", "names"),
    "amine.compounds": (),
    "amine.experiments": ("get", "names"),
    "amine.models": (),
    "amine.morphology": (),
    "amine.pharmacology": ("concentrations", "hill_fit"),
    "amine.plasticity": ("get", "names", "parameter_sets", "rule", "gated"),
    "amine.protocols": (),
    "amine.results": ("open",),
    "amine.network.space": (
        "grid",
        "random",
        "box",
        "disc",
        "doughnut",
        "ellipse",
        "ellipsoid",
        "sphere",
        "within",
        "distance",
        "nearest",
    ),
    "amine.view": (),
}  # names; none: all that the room gives out
LEFT = {
    "register",
    "register_mechanism",
    "add",
    "receptor_response",
    "Distribution",
    "table",
}  # change a registry, or take numbers of any kind


def functions() -> dict[str, object]:
    """Public functions by name."""
    found = {}
    for room, chosen in ROOMS.items():
        module = import_module(room)
        for name in chosen or module.__all__:
            value = getattr(module, name)
            if inspect.isfunction(value) and name not in LEFT:
                found[f"{room}.{name}"] = value
    return found


FUNCTIONS = functions()


@pytest.mark.parametrize("name", FUNCTIONS)
def test_public_functions_are_doors(name):
    assert door(FUNCTIONS[name]) is FUNCTIONS[name]


@st.composite
def arguments(draw, function):
    """Arguments that a signature takes, with anything in them."""
    args, named = [], {}
    for p in inspect.signature(function).parameters.values():
        if p.kind is p.VAR_POSITIONAL:
            args += draw(st.lists(ANY, max_size=2))
        elif p.kind is p.VAR_KEYWORD:
            named |= draw(st.dictionaries(st.sampled_from(["tau", "weight", "E_L", "x"]), ANY, max_size=1))
        elif p.default is p.empty and p.kind is not p.KEYWORD_ONLY:
            args.append(draw(ANY))
        elif (p.default is p.empty or draw(st.booleans())) and p.kind is not p.POSITIONAL_ONLY:
            named[p.name] = draw(ANY)
    return args, named


def attempt(function, args, named) -> None:
    state = random.getstate()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            function(*args, **named)
        except am.AmineError as e:
            assert "\n" not in str(e) and len(str(e)) < 1500
    assert random.getstate() == state, "the random numbers of others are left alone"


def tried(function, examples, **more):
    @settings(max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck), **more)
    @given(arguments(function))
    def each(call):
        attempt(function, *call)

    each()


@pytest.mark.parametrize("name", FUNCTIONS)
def test_anything_is_answered_or_refused(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    tried(FUNCTIONS[name], 12, derandomize=True)


@pytest.mark.validate
@pytest.mark.parametrize("name", FUNCTIONS)
def test_many_things_are_answered_or_refused(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    tried(FUNCTIONS[name], 1200)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: am.compounds.search(3), "search, query: this cannot be used (given 3, expected text)"),
        (lambda: am.compounds.search("x", uncurated="1 uM"), "search, uncurated: this cannot be used (given '1 uM', expected True or False)"),
        (lambda: am.models.neuron("x", "dv/dt = 1*mV/ms : mV", limits=0.5), "neuron, limits: this cannot be used (given 0.5, expected a table (dict) or None)"),
        (lambda: am.protocols.pairing("stdp", 3), "pairing, lags: this cannot be used"),
        (lambda: am.protocols.pairing("stdp", wieght="1 nS"), "option 'wieght' is not known; did you mean 'weight'?"),
        (lambda: am.circuits.coba("x"), "coba(), neurons: this is not a whole number (given 'x')"),
        (lambda: am.bath([]), "bath"),
        (lambda: am.compounds.search("x", limmit=3), "search(): got an unexpected keyword argument 'limmit'; did you mean 'limit'?"),
    ],
)  # fmt: skip
def test_a_wrong_argument_is_named(call, words):
    with pytest.raises(am.AmineError) as e:
        call()
    assert words in str(e.value)


def test_an_array_without_an_axis_is_no_sequence():
    for call in (am.dose_table, am.fit, am.sweep):
        for x in (np.array("x"), np.array(1.0), np.array(object())):
            with pytest.raises(am.AmineError):
                call(*[x] * 3)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: am.protocols.dopamine_pulses("stdp", removal=0), "removal: the"),
        (lambda: am.protocols.repeated(([1], [2]), 0, 2**63), "period: this is no time"),
        (lambda: am.protocols.repeated(([1], [2]), 1, 10**400), "period: this is no time"),
        (lambda: am.space.grid(np.int64(3), ""), "spacing"),
        (lambda: am.results.open("x" * 300), "path: this cannot be used .*expected a path that a file can have"),
        (lambda: am.results.open("a\0"), "does not exist"),
        (lambda: am.Network().save("x" * 300), "path: this cannot be used"),
        (lambda: am.Network.load("a\0/b"), "it cannot be read|path: this cannot be used"),
        (lambda: sourced().run("1 ms", checkpoint="a\0", progress=False), "checkpoint: this cannot be used"),
        (lambda: sourced().run("1 ms", store="a/" + "x" * 256, progress=False), "its lock .* cannot be made"),
        (lambda: sourced().loop().save("x" * 256), "its lock .* cannot be made"),
        (lambda: sourced().run("1 ms", progress=False).spikes["P"].between("0 ms", "1 ms"), "start: this cannot be used"),
        (lambda: sourced().run("1 ms", progress=False).spikes.rates(start="1 ms"), "start: this cannot be used"),
        (lambda: hooked().advance("2 ms"), "Loop.advance: a function of Loop.every cannot move"),
    ],
)  # fmt: skip
def test_kinds_that_longer_profiles_found(call, words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(am.AmineError, match=words):
        call()
    assert not [p for p in tmp_path.rglob("*") if p.is_file()]


def sourced() -> am.Network:
    net = am.Network()
    net.population("P", 2, "poisson", rate="1 Hz")
    return net


def hooked():
    loop = sourced().loop()
    loop.every("1 ms", lambda l: l.advance("1 ms"))
    return loop


def test_nothing_but_a_file_is_replaced(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for act in (sourced().save, sourced().loop().save):
        with pytest.raises(am.AmineError, match="this is not a file|it exists"):
            act(tmp_path / "pipe", overwrite=True)
    assert (tmp_path / "pipe").is_fifo()
