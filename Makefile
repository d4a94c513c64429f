# The commands of this project. `make` alone lists them.
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
BUILT  := build/compiled

.PHONY: help setup compile demo test fuzz lint bench coldstart faults soak format clean

help: ## list the commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-9s %s\n", $$1, $$2}'

setup: $(STAMP) ## create .venv and install everything pinned in constraints.txt

$(STAMP): pyproject.toml constraints.txt
	@command -v $(PYTHON) >/dev/null || { echo "make: $(PYTHON) is missing; install Python 3.11 or newer, or say make PYTHON=/path/to/python3"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "make: $$($(PYTHON) --version) is too old; Python 3.11 or newer is needed (make PYTHON=python3.12)"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "make: this Python has no venv module; on Debian and Ubuntu: apt-get install python3-venv"; exit 1; }
	@if command -v uv >/dev/null; then \
	  UV_PYTHON_DOWNLOADS=never uv venv --quiet --allow-existing --python $(PYTHON) $(VENV) && \
	  uv pip install --quiet --python $(BIN)/python -c constraints.txt -e '.[dev]'; \
	else \
	  $(PYTHON) -m venv $(VENV) && $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'; \
	fi
	@touch $@

compile: $(BUILT)/.made ## compile what every request passes through (needs a C compiler and Python's headers)

$(BUILT)/.made: $(STAMP) setup.py $(shell find gateway services -type f -not -name '*.pyc')
	@rm -rf build
	GATEWAY_COMPILE=1 $(BIN)/python setup.py --quiet build --build-lib $(BUILT) --build-temp build/temp
	@touch $@

demo: setup ## run mock services, a database, a cache and the gateway; Ctrl-C stops them
	@exec $(BIN)/gateway demo $(ARGS)

test: setup $(if $(COMPILED),compile) ## run all tests (COMPILED=1: against the compiled gateway)
	$(if $(COMPILED),PYTHONSAFEPATH=1 PYTHONPATH=$(CURDIR)/$(BUILT):$(CURDIR)) $(BIN)/python -m pytest $(if $(COMPILED),-o pythonpath="$(BUILT) .") $(ARGS)

fuzz: setup ## hostile answers against both transports (SECONDS=600 SEED=1)
	FUZZ_SECONDS=$(or $(SECONDS),600) FUZZ_SEED=$(SEED) $(BIN)/python -m pytest tests/contract/test_fuzz.py -s

lint: setup ## ruff, mypy --strict, import rules, config check
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/gateway check config/gateway.yaml

bench: setup ## measure against bare uvicorn and hand-written peers (needs nginx and wrk)
	@$(MAKE) compile || echo "bench: the gateway could not be compiled, and is measured as it is written"
	$(BIN)/python -m bench $(ARGS)
	$(if $(ARGS),,$(BIN)/python -m bench.steps)

coldstart: setup ## first requests to a function nobody called yet, with and without prewarm (ARGS=--keep)
	$(BIN)/python -m bench.coldstart $(ARGS)

faults: setup ## what becomes of requests when upstreams fail, with layers on and off (ARGS=--quick)
	$(BIN)/python -m bench.faults $(ARGS)

soak: setup ## leaks of many timeouts and refusals, then ten minutes of mixed faults
	$(BIN)/python -m bench.faults.leaks
	$(BIN)/python -m bench.faults.soak $(ARGS)

format: setup ## let ruff rewrite the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean: ## remove the virtual environment and caches
	rm -rf $(VENV) build .pytest_cache .mypy_cache .ruff_cache .hypothesis *.egg-info
