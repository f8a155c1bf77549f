"""A single Hodgkin-Huxley or Traub-Miles cell in Brian2, exponential Euler: voltage at the end of each step."""

import brian2 as b
from _exchange import answer, given

a = given()
b.prefs.codegen.target = "numpy"
b.defaultclock.dt = a["dt_ms"] * b.ms
CELLS = {
    "hodgkin_huxley": """dv/dt = (drive - 120*m**3*h*(v - 50) - 36*n**4*(v + 77) - 0.3*(v + 54.387))/ms : 1
        dm/dt = (alpha_m*(1 - m) - beta_m*m)/ms : 1
        dh/dt = (alpha_h*(1 - h) - beta_h*h)/ms : 1
        dn/dt = (alpha_n*(1 - n) - beta_n*n)/ms : 1
        alpha_m = 1.0/exprel(-(v + 40)/10) : 1
        beta_m = 4*exp(-(v + 65)/18) : 1
        alpha_h = 0.07*exp(-(v + 65)/20) : 1
        beta_h = 1/(1 + exp(-(v + 35)/10)) : 1
        alpha_n = 0.1/exprel(-(v + 55)/10) : 1
        beta_n = 0.125*exp(-(v + 65)/80) : 1
        drive : 1""",
    "traub_miles": """dv/dt = (drive - 20000*m**3*h*(v - 50) - 6000*n**4*(v + 90) - 10*(v + 60))/(200*ms) : 1
        dm/dt = (alpha_m*(1 - m) - beta_m*m)/ms : 1
        dh/dt = (alpha_h*(1 - h) - beta_h*h)/ms : 1
        dn/dt = (alpha_n*(1 - n) - beta_n*n)/ms : 1
        alpha_m = 1.28/exprel((-50 - v)/4) : 1
        beta_m = 1.4/exprel((v + 23)/5) : 1
        alpha_h = 0.128*exp((-46 - v)/18) : 1
        beta_h = 4/(1 + exp((-23 - v)/5)) : 1
        alpha_n = 0.16/exprel((-48 - v)/5) : 1
        beta_n = 0.5*exp((-53 - v)/40) : 1
        drive : 1""",
}
cell = b.NeuronGroup(1, CELLS[a["cell"]], method="exponential_euler")
cell.drive = a["drive"]
for state in "vmhn":
    setattr(cell, state, a[state])
trace = b.StateMonitor(cell, "v", record=True, when="end")
b.run(a["duration_ms"] * b.ms)
answer(v=trace.v[0], t=trace.t / b.ms + a["dt_ms"])
