"""Weights as files."""

from __future__ import annotations

import numpy as np
import pytest

import amine as am
from amine.files import read_arrays, write_arrays
from amine.network.weights import Weights


def weights() -> Weights:
    n = np.arange(5)
    states, kept = {"x": np.zeros(5, np.float32)}, {"protein": np.ones(80)}
    return Weights("W", n, n[::-1].copy(), np.linspace(0, 1, 5), "nS", states, (0.0, 2.0), kept)


def test_they_come_back_or_are_refused(tmp_path):
    path = tmp_path / "w.npz"
    weights().save(path)
    assert Weights.load(path) == weights()
    data, refused = path.read_bytes(), 0
    for at in range(0, len(data), 7):
        flipped = bytearray(data)
        flipped[at] ^= 4
        path.write_bytes(flipped)
        try:
            assert Weights.load(path) == weights(), at
        except am.AmineError as e:
            refused += 1
            assert "damaged" in str(e)
    assert refused > len(data) / 7 / 2
    with pytest.raises(am.AmineError, match="does not exist"):
        Weights.load(tmp_path / "none.npz")


@pytest.mark.parametrize("change", ["format", "name", "bounds", "lengths", "missing"])
def test_files_of_another_form(tmp_path, change):
    path = tmp_path / "w.npz"
    weights().save(path)
    header, arrays = read_arrays(path, "", "")
    if change == "lengths":
        arrays["weights"] = np.ones(4)
    elif change == "missing":
        del arrays["sources"]
    elif change == "bounds":
        header["bounds"] = [1.0]
    elif change == "format":
        header["format"] = "amine weights 0"
    else:
        del header[change]
    write_arrays(path, header, arrays, "")
    with pytest.raises(am.AmineError):
        Weights.load(path)
