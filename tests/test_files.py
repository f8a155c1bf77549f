"""Files that are there whole or not at all, and are what was written or are refused."""

from __future__ import annotations

import io
import os
import zipfile
from pathlib import Path

import numpy as np
import pytest

import amine as am
from amine.errors import AmineError
from amine.files import (
    is_intact,
    open_regular,
    read_arrays,
    read_json,
    replacing,
    replacing_folder,
    sealed,
    sweep,
    unpack,
    write_arrays,
    write_text,
)

ARRAYS = {
    "x": np.arange(12.0).reshape(3, 4),
    "n": np.int64(7),
    "none": np.empty((0, 2), np.float32),
    "yes": np.array([True, False]),
    "columns": np.asfortranarray(np.arange(6, dtype=np.int32).reshape(2, 3)),
}
HEADER = {"format": "f", "list": [1, 2.5, None, "ä"]}


def written(folder: Path) -> Path:
    write_arrays(folder / "a", HEADER, ARRAYS, "file 'a'")
    return folder / "a"


def read(path: Path):
    return read_arrays(path, "a file of arrays", "file 'a'")


def equal(a: dict, b: dict) -> bool:
    return a.keys() == b.keys() and all(
        np.array_equal(a[k], b[k]) and np.asarray(a[k]).dtype == b[k].dtype and np.shape(a[k]) == b[k].shape for k in a
    )


def test_arrays_come_back(tmp_path):
    header, arrays = read(written(tmp_path))
    assert header == HEADER and equal(ARRAYS, arrays)
    arrays["x"][0, 0] = 1.0  # may be changed by who read them
    assert [p.name for p in tmp_path.iterdir()] == ["a"]
    with pytest.raises(TypeError):
        write_arrays(tmp_path / "b", {}, {"text": np.array(["no number"])}, "file 'b'")


def test_every_byte_counts(tmp_path):
    path = written(tmp_path)
    data, refused = path.read_bytes(), 0
    for at in range(0, len(data), 3):
        flipped = bytearray(data)
        flipped[at] ^= 16
        path.write_bytes(flipped)
        try:
            header, arrays = read(path)
            assert header == HEADER and equal(ARRAYS, arrays)
        except AmineError as e:
            refused += 1
            assert "damaged" in str(e) and "\n" not in str(e)
    assert refused > len(data) / 3 / 2  # the rest are dates and the like
    for n in range(0, len(data), 97):
        path.write_bytes(data[:n])
        with pytest.raises(AmineError, match="damaged"):
            read(path)


def archive(path: Path, members: dict[str, bytes], how: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", how) as z:
        for name, content in members.items():
            z.writestr(name, content)
    return path


def claiming(shape: str, dtype: str = "<f8") -> bytes:
    text = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}, }}"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text.encode()


@pytest.mark.parametrize(
    "members",
    [
        {"x.npy": claiming("(100000000000,)")},
        {"x.npy": claiming("(-1,)") + b"12345678"},
        {"x.npy": claiming("(1,)", "|O") + b"12345678"},
        {"x.npy": claiming("(1,)", "|S8") + b"12345678"},
        {"x.npy": claiming("(" * 3000)},
        {"x.npy": claiming("9" * 5000)},
        {"x.npy": b"\x93NUMPY\x09\x00"},
        {"x": b"12"},
        {},
    ],
)
def test_arrays_that_are_none_or_claim_more_than_there_is(tmp_path, members):
    with pytest.raises(AmineError, match="this is not a file of arrays, or it is damaged"):
        read(archive(tmp_path / "a", members))


