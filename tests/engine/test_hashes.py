"""Networks give the bits whose hashes are kept, on every processor."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks"))
from _identity import registry, stored

for _room in stored.ROOMS:
    import_module(f"_identity.cases_{_room}")
CASES = {n: c for n, c in registry.CASES.items() if stored.belongs(c)}
KEPT = stored.read()


@pytest.mark.parametrize(
    "name", [n if n in stored.QUICK else pytest.param(n, marks=pytest.mark.validate) for n in KEPT]
)
def test_the_bits_are_those_that_are_kept(name):
    said = f"the results of {name} have other bits; if that is meant, say so in CHANGELOG.md and run {stored.RENEW}"
    assert stored.hash_of(CASES[name]) == KEPT[name], said


# a processor without AVX and FMA, as far as Numba, NumPy and the C library can be told
OLD = {
    "NUMBA_CPU_NAME": "x86-64",
    "NUMBA_CPU_FEATURES": "+sse,+sse2",
    "NPY_DISABLE_CPU_FEATURES": "X86_V3 X86_V4 AVX512_ICL AVX512_SPR",
    "GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX2,-AVX512F,-FMA",
    "OPENBLAS_CORETYPE": "Prescott",
}
HASHES = """
import json, sys
sys.path.insert(0, sys.argv[1])
from importlib import import_module
from _identity import registry, stored
for room in stored.ROOMS:
    import_module(f"_identity.cases_{room}")
print(json.dumps({n: stored.hash_of(registry.CASES[n]) for n in sys.argv[2:]}))
"""


@pytest.mark.validate
@pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="names of the features of another processor")
def test_another_processor_gives_the_same_bits(tmp_path):
    names = [
        "circuits.coba",
        "circuits.cobahh",
        "points.everything",
        "plasticity.pairs",
        "trees.places",
        "chemistry.fields",
    ]
    names = [n for n in names if n in KEPT]
    place = str(Path(stored.__file__).parents[1])
    given = {**os.environ, **OLD, "AMINE_CACHE_DIR": str(tmp_path), "NUMBA_CACHE_DIR": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", HASHES, place, *names], env=given, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == {n: KEPT[n] for n in names}


def test_what_is_kept_are_cases():
    assert set(stored.QUICK) <= set(KEPT) <= set(CASES) and len(KEPT) > 10
