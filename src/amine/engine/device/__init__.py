"""Compiled functions that generated kernels call, and the columns of the tables they read. Imports NumPy and Numba only."""
