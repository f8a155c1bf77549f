"""Spyx (JAX, flax.nnx, a scan over time): the whole training step under nnx.jit. AdEx is written for it here."""

from importlib.metadata import version

from _training import options, serve

a = options("spyx")
import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402
import optax  # noqa: E402
import spyx  # noqa: E402, F401
import spyx.nn as snn  # noqa: E402
from flax import nnx  # noqa: E402
from spyx.axn import superspike  # noqa: E402

TAU_M, TAU_W, A, B, SHARP, TOP = 9.4, 144.0, 0.13, 0.13, 0.1, 1.4
size, single = a.size, a.task in ("a", "adex")


class AdEx(nnx.Module):
    """As TorchAdEx of the other peers."""

    def __init__(self, shape):
        self.shape, self.spike = shape, superspike()

    def __call__(self, x, state):
        v, w = jnp.split(state, 2, -1)
        grown = SHARP * jnp.exp((jnp.minimum(v, TOP) - 1.0) / SHARP)
        new = v + (grown - v - w) / TAU_M + x
        w = w + (A * v - w) / TAU_W
        spikes = self.spike(new - TOP)
        off = jax.lax.stop_gradient(spikes)
        return spikes, jnp.concatenate([new * (1 - off), w + B * off], -1)

    def initial_state(self, batch):
        return jnp.zeros((batch, 2 * self.shape[0]))


rngs = nnx.Rngs(a.seed)
k1, k2 = jax.random.split(jax.random.key(a.seed))
x = (jax.random.uniform(k1, (a.steps, a.batch, size[0])) < a.rate).astype(jnp.float32)
y = jax.random.randint(k2, (a.batch,), 0, size[-1])
layers = []
for k, (i, o) in enumerate(zip(size, size[1:])):
    recurrent = a.task == "c" and k == 0
    linear = nnx.Linear(i, o, use_bias=not single, rngs=rngs)
    linear.kernel[...] = linear.kernel[...] * (0.6 if single else 2.3)
    cell = AdEx((o,)) if a.task == "adex" else (snn.RLIF if recurrent else snn.LIF)((o,), beta=0.95, rngs=rngs)
    if recurrent:
        cell.recurrent_w[...] = cell.recurrent_w[...] * 0.03
    layers += [linear, cell]
model = snn.Sequential(*layers)
optimiser = nnx.Optimizer(model, optax.adam(1e-4), wrt=nnx.Param)


def loss(m, x, y):
    out, _ = snn.run(m, x)
    if single:
        return out.sum(), out.mean()
    return optax.softmax_cross_entropy_with_integer_labels(out.sum(0), y).mean(), out.mean()


@nnx.jit
def step(m, o, x, y):
    (_, rate), g = nnx.value_and_grad(loss, has_aux=True)(m, x, y)
    if single:
        return rate, g  # the whole gradient, so that nothing can be left out
    o.update(m, g)
    return rate, 0.0


def whole():
    rate, _ = jax.block_until_ready(step(model, optimiser, x, y))
    return {"out_rate": float(rate)}


def small():
    jax.block_until_ready(step(model, optimiser, x[:2, :1], y[:1]))


serve(a, "spyx", version("spyx"), whole, small)
