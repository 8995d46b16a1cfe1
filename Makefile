# Everything a developer types. Each command sets up what it needs: Python 3.11+, make and a package index are enough.

.DEFAULT_GOAL := help
SHELL := /bin/sh
BIN := .venv/bin
READY := .venv/.ready

# ARGS goes to the command behind a target: make test ARGS="tests/core -k money"
ARGS ?=
KILLS ?= 200
SEEDS ?= 0:2000
# Name another interpreter with PYTHON=/path/to/python3.
PYTHON ?=
export PYTHON

.PHONY: help setup run test check bench torture power-cuts simulate mutants carts look screenshots lighthouse texts format lock clean system

help: ## show this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 18

setup: $(READY) ## make .venv from uv.lock (skipped while the lock is unchanged)

$(READY): uv.lock pyproject.toml tools/uv.txt tools/setup
	@tools/setup
	@touch $@

run: $(READY) ## start a demo with its own data: dashboard, sandbox gateway, a link to pay
	@$(BIN)/linktill demo $(ARGS)

test: $(READY) system ## run every test (SQLite, PostgreSQL, browser)
	$(BIN)/pytest -n auto --maxprocesses 4 --dist loadgroup --durations 10 --durations-min 5 $(ARGS)

check: $(READY) ## formatting, lint, layers, types, architecture: everything but the behavior
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/lint-imports --no-logo
	$(BIN)/mypy src tests $(wildcard bench)
	$(BIN)/basedpyright
	$(BIN)/pytest -q tests/architecture

bench: $(READY) system ## measure the server against its floor on SQLite and PostgreSQL
	$(BIN)/python -m bench $(ARGS)

torture: $(READY) ## kill -9 Linktill and PostgreSQL, KILLS=200 times each, while payments run
	LINKTILL_TORTURE_KILLS=$(KILLS) $(BIN)/pytest --timeout=0 -m torture $(ARGS)

power-cuts: $(READY) ## cut the power 10,000 times while payments run, in a model of the disk
	$(BIN)/python -m tests.storage.faults.power $(ARGS)

simulate: $(READY) ## try to break the money in simulated time: SEEDS=0:2000, going on where the last run stopped
	$(BIN)/linktill simulate --seeds $(SEEDS) --jobs 2 --state .simulation.json --coverage $(ARGS)

mutants: $(READY) ## plant each bug of tests/mutants, and see which seed of the simulator finds it
	$(BIN)/python -m tests.mutants --jobs 2 $(ARGS)

carts: $(READY) ## a million random carts against rational arithmetic, going on with ARGS="--first 500000"
	@$(BIN)/python -m tests.carts $(ARGS)

look: $(READY) ## serve every component and every sample page, for whoever changes how they look
	@$(BIN)/python -m tests.web.look.gallery

screenshots: $(READY) system ## pictures of every page on three widths in both themes, into .screenshots (ARGS="name" for some)
	$(BIN)/python -m tests.web.look.shoot .screenshots $(ARGS)

lighthouse: $(READY) system ## have Lighthouse (by npx) look at the payer's page and the dashboard's home
	@$(BIN)/python -m tests.web.look.lighthouse

texts: $(READY) ## find what payers read, and bring the catalogs of all languages up to date
	@$(BIN)/python tools/texts.py

format: $(READY) ## format and repair what ruff can repair
	$(BIN)/ruff check --fix-only
	$(BIN)/ruff format

lock: $(READY) ## renew uv.lock within pyproject.toml (move exclude-newer first)
	.venv-uv/bin/uv lock --upgrade --python $(BIN)/python
	@$(MAKE) --no-print-directory setup

clean: ## remove environments, caches and builds (never data)
	rm -rf .venv .venv-uv build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find src tests bench -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true

# Chromium, wrk and the like are no Python packages. Where we may install them we do; elsewhere tests that need them skip.
system:
	@tools/system-packages
