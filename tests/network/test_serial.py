"""Networks as files: what is read is what was saved, or it is refused."""

from __future__ import annotations

import json
import os
import re

import numpy as np
import pytest

import amine as am


def network() -> am.Network:
    net = am.Network(seed=1, name="small")
    E = net.population("E", 8, "lif_cond", I_e="normal('160 pA', '10 pA')", initial={"v": "-60 mV"})
    net.synapses(E, E, receptor="AMPA", weight="2 nS", p=0.5, delay="1 ms")
    net.poisson(E[:4], rate="8 Hz", receptor="AMPA", weight="1 nS", n=50)
    net.probe(E, "v")
    return net


def test_every_byte_counts(tmp_path):
    """Changed one at a time: the file is refused, or says the same as before (blanks, and the case of an escaped sign)."""
    net, path = network(), tmp_path / "net.json"
    net.save(path)
    data, rng, refused = path.read_bytes(), np.random.default_rng(1), 0
    places = rng.choice(len(data), 250, replace=False).tolist()
    places += [data.index(b'"digest"') + k for k in range(30)]
    for at in places:
        flipped = bytearray(data)
        flipped[at] ^= 1 << int(rng.integers(8))
        path.write_bytes(flipped)
        try:
            assert am.Network.load(path) == net, at
        except am.AmineError as e:
            refused += 1
            assert "\n" not in str(e)
    assert refused > len(places) / 2


def test_a_file_that_was_edited_says_what_to_do(tmp_path):
    net, path = network(), tmp_path / "net.json"
    net.save(path)
    data = json.loads(path.read_text())
    assert "digest" not in net.to_dict()
    data["seed"] = 2
    path.write_text(json.dumps(data))
    with pytest.raises(am.AmineError, match="its content is not what was saved; .* remove its line 'digest'"):
        am.Network.load(path)
    del data["digest"]
    path.write_text(json.dumps(data))
    assert am.Network.load(path).seed == 2


@pytest.mark.parametrize(
    ("where", "name"),
    [
        (lambda d: d, "sed"),
        (lambda d: d["populations"][0], "populations.0.intial"),
        (lambda d: d["projections"][0]["pattern"], "projections.0.pattern.values"),
        (lambda d: d["probes"][0], "probes.0.evry"),
    ],
)
def test_entries_that_are_not_known(where, name):
    """What is not understood is refused, not passed over: it was meant to change something."""
    data = json.loads(json.dumps(network().to_dict()))
    where(data)[name.rpartition(".")[2]] = 5
    with pytest.raises(am.AmineError, match=f"network description: entry '{name}' is not known"):
        am.Network.from_dict(data)


def test_a_save_that_fails_leaves_what_was_there(tmp_path, monkeypatch):
    net, path = network(), tmp_path / "net.json"
    net.save(path)
    before = path.read_bytes()

    def full(*given):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(am.AmineError, match="it cannot be written .given No space left on device"):
        network().save(path, overwrite=True)
    assert path.read_bytes() == before and os.listdir(tmp_path) == ["net.json"]


def test_an_entry_that_stands_twice_is_refused(tmp_path):
    net = am.Network(seed=1)
    net.save(tmp_path / "net.json")
    text = (tmp_path / "net.json").read_text()
    (tmp_path / "net.json").write_text(text.replace('"seed": 1', '"seed": 2, "seed": 1'))
    with pytest.raises(am.AmineError, match="the entry 'seed' stands twice"):
        am.Network.load(tmp_path / "net.json")


def test_every_number_counts(tmp_path):
    """A file that is still JSON, with one digit of one number changed."""
    path = tmp_path / "net.json"
    net = am.Network(seed=17, dt="0.1 ms")
    E = net.population("E", 13, "lif", tau_m=np.linspace(9.5, 11.5, 13) * am.units.ms)
    net.synapses(E, E, receptor="exc", weight="1.5 pA", pairs=([0, 1], [2, 3]), delay="1.3 ms")
    net.save(path)
    text = path.read_text()
    digits = [m.start() for m in re.finditer(r"\d", text[: text.index('"digest"')])]
    assert len(digits) > 60
    for k in digits:
        path.write_text(f"{text[:k]}{(int(text[k]) + 1) % 10}{text[k + 1 :]}")
        with pytest.raises(am.AmineError, match="net.json"):
            am.Network.load(path)