def test_compression_bombs(tmp_path):
    """An archive may not hold more than its own size, neither packed nor by members that lie over each other."""
    buffer = io.BytesIO()
    np.save(buffer, np.zeros(10**7))
    for how in (zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        with pytest.raises(AmineError, match="damaged"):
            read(archive(tmp_path / "a", {"x.npy": buffer.getvalue()}, how))


def test_arrays_that_anyone_wrote(tmp_path):
    np.savez_compressed(tmp_path / "a.npz", X=np.zeros((10, 3)), y=np.array(["cat", "dog"] * 5))
    X, y = unpack(tmp_path / "a.npz", ("X", "y"), 10**6, "file 'a'")
    assert X.shape == (10, 3) and y[1] == "dog"
    np.savez_compressed(tmp_path / "b.npz", X=np.zeros(10**7), y=np.zeros(1))
    with pytest.raises(
        AmineError, match=r"need more memory than there is \(given 80,000,\d+ bytes, expected at most 1,0"
    ):
        unpack(tmp_path / "b.npz", ("X", "y"), 10**6, "file 'b'")
    np.savez(tmp_path / "c.npz", X=np.array([{}], object), y=np.zeros(1))
    for given in ("a.npz", "c.npz"):
        with pytest.raises(AmineError, match="it has no arrays X and z that can be read"):
            unpack(tmp_path / given, ("X", "z"), 10**6, "file")
    claims = archive(tmp_path / "d.npz", {"X.npy": claiming("(100000000000,)"), "z.npy": claiming("(1,)")})
    with pytest.raises(AmineError, match="another length than its header"):
        unpack(claims, ("X", "z"), 10**6, "file")


def test_what_is_no_file(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe", Path("/dev/zero")):
        with pytest.raises(AmineError, match="this is not a file"):
            read(path)
        with pytest.raises(AmineError, match="this is not a file"):
            read_json(path, "file")
        with pytest.raises(AmineError, match="this is not a file"):
            open_regular(path, "file")
    with pytest.raises(AmineError, match="does not exist"):
        read(tmp_path / "none")


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe\x00", b"[" * 10**5, b'{"a": ' + b"9" * 5000 + b"}"])
def test_what_is_no_json(tmp_path, content):
    (tmp_path / "a").write_bytes(content)
    with pytest.raises(AmineError, match="this is not JSON"):
        read_json(tmp_path / "a", "file 'a'")


def test_seals():
    data = sealed({"b": [1.5, None], "a": {"x": "ä"}})
    assert is_intact(data) and is_intact(dict(reversed(data.items())))
    assert not is_intact({**data, "b": [1.5000001, None]}) and not is_intact({**data, "c": None})


FAULTS = [OSError(28, "No space left on device"), OSError(5, "Input/output error"), KeyboardInterrupt()]


@pytest.mark.parametrize("fault", FAULTS, ids=["full", "broken", "stopped"])
@pytest.mark.parametrize("call", ["fsync", "replace", "write"])
def test_a_write_that_fails_leaves_what_was_there(tmp_path, monkeypatch, fault, call):
    path = tmp_path / "a"
    path.write_text("before")

    def fail(*given, **more):
        raise fault

    if call == "write":
        monkeypatch.setattr(Path, "write_text", fail)
    else:
        monkeypatch.setattr(os, call, fail)
    expected = AmineError if isinstance(fault, OSError) else KeyboardInterrupt
    with pytest.raises(expected) as said:
        write_text(path, "after", "file 'a'")
    monkeypatch.undo()
    assert path.read_text() == "before" and [p.name for p in tmp_path.iterdir()] == ["a"]
    if expected is AmineError:
        assert str(said.value) == f"file 'a': it cannot be written (given {fault.strerror})"


def test_it_is_on_disk_before_it_has_its_name(tmp_path, monkeypatch):
    order = []
    real = {name: getattr(os, name) for name in ("fsync", "replace")}
    for name, call in real.items():
        monkeypatch.setattr(os, name, lambda *a, n=name, c=call: (order.append(n), c(*a)))
    write_text(tmp_path / "a", "text", "file 'a'")
    assert order == ["fsync", "replace", "fsync"]


def test_names_are_not_shared(tmp_path):
    with replacing(tmp_path / "a", "a") as one, replacing(tmp_path / "a", "a") as two:
        assert one != two
        one.write_text("1")
        two.write_text("2")
    assert [p.name for p in tmp_path.iterdir()] == ["a"]


def test_folders(tmp_path):
    with replacing_folder(tmp_path / "f", "folder 'f'") as part:
        (part / "x").write_text("x")
        assert not (tmp_path / "f").exists()
    assert (tmp_path / "f" / "x").read_text() == "x"
    with pytest.raises(AmineError, match="it exists and is not empty"), replacing_folder(tmp_path / "f", "folder 'f'"):
        pass
    (tmp_path / "file").write_text("")
    with pytest.raises(AmineError, match="this is a file"), replacing_folder(tmp_path / "file", "folder 'file'"):
        pass
    (tmp_path / "file").unlink()
    (tmp_path / "e").mkdir()
    with replacing_folder(tmp_path / "e", "folder 'e'") as part:
        (part / "x").write_text("x")
    assert (tmp_path / "e" / "x").exists()
    with pytest.raises(RuntimeError), replacing_folder(tmp_path / "g", "folder 'g'") as part:
        (part / "x").write_text("x")
        raise RuntimeError
    assert sorted(p.name for p in tmp_path.iterdir()) == ["e", "f"]


def test_sweeping_takes_leftovers_of_that_name_only(tmp_path):
    for name in (".a[1].7-ab.part", ".a1.7-ab.part", ".b.7-ab.part", "a[1]"):
        (tmp_path / name).write_text("x")
    (tmp_path / ".a[1].8-ab.part").mkdir()
    sweep(tmp_path / "a[1]")
    assert sorted(p.name for p in tmp_path.iterdir()) == [".a1.7-ab.part", ".b.7-ab.part", "a[1]"]


@pytest.mark.parametrize("kind", ["weights", "checkpoint of a run", "checkpoint of a loop"])
def test_a_number_altered_in_an_archive_that_is_whole(tmp_path, kind):
    """Another program writes the archive anew, its checksums included, with one number changed in one array."""
    path, read = _written(tmp_path, kind)
    with np.load(path, allow_pickle=False) as z:
        arrays = dict(z)
    assert len(arrays) > 3
    for name in arrays:
        if arrays[name].size:
            changed = {k: x.copy() for k, x in arrays.items()}
            changed[name].flat[-1] = 0 if changed[name].flat[-1] else 1
            path.unlink()
            with open(path, "wb") as f:
                np.savez(f, **changed)
            with pytest.raises(AmineError, match="damaged"):
                read()


def _written(tmp_path, kind):
    """A file of a kind, and the call that reads it."""
    path = tmp_path / "file"
    if kind == "weights":
        n = np.arange(5)
        am.network.weights.Weights("W", n, n, n / 4, "nS", {"x": n / 8}).save(path)
        return path, lambda: am.network.weights.Weights.load(path)
    net = am.Network(seed=1)
    P = net.population("P", 4, "poisson", rate="50 Hz")
    net.synapses(P, net.population("E", 3, "lif"), receptor="exc", weight="20 pA", p=0.5, delay="1 ms")
    if kind == "checkpoint of a run":
        net.run("5 ms", checkpoint=path, progress=False)
        return path, lambda: net.run("9 ms", checkpoint=path, resume=True, progress=False)
    loop = net.loop()
    loop.set("E.I_e", "200 pA")
    loop.advance("5 ms")
    loop.save(path)
    return path, lambda: net.loop(resume=path)
