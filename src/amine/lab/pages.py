"""The files of the page, and the page as one text."""

from __future__ import annotations

import json
import re
from importlib import resources
from typing import Any

KINDS = ("html", "js", "css")
MODULES = (
    "transport.js",
    "recorded.js",
    "draw.js",
    "panels.js",
    "sound.js",
    "acts.js",
    "response.js",
    "memory.js",
    "lab.js",
)  # each after those that it uses
POLICY = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:"


def static_files() -> dict[str, bytes]:
    """The files of the page by name."""
    folder = resources.files("amine.lab") / "static"
    return {f.name: f.read_bytes() for f in folder.iterdir() if f.name.rpartition(".")[2] in KINDS}


def one_text(key: str, data: dict[str, Any]) -> str:
    """The page as one text with its style, its modules, and data as the JSON of an element of the name ``key``."""
    files = {n: x.decode() for n, x in static_files().items()}
    program = "\n".join(_plain(files[m]) for m in MODULES)
    text = json.dumps(data, allow_nan=False, separators=(",", ":")).replace("<", "\\u003c")
    out = files["index.html"]
    out = out.replace('<link rel="stylesheet" href="/static/lab.css">', f"<style>{files['lab.css']}</style>")
    head = f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
    out = out.replace('<meta charset="utf-8">', f'<meta charset="utf-8">{head}', 1)
    script = f'<script type="application/json" id="{key}">{text}</script><script type="module">{program}</script>'
    out = out.replace('<script type="module" src="/static/lab.js"></script>', "")
    return out.replace("</body>", f"{script}</body>")


def _plain(module: str) -> str:
    """A module without its imports and exports, to stand among others in one text."""
    module = re.sub(r"^import .*?;\n", "", module, flags=re.M)
    return re.sub(r"^export ", "", module, flags=re.M)


__all__ = ["one_text", "static_files"]
