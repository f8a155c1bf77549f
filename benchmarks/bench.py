"""The driver behind ``make bench``: amine, its peers and the limit in C by turns, on this machine.

    python benchmarks/bench.py [--pairs 5] [--only REGEX] [--quick] [--list]
    python benchmarks/bench.py --merge results/*.json --page docs/benchmarks.md

Every contestant of a group runs once a round (A B C A B C ...), so that a change of the machine's pace
touches all alike; a ratio is formed within a round, and the table shows the median, least and greatest of the
rounds. Nothing here passes or fails: the table says what was asked for and what was measured. Raw figures go
to results/NAME.json, the table to results/NAME.md.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import statistics
import sys
import time
from pathlib import Path

from _contest import Failed
from workloads import Claim, Group, groups

HERE = Path(__file__).resolve().parent
FIELDS = {
    "s per bio s": "per_bio_s",
    "MB": "peak_rss_mb",
    "MB of work": "working_mb",
    "s to build": "build_s",
    "s": "seconds",
    "bytes a synapse": "bytes_per_synapse",
}


def busy(seconds: float = 1.0) -> float:
    """The share of the processors that was at work in the next moment; 0 where /proc is missing."""

    def read() -> tuple[int, int]:
        try:
            with open("/proc/stat") as lines:
                ticks = list(map(int, lines.readline().split()[1:9]))
        except OSError:
            return 0, 0
        return sum(ticks), ticks[3] + ticks[4]

    a = read()
    time.sleep(seconds)
    b = read()
    return round(1 - (b[1] - a[1]) / max(1, b[0] - a[0]), 2) if b[0] > a[0] else 0.0


def wait_for_quiet(most_s: float) -> float:
    """Wait until others hold less than a third of the machine, at most so long; the share they hold."""
    start, share = time.time(), busy()
    while share > 0.3 and time.time() - start < most_s:
        share = busy(3.0)
    return share


def measure(group: Group, pairs: int, quiet_s: float) -> dict:
    """All rounds of a group: name of contestant -> list of turns, or what went wrong."""
    turns: dict[str, list[dict]] = {}
    wrong: dict[str, str] = {}
    ready = {}
    for name, make in group.contestants.items():
        try:
            contestant = make()
            contestant.prepare()  # type: ignore[attr-defined]
            ready[name] = contestant
        except Failed as error:
            wrong[name] = str(error)
    share = wait_for_quiet(quiet_s)
    for index in range(pairs):
        for name, contestant in list(ready.items()):
            if name in wrong:
                continue
            try:
                turn = contestant.turn()
            except Failed as error:
                wrong[name] = str(error)
                continue
            if turn.get("bio_s"):
                turn["per_bio_s"] = turn["sim_s"] / turn["bio_s"]
            turns.setdefault(name, []).append(turn)
            value = turn.get("per_bio_s", turn.get("seconds"))
            print(f"  {index + 1}/{pairs} {name}: {value:.4g} s", file=sys.stderr, flush=True)
    for contestant in ready.values():
        contestant.close()
    return {"group": group.name, "busy_before": share, "turns": turns, "failed": wrong}


def spread(values: list[float]) -> str:
    """Median and range, to three digits."""
    if not values:
        return "not measured"
    middle, low, high = (three(x) for x in (statistics.median(values), min(values), max(values)))
    return middle if low == high else f"{middle} ({low} to {high})"


def three(x: float) -> str:
    """A number to three digits, without an exponent."""
    return f"{x:.0f}" if abs(x) >= 1000 else f"{x:.3g}"


def values(measured: dict, name: str, field: str) -> list[float]:
    """A figure of all turns of a contestant."""
    return [t[field] for t in measured["turns"].get(name, []) if t.get(field) is not None]


def judge(claim: Claim, measured: dict) -> dict:
    """What a claim asked for, what was measured and whether the median meets it."""
    if claim.slow:
        field = FIELDS[claim.what]
        pairs = zip(values(measured, claim.slow, field), values(measured, claim.fast, field), strict=False)
        found = [slow / fast for slow, fast in pairs]
        unit = "times"
    else:
        found = values(measured, claim.fast, FIELDS[claim.what])
        unit = claim.what
    met = None
    if found and claim.required:
        middle = statistics.median(found)
        met = middle >= claim.least if claim.least is not None else claim.most is None or middle <= claim.most
    return {"claim": claim.text, "unit": unit, "found": found, "met": met, "fast": claim.fast}


def row(group: Group, claim: Claim, measured: dict) -> str:
    """A line of the table."""
    judged = judge(claim, measured)
    timed = claim.slow or claim.what in ("s per bio s", "s")
    limit, distance = "", ""
    if timed and group.limit:
        field = "per_bio_s" if claim.slow or claim.what == "s per bio s" else "seconds"
        floor, own = values(measured, group.limit, field), values(measured, claim.fast, field)
        limit = f"{statistics.median(floor):.3g} s" if floor else "not measured"
        if floor and own and "2 threads" not in claim.fast:
            distance = f"{statistics.median([o / f for o, f in zip(own, floor, strict=False)]):.2f}"
    verdict = {True: "yes", False: "**no**", None: ""}[judged["met"]]
    if not claim.required:
        verdict = "(not asked)"
    found = spread(judged["found"]) + (f" {judged['unit']}" if judged["found"] else "")
    reason = next((f": {why}" for name, why in measured["failed"].items() if name in (claim.fast, claim.slow)), "")
    own = spread(values(measured, claim.fast, FIELDS[claim.what])) if claim.slow else ""
    peer = spread(values(measured, claim.slow, FIELDS[claim.what])) if claim.slow else ""
    cells = [group.name, claim.text, found + reason, verdict, own, peer, limit, distance]
    return "| " + " | ".join(cells) + " |"


def table(todo: list[Group], results: list[dict]) -> str:
    """The Markdown table and the notes of the groups."""
    lines = [
        "| work | asked for | measured: median (least to greatest) | met | amine, s per bio s "
        "| other, s per bio s | limit in C | amine / limit |",
        "|---|---|---|---|---|---|---|--:|",
    ]
    notes = []
    for group, measured in zip(todo, results, strict=False):
        lines += [row(group, claim, measured) for claim in group.claims]
        notes += group.notes
        if measured["busy_before"] > 0.3:
            notes.append(f"{group.name}: others held {measured['busy_before']:.0%} of the processors when it began.")
    compiling = [t["compile_s"] for m in results for t in m["turns"].get("brian2", []) if t.get("compile_s")]
    if compiling:
        notes.append(
            f"Brian2's generator and compiler take {spread(compiling)} s for each new model, before it simulates."
        )
    floor = next((t for m in results for t in m["turns"].get("limit in C", []) if t.get("gb_per_s")), None)
    if floor:
        lines.append("\nThe limit is one thread of hand-written C (`benchmarks/limit`); what it moves and takes:\n")
        lines += [
            "| work | limit, s per bio s | GB moved | GB/s | ns per neuron-step | ns per synaptic event |",
            "|---|--:|--:|--:|--:|--:|",
        ]
        for measured in results:
            turns = measured["turns"].get("limit in C", [])
            if not turns or "per_bio_s" not in turns[0]:
                continue
            best = min(turns, key=lambda t: t["sim_s"])
            lines.append(
                f"| {measured['group']} | {best['per_bio_s']:.3g} | {best['bytes_moved'] * 1e-9:.3g} "
                f"| {best['gb_per_s']:.3g} "
                f"| {best['ns_per_neuron_step']:.3g} | {best['ns_per_event']:.3g} |"
            )
    return "\n".join(lines) + "\n\n" + "\n".join(f"- {n}" for n in notes) + "\n"


def machine() -> dict:
    """What the figures were measured on."""
    model = platform.processor()
    try:
        with open("/proc/cpuinfo") as lines:
            model = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), model)
    except OSError:
        pass
    return {
        "processor": model,
        "cores": os.cpu_count(),
        "system": platform.platform(),
        "python": platform.python_version(),
    }


def merged(files: list[Path]) -> tuple[dict, list[dict]]:
    """Several result files as one: rounds of a group that was measured in pieces follow one another."""
    about: dict = {}
    by_name: dict[str, dict] = {}
    for file in files:
        data = json.loads(file.read_text())
        if data["quick"]:
            raise SystemExit(f"{file}: a quick look is no measurement")
        if about and data["machine"]["processor"] != about["machine"]["processor"]:
            raise SystemExit(f"{file}: measured on another machine")
        about = {"machine": data["machine"], "when": max(about.get("when", ""), data["when"])}
        for found in data["groups"]:
            whole = by_name.setdefault(found["group"], {**found, "turns": {}, "failed": {}, "busy_before": 0.0})
            whole["busy_before"] = max(whole["busy_before"], found["busy_before"])
            for name, turns in found["turns"].items():
                whole["turns"].setdefault(name, []).extend(turns)
            whole["failed"] |= found["failed"]
    for whole in by_name.values():
        whole["failed"] = {n: why for n, why in whole["failed"].items() if n not in whole["turns"]}
    return about, list(by_name.values())


def page(files: list[Path]) -> str:
    """The page of the documentation: what was measured, on what, and what to keep in mind."""
    about, found = merged(files)
    results = {m["group"]: m for m in found}
    todo = [g for g in groups(False) if g.name in results]
    where = about["machine"]
    return (
        (HERE / "page.md")
        .read_text()
        .format(
            date=about["when"][:10],
            processor=where["processor"],
            cores=where["cores"],
            python=where["python"],
            system=where["system"].split("-")[0],
            table=table(todo, [results[g.name] for g in todo]),
        )
    )


def main() -> None:
    """Parse, measure, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=5, help="rounds of each group")
    parser.add_argument("--only", default="", help="groups whose name matches this regular expression")
    parser.add_argument("--without", default="", help="leave out contestants whose name matches, for example nest")
    parser.add_argument("--quick", action="store_true", help="small and short: a look, not a measurement")
    parser.add_argument("--list", action="store_true", help="name the groups and their contestants")
    parser.add_argument(
        "--quiet-wait", type=float, default=30.0, help="seconds to wait for a quiet machine before a group"
    )
    parser.add_argument("--out", type=Path, default=HERE / "results")
    parser.add_argument("--name", default="bench", help="name of the files in --out")
    parser.add_argument("--merge", type=Path, nargs="+", help="measure nothing; make one page of these result files")
    parser.add_argument("--page", type=Path, help="where the page goes; without it, it is printed")
    a = parser.parse_args()
    if a.merge:
        text = page(a.merge)
        if a.page:
            a.page.write_text(text)
        else:
            print(text)
        return
    todo = [g for g in groups(a.quick) if re.search(a.only, g.name)]
    if a.list:
        for g in todo:
            print(f"{g.name}: {', '.join(g.contestants)}")
        return
    if a.without:
        for g in todo:
            for name in [n for n in g.contestants if re.search(a.without, n)]:
                del g.contestants[name]
    pairs = 2 if a.quick and a.pairs == 5 else a.pairs
    results: list[dict] = []
    a.out.mkdir(parents=True, exist_ok=True)
    for g in todo:
        print(g.name, file=sys.stderr, flush=True)
        results.append(measure(g, pairs, a.quiet_wait))
        about = {
            "machine": machine(),
            "pairs": pairs,
            "quick": a.quick,
            "when": time.strftime("%Y-%m-%d %H:%M:%S %z"),
        }
        (a.out / f"{a.name}.json").write_text(json.dumps({**about, "groups": results}, indent=1))
        where = about["machine"]
        head = f"Measured {about['when']} on {where['cores']} cores of {where['processor']}, {pairs} rounds"
        head += " (--quick: a look, not a measurement).\n\n" if a.quick else ".\n\n"
        (a.out / f"{a.name}.md").write_text(head + table(todo, results))
    print(table(todo, results))


if __name__ == "__main__":
    main()
