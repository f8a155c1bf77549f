"""Stores on disk: the same as in memory whatever is done; and no fault of a file goes unsaid."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import amine as am
from amine.files import sealed
from amine.network.weights import Weights
from amine.results import store as stores
from amine.results.chunks import unpacked
from amine.results.spikes import Spikes
from amine.results.store import MemoryStore, ZarrStore

META = {
    "network": {},
    "hash": "h",
    "dt": 0.1,
    "populations": [["E", 0, 60], ["I", 60, 20]],
    "seed": 1,
    "precision": "float32",
    "probes": [
        {"name": "p", "population": "E", "start": 0, "stop": 4, "step": 2, "variables": ["v"], "units": {"v": "mV"}}
    ],
}


@pytest.fixture(autouse=True)
def short_chunks(monkeypatch):
    """Chunks of a few rows, so that small stores have many."""
    forms = stores.layout

    def short(meta):
        return {name: a._replace(rows=7) for name, a in forms(meta).items()}

    monkeypatch.setattr(stores, "layout", short)


def chunk(k: int) -> tuple:
    rng = np.random.default_rng(k)
    n = int(rng.integers(0, 20))
    values = {"v": rng.random((3, 2), dtype=np.float32)}
    return (
        np.sort(rng.integers(k * 10, k * 10 + 10, n)),
        rng.integers(0, 80, n).astype(np.int32),
        {"p": (np.arange(3.0) + 3 * k, values)},
    )


def weights() -> dict[str, Weights]:
    n = np.arange(5)
    return {"W": Weights("W", n, n, np.ones(5), "nS", {"x": np.zeros(5)}, (0.0, 2.0), {"protein": np.ones(80)})}


ABOUT = {"complete": True, "seconds": {}, "info": {}}


@settings(max_examples=15, deadline=None)
@given(st.lists(st.sampled_from(["append", "flush", "mark", "back", "reopen"]), min_size=1, max_size=12))
def test_stores_agree_whatever_is_done(tmp_path_factory, acts):
    path = tmp_path_factory.mktemp("s") / "a.zarr"
    memory, disk = MemoryStore(), ZarrStore.create(path, META)
    marks, k = None, 0
    for act in acts:
        if act == "append":
            k += 1
            memory.append(*chunk(k))
            disk.append(*chunk(k))
        elif act == "flush":
            disk.flush()
        elif act == "mark":
            disk.flush()
            marks = (memory.in_memory(), memory.counts(), disk.in_memory(), disk.counts())
        elif marks is not None:
            if act == "reopen":
                disk.finish(META, 1.0, ABOUT, weights())
                disk = ZarrStore.resume(path, "h")
            memory.restore(*marks[:2])
            disk.restore(*marks[2:])
    a, b = memory.finish(META, 10.0, ABOUT, {}), disk.finish(META, 10.0, ABOUT, weights())
    again = ZarrStore.open(path)
    for spikes, probes in (b, again.read(META, 10.0)):
        assert a[0].hash() == spikes.hash()
        if "p" in a[1]:
            np.testing.assert_array_equal(a[1]["p"]["v"], probes["p"]["v"][:])
            np.testing.assert_array_equal(a[1]["p"].times, probes["p"].times)
    assert again.read_weights() == weights()


def whole(path: Path) -> Path:
    """A store of a run that ended, with all that a store can hold."""
    store = ZarrStore.create(path, META)
    for k in range(6):
        store.append(*chunk(k))
    store.finish(META, 10.0, ABOUT, weights())
    return path


def content(path: Path) -> tuple:
    """All that is read from a store."""
    store = ZarrStore.open(path)
    spikes, probes = store.read(store.meta, store.ended["duration"])
    p = probes["p"]
    return spikes.hash(), p.times.tolist(), p["v"][:].tolist(), p.units, spikes.populations, store.ended


def same_or_refused(path: Path, expected: tuple) -> bool:
    """Whether a damaged store is refused by one sentence or read as it was; it is never read as anything else."""
    try:
        found = content(path)
    except am.AmineError as e:
        assert str(e).startswith(f"store '{path}'") and "\n" not in str(e)
        return True
    assert found == expected
    return False


def files(path: Path) -> list[Path]:
    return sorted(p for p in path.rglob("*") if p.is_file())


def test_any_byte_of_any_file(tmp_path):
    """Bytes of every file of a store changed, one at a time; only blanks of JSON can be changed without harm."""
    path = whole(tmp_path / "a.zarr")
    expected, rng, tried = content(path), np.random.default_rng(1), 0
    for file in files(path):
        data = file.read_bytes()
        places = {*range(min(6, len(data))), len(data) - 1, *rng.integers(0, len(data), 6).tolist()}
        for at in places:
            flipped = bytearray(data)
            flipped[at] ^= 1 << int(rng.integers(8))
            file.write_bytes(flipped)
            tried += same_or_refused(path, expected)
            file.write_bytes(data)
    assert tried > 150 and content(path) == expected


@pytest.mark.parametrize("fault", ["missing", "empty", "half", "longer", "swapped"])
def test_any_file_of_a_store(tmp_path, fault):
    path = whole(tmp_path / "a.zarr")
    expected = content(path)
    for file in files(path):
        data = file.read_bytes()
        other = next(f for f in files(path) if f != file and f.name == file.name and f.read_bytes() != data)
        changed = {"empty": b"", "half": data[: len(data) // 2], "longer": data + b"x", "swapped": other.read_bytes()}
        if fault == "missing":
            file.unlink()
        else:
            file.write_bytes(changed[fault])
        assert same_or_refused(path, expected), file
        file.write_bytes(data)
    assert content(path) == expected


def test_what_is_read_later_is_checked_too(tmp_path):
    """Traces stay on disk: they are compared with their digests when they are read, not only when the store is opened."""
    path = whole(tmp_path / "a.zarr")
    store = ZarrStore.open(path)
    _, probes = store.read(store.meta, 10.0)
    file = path / "probes/0/v/c/0/0"
    file.unlink()
    with pytest.raises(am.AmineError, match="'probes/0/v/c/0/0' is missing"):
        probes["p"]["v"][:]


def test_a_chunk_that_does_not_belong(tmp_path):
    path = whole(tmp_path / "a.zarr")
    expected = content(path)
    n = len(list((path / "spikes/steps/c").iterdir()))
    shutil.copy(path / "spikes/steps/c/0", path / f"spikes/steps/c/{n}")
    same_or_refused(path, expected)


@pytest.mark.parametrize("damage", ["chunk flipped", "chunk missing", "description", "root"])
def test_a_damaged_store_is_not_gone_on_with(tmp_path, damage):
    path = tmp_path / "a.zarr"
    store = ZarrStore.create(path, META)
    for k in range(6):
        store.append(*chunk(k))
    marks = store.in_memory(), store.counts()
    file = path / {"description": "spikes/ids/zarr.json", "root": "zarr.json"}.get(damage, "spikes/ids/c/1")
    data = bytearray(file.read_bytes())
    if damage == "chunk missing":
        file.unlink()
    elif damage == "description":
        file.write_text(file.read_text().replace("int32", "int16"))
    else:
        data[len(data) // 2] ^= 4
        file.write_bytes(data)
    with pytest.raises(am.AmineError, match="damaged"):
        ZarrStore.resume(path, "h").restore(*marks)


def test_what_came_after_a_checkpoint_is_no_damage(tmp_path):
    """Neither chunks that were written, nor a description that was lengthened, nor what a killed writer left half done."""
    path = tmp_path / "a.zarr"
    store = ZarrStore.create(path, META)
    for k in range(4):
        store.append(*chunk(k))
    marks = store.in_memory(), store.counts()
    for k in range(4, 9):
        store.append(*chunk(k))
    next_chunk = len(list((path / "spikes/steps/c").iterdir()))
    (path / f"spikes/steps/c/{next_chunk}").write_bytes(b"half a chu")
    (path / "spikes/steps/c/.0.1-ab.part").write_bytes(b"half a chu")
    again = ZarrStore.resume(path, "h")
    again.restore(*marks)
    for k in range(4, 6):
        again.append(*chunk(k))
    spikes, _ = again.finish(META, 10.0, ABOUT, {})
    memory = MemoryStore()
    for k in range(6):
        memory.append(*chunk(k))
    assert spikes.hash() == memory.finish(META, 10.0, ABOUT, {})[0].hash() == content(path)[0]
    assert not list(path.rglob("*.part"))


def forged(path: Path, change) -> Path:
    """A store with changed attributes and a digest that fits them: one that was made to harm, not damaged."""
    root = json.loads((path / "zarr.json").read_text())
    attributes = {k: v for k, v in root["attributes"].items() if k != "digest"}
    change(attributes)
    root["attributes"] = sealed(attributes)
    (path / "zarr.json").write_text(json.dumps(root))
    return path


def with_description(path: Path, name: str, change) -> None:
    """Changes the description of an array, and its digest."""
    from amine.results.chunks import fingerprint

    key = f"{name}/zarr.json"
    data = json.loads((path / key).read_text())
    change(data)
    (path / key).write_text(json.dumps(data))
    digest = fingerprint(key, (path / key).read_bytes())
    forged(path, lambda a: (a["digests"].update({key: digest}), a["shapes"].update({name: data["shape"]})))


def test_stores_that_claim_more_than_they_hold(tmp_path):
    """Forged with digests that fit: what they claim is compared with the files that are there before memory is taken for it."""

    def of_chunks(n):
        return lambda d: d["chunk_grid"]["configuration"].update(chunk_shape=[n])

    many = 10**11
    for k, change in enumerate([lambda d: d.update(shape=[many]), of_chunks(many), of_chunks(1)]):
        path = whole(tmp_path / f"{k}.zarr")
        with_description(path, "spikes/steps", change)
        with pytest.raises(am.AmineError, match="damaged"):
            ZarrStore.open(path)
    path = whole(tmp_path / "probe.zarr")
    forged(path, lambda a: a["meta"]["probes"][0].update(stop=2**62))
    with pytest.raises(am.AmineError, match="damaged"):
        ZarrStore.open(path)


def test_a_chunk_that_unpacks_to_more_than_its_array_allows(tmp_path):
    from numcodecs.zstd import Zstd

    from amine.results.chunks import fingerprint

    packed = [Zstd().encode(np.zeros(n, np.int64)) for n in (7, 10**6)]
    assert [unpacked(bytes(x)) for x in packed] == [56, 8 * 10**6]
    assert unpacked(bytes(packed[0]) * 2) == unpacked(b"") == unpacked(bytes(packed[0])[:-1]) == -1
    for bomb in (bytes(packed[1]), bytes(packed[0]) * 9):
        path, key = whole(tmp_path / f"{len(bomb)}.zarr"), "spikes/steps/c/0"
        (path / key).write_bytes(bomb)
        forged(path, lambda a, b=bomb: a["digests"].update({"spikes/steps/c/0": fingerprint("spikes/steps/c/0", b)}))
        with pytest.raises(am.AmineError, match="larger than its array allows"):
            ZarrStore.open(path)


@pytest.mark.parametrize("form", [None, [], {"digests": 3}, {"shapes": {"spikes/steps": "x"}}, {"meta": []}])
def test_attributes_of_another_form(tmp_path, form):
    path = forged(whole(tmp_path / "a.zarr"), lambda a: a.update(form if isinstance(form, dict) else {"digests": form}))
    with pytest.raises(am.AmineError):
        ZarrStore.open(path)


def test_what_is_no_store(tmp_path):
    with pytest.raises(am.AmineError, match="does not exist"):
        ZarrStore.open(tmp_path / "none")
    ZarrStore.create(tmp_path / "a.zarr", META)
    with pytest.raises(am.AmineError, match="another network"):
        ZarrStore.resume(tmp_path / "a.zarr", "other")
    with pytest.raises(am.AmineError, match="did not finish"):
        am.results.open(tmp_path / "a.zarr")
    (tmp_path / "file").write_text("{}")
    (tmp_path / "folder").mkdir()
    for name in ("file", "folder"):
        with pytest.raises(am.AmineError, match="not a store"):
            am.results.open(tmp_path / name)


def test_a_store_is_begun_again_only_if_nothing_was_written(tmp_path):
    path = tmp_path / "a.zarr"
    ZarrStore.create(path, META)
    store = ZarrStore.create(path, META)
    with pytest.raises(am.AmineError, match="it exists"):
        ZarrStore.create(path, {**META, "hash": "another"})
    for k in range(6):
        store.append(*chunk(k))
    with pytest.raises(am.AmineError, match="it exists"):
        ZarrStore.create(path, META)
    short = ZarrStore.create(tmp_path / "b.zarr", META)
    short.finish(META, 0.0, ABOUT, {})
    with pytest.raises(am.AmineError, match="it exists"):
        ZarrStore.create(tmp_path / "b.zarr", META)
    (tmp_path / "c.zarr").mkdir()
    with pytest.raises(am.AmineError, match="it exists"):
        ZarrStore.create(tmp_path / "c.zarr", META)
    assert not [p for p in tmp_path.iterdir() if p.name.endswith(".part")]


def test_a_full_disk(tmp_path, monkeypatch):
    """What cannot be written waits, with one warning, and is written when there is room; beyond a limit it is an error."""
    from amine.results import chunks

    path, full = tmp_path / "a.zarr", []
    real = chunks.force

    def force(p):
        if full:
            raise OSError(28, "No space left on device")
        real(p)

    store = ZarrStore.create(path, META)
    monkeypatch.setattr("amine.files.force", force)
    full.append(True)
    with pytest.warns(am.errors.AmineWarning, match="No space left on device.*wait in memory") as said:
        for k in range(6):
            store.append(*chunk(k))
    assert len(said) == 1
    monkeypatch.setattr(ZarrStore, "MOST_WAITING", 100)
    with pytest.raises(am.AmineError, match=r"store '.*': it cannot be written \(given No space left on device\)"):
        store.append(*chunk(6))
    full.clear()
    spikes, _ = store.finish(META, 10.0, ABOUT, weights())
    memory = MemoryStore()
    for k in range(7):
        memory.append(*chunk(k))
    assert spikes.hash() == memory.finish(META, 10.0, ABOUT, {})[0].hash() == content(path)[0]
    assert not list(path.rglob("*.part"))


def test_a_full_disk_while_a_run_is_saved_leaves_nothing(tmp_path, monkeypatch):
    net = am.Network(seed=1)
    net.population("P", 5, "poisson", rate="100 Hz")
    spikes = Spikes(np.arange(1, 9), np.arange(8) % 5, 0.1, (("P", 0, 5),), 10.0)
    run = am.Run(net, spikes, {}, 10.0, True, {}, {}, {}, META)

    def force(p):
        if "steps" in str(p):
            raise OSError(28, "No space left on device")

    monkeypatch.setattr("amine.files.force", force)
    with pytest.raises(am.AmineError, match=r"store '.*r\.zarr': it cannot be written \(given No space"):
        run.save(tmp_path / "r.zarr")
    assert list(tmp_path.iterdir()) == []
