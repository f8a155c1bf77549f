"""Every example runs, draws its picture, and gives numbers that make sense."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"


def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"example_{name}", EXAMPLES / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def picture(folder: Path, name: str) -> None:
    assert (folder / f"{name}.png").stat().st_size > 5_000


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


@pytest.mark.validate
def test_dopamine_transients(tmp_path: Path) -> None:
    n = load("dopamine_transients").main(tmp_path)
    picture(tmp_path, "dopamine_transients")
    for drug in ("control", "cocaine", "amphetamine", "haloperidol"):
        assert abs(n[f"{drug}_level"] / n[f"{drug}_expected"] - 1) < 0.05, drug
    assert n["cocaine_half_time"] > 1.5 * n["control_half_time"] and n["amphetamine_level"] > 1.5 * n["control_level"]
    assert n["haloperidol_peak"] == n["control_peak"] and n["haloperidol_D2"] < 0.6 * n["control_D2"]


def test_digits(tmp_path: Path) -> None:
    numbers = load("digits").main(tmp_path)
    picture(tmp_path, "digits")
    assert min(numbers["backprop"], numbers["eprop"], numbers["dfa"]) > 0.92 and numbers["energy_nJ"] < 2000


def test_tumour(tmp_path: Path) -> None:
    numbers = load("tumour").main(tmp_path)
    picture(tmp_path, "tumour")
    assert numbers["score"] > 0.92 and numbers["found"] > 0.9 and numbers["false"] < 0.12
    assert (tmp_path / "tumour_audit.html").exists()


def test_lesions(tmp_path: Path) -> None:
    numbers = load("lesions").main(tmp_path)
    picture(tmp_path, "lesions")
    assert numbers["score"] > 0.75 and numbers["near"] > 5 * numbers["chance"]


def test_spoken_digits(tmp_path: Path) -> None:
    numbers = load("spoken_digits").main(tmp_path)
    picture(tmp_path, "spoken_digits")
    assert numbers["new_voices"] > 0.8


def test_languages(tmp_path: Path) -> None:
    numbers = load("languages").main(tmp_path)
    picture(tmp_path, "languages")
    assert numbers["told"] > 0.7 and numbers["rewarded"] > 0.65


def test_forecast(tmp_path: Path) -> None:
    numbers = load("forecast").main(tmp_path)
    picture(tmp_path, "forecast")
    assert numbers["line"] + 0.01 < numbers["network"] < numbers["best"]


def test_recommendation(tmp_path: Path) -> None:
    numbers = load("recommendation").main(tmp_path)
    picture(tmp_path, "recommendation")
    assert numbers["network"] < 0.7 * numbers["user_and_item"] < 0.7 * numbers["mean"]


@pytest.mark.validate
def test_driving(tmp_path: Path) -> None:
    numbers = load("driving").main(tmp_path)
    picture(tmp_path, "driving")
    assert numbers["before"] < 60 and numbers["after"] > 120


@pytest.mark.validate
def test_yin_yang(tmp_path: Path) -> None:
    numbers = load("yin_yang").main(tmp_path)
    picture(tmp_path, "yin_yang")
    assert numbers["line"] < 0.7 and numbers["eventprop"] > 0.92


def test_two_senses(tmp_path: Path) -> None:
    numbers = load("two_senses").main(tmp_path)
    picture(tmp_path, "two_senses")
    assert numbers["both"] > max(numbers["seen"], numbers["heard"]) + 0.04


def test_every_example_is_tested() -> None:
    assert {p.stem for p in EXAMPLES.glob("*.py")} == {
        k.removeprefix("test_") for k in globals() if (EXAMPLES / f"{k.removeprefix('test_')}.py").exists()
    }
