"""The page's server: the standard library's, for this machine alone.

A request is answered if it names one of the server's own addresses as its host, comes from no other page, and carries the token that was
printed with the address. The page sends names of controls and numbers; no path, equation or code ever comes from it.
"""

from __future__ import annotations

import hmac
import json
import secrets
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import resources
from typing import Any
from urllib.parse import quote

from amine.errors import AmineError
from amine.lab.open import Opened, open_lab
from amine.lab.session import MOST_SECONDS

ADDRESS = "127.0.0.1"
MOST_BODY, MOST_SESSIONS, IDLE = (
    64_000,
    4,
    120.0,
)  # bytes of a request, sessions, seconds after which one may be dropped
KINDS = {"html": "text/html; charset=utf-8", "js": "text/javascript; charset=utf-8", "css": "text/css; charset=utf-8"}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


class Refused(Exception):
    """A request that is answered by a status and a sentence."""

    def __init__(self, status: int, sentence: str):
        super().__init__(sentence)
        self.status = status


@dataclass
class Held:
    """A session with its lock and the time of its last use."""

    opened: Opened
    lock: threading.Lock = field(default_factory=threading.Lock)
    used: float = field(default_factory=time.monotonic)


class Rooms:
    """The sessions of a server.

    Parameters
    ----------
    own : a network that was given on the command line or in Python, by its name; the gallery is there in any case.
    most : number of sessions at a time.
    """

    def __init__(self, own: Mapping[str, Callable[[], Opened]], most: int = MOST_SESSIONS):
        self.own, self.most = dict(own), most
        self.held: dict[str, Held] = {}
        self._lock, self._building = threading.Lock(), threading.Lock()

    def open(self, body: Mapping[str, Any]) -> tuple[str, Held]:
        """A new session; one that was not used for long makes room for it."""
        name, link = body.get("name"), body.get("link")
        if not isinstance(name, str) or not (link is None or isinstance(link, dict)):
            raise Refused(400, "name the experiment")
        self._room()
        with self._building:  # one network is built at a time
            make = self.own.get(name)
            opened = make() if make is not None else open_lab(name)
            if link is not None:
                opened.follow(link)
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
                if time.monotonic() - self.held[oldest].used < IDLE:
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


def _act(held: Held, body: Mapping[str, Any]) -> None:
    s, what = held.opened.session, body.get("do")
    if what == "branch":
        s.branch()
    elif what == "join":
        s.join()
    elif what == "rewind":
        s.rewind("branch" if body.get("to") == "branch" else "start")
    elif what == "watch":
        s.watch(str(body.get("population", ""))[:200], body.get("neuron", 0))
    elif what == "set":
        values = body.get("set")
        if not isinstance(values, dict):
            raise Refused(400, "give values by name")
        s.set_all(values)
    else:
        raise Refused(400, "this is no action of the lab")


