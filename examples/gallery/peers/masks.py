"""The layers of masks.py in NEST; prints their measures: python masks.py SEED"""

import json
import sys

import nest
import numpy as np

nest.set_verbosity("M_ERROR")
SIDE, SPACING = 40, 25.0
MASKS = {
    "circle": {"circular": {"radius": 250.0}},
    "doughnut": {"doughnut": {"inner_radius": 100.0, "outer_radius": 250.0}},
    "rectangle": {"rectangular": {"lower_left": [0.0, -200.0], "upper_right": [200.0, 200.0]}},
    "ellipse": {"elliptical": {"major_axis": 400.0, "minor_axis": 200.0, "azimuth_angle": 45.0}},
}
found = {}
for region, mask in MASKS.items():
    nest.ResetKernel()
    nest.rng_seed = int(sys.argv[1])
    places = nest.spatial.grid([SIDE, SIDE], extent=[SIDE * SPACING] * 2, edge_wrap=True)
    layer = nest.Create("iaf_psc_alpha", positions=places)
    kernel = 0.8 * nest.spatial_distributions.gaussian(nest.spatial.distance, std=150.0)
    nest.Connect(layer, layer, {"rule": "pairwise_bernoulli", "p": kernel, "mask": mask, "allow_autapses": False})
    made = nest.GetConnections(layer, layer)
    xy = np.array(nest.GetPosition(layer))
    pre, post = np.array(made.get("source")) - 1, np.array(made.get("target")) - 1
    length = SIDE * SPACING
    d = (xy[post] - xy[pre] + length / 2 + 1e-6) % length - length / 2
    found[f"{region}: targets"] = len(pre) / SIDE**2
    found[f"{region}: mean distance (um)"] = float(np.hypot(*d.T).mean())
print(json.dumps(found))
