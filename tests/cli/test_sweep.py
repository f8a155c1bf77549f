"""``amine sweep``: axes as text, the table, its files, mistakes."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

import amine as am
from amine.cli.commands import sweep
from amine.cli.commands.sweep import axis
from amine.cli.main import app


def test_axes_as_text():
    assert axis("E.I_e", "1 pA, 2 pA", "grid") == ["1 pA", "2 pA"]
    assert axis("E.I_e", "100 pA .. 0.3 nA : 3", "grid") == ["0.1 nA", "0.2 nA", "0.3 nA"]
    assert axis("E.tau_m", "5 ms..-5 ms:2", "grid") == ["5.0 ms", "-5.0 ms"]
    assert axis("dose:gabazine", "10 nM..1 uM : 3", "grid") == [0.01, 0.1, 1.0]
    assert axis("E.I_e", "1 pA..2 pA", "sobol") == ["1 pA", "2 pA"]
    assert axis("neurons", "10, 20", "grid") == [10, 20] and axis("regime", "AI, SR", "grid") == ["AI", "SR"]
    with pytest.raises(am.AmineError, match="needs a number of points"):
        axis("E.I_e", "1 pA..2 pA", "grid")


def test_the_command(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    net = am.Network(seed=1)
    net.population("E", 1, "lif")
    net.save("net.json")
    ask = ["sweep", "net.json", "--set", "E.I_e=300 pA, 500 pA", "--measure", "rate", "--workers", "0", "-o", "out"]
    done = CliRunner().invoke(app, [*ask, "--duration", "500 ms", "--start", "0 ms"])
    assert done.exit_code == 0 and "rate:E" in done.output and "table and picture: out" in done.output
    assert (tmp_path / "out" / "sweep.png").exists()
    lines = (tmp_path / "out" / "table.csv").read_text().splitlines()
    assert lines == ["E.I_e (pA),seed,rate:E", "300.0,0,0.0", "500.0,0,62.0"]
    done = CliRunner().invoke(app, [*ask, "--duration", "500 ms", "--start", "0 ms", "--json"])
    assert json.loads(done.output)["values"] == {"rate:E": [[0.0], [62.0]]}
    for wrong, words in ((["--measure", "rate:F"], "'F' is not known"), (["--set", "E.x=1, 2"], "no value 'E.x'")):
        done = CliRunner().invoke(app, [*ask[:-2], *wrong])
        assert isinstance(done.exception, am.AmineError) and words in str(done.exception)


def test_a_scheduler_that_is_not_there(monkeypatch):
    pytest.importorskip("distributed")
    monkeypatch.setattr(sweep, "WAIT", 1)
    with pytest.raises(am.AmineError, match="does not answer"), sweep.executor_of(None, "tcp://127.0.0.1:9"):
        pass
