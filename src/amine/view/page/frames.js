// Frames as bytes: see amine.view.frames.

/** Data and arrays of a frame; a text of JSON, then arrays. */
export function unpack(buffer) {
  const view = new DataView(buffer), length = view.getUint32(4, true);
  const about = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 8, length)));
  const begin = Math.ceil((8 + length) / 8) * 8, kinds = { f4: Float32Array, u2: Uint16Array, u4: Uint32Array }, arrays = {};
  for (const [name, kind, size, at] of about.arrays) arrays[name] = new kinds[kind](buffer, begin + at, size);
  return { about, arrays };
}

/** Bytes of a base64 text. */
export const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer;
