"""Names of targets of drugs that a description gives: ion channels that no equation has."""

from __future__ import annotations

from amine.compounds import catalogue
from amine.errors import AmineError, did_you_mean
from amine.network.numbers import name_of

KINDS = ("family", "channel")


def known_channel(channel: object, other: str) -> str:
    """Name of an ion channel of the catalogue; ``other`` is the field or receptor that is named beside it, which is a mistake.

    >>> known_channel("Kv1", "")
    'Kv1'
    """
    name = name_of(channel, "Modulation, channel")
    if other:
        hint = "give two modulations"
        raise AmineError("Modulation, channel", f"'{other}' is named beside the channel '{name}'", hint=hint)
    entry = catalogue.find_entry(name, KINDS)
    if entry is None or catalogue.find_entry(name, ("receptor",)) is not None:
        known = catalogue.names("channel")
        raise AmineError("Modulation, channel", f"ion channel '{name}' is not known", hint=did_you_mean(name, known))
    return name
