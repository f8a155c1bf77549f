"""Files with a changed bit, cut short, missing, exchanged, or made to harm."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

import amine as am
from _reliability.campaign import HERE, SPAN, Tally, bits, campaign, folder, network, place
from amine.engine.device.store import write_own
from amine.network.weights import Weights


def damages(data: bytes, rng: np.random.Generator, flips: int, other: bytes) -> Iterator[tuple[str, bytes | None]]:
    """A file's content with one bit changed, in several places; cut short, lengthened, exchanged; None for missing."""
    for at in rng.integers(0, max(1, len(data)), flips).tolist():
        flipped = bytearray(data)
        if flipped:
            flipped[at] ^= 1 << int(rng.integers(8))
        yield f"bit at {at}", bytes(flipped)
    yield from (
        ("empty", b""),
        ("half", data[: len(data) // 2]),
        ("longer", data + b"\n\0"),
        ("other", other),
        ("missing", None),
    )


def same_or_said(read: Callable[[], Any], expected: Any) -> bool:
    """Whether what is read is what was written, or one sentence says that it cannot be read."""
    try:
        return read() == expected
    except am.AmineError as e:
        return "\n" not in str(e) and len(str(e)) > 20


def each_file(root: Path, read: Callable[[], Any], rng: np.random.Generator, flips: int, name: str) -> Tally:
    """Every file below a folder, or one file, damaged in every way, one at a time."""
    tally, expected = Tally(), read()
    files = sorted(p for p in root.rglob("*") if p.is_file()) if root.is_dir() else [root]
    for k, file in enumerate(files):
        data = file.read_bytes()
        for what, content in damages(data, rng, flips, files[k - 1].read_bytes()):
            file.unlink() if content is None else file.write_bytes(content)
            ok = same_or_said(read, expected)
            file.write_bytes(data)
            tally.count(ok, f"{name}, {file.name}: {what}")
    tally.count(read() == expected, f"{name}: whole again")
    return tally


@campaign(
    "damaged stores",
    "every file of a store with one bit changed, cut short, lengthened, exchanged or missing; opened as it was, or refused by one sentence",
)
def stores(scale: float, rng: np.random.Generator) -> Tally:
    with folder() as at:
        network().run(SPAN, store=at / "a.zarr", progress=False)
        return each_file(at / "a.zarr", lambda: bits(am.results.open(at / "a.zarr")), rng, round(20 * scale), "store")


@campaign("damaged restarts", "the same for every file that a run resumes from; resumed with the same bits, or refused")
def restarts(scale: float, rng: np.random.Generator) -> Tally:
    tally = Tally()
    with folder() as made:
        network().run("30 ms", **place(made, True))
        expected = bits(network().run(SPAN, progress=False))
        names = [p.relative_to(made) for p in sorted(made.rglob("*")) if p.is_file()]
        for name in names:
            data = (made / name).read_bytes()
            for what, content in damages(data, rng, max(1, round(2 * scale)), b"{}"):
                with folder() as at:
                    shutil.copytree(made, at, dirs_exist_ok=True)
                    (at / name).unlink() if content is None else (at / name).write_bytes(content)
                    resumed = lambda a=at: bits(network().run(SPAN, resume=True, **place(a, True)))  # noqa: E731
                    tally.count(same_or_said(resumed, expected), f"{name}: {what}")
    return tally


@campaign("damaged files", "the same for saved networks, weights and checkpoints of loops")
def files(scale: float, rng: np.random.Generator) -> Tally:
    tally, flips = Tally(), round(400 * scale)
    n = np.arange(50)
    weights = Weights("W", n, n, n / 50.0, "nS", {"x": n / 7.0}, (0.0, 1.0), {"p": np.ones(4)})
    net = network()
    loop = net.loop()
    loop.advance("20 ms")

    def spikes_from(path: Path) -> tuple[float, int]:
        again = network().loop(resume=path)
        return again.time, int(sum(x.sum() for x in again.advance("10 ms").values()))

    with folder() as at:
        net.save(at / "net.json")
        weights.save(at / "w.npz")
        loop.save(at / "c")
        for name, read, some in (
            ("net.json", lambda: am.Network.load(at / "net.json").hash(), flips),
            ("w.npz", lambda: Weights.load(at / "w.npz").to_dict(), flips),
            ("c", lambda: spikes_from(at / "c"), max(1, flips // 40)),
        ):
            part = each_file(at / name, read, rng, some, name)
            tally.tried += part.tried
            tally.failures += part.failures
    return tally


COMPILED = """
import amine as am, sys
net = am.Network(seed=1)
net.population("P", 20, "lif", I_e="400 pA")
sys.stdout.write(net.run("50 ms", progress=False).spikes.hash())
"""


@campaign(
    "damaged compiled code",
    "the same for every file of the cache of compiled code; the run gives the same bits, without a word",
)
def compiled(scale: float, rng: np.random.Generator) -> Tally:
    tally = Tally()
    with folder() as at:

        def run() -> tuple[str, str, int]:
            environment = {**os.environ, "AMINE_CACHE_DIR": str(at)}
            done = subprocess.run([sys.executable, "-c", COMPILED], env=environment, capture_output=True, text=True)
            return done.stdout, done.stderr, done.returncode

        expected = run()
        for file in sorted(p for p in at.rglob("*") if p.is_file()):
            data = file.read_bytes()
            tried = list(damages(data, rng, max(1, round(2 * scale)), b"raise SystemExit(3)\n"))
            for what, content in tried if scale >= 1 else tried[:2]:
                file.unlink() if content is None else file.write_bytes(content)
                tally.count(run() == expected, f"{file.name}: {what}")
            file.write_bytes(data)
            for mode in (0o666, 0o620):  # written by others, with the right digest
                for object_code in at.rglob("*.o"):  # without it, all sources are read
                    if file.suffix == ".py":
                        object_code.unlink()
                write_own(file, b"raise SystemExit(3)\n")
                file.chmod(mode)
                tally.count(run() == expected, f"{file.name}: mode {mode:o}")
    return tally


# --- made to harm ------------------------------------------------------------------------------------------------


def _npy(shape: str, kind: str = "<f8", body: bytes = b"") -> bytes:
    text = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text.encode() + body


def hostile_archives() -> Iterator[bytes]:
    """Archives that claim, pack or nest more than they hold."""
    zeros = io.BytesIO()
    np.save(zeros, np.zeros(2 * 10**7))
    for how in (zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2):
        for name in ("header.npy", "state.X.npy", "X.npy"):
            out = io.BytesIO()
            with zipfile.ZipFile(out, "w", how) as z:
                z.writestr(name, zeros.getvalue())
            yield out.getvalue()
    shapes = (
        "(100000000000,)",
        "(-1,)",
        "(2, 4611686018427387904)",
        "(" * 3000,
        "9" * 5000,
        "(1,), 'x': __import__('os')",
    )
    for shape in shapes:
        for kind in ("<f8", "|O", "<U4", "|V100000000"):
            out = io.BytesIO()
            with zipfile.ZipFile(out, "w") as z:
                z.writestr("header.npy", _npy("(2,)", "|u1", b"{}"))
                z.writestr("state.X.npy", _npy(shape, kind, b"12345678"))
            yield out.getvalue()
    yield b"PK\x05\x06" + bytes(18)
    yield b"\x80\x04\x95" + bytes(100)  # a pickle


def hostile_texts() -> Iterator[bytes]:
    """JSON that nests, repeats or names what is no network."""
    yield from (
        b"",
        b"[" * 10**6,
        b'{"a":' * 10**5,
        b"\xff\xfe" + b"x" * 100,
        b"9" * 10**6,
        b"NaN",
        b'"' + b"x" * 10**6,
    )
    net = json.loads(json.dumps(network().to_dict()))
    for change in (
        lambda d: d.update(seed=10**400),
        lambda d: d.update(dt="1e-300 ms"),
        lambda d: d.update(notes=[[]] * 10),
        lambda d: d["populations"][0].update(n=-1),
        lambda d: d["populations"][0].update(n="__import__('os')"),
        lambda d: d["populations"][0]["model"].update(equations="dv/dt = __import__('os').system('touch x') : mV"),
        lambda d: d["projections"][0].update(rule={"kind": "pairs", "value": [[10**30], [0]]}),
        lambda d: d["projections"][0].update(delay="1e30 ms"),
        lambda d: d["probes"][0].update(target=["E", 0, 10**12, 1]),
        lambda d: d.update(unknown=1),
    ):
        data = json.loads(json.dumps(net))
        change(data)
        yield json.dumps(data).encode()


HOSTILE = """
import sys, resource
sys.path.insert(0, {here!r})
from _reliability.damage import try_hostile
resource.setrlimit(resource.RLIMIT_AS, (6 * 2**30, 6 * 2**30))
try_hostile()
"""


def try_hostile() -> None:
    """Prints a line for each hostile file and door: whether it was refused by one sentence."""
    doors: list[tuple[str, Callable[[Path], Any], Callable[[], Iterator[bytes]]]] = [
        ("weights", Weights.load, hostile_archives),
        ("checkpoint", lambda p: network().loop(resume=p), hostile_archives),
        ("resume", lambda p: network().run("5 ms", checkpoint=p, resume=True, progress=False), hostile_archives),
        ("network", lambda p: am.Network.load(p).run("1 ms", progress=False), hostile_texts),
        ("store", am.results.open, hostile_texts),
    ]
    with folder() as at:
        for name, door, contents in doors:
            for k, content in enumerate(contents()):
                (at / "file").write_bytes(content)
                print(name, k, _refused(door, at / "file"), flush=True)
        for special in (at, Path("/dev/zero"), at / "pipe", at / "none"):
            if special.name == "pipe":
                os.mkfifo(special)
            for name, door, _ in doors:
                print(name, special.name, _refused(door, special), flush=True)


def _refused(door: Callable[[Path], Any], path: Path) -> str:
    try:
        door(path)
    except am.AmineError as e:
        return "said" if "\n" not in str(e) else "more than one line"
    except BaseException as e:
        return f"{type(e).__name__}: {e}"[:100].replace("\n", " ")
    return "taken" if path.name != "none" else "said"  # a checkpoint that is not there: the run begins


@campaign(
    "hostile files",
    "archives, descriptions and checkpoints that claim, pack or nest more than they hold, name code, or are no files; refused by one sentence within 6 GB",
)
def hostile(scale: float, rng: np.random.Generator) -> Tally:
    tally = Tally()
    done = subprocess.run([sys.executable, "-c", HOSTILE.format(here=str(HERE.parent))], capture_output=True, text=True)
    for line in done.stdout.splitlines():
        tally.count(line.endswith(" said"), line)
    tally.count(done.returncode == 0, f"ended with {done.returncode}: {done.stderr[-300:]}")
    return tally
