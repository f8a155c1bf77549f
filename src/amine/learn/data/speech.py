"""Spoken digits, filtered by a model of the cochlea; synthesised once with espeak-ng and stored as small arrays."""

from __future__ import annotations

import io
import subprocess
import wave
from pathlib import Path

import numpy as np

from amine.errors import AmineError
from amine.learn.data import Data
from amine.learn.data.bundled import digits

CHANNELS, BINS, RATE = 16, 20, 16_000
WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
VOICES = tuple(
    f"{accent}{kind}"
    for accent in ("en", "en-us", "en-gb-scotland")
    for kind in ("", "+m1", "+m3", "+m7", "+f1", "+f2", "+f4", "+f5")
)
FILE = Path(__file__).with_name("speech.npz")


def erb_space(low: float, high: float, n: int) -> np.ndarray:
    """Frequencies (Hz) at equal steps of the equivalent rectangular bandwidth (Glasberg BR, Moore BCJ 1990, Hear Res 47:103-138)."""
    c = 9.26449 * 24.7
    return (low + c) * np.exp(np.linspace(0, 1, n) * np.log((high + c) / (low + c))) - c


def cochlea(sound: np.ndarray, rate: int, channels: int = CHANNELS, bins: int = BINS) -> np.ndarray:
    """Activity of the auditory nerve (channels, bins): gammatone filters, half-wave rectification, the mean over each time bin, compression.

    Slaney M (1993) Apple Technical Report 35 (filters); compression by the power 0.3.

    >>> t = np.arange(4000) / 16000
    >>> a = cochlea(np.sin(2 * np.pi * 1000 * t), 16000).sum(1)
    >>> bool(abs(erb_space(100, 6000, 16)[a.argmax()] - 1000) < 300)
    True
    """
    from scipy.signal import gammatone, lfilter

    out = np.empty((channels, bins))
    for k, f in enumerate(erb_space(100.0, min(6000.0, 0.4 * rate), channels)):
        b, a = gammatone(f, "iir", fs=rate)
        moved = np.maximum(np.asarray(lfilter(b, a, sound)), 0.0)
        out[k] = [part.mean() for part in np.array_split(moved, bins)]
    return (out / max(out.max(), 1e-12)) ** 0.3


def synthesise(word: str, voice: str, speed: int = 160, pitch: int = 50) -> tuple[np.ndarray, int]:
    """A word spoken by espeak-ng, without the silence around it: samples and their rate in Hz; raises AmineError if it is not installed."""
    command = ["espeak-ng", "-v", voice, "-s", str(speed), "-p", str(pitch), "--stdout", word]
    try:
        done = subprocess.run(command, capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError) as e:
        raise AmineError(
            "speech", "espeak-ng can't be run", given=str(e)[:60], hint="install the program espeak-ng"
        ) from e
    with wave.open(io.BytesIO(done.stdout)) as f:
        rate = f.getframerate()
        raw = np.frombuffer(f.readframes(10**8), "<i2").astype(float) / 32768
    loud = np.flatnonzero(np.abs(raw) > 0.01)
    return raw[loud[0] : loud[-1]], rate


def make(path: Path = FILE) -> None:
    """Synthesises all digits in all voices, at two speeds each, and writes the arrays that :func:`speech` reads."""
    X, y, who = [], [], []
    rng = np.random.default_rng(0)
    for v, voice in enumerate(VOICES):
        for speed in (140, 175):
            for d, word in enumerate(WORDS):
                sound = synthesise(word, voice, speed + int(rng.integers(-10, 11)), 50 + int(rng.integers(-15, 16)))
                X.append(np.round(255 * cochlea(*sound)).astype(np.uint8))
                y.append(d)
                who.append(v)
    np.savez_compressed(path, X=np.stack(X), y=np.array(y, np.uint8), voice=np.array(who, np.uint8))


def speech() -> Data:
    """480 spoken digits, 24 synthetic voices at two speeds, as activity of 16 cochlear channels in 20 time bins; groups are ``female`` and ``male`` voices."""
    with np.load(FILE) as f:
        X, y, voice = f["X"], f["y"].astype(int), f["voice"]
    sex = np.array(["female" if "+f" in v else "male" for v in VOICES])[voice]
    return Data(
        "speech", X.reshape(len(X), -1) / 255.0, y, "Spoken digits, filtered by a model of the cochlea", shape=(CHANNELS, BINS),
        classes=WORDS, groups=sex, extra={"voice": voice},
    )  # fmt: skip


def digits_av(n: int = 1500, seed: int = 0) -> Data:
    """Pairs of a written and a spoken digit of the same class, both with noise.

    The first 64 features are the image, the others the sound; ``extra["split"]`` is 64.
    """
    rng = np.random.default_rng(seed)
    seen, heard = digits(), speech()
    y = rng.integers(0, 10, n)
    image = np.stack([seen.X[rng.choice(np.flatnonzero(seen.y == d))] for d in y])
    sound = np.stack([heard.X[rng.choice(np.flatnonzero(heard.y == d))] for d in y])
    image = image + 0.6 * rng.normal(size=image.shape)
    sound = sound + 0.6 * rng.normal(size=sound.shape)
    return Data(
        "digits_av",
        np.hstack([image, sound]),
        y,
        "Image and sound of a digit, with noise",
        classes=WORDS,
        extra={"split": 64},
    )
