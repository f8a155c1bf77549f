"""Data sets, and loaders on small files of the right format."""

from __future__ import annotations

import gzip
import shutil
import struct

import h5py
import numpy as np
import pytest
from sklearn.linear_model import Ridge, RidgeClassifier

import amine as am
from amine.learn import data
from amine.learn.data import files
from amine.learn.data.generated import class_of


@pytest.mark.parametrize("name", data.names())
def test_every_set(name):
    d = data.get(name)
    assert d.name == name and len(d.X) == len(d.y) > 100 and np.isfinite(d.X).all() and d.doc
    assert d.groups is None or len(d.groups) == len(d.X)
    assert not d.shape or np.prod(d.shape) == d.X.shape[1]
    if d.task == "classification":
        assert set(d.y) == set(range(len(d.classes))) and np.bincount(d.y).min() > 0.2 * np.bincount(d.y).max()
    a, b, c, e = d.split(1)
    assert len(a) + len(c) == len(d.X) and len(b) == len(a) and len(c) == len(e)


def test_unknown_name():
    with pytest.raises(am.AmineError, match="did you mean 'digits'"):
        data.get("digit")


def test_yin_yang_is_the_published_figure():
    rng = np.random.default_rng(0)
    p = rng.random((40_000, 2))
    p = p[np.hypot(*(p.T - 0.5)) <= 0.5]
    parts = np.bincount([class_of(*q) for q in p]) / len(p)
    np.testing.assert_allclose(parts, [0.46, 0.46, 0.08], atol=0.01)
    assert class_of(0.75, 0.5) == class_of(0.25, 0.5) == 2 and class_of(0.5, 0.9) == 1 and class_of(0.5, 0.1) == 0


def test_two_modalities_say_more_than_one():
    a, b, c, d = data.get("digits_av").split()
    scores = [
        RidgeClassifier(10.0).fit(a[:, s], b).score(c[:, s], d) for s in (slice(0, 64), slice(64, None), slice(None))
    ]
    assert scores[2] > max(scores[:2]) + 0.05


def test_regimes_can_be_forecast_by_those_who_know():
    a, b, c, d = data.get("regimes").split()
    best = data.get("regimes").extra["best"][-len(d) :]
    known = 1 - np.mean((d - best) ** 2) / d.var()
    assert known > 0.35 and Ridge().fit(a, b).score(c, d) < known - 0.1


def test_cochlea_hears_where_the_tone_is():
    from amine.learn.data.speech import cochlea, erb_space

    t = np.arange(8000) / 16000
    peaks = [
        erb_space(100, 6000, 16)[cochlea(np.sin(2 * np.pi * f * t), 16000).sum(1).argmax()] for f in (200, 800, 3000)
    ]
    np.testing.assert_allclose(peaks, [200, 800, 3000], rtol=0.25)


@pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed")
def test_speech_is_what_espeak_says():
    from amine.learn.data.speech import cochlea, synthesise

    d = data.get("speech")
    new = cochlea(*synthesise("seven", "en+f3", 150)).ravel()
    near = d.y[np.argsort(((d.X - new) ** 2).sum(1))[:5]]
    assert (near == 7).sum() >= 3


# --- files -----------------------------------------------------------------------------------------------------


def idx(a: np.ndarray) -> bytes:
    return bytes([0, 0, 8, a.ndim]) + struct.pack(f">{a.ndim}I", *a.shape) + a.astype(np.uint8).tobytes()


def test_mnist(tmp_path):
    rng = np.random.default_rng(0)
    X, y = rng.integers(0, 256, (7, 28, 28)), rng.integers(0, 10, 7)
    (tmp_path / "train-images-idx3-ubyte").write_bytes(idx(X))
    (tmp_path / "train-labels-idx1-ubyte.gz").write_bytes(gzip.compress(idx(y)))
    with pytest.raises(am.AmineError, match="t10k-images-idx3-ubyte' does not exist; it needs train-images"):
        data.mnist(tmp_path)
    (tmp_path / "t10k-images-idx3-ubyte").write_bytes(idx(X[:2]))
    (tmp_path / "t10k-labels-idx1-ubyte").write_bytes(idx(y[:2]))
    d = data.mnist(tmp_path)
    np.testing.assert_allclose(d.X, X.reshape(7, -1) / 255)
    assert (d.y == y).all() and d.shape == (28, 28) and len(d.extra["test"][0]) == 2
    for broken, words in (
        (b"PK", "begin like"),
        (idx(X)[:-3], "do not fill"),
        (b"\0\0\x08\x03\0", "within its header"),
    ):
        (tmp_path / "train-images-idx3-ubyte").write_bytes(broken)
        with pytest.raises(am.AmineError, match=words):
            data.mnist(tmp_path)


