"""Programs of receptors, which filter arriving weights, and of release models, which scale spikes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from amine.engine.codegen.common import Steps, shared
from amine.engine.codegen.fuse import Fused
from amine.engine.codegen.program import Program
from amine.engine.codegen.step import Stepper
from amine.equations import parse
from amine.equations.integrate import choose
from amine.equations.symbols import symbol
from amine.errors import AmineError
from amine.learn.nn.program import blend, name_constants

if TYPE_CHECKING:
    import sympy as sp

    from amine.equations.system import Equations
    from amine.models.model import Model


def receptor_program(model: Model, arrays: frozenset[str]) -> Program:
    """Program of a single receptor: inputs ``w``, arriving at the start of a step, and ``v``; result ``current`` at the start."""
    eq = parse(model)
    state = eq.on_spike[0][0]
    if state not in eq.states:
        raise AmineError(
            f"Receptor '{model.name}'", "it has no state of its own", hint="add its weights to the voltage"
        )
    stepper = Stepper(_alone(eq, {"v"}), arrays)
    load = {s: s for s in eq.states} | {state: f"old_{state}"}
    body: Steps = [(state, symbol(load[state]) + symbol("w"))]
    steps, new = stepper.updates()
    body += shared(steps, "y")
    assert eq.current is not None
    body.append(("current_now", stepper.constants.take(eq.expand(eq.current))))
    return _program(model, eq, stepper, load, body, new, ["w", "v"], {"current": "current_now"})


def release_program(model: Model, arrays: frozenset[str]) -> Program:
    """Program of a release model: input ``s``, 1 for a spike at the end of a step; result ``released``, s times the payload."""
    eq = parse(model)
    if model.quantal:
        raise AmineError(
            f"Release '{model.name}'",
            "it releases quanta at random, which has no adjoint",
            hint="use tsodyks_markram with U = p, and weights of n quanta",
        )
    methods = choose(eq.full_rhs, set(eq.parameters), set())
    if any(m != "exact" for m in methods.values()):
        raise AmineError(f"Release '{model.name}'", "its states are not linear between spikes")
    stepper = Stepper(_alone(eq, set()), arrays)
    steps, new = stepper.updates()
    body: Steps = list(shared(steps, "y"))
    now = dict(new)

    def put(events: Iterable[tuple[str, sp.Expr]], prefix: str) -> None:
        for i, (name, e) in enumerate(events):
            swap = {symbol(q): symbol(n) for q, n in now.items()} | {symbol("payload"): symbol("payload_now")}
            body.append((f"{prefix}_{i}_{name}", stepper.constants.take(eq.expand(e).subs(swap, simultaneous=True))))
            now[name] = f"{prefix}_{i}_{name}"

    put(eq.on_spike, "on")
    swap = {symbol(q): symbol(n) for q, n in now.items()}
    assert eq.payload is not None
    body.append(("payload_now", stepper.constants.take(eq.expand(eq.payload).subs(swap, simultaneous=True))))
    put(eq.after_spike, "after")
    out = {}
    for s in eq.states:
        out[s] = f"end_of_{s}"
        body.append((out[s], blend(symbol("s"), symbol(new[s]), symbol(now[s]))))
    body.append(("released_now", symbol("s") * symbol("payload_now")))
    return _program(model, eq, stepper, {s: s for s in eq.states}, body, out, ["s"], {"released": "released_now"})


def _alone(eq: Equations, inputs: set[str]) -> Fused:
    """The equations as a system without threshold, reset and receptors."""
    return Fused(eq.full_rhs, dict(eq.states), set(eq.parameters), inputs, None, (), None, (), {})


def _program(
    model: Model,
    eq: Equations,
    stepper: Stepper,
    load: dict[str, str],
    body: Steps,
    out: dict[str, str],
    inputs: list[str],
    results: dict[str, str],
) -> Program:
    scalars, differ = stepper.constants.split()
    p = Program(
        name=model.name,
        load=load,
        out=dict(out),
        before=dict(out),
        inputs=inputs,
        noises=[],
        body=body,
        units=dict(eq.states),
        parameters=sorted(eq.parameters),
        constants=dict(stepper.constants.named),
        linear=stepper.linear,
        half=stepper.half,
        scalars=scalars,
        differ=differ,
        entries=stepper.entry_words(),
        stages=stepper.stages,
        initial=dict(eq.starts),
        results=results,
        integrators=dict(stepper.methods),
    )
    name_constants(p)
    return p
