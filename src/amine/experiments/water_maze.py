"""A spiking actor and critic find the hidden platform of a water maze; dopamine is what they learn by.

Place cells fire where the animal is. They excite critic neurons, whose rate is the value of the place, and a ring of actor neurons: like-minded
ones excite each other, all hold back all, and the direction of the bump that wins is where the animal swims. Dopamine neurons fire above or below
their tonic rate by the error of the predicted value. Their dopamine is released into a field, taken up by its transporter, and binds D1 receptors;
the receptors' occupancy above its tonic level turns the eligibility of synapses (pre before post) into changes of weights. An antagonist
at D1 takes that signal away.

Frémaux N, Sprekeler H, Gerstner W (2013) PLoS Comput Biol 9:e1003024 (TD-LTP, ring of actors, value from rates); Foster DJ, Morris RGM, Dayan P
(2000) Hippocampus 10:1-16 (the task). The numbers of the network are chosen for its size.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from amine import models, plasticity, units
from amine.network.network import Network

if TYPE_CHECKING:
    from amine.compounds.doses import Course
    from amine.models.model import Model

POOL, SPEED = 0.7, 0.3  # radius of the pool in m, m/s
PLATFORM, RADIUS = np.array([0.3, 0.2]), 0.1  # its middle and radius in m
SPACING, WIDTH, PEAK = 0.15, 0.16, 200.0  # m between place cells, width of a field, Hz in its middle
STEP, REST, LONGEST = 48.0, 1500.0, 60e3  # ms between decisions, of darkness after a trial, of the longest trial
TONIC, GAIN = 5.0, 2.5  # Hz of dopamine neurons at rest, and of change for an error of 1/s
HORIZON = 4.0  # s over which the future is discounted
VALUE, BASE = 40.0, 6.0  # Hz of the critic that stand for a value of 1, and for none
BLUR, PULSE = 300.0, 288.0  # ms over which rates are averaged, ms of a reward of 1
ACTORS, CRITICS, DOPAMINE = 60, 40, 400  # neurons
NEAR, ALL, SPREAD = 180.0, 64.0, 0.15  # pA: excitation of the like-minded, inhibition of all; width of the former
FAST, SLOW = 40.0, 6.0  # pA of background synapses of 5 and 300 ms: noise, and what lets the animal try out
TURN, MARGIN = -400.0, 0.03  # pA onto actors that head for the wall, m from the wall
LEARN, UNIT = (
    0.2,
    0.0145,
)  # pA of change by an eligibility of 1 in 1 s while D1 is above tonic by UNIT, as an error of 1/s makes it
BLOCK = 4  # trials, one from each start

RULE = """
dx_pre/dt = -x_pre/tau_plus : 1 (source)
de/dt = -e/tau_e : 1
on pre x_pre += 1
on post e += x_pre
dw/dt = eta/tau_w*e*(D1 - tonic)/scale : pA in w_min .. w_max
"""


def rule(tonic: float) -> Model:
    """TD-LTP: eligibility by pre before post, gated by the occupancy of D1 above or below ``tonic``."""
    return plasticity.rule(
        "td_ltp",
        RULE,
        source="Frémaux N, Sprekeler H, Gerstner W (2013) PLoS Comput Biol 9:e1003024",
        tau_plus="20 ms",
        tau_e="500 ms",
        tau_w="1 s",
        eta=LEARN * units.pA,
        tonic=tonic,
        scale=UNIT,
        w_min="0 pA",
        w_max="80 pA",
        clock="10 ms",
    )


def place_fields() -> np.ndarray:
    """Middles (n, 2) in m of the place cells' fields: a grid that reaches a little over the wall."""
    x = np.arange(-0.75, 0.751, SPACING)
    grid = np.stack(np.meshgrid(x, x), -1).reshape(-1, 2)
    return grid[np.hypot(*grid.T) < POOL + SPACING]


FIELDS = place_fields()
ANGLES = 2 * np.pi * np.arange(ACTORS) / ACTORS
HEADINGS = np.stack([np.cos(ANGLES), np.sin(ANGLES)], 1)


