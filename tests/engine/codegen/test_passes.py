"""Loops over lanes that are divided behind the new voltage."""

import numpy as np
import pytest

import amine as am
from amine.engine.codegen import cell
from amine.engine.codegen.fuse import fuse
from amine.engine.codegen.passes import divided
from amine.engine.codegen.program import names_of, point_program
from amine.engine.resolve.cells import CellStructure


def program(model):
    structure = CellStructure(am.models.get(model), (), stimuli=1)
    return point_program(structure, fuse(structure))


POINTS = [n for n in am.models.names("neuron") if getattr(am.models.get(n), "cell", None) is None]


@pytest.mark.parametrize("name", POINTS)
def test_parts_read_nothing_of_each_other_but_new_states(name):
    p = program(name)
    first, second = divided(p)
    assert [*first, *second] == list(p.body)
    made = {n for n, _ in first}
    assert not names_of(e for _, e in second) & (made - set(p.out.values()))


def test_division_changes_no_bit(monkeypatch):
    def run():
        net = am.Network(seed=2)
        E = net.population("E", 70, "traub_miles", I_e=am.uniform("0 pA", "600 pA"))
        net.synapses(E, E, receptor="AMPA", weight="1 nS", p=0.1)
        net.probe(E[:5], "v", "m", "h", name="E")
        return net.run("20 ms", progress=False)

    assert divided(program("traub_miles"))[1]
    a = run()
    monkeypatch.setattr(cell, "divided", lambda p: (p.body, []))
    b = run()
    assert np.array_equal(a.spikes["E"].times, b.spikes["E"].times)
    for x in "vmh":
        assert np.array_equal(a.probes["E"][x], b.probes["E"][x])
