"""Optional packages: where one is missing, an error says which extra installs it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from amine.errors import AmineError

EXTRAS = {
    "zarr": "store",
    **dict.fromkeys(("xarray", "pandas", "neo", "quantities", "elephant"), "export"),
    **dict.fromkeys(("rdkit", "dask", "distributed"), "chem"),
    **dict.fromkeys(("torch", "sklearn", "safetensors"), "learn"),
    **dict.fromkeys(("captum", "fairlearn", "opacus"), "audit"),
    **dict.fromkeys(("nir", "onnx", "onnxruntime", "h5py"), "exchange"),
    "morphio": "morphology",
    **dict.fromkeys(("anywidget", "traitlets"), "notebook"),
}
NAMES = {"sklearn": "scikit-learn", "distributed": "dask.distributed", "rdkit": "RDKit"}


@contextmanager
def optional(where: str, hint: str = "") -> Iterator[None]:
    """Imports within may need packages that come with an extra.

    Parameters
    ----------
    where : place named in the error. hint : what else can be done.

    Raises
    ------
    AmineError
        A package is missing.

    Examples
    --------
    >>> with optional("export"):
    ...     raise ModuleNotFoundError("No module named 'xarray'", name="xarray")
    Traceback (most recent call last):
    ...
    amine.errors.AmineError: export: xarray is not installed; pip install 'amine[export]'
    """
    try:
        yield
    except ModuleNotFoundError as e:
        package = (e.name or "").partition(".")[0]
        if package not in EXTRAS:
            raise
        mend = f"pip install 'amine[{EXTRAS[package]}]'" + (f", or {hint}" if hint else "")
        raise AmineError(where, f"{NAMES.get(package, package)} is not installed", hint=mend) from None


__all__ = ["EXTRAS", "optional"]
