"""Those who take part in a comparison: amine's command line, the peers, and the limit programs in C.

Each contestant has ``turn()``, one timed run, which gives a flat dictionary with ``sim_s`` and ``bio_s``
(or, for a start or a drawing, ``seconds``). Peers build once and wait between turns, so that turns of
several simulators can alternate.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import environments

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent


class Failed(RuntimeError):
    """A contestant could not be run; the table says so and the others go on."""


def amine_command() -> str:
    """The ``amine`` program beside the running interpreter, or the one of .venv."""
    for folder in (Path(sys.executable).parent, ROOT / ".venv" / "bin"):
        if (folder / "amine").exists():
            return str(folder / "amine")
    raise Failed("no amine program beside the interpreter or in .venv")


def flat(value: Mapping, prefix: str = "") -> dict:
    """A nested dictionary as one of dotted keys."""
    out = {}
    for key, item in value.items():
        if isinstance(item, Mapping):
            out.update(flat(item, f"{prefix}{key}."))
        else:
            out[f"{prefix}{key}"] = item
    return out


def last_object(text: str) -> dict:
    """The last line of a text that is a JSON object, or the whole text if it is one."""
    for part in [*reversed(text.strip().splitlines()), text]:
        try:
            value = json.loads(part)
        except ValueError:
            continue
        if isinstance(value, dict):
            return value
    raise Failed("no JSON object in the output: " + (text.strip()[-200:] or "(nothing)"))


def seconds_of(result: Mapping, phase: str) -> float | None:
    """The seconds of a phase under any name it may have: build_s, build, timings.build, timings.build_s."""
    for key, value in flat(result).items():
        if key.split(".")[-1] in (f"{phase}_s", phase, f"{phase}_seconds") and isinstance(value, (int, float)):
            return float(value)
    return None


def total(value: object) -> int:
    """A number of spikes given as one number, a list or one per population."""
    if isinstance(value, Mapping):
        return sum(total(v) for v in value.values())
    if isinstance(value, (list, tuple)):
        return sum(total(v) for v in value)
    return int(value) if isinstance(value, (int, float)) else 0


def run(command: list[str], environment: Mapping[str, str] | None = None, limit_s: float = 1800) -> tuple[dict, float]:
    """Run a program, give the JSON object it printed and its wall time."""
    start = time.perf_counter()
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=limit_s,
            env={**os.environ, **(environment or {})},
        )
    except subprocess.TimeoutExpired:
        raise Failed(f"gave up after {limit_s:.0f} s: {' '.join(command)}") from None
    except OSError as error:
        raise Failed(str(error)) from None
    wall = time.perf_counter() - start
    if done.returncode:
        raise Failed((done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1][:300])
    return last_object(done.stdout), wall


class Amine:
    """One run of a built-in circuit through the command line; the compile cache is warm after ``prepare``."""

    def __init__(
        self,
        circuit: str,
        bio_s: float,
        *options: str,
        threads: int = 1,
        precision: str = "float32",
        small: tuple[str, ...] = (),
    ):
        self.bio_s, self.small = bio_s, small
        common = ["--duration", f"{bio_s * 1000:g} ms", "--threads", str(threads), "--precision", precision]
        self.arguments = ["run", circuit, *options, *common, "--json"]

    def prepare(self) -> None:
        """Compile once, on the shortest run of the same structure; ``small`` options come last and make it small, too."""
        short = [*self.arguments, *self.small]
        short[short.index("--duration") + 1] = "1 ms"
        run([amine_command(), *short])

    def turn(self) -> dict:
        result, wall = run([amine_command(), *self.arguments])
        sim = seconds_of(result, "simulate") or seconds_of(result, "sim")
        if sim is None:
            raise Failed("amine's JSON has no simulate_s")
        return {
            "sim_s": sim,
            "bio_s": self.bio_s,
            "build_s": seconds_of(result, "build"),
            "compile_s": seconds_of(result, "compile"),
            "peak_rss_mb": next((v for k, v in flat(result).items() if k.endswith("peak_memory_mb")), None),
            "spikes": total(result.get("spikes", 0)),
            "synapses": total(result.get("synapses", 0)),
            "spike_hash": result.get("spike_hash"),
            "wall_s": wall,
        }

    def close(self) -> None:
        """Nothing stays open."""


class Start(Amine):
    """Process start to first step: with an empty compile cache (cold), or with that of ``prepare`` (warm)."""

    def __init__(self, circuit: str, *options: str, cold: bool):
        super().__init__(circuit, 0.001, *options)
        self.cold = cold

    def prepare(self) -> None:
        if not self.cold:
            super().prepare()

    def turn(self) -> dict:
        folder = tempfile.mkdtemp(prefix="amine_cold_") if self.cold else None
        # Numba's own cache holds the parts that are not generated: cold means without it, too
        fresh = {"AMINE_CACHE_DIR": f"{folder}/amine", "NUMBA_CACHE_DIR": f"{folder}/numba"} if folder else {}
        try:
            result, wall = run([amine_command(), *self.arguments], fresh)
        finally:
            if folder:
                shutil.rmtree(folder, ignore_errors=True)
        start = seconds_of(result, "start")
        return {
            "seconds": start if start is not None else wall - (seconds_of(result, "simulate") or 0.0),
            "wall_s": wall,
        }


class Draw:
    """Drawing synapses through amine's own builder, in a process of its own (draw.py)."""

    def __init__(self, kind: str, synapses: float):
        self.command = [sys.executable, str(HERE / "draw.py"), kind, str(int(synapses))]

    def prepare(self) -> None:
        run([*self.command[:-1], "1000"])

    def turn(self) -> dict:
        return run(self.command)[0]

    def close(self) -> None:
        """Nothing stays open."""


