"""The notebooks of the documentation: their cells run, in a kernel under ``make validate``, and hold what they gave."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))


def code(path: Path) -> list[dict]:
    return [c for c in json.loads(path.read_text(encoding="utf-8"))["cells"] if c["cell_type"] == "code"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_every_cell_is_python_and_was_run_in_order_without_an_error(path):
    cells = code(path)
    assert [c["execution_count"] for c in cells] == list(range(1, len(cells) + 1)) and path.stat().st_size < 400_000
    for c in cells:
        compile("".join(c["source"]), path.name, "exec")
        assert all(o["output_type"] != "error" for o in c["outputs"])
        assert not any("/home" in json.dumps(o) or "/work" in json.dumps(o) for o in c["outputs"])
    assert any("text/html" in o.get("data", {}) for c in cells for o in c["outputs"])


def test_the_first_notebook_runs_in_this_process():
    names: dict = {}
    for c in code(FOLDER / "simulate-and-dose.ipynb"):
        exec("".join(c["source"]), names)
    rates = list(names["rates"].values())
    assert rates[0] < rates[1] < rates[2]


@pytest.mark.validate
@pytest.mark.skipif(importlib.util.find_spec("nbclient") is None, reason="pip install nbclient ipykernel")
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_every_notebook_runs_in_a_kernel(path):
    import nbformat
    from nbclient import NotebookClient

    notebook = nbformat.read(path, 4)
    NotebookClient(notebook, timeout=600, kernel_name="python3").execute()
    given = [o for c in notebook.cells if c.cell_type == "code" for o in c.outputs]
    assert given and all(o.output_type != "error" for o in given)
