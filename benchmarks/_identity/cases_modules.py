"""Networks and layers as torch modules: outputs and gradients."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

import amine as am
from _identity.record import Arrays
from _identity.registry import case


def torch_case(what: str, *, both: bool = False, quick: bool = False) -> Callable[[Any], Any]:
    """A case with torch's seed, default precision and number of threads set; it gives outputs and modules by name."""

    def add(make: Callable[[Any], tuple[Mapping[str, Any], Mapping[str, Any]]]) -> Any:
        def run(precision: str, threads: int) -> Arrays:
            import torch

            before = torch.get_default_dtype(), torch.get_num_threads()
            try:
                torch.set_default_dtype(getattr(torch, precision))
                torch.set_num_threads(threads)
                torch.manual_seed(1)
                outputs, modules = make(torch)
                return backward(torch, outputs, modules)
            finally:
                torch.set_default_dtype(before[0])
                torch.set_num_threads(before[1])

        run.__name__, run.__module__ = make.__name__, make.__module__
        return case(what, both=both, quick=quick)(run)

    return add


def backward(torch: Any, outputs: Mapping[str, Any], modules: Mapping[str, Any]) -> Arrays:
    """Outputs, and the gradient of each parameter (in order) of a loss that weighs every entry of every output differently."""
    loss = sum((y * torch.cos(torch.arange(y.numel(), dtype=y.dtype)).reshape(y.shape)).sum() for y in outputs.values())
    loss.backward()
    out = {f"out/{name}": y.detach().numpy().copy() for name, y in outputs.items()}
    for name, module in modules.items():
        parameters = [module] if isinstance(module, torch.Tensor) else list(module.parameters())
        for k, p in enumerate(parameters):
            out[f"grad/{name}/{k}"] = np.zeros(0) if p.grad is None else p.grad.numpy().copy()
    if not any(np.any(a) for n, a in out.items() if n.startswith("grad/")):
        raise RuntimeError("all gradients are zero: the case would test nothing")
    return out


def trains(torch: Any, *shape: int, p: float = 0.1) -> Any:
    """Random spikes."""
    return (torch.rand(*shape, dtype=torch.float32) < p).to(torch.get_default_dtype())


@torch_case(
    "Linear and LIF: learned time constant and threshold, reset with gradient; leaky readout", both=True, quick=True
)
def linear_lif(torch: Any) -> Any:
    from amine.learn import nn as ann

    cells = ann.Neurons("lif", 12, learn=["tau_m", "V_th"], bounds={"tau_m": ("5 ms", "40 ms")}, detach_reset=False)
    net = ann.Sequential(ann.Linear(20, 12), cells, ann.Linear(12, 4), ann.Readout("leaky"))
    x = trains(torch, 30, 5, 20, p=0.3)
    return {"scores": net(x)[0]}, {"net": net}


@torch_case("a recurrent layer of AdEx neurons, each surrogate; delays; maximum over time")
def recurrent(torch: Any) -> Any:
    from amine.learn import nn as ann

    layer = ann.Recurrent(ann.Neurons("adex", 10, learn=["tau_w", "b"], surrogate="arctan"), autapses=False)
    delays = ann.Delays(10, max="6 ms")
    net = ann.Sequential(ann.Linear(16, 10), layer, delays, ann.Linear(10, 3), ann.Readout("max_over_time"))
    x = trains(torch, 25, 4, 16, p=0.3) * 3
    return {"scores": net(x)[0]}, {"net": net}


@torch_case("receptors as inputs of lif_cond, as a module of their own, release, states returned", both=True)
def receptors(torch: Any) -> Any:
    from amine.learn import nn as ann

    learn = ["tau_m", "tau_AMPA"]
    cells = ann.Neurons("lif_cond", 8, receptors=["AMPA", "NMDA"], gain=None, learn=learn, surrogate="gaussian")
    release = ann.Release("tsodyks_markram", 8, learn=["U", "tau_rec"])
    receptor = ann.Receptor("NMDA", 8, learn=["tau_decay"])
    x = trains(torch, 40, 3, 8, p=0.3)
    released, _ = release(x)
    states, _ = cells({"AMPA": 30.0 * released, "NMDA": 5.0 * x}, returns="states")
    current, _ = receptor(released, v=-50.0)
    out = {"spikes": states["spikes"], "v": states["v"], "released": released, "current": current}
    return out, {"cells": cells, "release": release, "receptor": receptor}


