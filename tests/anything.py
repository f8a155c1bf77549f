"""What tests of doors give: texts, numbers and objects, right ones and odd ones."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from hypothesis import strategies as st

import amine as am

TEXTS = (
    "", " ", "1 ms", "-1 ms", "0 ms", "1e300 ms", "1e39 pA", "nan ms", "inf nS", "1 nS", "-1 nS", "0.5", "1.5", "1 mV", "5 Hz", "10 um", "1 uM",
    "1 1/s", "v", "E", "P", "T", "AMPA", "GABA_A", "delta", "NMDA", "all_to_all", "one_to_one", "stdp", "hebb", "dopamine", "D1", "V_th",
    "AMPA.conductance", "AMPA.tau", "release.U", "ketamine", "glutamate", "kinetic", "explicit", "receptor", "dendritic", "clearance",
    "tsodyks_markram", "quantal", "lif", "lif_cond", "poisson", "spike_list", "normal('1 ms', '1 ms')", "uniform('0 nS', '1 nS')",
    "lognormal('1 ms', '1e300 ms')", "1 mV**(1/0)", "1 V**999", "9**9**9 ms", "\0", "a\nb", "ä", "'; --", "d$\\frac{$", "x" * 300, "1 ms + 2 ms", "ms",
    "/nonexistent/file", "/dev",
)  # fmt: skip
NUMBERS = (
    0, 1, -1, 0.5, 1.5, 3, 2**31, 2**63, 10**400, 1e300, float("nan"), float("inf"), True, False, Fraction(1, 3), np.float32(0.1), np.int64(3), 1j,
)  # fmt: skip
ODD = (
    None, [], {}, (), set(), b"x", object(), int, [1, 2], ["1 ms", "2 ms"], [[1, 2], [3]], ([0], [1]), ([0, 1], [1]), ([0.5], [1]), ([-1], [99]),
    {"AMPA": "1 nS"}, {"AMPA": None}, {1: 2}, {"v": "-60 mV"}, {"a": "E"}, np.ones(3), np.ones((3, 3)), np.array("x"), np.empty(0), np.ones(3) * am.units.nS,
    np.ones(3) * am.units.ms, np.full(3, np.nan) * am.units.nS, 1 * am.units.ms, am.normal("1 nS", "1 nS"), am.uniform(1, 0), am.gaussian("10 um"),
    am.step("1 pA"), am.bath("1 uM"), am.uptake("1 uM/s", "1 uM"), am.models.get("AMPA"), am.models.get("lif"), am.models.get("clearance"),
    am.plasticity.get("stdp"), am.compounds.get("ketamine"), range(3), lambda: 1,
)  # fmt: skip
ANY = st.one_of(
    st.sampled_from(TEXTS),
    st.sampled_from(NUMBERS),
    st.sampled_from(ODD),
    st.text(max_size=6),
    st.floats(),
    st.integers(),
)
