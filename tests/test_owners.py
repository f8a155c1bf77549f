"""One owner at a time, whatever became of the one before."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from amine import owners
from amine.errors import AmineError
from amine.owners import Owner, owned

HOLDER = """
import sys, time
from pathlib import Path
from amine.owners import owned
with owned(Path(sys.argv[1]), "checkpoint 'c'"):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_second_run_is_refused_and_named(tmp_path):
    c = tmp_path / "c"
    with owned(c, "checkpoint 'c'"):
        said = f"checkpoint 'c': it is in use by process {os.getpid()} on .* since 20.*"
        with pytest.raises(AmineError, match=said), owned(c, "checkpoint 'c'"):
            pass
        (tmp_path / "link").symlink_to(c)
        with pytest.raises(AmineError, match="in use"), owned(tmp_path / "link", "checkpoint 'link'"):
            pass
    with owned(c, "checkpoint 'c'"):
        pass
    assert not (tmp_path / "c.lock").exists()


def test_another_process_and_its_death(tmp_path):
    c = tmp_path / "c"
    process = subprocess.Popen([sys.executable, "-c", HOLDER, str(c)], stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None and process.stdout.readline() == b"held\n"
        with pytest.raises(AmineError, match=f"in use by process {process.pid} on "), owned(c, "checkpoint 'c'"):
            pass
    finally:
        process.send_signal(signal.SIGKILL)
        process.communicate()
    assert (tmp_path / "c.lock").exists()  # a lock without an owner
    with owned(c, "checkpoint 'c'"):
        pass


def signed(path: Path, **change) -> None:
    path.write_text(json.dumps({**owners._myself(), **change}))


@pytest.mark.parametrize("locks", [True, False], ids=["locks", "no locks"])
@pytest.mark.parametrize(
    ("change", "over"),
    [
        ({"pid": 2**22 + 1}, True),  # beyond the last number of a process
        ({"started": "1"}, True),  # the number was given to another process since
        ({"host": "elsewhere", "boot": "b"}, False),
        ({"boot": "before the last start of this machine"}, True),
        ({"pid": "?", "started": None}, True),
    ],
)
def test_locks_of_runs_that_are_over(tmp_path, monkeypatch, locks, change, over):
    if not locks:

        def unsupported(*given):
            raise OSError(95, "Operation not supported")

        monkeypatch.setattr("fcntl.flock", unsupported)
    signed(tmp_path / "c.lock", **change)
    if over:
        with owned(tmp_path / "c", "checkpoint 'c'"):
            assert json.loads((tmp_path / "c.lock").read_text())["pid"] == os.getpid()
    else:
        said = r"in use by process \d+ on elsewhere since .*; .* if it is over, remove '.*c\.lock'"
        with pytest.raises(AmineError, match=said), owned(tmp_path / "c", "checkpoint 'c'"):
            pass


def test_a_living_owner_where_the_system_has_no_locks(tmp_path, monkeypatch):
    def unsupported(*given):
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr("fcntl.flock", unsupported)
    signed(tmp_path / "c.lock")
    with pytest.raises(AmineError, match="in use by process"), owned(tmp_path / "c", "checkpoint 'c'"):
        pass


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"pid": [], "host": 3}'])
def test_damaged_locks(tmp_path, content):
    """They name no owner: the system's lock, which nobody holds, decides; a host that is not this one is not passed over."""
    (tmp_path / "c.lock").write_text(content)
    try:
        with owned(tmp_path / "c", "checkpoint 'c'"):
            pass
    except AmineError as e:
        assert content.startswith('{"pid"') and "in use by process [] on 3" in str(e)


def test_a_lock_does_not_follow_links(tmp_path):
    (tmp_path / "precious").write_text("content")
    (tmp_path / "c.lock").symlink_to(tmp_path / "precious")
    with pytest.raises(AmineError, match="cannot be made"), owned(tmp_path / "c", "checkpoint 'c'"):
        pass
    assert (tmp_path / "precious").read_text() == "content"


def test_a_lock_that_was_removed_by_hand(tmp_path):
    first = Owner(tmp_path / "c", "checkpoint 'c'")
    (tmp_path / "c.lock").unlink()
    first.check()  # nobody took it: it is made again
    assert first.is_ours() and (tmp_path / "c.lock").exists()
    (tmp_path / "c.lock").unlink()
    second = Owner(tmp_path / "c", "checkpoint 'c'")
    with pytest.raises(AmineError, match="in use"):
        first.check()
    assert not first.is_ours() and second.is_ours()
    first.close()
    assert (tmp_path / "c.lock").exists()
    second.close()
    assert not (tmp_path / "c.lock").exists()


def _outlive(begun) -> None:
    begun.set()
    time.sleep(60)


def test_children_do_not_inherit(tmp_path):
    """A forked worker that outlives its parent must not keep what the parent owned."""
    owner = Owner(tmp_path / "c", "checkpoint 'c'")
    fork = multiprocessing.get_context("fork")
    begun = fork.Event()
    child = fork.Process(target=_outlive, args=(begun,))
    child.start()
    assert begun.wait(20)
    try:
        os.close(owner._handle)  # the parent is gone, but its lock file is there
        owners._held.discard(owner._handle)
        Owner(tmp_path / "c", "checkpoint 'c'").close()
    finally:
        child.kill()
        child.join()


def test_many_at_once(tmp_path):
    """Twelve threads take turns on one lock: never two at a time, and everyone comes to it."""
    inside, most, turns = [], [], []

    def work(k: int) -> None:
        while True:
            try:
                with owned(tmp_path / "c", "checkpoint 'c'"):
                    inside.append(k)
                    most.append(len(inside))
                    time.sleep(0.002)
                    inside.remove(k)
                    turns.append(k)
                    return
            except AmineError:
                time.sleep(0.001)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(12)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert max(most) == 1 and sorted(turns) == list(range(12))


def test_a_full_disk_is_said(tmp_path, monkeypatch):
    def full(*given):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "pwrite", full)
    with pytest.raises(AmineError, match="cannot be written .given No space left"), owned(tmp_path / "c", "checkpoint"):
        pass
    assert list(tmp_path.iterdir()) == []
