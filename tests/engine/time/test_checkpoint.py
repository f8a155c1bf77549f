"""Checkpoints and restarts: what fails in between, who else is there, and what must not be lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import warnings
from pathlib import Path

import numpy as np
import pytest

import amine as am
from amine import owners
from amine.engine.time.checkpoint import LAST_STEP, Checkpoint
from amine.engine.time.simulation import Simulation
from amine.results import store as stores
from amine.results.store import ZarrStore

FULL = OSError(28, "No space left on device")


def small(seed: int = 1) -> am.Network:
    net = am.Network(seed=seed)
    P = net.population("P", 20, "lif", I_e="400 pA")
    net.synapses(P, P, receptor="exc", weight="10 pA", p=0.2)
    net.probe(P[:3], "v", name="membrane")
    return net


@pytest.fixture(scope="module")
def reference() -> am.Run:
    return small().run("40 ms", progress=False)


@pytest.fixture
def short_chunks(monkeypatch):
    """Stores that write a chunk every few rows."""
    forms = stores.layout
    monkeypatch.setattr(stores, "layout", lambda meta: {k: a._replace(rows=60) for k, a in forms(meta).items()})


def same(a: am.Run, b: am.Run) -> bool:
    va, vb = (np.asarray(r.probes["membrane"]["v"]) for r in (a, b))
    return a.spikes.hash() == b.spikes.hash() and np.array_equal(va, vb)


def place(folder: Path, stored: bool = True) -> dict:
    store = folder / "a.zarr" if stored else None
    return {
        "store": store,
        "checkpoint": folder / "state",
        "progress": False,
        "chunk": "1 ms",
        "checkpoint_every": "1 us",
    }


class Killed(BaseException):
    """Stands for SIGKILL: nothing in the way catches it."""


def killed_at(monkeypatch, name: str, n: int) -> list[int]:
    """The process dies at the n-th call of a function of the system; afterwards nothing more is written."""
    calls, real = [0], {f: getattr(os, f) for f in ("fsync", "replace", "rename", "unlink")}

    def guarded(f):
        def call(*given, **more):
            calls[0] += f == name
            if calls[0] >= n:
                raise Killed
            return real[f](*given, **more)

        return call

    for f in real:
        monkeypatch.setattr(os, f, guarded(f))
    return calls


@pytest.mark.parametrize("stored", [False, True], ids=["memory", "store"])
@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_killed_at_any_write_the_same_command_succeeds(tmp_path, monkeypatch, reference, short_chunks, stored, call):
    """The points at which a file is forced to disk or gets its name, one after another, from the first of the run to its last."""
    points, n, came_through = [1, 2, 3, 5, 9, 16, 28, 50, 90, 160, 300], 0, False
    for n in points:
        folder = tmp_path / str(n)
        folder.mkdir()
        with monkeypatch.context() as m:
            killed_at(m, call, n)
            try:
                small().run("12 ms", resume=True, **place(folder, stored))
                came_through = True
            except Killed:
                owners._forget()  # what the system does with the locks of a process that ended
        (folder / ".state.1-ab.part").write_text("what a real kill leaves")
        end = small().run("40 ms", resume=True, **{**place(folder, stored), "checkpoint_every": "1 h"})
        assert same(end, reference), n
        assert {p.name for p in folder.iterdir()} == {"state", "a.zarr"} if stored else {"state"}
        if came_through:
            break
    assert n > 9


def test_killed_between_store_and_first_checkpoint_without_resume(tmp_path, monkeypatch, reference):
    def killed(*given):
        raise Killed

    with monkeypatch.context() as m, pytest.raises(Killed):
        m.setattr(Checkpoint, "write", killed)
        small().run("40 ms", **place(tmp_path))
    assert (tmp_path / "a.zarr").exists() and not (tmp_path / "state").exists()
    assert same(small().run("40 ms", **place(tmp_path)), reference)


@pytest.mark.parametrize("stored", [False, True], ids=["memory", "store"])
def test_a_disk_that_is_full_for_a_while(tmp_path, monkeypatch, reference, short_chunks, stored):
    """Checkpoints that fail are said and tried again; the run comes to its end as if nothing had been."""
    from amine.files import force

    step, seen = [0], []
    advance = Simulation.advance

    def counted(self, steps):
        step[0] += steps
        return advance(self, steps)

    def fail(path):
        if 100 < step[0] <= 200:
            seen.append(Checkpoint.read(tmp_path / "state", small().hash(), "float32").step)
            raise FULL
        force(path)

    monkeypatch.setattr(Simulation, "advance", counted)
    monkeypatch.setattr("amine.files.force", fail)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        run = small().run("40 ms", **place(tmp_path, stored))
    said = [str(w.message) for w in said]
    assert sum("(given No space left on device); the one before is kept" in w for w in said) == 10
    assert sum("wait in memory" in w for w in said) == stored
    assert run.complete and same(run, reference) and set(seen) == {100}
    assert not list(tmp_path.rglob("*.part"))
    assert same(small().run("40 ms", resume=True, **place(tmp_path, stored)), reference)


def test_a_disk_that_is_full_from_the_start(tmp_path, monkeypatch, reference):
    def fail(path):
        raise FULL

    for stored in (False, True):
        with monkeypatch.context() as m:
            m.setattr("amine.files.force", fail)
            with pytest.raises(am.AmineError, match="it cannot be written .given No space left on device"):
                small().run("40 ms", **place(tmp_path, stored))
        assert list(tmp_path.iterdir()) == []
    with monkeypatch.context() as m:  # the store can be begun and its first checkpoint cannot
        m.setattr(Checkpoint, "write", lambda *given: (_ for _ in ()).throw(am.AmineError("checkpoint", "full")))
        with pytest.raises(am.AmineError, match="full"):
            small().run("40 ms", **place(tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_a_last_checkpoint_that_fails_does_not_take_the_results_along(tmp_path, monkeypatch, reference):
    from amine.files import force

    def fail(path):
        if "state" in path.name and (tmp_path / "state").exists():
            raise FULL
        force(path)

    monkeypatch.setattr("amine.files.force", fail)
    with pytest.warns(am.errors.AmineWarning, match="the one before is kept$"):
        run = small().run("40 ms", **{**place(tmp_path), "checkpoint_every": "1 h"})
    assert same(run, reference) and same(am.results.open(tmp_path / "a.zarr"), reference)


def test_nothing_is_replaced_unasked(tmp_path):
    small().run("5 ms", checkpoint=tmp_path / "state", progress=False)
    before = (tmp_path / "state").read_bytes()
    for store in (None, tmp_path / "new.zarr"):
        with pytest.raises(am.AmineError, match="checkpoint '.*state': it exists; pass resume=True"):
            small().run("5 ms", checkpoint=tmp_path / "state", store=store, progress=False)
    assert (tmp_path / "state").read_bytes() == before and not (tmp_path / "new.zarr").exists()


def test_a_shorter_run_is_not_the_longer_one(tmp_path, reference):
    small().run("40 ms", **place(tmp_path))
    with pytest.raises(am.AmineError, match=r"its run has reached 40 ms, more than is asked for \(given 12 ms\)"):
        small().run("12 ms", resume=True, **place(tmp_path))
    again = small().run("40 ms", resume=True, **place(tmp_path))
    assert again.complete and same(again, reference)


def test_two_runs_on_one_checkpoint_or_store(tmp_path, monkeypatch, reference):
    """A second run, begun while the first goes on, is refused and changes nothing."""
    said, advance = [], Simulation.advance

    def second(self, steps):
        if self.step == 50:
            for own in ({"checkpoint": tmp_path / "other"}, {"store": tmp_path / "other.zarr"}, {}):
                with pytest.raises(am.AmineError) as e:
                    small().run("40 ms", resume=True, **{**place(tmp_path), **own})
                said.append(str(e.value))
        return advance(self, steps)

    monkeypatch.setattr(Simulation, "advance", second)
    run = small().run("40 ms", **place(tmp_path))
    assert same(run, reference) and len(said) == 3
    assert all(f"it is in use by process {os.getpid()} on" in s for s in said)
    assert said[0].startswith("store") and said[1].startswith("checkpoint")


@pytest.mark.parametrize("stored", [False, True], ids=["memory", "store"])
@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
def test_signals_end_a_run_with_a_checkpoint(tmp_path, monkeypatch, reference, short_chunks, name, stored):
    advance = Simulation.advance

    def struck(self, steps):
        if self.step == 120:
            signal.raise_signal(getattr(signal, name))
        return advance(self, steps)

    before = signal.getsignal(signal.SIGTERM)
    with monkeypatch.context() as m:
        m.setattr(Simulation, "advance", struck)
        run = small().run("40 ms", **{**place(tmp_path, stored), "checkpoint_every": "1 h"})
    assert not run.complete and run.duration == 13.0 and signal.getsignal(signal.SIGTERM) is before
    assert Checkpoint.read(tmp_path / "state", small().hash(), "float32").step == 130
    assert same(small().run("40 ms", resume=True, **place(tmp_path, stored)), reference)


def test_a_second_signal_and_one_without_a_checkpoint_end_the_process(tmp_path):
    """As a pool that ends its workers, or a batch system that has waited long enough, expects it."""
    text = """
