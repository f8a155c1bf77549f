"""Executors of clusters give the bits of this process: Dask, submitit, MPI."""

import importlib.util
import os
import shutil
import subprocess
import sys

import pytest

WORK = """
import sys
import amine as am

def rate(run):
    return float(run.spikes["E"].rates().mean())

def swept(executor, batch=None):
    net = am.Network(seed=1)
    net.population("E", 20, "lif", I_e="400 pA")
    values = {"E.I_e": ["300 pA", "400 pA", "500 pA", "600 pA"]}
    return am.sweep(net, values, {"rate": rate}, duration="200 ms", seeds=[1, 2], executor=executor, batch=batch, progress=False)

def dask():
    from distributed import Client
    with Client(n_workers=2, threads_per_worker=1, dashboard_address=None) as client:
        return swept(client.get_executor())

def submitit():
    import submitit
    executor = submitit.AutoExecutor("jobs", cluster="local")
    executor.update_parameters(timeout_min=5)
    return swept(executor, batch=4)

def mpi4py():
    from mpi4py.futures import MPIPoolExecutor
    with MPIPoolExecutor(2) as executor:
        return swept(executor)

if __name__ == "__main__":
    found, here = globals()[sys.argv[1]]()["rate"], swept(None)["rate"]
    assert here.any() and (found == here).all(), (found, here)
    print("the same")
"""


@pytest.mark.validate
@pytest.mark.parametrize(("name", "package"), [("dask", "distributed"), ("submitit", "submitit"), ("mpi4py", "mpi4py")])
def test_executors_of_clusters_give_the_same_bits(name, package, tmp_path):
    if importlib.util.find_spec(package) is None or (name == "mpi4py" and not shutil.which("mpiexec")):
        pytest.skip(f"'{package}' is not installed")
    (tmp_path / "work.py").write_text(WORK)
    start = ["mpiexec", "-n", "3", sys.executable, "-m", "mpi4py.futures"] if name == "mpi4py" else [sys.executable]
    path = os.pathsep.join([str(tmp_path), *(p for p in sys.path if p)])
    r = subprocess.run(
        [*start, "work.py", name],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert r.returncode == 0 and r.stdout.split("\n")[0] == "the same", r.stderr[-2000:]
