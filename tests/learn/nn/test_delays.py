"""Learned delays of lines and of connections."""

from __future__ import annotations

import pytest

import amine as am

torch = pytest.importorskip("torch")
ann = pytest.importorskip("amine.learn.nn")


def test_delays_are_learned():
    """A line finds the delay of a target."""
    torch.manual_seed(0)
    x = (torch.rand(200, 4, 1) < 0.05).float()
    target, _ = ann.Delays(1, max="20 ms", start="13 ms", learn=False)(x)
    line = ann.Delays(1, max="20 ms", start="6 ms", width="8 ms")
    optimiser = torch.optim.Adam(line.parameters(), 0.1)
    for i in range(200):
        line.sharpen(f"{max(1.0, 8.0 - i / 20)} ms")
        optimiser.zero_grad()
        (line(x)[0] - target).square().mean().backward()
        optimiser.step()
    assert line.delays().item() == pytest.approx(13.0, abs=0.3)


def test_each_connection_has_its_delay():
    """The layer is the sum over connections, written out, in two halves too; delays between steps are divided between both."""
    torch.manual_seed(0)
    delay = torch.tensor([[0.0, 2.25, 5.0], [1.0, 3.0, 4.5]])
    layer = ann.DelayedLinear(
        3, 2, max="5 ms", start=delay.numpy() * am.units.ms, learn=False, kernel="triangle"
    ).double()
    x = torch.rand(12, 2, 3, dtype=torch.float64)
    want = layer.bias.expand(12, 2, 2).clone()
    for o in range(2):
        for i in range(3):
            d, f = int(delay[o, i]), float(delay[o, i]) % 1
            for late, part in ((d, 1 - f), (d + 1, f)):
                if part:
                    want[late:, :, o] += part * layer.weight[o, i] * x[: 12 - late, :, i]
    torch.testing.assert_close(layer(x)[0], want)
    first, state = layer(x[:5])
    torch.testing.assert_close(torch.cat([first, layer(x[5:], state)[0]]), want)


@pytest.mark.parametrize("kernel", ["gaussian", "triangle"])
def test_gradients_of_weights_and_delays_agree_with_differences(kernel):
    torch.manual_seed(1)
    layer = ann.DelayedLinear(2, 2, max="6 ms", kernel=kernel, width="1.7 ms").double()
    x = torch.rand(9, 1, 2, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(
        lambda y, w, d: torch.func.functional_call(layer, {"weight": w, "raw": d}, (y,))[0],
        (x, layer.weight, layer.raw),
    )


def test_delays_of_connections_are_learned():
    """Spikes of two lines of which each output listens to one, at its own lag: weights, delays and their sums in whole steps are found."""
    torch.manual_seed(0)
    x = (torch.rand(200, 4, 2) < 0.05).float()
    target = torch.stack([x.roll(11, 0)[..., 0], x.roll(4, 0)[..., 1]], -1)
    layer = ann.DelayedLinear(2, 2, max="20 ms", start="8 ms", width="6 ms")
    optimiser = torch.optim.Adam(layer.parameters(), 0.05)
    for i in range(300):
        layer.sharpen(f"{6 * 0.02 ** (i / 300):g} ms")
        optimiser.zero_grad()
        (layer(x)[0] - target)[20:].square().mean().backward()
        optimiser.step()
    found = layer.rounded()
    assert not any(n == "raw" for n, _ in found.named_parameters())
    assert found.delays().diagonal().tolist() == [11.0, 4.0]
    assert (found(x)[0] - target)[20:].abs().max() < 0.1
    again = ann.DelayedLinear(2, 2, max="20 ms", learn=False)
    again.load_state_dict(found.state_dict())
    assert torch.equal(again(x)[0], found(x)[0])


def test_a_narrow_gaussian_is_the_next_step_and_never_undefined():
    for d in ("3.4 ms", "3 ms", "20 ms"):
        kernel = ann.Delays(1, max="20 ms", start=d, learn=False, kernel="gaussian").kernel(torch.float32)[0]
        assert kernel.argmax() == round(float(d.split()[0])) and kernel.max() > 0.99


@pytest.mark.parametrize(
    ("make", "match"),
    [
        (lambda: ann.Delays(2, max="5 ms", start="9 ms"), "not between 0 and max .given 9 ms"),
        (lambda: ann.DelayedLinear(2, 3, start=[1.0, float("nan")] * am.units.ms), "the value is not finite"),
        (lambda: ann.DelayedLinear(2, 3, start=[1.0, 2.0, 3.0] * am.units.ms), "the shape is wrong"),
        (lambda: ann.DelayedLinear(2, 3, kernel="gauss"), "'gauss' is not known.*gaussian"),
        (lambda: ann.DelayedLinear(2, 3)(torch.rand(5, 2, 3)), "last axis does not fit"),
    ],
)
def test_what_does_not_fit_is_refused(make, match):
    with pytest.raises(am.AmineError, match=match):
        make()
