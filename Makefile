SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup run test tests test-setup check style types compiled screenshots walk fuzz chaos chaos-full bench-main bench-clock bench-match bench-web bench-strategy mutants lock migrate clean

PYTHON ?= python3
# Compiled once, at set-up and at first use: without that every command would spend seconds compiling what it imports.
export PYTHONDONTWRITEBYTECODE :=
UV := .tools/bin/uv
BIN := .venv/bin
TYPED := src matching scheduler tests
# Each worker begins with a part of its own, so that what a module's tests share is made once. Three for two
# processors: there are tests that wait for a browser, a clock or a database.
PYTEST_ARGS ?= -n 3 --dist worksteal

help: ## Say what can be done here
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: .venv/.synced ## Make .venv, exactly as locked; quick when nothing changed
	@:

run: setup ## Start the service with a demo organisation on this machine
	@exec $(BIN)/mentoring run --demo

test: setup test-setup style ## Everything: style, types, import contracts, tests on SQLite and PostgreSQL
	@$(MAKE) --no-print-directory --jobs=2 types tests

# The workers and what they start would each do it for themselves.
compiled: setup
	@$(BIN)/python -m tests.compiled

tests: setup test-setup compiled
	$(BIN)/pytest $(PYTEST_ARGS)

test-setup: setup
	@$(BIN)/python tests/prerequisites.py

check: style types ## Style, types and import contracts alone

style: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

types: setup
	$(BIN)/mypy --strict $(TYPED)

screenshots: setup test-setup ## Picture every page in every language and width, light and dark, and make those of the README anew
	$(BIN)/python -m tests.journeys.screenshots $(LANGUAGES)
	$(BIN)/pytest tests/journeys/test_browser.py
	cp $(foreach name,programme round proposal mailbox,build/screenshots/$(name).png) docs/pictures/

bench-main: setup ## Measure the main path; DATA=folder names larger staff files
	@$(BIN)/python -m tests.bench.main_path $(if $(DATA),--data '$(DATA)') $(BENCH_ARGS)

bench-match: .tools/bench/.synced ## Measure the engine beside other solvers; DATA=folder names real staff files
	@.tools/bench/bin/python -m tests.bench.contest $(if $(DATA),--data '$(DATA)') $(BENCH_ARGS)

bench-web: setup test-setup ## Measure every page: bytes, requests, server time, layout shift
	@$(BIN)/python -m tests.bench.web $(BENCH_ARGS)

mutants: .tools/bench/.synced ## Change the engine in many small ways, DRAW=250 in so many of them: how often do its tests notice?
	@export PATH="$(CURDIR)/.tools/bench/bin:$$PATH"; mutmut run --max-children 1 $(if $(DRAW),$$(python -m tests.bench.mutants --draw $(DRAW)))
	@.tools/bench/bin/python -m tests.bench.mutants

bench-strategy: setup ## Measure whether it pays to list fewer hours or skills than is true
	@$(BIN)/python -m tests.bench.strategy $(BENCH_ARGS)

fuzz: setup test-setup ## The tests on drawn examples, with others each time
	HYPOTHESIS_PROFILE=fuzz $(BIN)/pytest $(PYTEST_ARGS) -m hypothesis

walk: setup test-setup ## Look at every page in every language: barriers, keyboard, zoom, sizes (the suite takes two languages a page)
	WALK_EVERY_LANGUAGE=1 $(BIN)/pytest tests/journeys/test_every_page.py

chaos: setup ## Kill processes some forty times, at each failpoint once, and look whether anything was lost
	@$(BIN)/python -m tests.chaos

chaos-full: setup ## The same three hundred times, SQLite and PostgreSQL, two clocks, with all that goes wrong besides
	@$(BIN)/python -m tests.chaos --full

bench-clock: setup ## Measure the clock, and two schedulers of others beside it
	@$(BIN)/python -m tests.bench.clock $(BENCH_ARGS)

lock: $(UV) ## Lock the dependencies anew, by hashes
	$(UV) pip compile pyproject.toml --group dev --universal --generate-hashes --no-header --quiet -o requirements.lock

migrate: setup ## Write a migration for changed tables: make migrate m="what changes"
	@test -n "$(m)" || { echo 'Say what changes: make migrate m="add the column for ..."'; exit 2; }
	$(BIN)/alembic revision --autogenerate -m "$(m)"

clean: ## Remove all that make made, but not the data in var/
	rm -rf .venv .tools .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The stamp, not the directory, says that a set-up came to its end.
.venv/.synced: requirements.lock pyproject.toml $(UV)
	@echo 'Setting up .venv ...'
	@test -x $(BIN)/python || $(UV) venv --quiet --clear --no-project --python $(PYTHON) .venv
	@$(UV) pip sync --quiet --compile-bytecode --python $(BIN)/python --require-hashes requirements.lock
	@$(UV) pip install --quiet --python $(BIN)/python --no-deps -e .
	@touch $@

# Other solvers and tools that only measure stand apart, so that what is tested is what is locked.
.tools/bench/.synced: .venv/.synced
	@echo 'Setting up .tools/bench ...'
	@$(UV) venv --quiet --clear --no-project --python $(BIN)/python .tools/bench
	@$(UV) pip sync --quiet --compile-bytecode --python .tools/bench/bin/python --require-hashes requirements.lock
	@$(UV) pip install --quiet --compile-bytecode --python .tools/bench/bin/python --group bench --group mutants
	@$(UV) pip install --quiet --python .tools/bench/bin/python --no-deps -e .
	@touch $@

# Debian's own python3 takes no packages (PEP 668), so uv gets an environment of its own.
$(UV):
	@command -v $(PYTHON) > /dev/null || { echo 'There is no $(PYTHON) here: install Python 3.11, 3.12 or 3.13.'; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' || { \
		echo "$$($(PYTHON) --version) does not fit: install Python 3.11, 3.12 or 3.13 and name it, as in: make $(or $(MAKECMDGOALS),setup) PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2> /dev/null || { \
		echo '$(PYTHON) cannot make environments here: install its venv module (Debian and Ubuntu: apt install python3-venv).'; exit 1; }
	@$(PYTHON) -m venv --clear .tools
	@.tools/bin/python -m pip install --quiet --disable-pip-version-check 'uv>=0.13,<0.14'
