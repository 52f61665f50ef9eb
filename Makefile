# Everything a person types. A fresh machine needs Python 3.11+, git and make.
PYTHON ?= python3
VENV ?= .venv
ifeq ($(OS),Windows_NT)
BIN := $(VENV)/Scripts
else
BIN := $(VENV)/bin
endif
JOBS ?= auto

.PHONY: demo test lint docs bench clean
.DEFAULT_GOAL := help

help: ## say what there is
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -e 's/:.*##/\t/'

$(VENV)/.ready: pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit("whichwheel needs Python 3.11 or newer, and `$(PYTHON)` is " + sys.version.split()[0] if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable '.[server]' --group dev
	@touch $@

demo: $(VENV)/.ready ## build, publish, install and explain real variant wheels
	$(BIN)/python examples/simd-dot/demo.py

test: $(VENV)/.ready ## run every test, in parallel
	$(BIN)/python -m pytest -n $(JOBS)

lint: $(VENV)/.ready ## ruff, mypy, import-linter, docs without warnings
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m sphinx --fail-on-warning --keep-going -q -b html docs docs/_build/html

docs: $(VENV)/.ready ## build the documentation into docs/_build/html
	$(BIN)/python -m sphinx --fail-on-warning --keep-going -q -b html docs docs/_build/html
	@echo "open docs/_build/html/index.html"

bench: $(VENV)/.ready ## our figures beside the peers', in one run
	$(BIN)/python -m pip install --quiet --group bench
	$(BIN)/python benchmarks/run.py

clean: ## remove everything that these targets made
	rm -rf $(VENV) docs/_build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
