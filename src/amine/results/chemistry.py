"""Recorded concentrations and occupancies of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from amine.compounds.catalogue import find_entry
from amine.errors import AmineError, did_you_mean
from amine.records import dataclass

if TYPE_CHECKING:
    from amine.results.probes import ProbeData
    from amine.results.run import Run


@dataclass
class Signal:
    """A slow signal: ``times`` (samples,) in ms, ``values`` (samples,), or (samples, regions) if there are several, in ``unit``."""

    name: str
    times: np.ndarray
    values: np.ndarray
    unit: str

    def __array__(self, dtype: object = None, copy: object = None) -> np.ndarray:
        return np.asarray(self.values, dtype)  # type: ignore[arg-type]

    def __len__(self) -> int:
        return len(self.times)

    def at(self, time: float) -> np.ndarray | float:
        """Return the value at the last sample that is not after ``time`` (ms)."""
        return self.values[max(0, int(np.searchsorted(self.times, time + 1e-9, side="right")) - 1)]


def concentration(run: Run, name: str, region: str | None = None) -> Signal:
    """See :meth:`amine.results.run.Run.concentration`."""
    found = run.slow.get(f"concentration:{name}") or run.slow.get(f"dose:{_drug(run, name)}")
    if found is None:
        known = [n.split(":", 1)[1] for n in run.slow if n.startswith(("concentration:", "dose:"))]
        raise AmineError(
            "Run.concentration",
            f"'{name}' was not recorded",
            hint=did_you_mean(name, known) if known else "add net.field() or net.dose() before the run",
        )
    return _signal(run, name, found, region, "Run.concentration")


def _drug(run: Run, name: str) -> str:
    same = [d.drug for d in run.network.doses if d.drug.casefold() == str(name).casefold()]
    if same:
        return same[0]

    found = find_entry(str(name), ("drug",))
    return str(name) if found is None else found.id


def occupancy(run: Run, receptor: str, by: str | None = None, region: str | None = None) -> Signal:
    """See :meth:`amine.results.run.Run.occupancy`."""
    mine = {n.split(":", 1)[1]: p for n, p in run.slow.items() if n.startswith("occupancy:")}
    if by is None:
        natural = {f.casefold() for f in run.network.fields}
        keys = [
            n for n in mine if n.split(":")[0] == receptor and (":" not in n or n.split(":")[1].casefold() in natural)
        ]
    else:
        keys = [n for n in mine if ":".join(n.split(":")[:2]) == f"{receptor}:{_drug(run, by)}"]
    if not keys:
        raise _missing(receptor, by, list(mine))
    if "value" in mine[keys[0]].values:
        return _signal(run, receptor, mine[keys[0]], region, "Run.occupancy")
    parts = [
        np.concatenate([np.asarray(x) for x in mine[k].values.values()], 1) for k in keys
    ]  # block of single neurons
    return Signal(receptor, mine[keys[0]].times, np.concatenate(parts, 1).mean(1), "1")


def _missing(receptor: str, by: str | None, known: list[str]) -> AmineError:
    receptors = list(dict.fromkeys(n.split(":")[0] for n in known))
    hint = did_you_mean(receptor, receptors) if receptors else "add net.modulate() or net.dose() before the run"
    if by is not None and receptor in receptors:
        hint = did_you_mean(by, [n.split(":")[1] for n in known if n.startswith(f"{receptor}:")])
    return AmineError(
        "Run.occupancy", f"there was no receptor '{receptor}'" + (f" with '{by}'" if by else ""), hint=hint
    )


def _signal(run: Run, name: str, p: ProbeData, region: str | None, where: str) -> Signal:
    values = np.asarray(p.values["value"])
    if region is not None:
        places = _regions(run, p)
        if region not in places:
            raise AmineError(where, f"region '{region}' is not known", hint=did_you_mean(region, places))
        values = values[:, places.index(region)]
    elif values.shape[1] == 1:
        values = values[:, 0]
    return Signal(name, p.times, values, p.units["value"])


def _regions(run: Run, p: ProbeData) -> list[str]:
    """Names of the regions of a recorded signal."""
    kind, name, *by = p.name.split(":")[1:]
    field = run.network.fields.get(name if kind == "concentration" else by[0] if by else "")
    return [] if field is None else field.places