def test_fashion_and_the_letters_of_emnist(tmp_path):
    rng = np.random.default_rng(0)
    X, y = rng.integers(0, 256, (5, 28, 28)), np.array([1, 26, 3, 4, 5])
    for part in ("emnist-letters-train", "emnist-letters-test"):
        (tmp_path / f"{part}-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx(X)))
        (tmp_path / f"{part}-labels-idx1-ubyte.gz").write_bytes(gzip.compress(idx(y)))
    d = data.emnist(tmp_path)
    assert d.y.tolist() == [0, 25, 2, 3, 4] and d.classes[25] == "z"
    np.testing.assert_allclose(d.X.reshape(-1, 28, 28), X.transpose(0, 2, 1) / 255)  # upright
    with pytest.raises(am.AmineError, match="needs train-images-idx3-ubyte.* of Fashion-MNIST"):
        data.fashion(tmp_path)
    (tmp_path / "emnist-letters-test-labels-idx1-ubyte.gz").write_bytes(gzip.compress(idx(y - 1)))
    with pytest.raises(am.AmineError, match="a label of 'emnist-letters-test' is no class .*1 to 26"):
        data.emnist(tmp_path)


@pytest.mark.parametrize("name", ["shd", "ssc"])
def test_heidelberg(tmp_path, name):
    parts = ("train", "test") + (("valid",) if name == "ssc" else ())
    for part in parts:
        with h5py.File(tmp_path / f"{name}_{part}.h5", "w") as f:
            spikes = f.create_group("spikes")
            for field, kind in (("times", np.float16), ("units", np.uint16)):
                spikes.create_dataset(field, (2,), dtype=h5py.vlen_dtype(kind))
            spikes["times"][0], spikes["units"][0] = [0.005, 0.105, 0.106], [3, 699, 699]
            spikes["times"][1], spikes["units"][1] = [5.0], [0]
            f["labels"] = np.array([4, 1], np.uint16)
            f["extra/speaker"] = np.array([0, 2], np.uint16)
    d = getattr(data, name)(tmp_path)
    counts = d.X.reshape(2, *d.shape)
    assert d.shape == (100, 140) and counts[0, 0, 0] == 1 and counts[0, 10, 139] == 2 and counts.sum() == 3
    assert d.y.tolist() == [4, 1] and set(parts[1:]) <= set(d.extra) and d.extra["speaker"].tolist() == [0, 2]
    with pytest.raises(am.AmineError, match="can't be joined"):
        getattr(data, name)(tmp_path, lines=300)
    (tmp_path / f"{name}_test.h5").write_bytes(b"nothing")
    with pytest.raises(am.AmineError, match="damaged"):
        getattr(data, name)(tmp_path)
    with pytest.raises(am.AmineError, match="zenkelab.org"):
        getattr(data, name)(tmp_path / "none")


def test_nmnist(tmp_path):
    def event(x: int, y: int, polarity: int, t: int) -> bytes:
        return bytes([x, y, polarity << 7 | t >> 16, t >> 8 & 255, t & 255])

    for part in ("Train", "Test"):
        for digit in range(10):
            (tmp_path / part / str(digit)).mkdir(parents=True)
            raw = (
                event(3, 33, 1, 120_000)
                + event(3, 33, 1, 120_001)
                + event(0, digit, 0, 299_999)
                + event(1, 1, 0, 400_000)
            )
            (tmp_path / part / str(digit) / "00001.bin").write_bytes(raw)
    d = data.nmnist(tmp_path)
    counts = d.X.reshape(10, *d.shape)
    assert counts[5, 12, 1, 33, 3] == 2 and counts[5, 29, 0, 5, 0] == 1 and counts.sum() == 30
    assert d.y.tolist() == list(range(10)) and len(d.extra["test"][1]) == 10
    path = tmp_path / "Train" / "0" / "00001.bin"
    for broken, words in ((b"1234", "multiple of five"), (event(40, 0, 0, 0), "outside")):
        path.write_bytes(broken)
        with pytest.raises(am.AmineError, match=words):
            files.read_events(path)
    with pytest.raises(am.AmineError, match="garrickorchard"):
        data.nmnist(tmp_path / "none")


def test_aedat(tmp_path):
    path = tmp_path / "a.aedat"
    events = [(3, 100, 1, 7), (127, 0, 0, 2_000_000)]
    body = b"".join(struct.pack(">2I", x << 1 | y << 8 | p, t) for x, y, p, t in events)
    path.write_bytes(b"#!AER-DAT2.0\r\n# a comment\r\n" + body)
    assert files.read_aedat(path).tolist() == [list(e) for e in events]
    for broken, words in ((b"#!AER-DAT3.1\n", "begin like"), (b"#!AER-DAT2.0\n1234", "multiple of eight")):
        path.write_bytes(broken)
        with pytest.raises(am.AmineError, match=words):
            files.read_aedat(path)
