"""What holds for every layer: one protocol, two halves equal the whole, types, states that are saved, exact or refused gradients."""

from __future__ import annotations

import pickle

import pytest

import amine as am

torch = pytest.importorskip("torch")
ann = pytest.importorskip("amine.learn.nn")

N = 4
CURRENT = next(n for n in am.models.names("receptor") if "E_rev" not in am.models.get(n).units)


class Own(torch.nn.Module):
    """A user's own layer with a state: the running sum."""

    def forward(self, x, state=None):
        y = x.cumsum(0) + (0 if state is None else state)
        return y, y[-1]


LAYERS = {
    "lif": lambda: ann.Neurons("lif", N, learn=["tau_m", "I_e"]),
    "any": lambda: ann.Neurons("adex"),
    "torch": lambda: ann.Neurons("lif", N, backend="torch"),
    "drawn": lambda: ann.Neurons("lif", N, tau_m=am.uniform("5 ms", "20 ms")),
    "recurrent": lambda: ann.Recurrent(ann.Neurons("lif", N)),
    "receptor": lambda: ann.Receptor(CURRENT, N),
    "release": lambda: ann.Release("tsodyks_markram", N),
    "delays": lambda: ann.Delays(N, max="6 ms"),
    "delayed": lambda: ann.DelayedLinear(N, 3, max="6 ms"),
    **{f"readout_{k}": lambda k=k: ann.Readout(k) for k in ("spike_count", "max_over_time", "leaky", "first_spike")},
    "linear": lambda: ann.Linear(N, 3),
    "sparse": lambda: ann.Linear(N, 3, sparse=True),
    "dendrites": lambda: ann.Dendrites(N, 3, 2),
    "sliding": lambda: ann.SlidingNeurons(N, steps=5),
    "space": lambda: ann.StateSpace(N, modes=3),
    "own": Own,
    "residual": lambda: ann.Residual(ann.Linear(N, N), ann.Neurons("lif", N)),
    "gru": lambda: torch.nn.GRU(N, 3),
    "cell": lambda: torch.nn.LSTMCell(N, 3),
    "attention": lambda: torch.nn.MultiheadAttention(N, 2),
    "transformer": lambda: torch.nn.TransformerEncoder(
        torch.nn.TransformerEncoderLayer(N, 2, 8, dropout=0.0, batch_first=True), 2, enable_nested_tensor=False
    ),
    "norm": lambda: torch.nn.LayerNorm(N),
    "chain": lambda: torch.nn.Sequential(torch.nn.Linear(N, N), torch.nn.Sequential(ann.Neurons("lif", N, gain="2 nA"))),
    "nested": lambda: ann.Sequential(torch.nn.Linear(N, N), ann.Sequential(ann.Neurons("lif", N), ann.Delays(N, max="3 ms"))),
}  # fmt: skip


def spikes(steps=24, dtype=torch.float32):
    return (torch.rand(steps, 3, N, generator=torch.Generator().manual_seed(1)) < 0.4).to(dtype)


@pytest.fixture(params=LAYERS)
def net(request):
    torch.manual_seed(0)
    return ann.Sequential(LAYERS[request.param]())


def test_two_halves_equal_the_whole(net):
    x = 2 * spikes()
    whole, _ = net(x)
    first, states = net(x[:9])
    second, _ = net(x[9:], ann.detach(states))
    joined = torch.cat([first, second]) if whole.ndim == 3 else second
    torch.testing.assert_close(joined, whole)
    assert whole.any()


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_agrees(net, dtype):
    x = spikes()
    want, _ = net(x)
    with torch.autocast("cpu", dtype):
        auto, _ = net(x)
    torch.testing.assert_close(auto.float(), want, rtol=0.05, atol=0.05)
    if not any(isinstance(m, torch.nn.GRU) for m in net.modules()):
        out, _ = net.to(dtype)(x.to(dtype))
        assert out.dtype == dtype
        weighted = (
            torch.nn.Linear
            | ann.Delays
            | ann.DelayedLinear
            | ann.Dendrites
            | ann.Recurrent
            | ann.SlidingNeurons
            | ann.StateSpace
        )
        if not any(isinstance(m, weighted) for m in net.modules()):
            torch.testing.assert_close(out.float(), want, rtol=0.05, atol=0.05)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("kind", ["spike_count", "first_spike", "max_over_time"])
