"""Networks as modules: the same spikes as the simulation, gradients against finite differences, and what they are for."""

from __future__ import annotations

import numpy as np
import pytest

import amine as am

torch = pytest.importorskip("torch")
ann = pytest.importorskip("amine.learn.nn")

SOFT = ann.Surrogate("1/cosh(x)**2", relative=0.3, height=0.3, primitive="1 + tanh(x)", soft=True, name="soft")


def network(release=None, delay="1.5 ms", seed=2, model="lif_cond", source="spike_list", **source_parameters):
    """Excitatory and inhibitory cells that a source drives, in small."""
    net = am.Network(seed=seed, dt="0.5 ms")
    if source == "spike_list":
        rng = np.random.default_rng(seed)
        k, i = np.nonzero(rng.random((300, 20)) < 0.06)
        source_parameters = {"times": 0.5 * (k + 1) * am.units.ms, "indices": i}
    P = net.population("P", 20, source, **source_parameters)
    E = net.population("E", 16, model, I_e="140 pA", initial={"v": am.uniform("-60 mV", "-51 mV")})
    I = net.population("I", 5, model, I_e="160 pA")
    net.synapses(P, E, receptor="AMPA", weight="4 nS", p=0.4, delay="1 ms", release=release)
    net.synapses(E, E + I, receptor="AMPA", weight="3 nS", p=0.4, delay=delay, name="E->all")
    net.synapses(I, E, receptor="GABA_A", weight=am.uniform("10 nS", "30 nS"), p=0.5, delay="2 ms")
    net.stimulus(E[:8], am.step("60 pA", start="30 ms", stop="90 ms"))
    return net


def trains(run, name, steps, dt):
    out = np.zeros((steps, len(run.spikes[name].trains())))
    for i, t in enumerate(run.spikes[name].trains()):
        out[np.rint(np.asarray(t) / dt).astype(int) - 1, i] = 1
    return out


CASES = {
    "plain": {},
    "release": {"release": "tsodyks_markram"},
    "delays": {"delay": am.uniform("0.5 ms", "6 ms")},
    "adex": {"model": "adex"},
}


def combined(cases, quick):
    """Cases with memory for the whole or in segments; all but some are long validation, since each compiles kernels of its own."""
    return [
        pytest.param(c, b, marks=() if (c, b) in quick else pytest.mark.validate, id=f"{c}-{b}")
        for c in cases
        for b in ("whole", "segments")
    ]


BUDGET = {"whole": "1 GB", "segments": "60 kB"}


@pytest.mark.parametrize(
    ("case", "budget"), combined(CASES, {("plain", "whole"), ("release", "segments"), ("delays", "segments")})
)
def test_spikes_are_those_of_the_simulation(case, budget):
    net = network(**CASES[case])
    m = net.to_module(outputs=["E.spikes", "I.spikes", "E.v"], precision="float64", budget=BUDGET[budget])
    out = m(duration="150 ms")
    run = net.run("150 ms", precision="float64", progress=False)
    for p in "EI":
        expected = trains(run, p, 300, 0.5)
        assert expected.sum() > 5
        np.testing.assert_array_equal(out[f"{p}.spikes"][:, 0].numpy(), expected)


LEARN = ["P->E.weight", "E->all.weight", "I->E.GABA_A", "E.C", "I.tau_m", "E.AMPA.tau", "E.GABA_A.E_rev"]


