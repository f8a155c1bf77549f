// Sliders, numbers, molecules: everything beside the recordings.

import { amount, colour, hill, short } from "./draw.js";

/** An element with a class and words. */
export function make(tag, kind = "", words = "") {
  const e = document.createElement(tag);
  if (kind) e.className = kind;
  if (words) e.textContent = words.replace(/\buM\b/g, "µM");
  return e;
}

const STEPS = 400;

/** Place of a value on a slider, 0 to 400; and back. A logarithmic one has 0 at its left end. */
export function place(c, v) {
  if (c.values) return c.values.reduce((best, x, k) => (Math.abs(x - v) < Math.abs(c.values[best] - v) ? k : best), 0);
  if (!c.log) return Math.round((v - c.low) / (c.high - c.low) * STEPS);
  if (c.zero && v <= 0) return 0;
  const share = Math.log(v / c.low) / Math.log(c.high / c.low);
  return Math.round(c.zero ? 1 + share * (STEPS - 1) : share * STEPS);
}
export function value(c, at) {
  if (c.values) return c.values[at];
  if (at >= STEPS) return c.high;
  if (!c.log) return at <= 0 ? c.low : Number((c.low + at / STEPS * (c.high - c.low)).toPrecision(6));
  if (c.zero && at <= 0) return 0;
  const share = c.zero ? (at - 1) / (STEPS - 1) : at / STEPS;
  return share <= 0 ? c.low : Math.min(c.high, Math.max(c.low, Number((c.low * (c.high / c.low) ** share).toPrecision(3))));
}
export function words(c, v) {
  if (c.unit === "uM") return amount(v);
  const unit = c.unit === "1" ? "" : c.unit.replace("uA/cm**2", "µA/cm²").replace("mS/cm**2", "mS/cm²").replace("**2", "²").replace("um", "µm");
  return `${short(v, 4)} ${unit}`.trim();
}

/** Sliders of controls; ``change`` is called with a name and a value. */
export class Sliders {
  constructor(open, rest, controls, values, change, moved = () => {}) {
    this.moved = moved; this.open = open; this.rest = rest;
    this.controls = new Map(controls.map((c) => [c.name, c])); this.inputs = new Map(); this.change = change; this.first = {};
    open.replaceChildren(); rest.replaceChildren();
    for (const c of controls) {
      this.first[c.name] = c.value;
      if (c.reason) { const p = make("p", "fixed"); p.append(make("b", "", c.name), ` ${words(c, c.value)}: ${c.reason}`); rest.append(p); continue; }
      (c.shown ? open : rest).append(this.control(c));
    }
    this.show(values);
  }
  control(c) {
    const box = make("div", "control"), top = make("div", "top"), id = `control ${c.name}`.replace(/[^\w]/g, "-");
    const label = make("label", "", c.label); label.htmlFor = id;
    const input = make("input"); input.type = "range"; input.id = id; input.min = "0"; input.max = String(c.values ? c.values.length - 1 : STEPS); input.step = "1";
    input.dataset.name = c.name;
    const out = make("output"); out.htmlFor = id;
    const ends = make("div", "ends"); ends.append(make("span", "", c.values ? words(c, c.values[0]) : c.zero ? "0" : words(c, c.low)), make("span", "", words(c, c.values ? c.values.at(-1) : c.high)));
    input.addEventListener("input", () => { const v = value(c, Number(input.value)); this.write(c.name, v); this.change(c.name, v); });
    const pin = make("button", "pin"); pin.addEventListener("click", () => { this.move(c.name, box.parentElement !== this.open); pin.focus(); this.moved(this.shown()); });
    top.append(label, out, pin); box.append(top, input, ends); this.pin(c, box, pin, Boolean(c.shown));
    this.inputs.set(c.name, { input, out, box });
    return box;
  }
  pin(c, box, pin, open) {
    pin.textContent = open ? "−" : "+"; pin.setAttribute("aria-label", open ? `Put ${c.label} under More values` : `Keep ${c.label} open`); pin.title = pin.getAttribute("aria-label");
  }
  /** Puts a control among those that are open, or under More values. */
  move(name, open) {
    const at = this.inputs.get(name);
    if (!at) return;
    (open ? this.open : this.rest).append(at.box); this.pin(this.controls.get(name), at.box, at.box.querySelector(".pin"), open);
  }
  /** Names of the controls that are open, in their order. */
  shown() { return [...this.open.querySelectorAll("input")].map((e) => e.dataset.name); }
  /** Opens these controls and no other. */
  arrange(names) { for (const n of this.shown()) if (!names.includes(n)) this.move(n, false); for (const n of names) this.move(n, true); }
  /** Shows a value without setting it. */
  write(name, v) {
    const at = this.inputs.get(name), c = this.controls.get(name);
    if (!at) return;
    at.input.value = String(place(c, v)); at.out.textContent = words(c, v);
    at.input.setAttribute("aria-valuetext", words(c, v));
    at.box.classList.toggle("changed", Math.abs(v - this.first[name]) > 1e-9 * Math.max(1, Math.abs(v)));
  }
  show(values) { for (const [n, v] of Object.entries(values)) this.write(n, v); }
  /** What differs from the start, in words. */
  differs(values) {
    return Object.entries(values).filter(([n, v]) => this.controls.has(n) && Math.abs(v - this.first[n]) > 1e-9 * Math.max(1, Math.abs(v)))
      .map(([n, v]) => `${this.controls.get(n).label} ${words(this.controls.get(n), v)}`);
  }
}