def test_scores_of_many_steps_do_not_stick_in_half_precision(kind, dtype):
    layer, x, state = ann.Readout(kind), torch.zeros(700, 1, 1, dtype=dtype), None
    x[400:] = 1
    for part in x.split(7):
        score, state = layer(part, state)
    assert score.dtype == dtype and all(v.dtype == torch.float32 for v in state.values())
    torch.testing.assert_close(score, layer(x.float())[0].to(dtype))


def test_states_stay_single_under_autocast():
    cells = ann.Neurons("lif", N, learn=["tau_m"]).bfloat16()
    with torch.autocast("cpu", torch.bfloat16):
        _, state = cells(spikes().bfloat16())
    assert state["v"].dtype == torch.float32 and cells.learned["tau_m"].raw.dtype == torch.float32


@pytest.mark.parametrize("dtype", [torch.bool, torch.uint8, torch.int64])
@pytest.mark.parametrize(
    "kind", ["lif", "recurrent", "release", "delays", "linear", "readout_leaky", "readout_spike_count"]
)
def test_spikes_may_be_whole_numbers(kind, dtype):
    layer = ann.Sequential(LAYERS[kind]())
    assert torch.equal(layer(spikes(dtype=dtype))[0], layer(spikes())[0])


def test_the_state_decides(net):
    """Everything but the state may be lost: after it is loaded the result is the same."""
    x = 2 * spikes()
    want, kept = net(x)[0], {k: v.clone() for k, v in net.state_dict().items()}
    with torch.no_grad():
        for p in net.parameters():
            p.add_(0.3)
    for m in net.modules():
        if isinstance(m, ann.Neurons):
            m.decide({p: 0.5 * v for p, v in m.deciding().items()})
    net.load_state_dict(kept)
    assert torch.equal(net(x)[0], want)


@pytest.mark.parametrize(
    ("saved", "loaded", "match"),
    [
        (
            lambda: ann.Neurons("lif", 3),
            lambda: ann.Neurons("adex", 3),
            "its model is another .given lif, expected adex",
        ),
        (lambda: ann.Neurons("lif", 3), lambda: ann.Neurons("lif", 3, dt="0.5 ms"), "its time step is another"),
        (lambda: ann.Neurons("lif", 3), lambda: ann.Neurons("lif", 3, surrogate="arctan"), "its surrogate is another"),
        (LAYERS["drawn"], lambda: ann.Neurons("lif", N), "its equations is another|shape of 'tau_m' is another"),
        (
            lambda: ann.Neurons("lif", 3, learn="tau_m", bounds={"tau_m": ("1 ms", "20 ms")}),
            lambda: ann.Neurons("lif", 3, learn="tau_m"),
            "its lower bound is another",
        ),
        (lambda: ann.Readout("leaky"), lambda: ann.Readout("max_over_time"), "its kind is another"),
        (lambda: ann.Delays(3, max="5 ms"), lambda: ann.Delays(3, max="9 ms"), "its longest delay is another"),
        (lambda: ann.DelayedLinear(3, 3), lambda: ann.DelayedLinear(3, 3, kernel="triangle"), "its kernel is another"),
    ],
)
def test_a_state_of_another_layer_is_refused_by_name(saved, loaded, match):
    with pytest.raises(am.AmineError, match=match):
        loaded().load_state_dict(saved().state_dict())


def test_a_state_of_another_surrogate_is_refused():
    text = "1/cosh(x)**2"
    soft = ann.Surrogate("1/(1 + x**2)", primitive="arctan(x)/pi + 0.5", soft=True)
    with pytest.raises(am.AmineError, match="its surrogate is another"):
        ann.Neurons("lif", 3, surrogate=ann.Surrogate("exp(-x**2)")).load_state_dict(
            ann.Neurons("lif", 3, surrogate=ann.Surrogate(text)).state_dict()
        )
    hard = ann.Surrogate("1/(1 + x**2)")
    with pytest.raises(am.AmineError, match="its surrogate is another .given .*, soft"):
        ann.Neurons("lif", 3, surrogate=hard).load_state_dict(ann.Neurons("lif", 3, surrogate=soft).state_dict())
    with pytest.raises(am.AmineError, match="its join is another"):
        ann.Residual(torch.nn.Linear(3, 3), join="iand").load_state_dict(
            ann.Residual(torch.nn.Linear(3, 3)).state_dict()
        )