@pytest.mark.parametrize(
    ("release", "budget"), combined(("", "tsodyks_markram"), {("tsodyks_markram", "segments"), ("", "whole")})
)
def test_gradients_agree_with_finite_differences(release, budget):
    """With soft spikes all is smooth: weights, alike and of their own, parameters, and given spikes and currents."""
    torch.manual_seed(0)
    net = network(release=release or None, delay=am.uniform("0.5 ms", "4 ms"))
    outputs = ["E.rate", "I.rates", "E.v", "I.spikes"]
    m = net.to_module(
        ["P", "E.current"],
        outputs,
        LEARN,
        precision="float64",
        surrogate=SOFT,
        detach_reset=False,
        budget=BUDGET[budget],
        bin="10 ms",
    ).double()
    spikes, current = (torch.rand(60, 2, 20) < 0.05).double(), 20 * torch.rand(60, 2, 16).double()

    def value(spikes=spikes, current=current):
        out = m({"P": spikes, "E.current": current})
        g = torch.Generator().manual_seed(3)
        return sum((v * torch.randn(v.shape, generator=g, dtype=v.dtype)).mean() for v in out.values())

    x, c = spikes.clone().requires_grad_(), current.clone().requires_grad_()
    value(x, c).backward()
    direction = {n: torch.randn(p.shape, dtype=p.dtype) for n, p in m.named_parameters()}

    def moved(name, h):
        p = dict(m.named_parameters())[name]
        with torch.no_grad():
            p.add_(h * direction[name])
            v = value().item()
            p.sub_(h * direction[name])
        return v

    dc = torch.randn_like(current)
    checks = {"current": (float((c.grad * dc).sum()), lambda h: value(current=current + 20 * h * dc).item(), 20.0)}
    if not release:  # a release model takes whole spikes
        dx = torch.rand_like(spikes) * (spikes > 0)
        checks["spikes"] = (float((x.grad * dx).sum()), lambda h: value(spikes=spikes - h * dx).item(), -1.0)
    for n, p in m.named_parameters():
        checks[n] = (float((p.grad * direction[n]).sum()), lambda h, n=n: moved(n, h), 1.0)
    assert len(checks) >= len(LEARN)
    for n, (expected, f, factor) in checks.items():
        errors = []
        for h in (1e-2, 3e-3, 1e-3, 3e-4):
            d = (8 * (f(h) - f(-h)) - (f(2 * h) - f(-2 * h))) / (12 * h) / factor
            errors.append(abs(d - expected))
        assert min(errors) <= 1e-6 * abs(expected) + 1e-9, n


def test_compact_support_leaves_out_nothing():
    """Neurons whose surrogate is zero are passed over on the way back: the gradient is the same."""
    net, found = am.Network(seed=2, dt="0.5 ms"), []
    P, E = net.population("P", 20, "poisson", rate="100 Hz"), net.population("E", 16, "lif", I_e="360 pA")
    net.synapses(P, E, receptor="exc", weight="600 pA", p=0.4)
    net.synapses(E, E, receptor="exc", weight=am.uniform("100 pA", "300 pA"), p=0.4, delay="1 ms")
    for support in (1.0, None):
        shape = ann.Surrogate("max(0, 1 - abs(x))", relative=0.4, support=support, name="triangle")
        m = net.to_module("P", "E.rate", ["P->E.weight", "E->E.weight"], precision="float64", surrogate=shape).double()
        x = (torch.rand(80, 2, 20, generator=torch.Generator().manual_seed(1)) < 0.05).double().requires_grad_()
        m(x).square().sum().backward()
        found.append([x.grad, *(p.grad for p in m.parameters())])
    assert all(bool(g.abs().sum() > 0) for g in found[0])
    for a, b in zip(*found, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-12, atol=0)