/** Numbers of each population, with the change since the branch. */
export class Numbers {
  constructor(parent, populations) {
    this.cells = new Map(); this.many = populations.length > 4; parent.replaceChildren(); parent.classList.toggle("many", this.many);
    populations.forEach((p, k) => {
      const box = make("div", "number"), list = make("dl"); box.style.borderLeftColor = colour(k);
      box.append(make("h2", "", `${p.name} · ${p.neurons.toLocaleString("en")}`), list);
      const cell = {};
      for (const [key, title] of [["rate", this.many ? "rate Hz" : "rate"], ["cv", "CV"], ["rhythm", this.many ? "rhythm Hz" : "rhythm"]]) {
        const part = make("div"), dd = make("dd", "", "–"); part.append(make("dt", "", title), dd); list.append(part); cell[key] = dd;
      }
      this.cells.set(p.name, cell); parent.append(box);
    });
  }
  show(numbers) {
    for (const [name, cell] of this.cells) {
      const live = numbers.live[name], ghost = numbers.ghost?.[name];
      this.one(cell.rate, live.rate, ghost?.rate, "Hz", 0.05); this.one(cell.cv, live.cv, ghost?.cv, "", 0.01);
      this.one(cell.rhythm, live.rhythm, ghost?.rhythm, "Hz", 0.5);
    }
  }
  one(dd, now, before, unit, least) {
    dd.textContent = now === null ? "–" : `${round(now)} ${this.many ? "" : unit}`.trim();
    if (now === null || before === null || before === undefined) return;
    const d = now - before;
    if (Math.abs(d) >= least) dd.append(make("span", "change", `${d > 0 ? "▲" : "▼"} ${round(Math.abs(d))}`));
  }
}
const round = (x) => x >= 100 ? String(Math.round(x)) : x >= 10 ? x.toFixed(1) : x.toFixed(2);

/** The selected molecule: structure, what it binds, the curve with the live point, sources. */
export class Molecules {
  constructor(tabs, parent, molecules) {
    this.tabs = tabs; this.parent = parent; this.all = molecules; this.levels = {}; this.chosen = molecules[0]?.id;
    tabs.replaceChildren(); parent.replaceChildren();
    tabs.hidden = molecules.length < 2;
    for (const m of molecules) {
      const b = make("button", "", m.name); b.addEventListener("click", () => this.choose(m.id)); b.dataset.id = m.id; tabs.append(b);
    }
    this.draw();
  }
  choose(id) { if (this.all.some((m) => m.id === id) && id !== this.chosen) { this.chosen = id; this.draw(); } }
  draw() {
    for (const b of this.tabs.children) b.setAttribute("aria-pressed", String(b.dataset.id === this.chosen));
    const m = this.all.find((x) => x.id === this.chosen);
    if (!m) return;
    const title = make("h2", "", m.name), parts = [title];
    if (m.svg) { const img = make("img", "structure"); img.alt = `Structure of ${m.name}`; img.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(m.svg)}`; parts.push(img); }
    const facts = [m.class, m.svg ? "" : m.formula, m.mass ? `${m.mass} g/mol` : ""].filter(Boolean).join(" · ");
    if (facts) parts.push(make("p", "formula", facts));
    this.curve = make("div"); parts.push(this.curve);
    for (const b of m.binding.slice(0, 4)) {
      const p = make("p", "binding"); p.append(make("b", "", b.target), ` ${b.action}; ${b.quantity} ${amount(b.K)}${b.unverified ? " (?)" : ""}`); parts.push(p);
    }
    const cites = [...new Set(m.binding.map((b) => b.source.split(";")[0]).filter(Boolean))];
    if (cites.length) parts.push(make("p", "small", cites.slice(0, 3).join("; ")));
    this.parent.replaceChildren(...parts); this.last = undefined; this.point();
  }
  /** Moves the live point to the present concentrations (uM) by molecule. */
  show(levels) { this.levels = levels; this.point(); }
  point() {
    const m = this.all.find((x) => x.id === this.chosen), c = this.levels[this.chosen] ?? 0;
    if (!m || !m.binding.length || !this.curve) return;
    const key = `${this.chosen} ${c.toPrecision(3)}`;
    if (key === this.last) return;
    this.last = key; this.curve.replaceChildren(hill(m.binding[0], c));
  }
}
