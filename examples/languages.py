"""Text: which language is a fragment of a sentence written in? Counts of letter pairs, and neurons that learn from reward alone.

python examples/languages.py
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from amine.learn import Classifier, data, report
from amine.learn.data.languages import pairs


def main(folder: Path) -> dict[str, float]:
    """Learns, draws the picture into ``folder`` and returns a few numbers."""
    d = data.get("languages")
    # fragments of one sentence stay on one side
    sentence = np.arange(len(d.y)) // 2
    new = sentence % 3 == 0
    numbers = {}
    for name, more in {"told": {}, "rewarded": {"rule": "reward", "epochs": 150}}.items():
        model = Classifier(hidden=(32,), neurons="tanh", rate=0.01, epochs=60, batch_size=16, penalty=1e-3).set_params(
            **more
        )
        model.fit(d.X[~new], d.y[~new])
        numbers[name] = model.score(d.X[new], d.y[new])
        print(f"{name:<9} {numbers[name]:.3f} of new fragments")
        if name == "told":
            folder.mkdir(parents=True, exist_ok=True)
            said = np.array(d.classes)[model.predict(d.X[new])]
            report.confusion(np.array(d.classes)[d.y[new]], said, d.classes).savefig(folder / "languages.png", dpi=200)
            for text in (
                "the synapse changes when we learn",
                "die Synapse ändert sich beim Lernen",
                "la sinapsis cambia al aprender",
            ):
                print(f"   {text!r}: {d.classes[int(model.predict(pairs(text)[None])[0])]}")
    return numbers


if __name__ == "__main__":
    main(Path("out/examples"))
