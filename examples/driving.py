"""Driving: a car learns to keep its lane on a winding track from reward alone, by a three-factor rule.

Each weight has an eligibility, a fading trace of what it contributed to the choices; what the critic did not expect (the third factor, the part
of dopamine) turns eligibility into change. Nothing is sent back in time.

    python examples/driving.py
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from amine.learn.layers import Dense, Spec
from amine.view.style import colour, figure

TURNS = np.array([-0.12, 0.0, 0.12])  # rad a step
SPEED, LANE, AHEAD, STEPS = 0.5, 1.0, 6, 150
DISCOUNT, FADE = 0.95, 0.8


class Track:
    """A closed road of smooth random bends; the car's place is its distance along it, its offset and its angle to it."""

    def __init__(self, seed: int):
        rng = np.random.default_rng(seed)
        phase, size = rng.uniform(0, 2 * np.pi, 4), rng.uniform(0.02, 0.05, 4)
        s = np.arange(400) * SPEED
        self.bend = sum(
            a * np.sin(2 * np.pi * (k + 2) * s / 200 + p) for k, (a, p) in enumerate(zip(size, phase, strict=True))
        )

    def start(self, rng: np.random.Generator) -> None:
        """Puts the car somewhere near the middle."""
        self.at, self.offset, self.angle = int(rng.integers(400)), rng.uniform(-0.4, 0.4), rng.uniform(-0.2, 0.2)

    def sight(self) -> np.ndarray:
        """What the driver sees: offset, angle, and the bends ahead."""
        ahead = self.bend[(self.at + np.arange(AHEAD)) % 400] * 10
        return np.array([self.offset, 3 * self.angle, *ahead])

    def drive(self, action: int) -> tuple[float, bool]:
        """One step: the reward, and whether the car is still on the road."""
        self.angle += TURNS[action] - self.bend[self.at % 400] * SPEED
        self.offset += SPEED * np.sin(self.angle)
        self.at += 1
        on = bool(abs(self.offset) < LANE and abs(self.angle) < 1.2)
        return (1.0 - abs(self.offset) / LANE if on else -5.0), on


class Driver:
    """Actor and critic, each with an eligibility for each weight."""

    def __init__(self, seed: int):
        torch.manual_seed(seed)
        self.actor = Dense(Spec(2 + AHEAD, 3, (24,), "tanh"))
        self.critic = Dense(Spec(2 + AHEAD, 1, (24,), "tanh"))
        self.rng = np.random.default_rng(seed)
        self.forget()

    def forget(self) -> None:
        """Eligibilities are zero at the start of a ride."""
        self.traces = {p: torch.zeros_like(p) for net in (self.actor, self.critic) for p in net.parameters()}

    def choose(self, x: torch.Tensor, explore: bool = True) -> int:
        """An action; its contribution to each weight's eligibility is kept."""
        logits = torch.log_softmax(self.actor(x), 1)
        if not explore:
            return int(logits.argmax())
        action = int(self.rng.choice(3, p=logits.detach().exp().numpy()[0]))
        value = self.critic(x)[0, 0]
        for net, what in ((self.actor, logits[0, action]), (self.critic, value)):
            for p, g in zip(net.parameters(), torch.autograd.grad(what, list(net.parameters())), strict=True):
                self.traces[p] = DISCOUNT * FADE * self.traces[p] + g
        self.value = float(value.detach())
        return action

    def learn(self, reward: float, following: float, rate: float) -> None:
        """The third factor, reward beyond what was expected, times each weight's eligibility."""
        surprise = reward + DISCOUNT * following - self.value
        with torch.no_grad():
            for net, r in ((self.actor, rate), (self.critic, 2 * rate)):
                for p in net.parameters():
                    p += r * surprise * self.traces[p]


def ride(driver: Driver, track: Track, rng: np.random.Generator, rate: float) -> tuple[int, list[float]]:
    """Steps on the road, and the offsets; with a rate above zero the driver learns."""
    track.start(rng)
    driver.forget()
    offsets = []
    x = torch.tensor(track.sight())[None]
    for step in range(STEPS):
        action = driver.choose(x, explore=rate > 0)
        reward, on = track.drive(action)
        offsets.append(track.offset)
        x = torch.tensor(track.sight())[None]
        if rate > 0:
            with torch.no_grad():
                following = float(driver.critic(x)[0, 0]) if on else 0.0
            driver.learn(reward, following, rate)
        if not on:
            return step + 1, offsets
    return STEPS, offsets


def main(folder: Path) -> dict[str, float]:
    """Learns on some tracks, drives on new ones, draws the picture into ``folder`` and returns a few numbers."""
    torch.set_num_threads(1)
    driver, rng = Driver(0), np.random.default_rng(0)
    before = float(np.mean([ride(driver, Track(1000 + k), rng, 0.0)[0] for k in range(10)]))
    lengths = [ride(driver, Track(k % 20), rng, 0.005)[0] for k in range(150)]
    tests = [ride(driver, Track(1000 + k), rng, 0.0) for k in range(10)]
    after, off = float(np.mean([n for n, _ in tests])), float(np.mean([np.mean(np.abs(o)) for _, o in tests]))
    print(
        f"on new tracks: {before:.0f} of {STEPS} steps before learning, {after:.0f} after, {off:.2f} lane widths from the middle"
    )

    fig, axes = figure(9, 3.2, 1, 2)
    axes[0, 0].plot(lengths, ".", color=colour(0), ms=3)
    axes[0, 0].plot(np.convolve(lengths, np.ones(20) / 20, "valid"), color=colour(1))
    axes[0, 0].set(xlabel="ride", ylabel="steps on the road")
    for _, offsets in tests:
        axes[0, 1].plot(offsets, lw=0.8)
    axes[0, 1].axhspan(-LANE, LANE, color="#eeeeee", zorder=0)
    axes[0, 1].set(xlabel="step", ylabel="offset", title="new tracks")
    folder.mkdir(parents=True, exist_ok=True)
    fig.savefig(folder / "driving.png")
    return {"before": before, "after": after, "offset": off}


if __name__ == "__main__":
    main(Path("out/examples"))
