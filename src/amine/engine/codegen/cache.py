"""Generated modules on disk: for each network structure its source, what of it runs as Python, and object code of its kernels."""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

from amine.engine.device.kernel import Kernel
from amine.engine.device.store import directory, generator, read_own, write_own

KERNELS = "KERNELS"


def structure_hash(structure: object) -> str:
    """Hash of a structural key (plain data) and of the version of the generator."""
    text = json.dumps([generator(), sys.version_info[:2], structure], sort_keys=True, default=list)
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def load(structure: object, make_source: Callable[[], str]) -> tuple[ModuleType, bool]:
    """The module of a structural key, which is compiled by Numba when its functions are called, and whether it was in the cache.

    Only files that this user wrote, and that are unchanged since, are used: one that is damaged, or that another user could have
    written, is generated again.

    Raises
    ------
    AmineError
        If the cache directory cannot be written.
    """
    from amine.engine.device.kept import check_compiled  # Numba, which kernels in the cache do not need

    name = f"amine_{structure_hash(structure)}"
    if name in sys.modules:
        return sys.modules[name], True
    module, found = _whole(name, name, make_source)
    check_compiled()
    return module, found


def load_kernels(structure: object, make_source: Callable[[], str]) -> tuple[ModuleType, bool]:
    """As :func:`load`, with what of the module runs as Python, and its kernels, which are compiled where they are not in the cache."""
    name = f"amine_{structure_hash(structure)}"
    if name in sys.modules:
        return sys.modules[name], True
    path, found = directory() / f"{name}_plain.py", True
    source = read_own(path)
    if source is None:
        whole, found = _source(name, make_source)
        source = without_kernels(whole.decode()).encode()
        write_own(path, source)
    module = _execute(name, path, source)

    def compiled() -> ModuleType:
        from amine.engine.device.kept import check_compiled  # Numba, as above

        inner = f"{name}_kernels"
        if inner not in sys.modules:
            _whole(inner, name, make_source)
            check_compiled()
        return sys.modules[inner]

    for kernel in vars(module)[KERNELS]:
        setattr(module, kernel, Kernel(compiled, kernel, name))
    return module, found


def _whole(module: str, name: str, make_source: Callable[[], str]) -> tuple[ModuleType, bool]:
    """The module of the whole source in file ``name``, and whether that was in the cache."""
    source, found = _source(name, make_source)
    return _execute(module, directory() / f"{name}.py", source), found


def _source(name: str, make_source: Callable[[], str]) -> tuple[bytes, bool]:
    """The whole source of a module, and whether it was in the cache."""
    path = directory() / f"{name}.py"
    kept = read_own(path)
    source = make_source().encode() if kept is None else kept
    if kept is None:
        write_own(path, source)
    return source, kept is not None


def _execute(name: str, path: Path, source: bytes) -> ModuleType:
    """The module of a checked source, without Python's own .pyc files, which are not checked."""
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        exec(compile(source, str(path), "exec"), module.__dict__)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def without_kernels(source: str) -> str:
    """What of a module's source runs as Python: without functions that are compiled and what is made of these, but with the names of its kernels."""
    lines, kernels, kept, left_out = source.splitlines(), list[str](), list[str](), set[str]()
    for node in ast.parse(source).body:
        match node:
            case ast.ImportFrom(module=module, names=names) if not f"{module}".endswith(
                ("tables", "arrays", "__future__")
            ):
                left_out |= {n.asname or n.name for n in names}
            case ast.FunctionDef(decorator_list=[ast.Name(id="register_jitable")]):  # runs as Python, too
                kept += [*lines[node.lineno - 1 : node.end_lineno], ""]
            case ast.FunctionDef(decorator_list=[_, *_]):
                left_out.add(node.name)
                kernels += [node.name for d in node.decorator_list if isinstance(d, ast.Name) and d.id == "kernel"]
            case ast.Assign(value=value) if _names(value) & left_out:
                left_out |= {n for t in node.targets for n in _names(t)}
            case _:
                kept += [*lines[node.lineno - 1 : node.end_lineno], ""]
    return "\n".join([*kept, f"{KERNELS} = {kernels!r}", ""])


def _names(e: ast.expr) -> set[str]:
    return {n.id for n in ast.walk(e) if isinstance(n, ast.Name)}


def clear() -> int:
    """Deletes all generated modules and their compiled code; returns the number of files."""
    files = [f for f in directory().rglob("amine_*") if f.is_file()] if directory().exists() else []
    for f in files:
        f.unlink(missing_ok=True)
    return len(files)
