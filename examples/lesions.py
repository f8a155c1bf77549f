"""Finding lesions in generated scans: a network that is told only whether there is one, and is then asked where it looked.

python examples/lesions.py
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from scipy.ndimage import gaussian_filter, uniform_filter

from amine.learn import Classifier
from amine.learn.audit.attribution import attribute
from amine.learn.data import Data
from amine.learn.data.generated import lesions
from amine.view.style import figure

BLOCK = 3


def contrast(d: Data) -> np.ndarray:
    """What centre-surround cells of the retina report: each pixel against its surroundings."""
    scans = d.X.reshape(-1, *d.shape)
    return np.stack([gaussian_filter(s, 1.0) - gaussian_filter(s, 3.0) for s in scans]).reshape(len(scans), -1)


def turned(X: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Each scan in its eight turns and mirror images: a lesion is one however the patient lies."""
    scans = X.reshape(-1, *shape)
    both = np.concatenate([scans, scans[:, :, ::-1]])
    return np.concatenate([np.rot90(both, k, (1, 2)) for k in range(4)]).reshape(-1, X.shape[1])


def main(folder: Path) -> dict[str, float]:
    """Learns, draws the picture into ``folder`` and returns a few numbers."""
    d = lesions(2000)
    X, place = contrast(d), d.extra["place"]
    n = 1600
    model = Classifier(
        hidden=(64,),
        neurons="relu",
        rate=0.002,
        epochs=10,
        batch_size=128,
        penalty=3e-3,
        schedule="cosine",
        precision="float32",
    )
    model.fit(turned(X[:n], d.shape), np.tile(d.y[:n], 8))
    score = model.score(X[n:], d.y[n:])
    ill = np.flatnonzero((d.y[n:] == 1) & (model.predict(X[n:]) == 1))[:60] + n
    shares = attribute(model, X[ill]).reshape(-1, *d.shape)
    maps = np.stack([uniform_filter(np.maximum(s, 0), BLOCK) for s in shares])
    peaks = np.array([np.unravel_index(m.argmax(), m.shape) for m in maps])
    distance = np.hypot(*(peaks - place[ill]).T)
    near = float((distance < 3).mean())
    print(f"{score:.3f} of new scans right; where one was found, the network looked at it in {near:.0%} of cases")

    fig, axes = figure(9, 4.4, 2, 5)
    for k in range(5):
        for ax, image, name in zip(
            axes[:, k], (d.X[ill[k]].reshape(d.shape), maps[k]), ("scan", "where it looks"), strict=True
        ):
            ax.imshow(image, cmap="gray" if name == "scan" else "viridis")
            ax.plot(place[ill[k], 1], place[ill[k], 0], "o", mfc="none", mec="#D55E00", ms=18)
            ax.set(title=name, xticks=[], yticks=[])
    folder.mkdir(parents=True, exist_ok=True)
    fig.savefig(folder / "lesions.png")
    return {"score": score, "near": near, "chance": float(np.pi * 9 / np.prod(d.shape))}


if __name__ == "__main__":
    main(Path("out/examples"))
