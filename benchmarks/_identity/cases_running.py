"""Runs that stop and go on: checkpoints, loops with a world, saved descriptions."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np

import amine as am
import amine.plasticity as rules
from _identity.record import Arrays, collect, collect_weights, digests, unequal
from _identity.registry import case


def mixed(rate: str = "60 Hz") -> am.Network:
    """A little of all that has to be kept: history of plasticity, quanta, clefts, noise, a field, a blocker."""
    net = am.Network(seed=1)
    P = net.population("P", 20, "poisson", rate=rate)
    E = net.population("E", 20, "lif_cond", I_e="240 pA")
    syn = {"connect": "all_to_all", "rule": rules.stdp(w_max="1 nS"), "delay": 'uniform("0.5 ms", "3 ms")'}
    net.synapses(P, E, receptor="AMPA", weight="0.5 nS", name="plastic", **syn)
    net.synapses(
        E, E, receptor="NMDA", weight="0.5 nS", p=0.3, release=am.models.quantal(tau_rec="50 ms"), minis="1 Hz"
    )
    net.synapses(E, E, receptors={"GABA_A": "2 nS"}, p=0.2, detail="kinetic", cleft="clearance")
    net.field("dopamine", released_by=P, release="5 nM", uptake="DAT")
    net.modulate(E, by="dopamine", receptor="D1", acts_on="NMDA.conductance", maximum=1.5, tau="10 ms")
    net.dose("ketamine", am.step("20 uM", start="15 ms"))
    net.probe(E[:4], "v", every="0.5 ms")
    return net


@case(
    "a checkpoint: what comes out after it, and that it is what an uninterrupted run gives; from_dict",
    both=True,
    quick=True,
)
def checkpoint(precision: str, threads: int) -> Arrays:
    net, given = mixed(), {"precision": precision, "progress": False}
    whole = collect(net.run("60 ms", threads=threads, **given), net)
    with tempfile.TemporaryDirectory() as folder:
        place = {"checkpoint": Path(folder) / "state", "chunk": "7.3 ms", **given}
        net.run("29.2 ms", threads=3 - threads, **place)
        again = am.Network.from_dict(net.to_dict())
        parts = collect(again.run("60 ms", threads=threads, resume=True, **place), again)
    different = unequal(digests(whole), digests(parts))
    if different:
        raise RuntimeError(f"a run that was resumed is another: {', '.join(different[:5])}")
    return parts


@case("a loop: rates set on the way, counts of spikes, weights as they are, saved and resumed")
def loop(precision: str, threads: int) -> Arrays:
    net = mixed("0 Hz")
    going, out = net.loop(threads=threads, precision=precision), {}
    for k, rates in enumerate((20.0, np.linspace(0, 200, 20), 50.0)):
        going.set_rates("P", rates * am.units.Hz)
        counts = going.advance("15 ms")
        out |= {f"counts/{k}/{name}": np.asarray(n) for name, n in counts.items()}
    out |= collect_weights(going.weights("plastic"), "weights now")
    with tempfile.TemporaryDirectory() as folder:
        going.save(Path(folder) / "state")
        resumed = net.loop(threads=threads, precision=precision, resume=Path(folder) / "state")
    resumed.set_rates("P", 100.0 * am.units.Hz)
    resumed.advance("10 ms")
    return out | collect(resumed.run(), net)


@case("what is made of a run: statistics of spikes, receptive fields, engram, estimate")
def results(precision: str, threads: int) -> Arrays:
    net = am.circuits.coba(80, seed=1, bias="260 pA")
    run = net.run("100 ms", precision=precision, threads=threads, progress=False)
    found = {f"{name}/{k}": np.asarray(x) for name, s in run.statistics(20.0).items() for k, x in s.items()}
    out = found | {f"estimate/{k}": np.asarray(n) for k, n in net.estimate(precision).items()}
    net = mixed()
    run = net.run("60 ms", precision=precision, threads=threads, progress=False)
    engram = run.engram("plastic")
    out |= {f"engram/{a}": np.asarray(getattr(engram, a)) for a in ("pre", "post", "change", "share")}
    out |= collect_weights(engram.erased(), "erased")
    return out | {"fields": np.asarray(run.receptive_fields("plastic", shape=(4, 5)).values)}
