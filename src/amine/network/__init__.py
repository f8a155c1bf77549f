"""The description of networks; nothing here runs anything."""

from amine.network.network import Network

__all__ = ["Network"]
