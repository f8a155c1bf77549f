"""What a test registers is gone after it: no test depends on the tests before it."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

# Less optimisation takes a third of the time to compile and gives the same bits: tests/engine/test_hashes.py compares them with hashes
# of full optimisation, with which `make validate` runs.
os.environ.setdefault("NUMBA_OPT", "1")

from amine import plasticity
from amine.compounds import catalogue, mechanisms
from amine.models import find

# how long an input takes depends on what else the machine does
settings.register_profile("amine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("amine")


@pytest.fixture(autouse=True)
def _registries() -> Iterator[None]:
    """Models, rules, mechanisms and compounds are those of before."""
    registries = (find.registry(), plasticity._load(), mechanisms._REGISTRY)
    before = [dict(r) for r in registries]
    compounds = catalogue._catalogue()
    yield
    for registry, entries in zip(registries, before, strict=True):
        if registry != entries:
            registry.clear()
            registry.update(entries)
    catalogue._loaded = compounds
