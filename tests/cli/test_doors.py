"""Every command takes any arguments and files, and ends with an answer, or with one sentence and without a traceback.

A quick profile runs here; ``pytest -m validate tests/cli/test_doors.py`` tries all commands, training included.
"""

from __future__ import annotations

import random
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest

import amine as am
from amine.cli import app
from amine.cli.commands import lab

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from anything import TEXTS

CONTENTS = {
    "empty.json": b"", "open.json": b"{", "list.json": b"[]", "null.json": b"null", "utf16.json": '{"a": 1}'.encode("utf-16"), "nested.json": b"[" * 100_000,
    "nul.json": bytes(10), "latin.py": "x = 'é'\n".encode("latin-1"), "syntax.py": b"def (", "raise.py": b"1/0", "exit.py": b"import sys; sys.exit(0)",
    "lines.py": b"raise ValueError('a\\nb')", "none.py": b"network = 3", "cut.npz": b"PK\3\4", "empty.csv": b"", "text.csv": b"a,b\nx,y\n",
    "bytes.csv": bytes(range(256)), "ragged.csv": b"1,2,3\n1,2\n", "a.csv": b"a,b,c\n1,2,0\n3,4,1\n" * 8, "x.toml": b"a = 1", "latin.toml": "é".encode("latin-1"),
    "bad.safetensors": b"123", "full/x": b"", "dir.json/x": b"", "dir.py/x": b"",
}  # fmt: skip
WORDS = [
    *(t for t in TEXTS if "\0" not in t), "missing.json", "missing.py", "x" * 300 + ".json", "a/b/c.json", "/dev/null", ".", "..", ".json", "no/such/out",
    "net.json/x", "full", "coba", "memory", "ketamine", "1", "0", "-1", "2", "3.5", "1e400", "999999999999", "E.I_e=1 pA, 2 pA", "E.I_e=1 pA..2 pA : 3",
    "E.I_e=1 pA..2 pA", "E.I_e=..", "E.I_e=1 pA..2 pA : 99999999999", "=", "a=", "=b", "dose:ketamine=1 nM..1 uM : 3", "dose:x=1", "E.=1,2", "rate", "rate:E",
    "power:1-2Hz", "os:getcwd", "cv:", "--", "-x", "ketamine=1 uM@1ms..2ms", "=1 uM", "backprop", "eprop", "tanh", "1,2", "seed=x", *CONTENTS,
]  # fmt: skip
SHORT = ["--duration", "5 ms", "--no-progress"]
SWEPT = ["--measure", "rate:E", *SHORT, "--start", "0 ms", "--workers", "0"]
COMMANDS = {  # a call that is right, and options that may be added
    "models": (["lif"], ["--latex"]),
    "describe": (["net.json"], ["--latex", "--scale", "--neurons", "--set"]),
    "run": (["net.json", *SHORT], ["--scale", "--regime", "--seed", "--set", "--dose", "--threads", "--precision", "--start", "-o", "--store", "--checkpoint",
                                   "--checkpoint-every", "--json", "--resume"]),
    "sweep": (["net.json", "--set", "E.I_e=1 pA, 2 pA", *SWEPT], ["--set", "--measure", "--seeds", "--design", "--points", "-o", "--json"]),
    "compounds show": (["ketamine"], ["--kind", "-o"]),
    "compounds search": (["GABA"], ["--structure", "--similar", "--kind", "--limit", "--json", "--curated"]),
    "compounds profile": (["ketamine", "--at", "1 uM"], ["--at", "-o", "--json", "--uncurated"]),
    "compounds": ([], ["--find", "--acts-on", "--kind", "--data"]),
    "lab": (["missing.json", "--no-browser"], ["--dose", "--set", "--record", "--over", "--port"]),
    "dose": (["net.json", "--drug", "ketamine", "--points", "2", *SWEPT], ["--from", "--to", "--points", "--seeds", "--samples", "--set", "-o", "--json"]),
    "train": (["ok.npz", "--epochs", "2", "--hidden", "2", "--no-progress"], ["--neurons", "--rule", "--hidden", "--rate", "--optimizer", "--encoder", "--task",
                                                                              "--set", "-o", "--json"]),
    "compare": (["ok.npz", "--rules", "backprop", "--seeds", "1", "--epochs", "1", "--no-progress"], ["--rules", "--hidden", "--task", "--set", "-o", "--json"]),
    "audit": (["bad.safetensors", "--quick"], ["--data", "-o", "--json"]),
}  # fmt: skip
QUICK = [c for c in COMMANDS if c not in ("dose", "train", "compare", "audit")]
FLAGS = {"--json", "--latex", "--resume", "--curated", "--uncurated"}
SIZES = {"--scale", "--neurons", "--seeds", "--points", "--samples", "--threads", "--hidden", "--limit"}


@pytest.fixture
def files(tmp_path, monkeypatch):
    """A folder with a saved network, data, and files of all sorts that are neither."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(lab, "serve", lambda *args, **more: None)
    net = am.Network(seed=1)
    net.population("E", 3, "lif", I_e="300 pA")
    net.save("net.json")
    rng = np.random.default_rng(0)
    np.savez("ok.npz", X=rng.random((20, 3)), y=np.arange(20) % 2)
    np.savez("nan.npz", X=np.full((20, 3), np.nan), y=np.arange(20) % 2)
    np.savez("other.npz", a=1)
    np.savez("words.npz", X=np.array(["a"] * 4), y=np.arange(4))
    for name, content in CONTENTS.items():
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).write_bytes(content)


def call(rng: random.Random, command: str) -> list[str]:
    """A command with an argument replaced, or one or two options added."""
    base, options = COMMANDS[command]
    given = list(base)
    if given and rng.random() < 0.5:
        given[rng.randrange(len(given))] = rng.choice(WORDS)
    for option in rng.sample(options, min(len(options), rng.choice([0, 1, 1, 2]))):
        word = rng.choice(WORDS)
        large = option in SIZES and word.isdigit() and len(word) > 3
        given += [option] if option in FLAGS else [option, "2" if large else word]
    return [*command.split(), *given]


def attempt(arguments: list[str]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            app(arguments)
        except SystemExit as e:
            assert e.code in (0, 1, 2, 130), arguments
        except am.AmineError as e:
            assert "\n" not in str(e) and len(str(e)) < 1500, arguments
        except BaseException as e:
            raise AssertionError(f"{arguments}: {type(e).__name__}: {e}") from e


@pytest.mark.parametrize("command", QUICK)
def test_any_arguments_are_answered_or_refused(command, files, capsys):
    rng = random.Random(1)
    for _ in range(12):
        attempt(call(rng, command))


@pytest.mark.validate
@pytest.mark.parametrize("command", COMMANDS)
def test_many_arguments_are_answered_or_refused(command, files, capsys):
    rng = random.Random(2)
    for _ in range(250):
        attempt(call(rng, command))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("run", "exit.py"), "it raised SystemExit: 0"),
        (("describe", "x" * 300 + ".json"), "it does not exist"),
        (
            ("sweep", "net.json", "--set", "E.I_e=1 pA..2 pA : 99999999", "--measure", "rate:E"),
            "at most 1000000 points",
        ),
        (("sweep", "net.json", "--set", "E.I_e=1 pA, 2 pA", "--measure", "rtae:E"), "is not known"),
    ],
)
def test_what_ended_otherwise(arguments, words, files):
    with pytest.raises(am.AmineError) as e:
        app(list(arguments))
    assert words in str(e.value)
