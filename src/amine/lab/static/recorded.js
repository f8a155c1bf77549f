// A recording in place of a running network: the same network at several values of one control, with the same random numbers.

import { bytes, unpack } from "./frames.js";

/** What the page asks of a server, answered from a recording. */
export function recorded(data) {
  const frames = data.frames.map((list) => list.map((f) => unpack(bytes(f)))), n = frames[0].length, control = data.describe.controls[0];
  let at = 0, offset = 0, chosen = data.first, ghost = false, kept = 0;
  const nearest = (v) => control.values.reduce((best, x, k) => (Math.abs(x - v) < Math.abs(control.values[best] - v) ? k : best), 0);
  const time = () => offset + at * data.each;
  const state = () => ({
    ...data.describe, time: time(), step: Math.round(time() / data.describe.dt), values: { [control.name]: control.values[chosen] }, log: [], branched: ghost ? kept : null,
  });
  function frame() {
    const live = frames[chosen][at], arrays = { ...live.arrays }, about = { ...live.about, start: time(), stop: time() + data.each, watched: data.describe.watched };
    if (ghost) for (const [name, x] of Object.entries(frames[data.first][at].arrays)) if (name.startsWith("live.")) arrays[name.replace("live.", "ghost.")] = x;
    if (arrays["v.t"]) arrays["v.t"] = arrays["v.t"].map((t) => t - live.about.start + about.start);
    about.numbers = { live: data.numbers[chosen] };
    if (ghost) about.numbers.ghost = data.numbers[data.first];
    at += 1;
    if (at === n) { at = 0; offset += n * data.each; }
    return { about, arrays };
  }
  const choose = (set = {}) => { if (control.name in set) chosen = nearest(set[control.name]); };
  return {
    fixed: true,
    gallery: async () => ({ own: "", experiments: [] }),
    open: async () => ({ session: "recorded", ...state() }),
    close: async () => {},
    state: async () => ({ session: "recorded", ...state() }),
    act: async (session, body) => {
      choose(body.set);
      if (body.do === "branch") { ghost = true; kept = time(); }
      if (body.do === "join") ghost = false;
      if (body.do === "rewind") { at = 0; offset = 0; if (!ghost) chosen = data.first; }
      return state();
    },
    frame: async (session, ms, set) => { choose(set); if (ms < 1) { const f = frame(); at = (at + n - 1) % n; if (at === n - 1) offset -= n * data.each; return { about: { ...f.about, stop: f.about.start }, arrays: {} }; } return frame(); },
    script: async () => { throw new Error("A recording has no script: amine lab writes one."); },
    remember: () => {}, kept: () => null,
  };
}
