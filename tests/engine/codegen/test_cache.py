"""Compiled code on disk: only what is as this user wrote it is used; anything else is made anew without a word."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numba
import numpy as np
import pytest

import amine as am
from amine.engine.codegen import cache

SOURCE = """
from numba import njit


@njit(cache=True)
def twice(x):
    return x + x
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("AMINE_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


def fresh(structure: str = "a"):
    """The module as a new process would get it, and whether it was found on disk."""
    sys.modules.pop(f"amine_{cache.structure_hash(structure)}", None)
    return cache.load(structure, lambda: SOURCE)


def made(folder: Path) -> list[Path]:
    """A module, used once; all its files."""
    module, found = fresh()
    assert not found and module.twice(3) == 6 and module.twice(1.5) == 3.0
    files = sorted(p for p in folder.rglob("*") if p.is_file())
    assert [p.suffix for p in files if p.suffix != ".nbc"] == [".nbi", ".py"] and len(files) == 4
    return files


def hits(module) -> int:
    return sum(module.twice.stats.cache_hits.values())


def works(expected_hits: int | None = None) -> None:
    module, _ = fresh()
    assert module.twice(3) == 6 and module.twice(1.5) == 3.0
    assert expected_hits is None or hits(module) == expected_hits


def test_what_is_whole_is_used(folder):
    files = made(folder)
    times = [p.stat().st_mtime_ns for p in files]
    works(2)
    assert [p.stat().st_mtime_ns for p in files] == times
    assert all(p.stat().st_mode & 0o077 == 0 for p in [*files, folder])


@pytest.mark.parametrize("fault", ["empty", "half", "flipped", "longer", "missing", "swapped", "folder"])
def test_damaged_files_are_made_anew(folder, fault):
    for file in made(folder):
        data = file.read_bytes()
        flipped = bytearray(data)
        flipped[len(data) // 2] ^= 1
        others = [p for p in folder.rglob("*") if p.is_file() and p != file]
        other = next((p for p in others if p.suffix == file.suffix), others[0]).read_bytes()
        file.unlink()
        if fault == "folder" and file.suffix != ".py":
            file.mkdir()  # cannot be replaced: it is compiled again each time
        elif fault not in ("missing", "folder"):
            file.write_bytes(
                {
                    "empty": b"",
                    "half": data[: len(data) // 2],
                    "flipped": flipped,
                    "longer": data + b"\n",
                    "swapped": other,
                }[fault]
            )
            file.chmod(0o600)
        works()
        if fault == "folder":
            if file.is_dir():
                file.rmdir()
            works()
        works(2)


def harmful(path: Path, marker: Path) -> None:
    path.write_text(f"open({str(marker)!r}, 'w')\n" + path.read_text())


@pytest.mark.parametrize("mode", [0o666, 0o620, 0o602])
def test_what_others_could_have_written_is_not_run(folder, tmp_path, mode):
    """Even if its digest fits: whoever can write the file can write the digest."""
    source = next(p for p in made(folder) if p.suffix == ".py")
    cache.write_own(source, f"open({str(tmp_path / 'ran')!r}, 'w')\n".encode() + SOURCE.encode())
    source.chmod(mode)
    works()
    assert not (tmp_path / "ran").exists() and source.stat().st_mode & 0o077 == 0 and b"ran" not in source.read_bytes()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_files_of_another_user_are_not_used(folder):
    for file in made(folder):
        os.chown(file, 12345, 12345)
        assert cache.read_own(file) is None
        works()
        assert file.stat().st_uid == 0


def test_links_and_pipes_are_not_followed(folder, tmp_path):
    source = next(p for p in made(folder) if p.suffix == ".py")
    copy = tmp_path / source.name
    os.replace(source, copy)
    source.symlink_to(copy)
    assert cache.read_own(source) is None
    works()
    assert not source.is_symlink() and copy.exists()
    source.unlink()
    os.mkfifo(source, 0o600)
    assert cache.read_own(source) is None
    works()


def test_pythons_own_cache_is_not_trusted(folder):
    """A file of bytecode beside the source is neither run nor written."""
    import importlib.util
    import py_compile

    source = next(p for p in made(folder) if p.suffix == ".py")
    text = source.read_bytes()
    source.write_bytes(b"raise RuntimeError('bytecode')")
    py_compile.compile(str(source), cfile=importlib.util.cache_from_source(str(source)))
    source.write_bytes(text)
    works()


def test_a_disk_that_is_full(folder, monkeypatch):
    """Without room for the source there is one sentence; without room for compiled code it is compiled again."""

    def full(path):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as m:
        m.setattr("amine.files.force", full)
        with pytest.raises(am.AmineError, match="cache directory '.*': it cannot be written .given No space left"):
            fresh()
    assert list(folder.iterdir()) == []
    module, _ = fresh()
    with monkeypatch.context() as m:
        m.setattr("amine.files.force", full)
        assert module.twice(3) == 6
    assert [p.suffix for p in folder.rglob("*") if p.is_file()] == [".py"]
    works()


def test_a_source_that_cannot_be_run_leaves_no_module(folder):
    name = f"amine_{cache.structure_hash('broken')}"
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            cache.load("broken", lambda: "1 / 0\n")
        assert name not in sys.modules


def test_all_functions_that_numba_keeps_are_checked():
    """Those of the package itself too, whatever is imported."""
    text = """
import sys
from types import ModuleType
import amine.engine.time.simulation
import amine.engine.device.deliver, amine.engine.device.sources, amine.engine.device.poisson
from amine.engine.device.kept import CompiledFiles, check_compiled
check_compiled()
from numba.core.caching import FunctionCache
from numba.core.dispatcher import Dispatcher
kept = [f._cache for n, m in list(sys.modules.items()) if n.startswith("amine") for f in vars(m).values() if isinstance(f, Dispatcher)]
kept = [c for c in kept if isinstance(c, FunctionCache)]
assert len(kept) > 3 and all(isinstance(c._cache_file, CompiledFiles) for c in kept), len(kept)
"""
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr


KERNEL = """
from amine.engine.device.functions import kernel
from amine.engine.device import tree as tree_device

NAMES = ["x"]
solve = tree_device.eliminate[16]
other = [solve]


@kernel
def add(x, by):
    for i in range(x.size):
        x[i] += by
    return x.size


def half(x):
    return 0.5 * x
"""


def kernels():
    """A module with a kernel as a new process would get it, and whether it was found on disk."""
    name = f"amine_{cache.structure_hash('kernels')}"
    for module in (name, f"{name}_kernels"):
        sys.modules.pop(module, None)
    return cache.load_kernels("kernels", lambda: KERNEL)


def adds(module) -> None:
    x = np.arange(3.0)
    assert module.add(x, 2.0) == 3 and list(x) == [2.0, 3.0, 4.0] and module.half(3.0) == 1.5 and module.NAMES == ["x"]


def test_kernels_in_the_cache_are_not_compiled(folder, monkeypatch):
    module, found = kernels()
    assert not found and not {"kernel", "solve", "other"} & set(vars(module))
    adds(module)
    assert sorted(p.suffix for p in folder.rglob("*") if p.is_file()) == [".o", ".py", ".py"]
    monkeypatch.setattr("amine.engine.device.compiler.compiled", None)
    module, found = kernels()
    assert found
    adds(module)
    with pytest.raises(TypeError):
        module.add(np.arange(3, dtype=np.float32), 2.0)  # other arguments need other code


ALLOCATES = """
import numpy as np

from amine.engine.device.functions import kernel


@kernel
def add(x, by):
    y = np.zeros(x.size)
    y[:] = x + by
    x[:] = y
    return x.size


NAMES = ["x"]


def half(x):
    return 0.5 * x
"""


def test_kernels_make_no_arrays(folder, monkeypatch):
    """They would come from Numba's run time, which a process that compiles nothing does not have."""
    monkeypatch.setattr(sys.modules[__name__], "KERNEL", ALLOCATES)
    with pytest.raises(numba.TypingError, match="zeros"):
        adds(kernels()[0])
    assert not list(folder.glob("*.o"))


@pytest.mark.parametrize("fault", ["flipped", "writable", "missing"])
def test_object_code_that_is_damaged_is_not_run(folder, fault):
    adds(kernels()[0])
    for file in [
        p for p in folder.iterdir() if p.suffix == ".o" or p.stem.endswith("_plain")
    ]:  # the others are not read
        data, times = bytearray(file.read_bytes()), file.stat().st_mtime_ns
        if fault == "missing":
            file.unlink()
        elif fault == "writable":
            file.chmod(0o622)
        else:
            data[len(data) // 2] ^= 1
            file.write_bytes(data)
        adds(kernels()[0])
        assert cache.read_own(file) is not None and file.stat().st_mtime_ns != times


def test_words_of_arguments():
    """Whole numbers, real numbers, tuples and strided arrays arrive as they are; what a kernel cannot take is refused."""
    from types import SimpleNamespace

    from amine.engine.device.functions import kernel
    from amine.engine.device.kernel import Kernel, Repeated

    @kernel
    def total(a, pair, flag, n, small):
        return a[1, 2] * pair[0] + pair[1][1] + n + small if flag else -1.0

    made = Kernel(lambda: SimpleNamespace(total=total), "total", "amine_test")  # type: ignore[arg-type]
    a, b = np.arange(24.0).reshape(4, 6), np.array([5, 7], np.int32)
    for call in (made, Repeated(made)):
        for x in (a, a[::2, ::2], a.T):
            for flag in (True, False):
                expected = x[1, 2] * 0.5 + 7 - 3 + 0.25 if flag else -1.0
                assert call(x, (0.5, b), flag, -3, np.float32(0.25)) == expected
        with pytest.raises(TypeError, match="cannot take str"):
            call("a", (0.5, b), True, 1, np.float32(0.25))
