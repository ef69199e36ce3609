# relay-runtime. `make` alone lists the targets.
PYTHON ?= python3
VENV := .venv
MINUTES ?= 60
BIN := $(VENV)/bin
SOURCES := $(shell find actors runtime -name '*.py' -o -name '*.json' -o -name 'py.typed' -o -path '*/web/page/*' -o -path '*/starter/templates/*' -type f) pyproject.toml README.md LICENSE
EXTRAS := interop,test,dev,bench,fleet,docs

# Ctrl-C ends what runs by these in a line of its own, not in a traceback.
QUIETLY := import runpy, sys; hook = sys.excepthook; \
	sys.excepthook = lambda kind, *rest: kind is KeyboardInterrupt or hook(kind, *rest); sys.argv[:1] = []; \
	runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
# And what runs by these is ended by Ctrl-C from the first moment: -S leaves out what Python itself imports before that.
UNDER_CTRL_C := import _signal, os, sys; _signal.signal(_signal.SIGINT, lambda *_: os._exit(130)); \
	import site; site.main(); import runpy; runpy.run_path(sys.argv[1], run_name="__main__")
PIP := $(BIN)/python -c '$(QUIETLY)' pip --disable-pip-version-check

.DEFAULT_GOAL := help
.PHONY: help demo phone web pictures docs unit test proof cov check lint types imports bench bench-workers bench-fleet bench-instructions bench-pythons bench-quick bench-ladder soak faults orphans fleet-chaos chaos simulate mutants broken-laws fuzz backoff outcomes autobahn dev wheel lock drawings rooms clean

help: ## List the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | awk -F'\t' '{printf "  make %-20s %s\n", $$1, $$2}'

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "relay-runtime needs Python 3.11 or newer; '$(PYTHON)' is older. Try: make PYTHON=python3.12 …" >&2; exit 1; }
	@$(PYTHON) -c '$(QUIETLY)' venv $(VENV) || \
		{ rm -rf $(VENV); echo "could not make a virtual environment; on Debian: apt-get install python3-venv" >&2; exit 1; }

# What builds the wheel stays in .venv, so that a source file that was touched needs no network.
$(VENV)/build.stamp: pyproject.toml | $(BIN)/python
	@$(BIN)/python -c '$(BUILD_REQUIRES)' > $(VENV)/build-requires.txt
	@$(PIP) install -q -r $(VENV)/build-requires.txt
	@touch $@

