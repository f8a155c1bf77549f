// Recorded spikes in a report: all of them at first, and swept again at a touch.

import { Clock, Raster, onTheme } from "./draw.js";
import { bytes, unpack } from "./frames.js";

const SPEED = 0.25; // seconds of the network a second

/** Place of the first of sorted times after one. */
function after(times, t) {
  let low = 0, high = times.length;
  while (low < high) { const middle = (low + high) >> 1; if (times[middle] > t) high = middle; else low = middle + 1; }
  return low;
}

class Replay {
  constructor(figure) {
    const { about, arrays } = unpack(bytes(figure.querySelector("script").textContent.trim()));
    this.start = about.start; this.span = about.stop - about.start; this.arrays = arrays; this.now = this.span; this.running = false;
    this.clock = new Clock(this.span * 1.001);
    const box = document.createElement("div"), bar = document.createElement("div");
    bar.className = "replaying"; figure.prepend(box, bar);
    this.go = document.createElement("button"); this.go.className = "main"; this.go.addEventListener("click", () => (this.running ? this.stop() : this.run()));
    this.place = document.createElement("input"); Object.assign(this.place, { type: "range", min: "0", max: "1000", step: "1" }); this.place.setAttribute("aria-label", "Time");
    this.place.addEventListener("input", () => { this.running = false; this.now = Number(this.place.value) / 1000 * this.span; this.show(); });
    this.out = document.createElement("output"); bar.append(this.go, this.place, this.out);
    const rows = about.populations.reduce((n, p) => n + p.rows, 0);
    this.raster = new Raster(box, about.populations, this.clock, Math.min(380, Math.max(150, rows * 8))); this.raster.ghost = "ghost.t" in arrays;
    onTheme(() => this.show()); addEventListener("resize", () => this.show()); this.show();
  }
  /** Spikes after one time and up to another, counted from the first. */
  cut(from, to) {
    const out = {};
    for (const lane of ["live", "ghost"]) {
      const t = this.arrays[`${lane}.t`];
      if (!t) continue;
      const a = from > 0 ? after(t, from) : 0, b = after(t, to);
      out[`${lane}.t`] = t.subarray(a, b).map((x) => x - from); out[`${lane}.row`] = this.arrays[`${lane}.row`].subarray(a, b);
    }
    return { arrays: out };
  }
  /** Draws all up to now. */
  show() { this.clock.now = this.now; this.raster.clear(); this.raster.draw(this.cut(0, this.now), 0); this.words(); }
  words() {
    this.go.textContent = this.running ? "Pause" : "Run"; this.place.value = String(Math.round(this.now / this.span * 1000));
    this.out.textContent = `${Math.round(this.start + this.now)} ms`; this.place.setAttribute("aria-valuetext", this.out.textContent);
  }
  stop() { this.running = false; this.words(); }
  run() {
    if (this.now >= this.span) { this.now = 0; this.show(); }
    this.running = true;
    let last = performance.now();
    const on = (time) => {
      if (!this.running) return;
      const from = this.now;
      this.now = Math.min(this.span, from + Math.max(0, Math.min(time - last, 100)) * SPEED); last = time; this.clock.now = this.now;
      this.raster.draw(this.cut(from, this.now), from);
      if (this.now >= this.span) this.running = false;
      this.words();
      if (this.running) requestAnimationFrame(on);
    };
    requestAnimationFrame(on); this.words();
  }
}

for (const figure of document.querySelectorAll("figure.replay")) new Replay(figure);
