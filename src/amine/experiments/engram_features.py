"""Streams on features that were learned before, from half of the classes: of a convolutional network, and of a recurrent network of spiking neurons."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from amine.experiments import digits
from amine.learn.data.speech import speech
from amine.learn.estimators import Classifier

KNOWN = 5  # classes from which features are learned
EPOCHS, HIDDEN = 20, 64  # of the convolutional network
BINS = 4  # of time in which spikes are counted
REPEATED = 2  # steps of the network for each bin of the cochlea
NEW = 3  # each third voice is held out
Parts = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def frozen(seed: int) -> Parts:
    """Digits as the last hidden layer of a convolutional network that learned the first five classes: X and y, and those held out."""
    split = digits.load(seed)
    torch.manual_seed(seed)
    body = nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(512, HIDDEN), nn.ReLU(),
    )  # fmt: skip
    head = nn.Linear(HIDDEN, KNOWN)
    images, held = (_images(x) for x in (split.images, split.held_images))
    some, labels = np.flatnonzero(split.labels < KNOWN), torch.tensor(split.labels)
    optimizer = torch.optim.Adam([*body.parameters(), *head.parameters()], lr=2e-3)
    rng = np.random.default_rng([seed, 91])
    for _ in range(EPOCHS):
        for part in np.array_split(rng.permutation(some), max(1, len(some) // 32)):
            loss = functional.cross_entropy(head(body(images[part])), labels[part])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    with torch.no_grad():
        X, new = (body(x).double().numpy() for x in (images, held))
    return X, split.labels, new, split.held_labels


def _images(x: np.ndarray) -> torch.Tensor:
    return torch.tensor(x, dtype=torch.float32).reshape(-1, 1, 8, 8)


def words(seed: int, epochs: int = 20) -> Parts:
    """Spoken digits as counts of spikes in four bins of time, of a recurrent network that learned the first five words by e-prop.

    Each third voice is held out.
    """
    d = speech()
    sound = np.repeat(d.X.reshape(-1, *d.shape).transpose(0, 2, 1), REPEATED, 1)  # (samples, steps, channels)
    new = d.extra["voice"] % NEW == seed % NEW
    some = ~new & (d.y < KNOWN)
    model = Classifier(
        hidden=(96,), neurons="lif", recurrent=True, rule="eprop", steps=sound.shape[1], rate=0.005, epochs=epochs, batch_size=32, seed=seed
    )  # fmt: skip
    model.fit(sound[some], d.y[some])
    network = model.network_
    with torch.no_grad():
        x = torch.tensor(model.prepared(sound), dtype=network.spec.dtype)
        spikes = network.activation(0, network.mapped(network.maps[0], network.encode(x)))
    X = np.concatenate([p.mean(0).double().numpy() for p in spikes.tensor_split(BINS)], 1)
    return X[~new], d.y[~new], X[new], d.y[new]
