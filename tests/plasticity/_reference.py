"""Rules carried out in the plainest way: all events of a synapse in the order of time, in float64."""

from __future__ import annotations

import numpy as np


def pair_stdp(
    pre,
    post,
    w,
    *,
    A_plus,
    A_minus,
    tau_plus,
    tau_minus,
    w_max,
    axonal=0.0,
    dendritic=0.0,
    end=np.inf,
    nearest=False,
    exponent=None,
):
    """The weight of one synapse after its spikes (times in ms); pre before post where both come at once."""
    events = sorted(
        [(round((t + axonal) * 1e6), 0, t + axonal) for t in pre]
        + [(round((t + dendritic) * 1e6), 1, t + dendritic) for t in post]
    )
    x = y = 0.0
    tx = ty = 0.0
    for _, kind, t in events:
        if t > end:
            break
        x_now, y_now = x * np.exp(-(t - tx) / tau_plus), y * np.exp(-(t - ty) / tau_minus)
        up = 1.0 if exponent is None else ((w_max - w) / w_max) ** exponent
        down = 1.0 if exponent is None else (w / w_max) ** exponent
        if kind == 0:
            w = min(max(w - A_minus * w_max * down * y_now, 0.0), w_max)
            x, tx = (1.0 if nearest else x_now + 1.0), t
        else:
            w = min(max(w + A_plus * w_max * up * x_now, 0.0), w_max)
            y, ty = (1.0 if nearest else y_now + 1.0), t
    return w
