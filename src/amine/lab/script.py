"""A session as Python text whose spikes have the digest of the page."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from amine.errors import AmineError
from amine.lab.actions import line

if TYPE_CHECKING:
    from amine.lab.lane import Lane
    from amine.network.network import Network

MOST_TEXT = 2_000_000  # characters of a description within a script


def script(net: Network, lane: Lane, made: str = "") -> str:
    """Python text that makes a network, sets what was set when it was set, and checks the digest of the spikes.

    Parameters
    ----------
    net : the network. lane : what was done with it.
    made : Python lines that make it as ``net``; empty: its description is written into the text.

    Raises
    ------
    AmineError
        If the description is too long for a script.
    """
    lines = ["import amine as am", "from amine.lab import digest, silence", ""]
    if not made:
        text = json.dumps(net.to_dict())
        if len(text) > MOST_TEXT:
            raise AmineError("lab", "the description is too long for a script", hint="save it with net.save(path)")
        lines[0:0] = ["import json", ""]
        made = f"net = am.Network.from_dict(json.loads({text!r}))"
    lines += [made.strip(), "sim = net.loop()"]
    at = 0
    for k, e in enumerate(lane.log):
        if e.step > at:
            lines.append(f'sim.advance("{(e.step - at) * net.dt!r} ms")')
            at = e.step
        lines.append(line(net, lane.log[: k + 1]))
    if lane.step > at:
        lines.append(f'sim.advance("{(lane.step - at) * net.dt!r} ms")')
    lines += ["run = sim.run()", "print(run)", f'assert digest(run.spikes) == "{lane.digest.text()}"', ""]
    return "\n".join(lines)


__all__ = ["script"]
