"""Ball and stick in NEURON: hh in the soma, hh scaled by ``active`` and a leak in the dendrite; its tree solve by ``secondorder``."""

import numpy as np
from _exchange import answer, given
from neuron import h

a = given()
h.load_file("stdrun.hoc")
soma, dend = h.Section(name="soma"), h.Section(name="dend")
soma.L = soma.diam = 20.0
dend.L, dend.diam, dend.nseg = a["length"], 2.0, int(a["nseg"])
dend.connect(soma(1))
for s in (soma, dend):
    s.Ra, s.cm = 150.0, 1.0
soma.insert("hh")
dend.insert("pas")
for seg in dend:
    seg.pas.g, seg.pas.e = 5e-5, -65.0
if a["active"] > 0:
    dend.insert("hh")
    for seg in dend:
        seg.hh.gnabar, seg.hh.gkbar, seg.hh.gl = 0.12 * a["active"], 0.036 * a["active"], 0.0
    dend.ena, dend.ek = 50.0, -77.0
soma(0.5).hh.el = -54.387
soma.ena, soma.ek = 50.0, -77.0
h.celsius = 6.3
h.usetable_hh = 0
h.secondorder = int(a["secondorder"])
h.dt = a["dt_ms"]
h.steps_per_ms = 1.0 / a["dt_ms"]
where = soma(0.5) if a["at"] < 0 else dend(a["at"])
clamp = h.IClamp(where)
clamp.delay, clamp.dur, clamp.amp = a["start"], a["span"], a["drive"] * 1e-3
records = [h.Vector().record(s._ref_v) for s in (soma(0.5), dend(0.5), dend(0.999))]
t = h.Vector().record(h._ref_t)
h.finitialize(-65.0)
h.continuerun(a["duration_ms"])
answer(v=np.array([list(r) for r in records]), t=np.array(t))