def fitted(m, target, run, steps, rate):
    """Learns until the outputs are those of the target."""
    optimiser = torch.optim.Adam(m.parameters(), rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    for _ in range(steps):
        optimiser.zero_grad()
        loss = ((run(m) - target) ** 2).mean()
        loss.backward()
        optimiser.step()
        schedule.step()
    return m


def drive(seed=5, steps=600, samples=16, n=30, rate=0.04):
    return (torch.rand(steps, samples, n, generator=torch.Generator().manual_seed(seed)) < rate).float()


def inhibited(weight_e, weight_i, dose=None):
    net = am.Network(seed=3, dt="0.5 ms")
    P = net.population("P", 30, "poisson", rate="80 Hz")
    E = net.population("E", 40, "lif_cond", I_e=am.uniform("60 pA", "110 pA"))
    I = net.population("I", 10, "lif_cond", I_e="60 pA")
    net.synapses(P, E, receptor="AMPA", weight="2 nS", p=0.5, delay="2 ms", name="in")
    net.synapses(E, I, receptor="AMPA", weight=weight_e, p=0.4, delay="2 ms")
    net.synapses(I, E, receptor="GABA_A", weight=weight_i, p=0.5, delay="2 ms")
    if dose:
        net.dose(*dose)
    return net


@pytest.mark.validate
def test_conductances_are_recovered_from_rates():
    """Mean rates of each neuron of a network whose conductances are known; learning starts at twice and half of them."""
    x, outputs = drive(), ["E.rates", "I.rates"]

    def run(m):
        out = m(x)
        return torch.cat([out["E.rates"].mean(0) / 15.0, out["I.rates"].mean(0) / 70.0])  # populations weigh alike

    with torch.no_grad():
        target = run(inhibited("4 nS", "12 nS").to_module("P", outputs))
    m = inhibited("8 nS", "6 nS").to_module("P", outputs, ["E->I.weight", "I->E.GABA_A"])
    m = fitted(m, target, run, 100, 0.1)
    assert m.value("E->I.weight").item() == pytest.approx(4.0, rel=0.05)
    assert m.value("I->E.GABA_A").item() == pytest.approx(12.0, rel=0.05)


@pytest.mark.validate
def test_a_dose_is_recovered_from_rates():
    """How much bicuculline was in the bath, from what it does to the rates of a simulated network."""
    x = drive(samples=8)

    def run(m):
        return m(x).mean(0) / 15.0

    with torch.no_grad():
        target = run(inhibited("4 nS", "12 nS", ("bicuculline", "1.5 uM")).to_module("P", "E.rates"))
    m = inhibited("4 nS", "12 nS").to_module("P", "E.rates", ["dose:bicuculline"], begin={"dose:bicuculline": "0.3 uM"})
    m = fitted(m, target, run, 60, 0.2)
    assert m.value("dose:bicuculline").item() == pytest.approx(1.5, rel=0.05)


def test_state_goes_on():
    """Two halves are the whole."""
    m = network().to_module(outputs=["E.spikes", "E.v"], precision="float64")
    whole = m(duration="100 ms", seed=1)
    first, state = m(duration="50 ms", seed=1, returns_state=True)
    second = m(duration="50 ms", seed=1, state=state)
    for k in whole:
        assert torch.equal(whole[k], torch.cat([first[k], second[k]]))


def test_errors():
    net = network()
    with pytest.raises(am.AmineError, match="did you mean 'E.rate'"):
        net.to_module(outputs="E.rat")
    with pytest.raises(am.AmineError, match="did you mean"):
        net.to_module(learn="E->al.weight")
    with pytest.raises(am.AmineError, match="did you mean 'tau_m'"):
        net.to_module(learn="E.tau")
    with pytest.raises(am.AmineError, match="write 'E.current'"):
        net.to_module("E")
    with pytest.raises(am.AmineError, match="last axis"):
        net.to_module("P", "E.rate")(torch.zeros(10, 1, 3))
    with pytest.raises(am.AmineError, match="amount of memory"):
        net.to_module(budget="much")
    with pytest.raises(am.AmineError, match="duration is missing"):
        net.to_module(outputs="E.rate")()
    with pytest.raises(am.AmineError, match="release at random"):
        network(release="quantal").to_module(outputs="E.rate")
    for _ in range(2):
        net.synapses("P", "E", receptor="AMPA", weight="1 nS", p=0.1, name="twice")
    with pytest.raises(am.AmineError, match="several projections are named 'twice'"):
        net.to_module(learn="twice.weight")
    net.gap_junctions("E", "E", conductance="1 nS", p=0.1)
    with pytest.raises(am.AmineError, match="gap junctions are not differentiated"):
        net.to_module(outputs="E.rate")
