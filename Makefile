# Everything a person does with this project. Each target sets up what it needs and is quick the second time.
.DEFAULT_GOAL := help
.PHONY: help demo test quick check bench fuzz chaos format messages lock clean
SHELL := bash

PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/titrate
PORT ?= 8000
HOST ?= localhost
DATA ?= .titrate
MINUTES ?= 20
ARGS ?=
# Tests at once: an engine pair and a browser for each.
WORKERS ?= auto

help: ## Show what can be done
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 18

demo: $(VENV)/.runs ## Serve a living clinic at http://localhost:8000 (PORT=, HOST=, DATA=, ARGS=--fresh)
	@exec $(RUN) demo --host "$(HOST)" --port "$(PORT)" --data "$(DATA)" $(ARGS)

test: $(VENV)/.checks ## Run every test on all cores, with real engines and browsers (WORKERS=1, ARGS="FILE::TEST -x")
	@.ci/browser
	@.ci/engines
	@WORKERS="$(WORKERS)" exec .ci/tests $(ARGS)

quick: $(VENV)/.checks ## Run the tests that need neither a browser nor engines (ARGS=-k dose)
	@PYTHONDONTWRITEBYTECODE= exec $(VENV)/bin/python -m pytest -q -m "not browser and not engines and not alone" \
	  --numprocesses="$(WORKERS)" --dist=loadfile $(ARGS)

check: $(VENV)/.checks ## Format, lint, types, import contracts, JavaScript types, documents and texts against code
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	$(VENV)/bin/codespell
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports --no-cache
	.ci/javascript
	$(VENV)/bin/python -m pytest -q tests/contracts

bench: $(VENV)/.checks ## Measure: prints a table, and one JSON line for each figure
	@.ci/browser
	@exec $(VENV)/bin/python -m tests.benchmarks $(ARGS)

chaos: $(VENV)/.checks ## Kill each process in mid visit, three times, and print what that did (ARGS=--only media)
	@.ci/browser
	@exec $(VENV)/bin/python -m tests.chaos $(ARGS)

fuzz: $(VENV)/.checks ## Make up what strangers might send, for 20 minutes (MINUTES=), and see that no call ends
	@exec $(VENV)/bin/python -m tests.fuzz --minutes "$(MINUTES)" $(ARGS)

format: $(VENV)/.checks ## Put the code into its form
	$(VENV)/bin/ruff format .
	$(VENV)/bin/ruff check --fix .

messages: $(VENV)/.checks ## Gather the texts that patients read into visit_ui/locale/messages.pot
	@.ci/messages

lock: ## Make the locks anew from pyproject.toml (needs uv)
	uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-annotate --python-version 3.11 \
	  --custom-compile-command "make lock" --extra build --extra embedded -o requirements.lock pyproject.toml
	uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-annotate --python-version 3.11 \
	  --custom-compile-command "make lock" --extra build --extra embedded --extra dev -o requirements-dev.lock pyproject.toml

clean: ## Remove what the targets made (not the demo's data)
	rm -rf $(VENV) visit_ui/node_modules .mypy_cache .ruff_cache .hypothesis build *.egg-info

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Titrate needs Python 3.11 or newer; name one with: make PYTHON=python3.12 ..."; exit 1; }
	$(PYTHON) -m venv $(VENV)

# What runs: hashed, from the lock; the project itself without its dependencies.
$(VENV)/.runs: requirements.lock pyproject.toml | $(VENV)/bin/python
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

# What checks it, besides.
$(VENV)/.checks: requirements-dev.lock $(VENV)/.runs
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@
