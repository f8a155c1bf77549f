"""``amine compounds``: the catalogue on the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import click

from amine.cli import commands
from amine.cli.options import Argument, Option, command, parameters


def compounds(
    find: Annotated[str | None, Option("--find", help="Only entries that contain this text.")] = None,
    acts_on: Annotated[str | None, Option("--acts-on", help="Drugs that act on a target, such as NMDA.")] = None,
    kind: Annotated[
        str | None, Option("--kind", help="transmitter, receptor, family, transporter, enzyme, channel or drug.")
    ] = None,
    data: Annotated[Path | None, Option("--data", help="A TOML file with custom compounds.")] = None,
) -> None:
    """Transmitters, receptors, transporters, enzymes, channels and drugs, with numbers and sources."""
    if data is not None:
        commands.compounds.load(data)
    if click.get_current_context().invoked_subcommand is None:
        commands.compounds.listing(find, acts_on, kind)


app = click.Group(
    "compounds",
    callback=compounds,
    params=parameters(compounds),
    help=compounds.__doc__,
    invoke_without_command=True,
)


@command(app)
def show(
    name: Annotated[str, Argument(help="Id, name or alias.")],
    kind: Annotated[str | None, Option("--kind", help="The kind, if a name has several meanings.")] = None,
    out: Annotated[
        Path | None,
        Option("-o", "--out", help="Picture of the structure, .svg or .png; for a transmitter also its pathway."),
    ] = None,
) -> None:
    """One entry: formula, mass, targets with affinities, conditions and sources; for a transmitter its whole pathway."""
    commands.compounds.show(name, kind, out)


@command(app)
def search(
    query: Annotated[str, Argument(help="Name, class, or a target with a class, such as 'GABA_B antagonist'.")] = "",
    structure: Annotated[str | None, Option("--structure", help="SMILES or SMARTS of a substructure.")] = None,
    similar: Annotated[str | None, Option("--similar", help="SMILES or name of a compound to compare with.")] = None,
    kind: Annotated[str | None, Option("--kind", help="Only entries of this kind.")] = None,
    curated: Annotated[bool, Option("--curated", help="Without the second tier.")] = False,
    limit: Annotated[int, Option("--limit", help="At most so many.")] = 30,
    json: Annotated[bool, Option("--json", help="As JSON.")] = False,
) -> None:
    """Ranked search by name, synonym, target, class and structure in both tiers of the catalogue."""
    commands.compounds.search(query, structure, similar, kind, curated, limit, json)


@command(app)
def profile(
    name: Annotated[str, Argument(help="A drug.")],
    at: Annotated[str, Option("--at", help="Free concentration, such as '100 nM'.")],
    uncurated: Annotated[bool, Option("--uncurated", help="Also further targets of the second tier.")] = False,
    out: Annotated[Path | None, Option("-o", "--out", help="Picture, .svg, .png or .pdf.")] = None,
    json: Annotated[bool, Option("--json", help="As JSON.")] = False,
) -> None:
    """Selectivity: occupancy of each target of a drug at a concentration."""
    commands.compounds.profile(name, at, uncurated, out, json)
