"""One iaf_psc_exp neuron in NEST with given input spikes: voltage at the end of each step, and its spike times."""

import nest
import numpy as np
from _exchange import answer, given

a = given()
nest.set_verbosity("M_ERROR")
nest.ResetKernel()
nest.resolution = a["dt_ms"]
membrane = {"C_m": 250.0, "tau_m": 10.0, "E_L": -65.0, "V_th": -50.0, "V_reset": -65.0, "t_ref": 2.0}
cell = nest.Create("iaf_psc_exp", 1, {**membrane, "tau_syn_ex": 0.5, "tau_syn_in": 0.5, "I_e": a["drive_pA"]})
cell.V_m = a["v"]
for sign in (1.0, -1.0):
    chosen = np.sign(a["weights"]) == sign
    source = nest.Create(
        "spike_generator", params={"spike_times": a["times"][chosen], "spike_weights": a["weights"][chosen]}
    )
    nest.Connect(source, cell, syn_spec={"weight": 1.0, "delay": a["delay_ms"]})
meter = nest.Create("multimeter", params={"record_from": ["V_m"], "interval": a["dt_ms"]})
nest.Connect(meter, cell)
recorder = nest.Create("spike_recorder")
nest.Connect(cell, recorder)
nest.Simulate(a["duration_ms"])
answer(v=meter.events["V_m"], t=meter.events["times"], spikes=recorder.events["times"])
