"""``amine lab``: the page on which a network runs under the hand."""

from __future__ import annotations

from amine.cli.commands.target import network_of
from amine.compounds.doses import parse_dose
from amine.lab import gallery
from amine.lab.serve import serve


def lab(target: str | None, doses: list[str], settings: list[str], port: int, browser: bool) -> None:
    """Open the lab with the gallery, an experiment, a circuit or a file.

    Parameters
    ----------
    target
        An experiment of the gallery, a circuit or a file; None for the gallery.
    doses
        Drugs whose concentration follows a slider, such as ``diazepam`` or ``diazepam=1 uM``.
    settings
        Arguments of the circuit, each ``key=value``.
    port
        Port of this machine; 0 for a free one.
    browser
        Whether to open the browser.
    """
    if target is None or (target in gallery.names() and not doses and not settings):
        serve(target, port=port, browser=browser)
        return
    net = gallery.get(target).network() if target in gallery.names() else network_of(target, {}, settings)
    present = {d.drug for d in net.doses}
    for text in doses:
        drug, course = parse_dose(text if "=" in text else f"{text}=0 uM")
        if drug not in present:
            net.dose(drug, course)
    serve(net, port=port, browser=browser)
