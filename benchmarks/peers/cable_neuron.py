"""Ball-and-stick cells (Hodgkin-Huxley soma, passive dendrite of 99 compartments) in NEURON; ``--core 1``: CoreNEURON."""

from _common import arguments, timed, turns

a = arguments("cable", n=100, nseg=99, bio=0.1, amp=0.5, core=0)
import time  # noqa: E402

from neuron import __version__, h  # noqa: E402

h.load_file("stdrun.hoc")
started = time.perf_counter()
pc, cells = h.ParallelContext(), []
for gid in range(a.n):
    soma, dend = h.Section(name=f"s{gid}"), h.Section(name=f"d{gid}")
    soma.L = soma.diam = 20
    dend.L, dend.diam, dend.nseg = 1000, 2, a.nseg
    dend.connect(soma(1))
    for section in (soma, dend):
        section.Ra, section.cm = 100, 1
    soma.insert("hh")
    dend.insert("pas")
    for segment in dend:
        segment.pas.g, segment.pas.e = 1e-4, -65
    clamp = h.IClamp(soma(0.5))
    clamp.delay, clamp.dur, clamp.amp = 5, 90, a.amp
    detector = h.NetCon(soma(0.5)._ref_v, None, sec=soma)
    detector.threshold = 0
    times = h.Vector()
    detector.record(times)
    pc.set_gid2node(gid, pc.id())
    pc.cell(gid, detector)
    cells.append((soma, dend, clamp, detector, times))
h.dt, h.celsius = 0.025, 6.3
h.cvode.cache_efficient(1)
pc.nthread(a.threads)
pc.set_maxstep(10)
if a.core:
    from neuron import coreneuron

    coreneuron.enable = True
    coreneuron.verbose = 0
about = {
    "workload": "cable",
    "peer": "coreneuron" if a.core else "neuron",
    "version": __version__,
    "n": a.n,
    "bio_s": a.bio,
    "build_s": time.perf_counter() - started,
    "threads": a.threads,
}


def run() -> dict:
    h.finitialize(-65)
    found = timed(lambda: pc.psolve(a.bio * 1e3))
    return {**found, "spikes": sum(len(c[4]) for c in cells)}


turns(a, run, about)
