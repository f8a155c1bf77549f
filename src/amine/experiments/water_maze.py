"""A spiking actor and critic that learn by dopamine to find the hidden platform of a water maze.

Place cells encode the position of the animal. They excite critic neurons, whose rate is the value of the place, and a ring of actor neurons:
neurons of similar direction excite each other, all inhibit all, and the direction of the winning bump is that of the movement. Dopamine
neurons fire above or below their tonic rate by the error of the predicted value. Their dopamine is released into a field, taken up by its
transporter, and binds D1 receptors; the receptors' occupancy relative to its tonic level converts the eligibility of synapses (pre before
post) into changes of weights. An antagonist at D1 abolishes this signal.

Frémaux N, Sprekeler H, Gerstner W (2013) PLoS Comput Biol 9:e1003024 (TD-LTP, ring of actors, value from rates); Foster DJ, Morris RGM, Dayan P
(2000) Hippocampus 10:1-16 (the task). The numbers of the network are chosen for its size.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from amine import models, plasticity, units
from amine.network.network import Network
from amine.records import dataclass

if TYPE_CHECKING:
    from amine.compounds.doses import Course
    from amine.models.model import Model

POOL, SPEED = 0.7, 0.3  # radius of the pool in m, m/s
PLATFORM, RADIUS = np.array([0.3, 0.2]), 0.1  # centre and radius in m
SPACING, WIDTH, PEAK = 0.15, 0.16, 200.0  # m between place cells, m width of a place field, Hz at its centre
STEP, REST, LONGEST = 48.0, 1500.0, 60e3  # ms between decisions, of darkness after a trial, of the longest trial
TONIC, GAIN = 5.0, 2.5  # Hz of dopamine neurons at rest, and Hz of change for an error of 1/s
HORIZON = 4.0  # s, time constant of discounting
VALUE, BASE = 40.0, 6.0  # Hz of the critic for a value of 1 above that for 0, and for a value of 0
BLUR, PULSE = 300.0, 288.0  # ms over which rates are averaged, ms of the pulse of a reward of 1
ACTORS, CRITICS, DOPAMINE = 60, 40, 400  # neurons
NEAR, ALL, SPREAD = 180.0, 64.0, 0.15  # pA: excitation of similar directions, inhibition of all; width of the former
FAST, SLOW = 40.0, 6.0  # pA of background synapses of 5 ms (noise) and 300 ms (exploration)
TURN, MARGIN = -400.0, 0.03  # pA onto actors that head for the wall, m from the wall
LEARN, UNIT = (
    0.2,
    0.0145,
)  # pA of change by an eligibility of 1 in 1 s while D1 exceeds its tonic level by UNIT, as for an error of 1/s
BLOCK = 4  # trials, one from each start

RULE = """
dx_pre/dt = -x_pre/tau_plus : 1 (source)
de/dt = -e/tau_e : 1
on pre x_pre += 1
on post e += x_pre
dw/dt = eta/tau_w*e*(D1 - tonic)/scale : pA in w_min .. w_max
"""


def rule(tonic: float) -> Model:
    """TD-LTP rule: eligibility by pre before post, gated by the occupancy of D1 relative to ``tonic``."""
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
    """Centres (n, 2) in m of the place fields: a grid that extends slightly beyond the wall."""
    x = np.arange(-0.75, 0.751, SPACING)
    grid = np.stack(np.meshgrid(x, x), -1).reshape(-1, 2)
    return grid[np.hypot(*grid.T) < POOL + SPACING]


FIELDS = place_fields()
ANGLES = 2 * np.pi * np.arange(ACTORS) / ACTORS
HEADINGS = np.stack([np.cos(ANGLES), np.sin(ANGLES)], 1)


def place_rates(at: np.ndarray) -> np.ndarray:
    """Rates in Hz of the place cells at places (..., 2)."""
    return PEAK * np.exp(-((FIELDS - np.asarray(at)[..., None, :]) ** 2).sum(-1) / (2 * WIDTH**2))


def network(seed: int, tonic: float, doses: Sequence[tuple[str, Course]] = ()) -> Network:
    """Network of place cells, critic, ring of actors and dopamine neurons; ``tonic`` is the occupancy of D1 at which weights do not change."""
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
    # the receptor gates plasticity only: a factor of 1 on the conductance
    net.modulate(actor, by=DA, receptor="D1", acts_on="exc.conductance", maximum=1)
    learns = {"receptor": "exc", "connect": "all_to_all", "rule": rule(tonic)}
    net.synapses(P, critic, weight="uniform('21 pA', '23 pA')", name="value", **learns)
    net.synapses(P, actor, weight="uniform('25 pA', '27 pA')", name="policy", **learns)
    for drug, dose in doses:
        net.dose(drug, dose)
    return net


def adapted(doses: Sequence[tuple[str, Course]] = ()) -> float:
    """Mean occupancy of D1 at the tonic rate of dopamine neurons in the presence of the drugs, to which synapses are adapted."""
    run = network(0, 0.0, doses).run("20 s", progress=False)
    return float(np.mean(run.occupancy("D1").values[1000:]))


@dataclass
class Trial:
    """A trial: path (n, 2) in m, success, latency in s, begin and end in ms, and value and error (1/s) at each ``STEP``."""

    path: np.ndarray
    found: bool
    latency: float
    begin: float
    end: float
    values: np.ndarray
    errors: np.ndarray


class Animal:
    """A network in a closed loop with its body: it senses its position, swims, and is rewarded."""

    def __init__(self, seed: int, tonic: float, doses: Sequence[tuple[str, Course]] = (), keep: bool = False):
        self.loop = network(seed, tonic, doses).loop(keep=keep)
        self.starts = np.random.default_rng([seed, 5])
        self.value, self.push, self.walled = 0.0, np.zeros(2), False
        self.trials: list[Trial] = []

    def block(self) -> None:
        """Run a trial from each of four places at the wall, in random order."""
        for k in self.starts.permutation(BLOCK):
            angle = 2 * np.pi * k / BLOCK
            self.trials.append(self.swim(0.95 * POOL * np.array([np.cos(angle), np.sin(angle)])))

    def swim(self, start: np.ndarray) -> Trial:
        """Run a trial from ``start`` (m) until the platform is found or time is over, and the darkness after it."""
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
        """Advance a step with place cells at these rates (Hz); returns the error of the value (1/s): its change, minus discount, plus reward."""
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
        """Inhibit actors that head for the wall when the animal is there; ``outward`` is the unit vector, None away from the wall."""
        if outward is not None:
            self.loop.set_rates("wall", 200.0 * (HEADINGS @ outward > 0.5) * units.Hz)
        elif self.walled:
            self.loop.set_rates("wall", "0 Hz")
        self.walled = outward is not None

    def weights(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the current weights (pA) of place cells onto critic (places, critics) and actors (places, actors)."""
        value, policy = (
            self.loop.weights(n).matrix(len(FIELDS), m) for n, m in (("value", CRITICS), ("policy", ACTORS))
        )
        return value, policy


@dataclass
class Group:
    """Animals under the same drugs; ``snapshots`` are weights of the first one before learning and after each block."""

    name: str
    tonic: float
    animals: list[Animal]
    snapshots: list[tuple[np.ndarray, np.ndarray]]

    @staticmethod
    def of(name: str, seeds: Sequence[int], doses: Sequence[tuple[str, Course]]) -> Group:
        """Make animals that are adapted to these doses."""
        tonic = adapted(doses)
        animals = [Animal(s, tonic, doses, keep=k == 0) for k, s in enumerate(seeds)]
        return Group(name, tonic, animals, [animals[0].weights()])

    @property
    def latencies(self) -> np.ndarray:
        """Latencies (animals, trials) in s: time to the platform, or of the whole trial if it was not found."""
        return np.array([[t.latency for t in a.trials] for a in self.animals])

    @property
    def found(self) -> np.ndarray:
        """Mask (animals, trials) of trials in which the platform was found."""
        return np.array([[t.found for t in a.trials] for a in self.animals])
