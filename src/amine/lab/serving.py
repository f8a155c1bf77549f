"""Starting the lab: the page's server in this process, and the browser."""

from __future__ import annotations

import sys
import threading
import webbrowser
from typing import Any

from amine.errors import AmineError
from amine.lab import gallery
from amine.lab.links import Link, is_link, read
from amine.lab.memory import NAME, WORDS
from amine.lab.open import Make, opened
from amine.lab.server import LabServer
from amine.network.network import Network


def listing(own: str = "") -> dict[str, Any]:
    """The gallery as plain data; ``own`` is the name of a network that was given."""
    experiments = [e.to_dict() for e in gallery.EXPERIMENTS.values()]
    return {"own": own, "experiments": [*experiments, WORDS]}


def start(net: Network | None = None, port: int = 0) -> LabServer:
    """A server that answers in the background, with a network of your own or the gallery alone; ``server.shutdown()`` ends it."""
    own, made = rooms_of(net)
    server = LabServer(made, lambda: listing(own), port)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def rooms_of(net: Network | None) -> tuple[str, dict[str, Make]]:
    """Name of a network of your own on the page, and how it is opened by it."""
    own = _own(net)
    return own, {} if net is None else {own: lambda seed: opened(net, own, seed=seed)}


def named(name: str) -> str:
    """The name of an experiment, or of the memory; raises AmineError if there is none."""
    return NAME if name == NAME else gallery.get(name).name


def linked(net: Network | str | None, link: str | None) -> tuple[Network | str | None, Link | None]:
    """What is opened, and the state that it is brought to: a link in place of an experiment's name, or beside a network of your own.

    Raises
    ------
    AmineError
        If the link is damaged, or leads to something else.
    """
    if link is None and isinstance(net, str) and is_link(net):
        net, link = None, net
    if link is None:
        return net, None
    found = read(link)
    if net is None:
        return named(found.name), found
    own = _own(net) if isinstance(net, Network) else named(net)
    if found.name != own:
        raise AmineError("link", "it leads to something else", given=f"'{found.name[:40]}'", expected=f"'{own}'")
    return net, found


def _own(net: Network | None) -> str:
    """Name of a network of your own on the page."""
    if net is None:
        return ""
    return f"{net.name} (yours)" if net.name in gallery.names() else net.name or "your network"


def _in_notebook() -> bool:
    """Whether a notebook or an interactive IPython runs this, which a call that waits would block."""
    found = sys.modules.get("IPython")
    return found is not None and found.get_ipython() is not None


def serve(net: Network | str | None = None, *, link: str | None = None, port: int = 0, browser: bool = True) -> None:
    """Opens the lab in the browser and answers it until Ctrl-C; in a notebook it answers in the background.

    Parameters
    ----------
    net : a network, the name of an experiment, a link to its state, or None for the gallery.
    link : a link to a state of the network that is given.
    port : of this machine; 0 for a free one.
    browser : whether to open it; the address is printed in any case.

    Raises
    ------
    AmineError
        If there is no such experiment, the link is damaged, or the port cannot be used.
    """
    net, state = linked(net, link)
    given = None if isinstance(net, str) else net
    name = named(net) if isinstance(net, str) else _own(given)
    server = start(given, port)
    address = server.address(name, state)
    print(address, flush=True)
    if browser:
        webbrowser.open(address)
    if _in_notebook():
        return
    print("amine: the lab runs on this machine; Ctrl-C ends it", file=sys.stderr)
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        pass
    finally:
        server.shutdown()
        server.server_close()


__all__ = ["listing", "named", "rooms_of", "serve", "start"]
