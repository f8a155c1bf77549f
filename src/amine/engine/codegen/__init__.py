"""From the structure of a network to the source of its generated module."""
