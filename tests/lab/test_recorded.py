"""The page as one file: whole, of the same frames, and refused where it would be wrong."""

from __future__ import annotations

import base64
import json
import re

import numpy as np
import pytest

import amine as am
from amine.lab.recorded import page, record
from amine.view.frames import unpack


@pytest.fixture(scope="module")
def text(tmp_path_factory):
    path = tmp_path_factory.mktemp("recorded") / "page.html"
    record("neuron", "dose:tetrodotoxin", [0.0, 0.01], path, duration="50 ms")
    return path.read_text()


def test_it_holds_frames_of_each_value(text):
    data = json.loads(re.search(r'id="recorded">(.*?)</script>', text, re.S)[1])
    assert [len(track) for track in data["frames"]] == [5, 5] and data["describe"]["controls"][0]["values"] == [
        0.0,
        0.01,
    ]
    frames = [[unpack(base64.b64decode(f)) for f in track] for track in data["frames"]]
    spikes = [sum(a["live.t"].size for _, a in track) for track in frames]
    assert spikes[0] > 10 and spikes[1] == 0
    starts = [about["start"] for about, _ in frames[0]]
    assert np.allclose(np.diff(starts), 10.0) and [about["start"] for about, _ in frames[1]] == starts
    assert data["numbers"][0]["N"]["rate"] > 30 and data["numbers"][1]["N"]["rate"] is not None


def test_it_is_one_text_without_modules_or_addresses(text):
    assert text.count("</script>") == 2 and text.count("<style>") == 1 and "default-src 'none'" in text
    bare = text.replace("http://www.w3.org/2000/svg", "")
    assert (
        not re.search(r"^(import|export) ", text, re.M)
        and 'src="/static' not in text
        and "http:" not in bare.partition('id="recorded"')[0]
    )


def test_words_cannot_end_the_data():
    assert "</script><b>" not in page({"words": "</script><b>"})


@pytest.mark.parametrize(
    "name, over, values, message",
    [
        ("neurom", "dose:tetrodotoxin", [0, 1], "did you mean 'neuron'"),
        ("neuron", "dose:ketamine", [0, 1], "there is no control"),
        ("neuron", "dose:tetrodotoxin", [0], "at least two values"),
        ("neuron", "dose:tetrodotoxin", [0, 1e6], "out of range"),
        ("neuron", "dose:tetrodotoxin", [0, float("nan")], "out of range"),
    ],
)
def test_what_cannot_be_recorded_is_refused(name, over, values, message, tmp_path):
    with pytest.raises(am.AmineError, match=message):
        record(name, over, values, tmp_path / "a.html", duration="20 ms")
    assert not list(tmp_path.iterdir())


def test_a_file_is_not_replaced(tmp_path):
    (tmp_path / "a.html").write_text("mine")
    with pytest.raises(am.AmineError, match="it exists"):
        record("neuron", "dose:tetrodotoxin", [0, 1], tmp_path / "a.html")
