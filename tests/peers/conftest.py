"""Comparisons with the peers: minutes, and environments of their own. They run when asked for: ``make validate``.

``AMINE_FULL_SCALE=1`` adds the microcircuit at full scale (about 3 GB and some minutes).
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(ROOT / "benchmarks"), str(HERE)]

import environments


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skip what lies here, visibly, unless this folder was named on the command line."""
    if any("peers" in Path(str(argument)).parts for argument in config.args):
        return
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.skip(reason="compares with other simulators: make validate"))


@pytest.fixture(scope="session")
def peer(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., dict[str, np.ndarray]]:
    """``peer("script.py", environment="sim", **values)``: runs a script of scripts/ and gives the arrays it answers."""

    def call(script: str, environment: str = "sim", **values) -> dict[str, np.ndarray]:
        if not environments.ready(environment):
            command = f"python benchmarks/environments.py {environment}"
            pytest.skip(f"no environment {environment!r}: {command} makes it")
        folder = tmp_path_factory.mktemp("exchange")
        np.savez(folder / "in.npz", **values)
        command = [
            environments.interpreter(environment),
            HERE / "scripts" / script,
            folder / "in.npz",
            folder / "out.npz",
        ]
        done = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=1800)
        assert done.returncode == 0, f"{script} failed: {done.stderr[-1500:]}"
        with np.load(folder / "out.npz") as data:
            return dict(data)

    return call


@pytest.fixture(scope="session")
def full_scale() -> bool:
    """Whether the full-scale microcircuit was asked for."""
    return os.environ.get("AMINE_FULL_SCALE", "") not in ("", "0")
