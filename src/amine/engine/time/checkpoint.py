"""Checkpoints: the whole state of a simulation in one file, replaced atomically, so that a kill at any instant leaves a valid one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from amine.engine.time.simulation import Simulation
from amine.errors import AmineError
from amine.files import read_arrays, reason, write_arrays
from amine.records import dataclass

if TYPE_CHECKING:
    from amine.given import FilePath
    from amine.results.store import MemoryStore, ZarrStore

FORMAT = "amine checkpoint 4"

# the last step a simulation reaches, with room for a refractory time: neurons in float32 keep their next step in 32 bits, and so do
# single synapses the end of their pulses in both precisions; words of random numbers are named by 32 bits of the step
LAST_STEP = {"float32": 2**31 - 2**20, "float64": 2**31 - 2**20}


@dataclass
class Checkpoint:
    """The content of a checkpoint file."""

    path: Path
    state: dict[str, np.ndarray]  # of the simulation
    memory: dict[str, np.ndarray]  # recordings of a store in memory
    counts: dict[str, Any]  # number of recordings of the store
    changes: dict[str, Any]  # what was set

    @property
    def step(self) -> int:
        """The step at which it was made."""
        return int(self.state["step"])

    @staticmethod
    def write(path: Path, sim: Simulation, store: MemoryStore | ZarrStore, network: str) -> None:
        """Writes a checkpoint with a digest to a temporary file, forces it to disk and renames it.

        Raises
        ------
        AmineError
            If it cannot be written; an existing checkpoint is then unchanged.
        """
        where = f"checkpoint '{path}'"
        arrays: dict[str, Any] = {f"state.{k}": v for k, v in sim.state().items()}
        arrays |= {f"memory.{k}": v for k, v in store.in_memory().items()}
        header = {"format": FORMAT, "network": network, "precision": sim.precision, "counts": store.counts()}
        header["changes"] = sim.changes.plain()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as e:
            raise AmineError(where, "its folder cannot be made", given=reason(e)) from e
        write_arrays(path, header, arrays, where)

    @staticmethod
    def read(path: FilePath, network: str, precision: str) -> Checkpoint:
        """Reads and checks a file.

        Raises
        ------
        AmineError
            If it is no checkpoint, is damaged, or is one of another network or precision.
        """
        where = f"checkpoint '{path}'"
        header, arrays = read_arrays(Path(path), "a checkpoint", where, "remove it to start anew")
        if header.get("format") != FORMAT:
            hint = "remove it to start anew"
            raise AmineError(where, "this is not a checkpoint of this version", expected=f"'{FORMAT}'", hint=hint)
        if header.get("network") != network:
            hint = "resume with the description it was made from, or remove it"
            raise AmineError(where, "it belongs to another network", hint=hint)
        if header.get("precision") != precision:
            expected = str(header.get("precision"))
            raise AmineError(where, "it was made in another precision", given=precision, expected=expected)
        state = {k[6:]: v for k, v in arrays.items() if k.startswith("state.")}
        memory = {k[7:]: v for k, v in arrays.items() if k.startswith("memory.")}
        counts, changes = header.get("counts"), header.get("changes")
        if not isinstance(counts, dict) or not isinstance(changes, dict) or state.get("step", np.empty(2)).size != 1:
            raise AmineError(where, "it is damaged", hint="remove it to start anew")
        return Checkpoint(Path(path), state, memory, counts, changes)

    def restore(self, sim: Simulation, store: MemoryStore | ZarrStore) -> None:
        """Brings simulation and store to the state of the checkpoint; raises AmineError if they are of another form."""
        try:
            self._check_form(sim)
            sim.changes.restore(self.changes)
            sim.set_state(self.state)
            store.restore(self.memory, self.counts)
        except AmineError:
            raise
        except (KeyError, ValueError, TypeError, IndexError, AttributeError) as e:
            where = f"checkpoint '{self.path}'"
            raise AmineError(where, "it does not fit this network", given=f"{type(e).__name__}: {e}"[:60]) from e

    def _check_form(self, sim: Simulation) -> None:
        """Raises ValueError if arrays have not the types of the kernel's, or spikes are of neurons that do not exist."""
        for name, x in sim.state().items():
            there, x = self.state[name], np.asarray(x)
            if there.dtype != x.dtype or there.ndim != x.ndim:
                raise ValueError(f"{name} is {there.dtype} of {there.ndim} dimensions")
        ids, counts = self.state["lists.ids"], self.state["lists.counts"]
        if np.min(counts, initial=0) < 0 or counts.sum() != len(ids) or np.min(ids, initial=0) < 0:
            raise ValueError("spikes that may still arrive")
        if not 0 <= self.step <= LAST_STEP[sim.precision]:
            raise ValueError("step")