def test_layers_are_pickled(net):
    x = 2 * spikes()
    assert torch.equal(pickle.loads(pickle.dumps(net))(x)[0], net(x)[0])


def test_drawn_values_are_loaded():
    a, b = (ann.Neurons("lif", N, V_th=am.uniform("-52 mV", "-48 mV"), seed=s) for s in (0, 1))
    x = 0.5 * torch.rand(60, 3, N)
    assert not torch.equal(a(x)[0], b(x)[0])
    b.load_state_dict(a.state_dict())
    assert torch.equal(a(x)[0], b(x)[0])


# --- gradients ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "kind", ["lif", "recurrent", "release", "delays", "delayed", "linear", "readout_leaky", "dendrites"]
)
def test_a_change_in_place_is_refused_or_harmless(kind):
    torch.manual_seed(0)
    layer, grads = ann.Sequential(LAYERS[kind]()), []
    for change in (False, True):
        x = spikes().requires_grad_()
        y = x * 1.5
        out = layer(y)[0]
        if change:
            with torch.no_grad():
                y.zero_()
        layer.zero_grad()
        try:
            out.square().sum().backward()
        except RuntimeError as e:
            assert change and "modified by an inplace operation" in str(e)
            return
        grads.append([x.grad, *(p.grad for p in layer.parameters())])
    for a, b in zip(*grads, strict=True):
        assert torch.equal(a, b)


@pytest.mark.parametrize("kind", ["lif", "recurrent", "release", "delayed", "linear", "sparse", "dendrites", "space"])
def test_an_output_may_be_changed_in_place(kind):
    layer, grads = ann.Sequential(LAYERS[kind]()), []
    for factor in (1.0, 2.0):
        x = spikes().requires_grad_()
        layer(x)[0].mul_(factor).sum().backward()
        grads.append(x.grad)
    torch.testing.assert_close(2 * grads[0], grads[1])
    torch.nn.Sequential(LAYERS["sparse"](), torch.nn.ReLU(inplace=True))(spikes()).sum().backward()


def test_weights_changed_before_the_way_back_are_refused():
    layer = ann.Recurrent(ann.Neurons("lif", N))
    out, _ = layer(spikes().requires_grad_())
    with torch.no_grad():
        layer.weight.mul_(2)
    with pytest.raises(RuntimeError, match="inplace"):
        out.sum().backward()


@pytest.mark.parametrize("kind", ["lif", "recurrent", "release", "sparse", "dendrites"])
def test_second_derivatives_are_never_silently_missing(kind):
    layer = ann.Sequential(LAYERS[kind]())
    x = spikes().requires_grad_()
    weights = [x, *layer.parameters()]
    for loss in (lambda y: y.sum(), lambda y: y.square().sum()):  # gradients that arrive without and with a history
        first = torch.autograd.grad(loss(layer(1.5 * x)[0]), weights, create_graph=True, allow_unused=True)
        total = sum(g.square().sum() for g in first if g is not None)
        with pytest.raises(am.AmineError, match="twice"):
            torch.autograd.grad(total, weights, allow_unused=True)


def test_second_derivatives_by_the_plain_version():
    cells = ann.Neurons("lif", 2, backend="torch", learn=["tau_m"], dt="1 ms").double()
    x = (torch.rand(6, 1, 2, dtype=torch.float64) * 0.3 + 0.05).requires_grad_()
    y = cells(x, returns="states")[0]["v"].square().sum()
    (g,) = torch.autograd.grad(y, x, create_graph=True)
    assert torch.autograd.grad(g.square().sum(), x)[0].abs().max() > 0


def test_the_weight_is_laid_out_as_in_torch():
    layer = ann.Linear(9, 3, sparse=True)
    assert all(p.is_contiguous() for p in layer.parameters())
    x, y = (torch.rand(20, 2, 9) < 0.1).float(), torch.rand(20, 2, 3)
    optimiser = torch.optim.LBFGS(layer.parameters(), line_search_fn="strong_wolfe")

    def closure():
        optimiser.zero_grad()
        loss = (layer(x) - y).square().mean()
        loss.backward()
        return loss

    before = closure().item()
    optimiser.step(closure)
    assert closure().item() < before
    vector = torch.nn.utils.parameters_to_vector(layer.parameters())
    torch.nn.utils.vector_to_parameters(vector, layer.parameters())


