# make demo, make test: everything from a fresh checkout, set-up included
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/ready
# a build for processors; a plain "torch" may bring gigabytes for graphics cards along
TORCH ?= torch==2.13.0

.PHONY: demo test check bench validate docs clean

$(READY): pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check $(TORCH)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e ".[dev]"
	.ci/chromium
	touch $(READY)

demo: $(READY)
	rm -rf out/microcircuit out/memory
	$(BIN)/amine run microcircuit --scale 0.1 --duration "1500 ms" --start "500 ms" --threads 2 --seed 1 -o out/microcircuit
	$(BIN)/amine run memory --seed 1 -o out/memory
	@echo "reports: $(CURDIR)/out/microcircuit/report.html and $(CURDIR)/out/memory/report.html"

test: $(READY)
	$(BIN)/python -m pytest

check: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright
	$(BIN)/lint-imports

bench: $(READY)
	$(BIN)/python benchmarks/environments.py sim
	$(BIN)/python benchmarks/bench.py --pairs 5

validate: $(READY)
	$(BIN)/python benchmarks/environments.py sim
	$(BIN)/python benchmarks/environments.py neuron
	NUMBA_OPT=3 $(BIN)/python -m pytest tests -m validate -n 1
	$(BIN)/python benchmarks/reliability.py
	NUMBA_OPT=3 $(BIN)/python -m pytest tests/peers -m "validate or not validate" -n 1

docs: $(READY)
	$(BIN)/mkdocs build --strict

clean:
	rm -rf out site .pytest_cache .ruff_cache .hypothesis
