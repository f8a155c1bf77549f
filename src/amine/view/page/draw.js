// Recordings that sweep over canvases like the trace of an oscilloscope, and curves as SVG.

const LEFT = 64, RIGHT = 6, NAMES = ["ink", "soft", "rule", "paper", "ghost", "faded", "hand"];
const SOFT = "var(--soft)", LINE = "var(--rule)"; // of SVG

/** Colours of the page's style for canvases, which know no variables; ``series`` are those of populations. */
export const tint = {};
function tinted() {
  const style = getComputedStyle(document.documentElement), get = (n) => style.getPropertyValue(`--${n}`).trim();
  for (const n of NAMES) tint[n] = get(n);
  tint.series = get("series").split(",").map((x) => x.trim());
}
tinted();
/** Calls ``done`` when the page turns dark or light. */
export const onTheme = (done) => matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { tinted(); done(); });

/** Colour of the k-th population. */
export const colour = (k) => tint.series[k % tint.series.length];

/** A number with three digits, without exponents where they are not needed. */
export function short(x, digits = 3) {
  if (x === null || x === undefined || !Number.isFinite(x)) return "–";
  if (x === 0) return "0";
  const a = Math.abs(x);
  if (a >= 1e5 || a < 1e-4) return x.toExponential(1).replace("e", "·10^").replace("^+", "^");
  const text = x.toPrecision(digits);
  return String(Number(text)).length > 7 ? String(Math.round(x)) : String(Number(text));
}

/** Time shared by all recordings: the window that is swept, in ms, and the time reached. */
export class Clock {
  constructor(window) { this.window = window; this.now = 0; }
  /** Share of the window at a time. */
  at(t) { return (t % this.window) / this.window; }
  get page() { return Math.floor(this.now / this.window); }
}

class Chart {
  constructor(parent, title, height, clock, kind) {
    this.clock = clock; this.height = height; this.title = title;
    this.box = document.createElement("div"); this.box.className = `chart ${kind}`;
    this.head = document.createElement("h3"); this.head.textContent = title;
    this.canvas = document.createElement("canvas"); this.canvas.setAttribute("role", "img"); this.canvas.setAttribute("aria-label", title);
    this.box.append(this.head, this.canvas); parent.append(this.box);
    this.context = this.canvas.getContext("2d"); this.width = 0;
  }
  /** Fits the canvas to the page; true if it was emptied. */
  fit() {
    const ratio = Math.min(window.devicePixelRatio || 1, 2), width = this.canvas.clientWidth || this.box.clientWidth;
    const big = document.documentElement.classList.contains("large") ? 1.3 : 1, height = this.height * big;
    if (width === this.width && ratio === this.ratio && height === this.tall) return false;
    this.width = width; this.ratio = ratio; this.tall = height;
    this.canvas.width = Math.round(width * ratio); this.canvas.height = Math.round(height * ratio);
    this.canvas.style.height = `${height}px`;
    this.context.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.font = `${big * 11}px system-ui, "DejaVu Sans", sans-serif`;
    return true;
  }
  x(t) { return LEFT + this.clock.at(t) * (this.width - LEFT - RIGHT); }
  get wide() { return this.width - LEFT - RIGHT; }
  text(words, x, y, ink = tint.soft, align = "right") {
    const c = this.context; c.font = this.font; c.fillStyle = ink; c.textAlign = align; c.textBaseline = "middle"; c.fillText(words, x, y);
  }
}

/** A name in lines that fit beside a recording. */
function folded(name) {
  const cut = (w) => w.length > 8 ? w.slice(0, 7) + "…" : w;
  return name.split(" ").reduce((lines, w) => (lines.length && (lines.at(-1) + " " + w).length <= 8 ? [...lines.slice(0, -1), lines.at(-1) + " " + w] : [...lines, w]), []).slice(0, 2).map(cut);
}

