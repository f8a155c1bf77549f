"""Two modalities at once: a digit that is seen and heard through noise is known better than by either sense alone.

python examples/two_senses.py
"""

from __future__ import annotations

from pathlib import Path

from amine.learn import Classifier
from amine.learn.data.speech import digits_av
from amine.view.style import colour, figure


def main(folder: Path) -> dict[str, float]:
    """Learns, draws the picture into ``folder`` and returns a few numbers."""
    d = digits_av(2000)
    X, y, X_new, y_new = d.split(0)
    cut = d.extra["split"]
    numbers = {}
    for name, part in {"seen": slice(0, cut), "heard": slice(cut, None), "both": slice(None)}.items():
        model = Classifier(
            hidden=(100,), neurons="relu", rate=0.002, epochs=15, batch_size=64, penalty=0.01, schedule="cosine"
        )
        numbers[name] = model.fit(X[:, part], y).score(X_new[:, part], y_new)
        print(f"{name:<6} {numbers[name]:.3f}")
    fig, axes = figure(4.5, 3.2)
    axes[0, 0].bar(list(numbers), list(numbers.values()), color=[colour(k) for k in range(3)])
    axes[0, 0].set(ylabel="held-out digits known", ylim=(0, 1))
    folder.mkdir(parents=True, exist_ok=True)
    fig.savefig(folder / "two_senses.png")
    return numbers


if __name__ == "__main__":
    main(Path("out/examples"))
