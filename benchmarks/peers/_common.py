"""Shared by the peer scripts: arguments, timing, memory, one JSON line a run. No peer is imported here.

A script builds its network once and then makes timed runs: ``--reps N`` of them one after the other, or, with
``--serve``, one for each line that arrives on standard input, so that a driver can alternate them with the
runs of another simulator.
"""

from __future__ import annotations

import argparse
import atexit
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable


def arguments(workload: str, **extra) -> argparse.Namespace:
    """Common options, and one per keyword with its type and default; holds thread pools to ``--threads``."""
    parser = argparse.ArgumentParser(description=workload)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--reps", type=int, default=1, help="timed runs, each printed")
    parser.add_argument("--serve", action="store_true", help="one timed run for each line on standard input")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--dtype", choices=["float32", "float64"], default="float32", help="Brian2 only; NEST has float64"
    )
    parser.add_argument("--work", default=None, help="folder for generated code (default: a temporary one)")
    for name, default in extra.items():
        parser.add_argument("--" + name.replace("_", "-"), type=type(default), default=default)
    a = parser.parse_args()
    for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[variable] = str(a.threads)
    os.environ["OMP_WAIT_POLICY"] = "passive"  # a peer that waits for its turn must not spin
    if a.work is None:
        a.work = tempfile.mkdtemp(prefix="amine_peer_")
        atexit.register(shutil.rmtree, a.work, True)
    os.makedirs(a.work, exist_ok=True)
    return a


def cpu_seconds() -> float:
    """Processor time of this process so far."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def peak_mb() -> float | None:
    """Peak resident memory of this process."""
    with open("/proc/self/status") as lines:
        for line in lines:
            if line.startswith("VmHWM"):
                return round(int(line.split()[1]) / 1024, 1)
    return None


_WRAP = """import os,sys,time,json
t=time.perf_counter();p=os.fork()
if p==0:
    d=os.open(os.devnull,1);os.dup2(d,1);os.execvp(sys.argv[2],sys.argv[2:])
_,st,r=os.wait4(p,0)
open(sys.argv[1],'w').write(json.dumps([st,time.perf_counter()-t,r.ru_utime+r.ru_stime,r.ru_maxrss/1024]))"""


def run_child(command: list[str], folder: str) -> tuple[float, float, float]:
    """Run a program from a tiny parent, so that its own peak memory is reported: wall s, CPU s, MB."""
    with tempfile.NamedTemporaryFile("r", suffix=".json") as answer:
        subprocess.check_call([sys.executable, "-I", "-S", "-c", _WRAP, answer.name, *command], cwd=folder)
        status, wall, cpu, memory = json.load(answer)
    if status:
        raise RuntimeError(f"{command[0]} ended with status {status}")
    return wall, cpu, memory


def turns(a: argparse.Namespace, run: Callable[[], dict], about: dict) -> None:
    """Make the timed runs and print each. ``run`` gives ``sim_s``, ``spikes`` and what else it knows."""
    print(json.dumps({"ready": True, **about}), flush=True)
    source = sys.stdin if a.serve else range(a.reps)
    for _ in source:
        line = {**about, **run()}
        line["per_bio_s"] = line["sim_s"] / line["bio_s"]
        line["rate_hz"] = line["spikes"] / line["n"] / line["bio_s"]
        line.setdefault("peak_rss_mb", peak_mb())
        print(
            json.dumps({k: float(f"{v:.5g}") if isinstance(v, float) else v for k, v in line.items()}),
            flush=True,
        )


def timed(run: Callable[[], object]) -> dict:
    """Wall and processor seconds of one call."""
    cpu, wall = cpu_seconds(), time.perf_counter()
    run()
    return {"sim_s": time.perf_counter() - wall, "sim_cpu_s": cpu_seconds() - cpu}
