"""What is generated can be read: short lines, names that speak, nothing assigned that nobody reads."""

from __future__ import annotations

import ast
import re

import numpy as np
import pytest

import amine as am
from amine.engine.codegen.cell import generate
from amine.engine.codegen.release import release_source
from amine.engine.codegen.rule import Writer
from amine.engine.codegen.scheme import scheme_code
from amine.engine.codegen.tree import generate as generate_tree
from amine.engine.resolve.cells import CellStructure
from amine.engine.resolve.resolved import resolve
from amine.engine.resolve.rules import rules_of

NEURONS = [n for n in am.models.names() if am.models.get(n).kind == "neuron"]
POINTS = [n for n in NEURONS if getattr(am.models.get(n), "cell", None) is None]


def faults(source: str) -> list[str]:
    """What a reader would stumble over."""
    out = [f"long line: {line}" for line in source.splitlines() if len(line) >= 120]
    out += [f"number for a name: {n}" for n in sorted(set(re.findall(r"\b_c\d+\b", source)))]
    out += [f"brackets around a number: {x}" for x in re.findall(r"\(\(\d[\d.e-]*\)", source)]
    for f in ast.walk(ast.parse(source)):
        if isinstance(f, ast.FunctionDef):
            names = [n for n in ast.walk(f) if isinstance(n, ast.Name)]
            read = {n.id for n in names if isinstance(n.ctx, ast.Load)}
            out += [
                f"{f.name}: {n.id} is never read"
                for n in names
                if isinstance(n.ctx, ast.Store) and n.id not in read | {"q", "_"}
            ]
    return out


def structures(name):
    m = am.models.get(name)
    ports = tuple(m.receptors.items())
    yield CellStructure(m, ports)
    yield CellStructure(m, ports, stimuli=2, arrays=frozenset(sorted(m.units)[::2]))
    yield CellStructure(m, ports, gap=True, varying=tuple(sorted(m.units)[:3]))


@pytest.mark.parametrize("name", POINTS)
def test_neurons(name):
    for cell in structures(name):
        assert faults(generate(cell, 0).source) == []


def test_a_cell_with_a_tree():
    cell = am.morphology.ball_and_stick("20 um", ("200 um", "2 um"))
    neuron = am.models.cable(cell, {"soma": ["Na_HH", "K_HH"], "*": ["leak_HH"]}, R_a="150 Ohm cm")
    net = am.Network(seed=1)
    A = net.population("A", 2, neuron)
    net.synapses(A, A.at("dendrite"), receptor="AMPA", weight="1 nS", connect="all_to_all")
    net.gap_junctions(A.at("soma"), A.at("soma"), conductance="1 nS", pairs=([0], [1]))
    (structure,) = resolve(net).cells
    assert faults(generate_tree(structure, 0).source) == []


@pytest.mark.parametrize("name", [n for n in am.models.names() if am.models.get(n).kind == "scheme"])
def test_schemes(name):
    code = scheme_code(am.models.get(name), "0")
    assert faults(code.source) == [] and faults(code.conduct) == []


@pytest.mark.parametrize("name", [n for n in am.models.names() if am.models.get(n).kind == "release"])
def test_releases(name):
    assert faults(release_source(am.models.get(name), "0").source) == []


def plastic(name):
    """A network with a rule of the library, and what any of them reads."""
    net = am.Network(seed=1)
    net.field("dopamine", tonic="20 nM", removal="300 ms")
    P = net.population("P", 4, "poisson", rate="20 Hz")
    E = net.population(
        "E", 4, "clopath_adex" if name == "clopath" else "lif_cond", receptors={"AMPA": "AMPA", "NMDA": "NMDA"}
    )
    receptors = {"AMPA": "1 nS", "NMDA": "0.5 nS"}
    net.synapses(P, E, receptors=receptors, connect="all_to_all", rule=am.plasticity.get(name))
    return net


@pytest.mark.parametrize("name", am.plasticity.names())
def test_rules(name):
    (rule,) = rules_of(plastic(name))
    assert faults(Writer(rule.plan(), 0, name).code().text) == []


@pytest.mark.parametrize("name", POINTS)
def test_the_same_text_every_time(name):
    cell = next(structures(name))
    assert generate(cell, 0).source == generate(cell, 0).source


CHOICES = {  # what a neuron is driven by where v is at -60 mV, A 2 mV and B 1 mV: value in mV
    "where(v > E_L - A, A, -A)": 2.0,
    "where(v > A, A, -A)": -2.0,
    "where(A > B, A, B)": 2.0,
    "where(v > A, A, where(v > B, B, 2*A))": 4.0,
    "where(not (v > A) and A > B, 3*B, A*sin(A/mV))": 3.0,
    "where(v > A or B > A, v, A + B)": 3.0,
    "clip(v, A, 2*A)": 2.0,
}


@pytest.mark.parametrize("drive", CHOICES)
def test_choices_between_parameters(drive: str) -> None:
    equations = f"dv/dt = (E_L - v)/tau + ({drive})/tau : mV\ninitial v = E_L"
    cell = am.models.neuron("choosing", equations, E_L="-60 mV", tau="10 ms", A="2 mV", B="1 mV")
    net = am.Network()
    net.population("P", 2, cell)
    net.probe("P", "v", name="v")
    v = net.run("0.2 ms", precision="float64", progress=False).probes["v"]["v"][1]
    np.testing.assert_allclose(v, -60.0 + CHOICES[drive] * (1 - np.exp(-0.01)), rtol=1e-12)
