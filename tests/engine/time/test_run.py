"""Durations of runs."""

from __future__ import annotations

import pytest

import amine as am


@pytest.mark.parametrize("span", ["10.05 ms", "1000000.05 ms", "100000000.05 ms", "0.0499 ms"])
def test_a_duration_is_a_multiple_of_the_step_however_long(span: str) -> None:
    net = am.Network(dt="0.1 ms")
    net.population("P", 2, "lif")
    with pytest.raises(am.AmineError, match="Network.run, duration: this is not a multiple of the time step"):
        net.run(span, progress=False)


@pytest.mark.parametrize(
    ("dt", "span"), [("0.1 ms", "2.1 ms"), ("0.025 ms", "0.175 ms"), ("0.4 ms", "2.8 ms"), ("1 ms", "3 ms")]
)
def test_multiples_of_the_step_run(dt: str, span: str) -> None:
    net = am.Network(dt=dt)
    net.population("P", 2, "lif")
    assert net.run(span, progress=False).complete
