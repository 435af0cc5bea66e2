PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet --quiet
INSTALL := install --no-deps --require-hashes -r
LOCK := $(BIN)/pip-compile --quiet --generate-hashes --strip-extras --allow-unsafe \
	--build-deps-for editable --no-emit-index-url --no-emit-find-links \
	--no-emit-trusted-host --no-emit-options

OFFICE := libreoffice-writer-nogui libreoffice-calc-nogui poppler-utils chromium fontconfig fonts-noto-cjk \
	faketime

# What an operator runs needs half the packages; the rest is added when it is asked for.
READY := $(VENV)/.ready
READY_DEV := $(VENV)/.ready-dev

.DEFAULT_GOAL := help
.PHONY: help run test office pictures check bench lock clean

help:  ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-6s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(READY)  ## serve the demonstration district
	$(BIN)/dj-cadence demo

# Files of few tests are the long ones, and must not come last.
test: $(READY_DEV) office  ## run the tests; ARGS="tests/unit -x" narrows them
	$(BIN)/pytest -n auto --dist loadfile --no-loadscope-reorder $(ARGS)

# What the tests open papers with, and set clocks by. A machine that has it all is left alone.
office:
	@missing=""; for tool in soffice pdftotext pdftoppm chromium fc-list faketime; do \
		command -v $$tool >/dev/null || missing="$$missing $$tool"; done; \
	fc-list :lang=zh 2>/dev/null | grep -q . || missing="$$missing a-Chinese-font"; \
	[ -z "$$missing" ] && exit 0; \
	echo "installing what the tests open papers with and set clocks by (missing:$$missing)"; \
	sudo=""; [ "$$(id -u)" = 0 ] || sudo="sudo -n"; \
	$$sudo apt-get update -qq && DEBIAN_FRONTEND=noninteractive $$sudo apt-get install -y -qq \
		--no-install-recommends $(OFFICE) >/dev/null \
	|| { echo "cannot install$$missing; as root: apt-get install $(OFFICE)" >&2; exit 1; }

pictures: $(READY_DEV) office  ## make the pictures of papers and mails in docs/pictures anew
	$(BIN)/python docs/pictures/make.py

check: $(READY_DEV)  ## format, lint, types, layers, the rules of the house
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy src
	MYPYPATH=benchmarks $(BIN)/mypy benchmarks/*.py docs/pictures/make.py
	$(BIN)/lint-imports
	$(BIN)/pytest -q -n0 tests/unit/test_house.py

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
