"""The page's server: what it answers, and what it refuses without any change of state."""

from __future__ import annotations

import contextlib
import http.client
import json
import threading

import pytest

import amine as am
from amine.lab.open import opened
from amine.lab.pages import static_files
from amine.lab.server import MOST_BODY, LabServer
from amine.lab.serving import listing
from amine.view.frames import unpack


def tiny() -> am.Network:
    net = am.Network(seed=1, name="tiny")
    net.population("P", 20, "poisson", rate="50 Hz")
    return net


@pytest.fixture(scope="module")
def server():
    s = LabServer({"tiny": lambda seed: opened(tiny(), "tiny")}, lambda: listing("tiny"))
    threading.Thread(target=s.serve_forever, daemon=True).start()
    yield s
    s.shutdown()
    s.server_close()


def ask(server, path="/api/gallery", body: object = None, method="POST", raw: bytes | None = None, **headers):
    c = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=30)
    data = raw if raw is not None else json.dumps({} if body is None else body).encode()
    given = {
        "Host": server.names[0],
        "X-Token": server.token,
        "Content-Length": str(len(data)),
        **{k.replace("_", "-"): v for k, v in headers.items()},
    }
    c.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
    for k, v in given.items():
        if v is not None:
            c.putheader(k, v)
    c.endheaders()
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        c.send(data)
    r = c.getresponse()
    out = r.status, dict(r.getheaders()), r.read()
    c.close()
    return out


@pytest.fixture
def session(server):
    status, _, data = ask(server, "/api/open", {"name": "tiny"})
    assert status == 200
    key = json.loads(data)["session"]
    yield key
    ask(server, "/api/close", {"session": key})


def state(server, key):
    return server.rooms.held[key].opened.session.state()


def test_a_session_runs(server, session):
    status, head, data = ask(
        server, "/api/frame", {"session": session, "ms": 50, "set": {"P.rate": 150.0}, "numbers": True}
    )
    about, arrays = unpack(data)
    assert (
        status == 200
        and about["stop"] > 0
        and arrays["live.t"].size
        and "script-src 'self'" in head["Content-Security-Policy"]
    )
    assert state(server, session)["values"]["P.rate"] == 150.0
    for body in ({"do": "branch"}, {"do": "rewind", "to": "branch"}, {"do": "join"}, {"do": "rewind"}):
        assert ask(server, "/api/act", {"session": session, **body})[0] == 200
    assert b"am.Network.from_dict" in ask(server, "/api/script", {"session": session})[2]
    for kind, begin in (("notebook", b"{"), ("report", b"<!doctype"), ("svg", b"<?xml")):
        assert ask(server, "/api/export", {"session": session, "as": kind})[2].startswith(begin)
    assert ask(server, "/api/export", {"session": session, "as": "pickle"})[0] == 400
    assert ask(server, "/api/act", {"session": session, "do": "show", "names": ["P.rate", 3, "gone"]})[0] == 200
    assert b"show=%5B%22P.rate%22%5D" in ask(server, "/api/link", {"session": session})[2]
    assert json.loads(ask(server, "/api/state", {"session": session})[2])["time"] == 0.0


@pytest.mark.parametrize(
    "status, request_",
    [
        (403, {"X_Token": None}),
        (403, {"X_Token": ""}),
        (403, {"X_Token": "wrong"}),
        (403, {"X_Token": "ünknown"}),
        (403, {"Host": "evil.example"}),
        (403, {"Host": None}),
        (403, {"Host": "127.0.0.1"}),
        (403, {"Host": "127.0.0.1:1"}),
        (403, {"Origin": "http://evil.example"}),
        (403, {"Origin": "null"}),
        (403, {"Origin": "https://127.0.0.1"}),
        (411, {"Content_Length": None}),
        (411, {"Content_Length": "-5"}),
        (411, {"Content_Length": "1e3"}),
        (411, {"Transfer_Encoding": "chunked"}),
        (413, {"Content_Length": str(MOST_BODY + 1)}),
        (413, {"Content_Length": "9" * 30}),
        (400, {"raw": b"{"}),
        (400, {"raw": b"[]"}),
        (400, {"raw": b"\xff\xfe"}),
        (400, {"raw": b"[" * 5000}),
        (404, {"path": "/api/none"}),
        (404, {"path": "/api/frame", "body": {"session": "nobody"}}),
        (404, {"path": "/api/frame", "body": {"session": {"a": 1}}}),
        (404, {"path": "/static/../server.py", "method": "GET"}),
        (404, {"path": "/etc/passwd", "method": "GET"}),
        (404, {"path": "/static/", "method": "GET"}),
        (400, {"path": "/api/open", "body": {"name": 3}}),
        (422, {"path": "/api/open", "body": {"name": "../../etc/passwd"}}),
        (501, {"method": "PUT"}),
        (501, {"method": "OPTIONS"}),
        (501, {"method": "DELETE"}),
    ],
)  # fmt: skip
def test_what_is_refused(server, session, status, request_):
    before, held = state(server, session), set(server.rooms.held)
    given = {"path": "/api/gallery", **request_}
    assert ask(server, **given)[0] == status
    assert state(server, session) == before and set(server.rooms.held) == held


