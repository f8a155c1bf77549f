"""Pictures of the lab for its page: ``python docs/lab_pictures.py [name ...]``; needs Chromium and the extra ``browser``."""

from __future__ import annotations

import io
import shutil
import sys
import time
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import sync_playwright

from amine.lab import gallery
from amine.lab.serving import start

FOLDER = Path(__file__).parent / "pictures"
SIZE = {"width": 1280, "height": 800}
# what is done before a picture is taken: seconds, then values; the first is followed by a branch
DONE: dict[str, tuple[float, dict[str, float], float]] = {
    "gamma": (2.0, {"dose:diazepam": 0.3}, 9.0),
    "balance": (2.0, {"I->E+I.weight": 22.0}, 5.0),
    "epilepsy": (2.0, {"dose:bicuculline": 2.0}, 7.0),
    "antagonists": (2.0, {"dose:bicuculline": 3.0, "dose:nbqx": 0.1}, 7.0),
    "layers": (3.0, {"L4E.I_e": 153.0}, 8.0),
    "adaptation": (2.0, {"N.b": 120.0, "N.V_r": -47.0}, 8.0),
    "dopamine": (3.0, {"dopamine neurons.rate": 20.0}, 5.5),
    "stdp": (1.0, {}, 14.0),
    "homeostasis": (5.0, {"E.I_e": 300.0}, 5.5),
    "neuron": (3.0, {"dose:tetrodotoxin": 0.003}, 9.0),
}


def save(data: bytes, name: str) -> None:
    """A screenshot as a picture of 256 colours."""
    full, none = Image.open(io.BytesIO(data)).convert("RGB"), Image.Dither.NONE
    full.quantize(256, Image.Quantize.FASTOCTREE, dither=none).save(FOLDER / f"{name}.png", optimize=True)


def experiment(tab: Any, server: Any, name: str) -> bytes:
    """The page of an experiment beside its copy, after its sliders were turned."""
    before, values, after = DONE[name]
    tab.goto(server.address(name))
    tab.wait_for_selector("#lab:not([hidden])", timeout=120_000)
    time.sleep(before)
    if values:
        tab.click("#branch")
    time.sleep(0.5)
    held = list(server.rooms.held.values())[-1]
    with held.lock:
        held.opened.session.set_all(values)
    tab.evaluate("document.getElementById('link').click()")  # the page asks for the state
    time.sleep(after)
    tab.click("#pause")  # the dose-response goes on
    stop = time.perf_counter() + 60
    while not held.opened.session.responded and time.perf_counter() < stop:
        time.sleep(0.5)
    time.sleep(0.3)
    return tab.screenshot()


def memory(tab: Any, server: Any) -> bytes:
    """The memory under gabazine from the third pair on, and its answer to a digit."""
    tab.goto(server.address("engram"))
    tab.wait_for_selector("#memory path")
    held = list(server.rooms.held.values())[-1].opened
    while held.seen < held.ends[1]:
        time.sleep(0.2)
    tab.evaluate(
        "const s = document.getElementById('gabazine'); s.value = 290; s.dispatchEvent(new Event('input')); s.dispatchEvent(new Event('change'));"
    )
    while held.seen < held.samples:
        time.sleep(0.2)
    tab.get_by_role("combobox").select_option("8")
    tab.get_by_role("button", name="Show one").click()
    time.sleep(1.0)
    return tab.screenshot()


def main(names: list[str]) -> None:
    """Takes the pictures."""
    server = start()
    with sync_playwright() as p:
        browser = p.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for name in names or ["gallery", "memory", *gallery.names()]:
            context = browser.new_context(viewport=SIZE)
            tab = context.new_page()
            if name == "gallery":
                tab.goto(server.address())
                tab.wait_for_selector("#cards button")
                save(tab.screenshot(), "lab-gallery")
            elif name == "memory":
                save(memory(tab, server), "lab-memory")
            else:
                save(experiment(tab, server, name), f"lab-{name}")
            context.close()
            server.rooms.held.clear()
        browser.close()
    server.shutdown()


if __name__ == "__main__":
    main(sys.argv[1:])
