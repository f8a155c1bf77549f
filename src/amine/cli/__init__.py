"""The command line: ``amine run``, ``train``, ``dose``, ``compounds``, ``models``, ``circuits``, ``describe``, ``cache``."""

from __future__ import annotations

from amine.cli.main import app, main

__all__ = ["app", "main"]