import signal, sys
import amine as am
from amine.engine.time.simulation import Simulation
net = am.Network(seed=1)
net.population("P", 20, "lif", I_e="400 pA")
times = int(sys.argv[2])
def struck(self, steps):
    for _ in range(times):
        signal.raise_signal(signal.SIGTERM)
    raise SystemExit(7)
Simulation.advance = struck
net.run("1 s", progress=False, checkpoint=sys.argv[1] or None)
"""
    for checkpoint, times, code in (("", 1, -15), (str(tmp_path / "c"), 2, -15), (str(tmp_path / "d"), 1, 7)):
        done = subprocess.run([sys.executable, "-c", text, checkpoint, str(times)], timeout=120, capture_output=True)
        assert done.returncode == code, done.stderr


def test_runs_outside_the_main_thread_leave_signals_alone(tmp_path, reference):
    out = []
    t = threading.Thread(target=lambda: out.append(small().run("40 ms", **place(tmp_path))))
    t.start()
    t.join()
    assert same(out[0], reference)


@pytest.mark.parametrize("change", ["dtype", "ids", "counts", "step", "no step", "missing", "header"])
def test_checkpoints_that_were_made_to_harm(tmp_path, change):
    """With a digest that fits: types and numbers that the compiled loop trusts are checked."""
    from amine.files import read_arrays, write_arrays

    path = tmp_path / "state"
    small().run("12 ms", checkpoint=path, progress=False)
    header, arrays = read_arrays(path, "", "")
    if change == "dtype":
        arrays["state.X"] = arrays["state.X"].astype(np.float64)
    elif change == "ids":
        arrays["state.lists.ids"] = np.full_like(arrays["state.lists.ids"], -5)
        arrays["state.lists.ids"] = np.full(int(arrays["state.lists.counts"].sum()) or 1, -5, np.int32)
    elif change == "counts":
        arrays["state.lists.counts"] = np.full_like(arrays["state.lists.counts"], 10**12)
    elif change == "step":
        arrays["state.step"] = np.int64(-1)
    elif change == "no step":
        del arrays["state.step"]
    elif change == "missing":
        del arrays["state.X"]
    else:
        header["counts"] = 3
    write_arrays(path, header, arrays, "")
    with pytest.raises(am.AmineError, match="checkpoint"):
        small().run("20 ms", checkpoint=path, resume=True, progress=False)


def test_too_many_steps_are_refused_in_good_time(monkeypatch):
    net = am.Network(seed=1)
    net.population("P", 20, "lif", I_e="400 pA")
    with pytest.raises(am.AmineError, match=r"too many steps \(given 2,147,000,000, "):
        net.run("214700 s", progress=False)
    with pytest.raises(am.AmineError, match="use a larger dt"):
        net.run("1e15 s", precision="float64", progress=False)
    loop = net.loop()
    loop._simulation.step = LAST_STEP["float32"] - 5
    with pytest.raises(am.AmineError, match="Loop.advance, duration: there are too many steps"):
        loop.advance("1 ms")
    assert loop._simulation.step == LAST_STEP["float32"] - 5
    loop.advance("0.5 ms")


@pytest.mark.parametrize(("precision", "first"), [(p, 2**31 - 2**20 - 3000) for p in ("float32", "float64")])
def test_neurons_fire_as_always_near_the_last_step(precision, first):
    """A run that begins late fires as one that begins at 0: refractory times and all else that counts steps."""
    net = am.Network(seed=1)
    net.population("P", 20, "lif", I_e=np.linspace(380, 500, 20) * am.units.pA)
    early, late = net.loop(precision=precision), net.loop(precision=precision)
    late._simulation.step = first
    a, b = early.advance("250 ms")["P"], late.advance("250 ms")["P"]
    assert np.array_equal(a, b) and a.min() > 2
    assert np.array_equal(early.run().spikes.steps + first, late.run().spikes.steps)


def test_loops_do_not_replace_what_is_not_theirs(tmp_path):
    net = small()
    loop, other = net.loop(), net.loop()
    loop.advance("1 ms")
    loop.save(tmp_path / "c")
    loop.advance("1 ms")
    loop.save(tmp_path / "c")
    with pytest.raises(am.AmineError, match="it exists.*overwrite=True"):
        other.save(tmp_path / "c")
    again = net.loop(resume=tmp_path / "c")
    assert again.time == 2.0
    again.save(tmp_path / "c")
    other.save(tmp_path / "c", overwrite=True)
    assert net.loop(resume=tmp_path / "c").time == 0.0
    assert [p.name for p in tmp_path.iterdir()] == ["c"]


def test_stores_and_checkpoints_that_do_not_belong_together(tmp_path):
    a, b = tmp_path / "a", tmp_path / "b"
    small().run("12 ms", **place(a))
    small().run("20 ms", **place(b, stored=False))
    with pytest.raises(am.AmineError, match="made with a store"):
        small().run("20 ms", resume=True, **place(a, stored=False))
    with pytest.raises(am.AmineError, match="made without a store"):
        small().run("20 ms", resume=True, **{**place(b), "store": a / "a.zarr"})
    assert same(am.results.open(a / "a.zarr"), small().run("12 ms", progress=False))
    assert isinstance(ZarrStore.open(a / "a.zarr").ended["duration"], float)


@pytest.mark.parametrize("names", [("a", "a"), ("a/c", "a"), ("a", "a/s"), ("./a/../a/c", "a/")])
def test_a_checkpoint_lies_beside_its_store(tmp_path, monkeypatch, names):
    monkeypatch.chdir(tmp_path)
    net = am.Network()
    net.population("P", 2, "poisson", rate="1 Hz")
    with pytest.raises(am.AmineError, match="Network.run, checkpoint: it lies in the store, or the store in it"):
        net.run("1 ms", checkpoint=names[0], store=names[1], progress=False)
    assert not list(tmp_path.iterdir())
