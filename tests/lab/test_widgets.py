"""The lab in a notebook: messages are answered as requests of the page are, and nothing else happens."""

from __future__ import annotations

import importlib.util
import json
import sys
import time
from types import ModuleType, SimpleNamespace

import pytest

import amine as am
from amine.lab import entrance
from amine.lab.rooms import Rooms
from amine.lab.serving import listing, rooms_of
from amine.lab.stream import AHEAD, Streams
from amine.lab.widgets import reply
from amine.view.frames import unpack


def tiny() -> am.Network:
    net = am.Network(seed=1, name="tiny")
    net.population("P", 20, "poisson", rate="50 Hz")
    return net


@pytest.fixture
def ask():
    own, made = rooms_of(tiny())
    rooms, sent = Rooms(made, lambda: listing(own), idle=0.0), []
    streams = Streams(rooms, lambda *_: pytest.fail("streamed"))

    def ask(path: str, body: object) -> tuple[int, bytes]:
        message = {"id": "1", "path": path, "body": body}
        reply(rooms, streams, lambda content, buffers: sent.append((content, buffers)), message)
        content, buffers = sent.pop()
        assert content["id"] == "1" and not sent
        return content["status"], buffers[0]

    return ask


def test_a_page_in_a_notebook_runs_the_network(ask):
    status, data = ask("/api/open", {"name": "tiny"})
    key = json.loads(data)["session"]
    assert status == 200
    status, data = ask("/api/frame", {"session": key, "ms": 20, "set": {"P.rate": 150.0}})
    assert status == 200 and unpack(data)[1]["live.t"].size
    for path, body, expected in [
        ("/api/frame", {"session": key, "ms": float("nan")}, 422),
        ("/api/frame", {"session": key, "ms": 5, "set": {"P.rate": 1e308}}, 422),
        ("/api/act", {"session": key, "do": "__init__"}, 400),
        ("/api/state", {"session": "other"}, 404),
        ("/etc/passwd", {}, 404),
        ("/api/open", 3, 400),
    ]:
        assert ask(path, body)[0] == expected, path
    assert json.loads(ask("/api/state", {"session": key})[1])["values"]["P.rate"] == 150.0
    for _ in range(6):  # a page that is drawn again makes room for itself
        assert ask("/api/open", {"name": "tiny"})[0] == 200


@pytest.mark.parametrize("message", [None, 3, {}, {"id": 1, "path": "/api/gallery"}, [1]])
def test_what_is_no_message_is_not_answered(message):
    rooms = Rooms({}, dict)
    reply(rooms, Streams(rooms, lambda *_: None), lambda *_: pytest.fail("answered"), message)


class Pushed:
    """A page of a notebook: what it is answered, and the frames that come by themselves."""

    def __init__(self):
        own, made = rooms_of(tiny())
        self.rooms, self.frames, self.errors = Rooms(made, lambda: listing(own), idle=0.0), [], []
        self.streams = Streams(self.rooms, self.take)
        self.key = json.loads(self.ask("/api/open", {"name": "tiny"})[1])["session"]

    def take(self, content: dict, buffers: list[bytes]) -> None:
        assert content["stream"] == self.key
        (self.frames if content["status"] == 200 else self.errors).append(buffers[0])

    def ask(self, path: str, body: dict) -> tuple[int, bytes]:
        out: list = []
        message = {"id": "1", "path": path, "body": body}
        reply(self.rooms, self.streams, lambda c, b: out.append((c["status"], b[0])), message)
        return out[0] if out else (0, b"")

    def tell(self, **body: object) -> int:
        return self.ask("/api/stream", {"session": self.key, **body})[0]

    def wait(self, frames: int) -> None:
        stop = time.perf_counter() + 30
        while len(self.frames) < frames:
            assert time.perf_counter() < stop
            time.sleep(0.01)


def test_frames_come_by_themselves_and_wait_until_they_are_painted():
    page = Pushed()
    assert page.tell(on=True, speed=1.0, set={"P.rate": 150.0}, respond="P.rate") == 200
    page.wait(AHEAD)
    time.sleep(0.2)
    assert len(page.frames) == AHEAD  # no further one before some were painted
    page.ask("/api/painted", {"session": page.key, "frames": 3})
    page.wait(AHEAD + 3)
    assert page.tell(on=False) == 200
    before, session = len(page.frames), page.rooms.get(page.key).opened.session
    page.ask("/api/painted", {"session": page.key, "frames": 5})
    time.sleep(0.2)
    about = [unpack(f)[0] for f in page.frames]
    assert len(page.frames) == before == AHEAD + 3 and about[-1]["stop"] == session.time > 0
    assert [a["start"] for a in about[1:]] == [a["stop"] for a in about[:-1]]  # without a gap
    assert session.values["P.rate"] == 150.0 and about[0]["response"]["name"] == "P.rate"


def test_a_stream_refuses_what_is_no_value_and_ends_with_its_session():
    page = Pushed()
    for body in ({"speed": 0}, {"speed": float("nan")}, {"speed": 1e308}, {"speed": True}, {"speed": "1"}, {"set": 3}, {"set": {"P.rate": 1e308}}, {"set": {"__class__": 1}}):  # fmt: skip
        assert page.tell(on=True, **body) in (400, 422), body
    assert page.ask("/api/stream", {"session": "other", "on": True})[0] == 404 and not page.frames
    page.ask("/api/painted", {"session": page.key, "frames": "3"})
    page.tell(on=True, speed=0.5)
    page.wait(1)
    page.ask("/api/close", {"session": page.key})
    assert page.tell(on=True) == 404


def test_a_notebook_is_told_from_a_terminal(monkeypatch):
    class Kernel: ...

    class Terminal: ...

    monkeypatch.setitem(sys.modules, "ipykernel.zmqshell", SimpleNamespace(ZMQInteractiveShell=Kernel))
    monkeypatch.setitem(sys.modules, "marimo", None)
    for shell, expected in ((Kernel, True), (Terminal, False)):
        monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=shell))
        assert entrance.in_notebook() is expected
    monkeypatch.delitem(sys.modules, "ipykernel.zmqshell")
    assert not entrance.in_notebook()


def test_the_lab_is_called_with_what_it_opens(monkeypatch):
    opened = []
    monkeypatch.setattr(entrance, "serve", lambda *a, **k: opened.append((a, k)))
    net = tiny()
    am.lab(net, browser=False), net.lab(port=3), am.lab("gamma"), am.lab()
    assert [a for a, _ in opened] == [(net,), (net,), ("gamma",), (None,)]
    assert [k["port"] for _, k in opened] == [0, 3, 0, 0] and isinstance(am.lab, ModuleType)
    monkeypatch.undo()
    with pytest.raises(am.AmineError, match="net: this cannot be used"):
        am.lab(3)


@pytest.mark.skipif(importlib.util.find_spec("anywidget") is None, reason="pip install 'amine[notebook]'")
def test_the_widget_holds_the_page_and_refuses_what_is_not_there():
    w = am.lab.widget(tiny(), height=500)
    assert '"open":"tiny"' in w.page and 'id="embedded"' in w.page and w.height == 500 and "sandbox" in w._esm
    with pytest.raises(am.AmineError, match="did you mean 'gamma'"):
        am.lab.widget("gama")
    with pytest.raises(am.AmineError, match="at least 200 pixels"):
        am.lab.widget(height=3)
