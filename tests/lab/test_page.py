"""The page in a real browser: Chromium of the system or of Playwright, which drives it (pip install 'amine[browser]')."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
import time
import warnings
from importlib import resources
from pathlib import Path

import pytest

from amine.lab import gallery
from amine.lab.pages import one_text, static_files
from amine.lab.recorded import record
from amine.lab.rooms import Rooms
from amine.lab.serving import listing, start
from amine.lab.stream import Streams
from amine.lab.widgets import reply

sys.path.insert(0, str(Path(__file__).resolve().parent))
from small_network import small

OWN = sorted(Path.home().glob(".cache/ms-playwright/chromium-*/chrome-*/chrome"))  # of playwright install chromium
CHROMIUM = next((p for n in ("chromium", "chromium-browser", "google-chrome") if (p := shutil.which(n))), None)
CHROMIUM = CHROMIUM or next(map(str, OWN), None)
MISSING = [n for n in ("playwright", "axe_playwright_python") if importlib.util.find_spec(n) is None]
if CHROMIUM is None or MISSING:
    what = "Chromium" if CHROMIUM is None else " and ".join(MISSING)
    warnings.warn(f"THE PAGE OF THE LAB IS NOT TESTED: {what} is missing", stacklevel=1)
    pytest.skip(f"{what} is missing: apt-get install chromium, pip install 'amine[browser]'", allow_module_level=True)

from playwright.sync_api import sync_playwright  # noqa: E402


@pytest.fixture(scope="module")
def server():
    s = start(small())
    yield s
    s.shutdown()
    s.server_close()


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as p:
        b = p.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"] if os.getuid() == 0 else [])
        yield b
        b.close()


class Page:
    """A tab, whose errors and requests are kept."""

    def __init__(self, browser, server, **options):
        self.context = browser.new_context(viewport={"width": 1280, "height": 800}, accept_downloads=True, **options)
        self.tab, self.errors, self.hosts, self.server = self.context.new_page(), [], set(), server
        self.tab.on("console", lambda m: self.errors.append(m.text) if m.type == "error" else None)
        self.tab.on("pageerror", lambda e: self.errors.append(str(e)))
        self.tab.on("request", lambda r: self.hosts.add(r.url.split("/")[2]) if r.url.startswith("http") else None)

    def open(self, name: str, shown: str = "#lab:not([hidden])") -> None:
        self.tab.goto(self.server.address(name))
        self.tab.wait_for_selector(shown if name else "#cards button", timeout=120_000)

    def time(self) -> float:
        return float(self.tab.evaluate("document.body.dataset.time ?? '0'"))

    def until(self, condition: str, seconds: float = 60.0) -> None:
        """Waits for a condition; Playwright's own way would need eval, which the page's policy forbids."""
        stop = time.perf_counter() + seconds
        while not self.tab.evaluate(condition):
            assert time.perf_counter() < stop, condition
            time.sleep(0.05)

    def after(self, ms: float) -> None:
        stop = self.time() + ms
        self.until(f"Number(document.body.dataset.time ?? 0) >= {stop}")

    def slide(self, name: str, at: int) -> None:
        self.tab.eval_on_selector(
            f"input[data-name='{name}']", f"e => {{ e.value = {at}; e.dispatchEvent(new Event('input')); }}"
        )

    def serious(self) -> list[str]:
        """Serious and critical findings of axe-core, in the light and in the dark look."""
        self.tab.evaluate((resources.files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8"))
        out = []
        for scheme in ("dark", "light"):
            self.tab.emulate_media(color_scheme=scheme)
            found = self.tab.evaluate("axe.run()")["violations"]
            bad = [v for v in found if v["impact"] in ("serious", "critical")]
            out += [f"{scheme}: {v['id']}: {v['nodes'][0]['html']}" for v in bad]
        return out

    def held(self):
        return list(self.server.rooms.held.values())[-1].opened

    def session(self):
        return self.held().session


@pytest.fixture
def page(browser, server):
    p = Page(browser, server)
    yield p
    p.context.close()
    server.rooms.held.clear()
    assert not p.errors and p.hosts <= {server.names[0]}


def test_the_gallery_opens_an_experiment_that_runs(page):
    page.open("")
    assert page.tab.locator("#cards button").count() == len(gallery.names()) + 2 and not page.serious()
    assert page.tab.evaluate("location.hash") == "" and page.tab.evaluate("sessionStorage.token.length") >= 32
    page.tab.click("[data-name='neuron']")
    page.tab.wait_for_selector("#lab:not([hidden])", timeout=120_000)
    page.after(50)
    assert page.tab.locator(".number").count() == 1 and "Channels" in page.tab.title()


def test_pause_stops_and_a_step_moves_by_ten_milliseconds(page):
    page.open("neuron")
    page.after(20)
    page.tab.click("#pause")
    time.sleep(0.3)
    before = page.session().time
    time.sleep(0.4)
    assert page.session().time == before
    page.tab.click("#step")
    page.until(f"Number(document.body.dataset.time) >= {before + 9.9}")
    assert page.session().time == pytest.approx(before + 10)
    page.tab.keyboard.press("r")
    page.until("document.getElementById('differs').textContent === 'As at the start'")
    time.sleep(0.3)
    assert page.session().time == 0.0


def test_sliders_by_mouse_and_keyboard_set_the_dose_and_a_branch_compares(page):
    page.open("neuron")
    page.after(20)
    page.tab.click("#branch")
    page.until("document.getElementById('branch').textContent === 'End branch'")
    slider = page.tab.locator("input[data-name='dose:tetrodotoxin']")
    box = slider.bounding_box()
    page.tab.mouse.click(box["x"] + box["width"] * 0.6, box["y"] + box["height"] / 2)
    page.after(60)
    first = page.session().values["dose:tetrodotoxin"]
    slider.focus()
    page.tab.keyboard.press("ArrowRight")
    page.after(60)
    s = page.session()
    assert 0 < first < s.values["dose:tetrodotoxin"] and len(s.lanes) == 2 and not s.lanes["ghost"].log
    page.until("document.querySelectorAll('#response circle').length >= 4")  # drawn while one waits
    assert "nM" in slider.get_attribute("aria-valuetext") and "Tetrodotoxin" in page.tab.inner_text("#differs")
    page.tab.wait_for_selector(".hill circle")


def test_reload_and_link_keep_the_state(page, browser, server):
    page.open("neuron")
    page.slide("dose:tetrodotoxin", 150)
    page.after(30)
    page.tab.click("#pause")
    time.sleep(0.3)
    page.tab.get_by_role("button", name="Put Potassium conductance under More values").press("Enter")
    page.tab.click("#link")
    page.until("location.hash.length > 10")
    wanted, link = page.session().state(), page.tab.url
    assert server.token not in link
    page.tab.evaluate("history.replaceState(null, '', '/')")
    page.tab.reload()
    page.tab.wait_for_selector("#lab:not([hidden])")
    assert len(server.rooms.held) == 1 and page.session().values == wanted["values"]
    other = Page(browser, server, reduced_motion="reduce")
    other.open("")
    other.tab.fill("#pasted", link)
    other.tab.click("#paste button")
    other.tab.wait_for_selector("#lab:not([hidden])", timeout=60_000)
    opened = list(server.rooms.held.values())[-1].opened.session.state()
    assert {k: opened[k] for k in ("digest", "log", "step", "values")} == {
        k: wanted[k] for k in ("digest", "log", "step", "values")
    }
    assert other.tab.evaluate("[...document.querySelectorAll('#sliders input')].map((e) => e.dataset.name)") == [
        "dose:tetrodotoxin"
    ]
    assert other.tab.inner_text("#pause") == "Run"  # reduced motion begins paused
    other.context.close()


def test_the_script_of_the_page_gives_its_digest(page, tmp_path):
    page.open("neuron")
    page.slide("dose:tetrodotoxin", 200)
    page.after(30)
    page.tab.click("#pause")
    time.sleep(0.3)
    page.tab.click("#export")
    with page.tab.expect_download() as download:
        page.tab.click("#script")
    file = tmp_path / "page.py"
    download.value.save_as(file)
    assert page.session().live.digest.text() in file.read_text()
    exec(file.read_text(), {})  # compares digests; in a process of its own: test_session


def test_what_is_shown_has_names_and_contrast(page):
    page.open("neuron")
    page.after(20)
    assert not page.serious()
    page.tab.keyboard.press("?")
    assert page.tab.locator("#help").is_visible() and not page.serious()
    page.tab.keyboard.press("Escape")
    unnamed = page.tab.evaluate(
        """[...document.querySelectorAll('input, button, img, canvas, a')].filter((e) => e.checkVisibility() && !(
            e.labels?.length || e.getAttribute('aria-label') || e.alt || e.textContent.trim())).map((e) => e.outerHTML)"""
    )
    assert unnamed == []
    for key in ("#large", "#export"):
        page.tab.click(key)
    assert page.tab.evaluate("document.documentElement.classList.contains('large')")
    assert page.tab.evaluate("document.documentElement.scrollWidth <= innerWidth + 1")


def test_a_bolus_and_silence_are_given_by_keyboard_and_stroke(page):
    page.open("small")
    page.tab.click("#pause")
    page.tab.click("#bolus summary"), page.tab.get_by_role("button", name="Give").press("Enter")
    page.tab.click("#silence summary"), page.tab.get_by_role("button", name="Silence", exact=True).press("Enter")
    page.until("document.getElementById('message').hidden")
    box = page.tab.locator(".raster canvas").bounding_box()
    page.tab.keyboard.down("Shift")
    (
        page.tab.mouse.move(box["x"] + 200, box["y"] + 3),
        page.tab.mouse.down(),
        page.tab.mouse.move(box["x"] + 200, box["y"] + 30),
    )
    page.tab.mouse.up(), page.tab.keyboard.up("Shift")
    s, stop = page.session(), time.perf_counter() + 30
    while len(s.live.log) < 3:
        assert time.perf_counter() < stop
        page.tab.wait_for_timeout(50)
    names = [e.name for e in s.live.log]
    assert names[0].startswith("bolus:gabazine:") and names[1] == "silence:E:0:15" and names[2].startswith("silence:E:")
    page.tab.click("#pause")
    page.after(20)
    assert 0 < s.state()["values"]["dose:gabazine"] < float(s.live.log[0].value.split()[0]) and not page.serious()


def test_the_sound_of_a_neuron_is_a_click_for_each_spike(page):
    page.tab.add_init_script(
        """window.clicks = []; const start = AudioBufferSourceNode.prototype.start;
        AudioBufferSourceNode.prototype.start = function (at) { window.clicks.push(at); start.call(this, at); };"""
    )
    page.open("neuron")
    page.tab.keyboard.press("m")
    page.until("document.getElementById('sound').getAttribute('aria-pressed') === 'true'")
    time.sleep(0.3)
    s = page.session()
    s.watch("N", 11)  # fires at 90 Hz
    page.until("window.clicks.length >= 4")
    page.tab.click("#pause")
    time.sleep(0.3)
    spikes = sum(int((ids == 11).sum()) for _, ids in s.live.recent.blocks)
    assert len(page.tab.evaluate("window.clicks")) <= spikes
    page.tab.keyboard.press("m")
    page.until("document.getElementById('sound').getAttribute('aria-pressed') === 'false'")


def test_a_recording_runs_without_a_server(browser, server, tmp_path):
    file = record("neuron", "dose:tetrodotoxin", [0.0, 0.01], tmp_path / "neuron.html", duration="100 ms")
    p = Page(browser, server)
    p.tab.goto(file.as_uri())
    p.after(150)  # it repeats
    p.tab.click("#branch")
    p.slide("dose:tetrodotoxin", 1)
    p.after(50)
    assert "▼" in p.tab.inner_text("#numbers") and "10 nM" in p.tab.inner_text("#differs")
    assert not p.errors and not p.hosts
    p.context.close()


@pytest.mark.skipif(importlib.util.find_spec("sklearn") is None, reason="pip install 'amine[learn]'")
def test_a_digit_drawn_by_hand_is_answered(page):
    page.open("engram", "#memory:not([hidden])")
    page.until("document.querySelectorAll('#memory path').length >= 1")
    box = page.tab.locator("canvas.hand").bounding_box()
    x, y = box["x"] + box["width"] * 0.55, box["y"]
    (
        page.tab.mouse.move(x, y + 20),
        page.tab.mouse.down(),
        page.tab.mouse.move(x, y + box["height"] - 20, steps=8),
        page.tab.mouse.up(),
    )
    page.until("/It says: [0-9]/.test(document.querySelector('.verdict').textContent)")
    page.tab.get_by_role("button", name="Pause").click()
    slider = page.tab.locator("#gabazine")
    slider.press("End")
    m, stop = page.held(), time.perf_counter() + 30
    while m.concentration != 10_000.0:
        assert time.perf_counter() < stop
        page.tab.wait_for_timeout(50)
    assert not page.serious()


def test_the_page_runs_in_the_frame_of_a_notebook(browser, server):
    rooms, p, sent = Rooms({}, listing), Page(browser, server), []

    def send(content: dict, buffers: list[bytes]) -> None:
        sent.append({"content": content, "data": list(buffers[0])})

    streams = Streams(rooms, send)

    def arrived() -> list:
        return [sent.pop(0) for _ in range(len(sent))]

    p.tab.expose_function("asked", lambda message: reply(rooms, streams, send, message))
    p.tab.expose_function("arrived", arrived)
    bridge = static_files()["bridge.js"].decode().replace("export default", "window.bridge =")
    p.tab.set_content(f"<div id=cell></div><script type=module>{bridge}</script>")
    p.until("window.bridge !== undefined")
    p.tab.evaluate(
        """(page) => { const heard = []; window.bridge.render({ el: document.getElementById("cell"), model: {
            get: (k) => ({ page, height: 700 })[k], on: (_, f) => heard.push(f), off: () => {},
            send: (m) => { asked(m); } } });
            const take = (r) => heard.forEach((f) => f(r.content, [new DataView(new Uint8Array(r.data).buffer)]));
            setInterval(async () => { (await arrived()).forEach(take); }, 20); }""",
        one_text("embedded", {"open": "neuron"}),
    )
    frame = p.tab.frame_locator("iframe")
    frame.locator("#lab:not([hidden])").wait_for(timeout=60_000)
    frame.locator("input[data-name='dose:tetrodotoxin']").press("ArrowRight")
    stop = time.perf_counter() + 60
    session = next(iter(rooms.held.values())).opened.session
    while not (session.time > 30 and session.values["dose:tetrodotoxin"] > 0):
        assert time.perf_counter() < stop
        p.tab.wait_for_timeout(50)
    assert not p.errors and not p.hosts
    p.context.close()


def test_a_page_without_the_token_says_so(browser, server):
    p = Page(browser, server)
    p.tab.goto(f"http://{server.names[0]}/")
    p.tab.wait_for_selector("#message:not([hidden])")
    assert "token" in p.tab.inner_text("#message")
    p.context.close()


@pytest.mark.validate
@pytest.mark.parametrize("name", gallery.names())
def test_every_experiment_has_names_and_contrast(page, name):
    page.open(name)
    page.after(100)
    assert not page.serious()


@pytest.mark.validate
@pytest.mark.parametrize("name", ["balance", "gamma"])
def test_all_spikes_are_painted_at_fifteen_frames_a_second(page, name):
    page.open(name)
    page.after(500)
    first, began = int(page.tab.evaluate("document.body.dataset.painted")), time.perf_counter()
    time.sleep(6)
    painted = int(page.tab.evaluate("document.body.dataset.painted")) - first
    assert painted / (time.perf_counter() - began) >= 15
