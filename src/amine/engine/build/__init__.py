"""State, constants and synapses of a resolved network at time zero, as arrays for the kernels."""
