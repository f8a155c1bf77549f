"""Scans on graphics cards: the program of a layer as CUDA C, how it is compiled and launched, and the tensors around it."""
