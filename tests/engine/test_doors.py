"""A running network takes anything, and either does it or says in one sentence what is wrong, and then nothing has changed.

A quick profile runs here; ``pytest -m validate tests/engine/test_doors.py`` tries 10^4 calls.
"""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import amine as am

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from anything import ANY

NAMES = st.sampled_from(
    [
        "E.v",
        "E.tau_m",
        "E.I_e",
        "E.t_ref",
        "E.AMPA.g",
        "E.AMPA.tau",
        "P.rate",
        "P->E.weight",
        "P->E.delay",
        "dose:NBQX",
        "E",
        "P",
        "E.",
        ".v",
    ]
)
CALLS = {
    "set": st.tuples(st.one_of(NAMES, ANY), ANY),
    "get": st.tuples(st.one_of(NAMES, ANY)),
    "dose": st.tuples(st.one_of(st.just("NBQX"), ANY), ANY),
    "set_rates": st.tuples(st.one_of(st.just("P"), ANY), ANY),
    "branch": st.tuples(st.one_of(st.dictionaries(NAMES, ANY, max_size=2), ANY)),
    "every": st.tuples(ANY, ANY),
    "restore": st.tuples(ANY),
}  # fmt: skip
SHORT = st.one_of(
    ANY.filter(lambda x: not isinstance(x, str)),
    st.sampled_from(["", "1 ms", "-1 ms", "0.05 ms", "nan ms", "1e300 ms", "x", "1 mV"]),
)
CALLS["advance"] = st.tuples(SHORT)


@pytest.fixture(scope="module")
def loop():
    net = am.Network(seed=1)
    P = net.population("P", 3, "poisson", rate="20 Hz")
    E = net.population("E", 4, "lif_cond", I_e="200 pA")
    net.synapses(P, E, receptor="AMPA", weight="1 nS", connect="all_to_all", name="P->E")
    net.dose("NBQX", "0 uM")
    loop = net.loop()
    loop.advance("1 ms")
    return loop


def values(loop) -> tuple:
    """The present values by name, and the time."""
    return loop.time, {n: np.asarray(x.value).tolist() for n, x in loop.settable().items()}


def attempt(loop, call: str, args: tuple) -> None:
    start, before = loop.snapshot(), values(loop)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            getattr(loop, call)(*args)
        except am.AmineError as e:
            assert "\n" not in str(e) and len(str(e)) < 1500
            assert values(loop) == before, "a call that is refused leaves the network as it was"
    loop.restore(start)


def tried(loop, call, examples, **more):
    @settings(max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck), **more)
    @given(CALLS[call])
    def each(args):
        attempt(loop, call, args)

    each()


@pytest.mark.parametrize("call", CALLS)
def test_anything_is_done_or_refused(loop, call):
    tried(loop, call, 15, derandomize=True)


@pytest.mark.validate
@pytest.mark.parametrize("call", CALLS)
def test_many_things_are_done_or_refused(loop, call):
    tried(loop, call, 1200)