/** Spikes of populations as dots; below them, after a branch, those of the copy in grey. */
export class Raster extends Chart {
  constructor(parent, populations, clock, height) {
    super(parent, "Spikes", height, clock, "raster");
    this.populations = populations; this.rows = populations.reduce((n, p) => n + p.rows, 0); this.ghost = false; this.silenced = []; this.dirty = true;
  }
  bands() {
    const gap = this.ghost ? 14 : 0, tall = (this.tall - gap) / (this.ghost ? 2 : 1);
    return { live: [0, tall], ghost: [tall + gap, tall] };
  }
  labels() {
    const c = this.context; c.clearRect(0, 0, LEFT - 1, this.tall);
    for (const [lane, [top, tall]] of Object.entries(this.bands())) {
      if (lane === "ghost" && !this.ghost) continue;
      let row = 0, free = top, limit = top + tall;
      const names = this.populations.map((p) => {
        const lines = folded(p.name), half = 6 * lines.length, at = Math.max(top + (row + p.rows / 2) / this.rows * tall, free + half);
        free = at + half - 1; row += p.rows;
        return { lines, half, at };
      });
      for (const n of [...names].reverse()) { n.at = Math.min(n.at, limit - n.half); limit = n.at - n.half + 1; } // none on another, none below the end
      row = 0;
      this.populations.forEach((p, k) => {
        const { lines, at } = names[k];
        lines.forEach((words, i) => this.text(words, LEFT - 9, at + (i - (lines.length - 1) / 2) * 12, lane === "ghost" ? tint.soft : tint.ink));
        c.fillStyle = lane === "ghost" ? tint.ghost : colour(k); c.fillRect(LEFT - 5, top + row / this.rows * tall + 0.5, 3, Math.max(1, p.rows / this.rows * tall - 1));
        row += p.rows;
      });
      if (lane === "ghost") this.text("copy", 2, top + 7, tint.soft, "left");
    }
  }
  clear() { this.dirty = true; }
  draw(frame, from) {
    if (this.fit()) this.dirty = true;
    const c = this.context, bands = this.bands(), step = Math.max(6, this.wide * 0.015);
    if (this.dirty) { c.clearRect(0, 0, this.width, this.tall); this.labels(); this.dirty = false; }
    const start = this.x(from), stop = this.x(this.clock.now);
    const wipe = (a, b) => c.clearRect(a, 0, b - a, this.tall);
    if (this.clock.now - from >= this.clock.window) wipe(LEFT, this.width);
    else if (stop >= start) wipe(start, Math.min(stop + step, this.width));
    else { wipe(start, this.width); wipe(LEFT, stop + step); }
    this.dots(frame, "live", from, bands.live);
    if (this.ghost) this.dots(frame, "ghost", from, bands.ghost);
    c.fillStyle = tint.hand; c.fillRect(stop + 1, 0, 1, this.tall);
  }
  dots(frame, lane, from, [top, tall]) {
    const t = frame.arrays[`${lane}.t`], row = frame.arrays[`${lane}.row`], c = this.context;
    if (!t || !t.length) return;
    const each = tall / this.rows, high = Math.min(Math.max(each * 0.8, 1), 7), wide = Math.min(Math.max(each * 0.6, 1), 2.5);
    if (lane === "live") this.faded(t, row, from, top, each, wide, high);
    let first = 0;
    this.populations.forEach((p, k) => {
      const last = first + p.rows;
      c.fillStyle = lane === "ghost" ? tint.ghost : colour(k);
      for (let i = 0; i < t.length; i++) {
        const r = row[i];
        if (r < first || r >= last) continue;
        if (lane === "live" && this.silenced.length && this.silenced.some(([a, b]) => r >= a && r < b)) continue;
        c.fillRect(this.x(from + t[i]), top + r * each, wide, high);
      }
      first = last;
    });
  }
  /** Spikes of silenced neurons, which reach nobody. */
  faded(t, row, from, top, each, wide, high) {
    if (!this.silenced.length) return;
    this.context.fillStyle = tint.faded;
    for (let i = 0; i < t.length; i++) if (this.silenced.some(([a, b]) => row[i] >= a && row[i] < b)) this.context.fillRect(this.x(from + t[i]), top + row[i] * each, wide, high);
  }
  /** Population and neuron at a place on the canvas. */
  neuron(y) {
    const bands = this.bands(), [top, tall] = this.ghost && y > bands.ghost[0] ? bands.ghost : bands.live;
    let row = Math.floor((y - top) / tall * this.rows), first = 0;
    for (const p of this.populations) {
      if (row < first + p.rows) return [p.name, Math.max(0, Math.round((row - first) / p.rows * p.neurons))];
      first += p.rows;
    }
    return null;
  }
}

