"""The neurons of pulse_packets.py in NEST; prints their measures: python pulse_packets.py SEED"""

import json
import sys

import nest
import numpy as np

nest.set_verbosity("M_ERROR")
nest.rng_seed = int(sys.argv[1])
N = 20
values = {"C_m": 250.0, "tau_m": 20.0, "E_L": 0.0, "V_m": 0.0, "V_th": 1000.0, "V_reset": 0.0, "tau_syn_ex": 0.33}
cells = nest.Create("iaf_psc_alpha", N, values)
packets = nest.Create("pulsepacket_generator", N, {"pulse_times": [100.0], "activity": 500, "sdev": 3.0})
meter = nest.Create("multimeter", params={"record_from": ["V_m"], "interval": 0.1})
nest.Connect(packets, cells, "one_to_one", {"weight": 10.0, "delay": 1.0})
nest.Connect(meter, cells)
nest.Simulate(200.0)
e = meter.events
times = np.unique(e["times"])
v = np.zeros((len(times), N))
v[np.searchsorted(times, e["times"]), np.array(e["senders"]) - cells[0].global_id] = e["V_m"]
mean = v.mean(axis=1)
print(
    json.dumps(
        {
            "peak of the mean voltage (mV)": float(mean.max()),
            "its time (ms)": float(times[mean.argmax()]),
            "spread over neurons at 105 ms (mV)": float(v[np.searchsorted(times, 105.0)].std(ddof=1)),
        }
    )
)
