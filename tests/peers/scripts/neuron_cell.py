"""The Hodgkin-Huxley cell of NEURON (its mechanism hh at 6.3 degrees), Crank-Nicolson, as a space-clamped membrane."""

import numpy as np
from _exchange import answer, given
from neuron import h

a = given()
h.load_file("stdrun.hoc")
soma = h.Section(name="soma")
soma.L = soma.diam = 10.0
soma.cm = 1.0
soma.insert("hh")
soma(0.5).hh.el = -54.387
soma.ena, soma.ek = 50.0, -77.0
h.celsius = 6.3
h.usetable_hh = 0  # rates from the formulas, not from the table of NEURON
h.secondorder = 2
h.dt = a["dt_ms"]
h.steps_per_ms = 1.0 / a["dt_ms"]
clamp = h.IClamp(soma(0.5))
clamp.delay, clamp.dur = 0.0, 1e9
clamp.amp = a["drive"] * 1e-6 * np.pi * soma.L * soma.diam * 1e-8 * 1e9  # uA/cm2 times area in cm2, as nA
v, t = h.Vector().record(soma(0.5)._ref_v), h.Vector().record(h._ref_t)
h.finitialize(a["v"])
h.continuerun(a["duration_ms"])
answer(v=np.array(v), t=np.array(t))
