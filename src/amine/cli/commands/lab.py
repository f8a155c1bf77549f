"""``amine lab``: the page on which a network runs under the hand."""

from __future__ import annotations

from pathlib import Path

from amine.cli.commands.target import network_of
from amine.compounds.doses import parse_dose
from amine.errors import AmineError
from amine.lab import gallery
from amine.lab.links import is_link
from amine.lab.memory import NAME
from amine.lab.recorded import record
from amine.lab.serving import serve


def lab(target: str | None, doses: list[str], settings: list[str], port: int, browser: bool) -> None:
    """Open the lab with the gallery, an experiment, a circuit or a file.

    Parameters
    ----------
    target
        An experiment of the gallery, a link to its state, a circuit or a file; None for the gallery.
    doses
        Drugs whose concentration follows a slider, such as ``diazepam`` or ``diazepam=1 uM``.
    settings
        Arguments of the circuit, each ``key=value``.
    port
        Port of this machine; 0 for a free one.
    browser
        Whether to open the browser.
    """
    if target is None or is_link(target) or (target in (*gallery.names(), NAME) and not doses and not settings):
        serve(target, port=port, browser=browser)
        return
    net = gallery.get(target).network() if target in gallery.names() else network_of(target, {}, settings)
    present = {d.drug for d in net.doses}
    for text in doses:
        drug, course = parse_dose(text if "=" in text else f"{text}=0 uM")
        if drug not in present:
            net.dose(drug, course)
    serve(net, port=port, browser=browser)


def recorded(target: str | None, over: str, path: Path) -> None:
    """Record an experiment of the gallery into one HTML file that needs no Python, and print its name.

    Parameters
    ----------
    target
        The experiment.
    over
        A control and its values, such as ``dose:diazepam=0,0.1,1``.
    path
        The file.
    """
    name, _, listed = over.rpartition("=")
    try:
        values = [float(x) for x in listed.split(",")]
    except ValueError:
        values = []
    if target is None or not name or not values:
        example = "amine lab gamma --record gamma.html --over 'dose:diazepam=0,0.1,1'"
        raise AmineError("--record", "an experiment, a control and its values are needed", given=over, expected=example)
    print(record(target, name, values, path))
