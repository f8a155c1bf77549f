"""A network in time: runs, loops, threads and checkpoints."""
