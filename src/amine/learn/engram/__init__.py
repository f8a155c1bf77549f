"""Engram: memories kept apart by inhibition that learns. A rule of four compounds in NumPy alone; torch is needed by its optimiser only.

Neurons with fixed random inputs (:class:`Expansion`) are driven by a sample to rates phi. Everything learned is local to synapses:

| compound | what it does |
|---|---|
| GABA | ``M_ij += phi_i phi_j``, inhibitory synapses, Hebbian on the drive of both ends. At rest lateral inhibition leaves ``k = (leak + gaba M)^-1 phi`` |
| dopamine | ``w_c += dopamine (t_c - w_c.phi) k / (1 + acetylcholine u)``, one error for each output |
| acetylcholine | ``u = phi.k``, the expected uncertainty: gain of learning, drive of exploration; sets the leak if asked to (:class:`Trust`) |
| noradrenaline | an outcome's error against that outcome's own past error; a surprise lets go of M and w |

With all doses at 1 the weights are those of ridge regression on all samples seen, in whatever order they came: this is recursive least
squares (Plackett RL (1950) Biometrika 37:149-157), as in OS-ELM (Liang et al. 2006), OWM (Zeng et al. 2019) and ACIL (Zhuang et al. 2022),
written as a circuit. With ``gaba=0`` it is the normalised delta rule, which forgets.

>>> import numpy as np
>>> memory = Memory(neurons=2, outputs=1)
>>> memory.learn(np.eye(2), np.ones((2, 1))).ravel().tolist()
[1.0, 1.0]
"""

from __future__ import annotations

from amine.learn.engram.chemistry import Chemistry
from amine.learn.engram.expansion import Expansion
from amine.learn.engram.inhibition import Inhibition
from amine.learn.engram.memory import Memory
from amine.learn.engram.surprise import Surprise
from amine.learn.engram.trust import Trust

__all__ = ["Chemistry", "Expansion", "Inhibition", "Memory", "Surprise", "Trust"]
