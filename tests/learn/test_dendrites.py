"""Cells with trees in torch: the engine's voltages, exact gradients, fits; the dendritic layer."""

from __future__ import annotations

import numpy as np
import pytest

import amine as am

torch = pytest.importorskip("torch")

from amine.learn.cable import CableCell, fit  # noqa: E402
from amine.learn.nn import Dendrites, branch_response  # noqa: E402

STEPS, DT = 300, 0.05
TIMES = (np.arange(STEPS) + 0.5) * DT
CURRENT = np.where((TIMES >= 2) & (TIMES < 12), 500.0, 0.0)


def neuron(method="crank_nicolson", **parameters):
    cell = am.morphology.tree("soma 20 um; apical 300 um 2 um segments 5; 2 tuft 100 um 1 um segments 2")
    channels = {
        "soma": ["Na_HH", "K_HH", "leak_HH"],
        "dendrite": ["leak"],
        "tuft": {"h": {"g_max": "0.02*mS/cm**2*exp(x/(200*um))"}},
    }
    return am.models.cable(cell, channels, T="6.3 degC", method=method)(**parameters)


def record(model, current=CURRENT):
    net = am.Network(dt=f"{DT} ms")
    P = net.population("P", 1, model)
    net.stimulus(P, am.table([f"{k * DT} ms" for k in range(STEPS)], [f"{x} pA" for x in current]))
    net.probe(P.at("*"), "v", name="v")
    data = net.run(f"{STEPS * DT:g} ms", precision="float64", progress=False).probes["v"]
    return np.stack([np.asarray(x)[:, 0] for x in data.values.values()], 1)


@pytest.mark.parametrize("method", ["backward_euler", "crank_nicolson"])
def test_the_module_gives_the_voltages_of_the_engine(method):
    model = neuron(method)
    v = CableCell(model, dt=f"{DT} ms")(torch.tensor(CURRENT)[:, None])[:, 0].detach().numpy()
    assert np.abs(v[:, model.cell.real] - record(model)).max() < 1e-8
    assert v[:, 0].max() > 20


def test_gradients_are_those_of_finite_differences():
    names = ["g_max_Na_HH", "g_max_K_HH", "E_K_K_HH", "g_max_leak", "C_m"]
    cell = CableCell(neuron(), dt=f"{DT} ms", learn=names)
    drive = torch.tensor(CURRENT[:160])[:, None].requires_grad_()

    def loss():
        return (cell(drive)[:, 0, 0] ** 2).mean()

    loss().backward()
    with torch.no_grad():
        for p in cell.raw.values():
            h = 1e-5 * max(1.0, abs(float(p)))
            p += h
            up = float(loss())
            p -= 2 * h
            down = float(loss())
            p += h
            assert float(p.grad) == pytest.approx((up - down) / (2 * h), rel=1e-5)
        h = 1e-4
        drive[50, 0] += h
        up = float(loss())
        drive[50, 0] -= 2 * h
        assert float(drive.grad[50, 0]) == pytest.approx((up - float(loss())) / (2 * h), rel=1e-5)


@pytest.mark.validate
def test_conductances_are_found_again_from_a_voltage():
    """A spike tells of sodium and potassium; what the leak is, a pull below rest says."""
    target = {"g_max_Na_HH": 120.0, "g_max_K_HH": 36.0, "g_max_leak": 0.05}
    current = np.where((TIMES >= 1) & (TIMES < 4), 500.0, np.where(TIMES >= 7, -300.0, 0.0))
    voltage = record(neuron(), current)[:, 0]
    start = neuron(g_max_Na_HH="100 mS/cm2", g_max_K_HH="44 mS/cm2", g_max_leak="0.08 mS/cm2")
    found = fit(start, voltage, current, target, dt=f"{DT} ms", iterations=100, rate=0.05)
    assert found.loss[-1] < 0.01 * found.loss[0]
    for name, value in target.items():
        got = am.units.to_internal(found.model.parameters[name], "mS/cm**2", name) / am.units.to_internal(
            "1 mS/cm**2", "mS/cm**2", ""
        )
        assert got == pytest.approx(value, rel=0.1 if name == "g_max_leak" else 0.05)


