"""Files of a store on disk: written atomically, flushed to disk, and compared with their digests at each reading."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from amine.errors import AmineError
from amine.files import canonical, force, reason, replacing, sweep
from amine.optional import optional

if TYPE_CHECKING:
    from zarr import Array
    from zarr.abc.store import ByteRequest
    from zarr.core.buffer import Buffer, BufferPrototype

ROOT = "zarr.json"  # its attributes hold the digests of all other files, and a digest of themselves
LARGEST_CHUNK = 2**30
MAGIC = b"\x28\xb5\x2f\xfd"


def zarr() -> Any:
    """Return the package zarr; raises AmineError if it is missing."""
    with optional("store"):
        import zarr
    return zarr


def fingerprint(key: str, content: bytes) -> str:
    """Digest of a file's bytes; of an array's description without its length, which grows during a run."""
    if key.endswith(ROOT):
        description = json.loads(content)
        description.pop("shape", None)
        content = canonical(description)
    return hashlib.blake2b(content, digest_size=16).hexdigest()


def unpacked(content: bytes) -> int:
    """Uncompressed bytes of a chunk, read from its single Zstandard frame (RFC 8878, 3.1.1); -1 for other content."""
    if len(content) < 6 or content[:4] != MAGIC:
        return -1
    flags, at = content[4], 5
    single, wide = flags >> 5 & 1, flags >> 6
    at += (0 if single else 1) + (0, 1, 2, 4)[flags & 3]
    width = (single, 2, 4, 8)[wide]
    if width == 0:
        return -1
    size = int.from_bytes(content[at : at + width], "little") + (256 if width == 2 else 0)
    at, last = at + width, False
    while not last and at + 3 <= len(content):
        block = int.from_bytes(content[at : at + 3], "little")
        last, kind, length = bool(block & 1), block >> 1 & 3, block >> 3
        at += 3 + (1 if kind == 1 else length)
    return size if last and at + 4 * (flags >> 2 & 1) == len(content) else -1


class Files:
    """Files that belong in the folder of a store, with their digests.

    Parameters
    ----------
    path : the folder.
    where : name of the store in errors.
    digests : digests of all files but the root, by name within the folder.
    complete : True if other files are an error; False during a run.
    """

    def __init__(self, path: Path, where: str, digests: Mapping[str, str] | None = None, complete: bool = False):
        self.path, self.where = path, where
        self.digests, self.complete = dict(digests or {}), complete
        self.limits: dict[str, int] = {}  # bytes of a chunk, by array

    def damaged(self, key: str, problem: str) -> AmineError:
        """Return the error for a file that is not as written."""
        hint = "restore it from a copy, or run again into a new store"
        return AmineError(self.where, f"it is damaged: file '{key}' {problem}", hint=hint)

    def check(self, key: str, content: bytes | None) -> None:
        """Compare the content of a file with its digest; None stands for a missing file. Raises AmineError if they differ."""
        if key == ROOT or "/" not in key:
            return
        if key not in self.digests:
            if content is not None and self.complete:
                raise self.damaged(key, "does not belong to it")
            return
        if content is None:
            raise self.damaged(key, "is missing")
        try:
            same = fingerprint(key, content) == self.digests[key]
        except (ValueError, AttributeError, RecursionError):
            same = False
        if not same:
            raise self.damaged(key, "is not as it was written")
        array, found, _ = key.partition("/c/")
        if found and not 0 <= unpacked(content) <= self.limits.get(array, LARGEST_CHUNK):
            raise self.damaged(key, "is larger than its array allows")

    def set_length(self, name: str, rows: int) -> None:
        """Set the number of rows in an array's description."""
        key = f"{name}/{ROOT}"
        description = json.loads((self.path / key).read_bytes())
        description["shape"][0] = rows
        self.write(key, canonical(description))

    def check_all(self) -> None:
        """Read all files and compare them with their digests."""
        for key in self.digests:
            path = self.path / key
            self.check(key, path.read_bytes() if path.is_file() else None)

    def write(self, key: str, content: bytes) -> None:
        """Write a file atomically, flush it to disk and keep its digest."""
        path = self.path / key
        new = [p for p in path.parents if p.is_relative_to(self.path) and not p.exists()]
        with readable_errors(self.where):
            path.parent.mkdir(parents=True, exist_ok=True)
            for folder in new:
                force(folder.parent)
        with replacing(path, self.where) as temporary:
            temporary.write_bytes(content)
        if "/" in key:
            self.digests[key] = fingerprint(key, content)

    def drop_others(self) -> None:
        """Remove files that are not among the digests, such as leftovers of killed writers."""
        for path in [p for p in self.path.rglob("*") if p.is_file()]:
            key = path.relative_to(self.path).as_posix()
            if key != ROOT and key not in self.digests:
                path.unlink(missing_ok=True)
        sweep(self.path / ROOT)


