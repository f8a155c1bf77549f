"""The lab where this runs: a widget in a notebook, the page elsewhere."""

from __future__ import annotations

import importlib.util
import sys
from typing import TYPE_CHECKING

from amine.lab.serving import serve
from amine.lab.widgets import widget
from amine.network.network import Network

if TYPE_CHECKING:
    from anywidget import AnyWidget


def here(
    net: Network | str | None = None, *, link: str | None = None, port: int = 0, browser: bool = True
) -> AnyWidget | None:
    """The lab where this runs: ``am.lab(net)``, ``am.lab("gamma")``, ``am.lab()``, or ``net.lab()``.

    In a notebook with the extra ``notebook`` it is a widget (:func:`amine.lab.widget`), which the last line of a cell shows; everywhere else the
    page (:func:`amine.lab.serve`), which answers until Ctrl-C.

    Parameters
    ----------
    net : a network, the name of an experiment, a link to its state, or None for the gallery.
    link : a link to a state of the network that is given.
    port, browser : of the page: port of this machine, 0 for a free one, and whether to open the browser.

    Raises
    ------
    AmineError
        If there is no such experiment, the link is damaged, or the port cannot be used.

    Examples
    --------
    >>> import amine as am
    >>> am.lab("gamma")  # doctest: +SKIP
    """
    if in_notebook() and importlib.util.find_spec("anywidget") is not None:
        return widget(net, link=link)
    serve(net, link=link, port=port, browser=browser)
    return None


def in_notebook() -> bool:
    """Whether a notebook runs this: one of Jupyter's kind, or marimo."""
    shells, marimo = sys.modules.get("ipykernel.zmqshell"), sys.modules.get("marimo")
    if shells is not None and isinstance(sys.modules["IPython"].get_ipython(), shells.ZMQInteractiveShell):
        return True
    return marimo is not None and bool(marimo.running_in_notebook())


__all__ = ["here", "in_notebook"]
