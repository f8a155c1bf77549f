"""Every Python block of the readme and the documentation runs, and what the readme shows under its blocks is what they print."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGES = [p for p in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))) if p.exists()]


def _load():
    spec = importlib.util.spec_from_file_location("blocks", ROOT / "docs" / "blocks.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    import sys

    sys.modules["blocks"] = module
    spec.loader.exec_module(module)
    return module


blocks = _load()


@pytest.mark.parametrize("page", [p for p in PAGES if blocks.blocks(p.read_text())], ids=lambda p: p.name)
def test_blocks_run(page: Path) -> None:
    text = page.read_text()
    found = blocks.run(text, str(page))
    assert len(found) == len(blocks.blocks(text))
    for block in found:
        shown = re.match(r"\n*```text\n(.*?)```", text[block.end :], re.S)
        if page.name == "README.md" and block.printed.strip():
            assert shown, f"README.md:{block.line + 1}: what the block prints is not shown under it"
        if page.name == "README.md" and shown:  # numbers may differ in the last digits between processors
            assert _words(shown.group(1)) == _words(block.printed), f"README.md:{block.line + 1}"


def _words(text: str) -> list[str]:
    return re.sub(r"[-+]?\d[\d.,e+-]*", "0", text).split()


def test_what_a_block_gives_is_shown() -> None:
    page = "# Page\n\n```python\nprint(1 + 1)\n```\n\nText.\n"
    assert blocks.with_outputs(page, "page") == page.replace("```\n\nText", "```\n\n```text\n2\n```\n\nText")


def test_links_and_pictures_exist() -> None:
    for page in [*PAGES, *(ROOT / "docs" / "gallery").glob("*.md")]:
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text()):
            if "://" not in target:
                assert (page.parent / target).exists(), f"{page.name}: {target}"
