"""Ball-and-stick cells in Arbor, 100 control volumes a cell, all cells of a thread in one group."""

from _common import arguments, timed, turns

a = arguments("cable", n=100, nseg=99, bio=0.1, amp=0.5)
import time  # noqa: E402

import arbor  # noqa: E402
from arbor import units as U  # noqa: E402

tree = arbor.segment_tree()
soma = tree.append(arbor.mnpos, arbor.mpoint(0, 0, 0, 10), arbor.mpoint(20, 0, 0, 10), tag=1)
tree.append(soma, arbor.mpoint(20, 0, 0, 1), arbor.mpoint(1020, 0, 0, 1), tag=3)
labels = arbor.label_dict({"soma": "(tag 1)", "dend": "(tag 3)", "middle": "(location 0 0.01)"})
decor = (
    arbor.decor()
    .set_property(Vm=-65 * U.mV, cm=0.01 * U.F / U.m2, rL=100 * U.Ohm * U.cm, tempK=279.45 * U.Kelvin)
    .paint('"soma"', arbor.density("hh"))
    .paint('"dend"', arbor.density("pas/e=-65", {"g": 1e-4}))
    .place('"middle"', arbor.i_clamp(5 * U.ms, 90 * U.ms, a.amp * U.nA))
    .place('"middle"', arbor.threshold_detector(0 * U.mV), "detector")
)
cell = arbor.cable_cell(arbor.morphology(tree), decor, labels, arbor.cv_policy_fixed_per_branch(a.nseg + 1))


class Cells(arbor.recipe):
    def __init__(self):
        arbor.recipe.__init__(self)
        self.properties = arbor.neuron_cable_properties()

    def num_cells(self):
        return a.n

    def cell_kind(self, gid):
        return arbor.cell_kind.cable

    def cell_description(self, gid):
        return cell

    def global_properties(self, kind):
        return self.properties

    def probes(self, gid):
        return []


started = time.perf_counter()
context, recipe = arbor.context(threads=a.threads), Cells()
hint = {arbor.cell_kind.cable: arbor.partition_hint(prefer_gpu=False, cpu_group_size=max(1, a.n // a.threads))}
simulation = arbor.simulation(recipe, context, arbor.partition_load_balance(recipe, context, hint))
simulation.record(arbor.spike_recording.local)
about = {
    "workload": "cable",
    "peer": "arbor",
    "version": arbor.__version__,
    "n": a.n,
    "bio_s": a.bio,
    "build_s": time.perf_counter() - started,
    "threads": a.threads,
}


def run() -> dict:
    simulation.reset()
    found = timed(lambda: simulation.run(a.bio * 1e3 * U.ms, 0.025 * U.ms))
    return {**found, "spikes": len(simulation.spikes())}


turns(a, run, about)
