# relay-runtime. `make` alone lists the targets.
PYTHON ?= python3
VENV := .venv
MINUTES ?= 60
BIN := $(VENV)/bin
SOURCES := $(shell find actors runtime -name '*.py' -o -name 'py.typed') pyproject.toml README.md LICENSE
EXTRAS := interop,test,dev,bench

.DEFAULT_GOAL := help
.PHONY: help demo test check lint types imports bench bench-instructions bench-quick soak faults chaos fuzz autobahn dev wheel rooms clean

help: ## List the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | awk -F'\t' '{printf "  make %-20s %s\n", $$1, $$2}'

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "relay-runtime needs Python 3.11 or newer; '$(PYTHON)' is older. Try: make PYTHON=python3.12 …" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || \
		{ rm -rf $(VENV); echo "could not make a virtual environment; on Debian: apt-get install python3-venv" >&2; exit 1; }

$(VENV)/wheel.stamp: $(SOURCES) | $(BIN)/python
	@echo "building and installing the wheel…"
	@rm -rf dist build
	@$(BIN)/python -m pip --disable-pip-version-check wheel -q --no-deps -w dist .
	@$(BIN)/python -m pip --disable-pip-version-check install -q --force-reinstall --no-deps dist/*.whl
	@$(BIN)/python -m pip --disable-pip-version-check install -q "$$(ls dist/*.whl)"
	@rm -f $(VENV)/dev.stamp
	@touch $@

$(VENV)/test.stamp: pyproject.toml | $(VENV)/wheel.stamp
	@echo "installing what the tests need…"
	@$(BIN)/python -m pip --disable-pip-version-check install -q "$$(ls dist/*.whl)[$(EXTRAS)]"
	@touch $@

wheel: $(VENV)/wheel.stamp ## Build the wheel and install it into .venv

demo: $(VENV)/wheel.stamp ## Watch the receptionist serve 48 callers on the embedded sandbox
	@cd examples/receptionist && ../../$(BIN)/python demo.py

test: $(VENV)/wheel.stamp $(VENV)/test.stamp ## Run every test against the built wheel
	@$(BIN)/python -m pytest -q

check: lint types imports test ## All that CI runs: style, types, direction of imports, tests

lint: $(VENV)/wheel.stamp $(VENV)/test.stamp
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check -q . || { $(BIN)/ruff format --check .; exit 1; }

types: $(VENV)/wheel.stamp $(VENV)/test.stamp
	@$(BIN)/mypy

imports: $(VENV)/wheel.stamp $(VENV)/test.stamp
	@$(BIN)/lint-imports

bench: $(VENV)/wheel.stamp ## Measure against the official client and the floor; rewrites docs/performance.md
	@$(BIN)/python -m pip --disable-pip-version-check install -q "$$(ls dist/*.whl)[bench]"
	@$(BIN)/python -m benchmarks

bench-quick: $(VENV)/wheel.stamp ## Compare with the floor in under a minute
	@$(BIN)/python -m pip --disable-pip-version-check install -q "$$(ls dist/*.whl)[bench]"
	@$(BIN)/python -m benchmarks.quick

soak: | $(BIN)/python ## Serve callers for MINUTES=60 with top open: memory must stay flat and the log quiet
	@test -e $(VENV)/dev.stamp || $(MAKE) --no-print-directory wheel
	@$(BIN)/python -m benchmarks.soak --minutes $(MINUTES)

bench-instructions: $(VENV)/wheel.stamp ## Count the instructions of a call, an event and a command by callgrind
	@$(BIN)/python -m pip --disable-pip-version-check install -q "$$(ls dist/*.whl)[bench]"
	@$(BIN)/python -m benchmarks.hotpath.instructions

PROOF = PYTHONPATH=tests $(BIN)/python -m
SEED ?= 1
SECONDS ?= 180
FRAMES ?= 1000000

faults: $(VENV)/wheel.stamp $(VENV)/test.stamp ## Play every fault in every phase of a call; rewrites docs/reliability.md
	@$(PROOF) proof.matrix

chaos: $(VENV)/wheel.stamp $(VENV)/test.stamp ## A storm over hundreds of calls (SEED=1 SECONDS=180); rewrites docs/reliability.md
	@SEED=$(SEED) SECONDS=$(SECONDS) $(PROOF) proof.chaos

fuzz: $(VENV)/wheel.stamp $(VENV)/test.stamp ## Push hostile frames (SEED=1 FRAMES=1000000); rewrites docs/reliability.md
	@$(BIN)/python -m pip --disable-pip-version-check install -q atheris 2>/dev/null || echo "atheris can't be installed here, and is left out"
	@SEED=$(SEED) FRAMES=$(FRAMES) $(PROOF) proof.fuzz

autobahn: $(VENV)/wheel.stamp $(VENV)/test.stamp ## Autobahn's WebSocket cases, both sides; rewrites docs/reliability.md
	@$(PROOF) proof.autobahn

dev: | $(BIN)/python ## Install the checkout itself (editable) into .venv, for working on it
	@$(BIN)/python -m pip --disable-pip-version-check install -q -e ".[$(EXTRAS)]"
	@touch $(VENV)/dev.stamp

rooms: $(VENV)/wheel.stamp $(VENV)/test.stamp ## Draw who imports whom, from the import graph; rewrites docs/img/rooms.svg
	@$(BIN)/python docs/rooms.py

clean: ## Remove what the targets made
	rm -rf $(VENV) dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis
