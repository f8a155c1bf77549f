"""The files of the page, and the page as one text."""

from __future__ import annotations

import json
from importlib import resources
from typing import Any

from amine.view.pages import POLICY, files, plain

KINDS = ("html", "js", "css")
MODULES = (
    "draw.js",
    "frames.js",
    "transport.js",
    "recorded.js",
    "panels.js",
    "sound.js",
    "acts.js",
    "response.js",
    "memory.js",
    "lab.js",
)  # each after those that it uses


def static_files() -> dict[str, bytes]:
    """The files of the page by name, with those that all pages share."""
    folder = resources.files("amine.lab") / "static"
    return files() | {f.name: f.read_bytes() for f in folder.iterdir() if f.name.rpartition(".")[2] in KINDS}


def one_text(key: str, data: dict[str, Any]) -> str:
    """The page as one text with its style, its modules, and data as the JSON of an element of the name ``key``."""
    found = {n: x.decode() for n, x in static_files().items()}
    program = "\n".join(plain(found[m]) for m in MODULES)
    text = json.dumps(data, allow_nan=False, separators=(",", ":")).replace("<", "\\u003c")
    out = found["index.html"].replace('<link rel="stylesheet" href="/static/look.css">', "")
    style = f"<style>{found['look.css']}{found['lab.css']}</style>"
    out = out.replace('<link rel="stylesheet" href="/static/lab.css">', style)
    head = f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
    out = out.replace('<meta charset="utf-8">', f'<meta charset="utf-8">{head}', 1)
    script = f'<script type="application/json" id="{key}">{text}</script><script type="module">{program}</script>'
    out = out.replace('<script type="module" src="/static/lab.js"></script>', "")
    return out.replace("</body>", f"{script}</body>")


__all__ = ["one_text", "static_files"]
