"""The command line as a user meets it."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

import amine as am

FILE = """
import amine as am
network = am.Network(seed=4)
P = network.population("P", 10, "lif", I_e="500 pA")
"""


def amine(*arguments: str, code: int = 0, cwd=None) -> tuple[str, str]:
    done = subprocess.run(
        [sys.executable, "-m", "amine.cli", *arguments], capture_output=True, text=True, timeout=120, cwd=cwd
    )
    assert done.returncode == code, done.stderr
    return done.stdout, done.stderr


def test_json_is_one_object():
    out, _ = amine("run", "coba", "--neurons", "400", "--duration", "20 ms", "--seed", "1", "--json")
    data = json.loads(out)
    assert (
        set(data["seconds"]) == {"build", "compile", "simulate", "start"}
        and data["neurons"] == 400
        and data["circuit"] == "coba"
    )
    assert (
        set(data["spikes"]) == set(data["rates"]) == {"E", "I"}
        and len(data["spike_hash"]) == 64
        and data["peak_memory_mb"] > 50
    )
    assert data["spike_hash"] == am.circuits.coba(400, seed=1).run("20 ms", threads=2, progress=False).spikes.hash()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("run", "cobra"), "did you mean 'coba'"),
        (("run", "coba", "--set", "bias=1 mV"), "wrong dimension"),
        (("run", "coba", "--set", "bais=1 pA"), "did you mean 'bias'"),
        (("run", "coba", "--duration", "20"), "unit is missing"),
        (("run", "brunel", "--neurons", "5"), "no argument 'neurons'"),
        (("run", "none.py"), "does not exist"),
        (("models", "adexx"), "did you mean 'adex'"),
        (("run", "coba", "--dose", "ketamin=1 uM"), "did you mean 'ketamine'"),
        (("run", "coba", "--dose", "ketamine=1"), "unit is missing"),
        (("describe", "coba", "--set", "x"), "not key=value"),
        (("run", "coba", "--precision", "float16", "--neurons", "100"), "precision"),
    ],
)
def test_mistakes_are_one_sentence_and_code_2(arguments, words):
    out, err = amine(*arguments, code=2)
    assert words in err and err.startswith("amine: ") and err.count("\n") == 1 and out == ""


def test_output_folder(tmp_path):
    (tmp_path / "mine.py").write_text(FILE)
    out, _ = amine("run", "mine.py", "--duration", "50 ms", "-o", "result", cwd=tmp_path)
    assert "rate (Hz)" in out
    assert {f.name for f in (tmp_path / "result").iterdir()} == {
        "report.html",
        "network.json",
        "spikes.npz",
        "summary.json",
        "pictures",
    }
    assert {f.name for f in tmp_path.iterdir()} - {"__pycache__"} == {"mine.py", "result"}
    before = (tmp_path / "result" / "summary.json").read_text()
    _, err = amine("run", "mine.py", "-o", "result", cwd=tmp_path, code=2)
    assert "it exists and is not empty" in err and (tmp_path / "result" / "summary.json").read_text() == before
    again, _ = amine("run", "result/network.json", "--duration", "50 ms", "--json", cwd=tmp_path)
    assert json.loads(again)["spike_hash"] == json.loads(before)["spike_hash"]


@pytest.mark.parametrize("option", ["-o", "--store", "--checkpoint"])
def test_places_that_cannot_be_written(tmp_path, option):
    (tmp_path / "mine.py").write_text(FILE)
    (tmp_path / "file").write_text("kept")
    _, err = amine("run", "mine.py", "--duration", "1 ms", option, "file/inside", cwd=tmp_path, code=2)
    assert "cannot be" in err and err.count("\n") == 1 and (tmp_path / "file").read_text() == "kept"
    _, err = amine("run", "mine.py", "--duration", "1 ms", "-o", "file", cwd=tmp_path, code=2)
    assert "this is a file" in err


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("x = 1\nnetwork = 1/0", "file 'bad.py', line 2: it raised ZeroDivisionError"),
        ("import none_such", "line 1: it raised ModuleNotFoundError"),
        ("x = 1\n(", "line 2: it raised SyntaxError"),
    ],
)
def test_an_error_of_the_users_file_is_a_sentence(tmp_path, text, words):
    (tmp_path / "bad.py").write_text(text)
    _, err = amine("run", "bad.py", cwd=tmp_path, code=2)
    assert words in err and err.count("\n") == 1


def test_a_file_without_a_network(tmp_path):
    (tmp_path / "empty.py").write_text("x = 1\n")
    assert "defines no 'network'" in amine("run", "empty.py", cwd=tmp_path, code=2)[1]


def test_listings():
    assert "adex" in amine("models")[0] and "tsodyks_markram" in amine("models")[0]
    text = amine("models", "adex")[0]
    assert "dw/dt" in text and "144 ms" in text and "Brette" in text and "rk4" in text
    assert "frac" in amine("models", "adex", "--latex")[0]
    assert "microcircuit" in amine("circuits")[0]
    assert "Model summary" in amine("describe", "coba")[0] and "tabular" in amine("describe", "coba", "--latex")[0]
    assert amine("--version")[0].strip() == am.__version__
    assert amine("cache")[0].strip()


HEAVY = ("numba", "sympy", "pint", "matplotlib", "xarray", "zarr", "neo", "elephant", "rich", "click", "scipy")


@pytest.mark.parametrize(
    ("statement", "heavy"),
    [
        ("import amine", HEAVY),
        ("import amine; amine.Network", HEAVY),
        ("import amine.cli", ("numpy", "numba", "sympy", "matplotlib", "scipy")),
        ("import amine.engine.time.run", ("sympy", "matplotlib", "rich")),  # a module from the cache needs no equations
    ],
)
def test_imports_are_light(statement, heavy):
    text = f"{statement}; import sys; print(*[m for m in {heavy!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "", done.stdout + done.stderr


def test_doses_from_the_command_line():
    given = ("run", "coba", "--neurons", "200", "--duration", "20 ms", "--seed", "1", "--json")
    plain = json.loads(amine(*given)[0])
    dosed = json.loads(amine(*given, "--dose", "diazepam=0.5 uM", "--dose", "bicuculline=1 uM@5ms..15ms")[0])
    assert dosed["spike_hash"] != plain["spike_hash"]
    net = am.circuits.coba(200, seed=1)
    net.dose("diazepam", "0.5 uM")
    net.dose("bicuculline", am.bath("1 uM", start="5 ms", stop="15 ms"))
    assert net.run("20 ms", progress=False).spikes.hash() == dosed["spike_hash"]


def test_a_run_that_is_told_to_end_goes_on_when_it_is_repeated(tmp_path):
    """SIGTERM, as batch systems send it: a checkpoint, an exit code that is no success, and no report of half a run."""
    text = """
