"""The units of lin_rate.py in NEST; prints their measures: python lin_rate.py SEED"""

import json
import sys

import nest
import numpy as np

nest.set_verbosity("M_ERROR")
nest.resolution = 0.1
nest.rng_seed = int(sys.argv[1])
PAIRS = 100
values = {"lambda": 0.1, "sigma": 0.3, "tau": 20.0, "rectify_output": True, "linear_summation": True}
first, second = (nest.Create("lin_rate_ipn", PAIRS, values | {"mu": mu}) for mu in (0.35, 0.25))
link = {"synapse_model": "rate_connection_delayed", "weight": -0.2, "delay": 1.0}
nest.Connect(first, second, "one_to_one", link)
nest.Connect(second, first, "one_to_one", link)
meter = nest.Create("multimeter", params={"record_from": ["rate"], "interval": 1.0})
nest.Connect(meter, first + second)
nest.Simulate(601.0)
e = meter.events
at = e["times"] == 600.0
order = np.argsort(e["senders"][at])
rate = np.array(e["rate"])[at][order]
a, b = rate[:PAIRS], rate[PAIRS:]
print(
    json.dumps(
        {
            "share of the right decision": float((a > b).mean()),
            "mean rate of the first": float(a.mean()),
            "mean rate of the second": float(b.mean()),
            "standard deviation of the difference": float((a - b).std()),
        }
    )
)
