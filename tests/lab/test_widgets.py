"""The lab in a notebook: messages are answered as requests of the page are, and nothing else happens."""

from __future__ import annotations

import importlib.util
import json
import sys
from types import ModuleType, SimpleNamespace

import pytest

import amine as am
from amine.lab import entrance
from amine.lab.frames import unpack
from amine.lab.rooms import Rooms
from amine.lab.serving import listing, rooms_of
from amine.lab.widgets import reply


def tiny() -> am.Network:
    net = am.Network(seed=1, name="tiny")
    net.population("P", 20, "poisson", rate="50 Hz")
    return net


@pytest.fixture
def ask():
    own, made = rooms_of(tiny())
    rooms, sent = Rooms(made, lambda: listing(own), idle=0.0), []

    def ask(path: str, body: object) -> tuple[int, bytes]:
        reply(rooms, lambda content, buffers: sent.append((content, buffers)), {"id": "1", "path": path, "body": body})
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
    reply(Rooms({}, dict), lambda *_: pytest.fail("answered"), message)


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
