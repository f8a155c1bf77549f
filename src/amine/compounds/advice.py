"""What a name that is not in the catalogue may have meant: a class of drugs, the nearest name, and drugs whose names end alike."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Collection, Iterable, Sequence

from amine.compounds.schema import Drug, Entry

MANY = 6  # drugs that are listed
STEM = 5  # letters that names have in common at their ends if their drugs are of one class ("-azepam", "-oxetine")
KINDS_OF_DRUGS = {
    "agonist",
    "antagonist",
    "agonists",
    "antagonists",
    "blocker",
    "blockers",
    "inhibitor",
    "inhibitors",
    "modulator",
}
CURATED = 0.03  # by so much a name of the second tier must be nearer than one of the first


def of_class(words: str, drugs: Sequence[Drug], about: Callable[[str], str]) -> list[Drug]:
    """Drugs whose class, or else mechanism and targets, has all words of a text; ``about`` names a target in words.

    Words count whole, so that an antagonist is no agonist.
    """
    plain = words.casefold().replace("_", "")
    for text in (plain.replace("-", ""), plain.replace("-", " ")):
        wanted = {w.removesuffix("s") for w in re.findall(r"[a-z0-9]+", text)} - {""}
        found = [d for d in drugs if wanted <= _words(d.drug_class)] if wanted else []
        found = found or [d for d in drugs if wanted and any(wanted <= x for x in _of_actions(d, about))]
        if found:
            return found
    return []


def _of_actions(d: Drug, about: Callable[[str], str]) -> list[set[str]]:
    """Words of a drug's class and of each action; an inverse agonist is no agonist."""
    how = [str(a.mechanism).replace("inverse_agonist", "inverse").replace("_", " ") for a in d.actions]
    targets = [" ".join(f"{t} {about(t)}" for t in a.targets) for a in d.actions]
    return [_words(f"{d.drug_class} {m} {t}") for m, t in zip(how, targets, strict=True)]


def _words(text: str) -> set[str]:
    """Words of a text without regard to case, hyphens, plural and the number of a subtype: ``beta1`` is ``beta``, too."""
    plain = text.casefold().replace("_", "")
    found = {w for t in (plain, plain.replace("-", "")) for w in re.findall(r"[a-z0-9]+", t)}
    return {w.removesuffix("s") for w in found} | {w.rstrip("0123456789") for w in found} - {""}


def nearest(name: str, curated: Iterable[str], further: Iterable[str] = ()) -> str:
    """Advice that names the nearest name of either tier; empty if none is near.

    >>> nearest("ketamin", ["ketamine", "caffeine"])
    "did you mean 'ketamine'?"
    """
    if set(re.findall(r"[a-z]+", name.casefold())) & KINDS_OF_DRUGS:
        return ""  # a class that no drug has, and no name
    best: list[tuple[float, str]] = []
    for names in (curated, further):
        lower = {n.casefold(): n for n in sorted(names)}
        near = [x for x in difflib.get_close_matches(name.casefold(), lower, n=5, cutoff=0.6) if _same_number(x, name)]
        ratio = difflib.SequenceMatcher(None, near[0], name.casefold()).ratio() if near else 0.0
        best.append((ratio, lower[near[0]] if near else ""))
    (first, own), (second, other) = best
    if second > first + CURATED:
        return f"did you mean '{other}'? (uncurated)"
    return f"did you mean '{own}'?" if own else ""


def _same_number(a: str, b: str) -> bool:
    """Whether the digits of two names of substances differ by no more than a slip: other numbers are other substances."""
    x, y = (re.sub(r"\D", "", t) for t in (a, b))
    return not x or not y or difflib.SequenceMatcher(None, x, y).ratio() >= 0.75


def ending_alike(name: str, drugs: Iterable[Drug], known: Collection[str] = ()) -> str:
    """Advice that lists drugs whose names end as a name does; empty without any. ``known`` names are left out.

    >>> ending_alike("flurazepam", [Drug(id="diazepam", name="diazepam"), Drug(id="caffeine", name="caffeine")])
    'names in -azepam: diazepam'
    """
    plain = name.casefold()
    found: dict[str, int] = {}
    for d in drugs:
        n = len(_common_end(plain, d.name.casefold()))
        if n >= STEM and d.id not in known:
            found[d.id] = n
    if not found:
        return ""
    alike = sorted(found, key=lambda d: -found[d])[:MANY]
    return f"names in -{plain[-min(found[d] for d in alike) :]}: {', '.join(alike)}"


def _common_end(a: str, b: str) -> str:
    n = 0
    while n < min(len(a), len(b)) and a[-1 - n] == b[-1 - n] and a[-1 - n].isalpha():
        n += 1
    return a[len(a) - n :]


def names_of(entries: Iterable[Entry]) -> set[str]:
    """Ids, names and aliases of entries."""
    return {n for e in entries for n in (e.id, e.name, *e.aliases)}


__all__ = ["ending_alike", "names_of", "nearest", "of_class"]
