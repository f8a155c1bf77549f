"""One neuron with exponential currents and given input spikes against NEST's iaf_psc_exp: both integrate exactly."""

from __future__ import annotations

import numpy as np

import amine as am

DT, DELAY, DURATION = 0.1, 1.5, 200.0


def test_given_spikes_give_the_voltage_and_spikes_of_iaf_psc_exp(peer):
    rng = np.random.default_rng(5)
    times = np.unique(np.round(rng.uniform(1.0, 190.0, 400), 1))
    excitatory = rng.random(len(times)) < 0.7
    weights = np.where(excitatory, 300.0, -300.0)
    theirs = peer(
        "nest_psc_exp.py",
        times=times,
        weights=weights,
        v=-60.0,
        drive_pA=350.0,
        dt_ms=DT,
        delay_ms=DELAY,
        duration_ms=DURATION,
    )
    net = am.Network(seed=1, dt=f"{DT} ms")
    membrane = {"C": "250 pF", "tau_m": "10 ms", "E_L": "-65 mV", "V_th": "-50 mV", "V_r": "-65 mV", "t_ref": "2 ms"}
    cell = am.models.get("lif")(**membrane, I_e="350 pA")
    receptor = am.models.get("exponential_current")(tau="0.5 ms")
    p = net.population("cell", 1, cell, initial={"v": "-60 mV"}, receptors={"in": receptor})
    for name, chosen in (("exc", excitatory), ("inh", ~excitatory)):
        train = am.models.get("spike_list")(
            times=times[chosen] * am.units.ms, indices=np.zeros(chosen.sum(), dtype=int)
        )
        source = net.population(name, 1, train)
        weight = "300 pA" if name == "exc" else "-300 pA"
        net.synapses(source, p, receptor="in", weight=weight, delay=f"{DELAY} ms", connect="one_to_one")
    net.probe(p, "v", name="v")
    run = net.run(f"{DURATION} ms", precision="float64", progress=False)
    t, v = np.rint(np.asarray(run.probes["v"].times) / DT), np.asarray(run.probes["v"].values["v"])[:, 0]
    _, i, j = np.intersect1d(t, np.rint(theirs["t"] / DT), return_indices=True)
    assert len(i) > 1900
    assert len(theirs["spikes"]) >= 5
    np.testing.assert_allclose(np.sort(run.spikes["cell"].times), theirs["spikes"], atol=1e-6)
    assert np.max(np.abs(v[i] - theirs["v"][j])) < 1e-9
