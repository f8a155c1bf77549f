// A bolus and wash-out, and neurons that are silenced.

import { amount, short } from "./draw.js";
import { make, value } from "./panels.js";

const row = (parent, label, field, out = null) => {
  const box = make("div", "control"), top = make("div", "top"), l = make("label", "", label); field.id = `act-${label.replace(/\W/g, "-")}`; l.htmlFor = field.id;
  top.append(l); if (out) top.append(out); box.append(top, field); parent.append(box);
  return box;
};
const choice = (names) => { const s = make("select"); for (const [v, t] of names) { const o = make("option", "", t); o.value = v; s.append(o); } return s; };
const slider = (high, at, words) => {
  const input = make("input"), out = make("output"); Object.assign(input, { type: "range", min: "0", max: String(high), step: "1", value: String(at) });
  const show = () => { out.textContent = words(Number(input.value)); input.setAttribute("aria-valuetext", out.textContent); };
  input.addEventListener("input", show); show();
  return [input, out, show];
};
/** Half-life in ms of a place on its slider: 0.1 s to 20 s. */
const half = (at) => Number((100 * 200 ** (at / 60)).toPrecision(2));

/** A dose into the blood, and its wash-out, for the drugs of the sliders. */
export class Bolus {
  constructor(box, controls, molecules, act) {
    const doses = controls.filter((c) => c.name.startsWith("dose:") && !c.reason), parent = box.querySelector("div"); parent.replaceChildren(); box.hidden = !doses.length;
    if (!doses.length) return;
    const which = choice(doses.map((c) => [c.name.slice(5), c.label])), chosen = () => doses.find((c) => c.name.slice(5) === which.value);
    if (doses.length > 1) row(parent, "Drug", which);
    const [peak, peakText, again] = slider(400, 280, (at) => amount(value(chosen(), Math.max(at, 1))));
    const [life, lifeText] = slider(60, 30, (at) => `${short(half(at) / 1000)} s`);
    const give = make("button", "", "Give"), wash = make("button", "", "Wash out"), both = make("div", "pair"), note = make("p", "small");
    const say = () => { const m = molecules.find((x) => x.id === which.value); note.textContent = m?.half_life ? `In a human body the half-life is ${short(m.half_life, 2)} h; here ${short(half(Number(life.value)) / 1000)} s.` : ""; };
    which.addEventListener("change", () => { again(); say(); }); life.addEventListener("input", say); say();
    give.addEventListener("click", () => act({ do: "bolus", drug: which.value, peak: value(chosen(), Math.max(Number(peak.value), 1)), half_life: half(Number(life.value)) }));
    wash.addEventListener("click", () => act({ do: "wash out", drug: which.value, half_life: half(Number(life.value)) }));
    row(parent, "Rise", peak, peakText); row(parent, "Half-life", life, lifeText); both.append(give, wash); parent.append(both, note);
  }
}

/** Neurons by population and number, and by a stroke over the raster with the shift key. */
export class Silence {
  constructor(box, populations, act) {
    const parent = box.querySelector("div"); parent.replaceChildren();
    const which = choice(populations.map((p) => [p.name, p.name])), first = make("input"), last = make("input"), go = make("button", "", "Silence"), two = make("div", "pair");
    for (const [field, label] of [[first, "from"], [last, "up to"]]) { Object.assign(field, { type: "number", min: "0", step: "1" }); field.setAttribute("aria-label", `Neurons ${label}`); }
    const fit = () => { const n = populations.find((p) => p.name === which.value).neurons; first.value = "0"; last.value = String(Math.max(0, Math.floor(n / 4) - 1)); first.max = last.max = String(n - 1); };
    which.addEventListener("change", fit); fit();
    go.addEventListener("click", () => act({ do: "silence", population: which.value, first: Number(first.value), last: Number(last.value) + 1 }));
    row(parent, "Population", which); two.append(first, make("span", "", "to"), last, go);
    parent.append(two, make("p", "small", "They fire on, but reach no other neuron. Or draw over the raster with the shift key held. Rewind brings them back."));
  }
}

/** Calls ``done`` with two heights of a stroke over an element with the shift key. */
export function stroke(element, done) {
  let from = null;
  element.addEventListener("pointerdown", (e) => { if (e.shiftKey) { from = e.offsetY; element.setPointerCapture(e.pointerId); e.preventDefault(); } });
  element.addEventListener("pointerup", (e) => { if (from !== null) { const a = from; from = null; if (Math.abs(e.offsetY - a) >= 2) done(Math.min(a, e.offsetY), Math.max(a, e.offsetY)); } });
}
