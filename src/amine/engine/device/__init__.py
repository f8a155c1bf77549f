"""Compiled functions that generated kernels call, and the columns of the tables that they read."""
