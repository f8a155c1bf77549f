"""Arguments of a generated kernel: one documented tuple for each owner.

``real`` is float32 or float64, as the run asks. Arrays of one thread are written by this thread alone; of those that all threads
share, each thread writes the part of its own neurons. Places are indices into the state array ``X``.
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

import numpy as np

Real: TypeAlias = type[np.float32] | type[np.float64]  # type of states


class Team(NamedTuple):
    """This thread among all. Owner: the simulation."""

    thread: int  # number of this thread
    threads: int  # how many there are
    blocks: np.ndarray  # [population, BEGIN or END] int64: blocks of 64 neurons that this thread advances
    flags: np.ndarray  # [2, thread] int64: whether a thread's list of spikes is nearly full, by turns
    barrier: int  # address of 16 int64 counters at which threads meet
    events: np.ndarray  # [thread] int64: synaptic events so far
    own: int  # most entries that a thread can list in a step


class Span(NamedTuple):
    """The steps to compute. Owner: the simulation."""

    first: int  # step to begin with
    last: int  # step to end before
    slot: int  # place of the first step in Spikes.parts
    interval: int  # steps after which threads meet, at most the least delay
    dt: float  # ms


class Cells(NamedTuple):
    """States and constants of all neurons. Owner: the simulation."""

    X: np.ndarray  # [place] real: states in blocks of 64 neurons, in the units of their models
    populations: np.ndarray  # [population, POPULATION_COLUMNS] int64
    constants: np.ndarray  # [population, constant] real: constants that all neurons of a population share
    currents: np.ndarray  # [step of this span, stimulus] real: injected currents in the middle of each step, pA
    words: np.ndarray  # [64] uint32, scratch: random words of a block
    normals: np.ndarray  # [64] float64, scratch: standard normals of a block


class Spikes(NamedTuple):
    """Lists of spikes, and of other delivered events, of the steps that delays reach back to. Owner: the simulation."""

    ids: np.ndarray  # [thread, entry] int32: neurons, step by step and population by population
    parts: np.ndarray  # [slot of a step, list, thread, BEGIN or END] int64: entries; populations, then pulses
    payload: np.ndarray  # [row, thread, entry] real: value that each entry carries; a single entry if none is needed
    counts: np.ndarray  # [thread] int64: entries in use


class Filter(NamedTuple):
    """Synapses that add their weight to a state of the target. Owner: transmission/filter."""

    bundles: np.ndarray  # [bundle, COLUMNS of deliver] int64: with addresses of this thread's synapses
    weights: np.ndarray  # [bundle] real: weight that all synapses of a bundle share, in the unit of the receptor
    starts: np.ndarray  # [BATCH] int64, scratch: first synapse of each spike that arrives
    ends: np.ndarray  # [BATCH] int64, scratch: the one after the last
    factors: np.ndarray  # [BATCH] real, scratch: released amount, a factor of the weight


class Poisson(NamedTuple):
    """Poisson inputs. Owner: transmission/inputs."""

    inputs: np.ndarray  # [input, POISSON_COLUMNS] int64
    weights: np.ndarray  # [input] real: weight that all neurons share, in the unit of the receptor
    tables: np.ndarray  # [input, count] uint32: cumulative probabilities of a count
    counts: np.ndarray  # [64] int32, scratch: counts of a block
    words: np.ndarray  # [64] uint32, scratch: random words of a block


class Trains(NamedTuple):
    """Populations that spike at given rates: the next candidate spike of each block. Owner: transmission/inputs."""

    cells: np.ndarray  # [block] int64: lane and step within the epoch
    draws: np.ndarray  # [block] int64: draws so far
    words: np.ndarray  # [block] uint32: random word that decides whether the candidate is kept
    top: np.ndarray  # [block] float64: highest probability of a spike in a step
    inverse: np.ndarray  # [block] float64: 1/ln(1 - top)


class Lists(NamedTuple):
    """Spikes at given times. Owner: transmission/inputs."""

    rows: np.ndarray  # [list of this thread, SPIKE_LIST_COLUMNS] int64


class Release(NamedTuple):
    """Release at the source: states of neurons, advanced from spike to spike. Owner: transmission/release."""

    states: np.ndarray  # [place] float64
    last: np.ndarray  # [place] int64: step of the last spike, -1 before the first
    table: np.ndarray  # [release, RELEASE_COLUMNS] int64
    constants: np.ndarray  # [release, parameter] float64


class Gap(NamedTuple):
    """Gap junctions of this thread's neurons. Owner: transmission/gap."""

    currents: np.ndarray  # [coupled neuron or compartment] int64: place of its current
    own: np.ndarray  # [coupled, 2] int64: places of its voltage and trial voltage
    damping: np.ndarray  # [coupled] float64: part of a correction that is applied; 0 for compartments, whose solve includes their own voltage
    starts: np.ndarray  # [coupled + 1] int64: its first coupling
    neighbours: np.ndarray  # [coupling, 2] int64: places of the neighbour's voltage and trial voltage
    conductances: np.ndarray  # [coupling] float64: nS
    worst: np.ndarray  # [2, thread, group] real: largest change of a trial voltage, by turns, mV
    unsettled: np.ndarray  # [thread] int64: steps in which trial voltages did not come to agree
    tolerances: np.ndarray  # [group] real: change below which trials agree, mV
    groups: np.ndarray  # [population] int64: its group, of populations that junctions connect; -1: none
    members: np.ndarray  # [coupled] int64: the group of each coupled neuron or compartment
    settled: np.ndarray  # [group] bool, scratch: whether the trials of a group agree


class Couplings(NamedTuple):
    """Continuous coupling of this thread's neurons. Owner: transmission/coupling."""

    table: np.ndarray  # [coupling, COUPLING_COLUMNS of device.coupling] int64
    values: np.ndarray  # [value] float64, of all threads: functions of the sources at each step within the delays
    reads: np.ndarray  # [state and neuron] int64: places of states of sources and targets
    given: np.ndarray  # [parameter and neuron] float64: parameters of sources and targets
    inputs: np.ndarray  # [target] int64: place of its input
    starts: np.ndarray  # [target + 1 of each coupling] int64: its first connection
    pairs: np.ndarray  # [connection] int64: its source; in a sum over all pairs the target's own place there, or -1
    delays: np.ndarray  # [connection] int64: steps
    numbers: np.ndarray  # [number] float64: values that all connections share, then those of each
    lanes: np.ndarray  # [64] float64, scratch: partial sums


class Courses(NamedTuple):
    """Courses in time, which are added to inputs of this thread's neurons. Owner: transmission/courses."""

    values: np.ndarray  # [step of this chunk, column] real: in the unit of the input
    first: int  # step of the first row
    places: np.ndarray  # [entry] int64: an input
    columns: np.ndarray  # [entry] int64: the column that is added to it


class Drives(NamedTuple):
    """Rates and weights that follow courses in time, of sources and Poisson inputs to this thread's neurons. Owner: transmission/drives."""

    values: np.ndarray  # [step of this chunk, column] real: probability of a spike, expected count, or weight
    first: int  # step of the first row
    places: np.ndarray  # [entry] int64: a value of a neuron
    columns: np.ndarray  # [entry] int64: the column that is put there


class Named(NamedTuple):
    """Named inputs of this thread's neurons, to which others add. Owner: transmission/named."""

    inputs: np.ndarray  # [value] int64: places


class Probes(NamedTuple):
    """Recordings of this thread's neurons. Owner: transmission/probes."""

    table: np.ndarray  # [probe and variable, PROBE_COLUMNS] int64
    places: np.ndarray  # [value] int64: places that are read
    out: np.ndarray  # [sample] real: samples of this span


class Plastic(NamedTuple):
    """Plastic synapses. Owner: transmission/plastic."""

    bundles: np.ndarray  # [bundle, COLUMNS of device.plastic] int64: with addresses of this thread's synapses
    constants: np.ndarray  # [bundle, constant] real: made of parameters
    parameters: np.ndarray  # [bundle, parameter] float64
    decays: np.ndarray  # [bundle, rate, entry] real: tables of exp(-rate t) and its means
    sources: np.ndarray  # [place] float64: states of source neurons, with the step up to which they are known
    signals: np.ndarray  # [place] float64: slow signals of the last ticks
    every: int  # steps from one sweep to the next


