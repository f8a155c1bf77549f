"""Exclusive ownership: a lock file beside a checkpoint or a store that names the run to which it belongs.

The lock itself is a lock of the operating system and ends with the process, however that ends. The content of the file names the owner
for users, and for other machines if the file system does not share locks between them.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from amine.errors import AmineError
from amine.files import reason, sweep

if TYPE_CHECKING:
    from amine.given import FilePath

_held: set[int] = set()  # descriptors of locks; a forked child closes them, or it would keep its parent's locks


def _forget() -> None:
    for handle in _held:
        with suppress(OSError):
            os.close(handle)
    _held.clear()


os.register_at_fork(after_in_child=_forget)


def _read(path: str) -> str:
    try:
        with open(path) as f:
            return f.read().strip()
    except OSError:
        return ""


def _started(pid: int) -> str:
    """Start time of a process in ticks since boot, which tells it from a later process of the same number; empty if there is none."""
    return (_read(f"/proc/{pid}/stat").rpartition(")")[2].split() or [""] * 20)[19]


def _is_alive(pid: object, started: object) -> bool:
    """Whether the process of this number and start time still runs on this machine."""
    if not isinstance(pid, int) or pid < 1:
        return False
    if _read("/proc/self/stat"):
        return _started(pid) == started
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        pass
    return True


def _myself() -> dict[str, Any]:
    return {
        "host": socket.gethostname(),
        "boot": _read("/proc/sys/kernel/random/boot_id"),
        "pid": os.getpid(),
        "started": _started(os.getpid()),
        "since": datetime.now().astimezone().isoformat(timespec="seconds"),
    }


class Owner:
    """Exclusive right to write a checkpoint or a store."""

    def __init__(self, target: Path, where: str):
        self.where, self.lock = where, target.with_name(target.name + ".lock")
        self._handle = self._take()
        sweep(target)

    def _take(self) -> int:
        for _ in range(200):
            try:
                handle = os.open(self.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o666)
            except OSError as e:
                raise AmineError(self.where, f"its lock '{self.lock}' cannot be made", given=reason(e)) from e
            try:
                if self._claim(handle):
                    _held.add(handle)
                    return handle
            except BaseException:
                os.close(handle)
                raise
            os.close(handle)
            time.sleep(0.01)  # another run has just ended, or is about to write its name
        raise AmineError(self.where, "another run is using it", hint=f"wait for that run, or remove '{self.lock}'")

    def _claim(self, handle: int) -> bool:
        """Takes an open lock file; False if it was removed meanwhile, or its owner has not yet written its name."""
        carried = True
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            other = self._said(handle)
            if other:
                raise self._taken(other) from None
            return False
        except OSError:
            carried = False  # a file system without locks: only the content of the file counts
        if not self._is_mine(handle):
            return False
        other = self._said(handle)
        if other and not self._is_over(other, carried):
            raise self._taken(other)
        try:
            os.ftruncate(handle, 0)
            os.pwrite(handle, json.dumps(_myself()).encode(), 0)
        except OSError as e:
            with suppress(OSError):
                self.lock.unlink()
            raise AmineError(self.where, f"its lock '{self.lock}' cannot be written", given=reason(e)) from e
        return True

    @staticmethod
    def _said(handle: int) -> dict[str, Any]:
        try:
            data = json.loads(os.pread(handle, 4096, 0))
        except ValueError:
            return {}
        return data if isinstance(data, dict) else {}

    @staticmethod
    def _is_over(other: dict[str, object], carried: bool) -> bool:
        """Whether the run named in the file is over: it was on this machine and its process has ended."""
        me = _myself()
        if other.get("boot") == me["boot"] and (me["boot"] or other.get("host") == me["host"]):
            return carried or not _is_alive(other.get("pid"), other.get("started"))
        return other.get("host") == me["host"]  # the same machine, rebooted since

    def _taken(self, other: dict[str, object]) -> AmineError:
        name = f"process {other.get('pid', '?')} on {other.get('host', '?')}"
        if other.get("pid") == os.getpid() and other.get("host") == socket.gethostname():
            name += " (this one)"
        hint = "wait until that run ends, or end it"
        if other.get("host") != socket.gethostname():
            hint += f"; if it is over, remove '{self.lock}'"
        return AmineError(self.where, f"it is in use by {name} since {other.get('since', '?')}", hint=hint)

    def _is_mine(self, handle: int) -> bool:
        try:
            return os.path.samestat(os.stat(self.lock), os.fstat(handle))
        except FileNotFoundError:
            return False

    def is_ours(self) -> bool:
        """Whether no other run has taken the lock."""
        return self._handle in _held and self._is_mine(self._handle)

    def check(self) -> None:
        """Verifies ownership before a write; raises AmineError if the lock was removed by hand and another run took it."""
        if not self._is_mine(self._handle):
            self.close()
            self._handle = self._take()

    def close(self) -> None:
        """Releases the lock."""
        if self._handle not in _held:
            return
        try:
            if self._is_mine(self._handle):
                with suppress(OSError):
                    self.lock.unlink()
        finally:
            _held.discard(self._handle)
            os.close(self._handle)


@contextmanager
def owned(path: FilePath | None, where: str) -> Iterator[Owner | None]:
    """Context that holds the lock of a checkpoint or a store during a run; None without a path.

    Raises
    ------
    AmineError
        If another run holds it; the message names host, process and time.
    """
    if path is None:
        yield None
        return
    target = Path(path).resolve()
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as e:
        raise AmineError(where, f"its folder '{target.parent}' cannot be made", given=reason(e)) from e
    owner = Owner(target, where)
    try:
        yield owner
    finally:
        owner.close()
