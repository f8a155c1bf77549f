"""Descriptions of networks, as data; simulation is in :mod:`amine.engine`."""

from amine.network.network import Network

__all__ = ["Network"]
