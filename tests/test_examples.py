"""Every example runs, draws its picture, and gives numbers that make sense."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"


def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"example_{name}", EXAMPLES / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def picture(folder: Path, name: str) -> None:
    assert (folder / f"{name}.png").stat().st_size > 10_000


def test_custom_neuron(tmp_path: Path) -> None:
    numbers = load("custom_neuron").main(tmp_path)
    picture(tmp_path, "custom_neuron")
    assert numbers["last_interval_ms"] > 1.3 * numbers["first_interval_ms"]
    assert numbers["fixed_Hz"] > 1.5 * numbers["adaptive_Hz"] > 0


def test_short_term_plasticity(tmp_path: Path) -> None:
    numbers = load("short_term_plasticity").main(tmp_path)
    picture(tmp_path, "short_term_plasticity")
    assert numbers["depressing_error"] < 1e-5 and numbers["facilitating_error"] < 1e-5
    assert numbers["depressing_last_to_first"] < 0.5 < 2.0 < numbers["facilitating_last_to_first"]


def test_gap_junctions(tmp_path: Path) -> None:
    numbers = load("gap_junctions").main(tmp_path)
    picture(tmp_path, "gap_junctions")
    assert abs(numbers["coefficient"] - numbers["expected"]) < 1e-3
    assert numbers["apart"] < 0.2 and numbers["together"] > 0.8


def test_brunel_regimes(tmp_path: Path) -> None:
    found = load("brunel_regimes").main(tmp_path)
    picture(tmp_path, "brunel_regimes")
    (sr, sr_cv), (fast, _), (ai, ai_cv), (slow, _) = (found[k] for k in ("SR", "SI_fast", "AI", "SI_slow"))
    assert sr > 150 and sr_cv < 0.1
    assert 40 < fast < 80 and 25 < ai < 50 and 2 < slow < 10
    assert 0.3 < ai_cv < 1.0


def test_logistic_regression(tmp_path: Path) -> None:
    numbers = load("logistic_regression").main(tmp_path)
    picture(tmp_path, "logistic_regression")
    assert numbers["apart"] < 1e-10 and numbers["accuracy"] == 0.8 and abs(numbers["boundary"] - 3.912) < 1e-3
    assert numbers["weight_100000"] > 10 * numbers["weight_1000"] and numbers["weight_penalty"] < 1.5
    assert numbers["wrong_sign_loss"] > 40 and numbers["row_same"] == 1.0
    assert numbers["row_mse_spread"] < 1e-3 and abs(numbers["row_mse_mean"] - 0.4) < 1e-3


def test_dopamine_transients(tmp_path: Path) -> None:
    n = load("dopamine_transients").main(tmp_path)
    picture(tmp_path, "dopamine_transients")
    for drug in ("control", "cocaine", "amphetamine", "haloperidol"):
        assert abs(n[f"{drug}_level"] / n[f"{drug}_expected"] - 1) < 0.05, drug
    assert n["cocaine_half_time"] > 1.5 * n["control_half_time"] and n["amphetamine_level"] > 1.5 * n["control_level"]
    assert n["haloperidol_peak"] == n["control_peak"] and n["haloperidol_D2"] < 0.6 * n["control_D2"]


def test_every_example_is_tested() -> None:
    assert {p.stem for p in EXAMPLES.glob("*.py")} == {
        k.removeprefix("test_") for k in globals() if (EXAMPLES / f"{k.removeprefix('test_')}.py").exists()
    }
