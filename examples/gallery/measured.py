"""Measures that an example in amine and its copy in another simulator share; NumPy alone."""

from __future__ import annotations

import numpy as np


def activity(times: np.ndarray, n: int, start: float, stop: float, bin_ms: float = 0.5) -> np.ndarray:
    """Rate of a population of ``n`` neurons in bins, in Hz; times in ms."""
    return np.histogram(times, np.arange(start, stop + bin_ms / 2, bin_ms))[0] / n / bin_ms * 1e3


def oscillation(rate: np.ndarray, bin_ms: float = 0.5, above: float = 50.0) -> tuple[float, float]:
    """Mean frequency of the power spectrum above some Hz, weighted by power (Hz), and the standard deviation of the rate (Hz)."""
    power = np.abs(np.fft.rfft(rate - rate.mean())) ** 2
    hertz = np.fft.rfftfreq(len(rate), bin_ms * 1e-3)
    band = hertz > above
    return float((hertz[band] * power[band]).sum() / power[band].sum()), float(rate.std())


def irregularity(times: np.ndarray, indices: np.ndarray, n: int) -> float:
    """Mean coefficient of variation of the intervals of neurons with at least three spikes."""
    order = np.lexsort((times, indices))
    t, i = np.asarray(times)[order], np.asarray(indices)[order]
    trains = np.split(t, np.searchsorted(i, np.arange(1, n)))
    gaps = [np.diff(x) for x in trains if len(x) > 2]
    return float(np.mean([g.std() / g.mean() for g in gaps]))


