"""The ring of astrocytes.py in Brian2; prints its measures: python astrocytes.py SEED"""

import json

import numpy as np
from brian2 import NeuronGroup, StateMonitor, Synapses, defaultclock, ms, prefs, run, second, umolar

prefs.codegen.target = "numpy"
defaultclock.dt = 50 * ms
u, s, N = umolar, second, 50
names = dict(
    O_P=0.9 * u / s, K_P=0.05 * u, C_T=2 * u, rho=0.18, Omega_C=6 / s, Omega_L=0.1 / s, d_1=0.13 * u, d_2=1.05 * u,
    d_3=0.9434 * u, d_5=0.08 * u, O_2=0.2 / u / s, O_delta=0.6 * u / s, kappa_delta=1.5 * u, K_delta=0.1 * u,
    Omega_5P=0.05 / s, K_D=0.7 * u, K_3K=1 * u, O_3K=4.5 * u / s, F=0.09 * u / s, P_theta=0.3 * u, omega_P=0.05 * u,
)  # fmt: skip
ring = NeuronGroup(
    N,
    """
    J_delta = O_delta/(1 + P/kappa_delta)*C**2/(C**2 + K_delta**2) : mmolar/second
    J_3K = O_3K*C**4/(C**4 + K_D**4)*P/(P + K_3K) : mmolar/second
    gradient = P - bias*int(t % (50*second) < 20*second) : mmolar
    J_ex = -F/2*(1 + tanh((abs(gradient) - P_theta)/omega_P))*sign(gradient) : mmolar/second
    dP/dt = J_delta - J_3K - Omega_5P*P + J_ex + coupled : mmolar
    coupled : mmolar/second
    Q_2 = d_2*(P + d_1)/(P + d_3) : mmolar
    m_inf = P/(P + d_1)*C/(C + d_5) : 1
    dC/dt = (Omega_C*m_inf**3*h**3 + Omega_L)*(C_T - (1 + rho)*C) - O_P*C**2/(C**2 + K_P**2) : mmolar
    dh/dt = O_2*(Q_2 + C)*(Q_2/(Q_2 + C) - h) : 1
    bias : mmolar
    """,
    method="rk4",
    namespace=names,
)
ring.bias[N // 2] = 1 * u
ring.h = 0.9
junctions = Synapses(
    ring,
    ring,
    """gap = P_post - P_pre : mmolar
    coupled_post = -F/2*(1 + tanh((abs(gap) - P_theta)/omega_P))*sign(gap) : mmolar/second (summed)""",
    namespace=names,
)
i = np.repeat(np.arange(N), 2)
junctions.connect(i=i, j=(i + np.tile([1, -1], N)) % N)
trace = StateMonitor(ring, "C", record=True, dt=500 * ms)
run(1000 * s)
C = trace.C.T / u
found = ((C[1:] > 0.5) & (C[:-1] <= 0.5)).sum(axis=0)
first = [float(trace.t[(C[:, k] > 0.5).argmax()] / s) for k in (25, 20, 10)]
print(
    json.dumps(
        {
            "first rise of the stimulated one (s)": first[0],
            "first rise five cells away (s)": first[1],
            "first rise fifteen cells away (s)": first[2],
            "rises of the stimulated one": int(found[25]),
            "rises of all": int(found.sum()),
            "highest calcium (uM)": float(C.max()),
        }
    )
)