class Handler(BaseHTTPRequestHandler):
    """One request; see the module for what is answered."""

    server: LabServer
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "amine-lab", ""
    disable_nagle_algorithm = True  # head and body are written apart: 40 ms a frame otherwise
    timeout = 60

    def do_GET(self) -> None:
        """Static files of the page: they hold nothing of a session, so that they need no token."""
        self._answer(self._get)

    def do_POST(self) -> None:
        """Everything else."""
        self._answer(self._post)

    def _answer(self, work: Callable[[], tuple[int, str, bytes]]) -> None:
        try:
            self._check_origin()
            status, kind, data = work()
        except Refused as e:
            status, kind, data = e.status, "application/json", _sentence(str(e))
            self.close_connection = True  # a body may not have been read
        except AmineError as e:
            status, kind, data = 422, "application/json", _sentence(str(e))
        except (BrokenPipeError, ConnectionError, TimeoutError):
            self.close_connection = True
            return
        except Exception as e:
            status, kind, data = 500, "application/json", _sentence(f"{type(e).__name__}: {e}"[:200])
        self._send(status, kind, data)

    def _check_origin(self) -> None:
        names = self.server.names
        hosts = self.headers.get_all("Host") or []
        if len(hosts) != 1 or hosts[0] not in names:
            raise Refused(403, "this is not the server's address")
        origin = self.headers.get("Origin")
        if origin is not None and origin not in {f"http://{n}" for n in names}:
            raise Refused(403, "the request comes from another page")

    def _get(self) -> tuple[int, str, bytes]:
        path = self.path.partition("?")[0]
        name = "index.html" if path == "/" else path.removeprefix("/static/")
        found = self.server.files.get(name)
        if found is None or (path != "/" and not path.startswith("/static/")):
            raise Refused(404, "there is no such page")
        return 200, KINDS[name.rpartition(".")[2]], found

    def _post(self) -> tuple[int, str, bytes]:
        token = self.headers.get("X-Token") or ""
        if not hmac.compare_digest(token.encode("utf-8", "replace"), self.server.token.encode()):
            raise Refused(403, "the token is wrong; use the address that was printed")
        body = self._body()
        rooms = self.server.rooms
        match self.path:
            case "/api/gallery":
                return _json(self.server.gallery())
            case "/api/open":
                key, held = rooms.open(body)
                return _json({"session": key, **held.opened.describe()})
            case "/api/close":
                rooms.close(body.get("session"))
                return _json({})
            case "/api/frame" | "/api/act" | "/api/state" | "/api/script":
                held = rooms.get(body.get("session"))
                with held.lock:
                    return self._within(held, body)
            case _:
                raise Refused(404, "there is no such page")

    def _within(self, held: Held, body: Mapping[str, Any]) -> tuple[int, str, bytes]:
        """What is asked of a session."""
        s = held.opened.session
        if self.path == "/api/frame":
            values = body.get("set", {})
            if not isinstance(values, dict):
                raise Refused(400, "give values by name")
            s.set_all(values)
            data = s.frame(body.get("ms", 0.0), MOST_SECONDS, bool(body.get("numbers")))
            return 200, "application/octet-stream", data
        if self.path == "/api/act":
            _act(held, body)
        if self.path == "/api/state":
            return _json({"session": body["session"], **held.opened.describe()})
        if self.path == "/api/script":
            return 200, "text/plain; charset=utf-8", held.opened.script().encode()
        return _json(s.state())

    def _body(self) -> dict[str, Any]:
        lengths = self.headers.get_all("Content-Length") or []
        if (
            len(lengths) != 1
            or not lengths[0].isascii()
            or not lengths[0].isdigit()
            or "Transfer-Encoding" in self.headers
        ):
            raise Refused(411, "the length of the request is missing")
        if int(lengths[0]) > MOST_BODY:
            raise Refused(413, "the request is too long")
        text = self.rfile.read(int(lengths[0]))
        try:
            body = json.loads(text, parse_constant=_no_number)
        except (ValueError, RecursionError):
            raise Refused(400, "the request is no JSON") from None
        if not isinstance(body, dict):
            raise Refused(400, "the request is no JSON object")
        return body

    def _send(self, status: int, kind: str, data: bytes) -> None:
        try:
            self.send_response(status)
            for name, value in {
                "Content-Type": kind,
                "Content-Length": str(len(data)),
                "Content-Security-Policy": POLICY,
                "X-Content-Type-Options": "nosniff",
                "Referrer-Policy": "no-referrer",
                "Cross-Origin-Resource-Policy": "same-origin",
                "Cross-Origin-Opener-Policy": "same-origin",
                "Cache-Control": "no-store",
            }.items():
                self.send_header(name, value)
            if self.close_connection:
                self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(data)
        except (BrokenPipeError, ConnectionError, TimeoutError):
            self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing is printed for a request."""


def _no_number(word: str) -> float:
    raise ValueError(word)


def _json(data: object) -> tuple[int, str, bytes]:
    return 200, "application/json", json.dumps(data, allow_nan=False).encode()


def _sentence(words: str) -> bytes:
    return json.dumps({"error": words}).encode()


class LabServer(ThreadingHTTPServer):
    """The server of the lab on this machine.

    Parameters
    ----------
    own : networks beside the gallery, by name. gallery : lists the experiments.
    port : 0 for a free one. most : sessions at a time.
    """

    daemon_threads = True

    def __init__(
        self,
        own: Mapping[str, Callable[[], Opened]],
        gallery: Callable[[], dict[str, Any]],
        port: int = 0,
        most: int = MOST_SESSIONS,
    ):
        self.token = secrets.token_urlsafe(24)
        self.rooms, self.gallery, self.files = Rooms(own, most), gallery, static_files()
        try:
            super().__init__((ADDRESS, port), Handler)
        except OSError as e:
            raise AmineError("lab", f"port {port} cannot be used", given=str(e)[:60], hint="choose another") from e
        self.names = (f"{ADDRESS}:{self.server_port}", f"localhost:{self.server_port}")

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Says nothing of a page that was closed while it was answered."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            super().handle_error(request, client_address)

    def address(self, name: str = "") -> str:
        """Address of the page with the token in its fragment, which no browser sends or logs."""
        return f"http://{self.names[0]}/#token={self.token}" + (f"&open={quote(name, safe='')}" if name else "")


def static_files() -> dict[str, bytes]:
    """The files of the page by name."""
    folder = resources.files("amine.lab") / "static"
    return {f.name: f.read_bytes() for f in folder.iterdir() if f.name.rpartition(".")[2] in KINDS}


__all__ = ["LabServer", "Refused", "Rooms", "static_files"]