import signal, sys
from amine.cli.main import app
from amine.engine.time.simulation import Simulation
advance = Simulation.advance
def struck(self, steps):
    if self.step == 1000 and "strike" in sys.argv:
        sys.argv.remove("strike")
        signal.raise_signal(signal.SIGTERM)
    return advance(self, min(steps, 1000))
Simulation.advance = struck
app([a for a in sys.argv[1:] if a != "strike"])
"""
    (tmp_path / "mine.py").write_text(FILE)
    (tmp_path / "struck.py").write_text(text)
    given = [
        "run",
        "mine.py",
        "--duration",
        "300 ms",
        "--checkpoint",
        "c",
        "--store",
        "s.zarr",
        "--resume",
        "-o",
        "out",
    ]

    def command(*more: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            [sys.executable, "struck.py", *given, *more], cwd=tmp_path, capture_output=True, text=True, timeout=120
        )

    first = command("strike")
    assert first.returncode == 130 and "ended at 200 ms; go on with --resume" in first.stderr, first.stderr
    assert not (tmp_path / "out").exists() and first.stdout == ""
    again = command()
    assert again.returncode == 0 and (tmp_path / "out" / "report.html").exists(), again.stderr


def test_cache_is_warmed(monkeypatch, capsys, tmp_path):
    from amine import circuits, models
    from amine.cli.commands import cache
    from amine.engine.codegen import cache as kept

    monkeypatch.setenv("AMINE_CACHE_DIR", str(tmp_path))
    for name, rate in (("slow", 0.0137), ("fast", 0.137)):  # as no other test has compiled them
        models.register(
            models.neuron(name, f"dv/dt = -v*{rate}/ms : mV\nthreshold v > {rate}*mV\nreset v = -{rate}*mV")
        )
    small = am.Network()
    small.population("neurons", 1, "slow")
    monkeypatch.setattr(circuits, "names", lambda: ["circuit"])
    monkeypatch.setattr(circuits, "get", lambda name: lambda: small)
    monkeypatch.setattr(models, "names", lambda kind: ["fast"])
    cache.show(clear=False, warm=True)
    assert [line.split(":")[0] for line in capsys.readouterr().err.splitlines()] == ["circuit", "fast"]
    assert len(list(tmp_path.glob("amine_*_plain.py"))) == len(list(tmp_path.glob("amine_*.advance.*.o"))) == 2
    assert kept.clear() >= 2


def test_all_circuits_that_are_made_smaller_exist():
    from amine import circuits
    from amine.cli.commands.cache import SMALL

    for name, arguments in SMALL.items():
        circuits.get(name)(**arguments)
