"""Campaigns of benchmarks/reliability.py: what can go wrong with runs and files, tried many times."""
