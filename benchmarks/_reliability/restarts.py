"""Runs that are killed, ended, short of disk or started twice."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import time
import warnings
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

import amine as am
from _reliability.campaign import SPAN, Killed, Tally, bits, campaign, child, failing, folder, network, place


@cache
def reference() -> dict[str, Any]:
    """What an uninterrupted run gives."""
    return bits(network().run(SPAN, progress=False))


def ends_well(at: Path, stored: bool) -> bool:
    """Whether the same command, repeated, gives the bits of an uninterrupted run and leaves nothing behind."""
    try:
        run = network().run(SPAN, resume=True, **place(at, stored))
    except am.AmineError:
        return False
    left = [p.name for p in at.rglob("*") if p.name.endswith((".part", ".lock"))]
    kept = not stored or bits(am.results.open(at / "store.zarr")) == reference()
    return bits(run) == reference() and kept and not left


def _strike(process: subprocess.Popen[str], at: Path, file: str, delay: float, how: signal.Signals) -> bool:
    """A signal some time after a file of the run is there; False if it came too late."""
    limit = time.monotonic() + 120
    while time.monotonic() < limit and process.poll() is None and not (at / file).exists():
        time.sleep(0.005)
    time.sleep(delay)
    alive = process.poll() is None
    if alive:
        process.send_signal(how)
    process.communicate()
    return alive


@campaign(
    "kills",
    "SIGKILL to a process at a random moment, again and again; the command that is repeated ends with the same bits",
)
def kills(scale: float, rng: np.random.Generator) -> Tally:
    tally = Tally()
    for k in range(max(1, round(12 * scale))):
        with folder() as at:
            stored = bool(k % 2)
            struck = sum(
                _strike(child(at, stored), at, "state.lock", rng.uniform(0, 3), signal.SIGKILL) for _ in range(5)
            )
            ok = ends_well(at, stored)
            for j in range(max(1, struck)):
                tally.count(ok, f"series {k}, kill {j}, stored {stored}")
    return tally


@campaign("kill points", "death at each call of the system that changes a file, one after another; likewise")
def kill_points(scale: float, rng: np.random.Generator) -> Tally:
    tally, every = Tally(), max(1, round(2 / scale))
    for stored in (False, True):
        n, through = 1, False
        while not through:
            with folder() as at:
                with failing(n, Killed):
                    try:
                        network().run("20 ms", resume=True, **place(at, stored, checkpoint_every="1 us"))
                        through = True
                    except Killed:
                        pass
                tally.count(ends_well(at, stored), f"call {n}, stored {stored}")
            n += every
    return tally


@campaign(
    "ends by SIGTERM",
    "SIGTERM at a random moment of the simulation; there is a checkpoint, and the command that is repeated ends with the same bits",
)
def ends(scale: float, rng: np.random.Generator) -> Tally:
    tally = Tally()
    for k in range(max(1, round(6 * scale))):
        with folder() as at:
            stored = bool(k % 2)
            _strike(child(at, stored), at, "state", rng.uniform(0, 0.3), signal.SIGTERM)
            tally.count((at / "state").exists() and ends_well(at, stored), f"series {k}, stored {stored}")
    return tally


def _full() -> OSError:
    return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@campaign(
    "full disks",
    "no space left at each call that changes a file, for good or for a while; one sentence or a warning, nothing half-written, and nothing lost",
)
def full_disks(scale: float, rng: np.random.Generator) -> Tally:
    tally, every = Tally(), max(1, round(4 / scale))
    for stored in (False, True):
        for lasting in (None, 6):
            n, reached = 1, True
            while reached:
                with folder() as at, warnings.catch_warnings():
                    warnings.simplefilter("ignore", am.errors.AmineWarning)
                    what = f"call {n}, lasting {lasting}, stored {stored}"
                    with failing(n, _full, None if lasting is None else n + lasting) as count:
                        said = _said(at, stored)
                    reached = count[0] >= n
                    tally.count(said and ends_well(at, stored), what)
                n += every
    return tally


def _said(at: Path, stored: bool) -> bool:
    """Whether a run ends as if nothing had been, or with one sentence."""
    try:
        run = network().run(SPAN, **place(at, stored, checkpoint_every="1 us", chunk="10 ms"))
        return bits(run) == reference()
    except am.AmineError as e:
        return "\n" not in str(e)


@campaign(
    "two owners",
    "two processes started at once on one checkpoint and store; one ends with the same bits and the other is refused by name, or comes after it",
)
def two_owners(scale: float, rng: np.random.Generator) -> Tally:
    tally = Tally()
    for k in range(max(1, round(12 * scale))):
        with folder() as at:
            stored = bool(k % 2)
            pair = [child(at, stored), child(at, stored)]
            said = [p.communicate()[0].strip() for p in pair]
            ended = {s for s in said if s.startswith("ended True")}
            refused = [s for s in said if s.startswith("refused") and "in use by process" in s]
            ok = len(ended) == 1 and len(refused) + sum(s in ended for s in said) == 2
            tally.count(ok and ends_well(at, stored), f"pair {k}: {said}")
    return tally
