"""From resolved equations to the source text of a module, and the modules kept on disk."""