# --- learned parameters ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("unit", "size"), [("mV", 20.0), ("pA", 400.0), ("nS", 20.0), ("pF", 200.0), ("1/ms", 0.1), ("mM", 1.0)]
)
def test_sizes_of_learned_parameters_come_from_the_neuron(unit, size):
    from amine.learn.nn.parameters import natural

    assert natural(unit, 20.0, 400.0, 10.0) == pytest.approx(size)


@pytest.mark.parametrize("start", ["0 pA", "0.1 pA", "100 pA"])
@pytest.mark.parametrize("bounds", [None, ("-1 pA", None)])
def test_a_parameter_that_starts_at_zero_is_learned(start, bounds):
    cells = ann.Neurons("lif", 1, learn=["I_e"], I_e=start, bounds=bounds and {"I_e": bounds})
    optimiser = torch.optim.Adam(cells.parameters(), 0.05)
    for _ in range(300):
        optimiser.zero_grad()
        loss = (cells(torch.zeros(200, 1, 1))[0].sum() - 10).square()
        loss.backward()
        optimiser.step()
    assert loss.item() <= 1


def test_a_state_that_is_not_finite_is_an_error():
    x = spikes()
    x[3, 1, 2] = float("nan")
    for backend in ("compiled", "torch"):
        with pytest.raises(FloatingPointError, match="state 'v': it is not a finite number"):
            ann.Neurons("lif", N, backend=backend)(x)


@pytest.mark.parametrize("backend", ["compiled", "torch"])
def test_an_infinite_input_that_a_spike_resets_is_an_error(backend):
    x = spikes()
    x[3, 1, 2] = torch.inf
    cells = ann.Neurons("lif", N, backend=backend)
    for gradients in (True, False):
        with torch.set_grad_enabled(gradients), pytest.raises(FloatingPointError, match="inf in step 3"):
            cells(x)
    ahead = torch.nn.Linear(N, N)
    torch.nn.init.ones_(ahead.weight)
    with (
        torch.autocast("cpu", torch.float16),
        pytest.raises(FloatingPointError, match="input 'x': it is not finite|state 'v'"),
    ):
        ann.Sequential(ahead, cells)(torch.full((1, 2, N), 6e4))  # the product leaves the range of half precision


@pytest.mark.parametrize("kind", ["sliding", "space", "dendrites"])
def test_no_number_is_not_silence(kind):
    x = spikes()
    x[3, 1, 2] = float("nan")
    layer = ann.Sequential(LAYERS[kind]())
    if kind == "dendrites":
        assert layer(x)[0][3, 1].isnan().all()
    else:
        with pytest.raises(FloatingPointError, match="voltage: it is not a finite number"):
            layer(x)


@pytest.mark.parametrize(
    "kind", [k for k in LAYERS if k.startswith(("lif", "rec", "rel", "del", "read", "lin", "den", "sl"))]
)
def test_what_is_no_tensor_is_refused(kind):
    with pytest.raises(am.AmineError, match="this is not a tensor .given ndarray"):
        LAYERS[kind]()(spikes().numpy())


# --- shapes -------------------------------------------------------------------------------------------------------------


def test_neurons_take_any_axes():
    x = 2 * torch.rand(30, 2, 3, 4, 5)
    flat = ann.Neurons("lif", 60)(x.reshape(30, 2, 60))[0].reshape(x.shape)
    for cells in (ann.Neurons("lif"), ann.Neurons("lif", 60), ann.Neurons("lif", 3), ann.Neurons("lif", 5)):
        y, state = cells(x)
        assert torch.equal(y, flat) and state["v"].shape == x.shape[1:]
        again = cells(x[12:], cells(x[:12])[1])[0]
        assert torch.equal(again, flat[12:])
    assert flat.any()


