"""Trained networks elsewhere give the same outputs."""

from __future__ import annotations

import nir
import numpy as np
import onnxruntime
import pytest
import torch
from sklearn.datasets import load_iris

import amine as am
from amine.learn import Classifier, Regressor

X, Y = load_iris(return_X_y=True)


def run_onnx(path, x: np.ndarray) -> dict[str, np.ndarray]:
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    names = [o.name for o in session.get_outputs()]
    return dict(zip(names, session.run(names, {"X": x}), strict=True))


@pytest.mark.parametrize("neurons", ["sigmoid", "tanh", "relu", "softmax", "identity"])
@pytest.mark.parametrize("precision", ["float64", "float32"])
def test_onnx_classifier(tmp_path, neurons, precision):
    for k, (x, y) in enumerate(((X, Y), (X[Y < 2], Y[Y < 2]))):
        model = Classifier(hidden=(7, 5), neurons=neurons, precision=precision, epochs=10).fit(x, y)
        model.to_onnx(tmp_path / f"{k}.onnx")
        found = run_onnx(tmp_path / f"{k}.onnx", x.astype(precision))
        tolerance = 1e-12 if precision == "float64" else 1e-5
        np.testing.assert_allclose(found["probabilities"], model.predict_proba(x), atol=tolerance)
        scores = found["scores"][:, 0] if found["scores"].shape[1] == 1 else found["scores"]
        np.testing.assert_allclose(scores, model.decision_function(x), atol=10 * tolerance, rtol=1e-5)
    with pytest.raises(am.AmineError, match="it exists"):
        model.to_onnx(tmp_path / "0.onnx")


def test_onnx_regressor(tmp_path):
    model = Regressor(hidden=(6,), bias=False, neurons="tanh", epochs=5).fit(X[:, :3], X[:, 3])
    model.to_onnx(tmp_path / "r.onnx")
    np.testing.assert_allclose(
        run_onnx(tmp_path / "r.onnx", X[:, :3])["scores"][:, 0], model.predict(X[:, :3]), atol=1e-12
    )


# --- NIR: the graph that is read back, stepped by its own equations ------------------------------------------------


