"""Frames that are sent without being asked for: a notebook's page would wait too long for the answer to each request.

A thread of the kernel runs the network and sends up to 30 frames a second, as long as the page says that it has painted those before.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from amine.errors import AmineError
from amine.lab.open import Opened
from amine.lab.rooms import Held, Refused, Rooms, sentence
from amine.lab.session import MOST_MS, MOST_SECONDS

RATE = 30.0  # frames a second
AHEAD = 12  # frames that are sent before the page has painted any of them
NUMBERS = 0.4  # seconds between numbers
FASTEST, LONGEST = 64.0, 0.12  # seconds of the network a second; seconds on the clock that one frame makes up for
Send = Callable[[dict[str, Any], list[bytes]], object]


class Stream:
    """The frames of one session.

    Parameters
    ----------
    rooms : where the session is held; the stream ends with it.
    key : of the session.
    send : takes what is said of a frame, and the frame as bytes.
    """

    def __init__(self, rooms: Rooms, key: str, send: Send):
        self._rooms, self._key, self._send = rooms, key, send
        self._held: Held = rooms.get(key)
        if not isinstance(self._held.opened, Opened):
            raise Refused(404, "a memory has no frames")
        self._session = self._held.opened.session
        self._changed = threading.Condition()
        self._on, self._speed, self._respond, self._left = False, 0.5, None, AHEAD
        threading.Thread(target=self._run, daemon=True).start()

    def tell(self, body: Mapping[str, Any]) -> None:
        """Takes over whether it runs, the speed, values that are set, and the control whose response is drawn."""
        speed, values = body.get("speed", self._speed), body.get("set", {})
        if isinstance(speed, bool) or not isinstance(speed, int | float) or not 0 < speed <= FASTEST:
            raise Refused(400, f"the speed is out of range: 0 to {FASTEST:g}")
        if not isinstance(values, dict):
            raise Refused(400, "give values by name")
        with self._held.lock:
            self._session.set_all(values)
        with self._changed:
            self._on = bool(body.get("on", self._on))
            self._speed, self._respond, self._left = float(speed), body.get("respond"), max(self._left, 1)
            self._changed.notify()

    def painted(self, frames: object) -> None:
        """Takes over how many frames were painted, so that as many more are sent."""
        if isinstance(frames, int) and frames > 0:
            with self._changed:
                self._left = min(self._left + frames, AHEAD)
                self._changed.notify()

    @property
    def ended(self) -> bool:
        """Whether its session is no longer held."""
        return self._rooms.held.get(self._key) is not self._held

    def _run(self) -> None:
        debt, last, told = 0.0, time.monotonic(), 0.0
        while not self.ended:
            with self._changed:
                if not (self._on and self._left > 0):
                    self._changed.wait(1.0)
                    last = time.monotonic()
                    continue
            now = time.monotonic()
            debt, last = min(debt + min(now - last, LONGEST) * self._speed * 1e3, MOST_MS), now
            if debt >= 1 or now - told > NUMBERS:
                debt, told = self._frame(debt, told, now)
            time.sleep(max(0.001, now + 1 / RATE - time.monotonic()))

    def _frame(self, debt: float, told: float, now: float) -> tuple[float, float]:
        """Sends one frame; what is left of the debt, and the time of the last numbers."""
        numbers, s = now - told > NUMBERS, self._session
        with self._held.lock:
            self._held.used, start = now, s.time
            if not self._on:
                return 0.0, told
            try:
                data = s.frame(float(int(debt)), MOST_SECONDS, numbers, self._respond)
            except AmineError as e:
                self._on = False
                self._send({"stream": self._key, "status": 422}, [sentence(str(e))])
                return 0.0, told
            self._send(
                {"stream": self._key, "status": 200}, [data]
            )  # within the lock: frames and answers keep their order
        self._left -= 1
        done = s.time - start
        left = debt - done
        return (min(left, 20.0) if done < 0.7 * debt else left), (now if numbers else told)


class Streams:
    """The streams of a notebook's page by session."""

    def __init__(self, rooms: Rooms, send: Send):
        self._rooms, self._send = rooms, send
        self._running: dict[str, Stream] = {}

    def tell(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Begins the stream of a session, or changes it; an empty answer."""
        key = body.get("session")
        self._rooms.get(key)
        name = str(key)
        self._running = {k: s for k, s in self._running.items() if not s.ended}
        if name not in self._running:
            self._running[name] = Stream(self._rooms, name, self._send)
        self._running[name].tell(body)
        return {}

    def painted(self, body: Mapping[str, Any]) -> None:
        """Takes over how many frames of a session were painted."""
        found = self._running.get(str(body.get("session")))
        if found is not None:
            found.painted(body.get("frames"))


__all__ = ["Stream", "Streams"]
