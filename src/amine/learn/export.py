"""Export of trained networks: ONNX for rate networks, NIR for spiking ones, and an amine Network that simulates the same spikes."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from amine import models, units
from amine.errors import AmineError
from amine.learn.layers import Dense
from amine.learn.spiking import Spiking, neurons_of
from amine.network.network import Network
from amine.optional import optional

if TYPE_CHECKING:
    from types import ModuleType

    import numpy.typing as npt
    from nir import NIRGraph
    from onnx import NodeProto, TensorProto
    from torch import nn

    from amine.given import FilePath
    from amine.learn.base import Estimator
    from amine.learn.nn.neurons import Neurons
    from amine.network.parts import Population


def _new(path: FilePath, what: str, overwrite: bool) -> Path:
    target = Path(path)
    if target.exists() and not overwrite:
        raise AmineError(f"{what} file '{target}'", "it exists", hint="choose another name or pass overwrite=True")
    target.parent.mkdir(parents=True, exist_ok=True)
    return target


# --- ONNX ------------------------------------------------------------------------------------------------------

_OPERATORS = {"sigmoid": "Sigmoid", "tanh": "Tanh", "relu": "Relu", "softmax": "Softmax", "identity": "Identity"}


def to_onnx(model: Estimator, path: FilePath, *, overwrite: bool = False) -> Path:
    """Writes a rate network as ONNX: input ``X`` (samples, features), outputs ``scores`` and, of a classifier, ``probabilities`` of its classes.

    Raises
    ------
    AmineError
        If the network spikes or is plastic: ONNX has no states in time.
    """
    with optional("to_onnx"):
        import onnx
        from onnx import TensorProto, helper

    network = model.network_
    if type(network) is not Dense:
        raise AmineError(
            "to_onnx()",
            "ONNX takes networks of rate neurons",
            given=type(network).__name__,
            hint="export a spiking network with to_nir()",
        )
    if not isinstance(model.scaler, str):
        raise AmineError(
            "to_onnx()",
            "the scaler is an object of its own, which is no part of the network",
            given=type(model.scaler).__name__,
            hint="export both, or use scaler='robust'",
        )
    kind = TensorProto.DOUBLE if model.spec_.dtype == torch.float64 else TensorProto.FLOAT
    weights, nodes, last = [], [], "X"
    if network.range is not None:
        ends = {"low": network.range.low, "span": network.range.span}
        ends |= {"zero": torch.zeros((), dtype=model.spec_.dtype), "unit": torch.ones((), dtype=model.spec_.dtype)}
        weights += [onnx.numpy_helper.from_array(v.numpy(), n) for n, v in ends.items()]
        nodes += [
            helper.make_node("Sub", ["X", "low"], ["above"]),
            helper.make_node("Div", ["above", "span"], ["part"]),
            helper.make_node("Clip", ["part", "zero", "unit"], ["scaled"]),
        ]
        last = "scaled"
    for k, m in enumerate(network.maps):
        end = "scores" if k == len(network.maps) - 1 else f"before_{k}"
        names = [f"weight_{k}"] + ([f"bias_{k}"] if m.bias is not None else [])
        values = [m.weight] + ([m.bias] if m.bias is not None else [])
        weights += [onnx.numpy_helper.from_array(v.detach().numpy(), n) for n, v in zip(names, values, strict=True)]
        nodes.append(helper.make_node("Gemm", [last, *names], [end], transB=1))
        if end != "scores":
            last = f"hidden_{k}"
            nodes.append(helper.make_node(_OPERATORS[model.spec_.neurons], [end], [last]))
    outputs = [helper.make_tensor_value_info("scores", kind, ["samples", model.spec_.outputs])]
    classes = getattr(model, "classes_", None)
    if classes is not None:
        nodes += _probabilities(model, helper, kind, weights, onnx)
        outputs.append(helper.make_tensor_value_info("probabilities", kind, ["samples", len(classes)]))
    graph = helper.make_graph(
        nodes, "amine", [helper.make_tensor_value_info("X", kind, ["samples", model.n_features_in_])], outputs, weights
    )  # fmt: skip
    made = helper.make_model(graph, producer_name="amine", opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx.checker.check_model(made, full_check=True)
    target = _new(path, "ONNX", overwrite)
    onnx.save(made, target)
    return target


def _probabilities(
    model: Estimator, helper: ModuleType, kind: int, weights: list[TensorProto], onnx: ModuleType
) -> list[NodeProto]:
    if model.spec_.task != "binary":
        return [helper.make_node("Softmax", ["scores"], ["probabilities"], axis=1)]
    weights.append(
        onnx.numpy_helper.from_array(
            np.ones((1,), np.float64 if kind == onnx.TensorProto.DOUBLE else np.float32), "one"
        )
    )
    return [
        helper.make_node("Sigmoid", ["scores"], ["second"]),
        helper.make_node("Sub", ["one", "second"], ["first"]),
        helper.make_node("Concat", ["first", "second"], ["probabilities"], axis=1),
    ]


# --- NIR -------------------------------------------------------------------------------------------------------


def to_nir(model: Estimator, path: FilePath | None = None, *, overwrite: bool = False) -> NIRGraph:
    """A spiking network of LIF neurons as a NIR graph, also written to ``path`` if one is given.

    NIR's LIF neuron is ``tau v' = v_leak - v + r x`` (Pedersen JE et al. 2024, Nat Commun 15:8122), in seconds, without a refractory time. Nodes: ``input``; for each hidden
    layer ``affine_k``, ``lif_k`` and, with recurrent weights, ``recurrent_k``; ``affine_out``; for the read-out ``leaky`` a ``li_out``; ``output``. The input is the
    output of the encoder; the ``mean`` over time of the read-out is not part of the graph.

    Raises
    ------
    AmineError
        If NIR has no node for the neurons; the message gives the reason.
    """
    with optional("to_nir"):
        import nir

    network = model.network_
    if type(network) is not Spiking:
        raise AmineError(
            "to_nir()", "NIR takes networks of spiking neurons in time steps", given=type(network).__name__
        )
    nodes: dict[str, Any] = {"input": nir.Input({"input": np.array([network.lines()])})}
    edges, last = [], "input"
    for k, (m, layer) in enumerate(zip(network.maps, network.layers, strict=False)):
        nodes[f"affine_{k}"], nodes[f"lif_{k}"] = _affine(nir, m), _lif(nir, neurons_of(layer))
        edges += [(last, f"affine_{k}"), (f"affine_{k}", f"lif_{k}")]
        last = f"lif_{k}"
        if model.spec_.recurrent:
            nodes[f"recurrent_{k}"] = nir.Linear(layer.matrix().detach().numpy())
            edges += [(last, f"recurrent_{k}"), (f"recurrent_{k}", last)]
    nodes["affine_out"] = _affine(nir, network.maps[-1])
    edges.append((last, "affine_out"))
    last = "affine_out"
    n = model.spec_.outputs
    if model.spec_.readout == "leaky":
        score: Any = network.score
        tau = float(score.integrator.value("tau")) * 1e-3
        nodes["li_out"] = nir.LI(tau=np.full(n, tau), r=np.ones(n), v_leak=np.zeros(n))
        edges.append((last, "li_out"))
        last = "li_out"
    nodes["output"] = nir.Output({"output": np.array([n])})
    graph = nir.NIRGraph(nodes, [*edges, (last, "output")])
    if path is not None:
        nir.write(_new(path, "NIR", overwrite), graph)
    return graph


def _affine(nir: ModuleType, m: nn.Linear) -> Any:
    w = m.weight.detach().numpy()
    return nir.Affine(w, np.zeros(len(w), w.dtype) if m.bias is None else m.bias.detach().numpy())


def _lif(nir: ModuleType, neurons: Neurons) -> Any:
    if neurons.model.equations != models.get("lif").equations:
        raise AmineError("to_nir()", f"NIR has no node for '{neurons.model.name}'", expected="neurons='lif'")
    p = {
        name: np.broadcast_to(neurons.value(name).detach().numpy(), (neurons.n,)).astype(float)
        for name in ("tau_m", "C", "E_L", "V_th", "V_r", "t_ref", "I_e", "gain")
    }
    if (p["t_ref"] >= neurons.dt / 2).any():
        raise AmineError(
            "to_nir()",
            "NIR's LIF neuron has no refractory time",
            given=f"t_ref {p['t_ref'].max():g} ms",
            hint="train with am.models.lif(t_ref='0 ms')",
        )
    r = p["tau_m"] / p["C"]  # mV/pA
    return nir.LIF(
        tau=p["tau_m"] * 1e-3, r=r * p["gain"], v_leak=p["E_L"] + r * p["I_e"], v_threshold=p["V_th"], v_reset=p["V_r"]
    )


# --- a network that simulates ----------------------------------------------------------------------------------


def to_network(model: Estimator, x: npt.ArrayLike) -> Network:
    """A :class:`amine.Network` that simulates the spikes of the trained network for one sample x (features,).

    Hidden layers are the populations ``hidden_1``, ``hidden_2`` ...; ``network.notes["shift"]`` holds the number of steps by which each lags behind the trained one, since a
    synapse has a delay of at least one step. Currents of the encoder become a constant ``I_e``; its spikes become a population ``input``. In the trained network a spike is a current
    for one step; here it is the jump of the voltage that this current causes. Both agree only for linear neurons, so that models like AdEx are possible
    in the first layer after an encoder of currents, without recurrent weights, and not elsewhere.

    Raises
    ------
    AmineError
        If the network can't be simulated like this; the message gives the reason.
    """
    network = model.network_
    if type(network) is not Spiking:
        raise AmineError(
            "to_network()", "it takes networks of spiking neurons in time steps", given=type(network).__name__
        )
    if model.steps_:
        raise AmineError(
            "to_network()", "the model learned from sequences, and a network is made for constant features"
        )
    line = torch.as_tensor(np.asarray(x, float)).reshape(1, -1).to(model.spec_.dtype)
    if line.shape[1] != model.n_features_in_:
        raise AmineError(
            "to_network()",
            "the sample has another number of features along its axis",
            given=str(line.shape[1]),
            expected=str(model.n_features_in_),
        )
    line = torch.as_tensor(model.prepared(line.numpy())).to(model.spec_.dtype)
    with torch.no_grad():
        lines = network.eval().encode(line)[:, 0]
    net = Network(dt=f"{model.spec_.dt} ms", name="trained")
    currents = bool((lines == lines[0]).all())
    shift, shifts = 0 if currents else 1, {}
    source: Any = None if currents else _spikes(net, "input", lines.numpy())
    for k, (m, layer) in enumerate(zip(network.maps, network.layers, strict=False)):
        neurons, name = neurons_of(layer), f"hidden_{k + 1}"
        first = k == 0 and currents
        jump = 0.0 if first and not model.spec_.recurrent else _jump(neurons)
        drive = m(lines[0]).detach().double().numpy() * _gain(neurons) if first else np.zeros(neurons.n)
        here = net.population(name, neurons.n, neurons.model, **_values(neurons, drive))
        if not first:
            scale = jump * (float(lines.max()) if k == 0 else 1.0)
            _connect(net, source, here, m.weight.detach().double().numpy() * scale)
            if m.bias is not None:
                bias = _spikes(net, f"bias_{k + 1}", np.ones((len(lines), 1)), late=shift - 1)
                _connect(net, bias, here, m.bias.detach().double().numpy()[:, None] * jump)
        if model.spec_.recurrent:
            _connect(net, here, here, layer.matrix().detach().double().numpy() * jump)
        shifts[name] = shift
        source, shift = here, shift + 1
    net.notes["shift"] = shifts
    return net


def _quantity(values: npt.ArrayLike, unit: str) -> Any:
    return np.asarray(values, float) * getattr(units, unit)


def _gain(neurons: Neurons) -> float:
    return float(neurons.value("gain"))


def _values(neurons: Neurons, drive: np.ndarray) -> dict[str, Any]:
    """Values of the learned parameters, and the constant current plus the drive (neurons,) in pA."""
    out = {p: _quantity(b().detach().numpy(), neurons.units[p]) for p, b in neurons.learned.items() if p != "gain"}
    base = np.asarray(neurons.value("I_e").detach().numpy(), float) if "I_e" in neurons.units else 0.0
    if drive.any():
        if "I_e" not in neurons.units:
            raise AmineError("to_network()", f"'{neurons.model.name}' has no parameter I_e for the encoder's current")
        out["I_e"] = _quantity(base + drive, "pA")
    return out


def _jump(neurons: Neurons) -> float:
    """Change of the voltage in mV by a drive of 1 for one step."""
    if neurons.model.integrators != {"v": "exact"}:
        raise AmineError(
            "to_network()", f"a current of one step is a jump of the voltage only in linear neurons, and '{neurons.model.name}' is not", expected="neurons like 'lif'"
        )  # fmt: skip
    tau, c = (float(np.max(neurons.value(p).detach().numpy())) for p in ("tau_m", "C"))
    return _gain(neurons) * tau / c * -math.expm1(-neurons.dt / tau)


def _spikes(net: Network, name: str, lines: np.ndarray, late: int = 0) -> Population:
    """A population that spikes at the end of each step at which ``lines`` (steps, neurons) isn't zero, ``late`` steps later."""
    step, index = np.nonzero(lines)
    times = (step + 1 + late) * net.dt
    return net.population(name, lines.shape[1], "spike_list", times=_quantity(times, "ms"), indices=index.astype(float))


def _connect(net: Network, source: Population, target: Population, w: np.ndarray) -> None:
    """Adds synapses for the nonzero weights w [to, from] in mV."""
    j, i = np.nonzero(w)
    if len(i):
        net.synapses(source, target, receptor="delta", weight=_quantity(w[j, i], "mV"), pairs=(i, j))
