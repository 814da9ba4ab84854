# Two commands are enough: `make demo` shows it, `make test` proves it. Needs only Python >= 3.11 and make.
SHELL := /bin/bash
PYTHON ?= $(firstword $(foreach p,python3 python3.14 python3.13 python3.12 python3.11,$(if $(shell $(p) -c 'import sys; print(sys.version_info >= (3, 11) or "")' 2>/dev/null),$(p))))
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
WORKERS ?= 2

.DEFAULT_GOAL := help
.PHONY: help setup demo test check fix lock serve worker migrate docs clean

help: ## List what can be made
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | sort | expand -t 12

.venv/pyvenv.cfg:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed"; exit 1; }
	@$(PYTHON) -m venv .venv

.venv/.runtime: requirements/runtime.txt requirements/build.txt pyproject.toml | .venv/pyvenv.cfg
	@echo "Installing what cocreate needs (once) …"
	@$(PIP) --require-hashes -r requirements/runtime.txt
	@$(PIP) --require-hashes -r requirements/build.txt
	@$(PIP) --no-build-isolation --no-deps --editable .
	@$(BIN)/python -m compileall -q cocreate search forum feedback_cluster roadmap main.py
	@$(BIN)/python -m cocreate.web.compiled
	@touch $@

.venv/.dev: .venv/.runtime requirements/dev.txt
	@echo "Installing what the tests need (once) …"
	@$(PIP) --require-hashes -r requirements/dev.txt
	@touch $@

setup: .venv/.runtime .venv/.dev ## Make the environment in .venv, from the hashed lock

demo: .venv/.runtime ## A believable community with one command; Ctrl-C ends it
	@exec $(BIN)/cocreate demo

test: setup ## All tests, on SQLite and PostgreSQL
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup

check: setup ## Style, types, arrows between packages
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache

fix: setup ## Let the machine mend what it can
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

lock: ## Resolve the dependencies anew into requirements/
	@for name in runtime build dev bench; do \
	  case $$name in runtime) group="";; *) group="--group $$name";; esac; \
	  uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	    --no-header --no-annotate --upgrade $$group $$(test $$name = build || echo pyproject.toml) -o requirements/$$name.txt; \
	done

serve: .venv/.runtime ## Serve the site on http://127.0.0.1:8000
	@exec $(BIN)/cocreate serve

worker: .venv/.runtime ## Run background work (PostgreSQL only)
	@exec $(BIN)/cocreate worker

migrate: .venv/.runtime ## Bring the database to the newest schema
	@$(BIN)/cocreate migrate

docs: setup ## Write .env.example and docs/settings.md anew, check that docs name every setting and command
	@PYTHONPATH=. $(BIN)/python tools/env_example.py
	@$(BIN)/python -m pytest -q tests/architecture -k "setting or command or link"

clean: ## Remove the environment and caches, never data
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis
