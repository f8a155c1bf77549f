"""The network of kremer.py in Brian2; prints its measures: python kremer.py SEED"""

import json
import sys
from pathlib import Path

import numpy as np
from brian2 import (
    Network,
    NeuronGroup,
    SpikeMonitor,
    Synapses,
    TimedArray,
    defaultclock,
    ms,
    mV,
    prefs,
    second,
    seed,
)

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from measured import bars, direction_map, map_measures

prefs.codegen.target = "cython"
number = int(sys.argv[1])
seed(number)
side, n4, m_e, m_i = 3, 22**2, 25, 12
epsc, ipsc = 5**1.25 * mV, -(2.5 ** (1 / 1.5)) * mV
step = defaultclock.dt
direction_of = TimedArray(bars(number, 84), dt=60 * ms)
layer4 = NeuronGroup(
    n4 * side**2,
    """direction = direction_of(t) : 1
    along = (t % (60*ms))/(5*ms) - 6 : 1
    touched = abs(px*cos(direction) + py*sin(direction) - along) < 0.5 : boolean
    rate = int(touched)*clip(cos(direction - selectivity), 0, 1)*100*Hz : Hz
    px : 1 (constant)
    py : 1 (constant)
    barrel : integer (constant)
    selectivity : 1 (constant)""",
    threshold="rand() < rate*dt",
)
layer4.barrel = "i // n4"
layer4.px = "barrel % side + 0.5 - side/2.0"
layer4.py = "barrel // side + 0.5 - side/2.0"
layer4.selectivity = "2*pi*(i % n4)/n4"


def cells(m):
    """Neurons of layer 2/3 on a grid; places in widths of a barrel."""
    group = NeuronGroup(
        (side * m) ** 2,
        """dv/dt = (ge + gi - 70*mV - v)/(10*ms) : volt
        dge/dt = -ge/(2*ms) : volt
        dgi/dt = -gi/(25*ms) : volt
        dvt/dt = (-55*mV - vt)/(50*ms) : volt
        x : 1 (constant)
        y : 1 (constant)
        barrel : integer (constant)""",
        threshold="v > vt",
        reset="v = -70*mV; vt += 2*mV",
        # 2 ms, and the step by which Brian2 holds less than amine and NEST
        refractory=2 * ms + step,
        method="exact",
    )
    group.v, group.vt = -70 * mV, -55 * mV
    group.x = f"(i % {side * m} + 0.5)/{m}"
    group.y = f"(i // {side * m} + 0.5)/{m}"
    group.barrel = "floor(x) + side*floor(y)"
    return group


E, I = cells(m_e), cells(m_i)
feedforward = Synapses(
    layer4,
    E,
    """w : volt
    da/dt = -a/(5*ms) : volt (event-driven)
    db/dt = -b/(25*ms) : volt (event-driven)""",
    on_pre="ge += w; a += 0.05*epsc; w = clip(w + b, 0*volt, epsc)",
    on_post="b -= 0.04*epsc; w = clip(w + a, 0*volt, epsc)",
    delay=step,
)
feedforward.connect("barrel_pre == barrel_post", p=0.5)
feedforward.w = epsc / 2
kept = []
for source, target, on_pre, p in (
    (E, E, "ge += 0.3*epsc", "0.15*exp(-0.5*((x_pre - x_post)**2 + (y_pre - y_post)**2)/0.4**2)"),
    (E, I, "ge += epsc", "0.15*exp(-0.5*((x_pre - x_post)**2 + (y_pre - y_post)**2)/0.4**2)"),
    (I, E, "gi += ipsc", "exp(-0.5*((x_pre - x_post)**2 + (y_pre - y_post)**2)/0.2**2)"),
):
    kept.append(Synapses(source, target, on_pre=on_pre, delay=step))
    kept[-1].connect(p=p)
counts = [SpikeMonitor(group, record=False) for group in (layer4, E, I)]
Network(layer4, E, I, feedforward, *kept, *counts).run(5 * second)
rates = {
    f"rate of {name} (Hz)": float(c.count[:].sum() / len(c.source) / 5)
    for name, c in zip(("layer 4", "E", "I"), counts, strict=True)
}
share = np.array(feedforward.w / epsc)
field = direction_map(np.array(feedforward.i), np.array(feedforward.j), share, np.array(layer4.selectivity), side * m_e)
print(json.dumps(rates | map_measures(field, share)))
