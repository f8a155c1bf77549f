// The page of the lab as a frame in a notebook: passes its messages to the kernel and the answers back.

/** Draws the frame of a widget in ``el``; called by anywidget. */
function render({ model, el }) {
  const frame = document.createElement("iframe");
  frame.setAttribute("sandbox", "allow-scripts allow-forms allow-downloads"); frame.title = "amine lab";
  frame.style.cssText = `width:100%;height:${model.get("height")}px;border:1px solid #8884;border-radius:8px`;
  const ask = (e) => { if (e.source === frame.contentWindow && e.data?.amine) model.send(e.data.amine); };
  const answer = (message, buffers) => {
    const b = buffers[0], data = b.buffer ? b.buffer.slice(b.byteOffset, b.byteOffset + b.byteLength) : b;
    frame.contentWindow?.postMessage({ amine: message, data }, "*", [data]);
  };
  addEventListener("message", ask); model.on("msg:custom", answer);
  frame.srcdoc = model.get("page"); el.append(frame);
  return () => { removeEventListener("message", ask); model.off("msg:custom", answer); };
}
export default { render };
