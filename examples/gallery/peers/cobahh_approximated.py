"""The neuron of cobahh_approximated.py in Brian2 (RK4); prints its measures: python cobahh_approximated.py SEED"""

import json

from brian2 import NeuronGroup, StateMonitor, TimedArray, cmeter, defaultclock, mS, ms, mV, prefs, run, uA

prefs.codegen.target = "numpy"
defaultclock.dt = 0.01 * ms
stim = TimedArray(([0] * 4 + [4] + [0] * 15 + [15] + [0]) * uA / cmeter**2, dt=0.5 * ms)
gates = {"m": (25, 9, 0.04, 0.46, 27, 30), "n": (12, 15, 1.1, 4.7, -14, 50), "h": (3, -7, 1.2, 7.4, -2, 20)}
text = "\n".join(
    f"d{x}/dt = (1/(1 + exp(({half}*mV - v)/({k}*mV))) - {x})/(({base} + {amp}*exp(-(({top}*mV - v)/({sigma}*mV))**2))*ms) : 1"
    for x, (half, k, base, amp, top, sigma) in gates.items()
)
text += "\ndv/dt = (stim(t) - gNa*m**3*h*(v - 120*mV) - gK*n**4*(v + 12*mV) - gL*(v - 10.6*mV))/(1*uF/cmeter**2) : volt"
density = mS / cmeter**2
cell = NeuronGroup(
    1, text, method="rk4", namespace={"gNa": 120 * density, "gK": 36 * density, "gL": 0.3 * density, "stim": stim}
)
cell.m, cell.n, cell.h = 0.05, 0.32, 0.6
trace = StateMonitor(cell, "v", record=True)
run(20 * ms)
v, t = trace.v[0] / mV, trace.t / ms
print(
    json.dumps(
        {
            "peak after the weak pulse (mV)": float(v[t < 10].max()),
            "peak of the spike (mV)": float(v.max()),
            "its time (ms)": float(t[v.argmax()]),
            "lowest voltage after it (mV)": float(v[v.argmax() :].min()),
        }
    )
)
