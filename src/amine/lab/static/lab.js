// The page of the lab: asks for frames, draws them, sends what is set.

import { Clock, Raster, Lines, bars, colour, onTheme, short, tint } from "./draw.js";
import { Sound } from "./sound.js";
import { Sliders, Numbers, Molecules, make } from "./panels.js";
import { embedded, live } from "./transport.js";
import { Bolus, Silence, stroke } from "./acts.js";
import { MemoryPage } from "./memory.js";
import { Response } from "./response.js";
import { recorded } from "./recorded.js";

const $ = (id) => document.getElementById(id);
const WINDOWS = [250, 500, 1000, 2000, 5000, 10000, 20000];
const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;

const sound = new Sound(), after = (ms) => new Promise((r) => setTimeout(r, ms));

let memory = null, transport, S = null, speech = 0;

let said = "";
function say(words) { if (words === said) return; said = words; $("message").hidden = !words; $("message").textContent = words; }

async function attempt(work) {
  try { const r = await work(); say(""); return r; } catch (e) { say(String(e.message || e)); return null; }
}

// --- gallery --------------------------------------------------------------------------------------------------------

async function gallery() {
  stop();
  if (S?.session) transport.close(S.session);
  if (memory) { memory.pause(); transport.close(memory.d.session); memory = null; }
  S = null; transport.remember(null);
  for (const id of ["lab", "tools", "foot", "menu", "memory"]) $(id).hidden = true;
  $("gallery").hidden = false; $("title").textContent = "Gallery"; document.title = "amine lab";
  const found = await attempt(() => transport.gallery());
  if (!found) return;
  $("cards").replaceChildren();
  if (found.own) $("cards").append(card(found.own, "Your network", found.own, "Every value that follows a running network is a slider."));
  for (const e of found.experiments) $("cards").append(card(e.name, e.title, e.goal, e.question));
}

function card(name, title, goal, question) {
  const li = make("li"), b = make("button"); b.dataset.name = name;
  b.append(make("h2", "", title), make("p", "", goal), make("p", "q", question));
  b.addEventListener("click", () => open(name)); li.append(b);
  return li;
}

async function open(name, link = null) {
  stop(); $("title").textContent = "Building the network…";
  say("Building the network. The first time its code is compiled, which may take half a minute.");
  const found = await attempt(() => transport.open(name, link));
  if (found) begin(found); else $("title").textContent = "Gallery";
}

// --- an experiment --------------------------------------------------------------------------------------------------

