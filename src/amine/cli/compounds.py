"""``amine compounds``: the catalogue on the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from amine import view
from amine.compounds import catalogue
from amine.compounds.schema import Compound, Transmitter
from amine.compounds.text import FOOTER, describe, table
from amine.errors import AmineError

app = typer.Typer(
    help="Transmitters, receptors, transporters, enzymes, channels and drugs, with numbers and sources.",
    rich_markup_mode=None,
    add_completion=False,
)


@app.callback(invoke_without_command=True)
def compounds(
    context: typer.Context,
    find: Annotated[str | None, typer.Option("--find", help="Only those in which a text occurs.")] = None,
    acts_on: Annotated[str | None, typer.Option("--acts-on", help="Drugs that act on a target, such as NMDA.")] = None,
    kind: Annotated[
        str | None, typer.Option("--kind", help="transmitter, receptor, family, transporter, enzyme, channel or drug.")
    ] = None,
    data: Annotated[Path | None, typer.Option("--data", help="A TOML file with compounds of your own.")] = None,
) -> None:
    """Transmitters, receptors, transporters, enzymes, channels and drugs, with numbers and sources."""
    if data is not None:
        catalogue.load(data)
    if context.invoked_subcommand is not None:
        return
    if kind is not None:
        catalogue.names(kind)
    kinds = () if kind is None else (kind,)
    found = catalogue.search(find, *kinds) if find is not None else catalogue.entries(*kinds)
    if acts_on is not None:
        acting = {d.id for d in catalogue.acting_on(acts_on)}
        found = [e for e in found if e.kind == "drug" and e.id in acting]
    print(table(found) if found else "nothing found")
    print(f"\n{FOOTER}")


@app.command()
def show(
    name: Annotated[str, typer.Argument(help="Id, name or alias.")],
    kind: Annotated[str | None, typer.Option("--kind", help="Which, where a name has several meanings.")] = None,
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", help="Picture of the structure, .svg or .png; of a transmitter its pathway too."),
    ] = None,
) -> None:
    """One entry: formula, mass, targets with affinities, conditions and sources; of a transmitter its whole way."""
    entry = catalogue.get(name, kind)
    written = []
    if out is not None:
        if not isinstance(entry, Compound):
            raise AmineError(entry.where, "it has no structure to draw", hint="leave out -o")
        if out.suffix.lower() not in (".svg", ".png"):
            raise AmineError(f"file '{out}'", "pictures are written as .svg or .png")
        if entry.smiles or not isinstance(entry, Transmitter):
            written.append(view.structure(entry, out))
        if isinstance(entry, Transmitter):
            beside = out.with_name(f"{out.stem}-pathway{out.suffix}")
            view.pathway(entry, beside)
            written.append(beside)
    print(describe(entry))
    for w in written:
        print(f"picture: {w}")
