"""Where results go while a run goes on: memory, or a zarr store on disk."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from amine.errors import AmineError
from amine.results.probes import ProbeData
from amine.results.spikes import Spikes, spikes_from
from amine.results.weights import Weights

if TYPE_CHECKING:
    from amine.results.weights import Weights

FORMAT = "amine store 1"
Probes = dict[str, tuple[np.ndarray, dict[str, np.ndarray]]]


def _probe_data(meta: dict[str, Any], name: str, times: np.ndarray, values: dict[str, np.ndarray]) -> ProbeData:
    q = next(q for q in meta["probes"] if q["name"] == name)
    return ProbeData(
        name, q["population"], np.arange(q["start"], q["stop"], q["step"]), times, values, dict(q["units"])
    )


class MemoryStore:
    """Results kept in memory."""

    def __init__(self) -> None:
        self._steps: list[np.ndarray] = []
        self._ids: list[np.ndarray] = []
        self._probes: dict[str, tuple[list[np.ndarray], dict[str, list[np.ndarray]]]] = {}

    def append(self, steps: np.ndarray, ids: np.ndarray, probes: Probes) -> None:
        """Adds what a chunk gave."""
        self._steps.append(steps)
        self._ids.append(ids)
        for name, (times, values) in probes.items():
            kept = self._probes.setdefault(name, ([], {v: [] for v in values}))
            kept[0].append(times)
            for v, x in values.items():
                kept[1][v].append(x)

    def flush(self) -> None:
        """Nothing waits."""

    def counts(self) -> dict[str, Any]:
        """How much is kept."""
        return {
            "spikes": sum(len(s) for s in self._steps),
            "probes": {n: sum(len(t) for t in k[0]) for n, k in self._probes.items()},
        }

    def in_memory(self) -> dict[str, np.ndarray]:
        """All of it as arrays, for a checkpoint."""
        out = {"steps": _join(self._steps, np.int64), "ids": _join(self._ids, np.int32)}
        for name, (times, values) in self._probes.items():
            out[f"probe/{name}/"] = _join(times, np.float64)
            out |= {f"probe/{name}/{v}": np.concatenate(x) for v, x in values.items()}
        return out

    def restore(self, memory: dict[str, np.ndarray], counts: dict[str, Any]) -> None:
        """Back to what a checkpoint kept."""
        if "steps" not in memory:
            raise AmineError(
                "Network.run, resume",
                "the checkpoint was made with a store",
                hint="give store= as in the run that was cut off",
            )
        self._steps, self._ids, self._probes = [memory["steps"]], [memory["ids"]], {}
        for key, x in memory.items():
            if key.startswith("probe/"):
                name, _, variable = key[6:].rpartition("/")
                kept = self._probes.setdefault(name, ([], {}))
                if variable:
                    kept[1][variable] = [x]
                else:
                    kept[0].append(x)

    def keep_weights(self, weights: Mapping[str, Weights]) -> None:
        """They are kept by the run itself."""

    def finish(
        self, meta: dict[str, Any], duration: float, about: dict[str, Any]
    ) -> tuple[Spikes, dict[str, ProbeData]]:
        """All spikes and traces; ``about`` the run is kept by stores on disk."""
        spikes = spikes_from(meta, _join(self._steps, np.int64), _join(self._ids, np.int32), duration)
        probes = {
            n: _probe_data(meta, n, _join(t, np.float64), {v: np.concatenate(x) for v, x in values.items()})
            for n, (t, values) in self._probes.items()
        }
        return spikes, probes


def _join(parts: list[np.ndarray], dtype: Any) -> np.ndarray:
    return np.concatenate(parts) if parts else np.empty(0, dtype)


class ZarrStore:
    """Results on disk as they come: groups ``spikes`` (steps, ids) and ``probes/<number>`` (times and variables).

    Appends wait in memory until ``BUFFER`` bytes are together or :meth:`flush` is called; what a checkpoint counts is on disk.
    """

    BUFFER = 8 * 2**20

    def __init__(self, path: Path, root: Any):
        self.path, self.root = path, root
        self.meta: dict[str, Any] = dict(root.attrs["meta"])
        self._waiting = MemoryStore()
        self._size = 0

    @staticmethod
    def create(path: Any, meta: dict[str, Any]) -> ZarrStore:
        """A new store; raises AmineError if the path exists."""
        zarr = _zarr()
        target = Path(path)
        if target.exists():
            raise AmineError(f"store '{target}'", "it exists", hint="choose another name, or resume from a checkpoint")
        try:
            root = zarr.open_group(str(target), mode="w")
        except OSError as e:
            raise AmineError(f"store '{target}'", "it cannot be made", given=str(e)) from e
        spikes = root.create_group("spikes")
        spikes.create_array("steps", shape=(0,), chunks=(2**18,), dtype="int64")
        spikes.create_array("ids", shape=(0,), chunks=(2**18,), dtype="int32")
        for k, q in enumerate(meta["probes"]):
            n = len(range(q["start"], q["stop"], q["step"]))
            group = root.create_group(f"probes/{k}")
            rows = max(1, min(2**16, 2**22 // max(1, 4 * n)))
            group.create_array("times", shape=(0,), chunks=(2**16,), dtype="float64")
            for v in q["variables"]:
                group.create_array(v, shape=(0, n), chunks=(rows, n), dtype=q.get("dtype", meta["precision"]))
        root.attrs.update({"format": FORMAT, "meta": meta})
        return ZarrStore(target, root)

    @staticmethod
    def open(path: Any, network: str | None = None) -> ZarrStore:
        """An existing store; raises AmineError if it is damaged, foreign or of another network than the hash says."""
        zarr = _zarr()
        where, target = f"store '{path}'", Path(path)
        if not target.exists():
            raise AmineError(where, "it does not exist")
        try:
            root = zarr.open_group(str(target), mode="r+")
            kind = root.attrs.get("format")
        except Exception as e:  # zarr raises assorted errors on foreign folders
            raise AmineError(where, "this is not a store, or it is damaged", given=type(e).__name__) from e
        if kind != FORMAT:
            raise AmineError(
                where, "this is not a store of this version", given=repr(kind)[:40], expected=f"'{FORMAT}'"
            )
        try:
            store = ZarrStore(target, root)
            store.counts()
        except Exception as e:
            raise AmineError(where, "it is damaged", given=f"{type(e).__name__}: {e}"[:80]) from e
        if network is not None and store.meta.get("hash") != network:
            raise AmineError(where, "it belongs to another network", hint="give the store of the run that was cut off")
        return store

    def append(self, steps: np.ndarray, ids: np.ndarray, probes: Probes) -> None:
        """Adds what a chunk gave."""
        self._waiting.append(steps, ids, probes)
        self._size += (
            steps.nbytes + ids.nbytes + sum(t.nbytes + sum(x.nbytes for x in v.values()) for t, v in probes.values())
        )
        if self._size > self.BUFFER:
            self.flush()

    def flush(self) -> None:
        """Writes what waits."""
        data = self._waiting.in_memory()
        self._append("spikes/steps", data["steps"])
        self._append("spikes/ids", data["ids"])
        for k, q in enumerate(self.meta["probes"]):
            for part in ("", *q["variables"]):
                if f"probe/{q['name']}/{part}" in data:
                    self._append(f"probes/{k}/{part or 'times'}", data[f"probe/{q['name']}/{part}"])
        self._waiting, self._size = MemoryStore(), 0

    def _append(self, name: str, x: np.ndarray) -> None:
        if len(x):
            self.root[name].append(x)

    def counts(self) -> dict[str, Any]:
        """How much is on disk: the least of arrays that belong together."""
        spikes = min(self.root["spikes/steps"].shape[0], self.root["spikes/ids"].shape[0])
        probes = {
            q["name"]: min(self.root[f"probes/{k}/{v}"].shape[0] for v in ("times", *q["variables"]))
            for k, q in enumerate(self.meta["probes"])
        }
        return {"spikes": int(spikes), "probes": {n: int(c) for n, c in probes.items()}}

    def in_memory(self) -> dict[str, np.ndarray]:
        """Nothing: a checkpoint needs the counts only."""
        return {}

    def restore(self, memory: dict[str, np.ndarray], counts: dict[str, Any]) -> None:
        """Drops what came after a checkpoint."""
        here = self.counts()
        if "steps" in memory:
            raise AmineError(f"store '{self.path}'", "the checkpoint was made without a store", hint="leave store= out")
        if here["spikes"] < counts["spikes"] or any(here["probes"].get(n, 0) < c for n, c in counts["probes"].items()):
            raise AmineError(
                f"store '{self.path}'",
                "it holds less than the checkpoint says",
                hint="give the store of the run that was cut off",
            )
        for part in ("steps", "ids"):
            self.root[f"spikes/{part}"].resize((counts["spikes"],))
        for k, q in enumerate(self.meta["probes"]):
            rows = counts["probes"][q["name"]]
            for part in ("times", *q["variables"]):
                a = self.root[f"probes/{k}/{part}"]
                a.resize((rows, *a.shape[1:]))

    def finish(
        self, meta: dict[str, Any], duration: float, about: dict[str, Any]
    ) -> tuple[Spikes, dict[str, ProbeData]]:
        """All spikes in memory; traces stay on disk and are read as they are asked for."""
        self.flush()
        self.root.attrs.update({"duration": duration, "run": about})
        return self.read(meta, duration)

    def keep_weights(self, weights: Mapping[str, Weights]) -> None:
        """Writes the weights at the end of the run, in groups ``weights/<number>``."""
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
                group.create_array(name, data=np.asarray(x))

    def read_weights(self) -> dict[str, Weights]:
        """What :meth:`keep_weights` wrote, by projection."""
        out = {}
        for _, group in sorted(self.root["weights"].groups()) if "weights" in self.root else ():
            a = group.attrs
            states = {s: group[f"state {s}"][:] for s in a["states"]}
            kept = {s: group[f"target {s}"][:] for s in a.get("target_states", ())}
            bounds = None if a["bounds"] is None else tuple(a["bounds"])
            out[a["name"]] = Weights(
                a["name"],
                group["sources"][:],
                group["targets"][:],
                group["weights"][:],
                a["unit"],
                states,
                bounds,
                kept,
            )
        return out

    def read(self, meta: dict[str, Any], duration: float) -> tuple[Spikes, dict[str, ProbeData]]:
        """What is on disk."""
        n = self.counts()["spikes"]
        spikes = spikes_from(meta, self.root["spikes/steps"][:n], self.root["spikes/ids"][:n], duration)
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


def _zarr() -> Any:
    try:
        import zarr
    except ImportError as e:
        raise AmineError("store", "zarr is not installed", hint="install amine[store]") from e
    return zarr