/** Lines over the window: each has a name, a colour, and values in bins of ``bin`` ms. */
export class Lines extends Chart {
  constructor(parent, title, clock, height, { bin = 1, floor = 0, ceiling = null, unit = "", dots = false } = {}) {
    super(parent, title, height, clock, "lines");
    this.bin = bin; this.floor = floor; this.ceiling = ceiling; this.unit = unit; this.lines = new Map();
    this.count = Math.ceil(clock.window / bin);
  }
  line(name, ink, width = 1.4) {
    if (!this.lines.has(name)) this.lines.set(name, { ink, width, data: new Float32Array(this.count).fill(NaN) });
    return this.lines.get(name);
  }
  drop(test) { for (const n of [...this.lines.keys()]) if (test(n)) this.lines.delete(n); }
  put(name, ink, times, values, width) {
    const { data } = this.line(name, ink, width), n = this.count;
    for (let i = 0; i < values.length; i++) data[Math.floor((times(i) % this.clock.window) / this.bin + 1e-6) % n] = values[i];
  }
  clear() { for (const l of this.lines.values()) l.data.fill(NaN); }
  range() {
    let low = Infinity, high = -Infinity;
    for (const { data } of this.lines.values()) for (const v of data) { if (v < low) low = v; if (v > high) high = v; }
    if (this.floor === null) {
      if (!Number.isFinite(low)) return [-80, 20];
      low = Math.floor((low - 3) / 10) * 10;
      return [low, Math.max(Math.ceil((high + 3) / 10) * 10, low + 20)];
    }
    low = this.floor;
    if (!Number.isFinite(high)) high = low + 1;
    if (this.ceiling !== null) high = this.ceiling;
    else {
      const wanted = high * 1.1;
      this.top = this.top === undefined || wanted > this.top || wanted < this.top * 0.45 ? nice(wanted) : this.top;
      high = Math.max(this.top, low + 1e-9);
    }
    return [low, high];
  }
  draw(axis) {
    this.fit();
    const c = this.context, bottom = this.tall - (axis ? 17 : 5), [low, high] = this.range();
    const y = (v) => 5 + (1 - (v - low) / (high - low)) * (bottom - 5);
    c.clearRect(0, 0, this.width, this.tall);
    c.lineWidth = 1; c.strokeStyle = tint.rule;
    for (const v of [low, (low + high) / 2, high]) {
      c.beginPath(); c.moveTo(LEFT, y(v)); c.lineTo(this.width - RIGHT, y(v)); c.stroke();
    }
    this.text(short(high), LEFT - 8, Math.max(y(high), 7)); this.text(short(low), LEFT - 8, Math.min(y(low), bottom - 2));
    const gap = Math.ceil(this.count * 0.012), here = Math.floor((this.clock.now % this.clock.window) / this.bin);
    for (const { ink, width, data } of this.lines.values()) {
      c.strokeStyle = ink; c.lineWidth = width; c.lineJoin = "round"; c.beginPath();
      let pen = false;
      for (let i = 0; i < this.count; i++) {
        const v = data[i], hidden = i >= here && i < here + gap;
        if (v !== v || hidden) { if (v === v || hidden) pen = false; continue; }
        const px = LEFT + (i + 0.5) / this.count * this.wide, py = y(Math.min(Math.max(v, low), high));
        if (pen) c.lineTo(px, py); else c.moveTo(px, py);
        pen = true;
      }
      c.stroke();
    }
    c.fillStyle = tint.hand; c.fillRect(this.x(this.clock.now) + 1, 0, 1, bottom);
    if (axis) this.axis(bottom);
  }
  axis(bottom) {
    const start = this.clock.page * this.clock.window, seconds = this.clock.window >= 2000;
    for (let k = 0; k <= 4; k++) {
      const t = start + k / 4 * this.clock.window, x = LEFT + k / 4 * this.wide;
      const words = seconds ? `${short(t / 1000, 5)} s` : `${Math.round(t)} ms`;
      this.text(words, x, bottom + 10, tint.soft, k === 0 ? "left" : k === 4 ? "right" : "center");
    }
  }
}

function nice(x) {
  if (!(x > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(x));
  return [1, 1.5, 2, 3, 4, 5, 6, 8, 10].map((f) => f * power).find((v) => v >= x * 0.999);
}

/** An SVG element with attributes. */
export function svg(name, attributes = {}, words = "") {
  const e = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [k, v] of Object.entries(attributes)) e.setAttribute(k, String(v));
  if (words) e.textContent = words;
  return e;
}

