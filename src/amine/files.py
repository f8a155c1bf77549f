"""Files written atomically (temporary name, flush to disk, rename) and verified when read."""

from __future__ import annotations

import hashlib
import json
import math
import os
import secrets
import shutil
import stat
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, BinaryIO

import numpy as np

from amine.errors import AmineError
from amine.folders import check_new_folder

if TYPE_CHECKING:
    from amine.given import FilePath

TEXT_BYTES = 2**30  # a longer text is no description of a network
NUMBERS = "biuf"  # kinds of NumPy's types that hold nothing but numbers
Arrays = dict[str, np.ndarray]


# --- writing -----------------------------------------------------------------------------------------------------


@contextmanager
def replacing(target: Path, where: str, parents: bool = False) -> Iterator[Path]:
    """Context with a temporary path beside ``target`` to write to; at the end it is flushed to disk and replaces ``target``.

    No other process uses that name; ``parents`` creates the folders above. After a failure the temporary file is gone and ``target`` unchanged.

    Raises
    ------
    AmineError
        If it cannot be written, for example because the disk is full; ``where`` names the file.
    """
    temporary = temporary_name(target)
    try:
        if target.exists() and not target.is_file():  # a device or a pipe would be gone
            raise AmineError(where, "this is not a file", hint="give the name of a file")
        if parents:
            target.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        force(temporary)
        os.replace(temporary, target)
        with suppress(OSError):  # some file systems cannot force a folder
            force(target.parent)
    except OSError as e:
        raise AmineError(where, "it cannot be written", given=reason(e)) from e
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


@contextmanager
def replacing_folder(target: Path, where: str) -> Iterator[Path]:
    """The same for a new folder: it appears under its name when everything is written.

    Raises
    ------
    AmineError
        If the name is taken by anything but an empty folder, or the folder cannot be written.
    """
    temporary = temporary_name(target)
    try:
        check_new_folder(target, where)
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary.mkdir()
        yield temporary
        check_new_folder(target, where)
        os.rename(temporary, target)
        with suppress(OSError):
            force(target.parent)
    except OSError as e:
        raise AmineError(where, "it cannot be written", given=reason(e)) from e
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def remove_folder(target: Path) -> None:
    """Removes a folder: it is gone from one moment to the next, or stays whole and OSError is raised; what is left aside is swept later."""
    aside = temporary_name(target)
    os.rename(target, aside)
    shutil.rmtree(aside, ignore_errors=True)


def temporary_name(target: Path) -> Path:
    """A name beside ``target`` that no other process uses."""
    return target.with_name(f".{target.name}.{os.getpid()}-{secrets.token_hex(4)}.part")


def force(path: Path) -> None:
    """Flushes a file, or the entries of a folder, to disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sweep(target: Path) -> None:
    """Removes temporary files that killed writers of ``target`` left behind; for its owner only."""
    for left in target.parent.glob(f".{glob_escaped(target.name)}.*.part"):
        with suppress(OSError):
            shutil.rmtree(left) if left.is_dir() else left.unlink()


def glob_escaped(name: str) -> str:
    """A name as a glob pattern that matches only itself."""
    return "".join(f"[{c}]" if c in "*?[" else c for c in name)


def reason(e: OSError) -> str:
    """The operating system's reason for a failed call, without names of temporary files."""
    return e.strerror or str(e) or type(e).__name__


# --- digests -----------------------------------------------------------------------------------------------------


def canonical(data: object) -> bytes:
    """Canonical JSON of plain data: equal data have equal text."""
    return json.dumps(data, sort_keys=True, separators=(",", ":")).encode()


def sealed(data: Mapping[str, object]) -> dict[str, Any]:
    """Plain data with a digest of their content."""
    return {**data, "digest": hashlib.sha256(canonical(data)).hexdigest()}


def is_intact(data: Mapping[str, object]) -> bool:
    """Whether plain data are unchanged since :func:`sealed`."""
    rest = {k: v for k, v in data.items() if k != "digest"}
    return data.get("digest") == hashlib.sha256(canonical(rest)).hexdigest()


def _digest(header: Mapping[str, object], arrays: Mapping[str, np.ndarray]) -> str:
    h = hashlib.sha256(canonical(header))
    for name in sorted(arrays):
        x = np.ascontiguousarray(arrays[name])
        h.update(canonical([name, x.dtype.str, arrays[name].shape]))
        h.update(x.reshape(-1).view(np.uint8).data)
    return h.hexdigest()


# --- arrays ------------------------------------------------------------------------------------------------------


def write_arrays(target: Path, header: Mapping[str, object], arrays: Mapping[str, np.ndarray], where: str) -> None:
    """Writes arrays and a header of plain data, with a digest of both, as an uncompressed npz file."""
    given = {k: np.asarray(x) for k, x in arrays.items()}
    if any(x.dtype.kind not in NUMBERS for x in given.values()):
        raise TypeError("only arrays of numbers can be written")
    text = canonical({**header, "digest": _digest(header, given)})
    with replacing(target, where) as temporary, open(temporary, "wb") as f:
        np.savez(f, **{"header": np.frombuffer(text, np.uint8), **given})