def run_nir(graph, lines: np.ndarray, dt: float) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Spikes of every LIF node, and what the output receives, [time, batch, n]; exact steps, resets to ``v_reset``."""
    into: dict[str, list[str]] = {}
    for a, b in graph.edges:
        into.setdefault(b, []).append(a)
    order = ["input", *sorted((n for n in graph.nodes if n not in ("input", "output")), key=_depth(into))]
    batch = lines.shape[1]
    value = {n: np.zeros((batch, 1)) for n in graph.nodes}
    v: dict[str, np.ndarray] = {}
    spikes: dict[str, list[np.ndarray]] = {}
    out = []
    for line in lines:
        value["input"] = line
        for n, old in [(n, dict(value)) for n in graph.nodes if isinstance(graph.nodes[n], nir.Linear)]:
            value[n] = old[into[n][0]] @ graph.nodes[n].weight.T if old[into[n][0]].shape[1] > 1 else 0.0
        for n in order[1:]:
            node = graph.nodes[n]
            if isinstance(node, nir.Affine):
                value[n] = value[into[n][0]] @ node.weight.T + node.bias
            elif isinstance(node, nir.LIF | nir.LI):
                keep = np.exp(-dt / node.tau)
                target = node.v_leak + node.r * sum(value[a] for a in into[n])
                v[n] = target + (v.get(n, node.v_leak) - target) * keep
                value[n] = v[n]
                if isinstance(node, nir.LIF):
                    value[n] = (v[n] > node.v_threshold).astype(float)
                    v[n] = np.where(value[n] > 0, node.v_reset, v[n])
                    spikes.setdefault(n, []).append(value[n])
        out.append(value[into["output"][0]])
    return {n: np.stack(s) for n, s in spikes.items()}, np.stack(out)


def _depth(into):
    def depth(n: str, seen: tuple[str, ...] = ()) -> int:
        return (
            0
            if n == "input"
            else 1
            + max((depth(a, (*seen, n)) for a in into[n] if not a.startswith("recurrent") and a not in seen), default=0)
        )

    return depth


@pytest.mark.parametrize("recurrent", [False, True])
@pytest.mark.parametrize("readout", ["mean", "leaky"])
def test_nir(tmp_path, recurrent, readout):
    model = Classifier(
        hidden=(9, 6), neurons=am.models.lif(t_ref="0 ms"), encoder="latency", steps=30, precision="float64", recurrent=recurrent,
        readout=readout, epochs=3, batch_size=30, rate=0.02,
    ).fit(X, Y)  # fmt: skip
    model.to_nir(tmp_path / "m.nir")
    graph = nir.read(tmp_path / "m.nir")
    x = torch.from_numpy(X[::10].copy())
    with torch.no_grad():
        activity = model.network_.trace(x)
    spikes, out = run_nir(graph, activity[0].numpy(), 1e-3)
    assert spikes["lif_0"].sum() > 20 and spikes["lif_1"].sum() > 5
    for k in range(2):
        np.testing.assert_array_equal(spikes[f"lif_{k}"], activity[k + 1].numpy())
    scores = out.mean(0) if readout == "mean" else out[-1]
    np.testing.assert_allclose(scores, activity[-1].numpy(), atol=1e-10)


def test_nirtorch_reads_the_graph(tmp_path):
    nirtorch = pytest.importorskip("nirtorch")
    model = Classifier(hidden=(9,), neurons=am.models.lif(t_ref="0 ms"), steps=10, epochs=1).fit(X, Y)
    graph = model.to_nir()

    class LIF(torch.nn.Module):
        def __init__(self, node):
            super().__init__()
            self.node = node

        def forward(self, x, state=None):
            n = {
                k: torch.as_tensor(getattr(self.node, k)).to(x.dtype)
                for k in ("tau", "r", "v_leak", "v_threshold", "v_reset")
            }
            v = n["v_leak"].expand_as(x) if state is None else state
            target = n["v_leak"] + n["r"] * x
            v = target + (v - target) * torch.exp(-1e-3 / n["tau"])
            z = (v > n["v_threshold"]).to(x.dtype)
            return z, torch.where(z > 0, n["v_reset"], v)

    def affine(node):
        m = torch.nn.Linear(*node.weight.shape[::-1])
        m.weight.data, m.bias.data = torch.as_tensor(node.weight), torch.as_tensor(node.bias)
        return m

    net = nirtorch.nir_to_torch(graph, {nir.LIF: LIF, nir.Affine: affine})
    x = torch.from_numpy(X[::10].astype(np.float32))
    with torch.no_grad():
        lines = model.network_.encode(x)
        expected = model.network_(x)
        state, total = None, torch.zeros_like(expected)
        for line in lines:
            out, state = net(line, state) if state is not None else net(line)
            total += out
    torch.testing.assert_close(total / len(lines), expected, rtol=1e-4, atol=1e-5)


# --- a simulation ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "more",
    [
        {"encoder": "current", "hidden": (8, 6)},
        {"encoder": "latency", "hidden": (8, 6)},
        {"encoder": "rate", "hidden": (8,), "recurrent": True},
        {"encoder": "population", "hidden": (8, 5), "recurrent": True},
        {"encoder": "current", "hidden": (8,), "neurons": "adex"},
    ],
    ids=lambda m: f"{m['encoder']}-{m.get('neurons', 'lif')}-{len(m['hidden'])}",
)
def test_the_simulated_network_gives_the_same_spikes(more):
    model = Classifier(
        **{"neurons": "lif", "steps": 40, "precision": "float64", "epochs": 3, "batch_size": 30, "rate": 0.02, **more}
    ).fit(X, Y)
    model.network_.eval()
    total = 0
    for x in X[::40]:
        with torch.no_grad():
            activity = model.network_.trace(torch.from_numpy(x[None].copy()))
        net = model.to_network(x)
        shift = net.notes["shift"]
        run = net.run(f"{40 + max(shift.values())} ms", precision="float64", progress=False)
        for k, (name, late) in enumerate(shift.items()):
            expected = activity[k + 1][:, 0].numpy()
            found = np.zeros((40 + late + 2, expected.shape[1]))
            train = run.spikes[name]
            step = np.round(train.times / net.dt).astype(int) - 1 - late
            keep = step < 40
            found[step[keep], train.indices[keep]] = 1
            np.testing.assert_array_equal(found[:40], expected)
            total += expected.sum()
    assert total > 20


@pytest.mark.parametrize(
    ("call", "arguments", "words"),
    [
        ("to_onnx", {"hidden": (4,), "neurons": "lif"}, "rate neurons"),
        ("to_nir", {"hidden": (4,)}, "spiking neurons"),
        ("to_nir", {"hidden": (4,), "neurons": "lif"}, "no refractory time"),
        ("to_nir", {"hidden": (4,), "neurons": "adex"}, "no node for 'adex'"),
        ("to_network", {"hidden": (4,)}, "spiking neurons"),
        ("to_network", {"hidden": (4, 4), "neurons": "adex"}, "only in linear neurons"),
    ],
)
def test_what_cannot_be_exported(tmp_path, call, arguments, words):
    model = Classifier(epochs=1, steps=5, **arguments).fit(X, Y)
    with pytest.raises(am.AmineError, match=words):
        getattr(model, call)(X[0] if call == "to_network" else tmp_path / "x")
