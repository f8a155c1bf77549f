"""Dose and response in a process of its own, of low priority, so that the network under the hand keeps its pace.

The process has a copy of the network. It is given the state of the running one in a file, and answers with one line for each value. It works
in units of 5 ms of the network, rests while a slider is moved, and ends with the page's own process.
"""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
import time
import weakref
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import amine
from amine.errors import AmineError
from amine.lab.controls import Control
from amine.lab.lane import Lane
from amine.lab.response import Response
from amine.network.network import Network

if TYPE_CHECKING:
    from collections.abc import Callable

NICE = 5  # priority of the process once its network stands: at 19 it would stand still on a busy machine
REST = 0.6  # seconds after a slider was moved
BEGIN = "from amine.lab.background import main; main()"


class Background:
    """The process, which starts when something is asked for.

    Parameters
    ----------
    net : the network, with the recordings of the running one.
    """

    def __init__(self, net: Network):
        self._net = net
        self._process: subprocess.Popen[str] | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._found: list[dict[str, Any]] = []
        self._job = 0

    def ask(self, lane: Lane, control: Control) -> None:
        """Begins anew with a control, from the present state of a network."""
        process, state = self._begun()
        self._job += 1
        lane.loop.save(state, overwrite=True)
        self._found.clear()
        self._tell(process, {"job": self._job, "state": str(state), "control": control.__dict__})

    def rest(self) -> None:
        """Lets the process stand still for a moment."""
        if self._process is not None:
            self._tell(self._process, {"rest": REST})

    def found(self) -> tuple[list[dict[str, Any]], bool]:
        """Points so far, and whether they are all; raises AmineError if they cannot be computed."""
        mine = [x for x in list(self._found) if x.get("job") == self._job]
        wrong = next((x["error"] for x in mine if "error" in x), None)
        if wrong is None and self._process is not None and self._process.poll() is not None:
            wrong = "its process has ended"
        if wrong is not None:
            raise AmineError("response", "it cannot be computed beside the network", given=str(wrong)[:200])
        return [{k: x[k] for k in ("value", "numbers")} for x in mine if "value" in x], any("done" in x for x in mine)

    def _begun(self) -> tuple[subprocess.Popen[str], Path]:
        """The process and the file of the state."""
        if self._process is None or self._folder is None or self._process.poll() is not None:
            self._folder = tempfile.TemporaryDirectory(prefix="amine-lab-")
            self._process = _started()
            weakref.finalize(self, _end, self._process, self._folder)
            threading.Thread(target=_listen, args=(self._process.stdout, self._found), daemon=True).start()
            self._tell(self._process, {"net": self._net.to_dict()})
        return self._process, Path(self._folder.name) / "state"

    def _tell(self, process: subprocess.Popen[str], message: dict[str, Any]) -> None:
        with suppress(OSError, ValueError):  # a process that has ended is noticed in what it found
            print(json.dumps(message), file=process.stdin, flush=True)


def _started() -> subprocess.Popen[str]:
    """A process of low priority that runs :func:`main` with this library."""
    root = str(Path(str(amine.__file__)).parents[1])
    paths = [root, *filter(None, [os.environ.get("PYTHONPATH")])]
    flags = subprocess.BELOW_NORMAL_PRIORITY_CLASS if sys.platform == "win32" else 0
    try:
        return subprocess.Popen(
            [sys.executable, "-c", BEGIN],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            encoding="utf-8",
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
            creationflags=flags,
        )
    except OSError as e:
        raise AmineError("response", "no second process can be started", given=str(e)[:80]) from e


def _listen(stream: Iterable[str], found: list[dict[str, Any]]) -> None:
    for line in stream:
        with suppress(ValueError):
            found.append(json.loads(line))


def _end(process: subprocess.Popen[str], folder: tempfile.TemporaryDirectory[str]) -> None:
    process.kill()
    process.wait()
    folder.cleanup()


# --- within the process ------------------------------------------------------------------------------------------------


def main() -> None:
    """Reads what is asked for from standard input, and writes what is found to standard output, until the input ends."""
    out, sys.stdout = sys.stdout, sys.stderr  # what a library prints is no answer
    asked: queue.Queue[dict[str, Any] | None] = queue.Queue()
    threading.Thread(target=_read, args=(sys.stdin, asked), daemon=True).start()
    begun = (lambda: os.nice(NICE)) if sys.platform != "win32" else (lambda: 0)  # there from its start
    worker = Worker(lambda x: print(json.dumps(x, allow_nan=False), file=out, flush=True), begun)
    while True:
        try:
            message = asked.get(timeout=worker.pause)
        except queue.Empty:
            message = {}
        if message is None:
            return
        worker.take(message)


def _read(stream: IO[str], asked: queue.Queue[dict[str, Any] | None]) -> None:
    for line in stream:
        asked.put(json.loads(line))
    asked.put(None)


class Worker:
    """Answers messages with ``say``: a network, a job, which takes the place of the one before, or a rest; an empty one goes on with the job.

    ``begun`` is called when the network stands.
    """

    def __init__(self, say: Callable[[dict[str, Any]], None], begun: Callable[[], object] = lambda: None):
        self._say, self._begun = say, begun
        self._job, self._said, self._until = 0, 0, 0.0
        self._response: Response | None = None
        self._lane: Lane | None = None

    @property
    def pause(self) -> float | None:
        """Seconds to wait for the next message; None where nothing is to be done."""
        return None if self._response is None else max(0.0, self._until - time.monotonic())

    def take(self, message: dict[str, Any]) -> None:
        """Does what a message says, or the next unit of the job."""
        try:
            if "net" in message:
                self._lane = Lane(Network.from_dict(message["net"]).loop(keep=False))
                self._begun()
            elif "rest" in message:
                self._until = time.monotonic() + float(message["rest"])
            elif "job" in message and self._lane is not None:
                self._job, self._said, loop = int(message["job"]), 0, self._lane.loop
                loop.restore(message["state"])
                self._response = Response(Lane(loop), Control(**message["control"]))
            elif self._response is not None:
                self._go_on(self._response)
        except AmineError as e:
            self._say({"job": self._job, "error": str(e)})
            self._response = None

    def _go_on(self, response: Response) -> None:
        response.step()
        for point in response.points[self._said :]:
            self._say({"job": self._job, **point})
        self._said = len(response.points)
        if response.done:
            self._say({"job": self._job, "done": True})
            self._response = None


__all__ = ["Background", "Worker", "main"]