def synchrony(share: np.ndarray) -> dict[str, float]:
    """Of the share of neurons that spike in each ms: its highest value, and variance over mean of its sums over 5 ms."""
    sums = share[: len(share) // 5 * 5].reshape(-1, 5).sum(axis=1)
    return {
        "highest share of neurons in 1 ms": float(share.max()),
        "variance over mean in 5 ms (1e-3)": float(1e3 * sums.var() / sums.mean()),
    }


def wave(t: np.ndarray, seed: int) -> np.ndarray:
    """A wave of frequencies around 300 Hz with random phases, of Stürzl et al. (2000), at times in ms; zero before 0."""
    hertz = np.arange(150, 451)
    weight = np.exp(-((hertz - 300) ** 2) / (2 * 50**2))
    phase = 2 * np.pi * np.random.default_rng(seed).random(len(hertz))
    found = sum(w * np.cos(2 * np.pi * f * t * 1e-3 + p) for f, w, p in zip(hertz, weight, phase, strict=True))
    return np.where(t < 0, 0.0, found / weight.sum())


def direction(counts: np.ndarray, angles: np.ndarray) -> float:
    """The direction of a population vector, in degrees from 0 to 360."""
    return float(np.rad2deg(np.angle((np.asarray(counts) * np.exp(1j * angles)).sum())) % 360)


def velocity(times: np.ndarray, compartments: np.ndarray) -> dict[str, float]:
    """Measures of a spike along an axon of compartments of 0.1 mm, whose arrivals (ms) are given."""
    inner = (compartments > 200) & (compartments < 800)
    return {
        "spikes of all compartments": float(len(times)),
        "velocity in the middle (m/s)": float(np.polyfit(times[inner], compartments[inner] * 0.1, 1)[0]),
        "arrival at the middle (ms)": float(times[compartments == 500][0]),
    }


def field_measures(t: np.ndarray, V: np.ndarray) -> dict[str, float]:
    """Highest and lowest potential after the stimulus at each electrode; V (samples, electrodes) in uV."""
    late = t > 8.5
    found: dict[str, float] = {}
    for k, distance in enumerate((1, 2, 4, 8, 16)):
        found[f"{distance} mm: highest (uV)"] = float(V[late, k].max())
        found[f"{distance} mm: lowest (uV)"] = float(V[late, k].min())
    return found


LANDSCAPES = ("symmetric", "random", "smooth", "homogeneous")


def preferred(rng: np.random.Generator, landscape: str, side: int) -> np.ndarray:
    """Direction of each neuron of a layer (side*side,); smooth: low-pass filtered noise on a torus with all directions alike in number."""
    if landscape == "homogeneous":
        return np.full(side**2, np.pi / 6)
    if landscape == "smooth":
        f = np.hypot(*np.meshgrid(np.fft.fftfreq(side), np.fft.fftfreq(side)))
        field = np.fft.ifft2(np.fft.fft2(rng.normal(size=(side, side))) * np.exp(-((f * 5) ** 2) * 2)).real.ravel()
        return 2 * np.pi * field.argsort().argsort() / side**2
    return 2 * np.pi * rng.random(side**2)


def landscape_links(seed: int, landscape: str, side: int, links: int = 40) -> np.ndarray:
    """Connections (n, 2), source and target, of Spreizer et al. (2019), scaled to a layer of side x side neurons."""
    rng = np.random.default_rng(seed)
    direction = preferred(rng, landscape, side)
    n, shift = side**2, 0.0 if landscape == "symmetric" else 1.0
    source = np.repeat(np.arange(n), links)
    angle = rng.uniform(-np.pi, np.pi, n * links)
    radius = rng.gamma(4, 3 / 5, n * links) + 3
    x = np.round(radius * np.cos(angle) + shift * np.cos(direction[source])).astype(int)
    y = np.round(radius * np.sin(angle) + shift * np.sin(direction[source])).astype(int)
    row, column = np.divmod(source, side)
    return np.stack([source, (row + y) % side * side + (column + x) % side], axis=1)


def shift_of_activity(times: np.ndarray, indices: np.ndarray, side: int, bin_ms: float = 25.0) -> float:
    """Distance by which the picture of the activity has moved from one bin to the next: the peak of the cross-correlation on the torus."""
    first = times.min()
    bins = ((times - first) // bin_ms).astype(int)
    maps = np.zeros((bins.max() + 1, side * side))
    np.add.at(maps, (bins, indices), 1)
    spectra = np.fft.fft2(maps.reshape(-1, side, side) - maps.mean(axis=1).reshape(-1, 1, 1))
    together = np.fft.ifft2((spectra[1:] * spectra[:-1].conj()).mean(axis=0)).real
    y, x = np.unravel_index(together.argmax(), together.shape)
    return float(np.hypot((y + side // 2) % side - side // 2, (x + side // 2) % side - side // 2))


def bars(seed: int, n: int) -> np.ndarray:
    """Directions of ``n`` bars that are moved across the whiskers one after the other, in radians."""
    return np.random.default_rng(seed).uniform(0, 2 * np.pi, n)


def direction_map(
    pre: np.ndarray, post: np.ndarray, weight: np.ndarray, selectivity: np.ndarray, size: int
) -> np.ndarray:
    """Mean over the synapses of each target of a square layer (size, size) of their share of the highest weight times the direction of
    the source as a complex number: its angle is the preferred direction, its absolute value how strong the preference is."""
    total = np.zeros(size**2, complex)
    np.add.at(total, post, weight * np.exp(1j * selectivity[pre]))
    return (total / np.maximum(np.bincount(post, minlength=size**2), 1)).reshape(size, size)


def map_measures(field: np.ndarray, weight: np.ndarray) -> dict[str, float]:
    """Of a map of directions and the weights, as shares of the highest, that made it."""
    unit = field / np.abs(field)
    beside = [(unit[1:] * unit[:-1].conj()).real, (unit[:, 1:] * unit[:, :-1].conj()).real]
    return {
        "mean feedforward weight": float(weight.mean()),
        "standard deviation of these weights": float(weight.std()),
        "share of weights above 0.9 (%)": float(100 * (weight > 0.9).mean()),
        "strength of the preferred direction": float(np.abs(field).mean()),
        "mean cosine between neighbours": float(np.concatenate([x.ravel() for x in beside]).mean()),
    }


def force_values(seed: int, n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Static weights (target, source), feedback (mV) and initial voltages (mV) of Nicola and Clopath (2017)."""
    rng = np.random.default_rng(seed)
    omega = 0.04 * rng.normal(size=(n, n)) * (rng.random((n, n)) < 0.1) / (np.sqrt(n) * 0.1)
    return omega, (2 * rng.random(n) - 1) * 10, -65 + 95 * rng.random(n)


def decoded(t: np.ndarray, z: np.ndarray) -> dict[str, float]:
    """Measures of a readout that learns sin(2 pi 5 t) until 4 s and runs alone until 6 s; t in ms."""
    target = np.sin(2 * np.pi * 5e-3 * t)
    late, alone = (t > 3000) & (t < 4000), (t > 4100) & (t < 5900)
    hertz = np.fft.rfftfreq(8 * alone.sum(), (t[1] - t[0]) * 1e-3)
    power = np.abs(np.fft.rfft((z - z.mean())[alone] * np.hanning(alone.sum()), 8 * alone.sum()))
    return {
        "RMS error in the last second of training": float(np.sqrt(((z - target)[late] ** 2).mean())),
        "standard deviation of the readout alone (target 0.71)": float(z[alone].std()),
        "frequency of the readout alone (Hz)": float(hertz[power.argmax()]),
    }


def liquid_places(seed: int) -> np.ndarray:
    """Places (135, 3) of the neurons of a column of 3 x 3 x 15, in random order."""
    k = np.random.default_rng(seed).permutation(135)
    return np.stack([k % 3, k // 3 % 3, k // 9], axis=1).astype(float)


def _near(a: np.ndarray, b: np.ndarray) -> float:
    """Integral of the product of two spike trains (ms), each spike a Gaussian exp(-(t/5)^2)."""
    return float(5 * np.sqrt(np.pi / 2) * np.exp(-((a[:, None] - b[None]) ** 2) / 50).sum())


def stimulus_pairs(seed: int, n: int) -> dict[float, list[tuple[np.ndarray, np.ndarray]]]:
    """``n`` pairs of Poisson trains of 20 Hz and 500 ms (times in ms, multiples of 0.1) at each of four distances, the last of them 0."""
    rng = np.random.default_rng(seed)

    def train() -> np.ndarray:
        return np.unique(rng.integers(1, 5000, rng.poisson(10))) / 10

    found: dict[float, list[tuple[np.ndarray, np.ndarray]]] = {0.4: [], 0.2: [], 0.1: []}
    while any(len(pairs) < n for pairs in found.values()):
        u, v = train(), train()
        apart = (_near(u, u) + _near(v, v) - 2 * _near(u, v)) / 500
        for wanted, pairs in found.items():
            if abs(apart - wanted) < 0.01 and len(pairs) < n:
                pairs.append((u, v))
    alike = [train() for _ in range(n)]
    return found | {0.0: [(u, u) for u in alike]}


def liquid_state(times: np.ndarray, indices: np.ndarray, n: int) -> np.ndarray:
    """State (500, n) at each ms: every spike adds 1, which decays with 30 ms."""
    bins = np.minimum((np.asarray(times) - 1e-6).astype(int), 499)
    added = np.zeros((500, n))
    np.add.at(added, (bins, indices), np.exp(-(bins + 1 - times) / 30))
    for k in range(1, 500):
        added[k] += added[k - 1] * np.exp(-1 / 30)
    return added


def separation(states: np.ndarray) -> np.ndarray:
    """Mean squared difference (500,) of the states (pairs, 2, 500, neurons) of the two trials of each pair."""
    return ((states[:, 0] - states[:, 1]) ** 2).mean(axis=(0, 2))


def separation_measures(course: dict[float, np.ndarray], rate: float) -> dict[str, float]:
    """Means of the state distance from 200 to 500 ms for each distance of the inputs."""
    late = {f"state distance, inputs {d:g} apart": float(x[200:].mean()) for d, x in course.items()}
    return {"rate (Hz)": rate} | late
