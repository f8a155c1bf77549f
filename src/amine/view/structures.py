"""Drawings of chemical structures as SVG or PNG, by RDKit."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from amine.compounds import catalogue
from amine.compounds.schema import Compound
from amine.errors import AmineError
from amine.optional import optional

if TYPE_CHECKING:
    from amine.given import FilePath

# RGB by atomic number, the colours of all figures
PALETTE = {
    6: (0.13, 0.13, 0.13),
    7: (0.0, 0.45, 0.7),
    8: (0.84, 0.37, 0.0),
    9: (0.0, 0.62, 0.45),
    15: (0.9, 0.62, 0.0),
    16: (0.65, 0.46, 0.11),
    17: (0.0, 0.62, 0.45),
}


def structure(
    compound: Compound | str, path: FilePath | None = None, *, width: int = 480, height: int = 360
) -> str | bytes | Path:
    """Draw the structure of a compound with its name and formula below.

    Parameters
    ----------
    compound : a transmitter or drug, or its name.
    path : file to write, .svg or .png; None: return the SVG as text.
    width, height : size in pixels.

    Returns
    -------
    The path of the file, or the SVG.

    Raises
    ------
    AmineError
        If no structure is known, RDKit is not installed, or the file has another ending.

    Examples
    --------
    >>> structure("dopamine").count("<svg")  # doctest: +SKIP
    1
    """
    compound = _compound(compound)
    kind = _ending(compound, path)
    draw = _drawing(compound, kind, width, height)
    if path is None:
        return draw
    file = Path(path)
    if isinstance(draw, str):
        file.write_text(draw, encoding="utf-8")
    else:
        file.write_bytes(draw)
    return file


def _compound(which: Compound | str) -> Compound:
    found = catalogue.get(which) if isinstance(which, str) else which
    if not isinstance(found, Compound):
        raise AmineError(found.where, "it has no structure to draw", hint="name a transmitter or a drug")
    return found


def _ending(compound: Compound, path: FilePath | None) -> str:
    if not compound.smiles:
        hint = "long peptides are given by their sequence" if compound.sequence else "give it a smiles"
        raise AmineError(compound.where, "no structure is known", hint=hint)
    kind = "svg" if path is None else Path(path).suffix.lower().lstrip(".")
    if kind not in ("svg", "png"):
        raise AmineError(f"file '{path}'", "pictures are written as .svg or .png")
    return kind


def _drawing(compound: Compound, kind: str, width: int, height: int) -> Any:
    with optional("structure"):
        from rdkit import Chem
        from rdkit.Chem.Draw import rdMolDraw2D
    molecule = Chem.MolFromSmiles(compound.smiles)
    if molecule is None:
        raise AmineError(compound.where, "its SMILES is not a molecule", given=compound.smiles[:60])
    maker = rdMolDraw2D.MolDraw2DSVG if kind == "svg" else rdMolDraw2D.MolDraw2DCairo
    scale = 1 if kind == "svg" else 2
    drawer = maker(width * scale, height * scale)
    options = drawer.drawOptions()
    options.bondLineWidth = 2.0 * scale
    options.fixedBondLength = 38.0 * scale
    options.padding = 0.08
    options.legendFraction = 0.12
    options.legendFontSize = 18 * scale
    options.updateAtomPalette(PALETTE)
    rdMolDraw2D.PrepareAndDrawMolecule(drawer, molecule, legend=f"{compound.name}   {compound.formula}")
    drawer.FinishDrawing()
    return drawer.GetDrawingText()


def image(compound: Compound, width: int = 360, height: int = 240) -> Any:
    """Structure as an RGBA array (rows, columns, 4) without a legend; None if it cannot be drawn."""
    if not compound.smiles:
        return None
    try:
        import matplotlib.image as reader
        from rdkit import Chem
        from rdkit.Chem.Draw import rdMolDraw2D
    except ImportError:
        return None
    molecule = Chem.MolFromSmiles(compound.smiles)
    if molecule is None:
        return None
    drawer = rdMolDraw2D.MolDraw2DCairo(width * 3, height * 3)
    options = drawer.drawOptions()
    options.bondLineWidth, options.padding, options.clearBackground = 5.0, 0.04, False
    options.fixedBondLength = 90.0
    options.updateAtomPalette(PALETTE)
    rdMolDraw2D.PrepareAndDrawMolecule(drawer, molecule)
    drawer.FinishDrawing()
    return reader.imread(BytesIO(drawer.GetDrawingText()), format="png")
