"""NEST: build once, warm up, then simulate on for each timed run."""

from __future__ import annotations

import argparse
import time

from _common import timed, turns


def setup(a: argparse.Namespace):
    """NEST with resolution, threads and seed set."""
    import nest

    nest.set_verbosity("M_ERROR") if hasattr(nest, "set_verbosity") else None
    nest.ResetKernel()
    nest.resolution = 0.1
    nest.local_num_threads = a.threads
    nest.rng_seed = a.seed
    return nest


def connect(nest, neurons, n_exc: int, weights: tuple[float, float], inputs: int, delay: float) -> None:
    """Random connections of both halves, as many as the other simulators draw on average."""
    for source, weight in ((neurons[:n_exc], weights[0]), (neurons[n_exc:], weights[1])):
        rule = {"rule": "fixed_total_number", "N": int(len(source) * inputs)}
        nest.Connect(source, neurons, rule, {"weight": weight, "delay": delay})


def finish(a: argparse.Namespace, nest, workload: str, neurons, n: int, started: float, **more) -> None:
    """Record spikes, warm up, make the timed runs. ``build_s`` holds the warm-up."""
    recorder = nest.Create("spike_recorder")
    nest.Connect(neurons, recorder)
    nest.Simulate(a.warm)
    build_s = time.perf_counter() - started

    def run() -> dict:
        before = recorder.n_events
        spent = timed(lambda: nest.Simulate(a.bio * 1e3))
        return {**spent, "spikes": int(recorder.n_events - before)}

    about = {"workload": workload, "peer": "nest", "version": nest.__version__, "n": n, "threads": a.threads}
    turns(a, run, {**about, "dtype": "float64", "bio_s": a.bio, "build_s": build_s, **more})
