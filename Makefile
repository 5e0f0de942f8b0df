# One word for each thing a person does here; `make help` lists them.
PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
TESTS ?= tests
.DEFAULT_GOAL := help
.PHONY: help setup run dev test check test-fast e2e fix demo twins prove bench db-reset lock

# uv reads none of pip's settings; these two are all it needs behind a proxy or a mirror.
ifdef PIP_CERT
export SSL_CERT_FILE ?= $(PIP_CERT)
endif
ifdef PIP_INDEX_URL
export UV_DEFAULT_INDEX ?= $(PIP_INDEX_URL)
endif
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Where this is set, each of our processes would compile a thousand modules anew at every start.
unexport PYTHONDONTWRITEBYTECODE

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' Makefile

setup: $(VENV)/.installed ## create .venv, install the locked packages, build the front end
	@$(PY) -m workers.assets

run: setup ## everything from nothing: servers, demo shop, web, workers (PORT=8000, DEMO=0 for empty)
	@$(PY) -m workers.local

dev: setup ## as run, and the web process reloads when its code changes
	@RELOAD=1 $(PY) -m workers.local

test: setup ## everything CI runs: format, lint, types, floors, all tests (TESTS=path for some)
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/mypy
	@$(VENV)/bin/lint-imports
	@$(PY) -m tests.official
	@$(PY) -m tests.e2e.browser
	@$(PY) -m pytest -q -n 2 --dist loadgroup --cov --cov-report=term:skip-covered $(TESTS)

check: test ## the same as test

test-fast: setup ## the tests without browser and races, no coverage
	@$(PY) -m pytest -q -n 2 --dist loadgroup -m "not e2e and not race" $(TESTS)

e2e: setup ## the journeys in a real Chromium
	@$(PY) -m tests.e2e.browser
	@$(PY) -m pytest -q -m e2e tests/e2e

fix: setup ## format, and mend what ruff can mend
	@$(VENV)/bin/ruff format .
	@$(VENV)/bin/ruff check --fix .

demo: setup ## seed the demo shop beside a running `make run`
	@$(PY) -m workers.demo

twins: setup ## only the simulated shops, to point a connection at
	@$(PY) -m workers.twins

prove: setup ## search every interleaving of the sync engine for a broken promise
	@$(PY) -m tests.model

bench: setup ## measure against limits of this machine; writes var/bench.json
	@$(PY) -m workers.bench

db-reset: setup ## delete the embedded database and start from nothing at the next run
	@$(PY) -m app.core.embedded.erase

lock: setup ## resolve the dependencies anew, without download addresses
	@$(VENV)/bin/uv pip compile -q pyproject.toml --group local --group dev --universal --upgrade \
		--generate-hashes --no-emit-index-url --no-header -o requirements.lock
	@$(VENV)/bin/uv pip compile -q pyproject.toml -c requirements.lock --universal \
		--generate-hashes --no-emit-index-url --no-header -o requirements-production.lock
	@npm install --package-lock-only --ignore-scripts

# uv comes from the lock by pip and installs the rest in seconds; where it cannot, pip does it all.
$(VENV)/.installed: requirements.lock
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("SyncStore needs Python 3.11 or newer, and this is " + sys.version.split()[0] + ". Name a newer one: make run PYTHON=python3.12")'
	@echo "Installing the locked packages into $(VENV); the first time takes about a minute."
	@$(PYTHON) -m venv $(VENV)
	@awk '/^uv==/ {on = 1} on {print} on && !/\\$$/ {exit}' requirements.lock > $(VENV)/uv.txt
	@$(PY) -m pip install --quiet --require-hashes --no-deps -r $(VENV)/uv.txt
	@$(VENV)/bin/uv pip install --quiet --python $(PY) --require-hashes -r requirements.lock \
		|| $(PY) -m pip install --quiet --require-hashes -r requirements.lock
	@touch $@
