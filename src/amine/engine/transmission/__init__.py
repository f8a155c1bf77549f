"""The parts of the loop over steps: kinds of synapses, inputs, probes and slow signals, one file each."""
