"""Inputs: checked and added to a network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amine.equations.schemes import mentions
from amine.errors import AmineError, did_you_mean
from amine.frozen import append
from amine.network.cables import has_tree
from amine.network.checks import check_weight, group_of, weight_unit
from amine.network.connect import short
from amine.network.doors import door
from amine.network.numbers import name_of, stream_of, whole_number
from amine.network.parts import Declared, PoissonInput, Stimulus, Waveform
from amine.network.receptors import inputs_of
from amine.network.windows import RATE, course_of, during
from amine.values import Value, normalise

if TYPE_CHECKING:
    from amine.given import Quantity, Values
    from amine.network.network import Network
    from amine.network.parts import Neurons, Population


@door
def poisson(
    net: Network,
    target: Neurons,
    *,
    rate: Values | Waveform,
    receptor: str,
    weight: Values | Waveform,
    n: int = 1,
    start: Quantity | None = None,
    stop: Quantity | None = None,
    name: str | None = None,
    stream: Declared = None,
) -> PoissonInput:
    """Add independent Poisson spike trains, ``n`` for each target neuron.

    Parameters
    ----------
    target : a population, slices or sums of them.
    rate : rate of one train: one value, an array (targets,), a distribution, or a waveform in Hz, such as ``am.sine("5 Hz", "4 Hz",
        mean="8 Hz")``; where a waveform falls below zero, no spikes arrive.
    receptor, weight : the receptor's label and the increment at a spike, which may be a waveform too, but of noise for conductances.
    n : number of trains of each neuron.
    start, stop : times between which there are spikes, of a rate in one value or an array; None: from the beginning, to the end.
    stream : identity of its random numbers, a whole number or text, unique among Poisson inputs; None: its targets, and its number among
        the inputs to them.

    Raises
    ------
    AmineError
        Unknown receptor, wrong unit, negative rate, or a waveform of noise as the weight of a conductance.

    Examples
    --------
    >>> import amine as am
    >>> net = am.Network()
    >>> E = net.population("E", 10, "lif_cond")
    >>> net.poisson(E, rate="5 Hz", receptor="AMPA", weight="1 nS", n=100).name
    'poisson->E'
    """
    targets = group_of(net, target, "Poisson input, target")
    name = f"poisson->{short(targets)}" if name is None else name_of(name, "Poisson input")
    where = f"Poisson input '{name}'"
    label = name_of(receptor, f"{where}, receptor", "the label")
    if isinstance(weight, Waveform):
        unit = weight_unit(net, targets, label, f"{where}, weight")
        w: Value | Waveform = course_of(weight, unit, targets.n, f"{where}, weight")
        if unit == "nS" and weight.bounds()[0] < 0.0:
            raise AmineError(
                f"{where}, weight", "a conductance would be negative", given=f"{weight.bounds()[0]:g} nS at the least"
            )
    else:
        w = check_weight(net, targets, label, weight, None, None, where)
    if isinstance(rate, Waveform):
        r: Value | Waveform = course_of(rate, "Hz", targets.n, f"{where}, rate")
    else:
        r = normalise(rate, "Hz", f"{where}, rate", shape=(targets.n,), nonnegative=True)
    r = during(r, start, stop, f"{where}, rate")
    number = whole_number(n, f"{where}, n", 1, 10**9)
    own = stream_of(stream, where, (i.stream for i in net.inputs))
    return append(net.inputs, PoissonInput(name, targets, r, label, w, number, own))


@door
def stimulus(
    net: Network, target: Neurons, current: Waveform, *, into: str | None = None, name: str | None = None
) -> Stimulus:
    """Inject a current, such as ``am.step("100 pA", start="10 ms")``, into each target neuron, or give one of its inputs a course in time.

    Parameters
    ----------
    target : a population, slices or sums of them.
    current : a waveform made by ``am.step``, ``am.ramp``, ``am.sine``, ``am.table`` (one for all, or with a column for each target) or
        ``am.noise``, which is independent for each target.
    into : a named input of the targets' equations, such as ``"stim"`` of the line ``input stim : nS``, to which the waveform is added in
        place of the current ``I``; ``"rate"`` of Poisson sources, to whose rate a waveform in Hz is added (where the sum is below zero, they are
        silent).

    Raises
    ------
    AmineError
        The target is a source of spikes, takes no current or lacks the input, or the current is no waveform of its unit.

    Examples
    --------
    >>> import amine as am
    >>> net = am.Network()
    >>> E = net.population("E", 10, "lif")
    >>> net.stimulus(E[:5], am.step("100 pA", start="10 ms", stop="20 ms")).name
    'current->E'
    """
    targets = group_of(net, target, "Stimulus, target")
    what = "current" if into is None else name_of(into, "Stimulus", "into")
    name = f"{what}->{short(targets)}" if name is None else name_of(name, "Stimulus")
    where = f"Stimulus '{name}'"
    if not isinstance(current, Waveform):
        expected = "step(), ramp(), sine(), table() or noise()"
        raise AmineError(where, "this is not a waveform of a current", given=repr(current)[:40], expected=expected)
    for v in targets:
        course_of(current, _taken(net, net.populations[v.population], current, into, where), targets.n, where)
    return append(net.stimuli, Stimulus(name, targets, current, into or ""))


def _taken(net: Network, population: Population, current: Waveform, into: str | None, where: str) -> str:
    """Unit of the input of a population that a stimulus is added to."""
    if population.model.kind == "source" and into == RATE and RATE in population.model.units:
        return "Hz"
    if population.model.kind != "neuron":
        hint = 'into="rate" adds to the rate of Poisson sources'
        raise AmineError(where, f"'{population.name}' is a source of spikes and takes no current", hint=hint)
    if has_tree(population) and (into is not None or current.kind in ("courses", "noise")):
        hint = "give it a waveform that its neurons share, without into="
        raise AmineError(where, f"'{population.name}' has compartments, which take plain waveforms", hint=hint)
    if into is not None:
        known = inputs_of(population, net)
        if into not in known:
            hint = did_you_mean(into, known) if known else f"write a line such as 'input {into} : pA' in its equations"
            raise AmineError(where, f"'{into}' is no input of the neurons of '{population.name}'", hint=hint)
        return known[into]
    if not has_tree(population) and not mentions(population.model.equations, "I"):
        raise AmineError(
            where, f"the equations of '{population.name}' have no I that takes a current", hint="add I to one"
        )
    return "pA"