/** Curve of binding with the point of the present concentration (uM). */
export function hill(binding, concentration) {
  const W = 300, H = 168, left = 36, right = 10, top = 10, bottom = 36, { K, hill: n } = binding;
  const low = Math.log10(K) - 2.5, high = Math.log10(K) + 2.5;
  const share = (c) => c <= 0 ? 0 : 1 / (1 + (K / c) ** n);
  const x = (c) => left + (Math.min(Math.max(Math.log10(c), low), high) - low) / (high - low) * (W - left - right);
  const y = (s) => top + (1 - s) * (H - top - bottom);
  const now = share(concentration), words = `Occupancy of ${binding.target}: ${Math.round(now * 100)} % at ${short(concentration)} uM`;
  const root = svg("svg", { viewBox: `0 0 ${W} ${H}`, class: "hill", role: "img", "aria-label": words });
  for (const s of [0, 0.5, 1]) {
    root.append(svg("line", { x1: left, x2: W - right, y1: y(s), y2: y(s), stroke: LINE }));
    root.append(svg("text", { x: left - 5, y: y(s) + 4, "text-anchor": "end", "font-size": 11, fill: SOFT }, `${s * 100}%`));
  }
  for (let e = Math.ceil(low); e <= high; e++) {
    root.append(svg("line", { x1: x(10 ** e), x2: x(10 ** e), y1: y(0), y2: y(0) + 4, stroke: SOFT }));
    const anchor = x(10 ** e) > W - right - 18 ? "end" : "middle";
    root.append(svg("text", { x: Math.min(x(10 ** e) + (anchor === "end" ? 14 : 0), W), y: y(0) + 16, "text-anchor": anchor, "font-size": 11, fill: SOFT }, amount(10 ** e)));
  }
  let path = "";
  for (let k = 0; k <= 120; k++) { const c = 10 ** (low + (high - low) * k / 120); path += `${k ? "L" : "M"}${x(c).toFixed(1)} ${y(share(c)).toFixed(1)}`; }
  root.append(svg("path", { d: path, fill: "none", stroke: colour(0), "stroke-width": 2.2 }));
  root.append(svg("line", { x1: x(K), x2: x(K), y1: y(0.5), y2: y(0), stroke: SOFT, "stroke-dasharray": "3 3" }));
  const px = concentration > 0 ? x(concentration) : left;
  root.append(svg("line", { x1: px, x2: px, y1: y(now), y2: y(0), stroke: "var(--warm)", "stroke-dasharray": "2 2" }));
  root.append(svg("circle", { cx: px, cy: y(now), r: 6, fill: "var(--hot)", stroke: "var(--paper)", "stroke-width": 1.5 }));
  const right2 = px < W * 0.6;
  root.append(svg("text", { x: right2 ? px + 10 : px - 10, y: Math.max(y(now) - 8, 14), "text-anchor": right2 ? "start" : "end", "font-size": 13, "font-weight": 600, fill: "var(--warm)" }, `${Math.round(now * 100)} %`));
  root.append(svg("text", { x: (left + W - right) / 2, y: H - 4, "text-anchor": "middle", "font-size": 11, fill: SOFT }, "free concentration; no competitors"));
  return root;
}

/** Histogram of weights. */
export function bars({ name, unit, low, high, counts }) {
  const W = 300, H = 130, left = 8, bottom = 22, most = Math.max(1, ...counts), each = (W - 2 * left) / counts.length;
  const root = svg("svg", { viewBox: `0 0 ${W} ${H}`, class: "hill", role: "img", "aria-label": `Histogram of the weights of ${name}` });
  counts.forEach((n, k) => {
    const tall = n ? Math.max(1, n / most * (H - bottom - 6)) : 0;
    root.append(svg("rect", { x: left + k * each + 0.5, width: each - 1, y: H - bottom - tall, height: tall, fill: colour(2) }));
  });
  root.append(svg("line", { x1: left, x2: W - left, y1: H - bottom, y2: H - bottom, stroke: SOFT }));
  for (const [at, v, anchor] of [[left, low, "start"], [W - left, high, "end"]]) root.append(svg("text", { x: at, y: H - 7, "text-anchor": anchor, "font-size": 11, fill: SOFT }, `${short(v)} ${unit}`));
  return root;
}

/** A concentration in uM with the unit that suits it. */
export function amount(c) {
  if (c === 0) return "0";
  if (c >= 1000) return `${short(c / 1000)} mM`;
  if (c >= 0.999) return `${short(c)} µM`;
  if (c >= 0.000999) return `${short(c * 1e3)} nM`;
  return `${short(c * 1e6)} pM`;
}
