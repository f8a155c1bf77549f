"""The sessions of a page and what it may ask of them, over whatever way it speaks.

A page sends names of controls and numbers; no path, equation or code ever comes from it.
"""

from __future__ import annotations

import json
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import field
from typing import Any

from amine.errors import AmineError
from amine.lab.exports import notebook, report, svg
from amine.lab.links import of_plain
from amine.lab.memory import NAME, Memory
from amine.lab.open import Make, Opened, open_lab
from amine.lab.session import MOST_SECONDS, Session
from amine.records import dataclass

MOST_SESSIONS, IDLE = 4, 120.0  # sessions, and seconds after which one may be dropped
Answer = tuple[int, str, bytes]  # status, kind of the data, data


class Refused(Exception):
    """A request that is answered by a status and a sentence."""

    def __init__(self, status: int, sentence: str):
        super().__init__(sentence)
        self.status = status


@dataclass
class Held:
    """A session with its lock and the time of its last use."""

    opened: Opened | Memory
    lock: threading.Lock = field(default_factory=threading.Lock)
    used: float = field(default_factory=time.monotonic)


class Rooms:
    """The sessions of a server.

    Parameters
    ----------
    own : a network that was given on the command line or in Python, by its name; the gallery is there in any case.
    gallery : lists the experiments.
    most : number of sessions at a time. idle : seconds without use after which one makes room for another.
    """

    def __init__(
        self,
        own: Mapping[str, Make],
        gallery: Callable[[], dict[str, Any]],
        most: int = MOST_SESSIONS,
        idle: float = IDLE,
    ):
        self.own, self.gallery, self.most, self.idle = dict(own), gallery, most, idle
        self.held: dict[str, Held] = {}
        self._lock, self._building = threading.Lock(), threading.Lock()

    def open(self, body: Mapping[str, Any]) -> tuple[str, Held]:
        """A new session; one that was not used for long makes room for it."""
        name, link = body.get("name"), body.get("link")
        if not isinstance(name, str) or not (link is None or isinstance(link, dict)):
            raise Refused(400, "name the experiment")
        self._room()
        with self._building:  # one network is built at a time
            make, to = self.own.get(name), None if link is None else of_plain(name, link)
            seed = None if to is None else to.seed
            opened = make(seed) if make is not None else Memory() if name == NAME else open_lab(name, seed)
            if to is not None and isinstance(opened, Opened):
                opened.follow(to)
            with self._lock:
                if len(self.held) >= self.most:
                    raise Refused(429, f"there are {self.most} sessions already; close one")
                key = secrets.token_urlsafe(12)
                self.held[key] = Held(opened)
                return key, self.held[key]

    def _room(self) -> None:
        """Drops sessions that were not used for long, if there are too many; refuses where none is."""
        with self._lock:
            if len(self.held) >= self.most:
                oldest = min(self.held, key=lambda k: self.held[k].used)
                if time.monotonic() - self.held[oldest].used < self.idle:
                    raise Refused(429, f"there are {self.most} sessions already; close one")
                del self.held[oldest]

    def get(self, key: object) -> Held:
        """A session by its key."""
        found = self.held.get(key) if isinstance(key, str) else None
        if found is None:
            raise Refused(404, "there is no such session; open it again")
        found.used = time.monotonic()
        return found

    def close(self, key: object) -> None:
        """Ends a session."""
        with self._lock:
            if isinstance(key, str):
                self.held.pop(key, None)


def _act(s: Session, body: Mapping[str, Any]) -> None:
    what = body.get("do")
    if what == "branch":
        s.branch()
    elif what == "join":
        s.join()
    elif what == "rewind":
        s.rewind("branch" if body.get("to") == "branch" else "start")
    elif what == "watch":
        s.watch(str(body.get("population", ""))[:200], body.get("neuron", 0))
    elif what == "bolus":
        s.bolus(str(body.get("drug", ""))[:200], body.get("peak"), body.get("half_life"))
    elif what == "wash out":
        s.wash_out(str(body.get("drug", ""))[:200], body.get("half_life"))
    elif what == "silence":
        s.silence(str(body.get("population", ""))[:200], body.get("first"), body.get("last"))
    elif what == "set":
        values = body.get("set")
        if not isinstance(values, dict):
            raise Refused(400, "give values by name")
        s.set_all(values)
    else:
        raise Refused(400, "this is no action of the lab")


