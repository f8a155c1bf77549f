"""Parts of ``benchmarks/identity.py``: cases, the process that runs them, and the comparison of what they gave."""