@contextmanager
def readable_errors(where: str) -> Iterator[None]:
    """Context in which errors of the system, such as a full disk, become an AmineError."""
    try:
        yield
    except AmineError:
        raise
    except OSError as e:
        raise AmineError(where, "it cannot be written", given=reason(e)) from e


def open_root(files: Files, write: bool) -> Any:
    """Root group of a store whose files are checked when they are read."""
    package = zarr()
    from zarr.storage import LocalStore

    class Checked(LocalStore):
        """Files of a folder: reading compares with the digest, writing flushes to disk."""

        def with_read_only(self, read_only: bool = False) -> Any:
            return type(self)(self.root, read_only=read_only)

        async def get(
            self, key: str, prototype: BufferPrototype | None = None, byte_range: ByteRequest | None = None
        ) -> Any:
            found = await super().get(key, prototype)
            files.check(key, None if found is None else found.to_bytes())
            return found if byte_range is None else await super().get(key, prototype, byte_range)

        async def set(self, key: str, value: Buffer) -> None:
            self._check_writable()
            files.write(key, value.to_bytes())

        async def set_if_not_exists(self, key: str, value: Buffer) -> None:
            if not (self.root / key).exists():
                await self.set(key, value)

        def get_sync(
            self, key: str, *, prototype: BufferPrototype | None = None, byte_range: ByteRequest | None = None
        ) -> Any:
            found = super().get_sync(key, prototype=prototype)
            files.check(key, None if found is None else found.to_bytes())
            return found

        def set_sync(self, key: str, value: Buffer) -> None:
            self._check_writable()
            files.write(key, value.to_bytes())

    store = Checked(files.path, read_only=not write)
    return package.open_group(store=store, mode="a" if write else "r", zarr_format=3)


def check_array(
    files: Files, name: str, array: Array, shape: tuple[int, ...], chunks: tuple[int, ...], kind: str
) -> None:
    """Check shape, type and chunks of an array before memory is allocated for it.

    Raises
    ------
    AmineError
        If its description differs from the store's, or a chunk is missing.
    """
    given = (tuple(array.shape), tuple(array.chunks), array.dtype.str)
    if given != (shape, chunks, kind):
        expected = f"{shape} of {kind} in chunks of {chunks}"
        raise files.damaged(f"{name}/{ROOT}", f"describes another array ({given}) than the store does ({expected})")
    size = math.prod(chunks) * array.dtype.itemsize
    if size > LARGEST_CHUNK:
        raise files.damaged(f"{name}/{ROOT}", "describes chunks that are too large")
    files.limits[name] = size
    there = {k for k in files.digests if k.startswith(f"{name}/c/")}
    rest = "/0" * (len(shape) - 1)
    needed = -(-shape[0] // chunks[0]) if math.prod(shape) else 0
    if needed != len(there) or any(f"{name}/c/{i}{rest}" not in there for i in range(needed)):
        raise files.damaged(f"{name}/c", f"has {len(there)} chunks and should have {needed}")
