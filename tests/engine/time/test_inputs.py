"""Waveforms and given spikes of a running network are replaced as it goes."""

from __future__ import annotations

import numpy as np
import pytest

import amine as am


def net(current=None, times=(5.0, 6.0), indices=(0, 1)) -> am.Network:
    out = am.Network(seed=1)
    E = out.population("E", 3, "lif")
    S = out.population("S", 4, "spike_list", times=np.array(times) * am.units.ms, indices=np.array(indices))
    out.stimulus(E[:2], current or am.step("200 pA", start="2 ms"), name="drive")
    out.synapses(S, E, receptor="exc", weight="50 pA", connect="all_to_all")
    out.probe(E, "v", every="0.5 ms")
    return out


def bits(loop) -> dict:
    found = {k: np.asarray(x).tobytes() for k, x in loop._simulation.state().items()}
    (probe,) = loop.run().probes.values()
    return found | {"spikes": loop.run().spikes.hash(), "v": probe["v"].tobytes()}


def replayed(loop, tmp_path):
    loop.network.save(tmp_path / "net.json", overwrite=True)
    scope: dict = {}
    exec(loop.script(str(tmp_path / "net.json")), scope)
    return scope["sim"]


WAVES = [
    am.step("300 pA", start="1 ms", stop="9 ms"),
    am.ramp("0 pA", "400 pA", "1 ms", "20 ms"),
    am.sine("100 pA", "50 Hz", mean="300 pA"),
    am.table([1.0, 7.0] * am.units.ms, [400.0, 100.0] * am.units.pA),
]


@pytest.mark.parametrize("wave", WAVES)
def test_inputs_set_at_time_zero_are_those_of_the_network_described_so(wave):
    loop, other = net().loop(), net(wave, (3.0, 3.0, 9.0), (2, 1, 0)).loop()
    stimulus = loop.network.stimuli[0]
    loop.set(stimulus, wave)
    loop.spike_times("S", np.array([3.0, 3.0, 9.0]) * am.units.ms, [2, 1, 0])
    for x in (loop, other):
        x.advance("20 ms")
    assert bits(loop) == bits(other) and len(loop.run().spikes["S"]) == 3


def test_inputs_are_replaced_replayed_kept_and_taken_back(tmp_path):
    loop = net().loop()
    loop.advance("5.5 ms")
    before = loop.snapshot()
    for k, wave in enumerate(WAVES):
        loop.set("drive.current", wave)
        t = loop.time + np.array([0.1, 0.1, 0.1, 0.4, 3.0])
        loop.spike_times("S", t * am.units.ms, [0, 1, 2, 3, k])  # more at once than there were
        loop.advance("2 ms")
    np.testing.assert_allclose(loop.run().spikes["S"].between(0, 6).times, [5.0, 5.6, 5.6, 5.6, 5.9])
    loop.save(tmp_path / "c")
    again = net().loop(resume=tmp_path / "c")
    for x in (loop, again):
        x.advance("5 ms")
    assert bits(loop) == bits(again) == bits(replayed(loop, tmp_path)) == bits(loop.branch())
    loop.restore(before)
    loop.advance("5 ms")
    plain = net().loop()
    plain.advance("10.5 ms")
    assert bits(loop) == bits(plain)


def test_the_present_current_is_read():
    loop = net().loop()
    assert loop.get("drive.current") == 0.0
    loop.advance("3 ms")
    assert loop.settable()["drive.current"].value == 200.0 and loop.get("S.times").tolist() == [5.0, 6.0]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda x: x.set("drive.current", "5 pA"), "not a waveform"),
        (lambda x: x.set("E.I_e", am.step("5 pA")), "what was described as a value cannot follow a course"),
        (lambda x: x.set("drive.currant", am.step("5 pA")), "there is no value"),
        (lambda x: x.spike_times("S", [1.0] * am.units.ms, [0]), "in the past"),
        (lambda x: x.spike_times("S", [9.0] * am.units.ms, [7]), "no neuron"),
        (lambda x: x.spike_times("S", [9.0, 10.0] * am.units.ms, [0]), "one length"),
        (lambda x: x.spike_times("E", [9.0] * am.units.ms, [0]), "no source of given spikes"),
        (lambda x: x.set("S.times", "9 ms"), "use spike_times"),
    ],
)
def test_what_is_no_input_is_refused(change, sentence):
    loop = net().loop()
    loop.advance("2 ms")
    before = bits(loop), loop.script()
    with pytest.raises(am.AmineError, match=sentence):
        change(loop)
    assert (bits(loop), loop.script()) == before