@pytest.mark.parametrize(
    "body",
    [
        {"ms": 5, "set": {"P.rate": 1e308}},
        {"ms": 5, "set": {"P.rate": -1}},
        {"ms": 5, "set": {"P.rate": "1 Hz"}},
        {"ms": 5, "set": {"P.rate": True}},
        {"ms": 5, "set": {"P.rate": 10.0, "P.nothing": 1.0}},
        {"ms": 5, "set": {"__class__": 1.0}},
        {"ms": 5, "set": [1]},
        {"ms": 1e9},
        {"ms": -1},
        {"ms": "5"},
        {"ms": None},
    ],
)
def test_frames_that_are_refused_change_nothing(server, session, body):
    before = state(server, session)
    assert ask(server, "/api/frame", {"session": session, **body})[0] in (400, 422)
    for word in (b"NaN", b"Infinity", b"1e999"):
        raw = b'{"session": "%s", "ms": 5, "set": {"P.rate": %s}}' % (session.encode(), word)
        assert ask(server, "/api/frame", raw=raw)[0] in (400, 422)
    assert ask(server, "/api/act", {"session": session, "do": "__init__"})[0] == 400
    for act in (
        {"do": "bolus", "drug": 3},
        {"do": "wash out"},
        {"do": "silence", "population": "P", "first": 1e308, "last": 2},
    ):
        assert ask(server, "/api/act", {"session": session, **act})[0] == 422
    for name in ("P.nothing", 3, None):
        assert ask(server, "/api/response", {"session": session, "name": name})[0] == 422
    assert state(server, session) == before


def test_a_thousand_sessions_are_not_opened(server, session):
    before = state(server, session)
    codes = [ask(server, "/api/open", {"name": "tiny"})[0] for _ in range(1000)]
    assert codes.count(200) == server.rooms.most - 1 and codes.count(429) == 1001 - server.rooms.most
    assert state(server, session) == before
    for key in list(server.rooms.held):
        if key != session:
            ask(server, "/api/close", {"session": key})


def test_a_session_that_is_not_used_makes_room(server, session):
    for _ in range(server.rooms.most - 1):
        ask(server, "/api/open", {"name": "tiny"})
    server.rooms.held[session].used -= 1e4
    assert ask(server, "/api/open", {"name": "tiny"})[0] == 200 and session not in server.rooms.held
    for key in list(server.rooms.held):
        ask(server, "/api/close", {"session": key})


def test_the_page_needs_nothing_from_elsewhere(server):
    files = static_files()
    assert {"index.html", "lab.css", "lab.js"} <= set(files)
    for name, data in files.items():
        text = data.decode().replace("http://www.w3.org/2000/svg", "")
        assert "http:" not in text and "https:" not in text and "innerHTML" not in text and "eval(" not in text, name
        status, head, body = ask(server, "/" if name == "index.html" else f"/static/{name}", method="GET", X_Token=None)
        assert status == 200 and body == data and head["Cache-Control"] == "no-store"
    assert b"style=" not in files["index.html"] and b"onclick" not in files["index.html"]


def test_it_answers_this_machine_alone_and_keeps_the_token_out_of_what_is_sent(server):
    assert server.server_address[0] == "127.0.0.1"
    address, _, fragment = server.address("tiny").partition("#")
    assert server.token in fragment and server.token not in address and len(server.token) >= 32
