"""Stores of results during a run: memory, or a zarr store on disk."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from amine.errors import AmineError, AmineWarning
from amine.files import canonical, is_intact, read_json, remove_folder, replacing_folder, sealed
from amine.network.recordings import NEURON
from amine.network.weights import Weights
from amine.results import packed
from amine.results.chunks import ROOT, Files, check_array, open_root, readable_errors
from amine.results.probes import ProbeData
from amine.results.spikes import Spikes, spikes_from

if TYPE_CHECKING:
    import numpy.typing as npt

    from amine.given import FilePath
    from amine.results.meta import Meta

FORMAT = "amine store 2"
FULL = {"write_empty_chunks": True}  # chunks of zeros are written too, so that a missing chunk is a lost one
WEIGHT_ROWS = 2**18
Probes = dict[str, tuple[np.ndarray, dict[str, np.ndarray]]]


def _probe_data(meta: Meta, name: str, times: np.ndarray, values: dict[str, np.ndarray]) -> ProbeData:
    q = next(q for q in meta["probes"] if q["name"] == name)
    neurons = np.arange(q["start"], q["stop"], q["step"])
    return ProbeData(name, q["population"], neurons, times, values, dict(q["units"]), q.get("at", ""))


class MemoryStore:
    """Results kept in memory."""

    def __init__(self) -> None:
        self._spikes: list[packed.Packed] = []
        self._early: list[np.ndarray] = []
        self._probes: dict[str, tuple[list[np.ndarray], dict[str, list[np.ndarray]]]] = {}

    def append(self, steps: np.ndarray, ids: np.ndarray, probes: Probes, early: np.ndarray | None = None) -> None:
        """Add the results of a chunk of the run; ``early`` are the parts of a step by which spikes precede the ends of their steps."""
        self._spikes.append(packed.Packed(steps, ids))
        if early is not None:
            self._early.append(early)
        for name, (times, values) in probes.items():
            kept = self._probes.setdefault(name, ([], {v: [] for v in values}))
            kept[0].append(times)
            for v, x in values.items():
                kept[1][v].append(x)

    def copy(self) -> MemoryStore:
        """Return a store with the same results, to which others can be added."""
        out = MemoryStore()
        out._spikes, out._early = [*self._spikes], [*self._early]
        out._probes = {n: ([*t], {v: [*x] for v, x in values.items()}) for n, (t, values) in self._probes.items()}
        return out

    def flush(self) -> None:
        """Do nothing: results are not buffered."""

    def discard(self) -> None:
        """Do nothing: there are no files."""

    def counts(self) -> dict[str, Any]:
        """Return the entry of a checkpoint about this store."""
        return {"kind": "memory", "spikes": sum(len(s) for s in self._spikes)}

    def in_memory(self) -> dict[str, np.ndarray]:
        """Return all results as arrays, for a checkpoint."""
        steps, ids = self.spikes()
        out = {"steps": steps, "ids": ids}
        if self._early:
            out["early"] = np.concatenate(self._early)
        for name, (times, values) in self._probes.items():
            out[f"probe/{name}/"] = _join(times, np.float64)
            out |= {f"probe/{name}/{v}": np.concatenate(x) for v, x in values.items()}
        return out

    def restore(self, memory: dict[str, np.ndarray], counts: Mapping[str, Any]) -> None:
        """Restore the results of a checkpoint."""
        if counts["kind"] != "memory":
            raise AmineError(
                "Network.run, resume",
                "the checkpoint was made with a store",
                hint="give store= as in the run that was cut off",
            )
        self._early = [memory["early"]] if "early" in memory else []
        self._spikes, self._probes = [packed.Packed(memory["steps"], memory["ids"])], {}
        for key, x in memory.items():
            if key.startswith("probe/"):
                name, _, variable = key[6:].rpartition("/")
                kept = self._probes.setdefault(name, ([], {}))
                if variable:
                    kept[1][variable] = [x]
                else:
                    kept[0].append(x)

    def finish(
        self, meta: Meta, duration: float, about: Mapping[str, object], weights: Mapping[str, Weights]
    ) -> tuple[Spikes, dict[str, ProbeData]]:
        """Return all spikes and traces; ``about`` and ``weights`` are used by stores on disk only."""
        early = _join(self._early, meta["precision"]) if meta.get("interpolated") else None
        return spikes_from(meta, *self.spikes(), duration, early), self.recorded(meta)

    def spikes(self) -> tuple[np.ndarray, np.ndarray]:
        """Return steps and neurons of all spikes."""
        return packed.spikes(self._spikes)

    def early(self) -> np.ndarray | None:
        """Return the part of a step by which each spike precedes the end of its step; None if that is not kept."""
        return np.concatenate(self._early) if self._early else None

    def recorded(self, meta: Meta) -> dict[str, ProbeData]:
        """Return all recordings by the name of their probe."""
        return {
            n: _probe_data(meta, n, _join(t, np.float64), {v: np.concatenate(x) for v, x in values.items()})
            for n, (t, values) in self._probes.items()
        }


def _join(parts: list[np.ndarray], dtype: npt.DTypeLike) -> np.ndarray:
    return np.concatenate(parts) if parts else np.empty(0, dtype)


class _Array(NamedTuple):
    """Form of an array of a store: shape of a row, rows of a chunk, and type."""

    row: tuple[int, ...]
    rows: int
    dtype: np.dtype[Any]


def layout(meta: Meta) -> dict[str, _Array]:
    """Forms of all arrays that grow during a run, by their path in the store."""
    out = {
        "spikes/steps": _Array((), 2**18, np.dtype(np.int64)),
        "spikes/ids": _Array((), 2**18, np.dtype(np.int32)),
    }
    if meta.get("interpolated"):
        out["spikes/early"] = _Array((), 2**18, np.dtype(meta["precision"]))
    for k, q in enumerate(meta["probes"]):
        n = len(range(q["start"], q["stop"], q["step"]))
        out[f"probes/{k}/times"] = _Array((), 2**16, np.dtype(np.float64))
        for v in q["variables"]:
            dtype = np.dtype(q.get("dtype", meta["precision"]))
            if q.get("at"):
                out[f"probes/{k}/{v}"] = _Array((), 2**16, np.dtype(np.int64) if v == NEURON else dtype)
                continue
            out[f"probes/{k}/{v}"] = _Array((n,), max(1, min(2**16, 2**22 // max(1, 4 * n))), dtype)
    return out


class ZarrStore:
    """Store on disk: groups ``spikes`` (steps, ids, and with interpolated spikes ``early``) and ``probes/<number>`` (times and variables).

    Rows are buffered in memory until they fill a chunk, which is then written once, flushed to disk and never changed. A checkpoint holds
    the buffered rows and the digests of all files, so that it stays consistent with the chunks that it counts. At the end the digests are
    stored in the attributes of the root, and files are compared with them when they are opened.
    """

    MOST_WAITING = 2**28  # bytes that are buffered while the disk is full

    def __init__(self, root: Any, files: Files, meta: Meta):
        self.root, self.files, self.meta = root, files, meta
        self._layout = layout(meta)
        self._waiting: dict[str, list[np.ndarray]] = {name: [] for name in self._layout}
        self._written = dict.fromkeys(self._layout, 0)  # rows in whole chunks
        self._warned = False
        self.ended: dict[str, Any] = {}  # attributes of the root after the end of the run

    # --- create and open ---------------------------------------------------------------------------------------

    @staticmethod
    def create(path: FilePath, meta: Meta) -> ZarrStore:
        """Create a store, which appears under its name when it is ready for its first chunk.

        Raises
        ------
        AmineError
            If the path exists, unless it is an empty store of this network, left by a run that was killed before its first chunk.
        """
        target, where = Path(path), f"store '{path}'"
        if target.exists():
            if not _is_unused(target, meta):
                raise AmineError(where, "it exists", hint="choose another name, or resume from a checkpoint")
            with readable_errors(where):
                remove_folder(target)
        with replacing_folder(target, where) as temporary:
            files = ZarrStore._begin(temporary, where, meta).files
        files.path = target
        return ZarrStore(open_root(files, write=True), files, meta)

    @staticmethod
    def _begin(folder: Path, where: str, meta: Meta) -> ZarrStore:
        files, meta = Files(folder, where), json.loads(canonical(meta))
        with readable_errors(where):
            root = open_root(files, write=True)
            for name, a in layout(meta).items():
                shape, chunks = (0, *a.row), (a.rows, *map(_at_least_one, a.row))
                root.create_array(name, shape=shape, chunks=chunks, dtype=a.dtype, config=FULL)
            root.attrs.put(sealed({"format": FORMAT, "meta": meta}))
        return ZarrStore(root, files, meta)

    @staticmethod
    def save(
        path: FilePath,
        meta: Meta,
        results: tuple[np.ndarray, np.ndarray, Probes, np.ndarray | None],
        duration: float,
        about: Mapping[str, object],
        weights: Mapping[str, Weights],
    ) -> None:
        """Write a complete store, which appears when it is finished; raises AmineError if the path exists."""
        target, where = Path(path), f"store '{path}'"
        if target.exists():
            raise AmineError(where, "it exists", hint="choose another name")
        with replacing_folder(target, where) as temporary:
            store = ZarrStore._begin(temporary, where, meta)
            store.append(*results)
            store.finish(meta, duration, about, weights)

    @staticmethod
    def _read_root(path: FilePath, write: bool) -> tuple[Any, Files, dict[str, Any]]:
        """Root, files and attributes of a store; raises AmineError if it is foreign, or its description is damaged."""
        where, target = f"store '{path}'", Path(path)
        if not target.exists():
            raise AmineError(where, "it does not exist")
        files = Files(target, where)
        try:
            read_json(target / ROOT, where)
            root = open_root(files, write)
            attributes = dict(root.attrs)
        except ImportError:
            raise
        except Exception as e:  # zarr raises assorted errors on foreign folders
            raise AmineError(where, "this is not a store, or it is damaged", given=type(e).__name__) from e
        kind = attributes.get("format")
        if kind != FORMAT:
            expected = f"'{FORMAT}'"
            raise AmineError(where, "this is not a store of this version", given=repr(kind)[:40], expected=expected)
        if not is_intact(attributes):
            raise files.damaged(ROOT, "is not as it was written")
        return root, files, attributes

    @staticmethod
    def open(path: FilePath) -> ZarrStore:
        """Open the store of a finished run for reading; every file is compared with its digest.

        Raises
        ------
        AmineError
            If it is foreign, damaged or incomplete, or its run did not finish.
        """
        root, files, attributes = ZarrStore._read_root(path, write=False)
        if "duration" not in attributes:
            raise AmineError(files.where, "its run did not finish", hint="resume it from its checkpoint first")
        try:
            files.digests, files.complete = dict(attributes["digests"]), True
            store = ZarrStore(root, files, attributes["meta"])
            store.ended = attributes
            store._check_arrays(attributes["shapes"])
            files.check_all()
        except AmineError:
            raise
        except Exception as e:  # attributes of another form, or what zarr raises on files that are not arrays
            raise AmineError(files.where, "it is damaged", given=f"{type(e).__name__}: {e}"[:80]) from e
        return store

    @staticmethod
    def resume(path: FilePath, network: str) -> ZarrStore:
        """Open the store of an interrupted run for :meth:`restore`; raises AmineError if it belongs to another network."""
        root, files, attributes = ZarrStore._read_root(path, write=True)
        if attributes["meta"].get("hash") != network:
            hint = "give the store of the run that was cut off"
            raise AmineError(files.where, "it belongs to another network", hint=hint)
        return ZarrStore(root, files, attributes["meta"])

    def _check_arrays(self, shapes: Mapping[str, list[int]]) -> None:
        """Raise AmineError if an array is missing or has another form than the store describes."""
        for name, given in shapes.items():
            shape, array = tuple(given), self.root[name]
            a = self._layout.get(name)
            if a is None and (not name.startswith("weights/") or array.dtype.kind not in "biuf" or len(shape) != 1):
                raise self.files.damaged(f"{name}/{ROOT}", "does not belong to it")
            a = a or _Array((), WEIGHT_ROWS, array.dtype)
            check_array(self.files, name, array, (shape[0], *a.row), (a.rows, *map(_at_least_one, a.row)), a.dtype.str)
        for name in self._layout:
            group, lead = name.rpartition("/")[0], "steps" if name.startswith("spikes") else "times"
            if name not in shapes or shapes[name][0] != shapes[f"{group}/{lead}"][0]:
                raise self.files.damaged(f"{name}/{ROOT}", "has another number of rows than its group")

    # --- write -------------------------------------------------------------------------------------------------

    def append(self, steps: np.ndarray, ids: np.ndarray, probes: Probes, early: np.ndarray | None = None) -> None:
        """Add the results of a chunk of the run; ``early`` are the parts of a step by which spikes precede the ends of their steps.

        Raises
        ------
        AmineError
            If they cannot be written and more than ``MOST_WAITING`` bytes are buffered; before, there is a warning and a new attempt later.
        """
        self._add("spikes/steps", steps)
        self._add("spikes/ids", ids)
        if early is not None:
            self._add("spikes/early", early)
        for k, q in enumerate(self.meta["probes"]):
            if q["name"] in probes:
                times, values = probes[q["name"]]
                self._add(f"probes/{k}/times", times)
                for v in q["variables"]:
                    self._add(f"probes/{k}/{v}", values[v])
        try:
            self.flush()
            self._warned = False
        except AmineError as e:
            if sum(x.nbytes for parts in self._waiting.values() for x in parts) > self.MOST_WAITING:
                raise
            if not self._warned:
                warnings.warn(
                    f"{e}; results wait in memory and are written when they can be", AmineWarning, stacklevel=6
                )
            self._warned = True

    def _add(self, name: str, x: np.ndarray) -> None:
        if len(x):
            self._waiting[name].append(np.asarray(x))

    def flush(self) -> None:
        """Write all complete chunks of the buffer; raises AmineError, and keeps them, if they cannot be written."""
        for name, a in self._layout.items():
            whole = sum(map(len, self._waiting[name])) // a.rows * a.rows
            if whole:
                x = self._joined(name)
                self._write(name, x[:whole])
                self._waiting[name] = [x[whole:].copy()]
                self._written[name] += whole

    def _joined(self, name: str) -> np.ndarray:
        a = self._layout[name]
        return np.concatenate(
            [np.empty((0, *a.row), a.dtype), *self._waiting[name]], dtype=a.dtype, casting="same_kind"
        )

    def _write(self, name: str, x: np.ndarray) -> None:
        """Write rows after those that are on disk, over the remains of a failed attempt."""
        first = self._written[name]
        with readable_errors(self.files.where):
            array = self.root[name]
            array.resize((first + len(x), *x.shape[1:]))
            array[first:] = x

    def discard(self) -> None:
        """Remove the store, after a failed start; where that fails it stays whole, and the next start finds it unused."""
        with suppress(OSError):
            remove_folder(self.files.path)

    def counts(self) -> dict[str, Any]:
        """Return the entry of a checkpoint about this store: rows on disk, and the digests of all files."""
        return {"kind": "store", "rows": dict(self._written), "digests": dict(self.files.digests)}

    def in_memory(self) -> dict[str, np.ndarray]:
        """Return the buffered rows, for a checkpoint."""
        return {name: self._joined(name) for name in self._layout}

    def restore(self, memory: dict[str, np.ndarray], counts: Mapping[str, Any]) -> None:
        """Restore the state of a checkpoint: compare its files with their digests, and drop later ones.

        Raises
        ------
        AmineError
            If a file of the checkpoint is missing or not as written.
        """
        where = self.files.where
        if counts["kind"] != "store":
            raise AmineError(where, "the checkpoint was made without a store", hint="leave store= out")
        if not counts["rows"].keys() == memory.keys() == self._layout.keys():
            hint = "give the store of the run that was cut off"
            raise AmineError(where, "it is not the store of this checkpoint", hint=hint)
        self.files.digests = dict(counts["digests"])
        self.files.check_all()
        with readable_errors(where):
            self.root.attrs.put(sealed({"format": FORMAT, "meta": self.meta}))
            self.files.drop_others()
            for name, a in self._layout.items():
                self.files.set_length(name, counts["rows"][name])
                chunks = (a.rows, *map(_at_least_one, a.row))
                check_array(self.files, name, self.root[name], (counts["rows"][name], *a.row), chunks, a.dtype.str)
        self._written, self._waiting = dict(counts["rows"]), {name: [memory[name]] for name in self._layout}

    def finish(
        self, meta: Meta, duration: float, about: Mapping[str, object], weights: Mapping[str, Weights]
    ) -> tuple[Spikes, dict[str, ProbeData]]:
        """Write the buffer, the weights and all digests; traces stay on disk and are read on access."""
        self.flush()
        for name in self._layout:
            x = self._joined(name)
            if len(x):
                self._write(name, x)
        with readable_errors(self.files.where):
            self._write_weights(weights)
            shapes = {name: list(a.shape) for name, a in _arrays(self.root)}
            ended = {"duration": duration, "run": about, "shapes": shapes, "digests": self.files.digests}
            self.root.attrs.put(sealed(json.loads(canonical({"format": FORMAT, "meta": self.meta, **ended}))))
        return self.read(meta, duration)

    def _write_weights(self, weights: Mapping[str, Weights]) -> None:
        """Write the weights at the end of the run to groups ``weights/<number>``."""
        for k, w in enumerate(weights.values()):
            group = self.root.create_group(f"weights/{k}", overwrite=True)
            about = {"name": w.name, "unit": w.unit, "bounds": w.bounds}
            group.attrs.update({**about, "states": list(w.states), "target_states": list(w.target_states)})
            arrays = {
                "sources": w.sources,
                "targets": w.targets,
                "weights": w.weights,
                **{f"state {s}": x for s, x in w.states.items()},
                **{f"target {s}": x for s, x in w.target_states.items()},
            }
            for name, x in arrays.items():
                group.create_array(name, data=np.asarray(x), chunks=(WEIGHT_ROWS,), config=FULL)

    # --- read --------------------------------------------------------------------------------------------------

    def read_weights(self) -> dict[str, Weights]:
        """Return the weights at the end of the run, by projection."""
        out = {}
        for _, group in sorted(self.root["weights"].groups()) if "weights" in self.root else ():
            a = group.attrs
            states = {s: group[f"state {s}"][:] for s in a["states"]}
            kept = {s: group[f"target {s}"][:] for s in a.get("target_states", ())}
            bounds = None if a["bounds"] is None else tuple(a["bounds"])
            sources, targets, values = (group[x][:] for x in ("sources", "targets", "weights"))
            out[a["name"]] = Weights(a["name"], sources, targets, values, a["unit"], states, bounds, kept)
        return out

    def read(self, meta: Meta, duration: float) -> tuple[Spikes, dict[str, ProbeData]]:
        """Return spikes and traces on disk."""
        early = self.root["spikes/early"][:] if meta.get("interpolated") else None
        spikes = spikes_from(meta, self.root["spikes/steps"][:], self.root["spikes/ids"][:], duration, early)
        probes = {
            q["name"]: _probe_data(
                meta,
                q["name"],
                self.root[f"probes/{k}/times"][:],
                {v: self.root[f"probes/{k}/{v}"] for v in q["variables"]},
            )
            for k, q in enumerate(self.meta["probes"])
        }
        return spikes, probes


def _at_least_one(n: int) -> int:
    return max(1, n)


def _arrays(group: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield all arrays below a group, with their paths."""
    for name, array in group.arrays():
        yield prefix + name, array
    for name, inner in group.groups():
        yield from _arrays(inner, f"{prefix}{name}/")


def _is_unused(target: Path, meta: Meta) -> bool:
    """True if a folder is a store of this network without any results."""
    if {p.name for p in target.rglob("*") if p.is_file()} != {ROOT}:
        return False
    try:
        _, _, attributes = ZarrStore._read_root(target, write=False)
    except AmineError:
        return False
    return "duration" not in attributes and canonical(attributes["meta"]) == canonical(meta)
