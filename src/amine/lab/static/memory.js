// A memory that learns digits while GABA is turned, and a digit drawn by hand.

import { amount, colour, svg } from "./draw.js";
import { make, place, value } from "./panels.js";

const SIDE = 8, SEEN = { W: 640, H: 330, left: 46, right: 96, top: 30, bottom: 40 };

export class MemoryPage {
  /** ``act`` sends a body and gives the answer. */
  constructor(root, d, act) {
    this.root = root; this.d = d; this.act = act; this.points = d.points; this.dose = d.dose; this.done = d.done; this.running = false; this.pixels = new Array(64).fill(0);
    this.control = { name: "gabazine", unit: "uM", low: d.low, high: d.high, log: true, zero: true };
    root.replaceChildren(this.controls(), this.stream(), this.hand()); this.draw(); this.paint();
  }
  controls() {
    const box = make("section", "panel"), w = this.d.words; box.setAttribute("aria-label", "Controls");
    box.append(make("p", "goal", w.goal));
    const control = make("div", "control"), top = make("div", "top"), label = make("label", "", "Gabazine (blocks GABA)"), out = make("output"), input = make("input");
    Object.assign(input, { type: "range", min: "0", max: "400", step: "1", id: "gabazine" }); label.htmlFor = "gabazine"; input.value = String(place(this.control, this.dose));
    const show = () => { out.textContent = amount(value(this.control, Number(input.value))); input.setAttribute("aria-valuetext", out.textContent); };
    input.addEventListener("input", show);
    input.addEventListener("change", () => { this.dose = value(this.control, Number(input.value)); this.act({ do: "dose", dose: this.dose }); });
    show(); top.append(label, out); control.append(top, input);
    const ends = make("div", "ends"); ends.append(make("span", "", "0"), make("span", "", amount(this.d.high))); control.append(ends);
    this.go = make("button", "main", "Learn"); const again = make("button", "", "Begin anew"), row = make("div", "pair");
    this.go.addEventListener("click", () => (this.running ? this.pause() : this.run()));
    again.addEventListener("click", async () => { this.pause(); const s = await this.act({ do: "again" }); if (!s) return; this.points = s.points; this.done = s.done; this.draw(); this.ask(); });
    row.append(this.go, again); box.append(control, row, make("p", "small", "The dose acts on what is learned from now on."));
    box.append(make("h2", "", "What do you expect?"), make("p", "", w.question), make("h2", "", "Simpler than in an animal"), make("p", "small", w.simpler), make("h2", "", "Sources"));
    for (const s of w.sources) box.append(make("p", "small", s));
    return box;
  }
  stream() {
    const box = make("section", "panel"); box.setAttribute("aria-label", "Accuracy");
    box.append(make("h2", "", "Accuracy on digits that were not seen, pair by pair")); this.chart = make("div");
    this.said = make("p", "sentence"); this.said.setAttribute("role", "status"); box.append(this.chart, this.said);
    return box;
  }
  hand() {
    const box = make("section", "panel"); box.setAttribute("aria-label", "A digit by hand"); box.append(make("h2", "", "Draw a digit"));
    const c = (this.canvas = make("canvas", "hand")); c.width = c.height = 240; c.setAttribute("role", "img"); c.setAttribute("aria-label", "Field of 8 by 8 pixels to draw a digit in");
    let last = null;
    const at = (e) => [e.offsetX / c.clientWidth * SIDE, e.offsetY / c.clientHeight * SIDE];
    const stroke = (e) => {
      const now = at(e), n = last ? Math.max(1, Math.ceil(Math.hypot(now[0] - last[0], now[1] - last[1]) * 4)) : 1;
      for (let k = 1; k <= n; k++) this.dab(last ? last[0] + (now[0] - last[0]) * k / n : now[0], last ? last[1] + (now[1] - last[1]) * k / n : now[1], 1 / (last ? 2.2 : 1));
      last = now; this.paint(); this.ask();
    };
    c.addEventListener("pointerdown", (e) => { c.setPointerCapture(e.pointerId); last = null; stroke(e); });
    c.addEventListener("pointermove", (e) => { if (last) stroke(e); });
    for (const end of ["pointerup", "pointercancel"]) c.addEventListener(end, () => { last = null; });
    const clear = make("button", "", "Clear"), which = make("select"), take = make("button", "", "Show one"), row = make("div", "pair"); which.setAttribute("aria-label", "Digit to be shown");
    for (let k = 0; k < 10; k++) { const o = make("option", "", String(k)); o.value = String(k); which.append(o); }
    clear.addEventListener("click", () => { this.pixels.fill(0); this.paint(); this.ask(); });
    take.addEventListener("click", async () => { const r = await this.act({ do: "example", digit: Number(which.value) }); if (r) { this.pixels = r.pixels; this.paint(); this.ask(); } });
    row.append(clear, which, take); this.answer = make("div"); this.verdict = make("p", "verdict"); this.verdict.setAttribute("role", "status");
    box.append(c, row, this.verdict, this.answer);
    return box;
  }
  /** Ink around a place, as a soft pen leaves it. */
  dab(x, y, ink) {
    for (let r = 0; r < SIDE; r++) for (let q = 0; q < SIDE; q++) {
      const near = Math.exp(-((q + 0.5 - x) ** 2 + (r + 0.5 - y) ** 2) / 0.5);
      this.pixels[r * SIDE + q] = Math.min(1, this.pixels[r * SIDE + q] + ink * 0.75 * near);
    }
  }
  paint() {
    const c = this.canvas.getContext("2d"), each = this.canvas.width / SIDE;
    for (let k = 0; k < 64; k++) { const v = Math.round(255 * (1 - this.pixels[k])); c.fillStyle = `rgb(${v},${v},${v})`; c.fillRect(k % SIDE * each, Math.floor(k / SIDE) * each, each, each); }
    c.strokeStyle = "#e6eaee"; c.lineWidth = 1;
    for (let k = 0; k <= SIDE; k++) { c.beginPath(); c.moveTo(k * each, 0); c.lineTo(k * each, 240); c.moveTo(0, k * each); c.lineTo(240, k * each); c.stroke(); }
  }
  async ask() {
    if (this.asking) { this.late = true; return; }
    this.asking = true; const r = await this.act({ do: "answer", pixels: this.pixels.map((p) => Number(p.toFixed(3))) }); this.asking = false;
    if (r) this.bars(r);
    if (this.late) { this.late = false; this.ask(); }
  }
  bars({ digit, shares }) {
    const blank = this.pixels.every((p) => p < 0.05);
    this.verdict.textContent = blank ? "" : digit === null ? "It has learned nothing yet." : `It says: ${digit}`;
    const root = svg("svg", { viewBox: "0 0 300 120", class: "hill", role: "img", "aria-label": `Shares: ${shares.map((s, k) => `${k}: ${Math.round(s * 100)} %`).join(", ")}` });
    shares.forEach((s, k) => {
      const tall = blank ? 0 : Math.max(0.5, s * 90);
      root.append(svg("rect", { x: 8 + k * 29, y: 96 - tall, width: 20, height: tall, fill: !blank && k === digit ? "var(--hot)" : "var(--edge)" }));
      root.append(svg("text", { x: 18 + k * 29, y: 113, "text-anchor": "middle", "font-size": 13, "font-weight": !blank && k === digit ? 700 : 400, fill: "var(--ink)" }, String(k)));
    });
    root.append(svg("line", { x1: 4, x2: 296, y1: 96, y2: 96, stroke: "var(--soft)" })); this.answer.replaceChildren(root);
  }
  draw() {
    const { W, H, left, right, top, bottom } = SEEN, grey = "var(--soft)", d = this.d, x = (n) => left + n / d.samples * (W - left - right), y = (s) => top + (1 - s) * (H - top - bottom);
    const last = this.points.at(-1), words = last ? d.pairs.map((p, k) => last.pairs[k] === null ? "" : `${p[0]} and ${p[1]}: ${Math.round(last.pairs[k] * 100)} %`).filter(Boolean).join(", ") : "nothing learned yet";
    const root = svg("svg", { viewBox: `0 0 ${W} ${H}`, class: "hill", role: "img", "aria-label": `Accuracy through the stream: ${words}` });
    d.ends.forEach((end, k) => {
      const from = k ? d.ends[k - 1] : 0;
      if (k % 2 === 0) root.append(svg("rect", { x: x(from), y: top, width: x(end) - x(from), height: H - top - bottom, fill: "var(--band)" }));
      root.append(svg("text", { x: (x(from) + x(end)) / 2, y: H - bottom + 17, "text-anchor": "middle", "font-size": 12, fill: grey }, `learns ${d.pairs[k][0]}, ${d.pairs[k][1]}`));
    });
    for (const s of [0, 0.5, 1]) {
      root.append(svg("line", { x1: left, x2: W - right, y1: y(s), y2: y(s), stroke: "var(--rule)" }));
      root.append(svg("text", { x: left - 7, y: y(s) + 4, "text-anchor": "end", "font-size": 12, fill: grey }, `${s * 100}%`));
    }
    this.points.forEach((p, i) => { if (p.dose > 0) { const from = i ? this.points[i - 1].seen : 0; root.append(svg("rect", { x: x(from), y: 10, width: x(p.seen) - x(from) + 0.5, height: 8, fill: "var(--warm)", opacity: 0.35 + 0.65 * Math.min(1, Math.log10(p.dose / d.low + 1) / 5) })); } });
    if (this.points.some((p) => p.dose > 0)) root.append(svg("text", { x: W - right + 6, y: 19, "font-size": 13, fill: "var(--warm)" }, "gabazine"));
    const taken = [], of = (k) => last?.pairs[k] ?? -1;
    d.pairs.map((_, k) => k).sort((a, b) => of(b) - of(a)).forEach((k) => {
      const pair = d.pairs[k], line = this.points.filter((p) => p.pairs[k] !== null);
      if (!line.length) return;
      root.append(svg("path", { d: line.map((p, i) => `${i ? "L" : "M"}${x(p.seen).toFixed(1)} ${y(p.pairs[k]).toFixed(1)}`).join(""), fill: "none", stroke: colour(k), "stroke-width": 2.4 }));
      let at = y(line.at(-1).pairs[k]) + 4;
      while (taken.some((t) => Math.abs(t - at) < 14)) at += 14;
      taken.push(at);
      root.append(svg("rect", { x: x(last.seen) + 6, y: at - 9, width: 9, height: 9, fill: colour(k) }), svg("text", { x: x(last.seen) + 19, y: at, "font-size": 13, fill: "var(--ink)" }, `${pair[0]}, ${pair[1]}`));
    });
    root.append(svg("text", { x: (left + W - right) / 2, y: H - 4, "text-anchor": "middle", "font-size": 12, fill: grey }, `${last ? last.seen : 0} of ${d.samples} digits, each seen once`));
    this.chart.replaceChildren(root);
  }
  async run() {
    if (this.done) { const s = await this.act({ do: "again" }); if (!s) return; this.points = s.points; this.done = s.done; }
    this.running = true; this.go.textContent = "Pause";
    while (this.running && !this.done && this.root.isConnected) {
      const r = await this.act({ do: "learn" });
      if (!r) break;
      this.points.push(...r.points); this.done = r.done; this.draw(); this.ask();
      await new Promise((f) => setTimeout(f, 120));
    }
    this.pause();
    const p = this.points.at(-1);
    if (p) this.said.textContent = `After ${p.seen} digits: ${this.d.pairs.map((q, k) => p.pairs[k] === null ? "" : `${q[0]}, ${q[1]} ${Math.round(p.pairs[k] * 100)} %`).filter(Boolean).join("; ")}; all seen so far ${Math.round(p.all * 100)} %.`;
  }
  pause() { this.running = false; this.go.textContent = this.done ? "Learn again" : "Learn"; }
}
