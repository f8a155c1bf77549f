"""Loaders of data sets that you have to download yourself: SHD, SSC, N-MNIST, MNIST, Fashion-MNIST, EMNIST."""

from __future__ import annotations

import gzip
import struct
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from amine.errors import AmineError
from amine.learn.data import Data
from amine.optional import optional

if TYPE_CHECKING:
    from amine.given import FilePath

WHERE = {
    "shd": "shd_train.h5 and shd_test.h5 from https://zenkelab.org/datasets (Heidelberg Spiking Datasets), unpacked",
    "ssc": "ssc_train.h5, ssc_valid.h5 and ssc_test.h5 from https://zenkelab.org/datasets (Heidelberg Spiking Datasets), unpacked",
    "nmnist": "the folders Train and Test of N-MNIST from https://www.garrickorchard.com/datasets/n-mnist, unpacked",
    "mnist": "train-images-idx3-ubyte, train-labels-idx1-ubyte and t10k-... of MNIST, packed with gzip or not",
    "fashion": "train-images-idx3-ubyte, train-labels-idx1-ubyte and t10k-... of Fashion-MNIST, packed with gzip or not",
    "emnist": "emnist-letters-train-images-idx3-ubyte, its labels and those of test, from the gzip.zip of EMNIST",
}
CHANNELS, SIDE = 700, 34
CLOTHES = ("T-shirt", "trousers", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot")
LETTERS = tuple("abcdefghijklmnopqrstuvwxyz")


def _need(name: str, folder: FilePath, *files: str) -> list[Path]:
    """Paths of the files, or of their gzip versions; raises AmineError with their source if one is missing."""
    found = []
    for file in files:
        path = next((p for p in (Path(folder) / file, Path(folder) / f"{file}.gz") if p.exists()), None)
        if path is None:
            raise AmineError(
                f"data '{name}'", f"'{Path(folder) / file}' does not exist", hint=f"it needs {WHERE[name]}"
            )
        found.append(path)
    return found


def _damaged(path: Path, why: str) -> AmineError:
    return AmineError(f"file '{path}'", f"it is damaged: {why}")


# --- MNIST: IDX ------------------------------------------------------------------------------------------------

_IDX = {8: ">u1", 9: ">i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}


def read_idx(path: FilePath) -> np.ndarray:
    """An array from an IDX file (LeCun's format), packed with gzip or not."""
    path = Path(path)
    try:
        raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    except (OSError, EOFError) as e:
        raise _damaged(path, str(e)) from e
    if len(raw) < 4 or raw[:2] != b"\0\0" or raw[2] not in _IDX:
        raise _damaged(path, "it does not begin like an IDX file")
    axes = raw[3]
    head = 4 + 4 * axes
    if len(raw) < head:
        raise _damaged(path, "it ends within its header")
    shape = struct.unpack(f">{axes}I", raw[4:head])
    kind = np.dtype(_IDX[raw[2]])
    if len(raw) - head != kind.itemsize * int(np.prod(shape)):
        raise _damaged(path, f"{len(raw) - head} bytes do not fill the shape {shape}")
    return np.frombuffer(raw, kind, offset=head).reshape(shape).astype(kind.newbyteorder("="))


def mnist(folder: FilePath) -> Data:
    """MNIST from local IDX files: 60 000 digits of 28 x 28 pixels in 0..1; ``extra["test"]`` has the 10 000 of the test set.

    >>> mnist("folder/of/mnist").X.shape  # doctest: +SKIP
    (60000, 784)
    """
    return _images("mnist", folder, ("train", "t10k"), "MNIST", tuple("0123456789"))


def fashion(folder: FilePath) -> Data:
    """Fashion-MNIST from local IDX files, named and shaped as those of MNIST: ten kinds of clothes.

    Xiao H, Rasul K, Vollgraf R (2017) arXiv:1708.07747.

    >>> fashion("folder/of/fashion").classes[0]  # doctest: +SKIP
    'T-shirt'
    """
    return _images("fashion", folder, ("train", "t10k"), "Fashion-MNIST", CLOTHES)


def emnist(folder: FilePath) -> Data:
    """The 26 letters of EMNIST from local IDX files, upright, capitals and small ones in one class; labels 0 to 25.

    Cohen G, Afshar S, Tapson J, van Schaik A (2017) IJCNN:2921-2926.

    >>> emnist("folder/of/emnist").X.shape  # doctest: +SKIP
    (124800, 784)
    """
    found = _images("emnist", folder, ("emnist-letters-train", "emnist-letters-test"), "EMNIST letters", LETTERS, 1)
    X, y = found.extra["test"]
    return replace(found, X=_upright(found.X), extra={"test": (_upright(X), y)})


def _upright(X: np.ndarray) -> np.ndarray:
    """Images (n, pixels) of EMNIST, whose rows and columns are exchanged in the files, as they are read."""
    side = round(X.shape[1] ** 0.5)
    return X.reshape(-1, side, side).transpose(0, 2, 1).reshape(len(X), -1)


def _images(
    name: str, folder: FilePath, parts: tuple[str, str], doc: str, classes: tuple[str, ...], first: int = 0
) -> Data:
    """Images and labels, which count from ``first``, of two parts: to learn from, and the test set."""
    names = [f"{part}-{what}" for part in parts for what in ("images-idx3-ubyte", "labels-idx1-ubyte")]
    images, labels, test_images, test_labels = (read_idx(p) for p in _need(name, folder, *names))
    for x, y, p in ((images, labels, parts[0]), (test_images, test_labels, parts[1])):
        if x.ndim != 3 or y.ndim != 1 or len(x) != len(y) or x.shape[1:] != images.shape[1:]:
            raise AmineError(
                f"data '{name}'", f"images and labels of '{p}' do not fit", given=f"{x.shape} and {y.shape}"
            )
        if len(y) and not first <= int(y.min()) <= int(y.max()) < first + len(classes):
            expected = f"{first} to {first + len(classes) - 1}"
            raise AmineError(f"data '{name}'", f"a label of '{p}' is no class", given=str(y.max()), expected=expected)
    flat = [x.reshape(len(x), -1) / 255.0 for x in (images, test_images)]
    known, asked = (y.astype(int) - first for y in (labels, test_labels))
    return Data(name, flat[0], known, doc, shape=images.shape[1:], classes=classes, extra={"test": (flat[1], asked)})


# --- SHD and SSC: HDF5 -----------------------------------------------------------------------------------------


def _events(path: Path, steps: int, dt: float, lines: int) -> tuple[np.ndarray, np.ndarray, dict[str, Any]]:
    """Spike counts (samples, steps, lines), labels (samples,) and further fields of one file of the Heidelberg data sets."""
    with optional("data"):
        import h5py

    group = CHANNELS // lines
    try:
        with h5py.File(path, "r") as f:
            spikes: Any = f["spikes"]
            times, units, labels = spikes["times"], spikes["units"], np.array(f["labels"]).astype(int)
            if not len(times) == len(units) == len(labels):
                raise _damaged(path, "times, units and labels differ in number")
            X = np.zeros((len(labels), steps, lines), np.uint8)
            for k in range(len(labels)):
                step = (np.asarray(times[k], float) * 1e3 / dt).astype(int)
                line = np.asarray(units[k]).astype(int) // group
                ok = (step < steps) & (line < lines)
                np.add.at(X[k], (step[ok], line[ok]), 1)
            extra: Any = f.get("extra", {})
            more = {n: np.array(extra[n]) for n in ("speaker",) if n in extra}
    except (OSError, KeyError) as e:
        raise _damaged(path, str(e)[:80]) from e
    return X, labels, more


def _heidelberg(name: str, folder: FilePath, steps: int, dt: float, lines: int) -> Data:
    if CHANNELS % lines:
        raise AmineError(
            f"data '{name}', lines", "700 channels can't be joined into this number of lines", given=str(lines)
        )
    parts = {"train": "train", "test": "test"} | ({"valid": "valid"} if name == "ssc" else {})
    files = _need(name, folder, *[f"{name}_{p}.h5" for p in parts])
    read = {p: _events(path, steps, dt, lines) for p, path in zip(parts, files, strict=True)}
    X, y, more = read["train"]
    extra = {p: r[:2] for p, r in read.items() if p != "train"} | more
    return Data(
        name, X.reshape(len(X), -1), y, f"{name.upper()}: spoken words as spikes", shape=(steps, lines), extra=extra
    )


def shd(folder: FilePath, *, steps: int = 100, dt: float = 10.0, lines: int = 140) -> Data:
    """Spiking Heidelberg Digits from local HDF5 files: spike counts (samples, steps x lines); ``extra`` has ``test`` and ``speaker``.

    Cramer B, Stradmann Y, Schemmel J, Zenke F (2022) IEEE Trans Neural Netw Learn Syst 33:2744-2757. It has no validation set: hold out speakers, not the test set.

    Parameters
    ----------
    folder : contains the two HDF5 files. steps, dt : number and length (ms) of time steps.
    lines : number of lines into which the 700 channels are joined.

    Raises
    ------
    AmineError
        If a file is missing or damaged.

    Examples
    --------
    >>> shd("folder/of/shd").X.shape  # doctest: +SKIP
    (8156, 14000)
    """
    return _heidelberg("shd", folder, steps, dt, lines)


def ssc(folder: FilePath, *, steps: int = 100, dt: float = 10.0, lines: int = 140) -> Data:
    """Spiking Speech Commands from local HDF5 files, as :func:`shd`; ``extra`` has ``valid`` and ``test``.

    >>> ssc("folder/of/ssc").shape  # doctest: +SKIP
    (100, 140)
    """
    return _heidelberg("ssc", folder, steps, dt, lines)


# --- N-MNIST: events of five bytes -----------------------------------------------------------------------------


def read_events(path: FilePath) -> np.ndarray:
    """Events of one N-MNIST recording: columns x, y, polarity and time (us).

    Orchard G, Jayawant A, Cohen GK, Thakor N (2015) Front Neurosci 9:437: 40 bits an event, x, y, then one bit of polarity and 23 of time.
    """
    path = Path(path)
    raw = np.frombuffer(path.read_bytes(), np.uint8)
    if len(raw) % 5:
        raise _damaged(path, "its length is not a multiple of five bytes")
    b = raw.reshape(-1, 5).astype(np.int64)
    time = ((b[:, 2] & 127) << 16) | (b[:, 3] << 8) | b[:, 4]
    out = np.stack([b[:, 0], b[:, 1], b[:, 2] >> 7, time], 1)
    if len(out) and (out[:, :2] >= SIDE).any():
        raise _damaged(path, f"an event lies outside the {SIDE} x {SIDE} pixels")
    return out


def read_aedat(path: FilePath) -> np.ndarray:
    """Events of a DVS128 recording in AEDAT 2.0: columns x, y, polarity and time (us).

    After header lines that begin with ``#`` come pairs of 32-bit big-endian numbers, address and time; in the address bit 0 is the polarity, bits 1 to 7 are
    x and bits 8 to 14 y (jAER's format, https://docs.inivation.com).
    """
    path = Path(path)
    raw = path.read_bytes()
    if not raw.startswith(b"#!AER-DAT2.0"):
        raise _damaged(path, "it does not begin like an AEDAT 2.0 file")
    while raw.startswith(b"#"):
        _, _, raw = raw.partition(b"\n")
    if len(raw) % 8:
        raise _damaged(path, "its events are not a multiple of eight bytes")
    address, time = np.frombuffer(raw, ">u4").reshape(-1, 2).T.astype(np.int64)
    return np.stack([address >> 1 & 127, address >> 8 & 127, address & 1, time], 1)


def nmnist(folder: FilePath, *, steps: int = 30, dt: float = 10.0, most: int | None = None) -> Data:
    """N-MNIST from local folders: event counts (samples, steps x polarities x 34 x 34); ``extra["test"]`` has the test set.

    Parameters
    ----------
    folder : contains the folders Train and Test. steps, dt : number and length (ms) of time steps.
    most : greatest number of samples of each class; None for all.

    Examples
    --------
    >>> nmnist("folder/of/nmnist", most=10).shape  # doctest: +SKIP
    (30, 2, 34, 34)
    """
    parts = {p: _recordings(folder, p, steps, dt, most) for p in ("Train", "Test")}
    X, y = parts["Train"]
    return Data("nmnist", X, y, "N-MNIST: digits recorded by an event camera", shape=(steps, 2, SIDE, SIDE), classes=tuple("0123456789"),
                extra={"test": parts["Test"]})  # fmt: skip


def _recordings(folder: FilePath, part: str, steps: int, dt: float, most: int | None) -> tuple[np.ndarray, np.ndarray]:
    found, labels = [], []
    for d in range(10):
        (here,) = _need("nmnist", folder, f"{part}/{d}")
        for path in sorted(here.glob("*.bin"))[:most]:
            x, y, polarity, time = read_events(path).T
            step = (time * 1e-3 / dt).astype(int)
            ok = step < steps
            counts = np.zeros((steps, 2, SIDE, SIDE), np.uint8)
            np.add.at(counts, (step[ok], polarity[ok], y[ok], x[ok]), 1)
            found.append(counts.ravel())
            labels.append(d)
    if not found:
        raise AmineError(
            "data 'nmnist'", f"there are no .bin files in '{Path(folder) / part}'", hint=f"it needs {WHERE['nmnist']}"
        )
    return np.stack(found), np.array(labels)