class Kinetic(NamedTuple):
    """Schemes of receptors at the source. Owner: transmission/kinetic."""

    groups: np.ndarray  # [group, G_COLUMNS] int64: pulse groups
    numbers: np.ndarray  # [group, R_COLUMNS] float64: their clefts
    states: np.ndarray  # [place] float64: receptors of each neuron or site
    steps: np.ndarray  # [place] int64: TIMES whole numbers of each neuron or site
    propagators: np.ndarray  # [entry] float64
    ranges: np.ndarray  # [group, BEGIN or END] int64: neurons that this thread advances
    bundles: np.ndarray  # [bundle, V_COLUMNS] int64: each twice, for starts and ends of pulses
    weights: np.ndarray  # [bundle, value] float64: in the receptor's unit, or in quanta for masses
    rows: np.ndarray  # [bundle, value] int64: distance from the first row
    masses: np.ndarray  # [bundle, value] bool: whether the row holds a mass
    whole: np.ndarray  # [place] int of real's size: X as whole numbers
    values: np.ndarray  # [value, BATCH] float64, scratch: payload of each event that arrives
    starts: np.ndarray  # [BATCH] int64, scratch: first synapse of each event
    ends: np.ndarray  # [BATCH] int64, scratch: the one after the last
    real: np.ndarray  # [BATCH] real, scratch: one value of each event
    quanta: np.ndarray  # [BATCH] int of real's size, scratch: the same in quanta
    moved: np.ndarray  # [2 values] float64, scratch: change of states by a pulse
    changed: np.ndarray  # [values + COLUMN] float64, scratch


class Synaptic(NamedTuple):
    """Synapses that release independently of each other. Owner: transmission/synaptic."""

    bundles: np.ndarray  # [bundle, Y_COLUMNS] int64: with addresses of this thread's synapses
    numbers: np.ndarray  # [bundle, Y_REALS] float64
    ready: np.ndarray  # [synapse] uint8: sites with a vesicle
    own: np.ndarray  # [value of each synapse] float32: states and parameters of release of synapses that differ


class Minis(NamedTuple):
    """Spontaneous release. Owner: transmission/minis."""

    bundles: np.ndarray  # [bundle, M_COLUMNS] int64
    numbers: np.ndarray  # [bundle, M_REALS] float64
    thresholds: np.ndarray  # [neuron] uint32: a random word below it releases
    starts: np.ndarray  # [neuron + 1 of each bundle] int64: first synapse of a target
    places: np.ndarray  # [neuron] int64: state of the receptor
    weights: np.ndarray  # [synapse] real: in the unit of the receptor
    words: np.ndarray  # [64] uint32, scratch: random words of a block


class Explicit(NamedTuple):
    """Synapses with a cleft and receptors of their own, sorted by target. Owner: transmission/explicit."""

    bundles: np.ndarray  # [bundle, X_COLUMNS] int64: with addresses of this thread's synapses
    numbers: np.ndarray  # [bundle, X_REALS] float64: clefts and rates
    transmitter: np.ndarray  # [synapse] float32: uM
    until: np.ndarray  # [synapse] int32: step at which a square pulse ends
    spilt: np.ndarray  # [target] float32: transmitter that is to be shared between a target's synapses, uM
    owner: np.ndarray  # [synapse] int32: its target
    ready: np.ndarray  # [synapse] uint8: sites with a vesicle
    own: np.ndarray  # [value of each synapse] float32: states and parameters of release of synapses that differ
    seen: np.ndarray  # [synapse] uint32: its number in canonical order, the counter of random numbers
    mean: np.ndarray  # [synapse of a bundle] float32, scratch: mean concentration of the step, uM
    states: np.ndarray  # [value of each synapse] float32: receptors
    rates: np.ndarray  # [2, synapse] float32: binding and unbinding of synapses that differ, 1/(uM ms) and 1/ms
    weights: np.ndarray  # [synapse] float32: nS
    starts: np.ndarray  # [target + 1 of each bundle] int64: first synapse of a target
    places: np.ndarray  # [target] int64: its conductance
    voltages: np.ndarray  # [target] int64: its voltage
    fresh: np.ndarray  # [value x PIECE] float32, scratch: states after the step
    table: np.ndarray  # [entry] float32: propagators
    parameters: np.ndarray  # [bundle, parameter] float32: of the schemes
