"""The page in a notebook: a frame whose messages the kernel answers."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from amine.errors import AmineError
from amine.lab.open import Opened
from amine.lab.pages import one_text
from amine.lab.rooms import Rooms, answer, guarded, json_answer
from amine.lab.serving import linked, listing, named, rooms_of
from amine.lab.stream import Send, Streams
from amine.network.network import Network
from amine.optional import optional

if TYPE_CHECKING:
    from anywidget import AnyWidget

TALL = 820  # pixels


@cache
def _kind() -> Callable[[Rooms, str, int], AnyWidget]:
    """The class of the widget; made once, and only where anywidget is installed."""
    with optional("lab", hint="net.lab() outside of a notebook"):
        import anywidget
        import traitlets

    class Lab(anywidget.AnyWidget):
        """The lab in a notebook."""

        _esm = (resources.files("amine.lab") / "static" / "bridge.js").read_text(encoding="utf-8")
        page = traitlets.Unicode("").tag(sync=True)
        height = traitlets.Int(TALL).tag(sync=True)

        def __init__(self, rooms: Rooms, page: str, height: int):
            super().__init__(page=page, height=height)
            self.rooms = rooms

        def link(self) -> str:
            """The state of the page as a link, which ``am.lab(link)`` opens again, here or elsewhere."""
            return newest(self.rooms)

    return Lab


def newest(rooms: Rooms) -> str:
    """Link to the state of the experiment that was used last; raises AmineError if none is open."""
    held = [h for h in rooms.held.values() if isinstance(h.opened, Opened)]
    if not held:
        hint = "show the page, and wait for its first picture"
        raise AmineError("lab.link", "no experiment is open on the page", hint=hint)
    last = max(held, key=lambda h: h.used)
    with last.lock:
        return last.opened.link().text() if isinstance(last.opened, Opened) else ""


def widget(net: Network | str | None = None, *, link: str | None = None, height: int = TALL) -> AnyWidget:
    """The lab as a widget for Jupyter, VS Code, Colab and marimo; needs the extra ``notebook``.

    The network runs in the kernel, in a thread that sends its frames. While a cell runs, what is turned on the page waits.

    Parameters
    ----------
    net : a network, the name of an experiment, a link to its state, or None for the gallery.
    link : a link to a state of the network that is given; ``widget(...).link()`` is that of the page.
    height : of the page in pixels.

    Raises
    ------
    AmineError
        If anywidget is not installed, there is no such experiment, or the link is damaged.

    Examples
    --------
    >>> import amine as am
    >>> am.lab.widget("gamma")  # doctest: +SKIP
    """
    if isinstance(height, bool) or height < 200:
        raise AmineError("lab.widget, height", "the page needs at least 200 pixels", given=repr(height))
    net, state = linked(net, link)
    given = None if isinstance(net, str) else net
    own, made = rooms_of(given)
    name = named(net) if isinstance(net, str) else own
    rooms = Rooms(made, lambda: listing(own), idle=0.0)
    data = {"open": name} if state is None else {"open": name, "link": state.plain()}
    out = _kind()(rooms, one_text("embedded", data), height)
    streams = Streams(rooms, out.send)

    def answered(widget: AnyWidget, message: Any, buffers: Any) -> None:
        reply(rooms, streams, widget.send, message)

    out.on_msg(answered)
    return out


def reply(rooms: Rooms, streams: Streams, send: Send, message: Any) -> None:
    """Answers a message of the page with ``send(content, buffers)``; what is no message is left unanswered."""
    if not isinstance(message, dict) or not isinstance(message.get("id"), str):
        return
    path, given = str(message.get("path")), message.get("body")
    body: dict[str, Any] = given if isinstance(given, dict) else {}
    if path == "/api/painted":
        streams.painted(body)
        return
    if path == "/api/stream":
        status, _, data = guarded(lambda: json_answer(streams.tell(body)))
    else:
        status, _, data = answer(rooms, path, body)
    send({"id": message["id"], "status": status}, [data])


__all__ = ["reply", "widget"]
