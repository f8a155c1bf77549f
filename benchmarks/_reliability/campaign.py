"""What a campaign is: a function that tries something many times and counts what came of it."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np

import amine as am
from amine import owners

HERE = Path(__file__).resolve().parent
SPAN = "60 ms"


@dataclass
class Tally:
    """Trials, and those that did not end as they should: with the same bits, or with one sentence and nothing lost."""

    tried: int = 0
    failures: list[str] = field(default_factory=list)

    def count(self, ok: bool, what: str) -> None:
        """One more trial; ``what`` says which, if it failed."""
        self.tried += 1
        if not ok:
            self.failures.append(what)

    @property
    def survived(self) -> int:
        return self.tried - len(self.failures)


@dataclass(frozen=True)
class Campaign:
    """``run(scale, rng)`` tries; ``what`` says in one line what is tried and what is asked for."""

    name: str
    what: str
    run: Callable[[float, np.random.Generator], Tally]


CAMPAIGNS: dict[str, Campaign] = {}


def campaign(name: str, what: str) -> Callable[[Callable[..., Tally]], Callable[..., Tally]]:
    """Puts a function of scale and random numbers into the table."""

    def add(run: Callable[..., Tally]) -> Callable[..., Tally]:
        CAMPAIGNS[name] = Campaign(name, what, run)
        return run

    return add


# --- what is run -------------------------------------------------------------------------------------------------


def network() -> am.Network:
    """Cells with noise, gaps, release, plastic synapses, inputs and probes: all that a restart could get wrong."""
    net = am.Network(seed=11)
    E = net.population(
        "E", 120, "lif_cond", I_e="normal('170 pA', '10 pA')", initial={"v": 'uniform("-60 mV", "-50 mV")'}
    )
    I = net.population("I", 40, "lif_cond", I_e="200 pA")
    E_to_all = dict(
        receptors={"AMPA": "2 nS", "NMDA": "0.2 nS"}, p=0.1, delay='normal("1.5 ms", "0.5 ms").clipped("0.2 ms")'
    )
    net.synapses(E, E + I, **E_to_all)
    net.synapses(I, E, receptor="GABA_A", weight="8 nS", indegree=10, delay="0.8 ms", release="tsodyks_markram")
    net.synapses(
        E,
        E,
        receptor="AMPA",
        weight="1 nS",
        p=0.05,
        rule=am.plasticity.stdp(w_max="2 nS"),
        name="plastic",
        stream="plastic",
    )
    net.gap_junctions(I, I, conductance="0.3 nS", p=0.1)
    net.poisson(E[:80], rate="8 Hz", receptor="AMPA", weight="1 nS", n=50)
    net.stimulus(I[:20], am.sine("40 pA", "20 Hz", start="13 ms"))
    net.probe(E[3:60:7], "v", "g_AMPA", every="0.3 ms", name="cells")
    net.probe(I, "v", name="inhibitory")
    return net


def bits(run: am.Run) -> dict[str, Any]:
    """All that a run holds, to be compared to the last bit."""
    out: dict[str, Any] = {"spikes": run.spikes.hash(), "duration": run.duration, "complete": run.complete}
    for name, p in run.probes.items():
        out |= {f"{name}.times": p.times.tobytes()}
        out |= {f"{name}.{v}": np.asarray(x).tobytes() for v, x in p.values.items()}
    return {**out, "weights": run.weights("plastic").weights.tobytes()}


@contextmanager
def folder() -> Iterator[Path]:
    """A new folder that is removed afterwards."""
    with tempfile.TemporaryDirectory(prefix="amine-reliability-") as path:
        yield Path(path)


def place(at: Path, stored: bool, **more: Any) -> dict[str, Any]:
    """Arguments of a run that keeps all in a folder."""
    store = at / "store.zarr" if stored else None
    return {"store": store, "checkpoint": at / "state", "progress": False, "chunk": "2 ms", **more}


# --- faults ------------------------------------------------------------------------------------------------------


class Killed(BaseException):
    """Stands for SIGKILL within a process: nothing in the way catches it."""


CALLS = ("fsync", "replace", "rename", "unlink", "mkdir", "ftruncate", "pwrite")


@contextmanager
def failing(n: int, fault: Callable[[], BaseException], last: int | None = None) -> Iterator[list[int]]:
    """Calls number n to ``last`` of the system's functions that change files fail; without ``last``, all from n on."""
    count, real = [0], {name: getattr(os, name) for name in CALLS}

    def guarded(call: Callable[..., Any]) -> Callable[..., Any]:
        def tried(*given: Any, **more: Any) -> Any:
            count[0] += 1
            if n <= count[0] and (last is None or count[0] <= last):
                raise fault()
            return call(*given, **more)

        return tried

    with mock.patch.multiple(os, **{name: guarded(f) for name, f in real.items()}):
        yield count
    owners._forget()  # what the system does with the locks of a process that ended


CHILD = """
import sys
sys.path.insert(0, {here!r})
import amine as am
from _reliability.campaign import SPAN, bits, network, place
from pathlib import Path
import hashlib, pickle
try:
    run = network().run(SPAN, resume=True, **place(Path({at!r}), {stored!r}, checkpoint_every="1 ms"))
    print("ended", run.complete, hashlib.sha256(pickle.dumps(sorted(bits(run).items()))).hexdigest(), flush=True)
except am.AmineError as e:
    print("refused", e, flush=True)
"""


def child(at: Path, stored: bool) -> subprocess.Popen[str]:
    """A process that runs the network, or goes on with it, in a folder."""
    text = CHILD.format(here=str(HERE.parent), at=str(at), stored=stored)
    return subprocess.Popen([sys.executable, "-c", text], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