def read_arrays(path: Path, kind: str, where: str, hint: str = "") -> tuple[dict[str, Any], Arrays]:
    """Header and arrays of a file of :func:`write_arrays`; the memory used is bounded by the size of the file.

    Parameters
    ----------
    kind : kind of file for error messages, for example ``"a checkpoint"``.

    Raises
    ------
    AmineError
        If the file does not exist, is another kind of file, or is damaged.
    """
    try:
        with open_regular(path, where) as f, zipfile.ZipFile(f) as z:
            arrays = _members(z, os.fstat(f.fileno()).st_size)
        header = json.loads(bytes(arrays.pop("header")))
        if not isinstance(header, dict):
            raise ValueError("header")
        digest = header.pop("digest", "")
    except FileNotFoundError as e:
        raise AmineError(where, "it does not exist") from e
    except AmineError:
        raise
    except Exception as e:  # NumPy and zipfile raise assorted errors on other bytes
        raise AmineError(where, f"this is not {kind}, or it is damaged", hint=hint) from e
    if digest != _digest(header, arrays):
        raise AmineError(where, "it is damaged: its content is not what was written", hint=hint)
    return header, arrays


def _members(z: zipfile.ZipFile, size: int) -> Arrays:
    """All arrays of an archive; members that together exceed its size are refused."""
    infos = z.infolist()
    if len({i.filename for i in infos}) != len(infos) or sum(i.file_size for i in infos) > size:
        raise ValueError("members overlap")
    out = {}
    for info in infos:
        if info.compress_type != zipfile.ZIP_STORED or not info.filename.endswith(".npy"):
            raise ValueError("not written by amine")
        with z.open(info) as f:
            out[info.filename.removesuffix(".npy")] = _array(f, info.file_size)
    return out


def unpack(path: Path, names: tuple[str, ...], most: int, where: str) -> list[np.ndarray]:
    """Arrays of numbers or text from an npz file of any origin, compressed or not.

    Raises
    ------
    AmineError
        If they would take more than ``most`` bytes, are missing, or hold anything else.
    """
    try:
        with open_regular(path, where) as f, zipfile.ZipFile(f) as z:
            infos = [z.getinfo(f"{name}.npy") for name in names]
            size = sum(i.file_size for i in infos)
            if size > most:
                given, expected = f"{size:,} bytes", f"at most {most:,}"
                raise AmineError(where, "its arrays need more memory than there is", given=given, expected=expected)
            out = []
            for info in infos:
                with z.open(info) as member:
                    out.append(_array(member, info.file_size, NUMBERS + "SU"))
            return out
    except AmineError:
        raise
    except Exception as e:  # as in read_arrays
        given = (str(e).splitlines() or [type(e).__name__])[0][:60]
        raise AmineError(where, f"it has no arrays {' and '.join(names)} that can be read", given=given) from e


def _array(f: IO[bytes], size: int, kinds: str = NUMBERS) -> np.ndarray:
    """One array of NumPy's npy format, whose length must agree with its header."""
    version = np.lib.format.read_magic(f)
    read = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}[version]
    shape, fortran, dtype = read(f)
    if dtype.kind not in kinds or any(n < 0 for n in shape):
        raise ValueError("not an array of numbers")
    length = math.prod(shape) * dtype.itemsize
    if length + f.tell() != size:
        raise ValueError("an array has another length than its header")
    data = f.read()  # to the end, where zipfile verifies the checksum of the member
    return np.frombuffer(bytearray(data), dtype).reshape(shape, order="F" if fortran else "C")


# --- reading -----------------------------------------------------------------------------------------------------


def open_regular(path: Path, where: str) -> BinaryIO:
    """Opens a regular file for reading; raises AmineError for a folder, a device or a pipe, which may never end."""
    if not stat.S_ISREG(os.stat(path).st_mode):
        raise AmineError(where, "this is not a file", hint="give the name of a file")
    return open(path, "rb")


def read_text(path: FilePath, where: str, errors: str = "strict") -> str:
    """Text of a file in UTF-8; ``errors`` as for :meth:`bytes.decode`.

    Raises
    ------
    AmineError
        If it cannot be read or is not UTF-8.
    """
    try:
        with open_regular(Path(path), where) as f:
            return f.read().decode("utf-8", errors)
    except FileNotFoundError as e:
        raise AmineError(where, "it does not exist") from e
    except OSError as e:
        raise AmineError(where, "it cannot be read", given=reason(e)) from e
    except ValueError as e:  # a name with a null byte; bytes that are no text
        raise AmineError(where, "it cannot be read as text", given=str(e)[:60]) from e


def read_json(path: Path, where: str, hint: str = "") -> Any:
    """Plain data from a file of JSON.

    Raises
    ------
    AmineError
        If it cannot be read, is not UTF-8 or is not JSON.
    """
    try:
        with open_regular(path, where) as f:
            if os.fstat(f.fileno()).st_size > TEXT_BYTES:
                raise AmineError(where, "it is too long", expected=f"at most {TEXT_BYTES:,} bytes")
            text = f.read(TEXT_BYTES)
    except OSError as e:
        raise AmineError(where, "it cannot be read", given=reason(e)) from e
    try:
        return json.loads(text, object_pairs_hook=_entries)
    except (ValueError, RecursionError, MemoryError) as e:
        raise AmineError(where, "this is not JSON", given=str(e)[:60], hint=hint) from e


def _entries(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The entries of an object; of two of one name a parser would drop one."""
    out = dict(pairs)
    if len(out) < len(pairs):
        twice = next(k for k, _ in pairs if sum(k == n for n, _ in pairs) > 1)
        raise ValueError(f"the entry '{twice[:30]}' stands twice")
    return out


def write_text(target: Path, text: str, where: str, parents: bool = False) -> None:
    """Writes a text file atomically."""
    with replacing(target, where, parents) as temporary:
        temporary.write_text(text, encoding="utf-8")
