"""Every door that needs an optional package says which extra installs it: tried where none of them can be imported."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest

from amine.optional import EXTRAS

WITHOUT = textwrap.dedent(
    f"""
    import sys

    class Missing:
        def find_spec(self, name, path=None, target=None):
            if name.partition(".")[0] in {sorted(EXTRAS)!r}:
                raise ModuleNotFoundError(f"No module named '{{name}}'", name=name)

    sys.meta_path.insert(0, Missing())
    import pathlib
    import tempfile
    from importlib import import_module

    import amine as am

    folder = pathlib.Path(tempfile.mkdtemp())
    net = am.Network(seed=1)
    net.population("P", 2, "lif", I_e="800 pA")

    def run():
        return net.run("2 ms", progress=False)

    def command(*words):
        from amine.cli import main
        sys.argv = ["amine", *words]
        main()

    doors = {{
        "plain run": (lambda: run().report(folder / "report.html"), None),
        "to_module": (lambda: net.to_module(), "learn"),
        "Classifier": (lambda: am.learn.Classifier, "learn"),
        "nn": (lambda: am.learn.nn.Linear, "learn"),
        "nn module": (lambda: am.learn.nn.encode, "learn"),
        "algorithms": (lambda: am.learn.algorithms, "learn"),
        "import of algorithms": (lambda: import_module("amine.learn.algorithms"), "learn"),
        "import of audit": (lambda: import_module("amine.learn.audit"), "learn"),
        "import of cable": (lambda: import_module("amine.learn.cable"), "learn"),
        "import of estimators": (lambda: import_module("amine.learn.estimators"), "learn"),
        "audit": (lambda: am.learn.audit, "learn"),
        "data": (lambda: am.learn.data.get("digits"), "learn"),
        "store": (lambda: net.run("2 ms", store=folder / "s.zarr", progress=False), "store"),
        "save": (lambda: run().save(folder / "run"), "store"),
        "xarray": (lambda: run().to_xarray(), "export"),
        "neo": (lambda: run().to_neo(), "export"),
        "structure": (lambda: am.view.structure("GABA"), "chem"),
        "morphology": (lambda: am.morphology.from_asc(folder / "cell.asc"), "morphology"),
        "digits": (lambda: am.experiments.get("memory")(seed=1), "learn"),
        "train": (lambda: command("train", "digits"), "learn"),
        "compare": (lambda: command("compare", "digits"), "learn"),
        "audit command": (lambda: command("audit", str(folder)), "learn"),
    }}
    (folder / "cell.asc").write_text("(Dendrite (0 0 0 1) (1 0 0 1))")
    for name, (door, extra) in doors.items():
        try:
            door()
            said = "ran"
        except am.AmineError as e:
            said = str(e)
        except SystemExit as e:
            said = f"exit {{e.code}}"
        except BaseException as e:
            said = f"RAW {{type(e).__name__}}: {{e}}"
        print(f"{{name}}|{{extra}}|{{said!r}}")
    """
)


def test_every_door_without_extras() -> None:
    done = subprocess.run([sys.executable, "-c", WITHOUT], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    lines = [x.split("|", 2) for x in done.stdout.splitlines() if x.count("|") >= 2]
    assert len(lines) == 22
    for name, extra, said in lines:
        if extra == "None":
            assert said == "'ran'", (name, said)
        elif said == "'exit 1'" or said == "'exit 2'":
            assert f"pip install 'amine[{extra}]'" in done.stdout + done.stderr, name
        else:
            assert f"pip install 'amine[{extra}]'" in said.replace("\\'", "'"), (name, said)


@pytest.mark.parametrize("package", sorted(EXTRAS))
def test_every_optional_package_has_its_extra(package: str) -> None:
    import tomllib
    from pathlib import Path

    extras = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text())["project"][
        "optional-dependencies"
    ]
    listed = " ".join(extras[EXTRAS[package]]).replace("scikit-learn", "sklearn")
    assert package in listed