@pytest.mark.parametrize("n", [None, 3, 5, 60, "channels"])
def test_the_order_in_memory_does_not_matter(n):
    """Images with the channels next to each other, as after a convolution: the same bits, and a state fits either order."""
    own = {"tau_m": [5.0, 10.0, 40.0] * am.units.ms} if n == "channels" else {}
    cells = ann.Neurons("lif", 3 if n == "channels" else n, **own)
    x = 2 * torch.rand(20, 2, 3, 4, 5)
    last = x.movedim(2, -1).contiguous().movedim(-1, 2)
    want, end = cells(x)
    first, state = cells(last[:9])
    second, found = cells(x[9:], state)
    assert want.any() and torch.equal(torch.cat([first, second]), want) and torch.equal(cells(last)[0], want)
    assert torch.equal(found["v"], end["v"])
    grads = []
    for y in (x.clone(), last.clone()):
        y.requires_grad_()
        (cells(y)[0] * torch.arange(5.0)).sum().backward()
        grads.append(y.grad)
    assert torch.equal(*grads)


def test_a_convolution_leaves_channels_next_to_each_other():
    net = ann.Sequential(torch.nn.Conv2d(1, 4, 3), ann.Neurons("lif"), torch.nn.MaxPool2d(2))
    y, _ = net(torch.rand(3, 2, 1, 8, 8))
    assert y.stride()[2] == 1


def test_channels_have_their_own_parameters():
    tau_m = [5.0, 10.0, 40.0]
    tau = tau_m * am.units.ms
    x = 2 * torch.rand(40, 2, 3, 4, 4)
    y, _ = ann.Neurons("lif", 3, tau_m=tau, gain="500 pA")(x)
    assert y.any()
    for c in range(3):
        one, _ = ann.Neurons("lif", tau_m=f"{tau_m[c]} ms", gain="500 pA")(x[:, :, c])
        assert torch.equal(y[:, :, c], one)
    with pytest.raises(am.AmineError, match="both axes behind the batch could be theirs"):
        ann.Neurons("lif", 3, tau_m=tau)(torch.rand(5, 2, 3, 3))
    with pytest.raises(am.AmineError, match="neither all axes"):
        ann.Neurons("lif", 7)(x)
    with pytest.raises(am.AmineError, match="has a value for each neuron"):
        ann.Neurons("lif", tau_m=am.uniform("5 ms", "9 ms"))


@pytest.mark.parametrize(
    ("make", "shape"),
    [
        (lambda: torch.nn.Conv2d(3, 4, 3), (3, 8, 8)),
        (lambda: torch.nn.AvgPool2d(2), (3, 8, 8)),
        (lambda: torch.nn.MaxPool2d(2), (3, 8, 8)),
        (lambda: torch.nn.Flatten(), (3, 8, 8)),
        (lambda: torch.nn.BatchNorm2d(3).eval(), (3, 8, 8)),
        (lambda: torch.nn.BatchNorm1d(6).eval(), (6,)),
        (lambda: torch.nn.Conv1d(3, 4, 3), (3, 8)),
        (lambda: torch.nn.GroupNorm(3, 6), (6, 4, 4)),
        (lambda: torch.nn.LayerNorm(6), (6,)),
        (lambda: torch.nn.Linear(6, 2), (6,)),
        (lambda: torch.nn.Softmax(1), (6,)),
        (lambda: torch.nn.Upsample(scale_factor=2), (3, 4, 4)),
        (lambda: torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.ReLU(), torch.nn.Flatten()), (3, 8, 8)),
    ],
)
def test_layers_of_torch_are_applied_to_each_step(make, shape):
    m, x = make(), torch.rand(5, 4, *shape)
    y, _ = ann.Sequential(m).train(m.training)(x)
    torch.testing.assert_close(y, torch.stack([m(row) for row in x]))


def test_statistics_of_a_batch_norm_are_of_channels():
    m, x = torch.nn.BatchNorm1d(6), 3 + torch.randn(50, 20, 6)
    y, _ = ann.Sequential(m)(x)
    assert y.mean((0, 1)).abs().max() < 1e-5 and m.running_mean.shape == (6,)


def test_layers_after_a_readout_know_no_time():
    net = ann.Sequential(ann.Neurons("lif"), ann.Readout("leaky"), torch.nn.BatchNorm1d(6), torch.nn.Linear(6, 2))
    assert net(torch.rand(7, 5, 6))[0].shape == (5, 2)


def test_attention_sees_no_later_step():
    for first in (False, True):
        m, x = torch.nn.MultiheadAttention(6, 2, batch_first=first), torch.rand(7, 5, 6)
        s = x.transpose(0, 1) if first else x
        want = m(s, s, s, attn_mask=torch.ones(7, 7).triu(1).bool())[0]
        torch.testing.assert_close(ann.Sequential(m)(x)[0], want.transpose(0, 1) if first else want)


