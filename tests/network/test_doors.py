"""Every method of a network takes anything, and either adds a part that is read back the same or says in one sentence what is wrong.

A quick profile runs here; ``pytest -m validate tests/network/test_doors.py`` tries 10^5 inputs.
"""

from __future__ import annotations

import json
import warnings
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import amine as am

TEXTS = (
    "", " ", "1 ms", "-1 ms", "0 ms", "1e300 ms", "1e39 pA", "nan ms", "inf nS", "1 nS", "-1 nS", "0.5", "1.5", "1 mV", "5 Hz", "10 um", "1 uM",
    "1 1/s", "v", "E", "P", "T", "AMPA", "GABA_A", "delta", "NMDA", "all_to_all", "one_to_one", "stdp", "hebb", "dopamine", "D1", "V_th",
    "AMPA.conductance", "AMPA.tau", "release.U", "ketamine", "glutamate", "kinetic", "explicit", "receptor", "dendritic", "clearance",
    "tsodyks_markram", "quantal", "lif", "lif_cond", "poisson", "spike_list", "normal('1 ms', '1 ms')", "uniform('0 nS', '1 nS')",
    "lognormal('1 ms', '1e300 ms')", "1 mV**(1/0)", "1 V**999", "9**9**9 ms", "\0", "a\nb", "ä", "'; --", "d$\\frac{$", "x" * 300, "1 ms + 2 ms", "ms",
)  # fmt: skip
NUMBERS = (
    0,
    1,
    -1,
    0.5,
    1.5,
    2**31,
    2**63,
    10**400,
    1e300,
    float("nan"),
    float("inf"),
    True,
    False,
    Fraction(1, 3),
    np.float32(0.1),
    np.int64(3),
    1j,
)
ODD = (
    None, [], {}, (), set(), b"x", object(), int, [1, 2], ["1 ms", "2 ms"], [[1, 2], [3]], ([0], [1]), ([0, 1], [1]), ([0.5], [1]), ([-1], [99]),
    {"AMPA": "1 nS"}, {"AMPA": None}, {1: 2}, {"v": "-60 mV"}, {"a": "E"}, np.ones(3), np.ones((3, 3)), np.array("x"), np.empty(0), np.ones(3) * am.units.nS,
    np.ones(3) * am.units.ms, np.full(3, np.nan) * am.units.nS, 1 * am.units.ms, am.normal("1 nS", "1 nS"), am.uniform(1, 0), am.gaussian("10 um"),
    am.step("1 pA"), am.bath("1 uM"), am.uptake("1 uM/s", "1 uM"), am.models.get("AMPA"), am.models.get("lif"), am.models.get("clearance"),
    am.plasticity.get("stdp"), lambda: 1,
)  # fmt: skip
ANY = st.one_of(
    st.sampled_from(TEXTS),
    st.sampled_from(NUMBERS),
    st.sampled_from(ODD),
    st.text(max_size=6),
    st.floats(),
    st.integers(),
)


def base() -> am.Network:
    net = am.Network(seed=1)
    net.population("E", 3, "lif_cond", positions=np.arange(6.0).reshape(3, 2) * am.units.um)
    net.population("P", 3, "poisson")
    net.population("T", 3, TREE)
    net.field("serotonin", tonic="1 nM")
    return net


TREE = am.models.cable(am.morphology.ball_and_stick(segments=3), {"*": ["leak"]})
VALID = {
    "population": dict(name="X", n=3, model="lif", initial={}, positions=None, receptors={}, tau_m="10 ms"),
    "synapses": dict(
        source="P", target="E", receptor="AMPA", weight="1 nS", receptors=None, delay="1 ms", p=0.5, indegree=None, outdegree=None, total=None,
        pairs=None, rule=None, connect=None, plastic=None, delay_kind="axonal", distance=None, autapses=True, multapses=True, release=None,
        transmitter=None, detail="receptor", cleft=None, minis=None, name="syn"),
    "gap_junctions": dict(a="E", b="E", conductance="1 nS", p=0.5, pairs=None, total=None, rule=None, distance=None, name=None),
    "poisson": dict(target="E", rate="5 Hz", receptor="AMPA", weight="1 nS", n=1, name=None),
    "stimulus": dict(target="E", current=am.step("1 pA"), name=None),
    "probe": dict(target="E", every="1 ms", name=None),
    "field": dict(
        name="x", released_by="P", release="1 nM", uptake=None, removal="1 1/s", tonic="0 uM", regions=None, exchange=None, grid=None, spacing=None,
        diffusion=None, origin=None),
    "modulate": dict(target="E", by="serotonin", receptor="D1", acts_on="V_th", maximum=1.1, EC50="1 uM", hill=1, tau="1 ms", tau_decay=None),
    "dose": dict(drug="ketamine", concentration="1 uM"),
}  # fmt: skip
POSITIONAL = {"probe": ["v"]}


def attempt(door: str, changes: dict[str, object]) -> None:
    """One call with some options replaced by anything."""
    net, given_ = base(), VALID[door] | changes
    before = net.hash()
    extra = POSITIONAL.get(door, [])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            if door == "probe":
                net.probe(given_.pop("target"), *extra, **given_)
            else:
                getattr(net, door)(**given_)
        except am.AmineError as e:
            assert "\n" not in str(e) and len(str(e)) < 1000
            assert net.hash() == before, "nothing is added when a call fails"
            return
        text = json.dumps(net.to_dict(), allow_nan=False)
        assert am.Network.from_dict(json.loads(text)).hash() == net.hash() != before
        net.describe()
        net.estimate()


def calls(door: str):
    return st.dictionaries(st.sampled_from(sorted(VALID[door])), ANY, min_size=1, max_size=2)


@pytest.mark.parametrize("door", VALID)
def test_the_call_itself_is_right(door):
    attempt(door, {})


@pytest.mark.parametrize("door", VALID)
def test_anything_is_added_or_refused(door):
    @settings(max_examples=25, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(calls(door))
    def tried(changes):
        attempt(door, changes)

    tried()


@pytest.mark.validate
@pytest.mark.parametrize("door", VALID)
def test_many_things_are_added_or_refused(door):
    @settings(max_examples=11_000, deadline=None, suppress_health_check=list(HealthCheck))
    @given(calls(door))
    def tried(changes):
        attempt(door, changes)

    tried()
