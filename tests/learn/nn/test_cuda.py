"""Kernels as CUDA C: compiled by g++ in place of a card's compiler, the same text gives what the kernels of the CPU give, to the last bit."""

from __future__ import annotations

import ctypes
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import amine as am
from amine.errors import AmineError

torch = pytest.importorskip("torch")
ann = pytest.importorskip("amine.learn.nn")
from amine.learn.nn import compiled  # noqa: E402
from amine.learn.nn.cuda import loading  # noqa: E402

compiles = pytest.mark.skipif(shutil.which("g++") is None, reason="no C++ compiler here")
NEURONS = [
    pytest.param(n, bits, marks=() if (n, bits) == ("adex", 32) else pytest.mark.validate)
    for n in am.models.names("neuron")
    for bits in (32, 64)
]


class Host:
    """A launcher that runs the text on this machine's memory."""

    def __init__(self, text, folder):
        source = folder / "kernels.cpp"
        source.write_text(text)
        flags = ["-std=c++17", "-O1", "-ffp-contract=off", "-shared", "-fPIC", "-Werror", "-Wno-unknown-pragmas"]
        subprocess.run(["g++", *flags, "-o", folder / "kernels.so", source], check=True)
        self.library, self.started = ctypes.CDLL(str(folder / "kernels.so")), []

    def __call__(self, kernel, lanes, neurons, values):
        self.started.append(kernel)
        getattr(self.library, kernel)(*map(loading._argument, values))


@pytest.fixture
def as_on_card(monkeypatch, tmp_path):
    """A function: runs work once with the CPU's kernels and once with the text for cards; both results, and the kernels started."""

    def both(work):
        ours, hosts = work(), {}

        def launcher(m, inputs, bits, device):
            text = compiled.card_text(m, inputs, bits)
            if text not in hosts:
                folder = tmp_path / str(len(hosts))
                folder.mkdir()
                hosts[text] = Host(text, folder)
            return hosts[text]

        with monkeypatch.context() as m:
            m.setattr(compiled, "launcher", launcher)
            theirs = work()
        return ours, theirs, [k for h in hosts.values() for k in h.started]

    return both


def gradients(module, x, seed=3, **more):
    """Output, states and all gradients of a loss that reads each step, and the states at the end."""
    torch.manual_seed(seed)
    x = x.clone().requires_grad_()
    module.zero_grad()
    y, state = module(x, **more)
    loss = (y * torch.randn_like(y)).sum()
    loss = loss + sum((v * torch.randn_like(v)).sum() for v in state.values() if v.requires_grad)
    loss.backward()
    named = {k: p.grad for k, p in module.named_parameters()}
    return {"y": y.detach(), "x": x.grad, **{k: v.detach() for k, v in state.items()}, **named}


def same(ours, theirs, but=()):
    """Asserts that all tensors have equal values, and that there is something to compare."""
    assert ours.keys() == theirs.keys()
    for k in ours:
        if k in but:
            torch.testing.assert_close(ours[k], theirs[k])
        else:
            np.testing.assert_array_equal(ours[k].numpy(), theirs[k].numpy(), err_msg=k)
    assert float(ours["x"].abs().sum()) > 0


@compiles
@pytest.mark.parametrize(("name", "bits"), NEURONS)
def test_scans_and_gradients_have_the_same_bits(name, bits, as_on_card):
    torch.manual_seed(0)
    learn = [p for p in am.models.get(name).units if p != "t_ref"]
    cells = ann.Neurons(name, 35, dt="0.1 ms", learn=learn)  # one sample: no sum of gradients, whose order differs
    x = torch.rand(30, 1, 35, dtype=torch.float64 if bits == 64 else torch.float32)
    ours, theirs, started = as_on_card(lambda: gradients(cells, 0.4 * x))
    same(ours, theirs)
    assert started == ["forward", "backward"]


@compiles
@pytest.mark.parametrize("surrogate", ["fast_sigmoid", "triangular"])
def test_recurrent_scans_have_the_same_bits(surrogate, as_on_card):
    torch.manual_seed(0)
    cells = ann.Neurons("lif", 40, learn=["tau_m", "V_th"], surrogate=surrogate)
    layer = ann.Recurrent(cells)
    x, start = torch.rand(25, 3, 40), layer(torch.rand(3, 3, 40))[1]  # begun with spikes and refractory neurons
    assert float(start["_spikes"].detach().sum()) > 0
    start = ann.detach(start)
    ours, theirs, started = as_on_card(lambda: gradients(layer, 0.4 * x, state=start))
    same(ours, theirs, but=("weight", "neurons.learned.tau_m.raw", "neurons.learned.V_th.raw"))  # sums over samples
    assert started == ["forward_recurrent", "backward_recurrent"]
    assert 0 < float(ours["y"].mean()) < 0.5


WORDS = """
dv/dt = (rest - v + double*I)/this : mV
dnew/dt = (v - rest - new)/delete : mV
threshold v > T + new
reset v = rest; new += keep
refractory at hold v
initial v = rest
"""
VALUES = {
    "rest": "-65 mV",
    "double": "0.1 GOhm",
    "this": "10 ms",
    "delete": "50 ms",
    "T": "-50 mV",
    "keep": "1 mV",
    "at": "2 ms",
}


@compiles
def test_words_of_other_languages_and_states_of_each_step(as_on_card):
    model = am.models.neuron("words", WORDS, **VALUES)
    cells = ann.Neurons(model, 30, learn=["keep", "T"], this=am.uniform("5 ms", "20 ms"))

    with pytest.raises(AmineError, match="'double' is one of PyTorch's"):
        ann.Neurons(model, 30, learn=["double"])

    def traced(x, **more):
        out, state = cells(x, returns="states", **more)
        return out["spikes"] + 0.01 * out["v"] + 0.1 * out["new"], state

    traced.zero_grad, traced.named_parameters = cells.zero_grad, cells.named_parameters
    torch.manual_seed(0)
    x = torch.rand(40, 1, 30)
    ours, theirs, _ = as_on_card(lambda: gradients(traced, x))
    same(ours, theirs)


@compiles
@pytest.mark.validate
@pytest.mark.parametrize("what", ["receptor", "release", "soft", "receptors", "leaky"])
def test_other_programs_have_the_same_bits(what, as_on_card):
    torch.manual_seed(0)
    x = (torch.rand(40, 1, 30) < 0.2).float()
    soft = ann.Surrogate("1/(1 + x**2)", primitive="0.5 + arctan(x)/3.141592653589793", soft=True)
    makes = {
        "receptor": lambda: ann.Receptor("GABA_A", 30, learn=["tau"]),
        "release": lambda: ann.Release("tsodyks_markram", 30),
        "soft": lambda: ann.Recurrent(ann.Neurons("lif", 30, surrogate=soft)),
        "receptors": lambda: ann.Neurons("lif_cond", 30, receptors=["AMPA", "NMDA"], gain=None),
        "leaky": lambda: ann.Readout("leaky"),
    }
    module = makes[what]()

    def called(x, **more):
        if what == "receptor":
            return module(x, v=-55.0, **more)
        return module({"AMPA": 3 * x, "NMDA": x} if what == "receptors" else x, **more)

    called.zero_grad, called.named_parameters = module.zero_grad, module.named_parameters
    ours, theirs, started = as_on_card(lambda: gradients(called, x))
    same(ours, theirs, but=("weight",))
    assert started


def test_kernels_that_a_card_lacks_are_refused_in_a_sentence(monkeypatch):
    loading.missing.cache_clear()
    try:
        if torch.version.cuda is None:
            assert "without CUDA" in loading.missing()
            loading.missing.cache_clear()
        monkeypatch.setattr(torch.version, "cuda", "0.0")
        assert "NVRTC is not installed" in loading.missing()  # no library of that version
    finally:
        loading.missing.cache_clear()
        loading._compiler.cache_clear()


def test_benchmark_without_a_card_says_so(monkeypatch):
    if torch.cuda.is_available():
        pytest.skip("there is one")

    script = Path(__file__).resolve().parents[3] / "benchmarks" / "gpu.py"
    monkeypatch.setattr(sys, "argv", [str(script)])
    with pytest.raises(SystemExit, match="CUDA|card"):
        runpy.run_path(str(script))["main"]()
