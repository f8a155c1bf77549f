"""The neurons of gif.py in NEST; prints their measures: python gif.py SEED"""

import json
import sys
from pathlib import Path

import nest
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from measured import irregularity

nest.set_verbosity("M_ERROR")
nest.rng_seed = int(sys.argv[1])
N = 200
values = {
    "C_m": 80.0, "g_L": 4.0, "E_L": -70.0, "V_reset": -55.0, "V_T_star": -45.0, "Delta_V": 2.0, "lambda_0": 20.0,
    "t_ref": 4.0, "tau_stc": [20.0, 200.0], "q_stc": [20.0, 3.0], "tau_sfa": [100.0], "q_sfa": [3.0], "I_e": 150.0,
    "V_m": -70.0,
}  # fmt: skip
cells = nest.Create("gif_psc_exp", N, values)
spikes = nest.Create("spike_recorder")
nest.Connect(cells, spikes)
nest.Simulate(1000.0)
t, i = np.array(spikes.events["times"]), np.array(spikes.events["senders"]) - cells[0].global_id
late = t > 500
print(
    json.dumps(
        {
            "rate in the first 50 ms (Hz)": float((t <= 50).sum() / N / 0.05),
            "rate after 500 ms (Hz)": float(late.sum() / N / 0.5),
            "coefficient of variation": irregularity(t[late], i[late], N),
        }
    )
)
