"""The text of the loop over steps: put together from the stages of all parts, and readable."""

from __future__ import annotations

import ast
import inspect
import re

import pytest

import amine as am
from amine.engine.codegen.lines import Block, Call, Comment, Function, printed
from amine.engine.codegen.slots import STAGES
from amine.engine.device import arguments, slow_tables
from amine.engine.resolve.resolved import resolve
from amine.engine.transmission.parts import PARTS, parts_of
from amine.engine.transmission.source import source_of


def source(net: am.Network) -> str:
    resolved = resolve(net)
    found = parts_of(resolved)
    return source_of(resolved, found, {p.name: p.key(resolved) for p in found}, 32)


def everything() -> am.Network:
    """A network with most parts of the loop."""
    net = am.Network(seed=1)
    E, I = net.population("E", 8, "lif_cond"), net.population("I", 8, "lif_cond")
    S = net.population("S", 8, "poisson", rate="5 Hz")
    for label, more in (
        ("AMPA", {"detail": "kinetic"}),
        ("NMDA", {"detail": "explicit"}),
        ("GABA_A", {"release": am.models.get("quantal")}),
    ):
        net.synapses(E, I, receptor=label, weight="1 nS", p=0.5, **more)
    net.synapses(S, E, receptor="AMPA", weight="1 nS", p=0.5, minis="1 Hz", release=am.models.get("tsodyks_markram"))
    net.poisson(E, n=10, receptor="AMPA", weight="1 nS", rate="10 Hz")
    net.gap_junctions(E, E, conductance="0.1 nS", p=0.5)
    net.probe(E, "v")
    return net


@pytest.fixture(scope="module")
def text() -> str:
    return source(everything())


def loop_of(text: str) -> str:
    return text[text.index("def advance(") :]


def test_each_stage_begins_with_a_comment_in_the_order_of_a_step(text):
    comments = re.findall(r"# (.*)", loop_of(text))
    found = [c for s in STAGES for c in comments if c == s.comment]
    assert [c for c in comments if c in found] == found
    assert {"arrive", "input", "couple", "update", "release", "pulse", "synapse"} <= {
        s.name for s in STAGES if s.comment in found
    }


def test_the_loop_names_its_columns_and_stays_within_the_page(text):
    loop = loop_of(text)
    assert not re.search(r"\b(Q|B|PB|table|groups|parts)\[[^\]]*,\s*\d+\]", loop)
    assert max(map(len, loop.splitlines())) <= 119
    assert "{" not in loop


def test_every_argument_of_the_loop_is_read(text):
    function = next(n for n in ast.parse(text).body if isinstance(n, ast.FunctionDef) and n.name == "advance")
    read = [n.id for n in ast.walk(function) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)]
    for a in function.args.args:
        assert a.arg in read, a.arg


def test_every_field_of_an_argument_says_what_it_is():
    for module in (arguments, slow_tables):
        for cls in vars(module).values():
            if inspect.isclass(cls) and issubclass(cls, tuple) and cls.__module__ == module.__name__:
                fields = [x for x in inspect.getsource(cls).splitlines() if re.match(r"    \w+: (np\.|int|float)", x)]
                assert len(fields) == len(cls._fields)  # type: ignore[attr-defined]
                assert all("#" in x for x in fields), cls


def test_parts_have_names_of_their_own_and_stages_that_there_are():
    assert len({p.name for p in PARTS}) == len(PARTS)
    resolved = resolve(everything())
    assert {"filter", "kinetic", "explicit", "minis", "gap", "probes", "release"} <= {
        p.name for p in parts_of(resolved)
    }


def test_lines_are_printed_with_their_indentation_and_broken_where_they_are_long():
    body = [Comment("why"), Block("if x", [Call("n = ", "f", tuple(f"argument_{i}" for i in range(12)))]), "return n"]
    text = printed([Function(["njit"], "g", ("x", "n"), body)])
    ast.parse(text)
    assert text.startswith("@njit\ndef g(x, n):\n    # why\n    if x:\n        n = f(\n            argument_0, ")
    assert printed([Block("else", [])]) == "else:\n    pass\n"
