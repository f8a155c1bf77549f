"""A network in time: the running simulation, whole runs, loops with a world, and checkpoints."""
