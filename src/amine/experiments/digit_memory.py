"""A memory of handwritten digits, laid down by calcium through NMDA receptors and lost when they are blocked.

Excitatory neurons receive the pixels through AMPA and NMDA receptors; each excites an inhibitory neuron that inhibits the others (GABA_A).
When a neuron fires, the spike propagates back into its dendrite and relieves its NMDA receptors of magnesium: calcium enters the synapses whose
receptors have bound glutamate. Much calcium strengthens a synapse and little weakens it; a threshold that rises with each spike keeps any
neuron from answering to everything. No label is used until the memory is read out.

Circuit and read-out after Diehl PU, Cook M (2015) Front Comput Neurosci 9:99; calcium thresholds after Shouval HZ, Bear MF, Cooper LN (2002)
PNAS 99:10831-10836 and Graupner M, Brunel N (2012) PNAS 109:3991-3996. The numbers are chosen for images of 64 pixels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field
from typing import TYPE_CHECKING

import numpy as np

from amine import models, plasticity, units
from amine.experiments import digits
from amine.network.network import Network
from amine.records import dataclass

if TYPE_CHECKING:
    from amine.compounds.doses import Course
    from amine.models.model import Model
    from amine.results.run import Run

SHOWN, REST, RATE = 200.0, 50.0, 150.0  # ms for which an image is shown, ms of silence after it, Hz of a white pixel
SNAPSHOTS = 6

CELL = """
dv/dt = (E_L - v)/tau_m + I/C : mV
dtheta/dt = -theta/tau_theta  : mV
threshold v > V_th + theta
reset v = V_r; theta += theta_plus
refractory t_ref hold v
initial v = E_L
method v exponential_euler
"""

RULE = """
dfree/dt = (gain_NMDA - free)/tau_free : 1 (target)
ds/dt = -s/tau_NMDA : 1 (source)
Ca = free*(s + ambient) : 1
initial free = 1
w : weight in 0 .. w_max
on pre s += binding*(1 - s)
on post w += where(Ca > theta_p, eta_p*(w_max - w), where(Ca > theta_d, -eta_d*w, 0*w_max))
"""


def cell() -> Model:
    """A leaky neuron whose threshold rises with each spike and falls back over minutes: intrinsic homeostasis."""
    return models.neuron(
        "digit_cell",
        CELL,
        source="Diehl PU, Cook M (2015) Front Comput Neurosci 9:99",
        receptors={"AMPA": "AMPA", "NMDA": "NMDA", "GABA_A": "GABA_A"},
        E_L="-65 mV",
        V_th="-52 mV",
        V_r="-65 mV",
        tau_m="20 ms",
        C="200 pF",
        t_ref="5 ms",
        tau_theta="400 s",
        theta_plus="0.08 mV",
    )


def rule() -> Model:
    """Calcium that enters a synapse when its neuron fires, through the part of its NMDA receptors that hold glutamate.

    ``free`` is the part of receptors that no drug blocks; the spike itself, which runs back into the dendrite, frees these of magnesium. ``s`` is the
    part that the synapse's own spikes have bound, ``ambient`` what glutamate of the surroundings binds. Calcium is counted in parts of what
    enters when all receptors are bound and free.
    """
    return plasticity.rule(
        "nmda_calcium",
        RULE,
        source="Shouval HZ, Bear MF, Cooper LN (2002) PNAS 99:10831-10836",
        tau_NMDA="50 ms",
        tau_free="1 ms",
        binding=0.3,
        ambient=0.1,
        theta_p=0.6,
        theta_d=0.05,
        eta_p=0.02,
        eta_d=0.015,
        w_max="1 nS",
    )


@dataclass
class Memory:
    """State after learning: weights (moments, 64, neurons) in nS and thresholds (moments, neurons) in mV, at ``times`` (ms), the end last."""

    times: np.ndarray
    weights: np.ndarray
    thresholds: np.ndarray
    run: Run | None = field(default=None, repr=False)

    @property
    def last(self) -> tuple[np.ndarray, np.ndarray]:
        """Weights and thresholds at the end."""
        return self.weights[-1], self.thresholds[-1]


def network(
    images: np.ndarray,
    neurons: int,
    seed: int,
    dt: str = "0.2 ms",
    memory: tuple[np.ndarray, np.ndarray] | None = None,
    begin: tuple[np.ndarray, np.ndarray] | None = None,
    novelty: np.ndarray | None = None,
) -> Network:
    """Network with images (n, 64) as its input; with a ``memory`` (weights, thresholds) it does not learn.

    ``begin`` holds weights and thresholds from which it learns further; ``novelty`` times (ms) at which a cholinergic neuron releases
    acetylcholine, which then gates learning.
    """
    net = Network(seed, dt, "Memory of digits")
    rng = np.random.default_rng([seed, len(images), memory is None])
    t, i = digits.spike_trains(digits.even(images), SHOWN, REST, RATE, net.dt, rng)
    P = net.population("P", digits.PIXELS, "spike_list", times=t * units.ms, indices=i)
    model, start = cell(), None
    if memory is not None:
        model, start = model(theta_plus="0 mV", tau_theta="1e9 s"), {"theta": memory[1] * units.mV}
    elif begin is not None:
        start = {"theta": begin[1] * units.mV}
    E = net.population("E", neurons, model, initial=start)
    I = net.population("I", neurons, "lif_cond", C="20 pF", t_ref="10 ms")
    given = memory if memory is not None else begin
    w = rng.uniform(0.5, 0.9, (digits.PIXELS, neurons)) if given is None else given[0]
    receptors = {"AMPA": w.ravel() * units.nS, "NMDA": "0.01 nS"}
    learning = rule()
    if novelty is not None:
        forebrain = net.population(
            "forebrain", 1, "spike_list", times=novelty * units.ms, indices=np.zeros(len(novelty))
        )
        net.field("acetylcholine", released_by=forebrain, release="50 nM", removal="1 1/s")
        learning = plasticity.gated(learning, "acetylcholine", half="0.5 uM")
    learns = {"rule": learning, "plastic": "AMPA"} if memory is None else {}
    net.synapses(P, E, receptors=receptors, connect="all_to_all", name="P->E", **learns)
    net.synapses(E, I, receptor="AMPA", weight="20 nS", connect="one_to_one")
    others = np.nonzero(~np.eye(neurons, dtype=bool))
    net.synapses(I, E, receptor="GABA_A", weight="8 nS", pairs=others)
    return net


def learn(
    images: np.ndarray,
    neurons: int,
    seed: int,
    dt: str = "0.2 ms",
    doses: Sequence[tuple[str, Course]] = (),
    progress: bool = False,
) -> Memory:
    """Show images (n, 64) one after the other while the synapses learn."""
    net = network(images, neurons, seed, dt)
    for drug, dose in doses:
        net.dose(drug, dose)
    span = len(images) * (SHOWN + REST)
    every = f"{max(1, round(span / SNAPSHOTS / 1000.0))} s"
    net.probe_weights("P->E", every=every, n=digits.PIXELS * neurons, name="weights")
    net.probe(net.populations["E"], "theta", every=every, name="thresholds")
    run = net.run(f"{span} ms", progress=progress)
    seen = run.probes["weights"]
    end = run.weights("P->E").matrix(digits.PIXELS, neurons)
    weights = np.concatenate([seen.values["w"].reshape(-1, digits.PIXELS, neurons), end[None]])
    thresholds = run.probes["thresholds"].values["theta"]
    return Memory(np.append(seen.times, span), weights, np.concatenate([thresholds, thresholds_at_end(run)[None]]), run)


def thresholds_at_end(run: Run) -> np.ndarray:
    """Thresholds (mV) at the end of a run, from the last recorded ones, their decay and the spikes since."""
    model = cell()
    tau, step = (float(units.to_internal(model.parameters[k], model.units[k], k)) for k in ("tau_theta", "theta_plus"))
    probe = run.probes["thresholds"]
    since, spikes = probe.times[-1], run.spikes["E"]
    value = probe.values["theta"][-1] * np.exp(-(run.duration - since) / tau)
    late = spikes.times > since
    np.add.at(value, spikes.indices[late], step * np.exp(-(run.duration - spikes.times[late]) / tau))
    return value


def respond(
    images: np.ndarray,
    memory: tuple[np.ndarray, np.ndarray],
    seed: int,
    dt: str = "0.2 ms",
    doses: Sequence[tuple[str, Course]] = (),
) -> np.ndarray:
    """Spikes of each neuron to each image, (images, neurons), of a network that no longer learns."""
    net = network(images, memory[0].shape[1], seed, dt, memory)
    for drug, dose in doses:
        net.dose(drug, dose)
    run = net.run(f"{len(images) * (SHOWN + REST)} ms", progress=False)
    spikes, out = run.spikes["E"], np.zeros((len(images), memory[0].shape[1]))
    image = np.minimum((spikes.times - net.dt / 2) // (SHOWN + REST), len(images) - 1).astype(int)
    np.add.at(out, (image, spikes.indices), 1.0)
    return out


@dataclass(frozen=True)
class Reading:
    """Read-out: ``evidence`` (classes, neurons) is the mean response of a neuron to each class, as a share of its sum over classes."""

    classes: np.ndarray
    evidence: np.ndarray

    @staticmethod
    def of(responses: np.ndarray, labels: np.ndarray) -> Reading:
        """Read-out from responses (images, neurons) to images with known labels."""
        classes = np.unique(labels)
        mean = np.stack([responses[labels == c].mean(0) for c in classes])
        return Reading(classes, mean / np.maximum(mean.sum(0), 1e-12))

    def classify(self, responses: np.ndarray) -> np.ndarray:
        """Class of each image: the one with the most evidence."""
        return self.classes[(responses @ self.evidence.T).argmax(1)]

    def accuracy(self, responses: np.ndarray, labels: np.ndarray) -> float:
        """Share of images that are classified correctly; an image without a spike counts as wrong."""
        right = (self.classify(responses) == labels) & (responses.sum(1) > 0)
        return float(right.mean())
