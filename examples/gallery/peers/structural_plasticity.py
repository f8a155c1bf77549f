"""The network of structural_plasticity.py in NEST; prints its measures: python structural_plasticity.py SEED"""

import json
import sys

import nest
import numpy as np

nest.ResetKernel()
nest.verbosity = nest.VerbosityLevel.ERROR
nest.resolution, nest.rng_seed = 0.1, int(sys.argv[1])
nest.structural_plasticity_update_interval = 10_000.0
for name, weight in (("exc", 585.0), ("inh", -585.0)):
    nest.CopyModel("static_synapse", name, {"weight": weight, "delay": 1.0})
nest.structural_plasticity_synapses = {
    name: {"synapse_model": name, "post_synaptic_element": name, "pre_synaptic_element": f"axon_{name}"}
    for name in ("exc", "inh")
}


def curve(rate, highest):
    """Elements that grow by calcium up to a target."""
    return {"growth_curve": "gaussian", "growth_rate": rate, "continuous": False, "eta": 0.0, "eps": highest}


few, more = curve(1e-4, 0.2), curve(4e-4, 0.2)
elements = (
    dict.fromkeys(("axon_exc", "exc", "inh"), curve(1e-4, 0.05)),
    {"axon_inh": few, "exc": more, "inh": few},
)
# the example leaves the neuron at its defaults
E, I = (nest.Create("iaf_psc_alpha", n, {"synaptic_elements": x}) for n, x in zip((800, 200), elements, strict=True))
noise = nest.Create("poisson_generator", params={"rate": 10_000.0})
nest.Connect(noise, E + I, syn_spec={"weight": 6.2, "delay": 1.0})
nest.EnableStructuralPlasticity()
found = {}
for stop, previous in ((25, 0), (55, 25), (95, 55)):
    nest.Simulate((stop - previous) * 1000.0)
    for name, group in (("excitatory", E), ("inhibitory", I)):
        found[f"calcium at {stop} s, {name}"] = float(np.mean(group.Ca))
        axon = f"axon_{name[:3]}"
        found[f"synapses at {stop} s, {name}"] = float(sum(x[axon]["z_connected"] for x in group.synaptic_elements))
print(json.dumps(found))
