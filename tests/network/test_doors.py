"""Every method of a network takes anything, and either adds a part that is read back the same or says in one sentence what is wrong.

A quick profile runs here; ``pytest -m validate tests/network/test_doors.py`` tries 10^5 inputs.
"""

from __future__ import annotations

import json
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


def base() -> am.Network:
    net = am.Network(seed=1)
    net.population(
        "E", 3, "lif_cond", positions=np.arange(6.0).reshape(3, 2) * am.units.um, receptors={"graded": GRADED}
    )
    net.population("P", 3, "poisson")
    net.population("T", 3, TREE)
    net.field("serotonin", tonic="1 nM")
    return net


GRADED = am.models.receptor("graded", "input g : nS; current g*(E_rev - v)", E_rev="0 mV")
TREE = am.models.cable(am.morphology.ball_and_stick(segments=3), {"*": ["leak"]})
VALID = {
    "population": dict(name="X", n=3, model="lif", initial={}, positions=None, receptors={}, record_spikes=True, tau_m="10 ms"),
    "synapses": dict(
        source="P", target="E", receptor="AMPA", weight="1 nS", receptors=None, delay="1 ms", p=0.5, indegree=None, outdegree=None, total=None,
        pairs=None, rule=None, connect=None, plastic=None, delay_kind="axonal", distance=None, nearest=None, autapses=True, multapses=True, release=None,
        transmitter=None, detail="receptor", cleft=None, minis=None, name="syn"),
    "gap_junctions": dict(a="E", b="E", conductance="1 nS", p=0.5, pairs=None, total=None, connect=None, distance=None, name=None),
    "coupling": dict(
        source="E", target="E", into="g_graded", value="w*v_pre/v_post", w="1 nS", p=0.5, indegree=None, outdegree=None, total=None, pairs=None,
        connect=None, distance=None, nearest=None, delay="1 ms", autapses=True, multapses=True, stream=None, name=None),
    "poisson": dict(target="E", rate="5 Hz", receptor="AMPA", weight="1 nS", n=1, name=None),
    "stimulus": dict(target="E", current=am.step("1 pA"), name=None),
    "probe": dict(target="E", every="1 ms", start=None, stop=None, at=None, reduce=None, name=None),
    "electrodes": dict(target="T", places=[[1.0, 2.0, 3.0]] * am.units.um, conductivity="0.3 S/m", source="line", every=None, start=None, stop=None, name=None),
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
