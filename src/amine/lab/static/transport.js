// How the page speaks to the network: over HTTP to the server of this machine, or in a notebook by messages to its kernel.

import { unpack } from "./frames.js";

/** What the page asks, over ``ask``: a path and a body in, bytes out; it throws an error with a sentence. */
function asking(ask, kept) {
  const text = async (path, body) => new TextDecoder().decode(await ask(path, body));
  const json = async (path, body) => JSON.parse(await text(path, body));
  return {
    gallery: () => json("/api/gallery"),
    open: (name, link) => json("/api/open", link ? { name, link } : { name }),
    close: (session) => ask("/api/close", { session }).catch(() => {}),
    state: (session) => json("/api/state", { session }),
    act: (session, body) => json("/api/act", { session, ...body }),
    frame: async (session, ms, set, numbers, respond) => unpack(await ask("/api/frame", { session, ms, set, numbers, respond })),
    response: (session, name) => json("/api/response", { session, name }),
    script: (session) => text("/api/script", { session }),
    exported: (session, as) => text("/api/export", { session, as }),
    link: async (session) => (await json("/api/link", { session })).link,
    ...kept,
  };
}

/** The server of this machine; its token comes in the fragment of the address and stays in this tab. */
export function live(fragment) {
  const given = new URLSearchParams(fragment).get("token");
  if (given) sessionStorage.setItem("token", given);
  const token = sessionStorage.getItem("token") ?? "";
  async function ask(path, body = {}) {
    let r;
    try { r = await fetch(path, { method: "POST", headers: { "X-Token": token, "Content-Type": "application/json" }, body: JSON.stringify(body) }); } catch {
      throw new Error("The lab does not answer: start it again with amine lab.");
    }
    if (r.ok) return r.arrayBuffer();
    let words = `status ${r.status}`;
    try { words = (await r.json()).error; } catch { /* no sentence */ }
    throw new Error(words);
  }
  return asking(ask, {
    remember: (s) => s ? sessionStorage.setItem("kept", JSON.stringify({ session: s.session, open: s.open, seed: s.seed, step: s.step, log: (s.log ?? []).map(([a, n, v]) => [a, n, Number(v.split(" ")[0])]) })) : sessionStorage.removeItem("kept"),
    kept: () => JSON.parse(sessionStorage.getItem("kept") ?? "null"),
  });
}

/** The kernel of a notebook, through the element that holds this page as a frame (bridge.js). */
export function embedded() {
  const waiting = new Map(), own = Math.random().toString(36).slice(2), heard = new Map();
  let count = 0;
  const wrong = (data) => new Error(JSON.parse(new TextDecoder().decode(data)).error);
  addEventListener("message", (e) => {
    if (e.source !== parent || !e.data?.amine) return;
    const { id, status, stream } = e.data.amine, good = status === 200, data = e.data.data;
    if (stream) { heard.get(stream)?.(good ? unpack(data) : null, good ? null : wrong(data)); return; }
    const found = waiting.get(id);
    if (!found) return;
    waiting.delete(id);
    if (good) found[0](data); else found[1](wrong(data));
  });
  const send = (path, body) => { const id = `${own} ${count++}`; parent.postMessage({ amine: { id, path, body } }, "*"); return id; };
  const ask = (path, body = {}) => new Promise((done, failed) => { waiting.set(send(path, body), [done, failed]); });
  return {
    ...asking(ask, { remember: () => {}, kept: () => null }), embedded: true,
    /** Frames that come by themselves, to ``take(frame, error)``; ``painted`` lets as many more come. */
    listen: (session, take) => heard.set(session, take),
    stream: (session, body) => ask("/api/stream", { session, ...body }),
    painted: (session, frames) => { send("/api/painted", { session, frames }); },
  };
}
