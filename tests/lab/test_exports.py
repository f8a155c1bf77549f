"""What a page gives away: a notebook that gives its digest, a report with the recorded spikes, a vector picture."""

from __future__ import annotations

import json
import re
import sys
import time
from pathlib import Path
from xml.etree import ElementTree

import pytest

from amine.lab.exports import notebook, report, svg
from amine.lab.open import Opened
from amine.lab.session import Session

sys.path.insert(0, str(Path(__file__).resolve().parent))
from small_network import small


@pytest.fixture(scope="module")
def opened():
    session = Session(small())
    session.advance(60.0, 5.0), session.branch(), session.set("dose:gabazine", 3.0), session.advance(60.0, 5.0)
    words = {"title": "A <small> one", "goal": "To see.", "question": "What?", "simpler": "All.", "sources": ["Me"]}
    return Opened("small", session, words)


def test_the_notebook_gives_the_digest_of_the_page(opened):
    found = json.loads(notebook(opened))
    assert [c["cell_type"] for c in found["cells"]] == ["markdown", "code", "code", "code", "code"]
    code = [c["source"] for c in found["cells"] if c["cell_type"] == "code"]
    there: dict = {}
    exec("\n".join(code), there)
    assert there["run"].duration == 120.0 and opened.session.live.digest.text() in code[2]
    with pytest.raises(AssertionError):
        exec("\n".join(code).replace("3.0 uM", "4.0 uM"), {})


def test_the_report_holds_what_was_done_and_needs_nothing_else(opened):
    stop = time.perf_counter() + 60
    while not opened.session.respond("dose:gabazine")["done"]:
        assert time.perf_counter() < stop
        time.sleep(0.02)
    text = report(opened)
    for part in (
        "A &lt;small&gt; one",
        "dose:gabazine",
        "3.0 uM",
        "A copy",
        "Response",
        "Description",
        "Script",
        "To see.",
    ):
        assert part in text, part
    assert opened.session.live.digest.text() in text and "#open=small&amp;seed=3" in text
    assert (
        text.count('class="replay"') == 1
        and "prefers-color-scheme: dark" in text
        and not re.search(r"^(import \{|export )", text, re.M)
    )
    assert not re.search(r"(src|href)=.https?:", text) and "default-src 'none'" in text


def test_the_vector_picture_is_svg(opened):
    assert ElementTree.fromstring(svg(opened.session)).tag.endswith("svg")
