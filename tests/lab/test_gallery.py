"""The experiments of the gallery: complete and consistent; under ``make validate`` each claim as a number."""

from __future__ import annotations

import numpy as np
import pytest

import amine as am
from amine.lab import gallery
from amine.lab.molecules import molecules
from amine.lab.open import open_lab


@pytest.mark.parametrize("name", gallery.names())
def test_every_experiment_is_complete(name):
    e = gallery.get(name)
    net = e.network()
    assert all([e.title, e.goal, e.question, e.challenge, e.simpler, e.sources, e.sliders]) and e.name == name
    assert 1 <= len(e.sliders) <= 6 and e.to_dict()["tour"]
    names = {s.name for s in e.sliders}
    for s in e.sliders:
        owners = [*net.populations, *(p.name for p in net.projections)]
        assert s.name.removeprefix("dose:") in e.doses or any(s.name.startswith(f"{n}.") for n in owners), s.name
        assert s.low is None or s.high is None or s.low < s.high
    times = [stop.after for stop in e.tour]
    assert times == sorted(times) and 25 <= times[-1] <= 45 and e.tour[-1].do == "rewind"
    for stop in e.tour:
        assert set(stop.set) <= names, stop
        for s in e.sliders:
            x = stop.set.get(s.name)
            assert x is None or s.low is None or s.high is None or s.low <= x <= s.high, stop
    shown = molecules(net)
    assert [m["id"] for m in shown][: len(e.doses)] == [am.compounds.drug(d).id for d in e.doses]
    drugs = [m for m in shown if m["kind"] == "drug"]
    assert all(m["binding"][0]["target"].endswith(" here") for m in drugs)
    assert all(m["binding"] and all(b["K"] > 0 for b in m["binding"]) for m in shown)


@pytest.mark.parametrize("name", [n for n in gallery.names() if gallery.get(n).made()])
def test_the_text_that_makes_an_experiment_makes_its_network(name):
    e = gallery.get(name)
    found: dict = {"am": am}
    exec(e.made(), found)
    assert found["net"] == e.network()


def test_an_unknown_experiment_is_refused():
    with pytest.raises(am.AmineError, match="did you mean 'gamma'"):
        gallery.get("gama")


class Hand:
    """An open experiment that is turned and measured."""

    def __init__(self, name: str):
        self.session = open_lab(name).session

    def after(self, ms: float, **values: float) -> dict[str, dict[str, float | None]]:
        self.session.set_all({k.replace("__", ".").replace("dose_", "dose:"): v for k, v in values.items()})
        stop = self.session.time + ms
        while self.session.time < stop - 1e-6:
            self.session.advance(min(200.0, stop - self.session.time), 10.0)
        return self.session.live.recent.numbers(self.session.time)


def test_tetrodotoxin_thins_out_and_then_ends_spikes():
    hand = Hand("neuron")
    before, low, high = (
        hand.after(1000),
        hand.after(1200, dose_tetrodotoxin=0.003),
        hand.after(1200, dose_tetrodotoxin=0.01),
    )
    assert (
        50 < before["N"]["rate"] < 70 and 20 < low["N"]["rate"] < 0.7 * before["N"]["rate"] and high["N"]["rate"] == 0
    )


@pytest.mark.validate
def test_diazepam_slows_gamma_and_saturates():
    hand = Hand("gamma")
    f = [
        x["I"]["rhythm"]
        for x in (hand.after(1500), hand.after(1500, dose_diazepam=0.1), hand.after(1500, dose_diazepam=1.0))
    ]
    assert f[0] == pytest.approx(43, abs=1) and f[1] < 36 and abs(f[2] - f[1]) < 2


@pytest.mark.validate
def test_the_weight_of_inhibition_moves_the_balance():
    hand = Hand("balance")
    before = hand.after(1500)["E"]
    hand.session.branch()
    less = hand.after(1200, **{"I->E+I.weight": 22.0})["E"]
    hand.session.rewind("branch")
    more = hand.after(1500, **{"I->E+I.weight": 134.0})["E"]
    assert before["cv"] > 1.3 and 15 < before["rate"] < 30
    assert less["rate"] > 3 * before["rate"] and less["cv"] < 1 < more["cv"] and more["rate"] < 0.85 * before["rate"]


@pytest.mark.validate
def test_bicuculline_tips_the_network_and_washes_out():
    hand = Hand("epilepsy")
    rates = [hand.after(1500, dose_bicuculline=c)["E"]["rate"] for c in (0.0, 1.0, 10.0, 0.0)]
    assert rates[1] > 1.4 * rates[0] and rates[2] > 5 * rates[0] and rates[3] == pytest.approx(rates[0], rel=0.25)


@pytest.mark.validate
def test_nbqx_undoes_bicuculline():
    hand = Hand("antagonists")
    before, blocked = hand.after(1500)["E"]["rate"], hand.after(1500, dose_bicuculline=3.0)["E"]["rate"]
    some, much = hand.after(1500, dose_nbqx=0.1)["E"]["rate"], hand.after(1500, dose_nbqx=1.0)["E"]["rate"]
    assert blocked > 3 * before > some > before > much > 0


@pytest.mark.validate
def test_layers_differ_and_layer_4_drives_them():
    hand = Hand("layers")
    before, more = hand.after(1500), hand.after(1500, L4E__I_e=hand.session.values["L4E.I_e"] + 40.0)
    assert before["L5E"]["rate"] > 3 * before["L23E"]["rate"] and more["L4E"]["rate"] > 1.5 * before["L4E"]["rate"]


@pytest.mark.validate
def test_neurons_without_the_current_of_spikes_do_not_adapt_and_a_high_reset_makes_bursts():
    hand = Hand("adaptation")
    before, without, bursts = hand.after(1000), hand.after(1200, N__b=0.0), hand.after(1500, N__b=120.0, N__V_r=-47.0)
    assert without["N"]["rate"] > 1.8 * before["N"]["rate"] and bursts["N"]["cv"] > 1 > before["N"]["cv"]


@pytest.mark.validate
def test_dopamine_follows_release_and_its_transporter():
    hand = Hand("dopamine")
    hand.after(1000)

    def level() -> float:
        hand.session.advance(100.0, 10.0)
        segment = hand.session.live.advance(10)
        return float(segment.slow["concentration:dopamine"]["value"].mean())

    before = level()
    hand.after(1000, **{"dopamine neurons.rate": 20.0})
    burst = level()
    hand.after(2000, **{"dopamine neurons.rate": 4.0, "dose_cocaine": 1.0})
    blocked = level()
    assert burst > 8 * before and 2 * before < blocked < burst


@pytest.mark.validate
def test_weights_of_competing_inputs_part():
    hand = Hand("stdp")
    hand.after(60_000)
    loop = hand.session.live.loop
    counts = np.histogram(loop.weights(hand.session.network.projections[0].name).weights, 8, (0.0, 0.1))[0]
    assert counts[0] + counts[-1] > 1.5 * counts[2:6].mean() * 2 and hand.session.time == 60_000


@pytest.mark.validate
def test_inhibition_that_learns_returns_to_its_rate():
    hand = Hand("homeostasis")
    first, settled = hand.after(1000)["E"]["rate"], hand.after(9000)["E"]["rate"]
    pushed, returned = hand.after(1000, E__I_e=300.0)["E"]["rate"], hand.after(15_000)["E"]["rate"]
    assert first > 3 * settled and settled < 6 and pushed > 3 * settled and returned < 6
