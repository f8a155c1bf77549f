"""Figures of the code's structure: how large files and functions are, what is imported inside functions, how open the types are.

python benchmarks/structure.py          # a table
python benchmarks/structure.py --list   # and where each function-level import and each hasattr stands
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1] / "src" / "amine"
# packages that come with an extra or take long to import: their imports stay where they are used
OPTIONAL = frozenset(
    [
        "torch",
        "sklearn",
        "zarr",
        "xarray",
        "neo",
        "quantities",
        "elephant",
        "rdkit",
        "dask",
        "distributed",
        "safetensors",
        "captum",
        "fairlearn",
        "opacus",
        "nir",
        "onnx",
        "onnxruntime",
        "h5py",
        "morphio",
        "matplotlib",
        "rich",
        "scipy",
        "numba",
        "sympy",
        "click",
        "pint",
    ]
)
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass
class Figures:
    """What was counted; places are ``file:line``."""

    files: int = 0
    longest_file: tuple[int, str] = (0, "")
    functions: int = 0
    longest_function: tuple[int, str] = (0, "")
    inner_imports: list[str] = field(default_factory=list)
    optional_imports: list[str] = field(default_factory=list)
    hasattrs: list[str] = field(default_factory=list)
    annotations: int = 0
    open_annotations: int = 0

    @property
    def share_of_any(self) -> float:
        """Share of parameter annotations that contain ``Any``."""
        return self.open_annotations / max(1, self.annotations)


def measure(package: Path = PACKAGE) -> Figures:
    """The figures of all files below a folder."""
    found = Figures()
    for path in sorted(package.rglob("*.py")):
        text, name = path.read_text(), str(path.relative_to(package))
        found.files += 1
        found.longest_file = max(found.longest_file, (len(text.splitlines()), name))
        tree = ast.parse(text)
        for node in ast.walk(tree):
            if isinstance(node, Function):
                _function(node, name, found)
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "hasattr":
                found.hasattrs.append(f"{name}:{node.lineno}")
        for node in _inner_imports(tree):
            module = node.module if isinstance(node, ast.ImportFrom) else node.names[0].name
            optional = (module or "").split(".")[0] in OPTIONAL
            (found.optional_imports if optional else found.inner_imports).append(f"{name}:{node.lineno} {module}")
    return found


def _function(node: Function, name: str, found: Figures) -> None:
    found.functions += 1
    length = (node.end_lineno or node.lineno) - node.lineno + 1
    found.longest_function = max(found.longest_function, (length, f"{name}:{node.lineno} {node.name}"))
    a = node.args
    for arg in (*a.posonlyargs, *a.args, *a.kwonlyargs):
        if arg.annotation is not None:
            found.annotations += 1
            found.open_annotations += any(isinstance(n, ast.Name) and n.id == "Any" for n in ast.walk(arg.annotation))


def _inner_imports(tree: ast.Module) -> Iterator[ast.Import | ast.ImportFrom]:
    functions = [n for n in ast.walk(tree) if isinstance(n, Function)]
    seen: set[int] = set()
    for f in functions:
        for n in ast.walk(f):
            if isinstance(n, ast.Import | ast.ImportFrom) and id(n) not in seen:
                seen.add(id(n))
                yield n


def main() -> None:
    """Prints the table."""
    f = measure()
    rows = (
        ("files", f"{f.files}"),
        ("longest file", f"{f.longest_file[0]} lines, {f.longest_file[1]}"),
        ("functions", f"{f.functions}"),
        ("longest function", f"{f.longest_function[0]} lines, {f.longest_function[1]}"),
        ("imports inside functions: of amine and the standard library", f"{len(f.inner_imports)}"),
        ("imports inside functions: of optional or slow packages", f"{len(f.optional_imports)}"),
        ("hasattr", f"{len(f.hasattrs)}"),
        ("parameter annotations with Any", f"{f.share_of_any:.1%} of {f.annotations}"),
    )
    for what, value in rows:
        print(f"{what:<62} {value}")
    if "--list" in sys.argv:
        print(*f.inner_imports, *f.optional_imports, *f.hasattrs, sep="\n")


if __name__ == "__main__":
    main()