def test_bad_fits():
    model = neuron()
    with pytest.raises(am.AmineError, match="did you mean 'g_max_leak'"):
        CableCell(model, learn=["g_max_leek"])
    with pytest.raises(am.AmineError, match="'R_a' cannot be learned"):
        CableCell(model, learn=["R_a"])
    with pytest.raises(am.AmineError, match="must have one shape"):
        fit(model, np.zeros(3), np.zeros(4), ["C_m"])
    with pytest.raises(am.AmineError, match="no parameter is named"):
        fit(model, np.zeros(3), np.zeros(3), [])
    with pytest.raises(am.AmineError, match="reset has no gradient"):
        CableCell(am.models.cable(am.morphology.point(), {"*": ["leak"]}, reset="-65 mV"))
    with pytest.raises(am.AmineError, match="not a multicompartment cell"):
        CableCell(am.models.get("lif"))


def test_a_branch_answers_like_a_thin_dendrite():
    g = torch.linspace(0, 3, 61, dtype=torch.float64)
    assert torch.autograd.gradcheck(lambda x: branch_response(x, 8.0), (g + 0.01).requires_grad_())
    passive, active = branch_response(g, 0.0), branch_response(g, 8.0)
    assert torch.allclose(passive, g / (1 + g), atol=1e-12)  # without NMDA: a divider of conductances
    growth = torch.diff(active)
    assert (
        (growth > 0).all() and growth.argmax() > 0 and torch.diff(passive).argmax() == 0
    )  # first steeper, then saturated


def train(layer, x, y, steps, rate):
    optimiser = torch.optim.Adam(layer.parameters(), lr=rate)
    for _ in range(steps):
        optimiser.zero_grad()
        torch.nn.functional.cross_entropy(layer(x), y).backward()
        optimiser.step()
    return layer


def test_one_neuron_with_branches_solves_xor_and_a_point_neuron_cannot():
    x = torch.tensor([[0.0, 0], [0, 1], [1, 0], [1, 1]])
    y = torch.tensor([0.0, 1, 1, 0])

    def errors(layer):
        optimiser = torch.optim.Adam(layer.parameters(), lr=0.05)
        for _ in range(500):
            optimiser.zero_grad()
            loss = torch.nn.functional.binary_cross_entropy_with_logits(layer(x)[:, 0], y)
            loss.backward()
            optimiser.step()
        return int(((layer(x)[:, 0] > 0).float() != y).sum())

    assert [errors(Dendrites(2, 1, branches=6, seed=s)) for s in range(3)] == [0, 0, 0]
    assert errors(Dendrites(2, 1, branches=6, linear=True)) >= 1


@pytest.mark.validate
def test_digits_at_equal_parameters():
    """One layer of ten neurons, about 650 parameters: eight branches of six inputs each against point neurons with all inputs."""
    data = pytest.importorskip("sklearn.datasets").load_digits()
    x, y = torch.tensor(data.data / 16.0, dtype=torch.float32), torch.tensor(data.target)
    order = torch.randperm(len(x), generator=torch.Generator().manual_seed(0))
    a, b = order[:1200], order[1200:]
    scores = {"branches": [], "the same, adding up": [], "points": []}
    for seed in range(3):
        torch.manual_seed(seed)
        layers = {
            "branches": Dendrites(64, 10, branches=8, synapses=6, seed=seed),
            "the same, adding up": Dendrites(64, 10, branches=8, synapses=6, linear=True, seed=seed),
            "points": torch.nn.Linear(64, 10),
        }
        for name, layer in layers.items():
            train(layer, x[a], y[a], 600, 0.02)
            scores[name].append(float((layer(x[b]).argmax(1) == y[b]).float().mean()))
    mean = {name: float(np.mean(s)) for name, s in scores.items()}
    sizes = {name: sum(p.numel() for p in layer.parameters()) for name, layer in layers.items()}
    print(mean, sizes)
    assert sizes["branches"] == sizes["the same, adding up"] == 650 == sizes["points"]
    assert mean["branches"] > 0.9 and mean["branches"] > mean["the same, adding up"]
