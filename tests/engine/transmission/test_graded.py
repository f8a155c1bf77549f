"""What a new kind of transmission costs: one part, registered once. Here graded coupling written by hand; ``net.coupling`` is the general one.

In each step a target's conductance is the sum over its connections of weight times a function of the source's voltage.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

import amine as am
from amine.engine.build.wiring import target_row
from amine.engine.codegen.slots import Kinds, Slots
from amine.engine.device.tables import BEGIN, END
from amine.engine.resolve.resolved import Resolved
from amine.engine.resolve.routes import Route
from amine.engine.transmission import parts
from amine.engine.transmission.part import Build, Drawn, Layout, Part, State

# --- the part: in a file of its own it would be this ----------------------------------------------------------------


class Coupling(NamedTuple):
    """Graded synapses of this thread's neurons, sorted by target."""

    targets: np.ndarray  # [target] int64: place of its conductance
    starts: np.ndarray  # [target + 1] int64: its first connection
    sources: np.ndarray  # [connection] int64: place of the source's voltage
    weights: np.ndarray  # [connection] real: nS


class Table(State):
    """Nothing changes while the network runs."""

    def __init__(self, threads: list[Coupling]):
        self._threads = threads

    def arguments(self, thread: int) -> Coupling:
        return self._threads[thread]


FUNCTION = """@njit(nogil=True, error_model="numpy")
def couple(X, graded):
    for q in range(graded.targets.size):
        total = F(0.0)
        for c in range(graded.starts[q], graded.starts[q + 1]):
            v = X[graded.sources[c]]
            total += graded.weights[c] * ({activation})
        X[graded.targets[q]] = total


"""


class Graded(Part):
    """Receptors called ``graded``: what they conduct follows the voltage of their sources at once."""

    name = "graded"
    activation = "F(1.0) / (F(1.0) + vexp(-(v + F(50.0)) / F(5.0)))"

    def _routes(self, resolved: Resolved) -> list[Route]:
        return [r for r in resolved.routes if r.label == self.name]

    def applies(self, resolved: Resolved) -> bool:
        return bool(self._routes(resolved))

    def key(self, resolved: Resolved) -> str:
        return self.activation

    def draw(self, layout: Layout) -> Drawn:
        return Drawn(content=self._routes(layout.resolved), delays=[(0, 0)])  # threads meet in each step

    def source(self, kinds: Kinds) -> Slots:
        return Slots(
            argument=("graded", Coupling),
            functions=FUNCTION.format(activation=self.activation),
            stages={"couple": ["couple(X, graded)", "barrier(team.barrier, team.threads)"]},
        )

    def assemble(self, drawn: Drawn, build: Build) -> Table:
        return Table([self._thread(t, drawn.content, build.layout) for t in range(build.layout.threads)])

    def _thread(self, t: int, routes: list[Route], layout: Layout) -> Coupling:
        found: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
        for r in routes:
            i, j = r.synapses.pattern.value
            target = layout.slices[r.destination]
            first, last = layout.blocks[t, r.destination, [BEGIN, END]] * target.lanes
            i, j = i[(j >= first) & (j < last)], j[(j >= first) & (j < last)]
            to = target.slots(target_row(layout.slices, r), j)
            w = float(str(r.weight).removesuffix(" nS"))
            found.append((to, layout.slices[r.origin].slots("v", i), np.full(len(i), w)))
        to, source, weight = (np.concatenate(x) for x in zip(*found, strict=True))
        order = np.lexsort((source, to))
        targets, starts = np.unique(to[order], return_index=True)
        return Coupling(
            targets, np.append(starts, len(to)).astype(np.int64), source[order], weight[order].astype(layout.real)
        )


# --- what it does -------------------------------------------------------------------------------------------------


def network(i: np.ndarray, j: np.ndarray) -> Any:
    still = am.models.neuron(
        "still", "dv/dt = (g_L*(E_L - v) + I + I_e)/C : mV\ninitial v = E_L", g_L="10 nS", E_L="-60 mV", C="100 pF",
        I_e="0 pA", receptors={},
    )  # fmt: skip
    receptor = am.models.receptor(
        "graded", "ds/dt = -s/tau : nS\non spike s += w\ncurrent s*(E_rev - v)", tau="2 ms", E_rev="0 mV"
    )
    net = am.Network(seed=1, dt="0.1 ms")
    P = net.population("P", 80, still, I_e=np.linspace(0.0, 300.0, 80) * am.units.pA)
    Q = net.population("Q", 80, still, receptors={"graded": receptor})
    net.synapses(P, Q, receptor="graded", weight="2 nS", pairs=(i, j))
    net.probe(P, "v", name="v")
    net.probe(Q, "s_graded", name="s")
    return net


def test_a_new_kind_of_transmission_is_one_part_and_one_registration(monkeypatch):
    monkeypatch.setattr(parts, "PARTS", (*parts.PARTS, Graded()))
    rng = np.random.default_rng(1)
    i, j = np.divmod(rng.choice(80 * 80, 300, replace=False), 80)
    one = network(i, j).run("20 ms", precision="float64", progress=False)
    two = network(i, j).run("20 ms", precision="float64", progress=False, threads=2, chunk="3 ms")
    v, s = one.probes["v"]["v"], one.probes["s"]["s_graded"]
    expected = np.zeros_like(s)
    for a, b in zip(i, j, strict=True):
        expected[1:, b] += 2.0 / (1.0 + np.exp(-(v[:-1, a] + 50.0) / 5.0))
    np.testing.assert_allclose(s, expected * np.exp(-0.1 / 2.0), rtol=1e-9, atol=1e-12)
    assert s[-1].max() > 3.0  # it does act
    assert np.array_equal(s, two.probes["s"]["s_graded"]) and np.array_equal(v, two.probes["v"]["v"])
