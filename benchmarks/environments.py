"""The environments of the peers, apart from amine's own: Brian2 2.9 needs numpy below 2.4.

python benchmarks/environments.py sim       # makes .bench-venv if it is missing, prints its interpreter
python benchmarks/environments.py neuron    # the same for NEURON, in .bench-venv-neuron; so for arbor and jaxley
python benchmarks/environments.py train     # snnTorch, SpikingJelly and Norse, in .bench-venv-train
python benchmarks/environments.py spyx      # Spyx and JAX, in .bench-venv-spyx
"""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ENVIRONMENTS = {
    "sim": (ROOT / ".bench-venv", ["brian2==2.9.0", "numpy<2.4", "nest-simulator==3.10.0"]),
    "neuron": (ROOT / ".bench-venv-neuron", ["neuron==9.0.2", "numpy<2.4"]),
    "arbor": (ROOT / ".bench-venv-arbor", ["arbor==0.12.2", "numpy<2.4"]),
    "jaxley": (ROOT / ".bench-venv-jaxley", ["jaxley==0.14.0", "jax==0.10.2"]),
    "train": (
        ROOT / ".bench-venv-train",
        [os.environ.get("TORCH", "torch==2.13.0"), "snntorch==1.0.0", "spikingjelly==2.0.0", "norse==1.1.0"],
    ),
    "spyx": (ROOT / ".bench-venv-spyx", ["spyx==1.0.0", "flax==0.12.8", "jax==0.10.2", "optax"]),
}


def interpreter(name: str) -> Path:
    """Where the interpreter of an environment is or would be."""
    return ENVIRONMENTS[name][0] / "bin" / "python"


def ready(name: str) -> bool:
    """Whether the environment was completed with the present list of packages."""
    folder, packages = ENVIRONMENTS[name]
    stamp = folder / "complete.txt"
    return stamp.is_file() and stamp.read_text().split("\n") == packages


def ensure(name: str) -> Path:
    """The interpreter of an environment, which is made first if it is missing or out of date."""
    folder, packages = ENVIRONMENTS[name]
    if not ready(name):
        venv.create(folder, with_pip=True, symlinks=os.name != "nt")
        pip = [str(interpreter(name)), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, *packages], check=True, stdout=sys.stderr)
        (folder / "complete.txt").write_text("\n".join(packages))
    return interpreter(name)


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in ENVIRONMENTS:
        raise SystemExit(f"usage: python {sys.argv[0]} {'|'.join(ENVIRONMENTS)}")
    print(ensure(sys.argv[1]))
