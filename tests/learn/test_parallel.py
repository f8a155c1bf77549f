"""Two processes give what one gives."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from sklearn.datasets import load_iris

from amine.learn import Classifier

SCRIPT = """
import sys
import numpy as np
import torch.distributed as dist
from sklearn.datasets import load_iris
from amine.learn import Classifier
dist.init_process_group("gloo")
X, y = load_iris(return_X_y=True)
for name, arguments in {cases}.items():
    p = Classifier(**arguments).fit(X, y).predict_proba(X)
    if dist.get_rank() == 0:
        np.save(f"{folder}/{{name}}.npy", p)
dist.destroy_process_group()
"""
CASES = {
    "rates": dict(hidden=(8,), neurons="tanh", epochs=3, batch_size=31),
    "alignment": dict(hidden=(8,), neurons="tanh", rule="dfa", epochs=3, batch_size=31),
    "spikes": dict(hidden=(8,), neurons="lif", steps=10, epochs=2, batch_size=50, precision="float64"),
    "eprop": dict(hidden=(8,), neurons="lif", rule="eprop", steps=10, epochs=2, batch_size=50, precision="float64"),
}


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    folder = tmp_path_factory.mktemp("two")
    (folder / "script.py").write_text(SCRIPT.format(cases=repr(CASES), folder=folder))
    command = [
        sys.executable,
        "-m",
        "torch.distributed.run",
        "--standalone",
        "--nproc-per-node",
        "2",
        str(folder / "script.py"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=180)
    assert done.returncode == 0, done.stderr[-2000:]
    return folder


@pytest.mark.parametrize("name", CASES)
def test_two_processes_learn_what_one_learns(two, name):
    X, y = load_iris(return_X_y=True)
    np.testing.assert_allclose(
        np.load(two / f"{name}.npy"), Classifier(**CASES[name]).fit(X, y).predict_proba(X), atol=1e-9
    )
