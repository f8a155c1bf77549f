"""Arrays of explicit synapses, sorted by target, for the kernel of one thread."""

from __future__ import annotations

from collections.abc import Sequence
from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from amine.engine.build import order
from amine.engine.build.connectivity import Bundle
from amine.engine.build.slices import Slice
from amine.engine.build.wiring import fill_row
from amine.engine.device import arguments
from amine.engine.device import explicit_tables as table
from amine.engine.device import synaptic_tables as synaptic
from amine.engine.device.deliver_tables import SLOTS
from amine.engine.device.tables import RELEASE
from amine.engine.resolve.release import ELAPSED, sites_of
from amine.engine.transmission.own_release import own_columns
from amine.records import dataclass

if TYPE_CHECKING:
    from amine.engine.resolve.constant_doses import Changing
    from amine.models.model import Model


@dataclass
class ExplicitBundle:
    """Synapses that share source population, release, cleft and scheme."""

    population: int
    key: int  # of the random numbers of release
    release: Model | None
    cleft: Model | None
    scheme: Model
    where: str
    bundle: Bundle
    v_rows: dict[int, int]  # distance in the state array from a target's conductance to its voltage
    number: int  # of the release model in the module, if synapses advance it
    own: list[np.ndarray] | None  # for each shard (synapses, states and parameters of release)
    rates: list[np.ndarray] | None  # for each shard (2, synapses): binding and unbinding rates of two states
    changing: tuple[Changing, ...] = ()  # doses that change its rates in time


@dataclass(frozen=True)
class Dynamics:
    """The update of a bundle's receptors."""

    scheme: int  # number in the module
    how: int  # BY_TABLE, BY_FORMULA, BY_OWN_RATES or BY_PULSE
    dim: int  # number of values of a synapse
    rows: int  # of the table: number of voltages
    width: int  # of a square pulse, in steps
    rest: np.ndarray  # state at rest (dim,)
    entry: int = 0  # first entry of the table


# types of the arrays that are joined from those of bundles
TYPES: dict[str, npt.DTypeLike] = {
    "seen": np.uint32,
    "owner": np.int32,
    "starts": np.int64,
    "places": np.int64,
    "voltages": np.int64,
    "ready": np.uint8,
    "weights": np.float32,
    "states": np.float32,
    "own": np.float32,
}


class ThreadArrays:
    """The explicit synapses of one thread: bundles are added one after the other, then joined into ``given``."""

    given: arguments.Explicit

    def __init__(self, thread: int, module: ModuleType, slices: Sequence[Slice], Q: np.ndarray):
        self._thread, self._module, self._slices, self._Q = thread, module, slices, Q
        self._rows: list[np.ndarray] = []
        self._ranks: list[np.ndarray] = []  # kept alive: the table holds their addresses
        self._parts: dict[str, list[np.ndarray]] = {n: [] for n in (*TYPES, "rates")}
        self._synapses = self._states = self._targets = self._rates = self._own = 0
        self._largest = self._widest = 1

    def add(self, b: ExplicitBundle, d: Dynamics) -> None:
        """Adds the synapses of a bundle."""
        row = np.zeros(table.X_COLUMNS, np.int64)
        slots, weights = _slots_and_weights(b.bundle, self._thread)
        n, by_target = len(slots), np.argsort(slots, kind="stable")
        heads = np.flatnonzero(np.diff(slots[by_target], prepend=-1)) if n else np.empty(0, np.int64)
        fill_row(row, b.bundle, self._thread, b.population, self._slices[b.population].id0)
        row[synaptic.R_KEY] = b.key
        self._release(row, b)
        rank = np.empty(n, np.uint32)
        rank[by_target] = np.arange(n)
        self._ranks.append(rank)
        row[SLOTS] = rank.ctypes.data
        row[[synaptic.FIRST, synaptic.OWN]] = self._synapses, self._own
        row[[table.COUNT, table.STATE, table.TARGET, table.TARGETS]] = n, self._states, self._targets, len(heads)
        row[[table.SCHEME, table.HOW, table.DIM, table.ROWS]] = d.scheme, d.how, d.dim, d.rows
        row[[table.TABLE, table.RATES]] = d.entry, self._rates
        row[[table.SQUARE, table.WIDTH]] = int(b.cleft is None), d.width
        self._rows.append(row)
        seen, sites = order.canonical(b.bundle)[self._thread][by_target], np.full(n, row[synaptic.SITES])
        owner = self._targets + np.searchsorted(heads, np.arange(n), side="right") - 1
        places = slots[by_target][heads]
        own = [] if b.own is None else b.own[self._thread][by_target].ravel()
        self._append(
            seen=seen, owner=owner, weights=weights[by_target], states=np.repeat(d.rest, n), ready=sites, own=own
        )
        self._append(
            starts=np.append(heads, n), places=np.append(places, 0), voltages=np.append(places + b.v_rows[0], 0)
        )
        if b.rates is not None:
            self._parts["rates"].append(b.rates[self._thread][:, by_target])
        self._synapses, self._states = self._synapses + n, self._states + n * d.dim
        self._targets += len(heads) + 1
        self._own, self._rates = self._own + len(own), self._rates + n * (b.rates is not None)
        self._largest, self._widest = max(self._largest, n), max(self._widest, d.dim)

    def _append(self, **arrays: npt.ArrayLike) -> None:
        for name, x in arrays.items():
            self._parts[name].append(np.asarray(x).astype(TYPES[name]))

    def _release(self, row: np.ndarray, b: ExplicitBundle) -> None:
        """Fills in the rows of payload with the time since the last spike and with the released amount."""
        release, member = b.release, self._slices[b.population].member
        first = int(self._Q[b.population, RELEASE])
        timed = ELAPSED in member.releases and (sites_of(release) > 0 or b.own is not None)
        row[synaptic.ELAPSED] = first + member.releases.index(ELAPSED) if timed else -1
        row[synaptic.SITES] = sites_of(release)
        if b.own is not None and release is not None:
            columns = own_columns(release, self._module, b.number)
            row[list(columns)] = list(columns.values())
        else:
            row[synaptic.RELEASED] = -2 if release is None else first + member.releases.index(release)

    def join(self, numbers: np.ndarray, propagators: np.ndarray, parameters: np.ndarray) -> None:
        """Joins the added bundles; the arguments are shared by all threads."""
        joined = {n: np.concatenate([*self._parts[n], np.zeros(1, kind)]) for n, kind in TYPES.items()}
        self.given = arguments.Explicit(
            bundles=np.array(self._rows, np.int64).reshape(-1, table.X_COLUMNS),
            numbers=numbers,
            transmitter=np.zeros(self._synapses + 1, np.float32),
            until=np.zeros(self._synapses + 1, np.int32),
            spilt=np.zeros(self._targets + 1, np.float32),
            mean=np.zeros(self._largest, np.float32),
            rates=np.concatenate([*self._parts["rates"], np.zeros((2, 1), np.float32)], 1),
            fresh=np.zeros(self._widest * table.PIECE, np.float32),
            table=propagators,
            parameters=parameters,
            **joined,
        )


def _slots_and_weights(bundle: Bundle, t: int) -> tuple[np.ndarray, np.ndarray]:
    """Slots of the targets, and weights, of a thread's synapses."""
    shard = bundle.shards[t]
    return shard.targets.astype(np.int64), shard.weight_of_each(bundle.weight)