def place_rates(at: np.ndarray) -> np.ndarray:
    """Rates in Hz of the place cells at places (..., 2)."""
    return PEAK * np.exp(-((FIELDS - np.asarray(at)[..., None, :]) ** 2).sum(-1) / (2 * WIDTH**2))


def network(seed: int, tonic: float, doses: Sequence[tuple[str, Any]] = ()) -> Network:
    """Place cells, critic, ring of actors, dopamine neurons and their field; ``tonic`` is the occupancy of D1 at which nothing is learnt."""
    net = Network(seed, "1 ms", "Maze")
    receptors = {"exc": models.get("exc")(tau="5 ms"), "slow": models.get("exc")(tau="300 ms")}
    P = net.population("place cells", len(FIELDS), "poisson", rate="0 Hz")
    critic = net.population("critic", CRITICS, "lif", tau_m="20 ms", receptors=receptors)
    actor = net.population("actor", ACTORS, "lif", tau_m="20 ms", receptors=receptors)
    D = net.population("dopamine neurons", DOPAMINE, "poisson", rate=TONIC * units.Hz)
    i, j = np.nonzero(~np.eye(ACTORS, dtype=bool))
    ring = NEAR * np.exp((np.cos(ANGLES[i] - ANGLES[j]) - 1) / SPREAD) - ALL
    net.synapses(actor, actor, receptor="exc", weight=ring * units.pA, pairs=(i, j))
    wall = net.population("wall", ACTORS, "poisson", rate="0 Hz")
    net.synapses(wall, actor, receptor="exc", weight=TURN * units.pA, connect="one_to_one")
    for sign in (1, -1):
        for cells in (critic, actor):
            net.poisson(cells, rate="500 Hz", receptor="exc", weight=sign * FAST * units.pA)
        net.poisson(actor, rate="100 Hz", receptor="slow", weight=sign * SLOW * units.pA)
    DA = net.field("dopamine", released_by=D, release="0.25 nM", uptake="DAT")
    # what the receptor does here is to gate plasticity, and nothing else
    net.modulate(actor, by=DA, receptor="D1", acts_on="exc.conductance", maximum=1)
    learns = {"receptor": "exc", "connect": "all_to_all", "rule": rule(tonic)}
    net.synapses(P, critic, weight="uniform('21 pA', '23 pA')", name="value", **learns)
    net.synapses(P, actor, weight="uniform('25 pA', '27 pA')", name="policy", **learns)
    for drug, dose in doses:
        net.dose(drug, dose)
    return net


def adapted(doses: Sequence[tuple[str, Course]] = ()) -> float:
    """Occupancy of D1 while dopamine neurons fire at their tonic rate and the drugs are there: synapses are used to it."""
    run = network(0, 0.0, doses).run("20 s", progress=False)
    return float(np.mean(run.occupancy("D1").values[1000:]))


@dataclass
class Trial:
    """One swim: its path (n, 2) in m, whether the platform was found and after how many seconds; begin and end in ms; value and error at each ``STEP``."""

    path: np.ndarray
    found: bool
    latency: float
    begin: float
    end: float
    values: np.ndarray
    errors: np.ndarray


