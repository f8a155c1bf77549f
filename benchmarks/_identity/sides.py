"""The two sides of a comparison: a revision and where its results are kept, and processes that run cases on it."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import platform
import queue
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from _identity.registry import Case

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("numpy", "numba", "llvmlite", "sympy", "scipy", "torch", "scikit-learn")
Item = tuple[Case, str]  # a case and its precision


def machine() -> dict[str, str]:
    """What bits depend on beside the source: kind of processor, versions of Python and of the packages that compute."""
    found = {"processor": _processor(), "python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "none"
    return found


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith(("model name", "Model"))]
    return names[0] if names else f"{platform.machine()} {platform.processor()}"


def git(*words: str) -> str:
    """What a git command prints, in this checkout."""
    done = subprocess.run(["git", "-C", str(ROOT), *words], capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"git {' '.join(words)}: {done.stderr.strip()}")
    return done.stdout.strip()


def cache_of(revision: str, cache: Path) -> Path:
    """The folder for results of a revision on this kind of machine."""
    key = hashlib.sha256(json.dumps(machine(), sort_keys=True).encode()).hexdigest()
    return cache / f"{revision[:12]}-{key[:12]}"


@dataclass(frozen=True)
class Side:
    """A source tree, a folder for results and one for compiled code."""

    name: str
    src: Path
    results: Path
    compiled: Path
    kept: bool = False  # results are shared with other comparisons, which may be running

    def result(self, item: Item) -> dict[str, Any] | None:
        """What is kept of a case; None if there is nothing, or the case was another then."""
        file = self.results / f"{item[0].name}@{item[1]}.json"
        if not file.exists():
            return None
        data = json.loads(file.read_text())
        return data if data["script"] == item[0].script else None

    def arrays(self, item: Item) -> dict[str, np.ndarray]:
        """The arrays of a case."""
        data = self.result(item)
        assert data is not None
        with np.load(self.results / f"{item[0].name}@{item[1]}.npz") as kept:
            return {name: kept[str(k)] for k, name in enumerate(data["names"])}

    def failed(self, item: Item, problem: str) -> None:
        """Keeps that the process ended in a case."""
        data = {"script": item[0].script, "arrays": {}, "threads": [], "error": problem, "seconds": 0.0}
        np.savez(self.results / f"{item[0].name}@{item[1]}.npz")
        (self.results / f"{item[0].name}@{item[1]}.json").write_text(json.dumps({**data, "names": []}))


class Process:
    """A process that runs cases of one side, started when there is something to do and again after a crash."""

    def __init__(self) -> None:
        self.side: Side | None = None
        self.child: subprocess.Popen[str] | None = None

    def run(self, side: Side, item: Item, log: Any) -> None:
        """Runs a case, unless another comparison has just done it; a process that dies leaves an error as its result."""
        side.results.mkdir(parents=True, exist_ok=True)
        with open(side.results / f"{item[0].name}@{item[1]}.lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            found = side.result(item) if side.kept else None
            if found is None or found["error"]:
                self._run(side, item, log)

    def _run(self, side: Side, item: Item, log: Any) -> None:
        if self.side is not side or self.child is None or self.child.poll() is not None:
            self.close()
            self.side, self.child = side, _start(side, log)
        assert self.child.stdin is not None and self.child.stdout is not None
        try:
            print(item[0].name, item[1], file=self.child.stdin, flush=True)
            answer = self.child.stdout.readline()
        except BrokenPipeError:
            answer = ""
        if answer.strip() != "done":
            side.failed(item, f"the process ended with {self.child.wait()}")

    def close(self) -> None:
        """Ends the process."""
        if self.child is not None and self.child.stdin is not None:
            self.child.stdin.close()
            self.child.wait()
        self.child = None


def _start(side: Side, log: Any) -> subprocess.Popen[str]:
    side.compiled.mkdir(parents=True, exist_ok=True)
    path = os.pathsep.join([str(side.src), str(ROOT / "benchmarks")])
    return subprocess.Popen(
        [sys.executable, "-m", "_identity.worker", str(side.src), str(side.results)],
        env={**os.environ, "PYTHONPATH": path, "AMINE_CACHE_DIR": str(side.compiled)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=log,
        text=True,
    )


def run_all(work: list[tuple[Side, Item]], jobs: int, log: Any, tell: Callable[[Side, Item], None]) -> None:
    """Runs cases in several processes; each takes the next when it is done."""
    todo: queue.SimpleQueue[tuple[Side, Item]] = queue.SimpleQueue()
    for one in work:
        todo.put(one)

    def take() -> None:
        process = Process()
        while True:
            try:
                side, item = todo.get_nowait()
            except queue.Empty:
                break
            process.run(side, item, log)
            tell(side, item)
        process.close()

    threads = [threading.Thread(target=take) for _ in range(min(jobs, len(work)))]
    for t in threads:
        t.start()
    try:
        for t in threads:
            t.join()
    except BaseException:  # Ctrl-C: what runs comes to its end, nothing else begins
        with contextlib.suppress(queue.Empty):
            while True:
                todo.get_nowait()
        raise


@contextlib.contextmanager
def checkout(revision: str) -> Iterator[Path]:
    """A temporary worktree of a revision."""
    with tempfile.TemporaryDirectory(prefix="amine-identity-") as folder:
        tree = Path(folder) / "tree"
        git("worktree", "add", "--detach", "--force", str(tree), revision)
        try:
            yield tree
        finally:
            git("worktree", "remove", "--force", str(tree))
