# Everything that a visitor or a developer runs. Each target sets up what it needs (.ci/bootstrap.py).
PY := .venv/bin/python
SETUP := python3 .ci/bootstrap.py
ARGS ?=
# Most tests wait for real servers: several files run at once. A file's tests share its servers and stay together.
SIDE_BY_SIDE := -p no:benchmark --numprocesses 4 --dist loadfile --no-loadscope-reorder
# pyproject.toml keeps these two folders out of `make test`; naming one lifts that.
SLOW := -o addopts="--strict-markers --strict-config -ra --import-mode=importlib"

# Or every worker of the tests, and every program that they start, compiles all modules anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo test check bench fuzz test-vm lock install clean

help:  ## show this
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' Makefile | expand -t 18

demo:  ## the whole product on this machine; ARGS="--headless --seconds 60"
	@$(SETUP) demo
	@.venv/bin/edge-agent demo $(ARGS)

test:  ## the tests; ARGS="-k presence"
	@$(SETUP) dev
	@$(SETUP) system
	@$(PY) -m pytest $(SIDE_BY_SIDE) $(ARGS)

check:  ## style, types and architecture
	@$(SETUP) dev
	@echo "ruff";         $(PY) -m ruff check . && $(PY) -m ruff format --check .
	@echo "mypy";         $(PY) -m mypy
	@echo "import-linter"; .venv/bin/lint-imports

bench: export SOAK_HOURS ?= 3
bench: export SOAK_SCENES ?= 3000
bench:  ## measure, side by side with what exists (half an hour); SOAK_HOURS=10 SOAK_SCENES=10000 for the long soaks
	@$(SETUP) dev
	@$(PY) -m pip install --quiet --disable-pip-version-check "TheengsDecoder>=2.5,<3" || \
	  echo "Theengs' decoder cannot be built here (cmake and a C++ compiler are needed): measured without it"
	@$(PY) -m pytest $(SLOW) --quiet --capture=no --durations=12 --timeout=1800 tests/bench $(ARGS)

fuzz:  ## a million inputs, guided by coverage, into all that reads strangers' bytes
	@$(SETUP) dev
	@$(PY) -m tests.fuzz.harness --runs 1000000 $(ARGS)

test-vm:  ## the agent in a Debian guest with a real BlueZ and systemd (root builds the guest once)
	@$(SETUP) dev
	@$(PY) -m pytest $(SLOW) -v tests/vm $(ARGS)

lock:  ## resolve the dependencies again
	@$(SETUP) dev
	@$(SETUP) lock

install:  ## install a unit on this machine (root): /opt/edge-agent, users, systemd units
	@sh systemd/install.sh $(ARGS)

clean:  ## remove what make made in this folder
	rm -rf .venv dist build edge_agent/clerk/page/vendor .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .benchmarks
