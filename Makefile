# Every command a developer or a newcomer needs. `make help` lists them.
.DEFAULT_GOAL := help
.PHONY: help setup setup-test demo up test lint check fix bench soak lock clean
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
export TEST_ARTEFACTS ?= var/artefacts

help: ## Show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/\1\t\2/' | expand -t 12

setup: .venv/.setup ## Make .venv from the hash-locked requirements

.venv/.setup: requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Recruit needs Python 3.11 or newer; found $$($(PYTHON) --version). Set PYTHON=/path/to/python3.11"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "Installing the locked requirements into .venv ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

setup-test: .venv/.setup-test ## Add what the tests need: linters, PostgreSQL, Valkey, a browser

.venv/.setup-test: requirements-test.txt requirements-tryton.txt .venv/.setup
	@echo "Installing the locked test requirements into .venv ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-test.txt
	@$(BIN)/python tools/ensure_parts.py
	@$(BIN)/python tools/ensure_tryton.py
	@touch $@

demo: setup ## Run the whole pipeline on the packaged real firms, then serve it on 127.0.0.1:8000
	@$(BIN)/recruit demo

up: setup ## Serve web, worker and schedule in one process
	@$(BIN)/recruit db upgrade && $(BIN)/recruit up

test: setup-test ## Set up everything and run all tests
	@$(BIN)/python -m pytest -n 3 --dist loadgroup

lint: setup-test ## Format, lint, types, import contracts
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache

check: lint ## The same, and the unit tests
	@$(BIN)/python -m pytest -q -n 2 tests/unit

fix: setup-test ## Format and mend what ruff can mend
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

bench: setup-test ## Measure against peers and the machine's limits
	@$(BIN)/python -m bench

soak: setup-test ## The long chaos runs
	@SOAK=1 $(BIN)/python -m pytest -q tests/chaos

LOCK := $(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-annotate
lock: setup-test ## Renew the locked requirements from pyproject.toml
	@$(LOCK) pyproject.toml -o requirements.txt
	@$(LOCK) pyproject.toml --extra test -c requirements.txt -o requirements-test.txt
	@$(LOCK) requirements-tryton.in -o requirements-tryton.txt

clean: ## Remove everything that was made, var/ included
	@rm -rf .venv .tryton var build dist *.egg-info