class Animal:
    """The network and its body: it senses the place, swims, and is rewarded."""

    def __init__(self, seed: int, tonic: float, doses: Sequence[tuple[str, Course]] = (), keep: bool = False):
        self.loop = network(seed, tonic, doses).loop(keep=keep)
        self.starts = np.random.default_rng([seed, 5])
        self.value, self.push, self.walled = 0.0, np.zeros(2), False
        self.trials: list[Trial] = []

    def block(self) -> None:
        """A trial from each of four places at the wall, in random order."""
        for k in self.starts.permutation(BLOCK):
            angle = 2 * np.pi * k / BLOCK
            self.trials.append(self.swim(0.95 * POOL * np.array([np.cos(angle), np.sin(angle)])))

    def swim(self, start: np.ndarray) -> Trial:
        """From ``start`` until the platform is found or time is over; then darkness."""
        at, begin, found = start.copy(), self.loop.time, False
        path, values, errors = [start.copy()], [], []
        while not found and len(path) * STEP <= LONGEST:
            errors.append(self._tick(place_rates(at), 0.0, dark=False))
            values.append(self.value)
            self._dopamine(errors[-1])
            at = self._move(at)
            path.append(at.copy())
            found = bool(np.linalg.norm(at - PLATFORM) < RADIUS)
        end = self.loop.time
        self._wall(None)
        for k in range(round(REST / STEP)):
            reward = 1e3 / PULSE if found and k * STEP < PULSE else 0.0
            error = self._tick(np.zeros(len(FIELDS)), reward, dark=True)
            errors.append(error if found else 0.0)
            values.append(self.value)
            self._dopamine(errors[-1])
        return Trial(
            np.array(path), found, (len(path) - 1) * STEP * 1e-3, begin, end, np.array(values), np.array(errors)
        )

    def _tick(self, rates: np.ndarray, reward: float, dark: bool) -> float:
        """A step with place cells at these rates; the error of the value (1/s): its change, less its discount, and the reward."""
        self.loop.set_rates("place cells", rates * units.Hz)
        counts = self.loop.advance(f"{STEP} ms")
        keep, before = np.exp(-STEP / BLUR), self.value
        seen = 0.0 if dark else (1e3 * counts["critic"].mean() / STEP - BASE) / VALUE
        self.value = keep * before + (1 - keep) * seen
        self.push = keep * self.push + (1 - keep) * (counts["actor"] @ HEADINGS)
        return (self.value - before) / (STEP * 1e-3) - before / HORIZON + reward

    def _dopamine(self, error: float) -> None:
        self.loop.set_rates("dopamine neurons", max(0.0, TONIC + GAIN * error) * units.Hz)

    def _move(self, at: np.ndarray) -> np.ndarray:
        length, r = np.linalg.norm(self.push), np.linalg.norm(at)
        self._wall(at / r if r > POOL - MARGIN else None)
        at = at + SPEED * STEP * 1e-3 * (self.push / length if length > 0 else 0.0)
        return at * min(1.0, POOL / max(np.linalg.norm(at), 1e-9))

    def _wall(self, outward: np.ndarray | None) -> None:
        """At the wall, actors that head for it are held back."""
        if outward is not None:
            self.loop.set_rates("wall", 200.0 * (HEADINGS @ outward > 0.5) * units.Hz)
        elif self.walled:
            self.loop.set_rates("wall", "0 Hz")
        self.walled = outward is not None

    def weights(self) -> tuple[np.ndarray, np.ndarray]:
        """Weights in pA of the place cells onto critic (places, critics) and actors (places, actors) as they are now."""
        value, policy = (
            self.loop.weights(n).matrix(len(FIELDS), m) for n, m in (("value", CRITICS), ("policy", ACTORS))
        )
        return value, policy


@dataclass
class Group:
    """Animals under the same drugs. ``snapshots``: weights of the first one before learning and after each block."""

    name: str
    tonic: float
    animals: list[Animal]
    snapshots: list[tuple[np.ndarray, np.ndarray]]

    @staticmethod
    def of(name: str, seeds: Sequence[int], doses: Sequence[tuple[str, Course]]) -> Group:
        """Animals that are used to these doses."""
        tonic = adapted(doses)
        animals = [Animal(s, tonic, doses, keep=k == 0) for k, s in enumerate(seeds)]
        return Group(name, tonic, animals, [animals[0].weights()])

    @property
    def latencies(self) -> np.ndarray:
        """Seconds until the platform was found, or of the whole trial; (animals, trials)."""
        return np.array([[t.latency for t in a.trials] for a in self.animals])

    @property
    def found(self) -> np.ndarray:
        """Whether it was found, (animals, trials)."""
        return np.array([[t.found for t in a.trials] for a in self.animals])
