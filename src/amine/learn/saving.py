"""Estimators as files: weights as safetensors, everything else as JSON in the header; nothing in them can run code."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

import numpy as np
import torch
from torch import Tensor

from amine import __version__
from amine.errors import AmineError
from amine.files import replacing
from amine.learn import algorithms
from amine.models import find
from amine.models.model import Model
from amine.optional import optional

if TYPE_CHECKING:
    from amine.given import FilePath
    from amine.learn.base import Estimator

FORMAT = "amine.learn"
VERSION = 2


class Labels(TypedDict):
    """Class labels in a model file: NumPy dtype, and the labels in order."""

    dtype: str
    values: list[str | int | float | bool]


def _digest(tensors: dict[str, Tensor]) -> str:
    h = hashlib.sha256()
    for name in sorted(tensors):
        h.update(name.encode())
        h.update(tensors[name].contiguous().numpy().tobytes())
    return h.hexdigest()


def _mask() -> int:
    """File mode creation mask (umask) of this process."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def save(estimator: Estimator, path: FilePath, overwrite: bool = False) -> Path:
    """See :meth:`amine.learn.Classifier.save`."""
    with optional("save"):
        from safetensors import SafetensorError
        from safetensors.torch import save_file

    target = Path(path)
    if target.exists() and not overwrite:
        raise AmineError(f"model file '{target}'", "it exists", hint="choose another name or pass overwrite=True")
    tensors = {k: v.detach().contiguous().clone() for k, v in estimator._tensors().items()}
    description = {**estimator._describe(), "amine": __version__, "sha256": _digest(tensors)}
    meta = {"format": FORMAT, "version": str(VERSION), "description": json.dumps(description)}
    with replacing(target, f"model file '{target}'", parents=True) as temporary:
        try:
            save_file(tensors, temporary, metadata=meta)
        except SafetensorError as e:  # it wraps errors of the file system
            raise OSError(str(e)) from e
        temporary.chmod(0o666 & ~_mask())  # save_file allows the owner alone; now as open() would
    return target


def read(path: FilePath) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """Description and tensors of a file, checked; raises AmineError if it is missing, damaged or of another version."""
    with optional("load"):
        from safetensors import SafetensorError, safe_open

    where = f"model file '{path}'"
    if not Path(path).is_file():
        raise AmineError(where, "it does not exist")
    try:
        with safe_open(path, framework="pt") as f:
            meta = f.metadata() or {}
            tensors = {k: f.get_tensor(k) for k in f.keys()}  # noqa: SIM118  (not a mapping)
    except (SafetensorError, OSError, ValueError, RuntimeError) as e:
        raise AmineError(where, "it is damaged or not a model file", given=str(e).splitlines()[0][:80]) from e
    if meta.get("format") != FORMAT:
        raise AmineError(where, "it was not written by amine", hint="write models with save()")
    if meta.get("version") != str(VERSION):
        raise AmineError(where, "it is of another version", given=meta.get("version", "none"), expected=str(VERSION))
    try:
        description = json.loads(meta["description"])
    except (KeyError, ValueError) as e:
        raise AmineError(where, "its description is damaged") from e
    if not isinstance(description, dict) or description.get("sha256") != _digest(tensors):
        raise AmineError(where, "it is damaged: the weights are not those that were written")
    return description, tensors


def plain(value: Any) -> Any:
    """JSON-serialisable form of an estimator's parameter."""
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, tuple | list):
        return [plain(v) for v in value]
    if isinstance(value, dict):
        return {"__pairs__": [[plain(k), plain(v)] for k, v in value.items()]}
    if isinstance(value, algorithms.Rule):
        return {"__rule__": value.to_dict()}
    if isinstance(value, Model):
        return {"__model__": value.to_dict()}
    if value is None or isinstance(value, str | int | float | bool):
        return value
    raise AmineError("save()", "this parameter can't be written", given=repr(value)[:60])


def unplain(value: object) -> Any:
    """Inverse of :func:`plain`."""
    if isinstance(value, list):
        return tuple(unplain(v) for v in value)
    if not isinstance(value, dict):
        return value
    if "__pairs__" in value:
        return {unplain(k): unplain(v) for k, v in value["__pairs__"]}
    if "__rule__" in value:
        options = dict(value["__rule__"])
        return algorithms.get(options.pop("name"), "model file", **{k: unplain(v) for k, v in options.items()})

    return find.from_dict(value["__model__"])


def array_to_plain(a: np.ndarray) -> Labels:
    """JSON-serialisable form of class labels; raises AmineError for labels that are neither numbers nor texts."""
    if a.dtype.kind == "O" and not all(isinstance(v, str | int | float | bool) for v in a):
        raise AmineError("save()", "class labels must be numbers or texts", given=str(a[:3]))
    return {"dtype": "object" if a.dtype.kind == "O" else a.dtype.str, "values": a.tolist()}


def array_from_plain(data: Labels) -> np.ndarray:
    """Inverse of :func:`array_to_plain`."""
    return np.array(data["values"], dtype=object if data["dtype"] == "object" else np.dtype(data["dtype"]))


def numpy_tensor(x: object, dtype: torch.dtype) -> Tensor:
    """An array as a tensor of this type."""
    return torch.from_numpy(np.array(x)).to(dtype)
