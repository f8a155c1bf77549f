"""Hodgkin and Huxley's axon in Brian2, at its steady state."""

import numpy as np
from brian2 import Cylinder, SpatialNeuron, cm, defaultclock, ms, msiemens, mV, ohm, uF, um


def axon():
    """10 cm in 1000 compartments; voltages above rest."""
    defaultclock.dt = 0.01 * ms
    d = msiemens / cm**2
    values = {"gK": 36 * d, "gL": 0.3 * d, "El": 10.613 * mV}
    neuron = SpatialNeuron(
        Cylinder(x=[0, 10] * cm, diameter=476 * um, n=1000),
        """
        Im = gL*(El - v) + gNa*m**3*h*(115*mV - v) + gK*n**4*(-12*mV - v) : amp/meter**2
        I : amp (point current)
        dm/dt = am*(1 - m) - bm*m : 1
        dh/dt = ah*(1 - h) - bh*h : 1
        dn/dt = an*(1 - n) - bn*n : 1
        am = 1/exprel((25*mV - v)/(10*mV))/ms : Hz
        bm = 4*exp(-v/(18*mV))/ms : Hz
        ah = 0.07*exp(-v/(20*mV))/ms : Hz
        bh = 1/(exp((30*mV - v)/(10*mV)) + 1)/ms : Hz
        an = 0.1/exprel((10*mV - v)/(10*mV))/ms : Hz
        bn = 0.125*exp(-v/(80*mV))/ms : Hz
        gNa : siemens/meter**2
        """,
        Cm=1 * uF / cm**2,
        Ri=35.4 * ohm * cm,
        method="exponential_euler",
        namespace=values,
    )
    neuron.v = 0 * mV
    neuron.m, neuron.h, neuron.n = 0.05293249, 0.59612075, 0.31767691
    neuron.gNa = 120 * d
    return neuron


def upward(t, v, level):
    """Times and compartments at which v (compartments, samples) rises through a level, on lines between samples."""
    c, k = np.nonzero((v[:, 1:] >= level) & (v[:, :-1] < level))
    times = t[k] + (level - v[c, k]) / (v[c, k + 1] - v[c, k]) * (t[1] - t[0])
    order = np.argsort(times, kind="stable")
    return times[order], c[order]