function begin(d) {
  if (d.kind === "memory") { remembering(d); return; }
  $("gallery").hidden = true; for (const id of ["lab", "tools", "foot"]) $(id).hidden = false;
  const w = d.words, speed = w.speed ?? 0.5;
  S = { ...d, running: false, ghost: d.branched !== null, pending: {}, speed, rows: [], busy: false };
  transport.remember(d);
  $("title").textContent = w.title ?? d.name; document.title = `${w.title ?? d.name} – amine lab`;
  $("goal").textContent = w.goal ?? ""; $("challenge").textContent = w.challenge ? `Challenge: ${w.challenge.replace(/\buM\b/g, "µM")}` : "";
  $("circuit").src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(d.svg)}`; $("circuit").alt = `Network: ${d.populations.map((p) => `${p.name} ${p.neurons}`).join(", ")}`;
  S.sliders = new Sliders($("sliders"), $("others"), d.controls, d.values, changed, (names) => { if (!transport.fixed) transport.act(d.session, { do: "show", names }).catch(() => {}); });
  if (d.show) S.sliders.arrange(d.show);
  $("more").hidden = !!transport.fixed; $("seed").value = String(d.seed);
  S.numbers = new Numbers($("numbers"), d.populations);
  S.molecules = new Molecules($("tabs"), $("molecule"), d.molecules);
  S.response = new Response($("response"), d.controls, d.populations);
  if (transport.fixed) for (const id of ["bolus", "silence", "response"]) $(id).hidden = true;
  else { new Bolus($("bolus"), d.controls, d.molecules, act); const cut = d.populations.filter((p) => p.cuts); $("silence").hidden = !cut.length; if (cut.length) new Silence($("silence"), cut, act); }
  about(w);
  $("tour").hidden = !w.tour?.length; $("speed").value = String(Math.log2(speed)); showSpeed();
  charts(); state(d); $("branch").textContent = S.ghost ? "End branch" : "Branch";
  if (still) pause(); else play();
}

/** The page of a memory, which is no network that runs on. */
function remembering(d) {
  $("gallery").hidden = true; $("memory").hidden = false; $("title").textContent = d.words.title; document.title = `${d.words.title} – amine lab`;
  $("foot").hidden = false; $("challenge").textContent = `Challenge: ${d.words.challenge}`; $("differs").textContent = "";
  memory = new MemoryPage($("memory"), d, (body) => attempt(() => transport.act(d.session, body)));
  transport.remember({ ...d, step: 0, log: [] });
  if (!still) memory.run();
}

function about(w) {
  $("question").replaceChildren(); $("about").replaceChildren();
  if (w.question) $("question").append(make("h2", "", "What do you expect?"), make("p", "", w.question));
  if (w.simpler) $("about").append(make("h2", "", "Simpler than in an animal"), make("p", "small", w.simpler));
  if (w.sources?.length) { $("about").append(make("h2", "", "Sources")); for (const s of w.sources) $("about").append(make("p", "small", s)); }
}

function charts() {
  const wanted = Math.max(250, S.speed * 2000), size = WINDOWS.find((x) => x >= wanted) ?? 20000;
  S.clock = new Clock(size); S.clock.now = S.time;
  $("charts").replaceChildren();
  const rows = S.populations.reduce((n, p) => n + p.rows, 0);
  S.raster = new Raster($("charts"), S.populations, S.clock, Math.min(room(), 340, Math.max(150, rows * 8)));
  S.raster.ghost = S.ghost;
  S.raster.canvas.addEventListener("click", watch);
  stroke(S.raster.canvas, (a, b) => {
    const one = S.raster.neuron(a), two = S.raster.neuron(b);
    if (transport.fixed || !one || !two) return;
    const n = S.populations.find((p) => p.name === one[0]).neurons, last = one[0] === two[0] ? two[1] + 1 : n;
    act({ do: "silence", population: one[0], first: one[1], last: Math.min(Math.max(last, one[1] + 1), n) });
  });
  const bin = size / 250;
  S.rates = new Lines($("charts"), "Rate (Hz)", S.clock, 96, { bin });
  S.bins = new Map();
  S.trace = S.watched ? new Lines($("charts"), "", S.clock, 96, { bin: size / 1000, floor: null }) : null;
  S.occupancy = null; S.fields = null; titles();
}

/** Height that is left for spikes where all recordings are to be seen at once. */
function room() {
  const doses = S.controls.some((c) => c.name.startsWith("dose:")) || S.molecules.all.length;
  const lines = 122 + (S.watched ? 122 : 0) + (doses ? 110 : 0) + (S.molecules.all.some((m) => m.kind !== "drug") ? 104 : 0);
  return Math.max(170, 26 * S.populations.length, innerHeight - 190 - $("numbers").offsetHeight - lines);
}

function titles() {
  if (S.trace && S.watched) S.trace.head.textContent = `Voltage of ${S.watched[0]} ${S.watched[1]} (mV)${transport.fixed ? "" : "; click a row above for another"}`;
  if (S.trace) S.trace.canvas.setAttribute("aria-label", S.trace.head.textContent);
}

/** Takes over what the server says that it is. */
function state(d) {
  Object.assign(S, { time: d.time, step: d.step, values: d.values, log: d.log, digest: d.digest, watched: d.watched });
  S.ghost = d.branched !== null; S.branched = d.branched; S.raster.ghost = S.ghost; S.raster.silenced = d.silenced ?? []; S.clock.now = d.time;
  S.sliders.show(d.values); differs(); titles();
  $("branch").textContent = S.ghost ? "End branch" : "Branch"; $("branch").setAttribute("aria-pressed", String(S.ghost));
  levels(); transport.remember(S);
}

function differs() {
  const list = S.sliders.differs(S.values);
  $("differs").textContent = list.length ? `Differs from the start: ${list.join(", ")}` : "As at the start";
}

function levels(fields = {}) {
  const out = { ...fields };
  for (const [n, v] of Object.entries(S.values)) if (n.startsWith("dose:")) out[n.slice(5)] = v;
  S.molecules.show({ ...S.molecules.levels, ...out });
}

function changed(name, v) {
  S.pending[name] = v; S.values[name] = v; S.changedAt = performance.now();
  if (name.startsWith("dose:")) S.molecules.choose(name.slice(5));
  if (name !== S.response.name) { S.response.again(); S.response.choose(name); }
  differs(); levels();
  if (!S.running) flush();
}

async function flush() {
  const set = S.pending; S.pending = {};
  if (Object.keys(set).length) { const d = await attempt(() => transport.act(S.session, { do: "set", set })); if (d) state(d); }
}

// --- time -----------------------------------------------------------------------------------------------------------

function play() { if (!S || S.running) return; S.running = true; S.turn = (S.turn ?? 0) + 1; buttons(); S.clocked = performance.now(); (transport.stream ? streaming : loop)(S, S.turn); }
/** Whether an experiment runs on, and was not stopped and begun again meanwhile. */
function runs(mine, turn) { return mine === S && S.running && S.turn === turn; }
function pause() { if (!S) return; S.running = false; buttons(); }
function stop() { if (S) S.running = false; clearTour(); }
function buttons() { $("pause").textContent = S.running ? "Pause" : "Run"; $("step").disabled = S.running; }

/** Frames, each asked for before the one that came is painted: the network and the page work at the same time. */
async function loop(mine, turn) {
  let asked = 0, debt = 0, next = null;
  const ask = () => {
    const now = performance.now(), numbers = now - asked > 400;
    debt = Math.min(debt + Math.min(now - S.clocked, 120) * S.speed, 200); S.clocked = now;
    const ms = Math.floor(debt);
    if (ms < 1 && !numbers) return null;
    if (numbers) asked = now;
    return { ms, frame: request(ms, numbers) };
  };
  while (next || runs(mine, turn)) {
    const free = runs(mine, turn) && !document.hidden && !S.busy, one = next ?? (free ? ask() : null);
    next = null;
    if (one) {
      const frame = await one.frame;
      if (mine !== S) return;
      if (!frame) { pause(); refresh(); return; }
      const done = frame.about.stop - frame.about.start;
      debt = done < one.ms * 0.7 ? Math.min(debt - done, 20) : debt - done;
      if (runs(mine, turn) && !document.hidden && !S.busy) next = ask();
      draw(frame); painted();
    } else if (!free) { S.clocked = performance.now(); await after(30); continue; }
    await new Promise((r) => requestAnimationFrame(r));
  }
}

/** Frames that come by themselves, from the kernel of a notebook. */
async function streaming(mine, turn) {
  const came = [];
  let told = "", telling = false, unsaid = 0;
  transport.listen(mine.session, (frame, error) => { if (frame) came.push(frame); else if (mine === S) { say(error.message); pause(); refresh(); } });
  const tell = async (body) => { telling = true; await attempt(() => transport.stream(mine.session, body)); telling = false; };
  const show = () => { const n = came.length; for (const f of came.splice(0)) if (mine === S) draw(f); if (n && mine === S) painted(); return n; };
  while (runs(mine, turn)) {
    const set = S.pending, wish = `${S.speed} ${S.response.name}`;
    if (!telling && (wish !== told || Object.keys(set).length)) { S.pending = {}; told = wish; tell({ on: true, speed: S.speed, respond: S.response.name, set }); }
    await new Promise((r) => requestAnimationFrame(r));
    unsaid += show();
    if (unsaid >= 4) { transport.painted(mine.session, unsaid); unsaid = 0; }
  }
  if (!mine.running) await attempt(() => transport.stream(mine.session, { on: false }));
  show();
}

/** Goes on asking for the dose-response while the network stands. */
async function rest() {
  for (;;) {
    await after(300);
    const mine = S;
    if (transport?.fixed || document.hidden || !S || S.running || S.busy || !S.response.name || S.response.done) continue;
    try { const r = await transport.response(mine.session, mine.response.name); if (mine === S) S.response.take(r); } catch (e) { mine.response.take({ name: mine.response.name, points: [], done: true, error: String(e.message) }); }
  }
}

async function advance(ms, numbers) {
  const mine = S, frame = await request(ms, numbers);
  if (mine !== S) return;
  if (frame) { draw(frame); painted(); } else refresh();
}

/** Asks for a frame; null where there is none. */
async function request(ms, numbers) {
  const set = S.pending, mine = S, respond = numbers ? S.response.name : undefined; S.pending = {};
  mine.flying = (mine.flying ?? 0) + 1;
  const frame = await attempt(() => transport.frame(mine.session, ms, set, numbers, respond));
  mine.flying -= 1;
  return frame;
}

async function refresh() { try { state(await transport.act(S.session, { do: "set", set: {} })); } catch { /* said already */ } }

function draw(f) {
  const { start, stop } = f.about;
  S.time = stop; S.step = f.about.step; S.clock.now = stop;
  S.raster.draw(f, start);
  rates(f, start);
  voltages(f);
  sound.play(f.arrays["live.heard"], start, S.speed);
  chemistry(f, start);
  for (const chart of [S.rates, S.trace, S.occupancy, S.fields]) if (chart) chart.draw(!chart.box.nextElementSibling);
  if (f.about.response) S.response.take(f.about.response);
  if (f.about.numbers) { S.response.now(S.values[S.response.name], f.about.numbers.live); S.digest = f.about.digest; numbers(f.about.numbers); weights(f.about.weights ?? []); transport.remember(S); }
}

/** Notes that the page was painted; tests and measurements read it. */
function painted() { S.painted = (S.painted || 0) + 1; document.body.dataset.time = String(S.time); document.body.dataset.painted = String(S.painted); }

/** Rates in bins of the chart, from counts in bins of 1 ms. */
function rates(f, start) {
  const bin = S.rates.bin;
  for (const lane of S.ghost ? ["ghost", "live"] : ["live"]) {
    S.populations.forEach((p, k) => {
      const counts = f.arrays[`${lane}.n${k}`], name = `${lane} ${k}`;
      if (!counts) return;
      let b = S.bins.get(name);
      if (!b) { b = { at: -1, sum: 0, width: 0 }; S.bins.set(name, b); }
      const done = [], times = [];
      for (let i = 0; i < counts.length; i++) {
        const at = Math.floor((start + i + 0.5) / bin);
        if (at !== b.at) { if (b.width) { done.push(b.sum / b.width / p.neurons * 1e3); times.push((b.at + 0.5) * bin); } b.at = at; b.sum = 0; b.width = 0; }
        b.sum += counts[i]; b.width += 1;
      }
      S.rates.put(name, lane === "ghost" ? tint.ghost : colour(k), (i) => times[i], done, lane === "ghost" ? 1 : 1.6);
    });
  }
}

function voltages(f) {
  if (!S.trace || !f.arrays["v.t"]) return;
  const t = f.arrays["v.t"], k = S.populations.findIndex((p) => p.name === f.about.watched?.[0]);
  if (S.ghost && f.arrays["ghost.v"]) S.trace.put("ghost", tint.ghost, (i) => t[i], f.arrays["ghost.v"], 1);
  S.trace.put("live", colour(Math.max(k, 0)), (i) => t[i], f.arrays["live.v"], 1.3);
}

function chemistry(f, start) {
  const found = {}, names = Object.keys(f.arrays).filter((n) => n.includes(".slow.occupancy:") || n.includes(".slow.concentration:"));
  names.sort();
  const shown = new Set(), size = S.clock.window;
  for (const n of names) {
    const [lane, key] = n.split(".slow."), ghost = lane === "ghost", data = f.arrays[n];
    if (ghost && !S.ghost) continue;
    const [kind, ...rest] = key.split(":"), title = rest.length > 1 ? `${rest[0]} by ${rest[1]}` : rest[0];
    let chart;
    if (kind === "occupancy") chart = S.occupancy ??= new Lines($("charts"), "Occupancy", S.clock, 84, { bin: size / 250, ceiling: 1 });
    else { chart = S.fields ??= new Lines($("charts"), "Concentration (µM)", S.clock, 84, { bin: size / 250 }); if (!ghost && data.length) found[rest[0]] = data[data.length - 1]; }
    shown.add(title);
    const live = [...chart.lines.keys()].filter((x) => x.startsWith("live")), k = live.indexOf(`live ${title}`);
    const ink = ghost ? tint.ghost : colour((k < 0 ? live.length : k) + (kind === "occupancy" ? 2 : 6));
    chart.put(`${lane} ${title}`, chart.lines.get(`${lane} ${title}`)?.ink ?? ink, (i) => start + i + 0.5, data, ghost ? 1 : 1.8);
    legend(chart);
  }
  if (S.log.some((e) => e[1].startsWith("bolus:"))) flow(f, start, found);
  if (Object.keys(found).length) levels(found);
}

/** Concentrations of drugs that change by themselves, after a bolus. */
function flow(f, start, found) {
  for (const [n, data] of Object.entries(f.arrays)) {
    const [lane, key] = n.split(".slow.");
    if (!key?.startsWith("dose:") || !data.length) continue;
    const drug = key.slice(5), chart = S.fields ??= new Lines($("charts"), "Concentration (µM)", S.clock, 84, { bin: S.clock.window / 250 });
    if (lane === "ghost" && !S.ghost) continue;
    chart.put(`${lane} ${drug}`, lane === "ghost" ? tint.ghost : colour([...chart.lines.keys()].filter((x) => x.startsWith("live")).indexOf(`live ${drug}`) + 5), (i) => start + i + 0.5, data, lane === "ghost" ? 1 : 1.8);
    legend(chart);
    if (lane === "live" && !(key in S.pending)) { found[drug] = data[data.length - 1]; S.values[key] = found[drug]; S.sliders.write(key, found[drug]); }
  }
}

function legend(chart) {
  const names = [...chart.lines.entries()].filter(([n]) => n.startsWith("live"));
  if (chart.legend === names.length) return;
  chart.legend = names.length;
  chart.head.replaceChildren(`${chart.title}: `);
  for (const [n, l] of names) { const s = make("span", "swatch"); s.style.background = l.ink; chart.head.append(s, `${n.slice(5)} `); }
}

function numbers(n) {
  S.numbers.show(n); S.rows.push([S.time, n]); if (S.rows.length > 200) S.rows.shift();
  const now = performance.now();
  if (S.changedAt && now - S.changedAt > 1500 && now - speech > 2000) {
    const p = S.populations[0].name, a = n.live[p], b = n.ghost?.[p] ?? S.before;
    if (b && a.rate !== null && b.rate !== null) {
      const rhythm = a.rhythm && b.rhythm ? `, rhythm ${short(b.rhythm)} to ${short(a.rhythm)} Hz` : "";
      $("sentence").textContent = `${p}: ${short(b.rate)} to ${short(a.rate)} Hz${rhythm}.`;
    }
    speech = now; S.changedAt = 0;
  }
  if (!S.changedAt) S.before = n.live[S.populations[0].name];
}

function weights(list) {
  $("weights").replaceChildren();
  for (const w of list) $("weights").append(make("h2", "", `Weights ${w.name.replace("->", " → ")}`), bars(w));
}

// --- what the buttons do ----------------------------------------------------------------------------------------------

async function act(body) {
  if (!S) return;
  const mine = S;
  S.busy = true;
  while (mine.flying) await after(4); // a frame that was asked for belongs to the time before
  const d = await attempt(() => transport.act(mine.session, body));
  mine.busy = false;
  if (mine !== S) return;
  if (!d || !S) return;
  state(d);
  if (body.do !== "watch") { S.response.again(); if (!S.running) advance(0, true); }
  if (body.do === "rewind" || body.do === "branch" || body.do === "join") { clear(); if (body.do !== "rewind" || !S.ghost) S.bins.clear(); }
}

function clear() {
  S.raster.clear(); S.bins.clear();
  for (const chart of [S.rates, S.trace, S.occupancy, S.fields]) if (chart) { chart.clear(); if (!S.ghost) chart.drop((n) => n.startsWith("ghost")); }
  if (!S.running) advance(0, true);
}

async function watch(e) {
  if (transport.fixed || e.shiftKey) return;
  const found = S.raster.neuron(e.offsetY);
  if (!found) return;
  await act({ do: "watch", population: found[0], neuron: found[1] });
  S.trace?.clear();
}

function showSpeed() { $("speedtext").textContent = `${short(S.speed, 2)}×`; $("speed").setAttribute("aria-valuetext", `${short(S.speed, 2)} seconds a second`); }

function save(name, data, kind) {
  const a = make("a"); a.href = URL.createObjectURL(new Blob([data], { type: kind })); a.download = name; a.click();
  setTimeout(() => URL.revokeObjectURL(a.href), 5000);
}

/** All of the state as a link: experiment, seed, log, controls that are open. */
async function link() {
  await refresh();
  const fragment = await attempt(() => transport.link(S.session));
  if (!fragment) return;
  if (transport.embedded) { $("linktext").value = fragment; $("linked").showModal(); $("linktext").select(); return; }
  const text = `${location.origin}/${fragment}`; history.replaceState(null, "", text);
  try { await navigator.clipboard.writeText(text); say("The link is in the address bar and in the clipboard: it opens this state."); } catch { say("The link is in the address bar: it opens this state."); }
  setTimeout(() => say(""), 4000);
}

/** A file made by the network's side. */
async function exported(as, name, kind) { const t = await attempt(() => (as === "script" ? transport.script(S.session) : transport.exported(S.session, as))); if (t) save(name, t, kind); }

function picture() {
  const all = [...document.querySelectorAll("#charts canvas")], wide = Math.max(...all.map((c) => c.width)), out = make("canvas");
  out.width = wide; out.height = all.reduce((n, c) => n + c.height + 24, 10);
  const c = out.getContext("2d"); c.fillStyle = tint.paper; c.fillRect(0, 0, out.width, out.height); c.fillStyle = tint.soft; c.font = "15px sans-serif";
  let y = 8;
  for (const one of all) { c.fillText(one.parentElement.querySelector("h3").textContent, 8, y + 12); c.drawImage(one, 0, y + 18); y += one.height + 24; }
  out.toBlob((b) => save(`${S.open}.png`, b, "image/png"));
}

function csv() {
  const names = S.populations.map((p) => p.name), head = ["time_ms", ...["live", "copy"].flatMap((l) => names.flatMap((n) => ["rate_Hz", "cv", "rhythm_Hz"].map((x) => `"${l} ${n} ${x}"`)))];
  const line = ([t, n]) => [t, ...["live", "ghost"].flatMap((l) => names.flatMap((p) => ["rate", "cv", "rhythm"].map((x) => n[l]?.[p]?.[x] ?? "")))].join(",");
  save(`${S.open}.csv`, [head.join(","), ...S.rows.map(line)].join("\n") + "\n", "text/csv");
}

let timers = [];
function clearTour() { timers.forEach(clearTimeout); timers = []; $("caption").hidden = true; $("tour").textContent = "Tour"; }
async function tour() {
  if (timers.length) { clearTour(); return; }
  await act({ do: "join" }); await act({ do: "rewind" }); play(); $("tour").textContent = "End tour";
  for (const stop of S.words.tour) {
    timers.push(setTimeout(async () => {
      $("caption").hidden = false; $("caption").textContent = stop.sentence;
      if (stop.do === "branch" && !S.ghost) await act({ do: "branch" });
      if (stop.do === "rewind") { await act({ do: "join" }); await act({ do: "rewind" }); }
      for (const [n, v] of Object.entries(stop.set)) { S.sliders.write(n, v); changed(n, v); }
      if (stop === S.words.tour.at(-1)) setTimeout(clearTour, 5000);
    }, stop.after * 1000));
  }
}

function wire() {
  $("home").addEventListener("click", (e) => { e.preventDefault(); if (!transport.fixed) gallery(); });
  $("pause").addEventListener("click", () => (S.running ? pause() : play()));
  $("step").addEventListener("click", () => { if (!S.running) advance(10, true); });
  $("rewind").addEventListener("click", () => act({ do: "rewind", to: S.ghost ? "branch" : "start" }));
  $("branch").addEventListener("click", async () => { if (Object.keys(S.pending).length) await flush(); act({ do: S.ghost ? "join" : "branch" }); });
  $("tour").addEventListener("click", tour);
  $("sound").addEventListener("click", async () => { await sound.toggle(); $("sound").setAttribute("aria-pressed", String(sound.on)); });
  $("keys").addEventListener("click", () => $("help").showModal());
  $("speed").addEventListener("input", () => { S.speed = 2 ** Number($("speed").value); showSpeed(); charts(); });
  $("large").addEventListener("click", () => { const on = document.documentElement.classList.toggle("large"); $("large").setAttribute("aria-pressed", String(on)); S?.raster.clear(); });
  $("link").addEventListener("click", link);
  $("reseed").addEventListener("click", async () => {
    const seed = Number($("seed").value), old = S;
    if (!Number.isSafeInteger(seed) || seed < 0) { say("A seed is a whole number from 0 on."); return; }
    stop(); transport.close(old.session); await open(old.open, { seed, step: 0, log: [], show: old.sliders.shown() });
  });
  $("export").addEventListener("click", () => { const open = $("menu").hidden; $("menu").hidden = !open; $("export").setAttribute("aria-expanded", String(open)); });
  $("menu").addEventListener("click", () => { $("menu").hidden = true; $("export").setAttribute("aria-expanded", "false"); });
  for (const [id, end, kind] of [["script", "py", "text/x-python"], ["notebook", "ipynb", "application/x-ipynb+json"], ["report", "html", "text/html"], ["svg", "svg", "image/svg+xml"]]) $(id).addEventListener("click", () => exported(id, `${S.open}.${end}`, kind));
  $("png").addEventListener("click", picture); $("csv").addEventListener("click", csv);
  $("paste").addEventListener("submit", (e) => { e.preventDefault(); follow($("pasted").value.split("#")[1] ?? ""); });
  onTheme(() => { if (S) { charts(); S.raster.ghost = S.ghost; } }); addEventListener("keydown", key); addEventListener("resize", () => S?.raster.clear());
}

function key(e) {
  if (!S || e.ctrlKey || e.metaKey || e.altKey || ["INPUT", "TEXTAREA", "SUMMARY"].includes(e.target.tagName) && e.key !== " ") return;
  if (e.target.tagName === "BUTTON" && e.key === " ") return;
  const button = { " ": "pause", s: "step", r: "rewind", b: "branch", t: "tour", l: "link", m: "sound", "+": "large", "?": "keys" }[e.key];
  if (button && !$(button).hidden) { e.preventDefault(); $(button).click(); }
}

/** Opens what a fragment names. */
function follow(fragment) {
  const q = new URLSearchParams(fragment), name = q.get("open");
  if (!name) { say("This is no link of the lab."); return; }
  let read = null;
  const of = (key, other) => JSON.parse(q.get(key) ?? other);
  try { read = { step: of("step", "0"), log: of("log", "[]"), seed: of("seed", "null"), show: of("show", "null") }; } catch { say("This link is damaged."); return; }
  if (read.seed !== null && !Number.isSafeInteger(read.seed)) { say("The seed of this link is damaged."); return; }
  open(name, q.has("step") || q.has("show") || q.has("seed") ? read : null);
}

async function main() {
  wire(); rest();
  const data = $("recorded");
  if (data) {
    transport = recorded(JSON.parse(data.textContent));
    for (const id of ["link", "export", "step"]) $(id).hidden = true;
    $("home").removeAttribute("href");
    begin(await transport.open());
    $("caption").hidden = false;
    $("caption").textContent = "A recording: one control, a few values, the same random numbers; it repeats. With amine installed, everything can be turned: amine lab.";
    return;
  }
  const inside = $("embedded");
  if (inside) {
    transport = embedded(); document.documentElement.classList.add("embedded");
    const { open: name, link: to } = JSON.parse(inside.textContent);
    if (name) await open(name, to ?? null); else gallery();
    return;
  }
  const fragment = location.hash.slice(1); transport = live(fragment);
  history.replaceState(null, "", location.pathname);
  const q = new URLSearchParams(fragment);
  if (q.get("open")) { follow(fragment); return; }
  const kept = transport.kept();
  if (kept) {
    try { begin(await transport.state(kept.session)); return; } catch { /* it has ended */ }
    if (kept.open) { await open(kept.open, { step: kept.step, log: kept.log, seed: kept.seed ?? null }); if (S || memory) return; }
  }
  gallery();
}

main();