@torch_case("Hodgkin-Huxley and Izhikevich neurons, a custom model; sparse products; plain version")
def models(torch: Any) -> Any:
    from amine.learn import nn as ann

    own = am.models.neuron(
        "leaky", "dv/dt = (E_L - v)/tau + I/C : mV\nthreshold v > V_th\nreset v = E_L\ninitial v = E_L",
        E_L="-70 mV", V_th="-50 mV", tau="20 ms", C="200 pF",
    )  # fmt: skip
    first = ann.Linear(40, 6, sparse=True)
    cells = {
        "traub_miles": ann.Neurons("traub_miles", 6, dt="0.1 ms", learn=["g_Na"]),
        "izhikevich": ann.Neurons("izhikevich", 6, dt="0.5 ms", surrogate="triangular"),
        "own": ann.Neurons(own, 6, learn=["tau"], per_neuron=False),
        "plain": ann.Neurons(own, 6, learn=["tau"], backend="torch"),
    }
    x = first(trains(torch, 30, 3, 40, p=0.05) * 3)
    return {name: layer(x)[0] for name, layer in cells.items()}, {"linear": first, **cells}


@torch_case("dendrites as a layer; a cell with a tree, its channels learned")
def dendrites(torch: Any) -> Any:
    from amine.learn import nn as ann
    from amine.learn.cable import CableCell

    layer = ann.Dendrites(16, 4, branches=3, synapses=5)
    shape = am.morphology.ball_and_stick(segments=3)
    channels = {"soma": ["Na_HH", "K_HH", "leak_HH"], "dendrite": ["leak"]}
    cell = CableCell(am.models.cable(shape, channels, T="6.3 degC"), dt="0.05 ms", learn=["g_max_Na_HH", "g_max_leak"])
    current = torch.full((60, 1), 600.0, dtype=torch.float64)
    return {"layer": layer(torch.rand(5, 16)), "v": cell(current)}, {"layer": layer, "cell": cell}


def described() -> am.Network:
    """Excitation, inhibition, depression, drawn weights and delays, a stimulus, a drug."""
    net = am.Network(seed=3, dt="0.5 ms")
    P = net.population("P", 12, "poisson", rate="80 Hz")
    E = net.population(
        "E", 12, "lif_cond", I_e=am.uniform("120 pA", "180 pA"), initial={"v": am.uniform("-60 mV", "-51 mV")}
    )
    I = net.population("I", 4, "lif_cond", I_e="140 pA")
    net.synapses(P, E, receptors={"AMPA": "4 nS", "NMDA": "0.5 nS"}, p=0.5, delay="2 ms", release="tsodyks_markram")
    net.synapses(E, I, receptor="AMPA", weight="8 nS", p=0.5, delay=am.uniform("0.5 ms", "4 ms"))
    net.synapses(I, E, receptor="GABA_A", weight=am.uniform("5 nS", "12 nS"), p=0.5, delay="2 ms")
    net.stimulus(E[:6], am.step("60 pA", start="20 ms"))
    net.dose("diazepam", "0.1 uM")
    return net


LEARN = ["I->E.GABA_A", "P->E.NMDA", "E.tau_m", "E.AMPA.tau", "dose:bicuculline"]


@torch_case(
    "a described network as a module: rates in bins, voltages; weights, parameters and a dose learned",
    both=True,
    quick=True,
)
def circuit(torch: Any) -> Any:
    x = trains(torch, 160, 2, 12)
    outputs, modules = {}, {}
    for name, budget in (("whole", "1 GB"), ("segments", "60 kB")):
        module = described().to_module(
            "P",
            ["E.rate", "I.rates", "E.v"],
            LEARN,
            precision="float64" if torch.get_default_dtype() == torch.float64 else "float32",
            bin="20 ms",
            begin={"dose:bicuculline": "0.5 uM"},
            budget=budget,
        )
        outputs |= {f"{name}/{k}": y for k, y in module(x).items()}
        modules[name] = module
    return outputs, modules


@torch_case("encoders, readouts, penalties, a state carried on")
def encoders(torch: Any) -> Any:
    from amine.learn import nn as ann

    x = torch.rand(3, 6)
    made = {
        "rate": ann.encode.rate(x, 12, generator=torch.Generator().manual_seed(1)),
        "latency": ann.encode.latency(x, 12),
        "current": ann.encode.current(x, 12, scale=2.0),
        "population": ann.encode.population(x, 4),
        "delta": ann.encode.delta(torch.rand(12, 3, 6), 0.2),
    }
    first = ann.Linear(6, 5)
    cells = ann.Neurons("lif", 5)
    spikes, state = cells(first(made["current"]))
    again, _ = cells(first(made["rate"]), ann.detach(state))
    made |= {kind: ann.Readout(kind)(spikes + again)[0] for kind in ("spike_count", "max_over_time", "leaky")}
    made["penalty"] = ann.regularise.rate(spikes) + ann.regularise.weight(first, l1=1.0, l2=1.0)
    return made, {"linear": first}
