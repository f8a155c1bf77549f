"""Images: handwritten digits by a spiking network, learned in three ways, and what an answer costs.

python examples/digits.py
"""

from __future__ import annotations

from pathlib import Path

from amine.learn import Classifier, data, report
from amine.learn.audit.cost import operations


def main(folder: Path) -> dict[str, float]:
    """Learns, draws the picture into ``folder`` and returns a few numbers."""
    X, y, X_new, y_new = data.get("digits").split(0)
    common = dict(hidden=(100,), neurons="lif", steps=16, rate=0.005, epochs=8, batch_size=32, schedule="cosine")
    numbers: dict[str, float] = {}
    for rule in ("backprop", "eprop", "dfa"):
        model = Classifier(rule=rule, **common).fit(X, y)
        numbers[rule] = model.score(X_new, y_new)
        print(f"{rule:<9} {numbers[rule]:.3f} of the held-out digits")
        if rule == "eprop":
            cost = operations(model, X_new[:100])
            numbers["energy_nJ"], numbers["additions"] = cost["energy"], cost["additions"]
            folder.mkdir(parents=True, exist_ok=True)
            report.confusion(y_new, model.predict(X_new), range(10)).savefig(folder / "digits.png")
    print(f"an answer takes {numbers['additions']:.0f} additions and about {numbers['energy_nJ']:.0f} nJ of arithmetic")
    return numbers


if __name__ == "__main__":
    main(Path("out/examples"))
