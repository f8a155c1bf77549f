// Dose and response, drawn while one waits: points of short runs, and the live network among them.

import { amount, colour, short, svg } from "./draw.js";
import { make, words } from "./panels.js";

const FRAME = { W: 300, H: 172, left: 40, right: 10, top: 12, bottom: 34 }, GREY = "var(--soft)", RULE = "var(--rule)";
const MEASURES = { rate: "rate (Hz)", cv: "CV", rhythm: "rhythm (Hz)" };

export class Response {
  constructor(parent, controls, populations) {
    this.parent = parent; this.controls = new Map(controls.filter((c) => !c.reason).map((c) => [c.name, c])); this.populations = populations;
    this.measure = "rate"; this.points = []; this.done = false; this.live = null; parent.replaceChildren();
    this.name = [...this.controls.values()].find((c) => c.shown)?.name ?? [...this.controls.keys()][0];
    parent.hidden = !this.name;
    if (!this.name) return;
    const head = make("div", "top"), pick = make("select"), title = (this.title = make("h2", "", "Response")); title.id = "responds";
    pick.setAttribute("aria-label", "Measure");
    for (const [k, t] of Object.entries(MEASURES)) { const o = make("option", "", t); o.value = k; pick.append(o); }
    pick.addEventListener("change", () => { this.measure = pick.value; this.draw(); });
    head.append(title, pick); this.box = make("div"); this.note = make("p", "small"); parent.append(head, this.box, this.note); this.draw();
  }
  /** Takes another control. */
  choose(name) { if (this.controls.has(name) && name !== this.name) { this.name = name; this.points = []; this.done = false; this.draw(); } }
  /** Something else was changed: what was measured is of another network. */
  again() { this.done = false; }
  take(r) { if (r.name !== this.name) return; const fresh = r.points.length !== this.points.length; this.points = r.points; this.done = r.done; this.error = r.error ?? ""; if (fresh || this.error) this.draw(); }
  /** The live network: value of the control, numbers. */
  now(value, numbers) { this.live = { value, numbers }; this.draw(); }
  of(numbers, p) { return numbers?.[p.name]?.[this.measure] ?? null; }
  draw() {
    if (!this.name || !this.box) return;
    this.title.textContent = this.name.startsWith("dose:") ? "Dose–response" : "Response";
    const c = this.controls.get(this.name), sorted = [...this.points].sort((a, b) => a.value - b.value), width = FRAME.W - FRAME.left - FRAME.right, low = c.log ? c.low : Math.min(c.low, c.high);
    const x = (v) => FRAME.left + width * (!c.log ? (v - low) / (c.high - low) : c.zero ? (v <= 0 ? 0 : 0.09 + 0.91 * Math.log(v / c.low) / Math.log(c.high / c.low)) : Math.log(v / c.low) / Math.log(c.high / c.low));
    const all = [...sorted, ...(this.live ? [this.live] : [])].flatMap((p) => this.populations.map((q) => this.of(p.numbers, q))).filter((v) => v !== null);
    const top = Math.max(1e-9, ...all) * 1.08, y = (v) => FRAME.top + (1 - v / top) * (FRAME.H - FRAME.top - FRAME.bottom);
    const said = sorted.map((p) => `${words(c, p.value)}: ${this.populations.map((q) => `${q.name} ${short(this.of(p.numbers, q))}`).join(", ")}`).join("; ");
    const root = svg("svg", { viewBox: `0 0 ${FRAME.W} ${FRAME.H}`, class: "hill", role: "img", "aria-label": `${MEASURES[this.measure]} against ${c.label}. ${said}` });
    for (const s of [0, 0.5, 1]) {
      root.append(svg("line", { x1: FRAME.left, x2: FRAME.W - FRAME.right, y1: y(top * s / 1.08), y2: y(top * s / 1.08), stroke: RULE }));
      root.append(svg("text", { x: FRAME.left - 6, y: y(top * s / 1.08) + 4, "text-anchor": "end", "font-size": 11, fill: GREY }, all.length || !s ? short(top * s / 1.08, 2) : ""));
    }
    this.axis(root, c, x);
    this.populations.forEach((q, k) => {
      const drawn = sorted.map((p) => [x(p.value), this.of(p.numbers, q)]).filter(([, v]) => v !== null).map(([a, v]) => [a, y(v)]);
      if (drawn.length > 1) root.append(svg("path", { d: drawn.map(([a, b], i) => `${i ? "L" : "M"}${a.toFixed(1)} ${b.toFixed(1)}`).join(""), fill: "none", stroke: colour(k), "stroke-width": 1.8 }));
      for (const [a, b] of drawn) root.append(svg("circle", { cx: a, cy: b, r: 2.8, fill: colour(k) }));
    });
    this.populations.forEach((q, k) => {
      const v = this.of(this.live?.numbers, q);
      if (v !== null) root.append(svg("circle", { cx: Math.min(Math.max(x(this.live.value), FRAME.left), FRAME.W - FRAME.right), cy: y(v), r: 5.5, fill: "var(--paper)", stroke: colour(k), "stroke-width": 2.6 }));
    });
    this.box.replaceChildren(root);
    this.note.textContent = this.error ? this.error : `${c.label}. Rings: the live network. ${this.done ? "Each point is 0.7 s of a copy, after 0.3 s." : "Points appear as they are computed, beside the network."}`;
  }
  axis(root, c, x) {
    const text = (at, t, anchor) => root.append(svg("text", { x: at, y: FRAME.H - FRAME.bottom + 16, "text-anchor": anchor, "font-size": 11, fill: GREY }, t));
    if (c.log && c.zero) text(x(0), "0", "middle");
    if (c.log && c.unit === "uM") {
      for (let e = Math.ceil(Math.log10(c.low) - 1e-9); e <= Math.log10(c.high) + 1e-9; e += 1) {
        root.append(svg("line", { x1: x(10 ** e), x2: x(10 ** e), y1: FRAME.H - FRAME.bottom, y2: FRAME.H - FRAME.bottom + 4, stroke: GREY }));
        if ((e - Math.ceil(Math.log10(c.low) - 1e-9)) % 2 === 1) text(x(10 ** e), amount(10 ** e), x(10 ** e) > FRAME.W - 30 ? "end" : "middle");
      }
    } else { if (!(c.log && c.zero)) text(FRAME.left, words(c, c.low), "start"); text(FRAME.W - FRAME.right, words(c, c.high), "end"); }
    root.append(svg("line", { x1: FRAME.left, x2: FRAME.W - FRAME.right, y1: FRAME.H - FRAME.bottom, y2: FRAME.H - FRAME.bottom, stroke: GREY }));
  }
}
