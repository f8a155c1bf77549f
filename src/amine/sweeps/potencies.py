"""Potencies of drugs as values: ``"potency:bicuculline@SK"``, and samples of them from their published ranges."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

import numpy as np

from amine.compounds import catalogue
from amine.compounds.schema import Action, Drug, Measurement
from amine.errors import AmineError, did_you_mean
from amine.values import scalar

POTENCY = "potency:"
_building = threading.RLock()  # the catalogue is one for all threads


def names_of(drug: str) -> list[str]:
    """Names of the potencies of a drug, one for each target."""
    d = catalogue.drug(drug)
    found = [t for a in d.actions for t in a.targets if a.measurement("potency", t) is not None]
    return [f"{POTENCY}{d.id}@{t}" for t in dict.fromkeys(found)]


def canonical(name: str) -> str:
    """A name of a potency with the drug's name as the catalogue has it."""
    drug, _, target = name.removeprefix(POTENCY).partition("@")
    return f"{POTENCY}{catalogue.drug(drug).id}@{target}"


@contextmanager
def replaced(values: Mapping[str, str]) -> Iterator[None]:
    """Context in which potencies, by name, have other values (text); networks built in it keep them."""
    with _building:
        drugs = {n.removeprefix(POTENCY).partition("@")[0] for n in values}
        before = [catalogue.drug(d) for d in drugs]
        try:
            for d in before:
                mine = {n.partition("@")[2]: v for n, v in values.items() if n.startswith(f"{POTENCY}{d.id}@")}
                catalogue.override(_with(d, mine))
            yield
        finally:
            for d in before:
                catalogue.override(d)


def _with(drug: Drug, potencies: Mapping[str, str]) -> Drug:
    """A drug with other potencies at some targets."""
    known = {t for a in drug.actions for t in a.targets}
    for t in potencies:
        if t not in known:
            raise AmineError(f"'{POTENCY}{drug.id}@{t}'", f"it has no target '{t}'", hint=did_you_mean(t, known))
    return replace(drug, actions=tuple(_acting(a, potencies) for a in drug.actions))


def _acting(action: Action, potencies: Mapping[str, str]) -> Action:
    changed = {
        id(m): v for t, v in potencies.items() if t in action.targets and (m := action.measurement("potency", t))
    }
    return replace(action, measurements=tuple(_measured(m, changed.get(id(m))) for m in action.measurements))


def _measured(m: Measurement, value: str | None) -> Measurement:
    if value is None:
        return m
    return replace(m, value=scalar(value, "uM", m.quantity, positive=True), unit="uM", low=None, high=None)


# --- ranges ------------------------------------------------------------------------------------------------------


def ranges(drugs: Iterable[str]) -> dict[str, tuple[float, float]]:
    """Published ranges of potencies (uM) by name, one for each number, of drugs that have any."""
    out = {}
    for drug in drugs:
        d = catalogue.drug(drug)
        for a in d.actions:
            for m in dict.fromkeys(a.measurement("potency", t) for t in a.targets):
                if m is not None and m.low and m.high and m.low < m.high:
                    scale = m.internal / m.best
                    out[f"{POTENCY}{d.id}@{m.target or a.targets[0]}"] = (m.low * scale, m.high * scale)
    return out


def sampled(drugs: Iterable[str], n: int, seed: int = 0) -> dict[str, list[str]]:
    """``n`` values (text) of each potency with a published range, evenly spread over it on a logarithmic scale, independent of each other."""
    found = ranges(drugs)
    if not found:
        return {}
    from scipy.stats import qmc  # SciPy is slow to import

    u = qmc.LatinHypercube(len(found), rng=np.random.default_rng(seed)).random(n)
    draw = lambda low, high, x: [f"{float(f'{v:.8g}')!r} uM" for v in low * (high / low) ** x]  # noqa: E731
    return {name: draw(low, high, u[:, k]) for k, (name, (low, high)) in enumerate(found.items())}


__all__ = ["POTENCY", "canonical", "names_of", "ranges", "replaced", "sampled"]
