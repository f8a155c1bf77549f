"""The page's server: the standard library's, for this machine alone.

A request is answered if it names one of the server's own addresses as its host, comes from no other page, and carries the token that was
printed with the address. The page sends names of controls and numbers; no path, equation or code ever comes from it.
"""

from __future__ import annotations

import hmac
import json
import secrets
import sys
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import quote

from amine.errors import AmineError
from amine.lab.links import Link
from amine.lab.open import Make
from amine.lab.pages import static_files
from amine.lab.rooms import MOST_SESSIONS, Answer, Refused, Rooms, answer, sentence

ADDRESS = "127.0.0.1"
MOST_BODY = 64_000  # bytes of a request
KINDS = {"html": "text/html; charset=utf-8", "js": "text/javascript; charset=utf-8", "css": "text/css; charset=utf-8"}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


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

    def _answer(self, work: Callable[[], Answer]) -> None:
        try:
            self._check_origin()
            status, kind, data = work()
        except Refused as e:
            status, kind, data = e.status, "application/json", sentence(str(e))
            self.close_connection = True  # a body may not have been read
        except (BrokenPipeError, ConnectionError, TimeoutError):
            self.close_connection = True
            return
        self._send(status, kind, data)

    def _check_origin(self) -> None:
        names = self.server.names
        hosts = self.headers.get_all("Host") or []
        if len(hosts) != 1 or hosts[0] not in names:
            raise Refused(403, "this is not the server's address")
        origin = self.headers.get("Origin")
        if origin is not None and origin not in {f"http://{n}" for n in names}:
            raise Refused(403, "the request comes from another page")

    def _get(self) -> Answer:
        path = self.path.partition("?")[0]
        name = "index.html" if path == "/" else path.removeprefix("/static/")
        found = self.server.files.get(name)
        if found is None or (path != "/" and not path.startswith("/static/")):
            raise Refused(404, "there is no such page")
        return 200, KINDS[name.rpartition(".")[2]], found

    def _post(self) -> Answer:
        token = self.headers.get("X-Token") or ""
        if not hmac.compare_digest(token.encode("utf-8", "replace"), self.server.token.encode()):
            raise Refused(403, "the token is wrong; use the address that was printed")
        return answer(self.server.rooms, self.path, self._body())

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
        own: Mapping[str, Make],
        gallery: Callable[[], dict[str, Any]],
        port: int = 0,
        most: int = MOST_SESSIONS,
    ):
        self.token = secrets.token_urlsafe(24)
        self.rooms, self.files = Rooms(own, gallery, most), static_files()
        try:
            super().__init__((ADDRESS, port), Handler)
        except (OSError, OverflowError) as e:  # the second for numbers that no port has
            raise AmineError("lab", f"port {port} cannot be used", given=str(e)[:60], hint="choose another") from e
        self.names = (f"{ADDRESS}:{self.server_port}", f"localhost:{self.server_port}")

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Says nothing of a page that was closed while it was answered."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            super().handle_error(request, client_address)

    def address(self, name: str = "", link: Link | None = None) -> str:
        """Address of the page with the token in its fragment, which no browser sends or logs; ``link`` is a state that it opens."""
        state = f"&{link.text()[1:]}" if link is not None else f"&open={quote(name, safe='')}" if name else ""
        return f"http://{self.names[0]}/#token={self.token}{state}"


__all__ = ["LabServer"]