def test_residual_blocks_join_spikes():
    x = spikes()
    y, _ = ann.Neurons("lif", gain="2 nA")(x)
    assert y.any()
    for join, want in (("add", x + y), ("and", x * y), ("iand", (1 - y) * x)):
        out, states = ann.Residual(ann.Neurons("lif", gain="2 nA"), join=join)(x)
        assert torch.equal(out, want) and len(states) == 1
    with pytest.raises(am.AmineError, match="differ in shape"):
        ann.Residual(torch.nn.Linear(N, 3))(x)


class Inside(torch.nn.Module):
    """A user's own module, with neurons inside and no state."""

    def __init__(self):
        super().__init__()
        self.cells = ann.Neurons("lif", N)

    def forward(self, x, hidden=None):
        return self.cells(x, hidden)


def test_a_state_that_would_be_lost_is_an_error():
    net = ann.Sequential(Inside())
    _, states = net(spikes())
    with pytest.raises(am.AmineError, match="module 0: Inside has a state .* forward.x, state=None."):
        net(spikes(), states)
    for m in (ann.Neurons("lif", N), torch.nn.GRU(N, 3), Inside()):
        with pytest.raises(am.AmineError, match="PerStep, .* steps cannot be folded"):
            ann.PerStep(m)
    with pytest.raises(am.AmineError, match="Inside has neurons inside"):
        ann.initialise(ann.Sequential(ann.Linear(N, N), Inside()), spikes())


def test_vectors_of_whole_numbers_have_time():
    net = ann.Sequential(torch.nn.Embedding(9, 3), torch.nn.BatchNorm1d(3))
    found, _ = net(torch.randint(0, 9, (40, 3)))
    assert found.mean((0, 1)).abs().max() < 1e-5


def test_layers_over_time_are_refused_where_they_would_be_wrong():
    x = torch.rand(6, 2, N)
    both = ann.Sequential(torch.nn.GRU(N, 3, bidirectional=True))
    _, states = both(x[:3])
    with pytest.raises(am.AmineError, match="bidirectional"):
        both(x[3:], states)
    with pytest.raises(am.AmineError, match="no axis of time"):
        ann.Sequential(ann.Readout("spike_count"), torch.nn.MultiheadAttention(N, 2))(x)
    with pytest.raises(am.AmineError, match="two inputs"):
        ann.Sequential(torch.nn.Bilinear(N, N, 3))(x)
    with pytest.raises(am.AmineError, match="not one tensor"):
        ann.Sequential(torch.nn.MaxPool1d(2, return_indices=True))(x)
    with pytest.raises(am.AmineError, match="LogSoftmax: it runs over the samples"):
        ann.Sequential(torch.nn.Sequential(torch.nn.LogSoftmax(0)))(x)


@pytest.mark.parametrize("kind", ["spike_count", "max_over_time", "leaky", "first_spike"])
def test_padding_changes_no_score(kind):
    net = ann.Sequential(torch.nn.Linear(N, 5), ann.Recurrent(ann.Neurons("lif", 5)), ann.Sequential(ann.Readout(kind)))
    x, lengths = 3 * spikes(), torch.tensor([24, 7, 13])
    alone = torch.stack([net(x[:n, b : b + 1])[0][0] for b, n in enumerate(lengths)])
    padded = torch.where(torch.arange(24)[:, None, None] < lengths[:, None], x, 5.0)
    torch.testing.assert_close(net(padded, lengths=lengths)[0], alone)
    packed = torch.nn.utils.rnn.pack_padded_sequence(padded, lengths, enforce_sorted=False)
    scores, states = net(packed)
    torch.testing.assert_close(scores, alone)
    assert alone.any() and states[-1][0]
    net(padded, lengths=lengths)[0].sum().backward()
    for wrong, match in ((torch.tensor([24, 7]), "one whole number"), (torch.tensor([25, 7, 1]), "between 1 and")):
        with pytest.raises(am.AmineError, match=match):
            net(x, lengths=wrong)
    with pytest.raises(am.AmineError, match="no read-out"):
        ann.Sequential(torch.nn.Linear(N, 3))(x, lengths=lengths)
