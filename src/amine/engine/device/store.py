"""Files of generated and compiled code: where they lie, what voids them, and that only this user can have written them."""

from __future__ import annotations

import hashlib
import json
import os
import stat
import sys
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from amine.errors import AmineError
from amine.files import reason, replacing

_PARTS = ("engine", "equations", "compounds/algebra.py")  # the algebra is compiled into kernels


def directory() -> Path:
    """The cache directory: ``AMINE_CACHE_DIR``, or ``amine`` in the user's cache directory."""
    own = os.environ.get("AMINE_CACHE_DIR")
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return Path(own) if own else base / "amine"


@lru_cache(maxsize=1)
def generator() -> str:
    """Hash of the generator and of all code that generated modules call: a change of either invalidates the cache."""
    root = Path(__file__).resolve().parents[2]
    h = hashlib.sha256()
    for part in _PARTS:
        path = root / part
        for file in [path] if path.is_file() else sorted(path.rglob("*.py")):
            h.update(file.read_bytes())
    return h.hexdigest()


@lru_cache(maxsize=1)
def compiler() -> list[str]:
    """Versions of Python, Numba and llvmlite, and the variables by which Numba compiles otherwise; Numba is not imported."""
    versions = [f"{sys.version_info[:2]}"]
    for package in ("numba", "llvmlite"):
        spec = find_spec(package)
        if spec is None or spec.origin is None:
            raise AmineError(f"Package '{package}'", "it is not installed", hint=f"pip install {package}")
        versions.append((Path(spec.origin).parent / "_version.py").read_text())
    return versions + [f"{k}={v}" for k, v in sorted(os.environ.items()) if k.startswith("NUMBA_")]


# --- files that only this user can have written -------------------------------------------------------------------


def _mark(name: str, content: bytes) -> bytes:
    """A last line with the digest of the file's name and of the lines before it."""
    return b"\n# " + hashlib.sha256(name.encode() + b"\n" + content).hexdigest().encode() + b"\n"


def read_own(path: Path) -> bytes | None:
    """Content written by :func:`write_own`; None if there is none, it is damaged, or another user could have written it."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with open(handle, "rb") as f:
            about = os.fstat(handle)
            owned = about.st_uid in (0, os.geteuid()) and not about.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
            data = f.read() if owned and stat.S_ISREG(about.st_mode) else b""
    except OSError:
        return None
    content, mark = data[:-MARK], data[-MARK:]
    return content if mark == _mark(path.name, content) else None


MARK = len(_mark("", b""))


def write_own(path: Path, content: bytes) -> None:
    """Writes a file that others cannot change, whole or not at all; raises AmineError if that cannot be done."""
    where, hint = f"cache directory '{path.parent}'", "set AMINE_CACHE_DIR to a folder that can be"
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if (
            path.exists() and path.is_fifo()
        ):  # replacing() leaves pipes alone, but this one has the name of a file of the cache
            path.unlink()
        with replacing(path, where) as temporary:
            handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with open(handle, "wb") as f:
                f.write(content + _mark(path.name, content))
    except OSError as e:
        raise AmineError(where, "it cannot be written", given=reason(e), hint=hint) from e
    except AmineError as e:
        raise AmineError(e.where, e.problem, given=e.given, hint=hint) from e


def packed(parts: list[bytes]) -> bytes:
    """Byte strings as one: their lengths, then each."""
    return json.dumps([len(p) for p in parts]).encode() + b"\n" + b"".join(parts)


def unpacked(whole: bytes) -> list[bytes]:
    """The byte strings that :func:`packed` joined."""
    head, _, rest = whole.partition(b"\n")
    parts, at = [], 0
    for n in json.loads(head):
        parts.append(rest[at : at + n])
        at += n
    return parts
