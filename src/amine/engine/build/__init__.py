"""Arrays: where states lie, which synapses were drawn, and in which order they are read."""
