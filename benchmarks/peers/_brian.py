"""Brian2 C++ standalone: generate and compile once, then run the program for each timed run."""

from __future__ import annotations

import argparse
import os
import time

from _common import run_child, turns


def setup(a: argparse.Namespace):
    """Brian2 with its C++ device, precision, threads and seed set."""
    import brian2 as b
    import numpy as np

    b.prefs.core.default_float_dtype = getattr(np, a.dtype)
    b.set_device("cpp_standalone", build_on_run=False)
    if a.threads > 1:
        b.prefs.devices.cpp_standalone.openmp_threads = a.threads
    b.prefs.devices.cpp_standalone.extra_make_args_unix = ["-j2"]
    b.seed(a.seed)
    b.defaultclock.dt = 0.1 * b.ms
    return b


def finish(a: argparse.Namespace, b, workload: str, n: int, bio_s: float, monitor) -> None:
    """Compile, then make the timed runs. ``sim_s`` is the time the program itself reports for its loop."""
    from brian2.devices.device import get_device

    device = get_device()
    start = time.perf_counter()
    device.build(directory=os.path.join(a.work, "brian"), run=False, compile=True, clean=False)
    compile_s = time.perf_counter() - start
    device.results_dir = os.path.join(device.project_dir, "results", "")

    def run() -> dict:
        wall, cpu, memory = run_child(["./main", "--results_dir", device.results_dir], device.project_dir)
        device.has_been_run = True
        with open(os.path.join(device.results_dir, "last_run_info.txt")) as info:
            sim = float(info.read().split()[0])
        spikes = int(device.get_value(monitor.variables["N"])[0])
        return {
            "sim_s": sim,
            "build_s": wall - sim,
            "sim_cpu_s": cpu,
            "peak_rss_mb": round(memory, 1),
            "spikes": spikes,
        }

    about = {"workload": workload, "peer": "brian2", "version": b.__version__, "n": n, "threads": a.threads}
    turns(a, run, {**about, "dtype": a.dtype, "bio_s": bio_s, "compile_s": compile_s})
