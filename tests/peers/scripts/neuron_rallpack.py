"""Rallpack 3 in NEURON: a cable of 1 mm and 1 um with hh in every compartment, 0.1 nA into its start."""

import numpy as np
from _exchange import answer, given
from neuron import h

a = given()
h.load_file("stdrun.hoc")
cable = h.Section(name="cable")
cable.L, cable.diam, cable.nseg = 1000.0, 1.0, int(a["nseg"])
cable.Ra, cable.cm = 100.0, 1.0
cable.insert("hh")
for seg in cable:
    seg.hh.gl, seg.hh.el = 2.5e-5, -65.0
cable.ena, cable.ek = 50.0, -77.0
h.celsius, h.usetable_hh, h.secondorder = 6.3, 0, 2
h.dt, h.steps_per_ms = a["dt_ms"], 1.0 / a["dt_ms"]
clamp = h.IClamp(cable(0))
clamp.delay, clamp.dur, clamp.amp = 0.0, 1e9, 0.1
n = int(a["nseg"])
records = [h.Vector().record(cable(x)._ref_v, a["every_ms"]) for x in (0.5 / n, 1 - 0.5 / n)]
h.finitialize(-65.0)
h.continuerun(a["duration_ms"])
answer(v=np.array([list(r) for r in records]))
