"""Changes of weights under given spike trains."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import TYPE_CHECKING, Any

import numpy as np

from amine import plasticity
from amine.equations.symbols import symbol
from amine.errors import AmineError
from amine.models.neurons import clopath_adex, lif_cond
from amine.network.network import Network
from amine.records import dataclass
from amine.shown import Shown
from amine.units import unit_part
from amine.values import scalar
from amine.view import style
from amine.view.inline import box, png_image

if TYPE_CHECKING:
    import numpy.typing as npt
    from matplotlib.figure import Figure

    from amine.given import Quantity, Values
    from amine.models.model import Model
    from amine.network.parts import Population
    from amine.results.spikes import SpikeTrain

Train = tuple["npt.ArrayLike", "npt.ArrayLike"]  # presynaptic and postsynaptic times (ms)
DT = 0.1
SHOWN = {"clopath"}  # rules that follow the voltage through spikes


@dataclass(frozen=True)
class Curve(Shown):
    """Curve of weights before and after a protocol.

    ``x`` (points,) is the varied quantity, ``before`` and ``after`` (points,) the weights in ``unit`` (means over repeats), ``spread``
    (points,) the standard deviation over repeats, ``labels`` the names of points that are not numbers.
    """

    name: str
    x: npt.NDArray[np.floating]
    x_label: str
    before: npt.NDArray[np.floating]
    after: npt.NDArray[np.floating]
    unit: str
    spread: npt.NDArray[np.floating] = field(default_factory=lambda: np.zeros(0))
    labels: tuple[str, ...] = ()

    @property
    def change(self) -> npt.NDArray[np.floating]:
        """Weight after divided by the weight before."""
        return self.after / self.before

    @property
    def difference(self) -> npt.NDArray[np.floating]:
        """Weight after minus weight before, in ``unit``."""
        return self.after - self.before

    def figure(self) -> Figure:
        """Draw the change of the weights."""
        fig, axes = style.figure(5, 3.2)
        ax = axes[0, 0]
        ax.axhline(1.0, color="#999999", lw=0.8)
        error = self.spread / self.before if len(self.spread) and self.spread.any() else None
        ax.errorbar(self.x, self.change, error, marker="o", ms=4, lw=1.2, color=style.colour(0))
        if self.labels:
            ax.set_xticks(self.x, self.labels, fontsize=8)
        ax.set_xlabel(self.x_label)
        ax.set_ylabel("weight after / before")
        ax.set_title(self.name, fontsize=10)
        return fig

    def html(self) -> str:
        """Return the curve as HTML, without JavaScript."""
        lead = f"{len(self.x)} points, weights in {self.unit}"
        return box(self.name, lead, png_image(self.figure(), f"Change of weights, {self.name}", 500))

    def __repr__(self) -> str:
        low, high = self.change.min(), self.change.max()
        return f"<{self.name}: {len(self.x)} points, change {low:.3g} to {high:.3g}>"


def measure(
    rule: str | Model,
    trains: Sequence[Train],
    x: np.ndarray,
    x_label: str,
    name: str,
    *,
    weight: Quantity | None = None,
    neuron: str | Model | None = None,
    receptors: Mapping[str, Values | None] | None = None,
    rest: Quantity = "200 ms",
    repeats: int = 1,
    precision: str = "float64",
    seed: int = 1,
    threads: int = 1,
    labels: tuple[str, ...] = (),
    pulse: Mapping[str, Any] | None = None,
) -> Curve:
    """Run one synapse for each train of (pre, post) times (ms), all in one network; see :func:`amine.protocols.pairing` for options.

    Raises
    ------
    AmineError
        If a spike lies before the first step, or the target spikes when it should not.
    """
    net = Network(seed=seed, dt=f"{DT} ms", name=name)
    trains = [t for t in trains for _ in range(repeats)]
    n = len(trains)
    if not n:
        raise AmineError("protocol", "it has no points", hint="give at least one value")
    pre, post = ([np.round(np.asarray(t[side], float) / DT) * DT for t in trains] for side in (0, 1))
    if min(t.min() for t in (*pre, *post) if len(t)) < 3 * DT:
        raise AmineError("protocol", "a spike lies before the first steps", expected=f"at least {3 * DT:g} ms")
    A = _source(net, "pre", pre, n)
    B = net.population("post", n, _target(rule) if neuron is None else neuron)
    D = _source(net, "drive", post, n)
    jump = "110 mV" if B.model == clopath_adex else "500 mV"  # filters of the voltage see the jump for a step
    net.synapses(D, B, receptor="delta", weight=jump, connect="one_to_one", name="drive")
    if pulse is not None:
        R = net.population("pulse", 1, "spike_list", times=[f"{pulse['time']:.6f} ms"], indices=[0])
        net.field(pulse["name"], released_by=R, release=pulse["release"], removal=pulse["removal"])
    parts: dict[str, Any] = dict(receptors or {"AMPA": None})
    first = next(iter(parts))
    if weight is None and parts[first] is None:
        weight = _middle(rule)
    parts[first] = weight if parts[first] is None else parts[first]
    syn = net.synapses(A, B, receptors=parts, connect="one_to_one", rule=rule, delay=f"{DT} ms", name="protocol")
    end = max(t.max() for t in (*pre, *post) if len(t)) + scalar(rest, "ms", "protocol, rest")
    run = net.run(f"{np.ceil(end)} ms", precision=precision, progress=False, threads=threads)
    _check_spikes(run.spikes["post"], post)
    w = run.weights(syn)
    before = scalar(parts[first], w.unit, "protocol, weight")
    after = np.asarray(w.weights, float)[np.argsort(w.sources)].reshape(-1, repeats)
    return Curve(
        name, np.asarray(x, float), x_label, np.full(len(after), before), after.mean(1), w.unit, after.std(1), labels
    )


def _target(rule: str | Model) -> Model:
    """The neuron of protocols: one that shows the course of a spike if the rule needs it."""
    name = rule if isinstance(rule, str) else rule.name
    return clopath_adex if name in SHOWN else lif_cond(t_ref="0.2 ms")


def _source(net: Network, name: str, times: Sequence[np.ndarray], n: int) -> Population:
    """Source that spikes one step before each time, so that spikes arrive at it."""
    flat = np.concatenate(times) - DT
    index = np.repeat(np.arange(n), [len(t) for t in times])
    return net.population(name, n, "spike_list", times=[f"{t:.6f} ms" for t in flat], indices=index)


def _middle(rule: str | Model) -> str:
    """Middle of the bounds of a rule, as text with a unit."""
    model = plasticity.get(rule) if isinstance(rule, str) else rule
    if model.kind != "rule":
        raise AmineError(
            "protocol",
            "this is no rule of plasticity",
            given=f"{model.kind} '{model.name}'",
            hint="give one of am.plasticity",
        )
    bounds = model.parsed.bounds.get("w")
    if bounds is None:
        raise AmineError("protocol", "the rule has no bounds to start between", hint='give weight= such as "1 nS"')
    names = {s.name for b in bounds for s in b.free_symbols}
    unit = next((unit_part(str(model.parameters[n]), n) for n in sorted(names)), "nS")

    values = {symbol(n): scalar(model.parameters[n], unit, n) for n in names}
    low, high = (float(b.subs(values)) for b in bounds)
    return f"{(low + high) / 2!r} {unit}"


def _check_spikes(spikes: SpikeTrain, wanted: Sequence[np.ndarray]) -> None:
    for i, times in enumerate(wanted):
        found = spikes.times[spikes.indices == i]
        if len(found) != len(times) or np.abs(found - np.sort(times)).max(initial=0.0) > DT / 2:
            raise AmineError(
                "protocol",
                "the target did not spike when it should",
                given=f"{len(found)} spikes at point {i}",
                expected=f"{len(times)}",
                hint="choose a smaller weight, a neuron with a shorter refractory time or a lower frequency",
            )
