// How the page speaks to the network: over HTTP to the server of this machine.

/** Data and arrays of a frame; see amine.lab.frames. */
export function unpack(buffer) {
  const view = new DataView(buffer), length = view.getUint32(4, true);
  const about = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 8, length)));
  const begin = Math.ceil((8 + length) / 8) * 8, kinds = { f4: Float32Array, u2: Uint16Array, u4: Uint32Array }, arrays = {};
  for (const [name, kind, size, at] of about.arrays) arrays[name] = new kinds[kind](buffer, begin + at, size);
  return { about, arrays };
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
    if (r.ok) return r;
    let words = `status ${r.status}`;
    try { words = (await r.json()).error; } catch { /* no sentence */ }
    throw new Error(words);
  }
  const json = async (path, body) => (await ask(path, body)).json();
  return {
    gallery: () => json("/api/gallery"),
    open: (name, link) => json("/api/open", link ? { name, link } : { name }),
    close: (session) => ask("/api/close", { session }).catch(() => {}),
    state: (session) => json("/api/state", { session }),
    act: (session, body) => json("/api/act", { session, ...body }),
    frame: async (session, ms, set, numbers) => unpack(await (await ask("/api/frame", { session, ms, set, numbers })).arrayBuffer()),
    script: async (session) => (await ask("/api/script", { session })).text(),
    remember: (s) => s ? sessionStorage.setItem("kept", JSON.stringify({ session: s.session, open: s.open, step: s.step, log: (s.log ?? []).map(([a, n, v]) => [a, n, Number(v.split(" ")[0])]) })) : sessionStorage.removeItem("kept"),
    kept: () => JSON.parse(sessionStorage.getItem("kept") ?? "null"),
  };
}