$(VENV)/wheel.stamp: $(SOURCES) $(VENV)/build.stamp | $(BIN)/python
	@echo "building and installing the wheel…"
	@rm -rf dist build $(VENV)/lib/python*/site-packages/~elay* # what pip leaves when Ctrl-C ends it in the middle
	@$(PIP) wheel -q --no-deps --no-build-isolation -w dist .
	@$(PIP) install -q --force-reinstall --no-deps dist/*.whl
	@$(PIP) install -q "$$(ls dist/*.whl)"
	@rm -f $(VENV)/dev.stamp
	@touch $@

# The checkout itself, and all that the tests need; in the place of a wheel that was installed before.
$(VENV)/test.stamp: pyproject.toml | $(BIN)/python
	@echo "installing what the tests need…"
	@$(PIP) install -q -e ".[$(EXTRAS)]"
	@rm -f $(VENV)/wheel.stamp
	@touch $(VENV)/dev.stamp $@

wheel: $(VENV)/wheel.stamp ## Build the wheel and install it into .venv
	@ls dist/*.whl

demo: $(VENV)/wheel.stamp ## Watch the receptionist serve 48 callers on the embedded sandbox
	@cd examples/receptionist && ../../$(BIN)/python -S -c '$(UNDER_CTRL_C)' demo.py

# Pytest keeps what it has rewritten, in .venv: half of the time of a short run.
export PYTHONPYCACHEPREFIX := $(CURDIR)/$(VENV)/bytecode
unexport PYTHONDONTWRITEBYTECODE

PYTEST = $(BIN)/python -m pytest -q -n auto --dist worksteal
TWO_A_CORE = -n $(shell $(BIN)/python -c 'import os; print(2 * (os.cpu_count() or 1))') # many of all tests wait
OF_WHEEL = $(MAKE) --no-print-directory wheel && TESTED_COPY=wheel
UNIT = tests/actors tests/runtime --ignore=tests/runtime/sandbox -m "not slow and not proof" --hypothesis-profile=quick

phone: $(VENV)/wheel.stamp ## Call the receptionist from this terminal: hear it, press keys
	@cd examples/receptionist && ../../$(BIN)/relay-runtime phone app:Receptionist

web: $(VENV)/wheel.stamp ## The same in the browser, with a live view: open the URL that is printed
	@cd examples/receptionist && ../../$(BIN)/relay-runtime phone app:Receptionist --web

pictures: $(VENV)/test.stamp ## Take the pictures of the phone anew, with a Chromium
	@$(BIN)/python docs/pictures.py

unit: $(VENV)/test.stamp ## Test model and machine of this checkout, in seconds; test has the sandbox and all examples too
	@$(PYTEST) $(UNIT)

test: $(VENV)/test.stamp ## Run every test against the built wheel, but for the long proofs
	@$(OF_WHEEL) $(PYTEST) $(TWO_A_CORE) -m "not proof"

proof: $(VENV)/test.stamp ## Run the long proofs against the built wheel: faults, chaos, Autobahn's cases
	@$(OF_WHEEL) $(PYTEST) -m proof

cov: $(VENV)/test.stamp ## Measure the branch coverage of tests/actors and tests/runtime but for proofs; below the floor it fails
	@$(BIN)/coverage run -m pytest -q -m "not proof" tests/actors tests/runtime
	@printf 'branch coverage in per cent: '
	@$(BIN)/coverage report --format=total

check: lint types imports cov proof test ## All that CI runs: style, types, direction of imports, coverage, tests

lint: $(VENV)/test.stamp ## Check the style
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check -q . || { $(BIN)/ruff format --check .; exit 1; }

types: $(VENV)/test.stamp ## Check the types
	@$(BIN)/mypy

imports: $(VENV)/test.stamp ## Check the direction of imports
	@PYTHONPATH=actors:runtime $(BIN)/lint-imports --no-cache
	@PYTHONPATH=actors:runtime $(BIN)/lint-imports --no-cache importlinter-types.toml

bench: $(VENV)/wheel.stamp ## Measure against the official client and the floor; rewrites docs/performance.md
	@$(PIP) install -q "$$(ls dist/*.whl)[bench]"
	@$(BIN)/python -m benchmarks

bench-pythons: $(VENV)/wheel.stamp ## Measure ours and the official client on every Python from 3.11 that is here; rewrites docs/performance.md
	@$(PIP) install -q "$$(ls dist/*.whl)[bench]"
	@$(BIN)/python -m benchmarks.pythons dist/*.whl

bench-workers: $(VENV)/wheel.stamp ## Measure one worker beside two: 5,000 calls held, 200 new a second; rewrites docs/performance.md
	@$(PIP) install -q "$$(ls dist/*.whl)[bench]"
	@$(BIN)/python -m benchmarks.workers

bench-quick: $(VENV)/wheel.stamp ## Compare with the floor in under a minute
	@$(PIP) install -q "$$(ls dist/*.whl)[bench]"
	@$(BIN)/python -m benchmarks.quick

bench-ladder: $(VENV)/wheel.stamp ## Measure what each step from the true floor to ours costs; rewrites docs/performance.md
	@$(PIP) install -q "$$(ls dist/*.whl)[bench]"
	@$(BIN)/python -m benchmarks.ladder

soak: | $(BIN)/python ## Serve callers for MINUTES=60 with top open: memory must stay flat and the log quiet
	@test -e $(VENV)/dev.stamp || $(MAKE) --no-print-directory wheel
	@$(BIN)/python -m benchmarks.soak --minutes $(MINUTES)

bench-fleet: $(VENV)/wheel.stamp ## Time a question to a call of another process, and what processes and calls cost the engine
	@$(PIP) install -q '.[fleet,test]'
	@$(BIN)/python -m benchmarks.fleet

bench-instructions: $(VENV)/wheel.stamp ## Count the instructions of a call, an event and a command by callgrind
	@$(PIP) install -q "$$(ls dist/*.whl)[bench]"
	@$(BIN)/python -m benchmarks.hotpath.instructions

PROOF = PYTHONPATH=$(CURDIR)/actors:$(CURDIR)/runtime:$(CURDIR)/tests $(BIN)/python -m
SEED ?= 1
SECONDS ?= 180
CALLS ?= 20000
ROUNDS ?= 50
FRAMES ?= 1000000
RUNS ?= 100
BUSY ?= 3

faults: $(VENV)/test.stamp ## Play every fault in every phase of a call; rewrites docs/reliability.md
	@$(PROOF) proof.matrix

orphans: $(VENV)/test.stamp ## Kill processes under calls in every state (SEED=1 ROUNDS=50); rewrites docs/reliability.md
	@SEED=$(SEED) ROUNDS=$(ROUNDS) $(PROOF) proof.orphans

fleet-chaos: $(VENV)/test.stamp ## Kill and stop a fleet's processes and its engine (SEED=1 ROUNDS=50); rewrites docs/reliability.md
	@SEED=$(SEED) ROUNDS=$(ROUNDS) $(PROOF) proof.fleet_chaos

chaos: $(VENV)/test.stamp ## A storm over hundreds of calls (SEED=1 SECONDS=180); rewrites docs/reliability.md
	@SEED=$(SEED) SECONDS=$(SECONDS) $(PROOF) proof.chaos

simulate: $(VENV)/test.stamp ## Client and server in virtual time under all faults (SEED=1 CALLS=20000 SEEDS= FRESH=); rewrites docs/reliability.md
	@SEED=$(SEED) CALLS=$(CALLS) SEEDS=$(SEEDS) PROCESSES=$(PROCESSES) FRESH=$(FRESH) KEEP=$(KEEP) $(PROOF) proof.simulation

mutants: $(VENV)/test.stamp ## Try small changes of the code against the tests: SEED=1 PER=2 MODULES=session/ THOROUGH=1 FLOOR=90
	@SEED=$(SEED) PER=$(PER) MODULES=$(MODULES) THOROUGH=$(THOROUGH) FLOOR=$(FLOOR) PROCESSES=$(PROCESSES) $(PROOF) proof.mutants

broken-laws: $(VENV)/test.stamp ## Break the runtime on purpose, and have the simulation find it; rewrites docs/reliability.md
	@$(PROOF) proof.broken_laws

fuzz: $(VENV)/test.stamp ## Push hostile frames (SEED=1 FRAMES=1000000); rewrites docs/reliability.md
	@$(PIP) install -q atheris 2>/dev/null || echo "atheris can't be installed here, and is left out"
	@SEED=$(SEED) FRAMES=$(FRAMES) $(PROOF) proof.fuzz

backoff: $(VENV)/test.stamp ## Simulate the share of sessions that outages cost; rewrites docs/reliability.md
	@$(PROOF) proof.backoff

outcomes: $(VENV)/test.stamp ## Play waits in virtual time beside busy loops (RUNS=100 BUSY=3): each has one outcome
	@$(PROOF) proof.outcomes $(RUNS) $(BUSY)

autobahn: $(VENV)/test.stamp ## Autobahn's WebSocket cases, both sides; rewrites docs/reliability.md
	@$(PROOF) proof.autobahn

dev: ## Install the checkout itself (editable) into .venv, for working on it
	@rm -f $(VENV)/test.stamp
	@$(MAKE) --no-print-directory $(VENV)/test.stamp

# Wheels only: with --require-hashes, pip would run the code of a source archive to build it.
LOCK = $(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --only-binary :all: \
	--no-emit-index-url --custom-compile-command "make lock"
BUILD_REQUIRES = import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["build-system"]["requires"], sep="\n")

lock: $(VENV)/test.stamp ## Choose anew what the image is made of; rewrites the lock files in deploy/container
	@$(PIP) install -q -e ".[lock]"
	@$(LOCK) --output-file deploy/container/requirements.txt pyproject.toml
	@$(BIN)/python -c '$(BUILD_REQUIRES)' | $(LOCK) --output-file deploy/container/build-requirements.txt -

docs: $(VENV)/test.stamp ## Build the site, docs/_build/html/index.html; a broken link, a missing name or a warning is an error
	@PYTHONPATH=actors:runtime $(BIN)/python docs/reference.py --check
	@echo "building the site…"
	@$(BIN)/sphinx-build -q -E -n -W --keep-going docs docs/_build/html
	@echo "the site: docs/_build/html/index.html"

DRAW = PYTHONPATH=actors:runtime:docs $(BIN)/python -m drawings

drawings: $(VENV)/test.stamp ## Draw the pictures of docs/how from the code and from runs of it; rewrites docs/img
	@$(DRAW)

rooms: $(VENV)/test.stamp ## Draw who imports whom, from the import graph; rewrites docs/img/rooms.svg
	@$(DRAW) rooms

clean: ## Remove what the targets made
	rm -rf $(VENV) dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis
