"""PyTorch's own tools on amine's layers: compile, export, transforms of functions, the device meta, files, pruning, other trainers."""

from __future__ import annotations

import io
import shutil
import subprocess
import sys

import pytest

import amine as am

torch = pytest.importorskip("torch")
ann = pytest.importorskip("amine.learn.nn")

N = 6
LAYERS = {
    "neurons": lambda: ann.Neurons("lif", N, learn=["tau_m", "I_e"]),
    "any": lambda: ann.Neurons("lif"),
    "plain": lambda: ann.Neurons("lif", N, learn=["tau_m"], backend="torch"),
    "own surrogate": lambda: ann.Neurons("lif", N, surrogate=lambda x: 1 / (1 + x * x)),
    "recurrent": lambda: ann.Recurrent(ann.Neurons("lif", N)),
    "receptor": lambda: ann.Receptor("exponential_current", N),
    "release": lambda: ann.Release("tsodyks_markram", N),
    "delays": lambda: ann.Delays(N, max="5 ms"),
    "delayed": lambda: ann.DelayedLinear(N, N, max="5 ms"),
    "dendrites": lambda: ann.Dendrites(N, N, 2),
    "linear": lambda: ann.Linear(N, N, sparse=True),
    "readout": lambda: ann.Readout("max_over_time"),
    "first spike": lambda: ann.Readout("first_spike"),
    "residual": lambda: ann.Residual(torch.nn.LayerNorm(N), ann.Neurons("lif")),
}  # fmt: skip


def spikes(steps=12, batch=3):
    return 2 * (torch.rand(steps, batch, N, generator=torch.Generator().manual_seed(0)) < 0.5).float()


def network():
    torch.manual_seed(1)
    return ann.Sequential(ann.Linear(N, N), ann.Recurrent(ann.Neurons("lif", N)), ann.Readout("max_over_time"))


def gradients(net, y):
    net.zero_grad()
    y.square().sum().backward()
    return [p.grad.clone() for p in net.parameters() if p.grad is not None]


SHORT = ("neurons", "recurrent", "own surrogate", "dendrites", "linear")  # each operator, and each way back


@pytest.fixture(params=[k if k in SHORT else pytest.param(k, marks=pytest.mark.validate) for k in LAYERS])
def net(request):
    torch.manual_seed(0)
    return ann.Sequential(LAYERS[request.param]())


def test_compiled_without_a_break_of_the_graph(net):
    """Values, states and gradients are those of the module as it is, bit by bit."""
    torch._dynamo.reset()
    x = spikes().requires_grad_()
    compiled = torch.compile(net, backend="aot_eager", fullgraph=True)
    (y, states), (z, found) = net(x), compiled(x)
    assert y.any() and torch.equal(y, z)
    (want,), (got,) = (torch.autograd.grad(out.square().sum(), x, retain_graph=True) for out in (y, z))
    torch.testing.assert_close(got, want, rtol=1e-6, atol=1e-7)
    for a, b in zip(gradients(net, z), gradients(net, y), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-6, atol=1e-7)
    if states[0] is not None:
        y, z = net(spikes(), ann.detach(states))[0], compiled(spikes(), ann.detach(found))[0]
        assert torch.equal(y, z)


def test_one_compiled_function_for_several_networks_and_lengths():
    torch._dynamo.reset()
    run = torch.compile(lambda net, x: net(x)[0], backend="eager", fullgraph=True)
    one, other = ann.Sequential(ann.Neurons("lif", N, tau_m="5 ms")), ann.Sequential(ann.Neurons("lif", N))
    for net in (one, other, one):
        for steps in (12, 9, 7):
            assert torch.equal(run(net, spikes(steps)), net(spikes(steps))[0])


def test_a_compiled_state_that_is_not_finite_is_an_error():
    torch._dynamo.reset()
    with pytest.raises(FloatingPointError, match="state 'v'"):
        torch.compile(LAYERS["neurons"](), backend="eager")(spikes() * torch.inf)


def test_exported_with_open_shapes_saved_and_loaded():
    net, kept = network(), io.BytesIO()
    free = {"x": {0: torch.export.Dim("time"), 1: torch.export.Dim("batch")}}
    torch.export.save(torch.export.export(net, (spikes(),), dynamic_shapes=free), kept)
    kept.seek(0)
    loaded = torch.export.load(kept).module()
    assert torch.equal(loaded(spikes(30, 5))[0], net(spikes(30, 5))[0])


def test_a_program_without_its_neurons_is_refused():
    with pytest.raises(am.AmineError, match="do not exist in this process; make the network first"):
        torch.ops.amine.scan("unknown-0", "x=x", False, False, [spikes()])


@pytest.mark.parametrize(
    "kind",
    [k if k in SHORT else pytest.param(k, marks=pytest.mark.validate) for k in LAYERS if k != "first spike"],
)
def test_transforms_of_functions(kind):
    """Gradients by torch.func are those of backward, and vmap gives those of each sample."""
    net, x = ann.Sequential(LAYERS[kind]()), spikes()
    parameters = {k: p.detach() for k, p in net.named_parameters()}

    def loss(p, x):
        return torch.func.functional_call(net, p, (x,))[0].square().sum()

    found, to_x = torch.func.grad(loss, (0, 1))(parameters, x)
    y = x.clone().requires_grad_()
    net(y)[0].square().sum().backward()
    torch.testing.assert_close(to_x, y.grad, rtol=1e-4, atol=1e-5)
    for k, p in net.named_parameters():
        torch.testing.assert_close(found[k], p.grad, rtol=1e-4, atol=1e-5)
    each = torch.func.vmap(torch.func.grad(loss, (0, 1)), in_dims=(None, 1))(parameters, x.unsqueeze(2))
    torch.testing.assert_close(each[1].transpose(0, 1)[:, :, 0], to_x, rtol=1e-4, atol=1e-5)
    for k in parameters:
        torch.testing.assert_close(each[0][k].sum(0), found[k], rtol=1e-4, atol=1e-5)


def test_an_ensemble_at_once():
    nets = [ann.Sequential(ann.Linear(N, 4), ann.Neurons("lif", 4, learn=["tau_m"], backend="torch")) for _ in range(3)]
    parameters, buffers, x = *torch.func.stack_module_state(nets), spikes()
    run = torch.func.vmap(lambda p, b: torch.func.functional_call(nets[0], (p, b), (x,))[0])
    assert torch.equal(run(parameters, buffers), torch.stack([net(x)[0] for net in nets]))


def test_kernels_are_refused_inside_a_transform():
    cells = ann.Neurons("lif", N, backend="compiled")
    with pytest.raises(am.AmineError, match="inside a transform of torch.func.*use backend"):
        torch.func.grad(lambda x: cells(x)[0].sum())(spikes())


def test_shapes_on_meta(net):
    y, _ = net(spikes())
    shapes = net.to("meta")(spikes().to("meta"))[0]
    assert shapes.is_meta and shapes.shape == y.shape


def test_made_on_meta_and_filled_from_a_file(tmp_path):
    safetensors = pytest.importorskip("safetensors.torch")
    net, file = network(), tmp_path / "net.safetensors"
    safetensors.save_file(net.state_dict(), file)
    with torch.device("meta"):
        empty = network()
    assert all(p.is_meta for p in empty.parameters())
    empty.load_state_dict(safetensors.load_file(file), assign=True)
    assert torch.equal(empty(spikes())[0], net(spikes())[0])


def test_pruning_and_parametrisations():
    from torch.nn.utils import prune

    net = network()
    net.insert(2, LAYERS["neurons"]())
    prune.l1_unstructured(net[0], "weight", 0.5)
    torch.nn.utils.parametrizations.orthogonal(net[1], "weight")
    torch.nn.utils.parametrize.register_parametrization(net[2].learned["tau_m"], "raw", torch.nn.Tanh())
    net(spikes())[0].sum().backward()
    assert (net[0].weight == 0).sum() == N * N // 2 and not net[0].weight_orig.grad[net[0].weight == 0].any()
    torch.testing.assert_close(net[1].matrix() @ net[1].matrix().T, torch.eye(N), atol=1e-5, rtol=0)
    torch._dynamo.reset()
    assert torch.equal(torch.compile(net, backend="eager", fullgraph=True)(spikes())[0], net(spikes())[0])


def test_skorch():
    skorch = pytest.importorskip("skorch")
    X = torch.cat([torch.zeros(40, N), torch.ones(40, N)]) + 0.1 * torch.randn(80, N)
    y = torch.arange(80) // 40

    class Scores(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.net = ann.Sequential(torch.nn.Linear(N, 8), ann.Neurons("lif"), ann.Linear(8, 2), ann.Readout("leaky"))

        def forward(self, x):
            return self.net(x.expand(10, *x.shape))[0]

    torch.manual_seed(0)
    fitted = skorch.NeuralNetClassifier(
        Scores, criterion=torch.nn.CrossEntropyLoss, optimizer=torch.optim.Adam, lr=0.05, max_epochs=10, verbose=0
    ).fit(X.numpy(), y.numpy())
    assert fitted.score(X.numpy(), y.numpy()) > 0.9


def test_lightning(tmp_path):
    lightning = pytest.importorskip("pytorch_lightning")

    class Module(lightning.LightningModule):
        def __init__(self):
            super().__init__()
            self.net = network()

        def training_step(self, batch, _):
            x, y = batch
            return torch.nn.functional.cross_entropy(self.net(x.transpose(0, 1))[0], y)

        def configure_optimizers(self):
            return torch.optim.Adam(self.parameters(), 0.01)

    data = torch.utils.data.TensorDataset(spikes(batch=8).transpose(0, 1), torch.arange(8) % N)
    module = Module()
    before = [p.detach().clone() for p in module.parameters()]
    trainer = lightning.Trainer(
        max_epochs=1, accelerator="cpu", logger=False, enable_progress_bar=False, enable_model_summary=False,
        default_root_dir=tmp_path,
    )  # fmt: skip
    trainer.fit(module, torch.utils.data.DataLoader(data, 4))
    assert all((p != b).any() for p, b in zip(module.parameters(), before, strict=True))


def test_the_plain_version_loads_no_compiler():
    """Importing layers must not start PyTorch's compiler, which takes seconds."""
    code = "import sys; from amine.learn import nn; nn.Neurons; assert 'torch._dynamo' not in sys.modules and 'torch._inductor' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.validate
@pytest.mark.skipif(shutil.which("g++") is None, reason="inductor wants a C++ compiler")
def test_inductor_gives_the_same():
    torch.manual_seed(0)
    torch._dynamo.reset()
    cells = ann.Recurrent(ann.Neurons("lif", N, learn=["tau_m"]))
    net = ann.Sequential(ann.Linear(N, N), torch.nn.LayerNorm(N), cells, ann.Readout("max_over_time"))
    y, _ = torch.compile(net, backend="inductor", fullgraph=True)(spikes())
    found = gradients(net, y)
    want, _ = net(spikes())
    torch.testing.assert_close(y, want)
    for a, b in zip(found, gradients(net, want), strict=True):
        torch.testing.assert_close(a, b)