class Limit:
    """One of the C programs of limit/."""

    def __init__(self, program: str, *arguments: str, field: str = "sim_s"):
        self.program, self.arguments, self.field = program, list(arguments), field

    def prepare(self) -> None:
        done = subprocess.run(
            ["make", "-s", "-C", str(HERE / "limit"), f"build/{self.program}"], capture_output=True, text=True
        )
        if done.returncode:
            raise Failed("the limit program did not compile: " + done.stderr.strip()[-200:])

    def turn(self) -> dict:
        result, _ = run([str(HERE / "limit" / "build" / self.program), *self.arguments])
        return result if self.field == "sim_s" else {"seconds": result[self.field]}

    def close(self) -> None:
        """Nothing stays open."""


class Peer:
    """A peer's script, kept open between turns; ``home`` names its environment, "" is amine's own."""

    def __init__(self, script: str, *arguments: str, limit_s: float = 900, home: str = "sim"):
        self.script, self.arguments, self.limit_s, self.home = script, list(arguments), limit_s, home
        self.process: subprocess.Popen | None = None
        self.errors = tempfile.TemporaryFile("w+")  # noqa: SIM115 (open as long as the peer)

    def prepare(self) -> None:
        command = [
            str(environments.ensure(self.home)) if self.home else sys.executable,
            str(HERE / "peers" / self.script),
            *self.arguments,
            "--serve",
        ]
        environment = {**os.environ, "PYTHONWARNINGS": "ignore"}
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(
            command, stdin=pipe, stdout=pipe, stderr=self.errors, text=True, env=environment
        )
        self._answer()

    def _answer(self) -> dict:
        assert self.process is not None and self.process.stdout is not None
        for line in self.process.stdout:
            if line.startswith("{"):
                return json.loads(line)
        self.errors.seek(0)
        raise Failed((self.errors.read().strip().splitlines() or ["the peer ended"])[-1][:300])

    def turn(self) -> dict:
        if self.process is None or self.process.stdin is None:
            raise Failed("the peer was not started")
        self.process.stdin.write("go\n")
        self.process.stdin.flush()
        return self._answer()

    def close(self) -> None:
        if self.process is not None and self.process.stdin is not None:
            self.process.stdin.close()
            self.process.wait(60)
            self.process = None
