PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet --quiet
INSTALL := install --no-deps --require-hashes -r
LOCK := $(BIN)/pip-compile --quiet --generate-hashes --strip-extras --allow-unsafe \
	--build-deps-for editable --no-emit-index-url --no-emit-find-links \
	--no-emit-trusted-host --no-emit-options

# What an operator runs needs half the packages; the rest is added when it is asked for.
READY := $(VENV)/.ready
READY_DEV := $(VENV)/.ready-dev

.DEFAULT_GOAL := help
.PHONY: help run test check bench lock clean

help:  ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-6s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(READY)  ## serve the demonstration district
	$(BIN)/dj-cadence demo

test: $(READY_DEV)  ## run the tests; ARGS="tests/unit -x" narrows them
	$(BIN)/pytest -n auto --dist loadfile $(ARGS)

check: $(READY_DEV)  ## format, lint, types, layers
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy src
	$(BIN)/lint-imports

bench: $(READY_DEV)  ## run what is in benchmarks/
	@for file in $(wildcard benchmarks/bench_*.py); do $(BIN)/python $$file || exit 1; done

lock: $(READY_DEV)  ## resolve the dependencies anew; ARGS=--upgrade takes the newest
	$(LOCK) $(ARGS) --extra dev -o requirements-dev.lock pyproject.toml
	$(LOCK) $(ARGS) -c requirements-dev.lock -o requirements.lock pyproject.toml

clean:  ## remove the environment and all caches
	rm -rf $(VENV) dist .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -prune -exec rm -rf {} +

$(READY): requirements.lock pyproject.toml
	$(PYTHON) -m venv --clear $(VENV)
	$(PIP) $(INSTALL) requirements.lock
	$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(READY_DEV): requirements-dev.lock $(READY)
	$(PIP) $(INSTALL) requirements-dev.lock
	@touch $@
