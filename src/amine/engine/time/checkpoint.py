"""Checkpoints: all state of a simulation in one file, replaced in one act, so that a kill at any instant leaves a whole one."""

from __future__ import annotations

import io
import json
import os
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from amine.engine.time.simulation import Simulation
from amine.errors import AmineError

FORMAT = "amine checkpoint 1"


@dataclass
class Checkpoint:
    """What a checkpoint file holds."""

    path: Path
    state: dict[str, np.ndarray]
    memory: dict[str, np.ndarray]
    counts: dict[str, Any]

    @property
    def step(self) -> int:
        """The step at which it was made."""
        return int(self.state["step"])

    @staticmethod
    def write(path: Path, sim: Simulation, store: Any, network: str) -> None:
        """Writes under another name, forces it to disk and renames it. Results kept in memory go along."""
        arrays: dict[str, Any] = {f"state.{k}": v for k, v in sim.state().items()}
        arrays |= {f"memory.{k}": v for k, v in store.in_memory().items()}
        header = {"format": FORMAT, "network": network, "precision": sim.precision, "counts": store.counts()}
        arrays["header"] = np.frombuffer(json.dumps(header).encode(), np.uint8)
        temporary = path.with_name(path.name + ".part")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with open(temporary, "wb") as f:
                np.savez(f, **arrays)
                f.flush()
                os.fsync(f.fileno())
            os.replace(temporary, path)
        except OSError as e:
            raise AmineError(f"checkpoint '{path}'", "it cannot be written", given=str(e)) from e

    @staticmethod
    def read(path: Any, network: str, precision: str) -> Checkpoint:
        """Reads and checks a file.

        Raises
        ------
        AmineError
            If it is no checkpoint, is damaged, or is one of another network or precision.
        """
        where = f"checkpoint '{path}'"
        try:
            with np.load(io.BytesIO(Path(path).read_bytes()), allow_pickle=False) as data:
                arrays = {k: data[k] for k in data.files}
            header = json.loads(bytes(arrays.pop("header")))
        except (OSError, ValueError, KeyError, zipfile.BadZipFile, EOFError, NotImplementedError) as e:
            raise AmineError(
                where,
                "this is not a checkpoint, or it is damaged",
                hint="remove it to start anew",
            ) from e
        if not isinstance(header, dict) or header.get("format") != FORMAT:
            raise AmineError(
                where,
                "this is not a checkpoint of this version",
                expected=f"'{FORMAT}'",
                hint="remove it to start anew",
            )
        if header.get("network") != network:
            raise AmineError(
                where,
                "it belongs to another network",
                hint="resume with the description it was made from, or remove it",
            )
        if header.get("precision") != precision:
            raise AmineError(
                where, "it was made in another precision", given=precision, expected=str(header.get("precision"))
            )
        state = {k[6:]: v for k, v in arrays.items() if k.startswith("state.")}
        memory = {k[7:]: v for k, v in arrays.items() if k.startswith("memory.")}
        return Checkpoint(Path(path), state, memory, header["counts"])

    def restore(self, sim: Simulation, store: Any) -> None:
        """Brings simulation and store to where they were."""
        try:
            sim.set_state(self.state)
        except (KeyError, ValueError) as e:
            raise AmineError(f"checkpoint '{self.path}'", "it does not fit this network", given=str(e)[:60]) from e
        store.restore(self.memory, self.counts)
