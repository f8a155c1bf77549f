"""Runs an example of the gallery and its copy in another simulator, and writes the table of its page.

python examples/gallery/compare.py brunel_hakim --seeds 5 --peer .bench-venv/bin/python
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
PAGES = HERE.parents[1] / "docs" / "gallery"
NUMBERS = HERE / "numbers.json"


def load(name: str):
    """The module of an example."""
    sys.path.insert(0, str(HERE))
    spec = importlib.util.spec_from_file_location(f"gallery_{name}", HERE / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def of_peer(name: str, python: str, seed: int) -> dict[str, float]:
    """The measures that the copy prints as its last line."""
    done = subprocess.run([python, HERE / "peers" / f"{name}.py", str(seed)], capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(done.stderr[-2000:])
    return json.loads(done.stdout.strip().splitlines()[-1])


def table(found: dict[str, dict[str, list[float]]], peer: str) -> str:
    """Markdown: each measure in both, and how far they lie apart."""
    n = len(next(iter(found["amine"].values())))
    last = "difference in standard errors" if n > 1 else "difference"
    rows = [f"| | amine | {peer} | {last} |", "|---|---|---|---|"]
    for measure, ours in found["amine"].items():
        a, b = np.array(ours), np.array(found["peer"][measure])
        if n == 1:
            apart = f"{abs(a[0] - b[0]) / max(abs(b[0]), 1e-12):.2%}"
            rows.append(f"| {measure} | {a[0]:.4g} | {b[0]:.4g} | {apart} |")
            continue
        error = np.sqrt(a.var(ddof=1) / n + b.var(ddof=1) / n)
        z = (a.mean() - b.mean()) / error if error else 0.0
        digits = max(0, 1 - int(np.floor(np.log10(error)))) if error else 2
        rows.append(
            f"| {measure} | {a.mean():.{digits}f} ± {a.std(ddof=1):.{digits}f} | {b.mean():.{digits}f} ± {b.std(ddof=1):.{digits}f} | {z:+.1f} |"
        )
    means = f"Means and standard deviations of {n} seeds in each." if n > 1 else "One run each; nothing is random."
    return "\n".join([*rows, "", means])


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("name")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--peer", default=".bench-venv/bin/python")
    parser.add_argument("--simulator", default="Brian2 2.9")
    options = parser.parse_args()
    example, seeds = load(options.name), range(1, options.seeds + 1)
    found: dict[str, dict[str, list[float]]] = {}
    for who, one in (("amine", example.measures), ("peer", lambda s: of_peer(options.name, options.peer, s))):
        each = [one(s) for s in seeds]
        found[who] = {m: [float(f"{x[m]:.7g}") for x in each] for m in each[0]}
    example.main(PAGES / "pictures")
    numbers = json.loads(NUMBERS.read_text()) if NUMBERS.exists() else {}
    numbers[options.name] = {"simulator": options.simulator, **found}
    NUMBERS.write_text(json.dumps(dict(sorted(numbers.items())), indent=1) + "\n")
    text = table(found, options.simulator)
    page = PAGES / f"{options.name}.md"
    if page.exists():
        page.write_text(
            re.sub(
                r"(<!-- numbers -->\n).*?(\n<!-- end -->)", lambda m: m[1] + text + m[2], page.read_text(), flags=re.S
            )
        )
    print(text)


if __name__ == "__main__":
    main()
