"""Frames: what happened in a stretch of a running network, as bytes for a page.

A frame is the text ``AMF1``, the length of a JSON text in bytes (uint32), that text, zeros up to a multiple of eight, and arrays. The text holds
the times and lists the arrays: name, type, length, and the byte at which each begins, counted from the end of the zeros.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from typing import Any

import numpy as np

from amine.errors import AmineError

MAGIC = b"AMF1"
TYPES = {"f4": np.dtype("<f4"), "u2": np.dtype("<u2"), "u4": np.dtype("<u4")}


def pack(about: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> bytes:
    """A frame as bytes.

    Parameters
    ----------
    about : JSON-able data. arrays : one-dimensional arrays of float32, uint16 or uint32 by name.

    Examples
    --------
    >>> about, arrays = unpack(pack({"stop": 5.0}, {"rows": np.array([1, 2], np.uint16)}))
    >>> about["stop"], arrays["rows"].tolist()
    (5.0, [1, 2])
    """
    listed, body, at = [], [], 0
    for name, x in arrays.items():
        kind = next(k for k, d in TYPES.items() if d == x.dtype.newbyteorder("<"))
        data = np.ascontiguousarray(x, TYPES[kind]).tobytes()
        listed.append([name, kind, int(x.size), at])
        body.append(data + bytes(-len(data) % 8))
        at += len(body[-1])
    text = json.dumps({**about, "arrays": listed}, allow_nan=False, separators=(",", ":")).encode()
    head = MAGIC + struct.pack("<I", len(text)) + text
    return head + bytes(-len(head) % 8) + b"".join(body)


def unpack(data: bytes) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Data and arrays of a frame; raises AmineError if it is damaged."""
    try:
        if data[:4] != MAGIC:
            raise ValueError("no frame")
        (length,) = struct.unpack_from("<I", data, 4)
        about = json.loads(data[8 : 8 + length])
        begin = 8 + length + (-(8 + length) % 8)
        arrays = {}
        for name, kind, size, at in about.pop("arrays"):
            arrays[str(name)] = np.frombuffer(data, TYPES[kind], int(size), begin + int(at))
        return about, arrays
    except (ValueError, KeyError, TypeError, struct.error) as e:
        raise AmineError("frame", "it is damaged", given=str(e)[:60]) from e


__all__ = ["pack", "unpack"]