def answer(rooms: Rooms, path: str, body: Mapping[str, Any]) -> Answer:
    """What a page is answered; an error is a status and a sentence."""
    return guarded(lambda: _answer(rooms, path, body))


def guarded(work: Callable[[], Answer]) -> Answer:
    """An answer, or a status and a sentence where there is none."""
    try:
        return work()
    except Refused as e:
        return e.status, "application/json", sentence(str(e))
    except AmineError as e:
        return 422, "application/json", sentence(str(e))
    except Exception as e:
        return 500, "application/json", sentence(f"{type(e).__name__}: {e}"[:200])


def _answer(rooms: Rooms, path: str, body: Mapping[str, Any]) -> Answer:
    match path:
        case "/api/gallery":
            return json_answer(rooms.gallery())
        case "/api/open":
            key, held = rooms.open(body)
            return json_answer({"session": key, **held.opened.describe()})
        case "/api/close":
            rooms.close(body.get("session"))
            return json_answer({})
        case "/api/frame" | "/api/act" | "/api/response" | "/api/state" | "/api/script" | "/api/export" | "/api/link":
            held = rooms.get(body.get("session"))
            with held.lock:
                return _within(held.opened, path, body)
        case _:
            raise Refused(404, "there is no such page")


def _within(opened: Opened | Memory, path: str, body: Mapping[str, Any]) -> Answer:
    """What is asked of a session."""
    if isinstance(opened, Memory):
        if path == "/api/state":
            return json_answer({"session": body["session"], **opened.describe()})
        if path != "/api/act":
            raise Refused(404, "a memory has no such page")
        return json_answer(opened.act(dict(body)))
    s = opened.session
    if path == "/api/frame":
        values = body.get("set", {})
        if not isinstance(values, dict):
            raise Refused(400, "give values by name")
        s.set_all(values)
        data = s.frame(body.get("ms", 0.0), MOST_SECONDS, bool(body.get("numbers")), body.get("respond"))
        return 200, "application/octet-stream", data
    if path == "/api/response":
        return json_answer(s.respond(body.get("name")))
    if path == "/api/export":
        return _export(opened, body.get("as"))
    if path == "/api/link":
        return json_answer({"link": opened.link().text()})
    if path == "/api/act" and body.get("do") == "show":
        names = body.get("names")
        opened.arrange([n for n in names if isinstance(n, str)] if isinstance(names, list) else [])
    elif path == "/api/act":
        _act(s, body)
    if path == "/api/state":
        return json_answer({"session": body["session"], **opened.describe()})
    if path == "/api/script":
        return 200, "text/plain; charset=utf-8", opened.script().encode()
    return json_answer(s.state())


def _export(opened: Opened, kind: object) -> Answer:
    """A file that a page gives away."""
    match kind:
        case "notebook":
            return 200, "application/x-ipynb+json", notebook(opened).encode()
        case "report":
            return 200, "text/html; charset=utf-8", report(opened).encode()
        case "svg":
            return 200, "image/svg+xml", svg(opened.session).encode()
    raise Refused(400, "there is no such export")


def json_answer(data: object) -> Answer:
    """Plain data as an answer."""
    return 200, "application/json", json.dumps(data, allow_nan=False).encode()


def sentence(words: str) -> bytes:
    """An error as JSON."""
    return json.dumps({"error": words}).encode()


__all__ = ["Answer", "Held", "Refused", "Rooms", "answer", "guarded", "json_answer", "sentence"]
