# SPDX-License-Identifier: GPL-2.0-only
# make fuzz: set up (once) and fuzz the default target for a minute.
# make help: what else there is.

SHELL = /bin/sh
PY = .venv/bin/python
TIME = 60s
# A worker for each processor; more than 8 would mostly wait for the first builds.
XDIST = -n auto --maxprocesses 8 --dist worksteal

.PHONY: help setup setup-test fuzz test test-slow test-all bench mutants ablation compare scaling kernels containment lint check \
	clean

help:
	@echo 'make fuzz     set up, then fuzz the default target for $(TIME)'
	@echo 'make test     set up, then run the tests; at most 5 minutes on two processors'
	@echo 'make test-all set up, then run these and the slow ones'
	@echo 'make setup    .venv with all that pyfuzz needs; then: .venv/bin/pyfuzz'
	@echo 'make bench    executions per second, side by side with other drivers'
	@echo 'make mutants  planted faults and how soon each is found: docs/mutants-catalogue.md'
	@echo 'make ablation what each part of the generator is worth (docs/ablation.md)'
	@echo 'make compare  the same faults and inputs under AFL++, libFuzzer, Hypothesis (docs/compare.md)'
	@echo 'make scaling  what more work costs, as plots (docs/performance.md)'
	@echo 'make fault-tests  kill campaigns, fill their disk, damage their files: 20 times'
	@echo 'make containment  what comes of faults in memory (docs/containment.md)'
	@echo 'make kernels  fetch the two kernel sources that Debian packages, for the tests'
	@echo 'make lint     ruff, mypy, and our C without a warning'
	@echo 'make check    what CI runs'
	@echo 'make clean    remove .venv and all that was built (not out/, not kernels/)'

setup:
	@sh .ci/setup.sh

setup-test:
	@sh .ci/setup.sh test

fuzz: setup
	@$(PY) -m pyfuzz fuzz --time $(TIME)

test: setup-test
	@$(PY) -m pytest -m 'not slow' $(XDIST) $(PYTEST_ARGS)

test-slow: setup-test
	@$(PY) -m pytest -m slow $(XDIST) $(PYTEST_ARGS)

test-all:
	@$(MAKE) --no-print-directory test
	@$(MAKE) --no-print-directory test-slow

bench: setup
	@$(PY) -m bench $(BENCH_ARGS)

mutants: setup
	@$(PY) -m bench.mutants $(MUTANTS_ARGS) > docs/mutants-catalogue.md

ablation: setup
	@$(PY) -m pip install -q 'scipy>=1.11'
	@$(PY) -m bench.ablation $(ABLATION_ARGS)

# AFL++ is no package of Python's: apt-get install afl++, or it is left out.
compare: setup
	@$(PY) -m pip install -q 'hypothesis>=6.100'
	@$(PY) -m bench.compare $(COMPARE_ARGS)

scaling: setup
	@$(PY) -m bench.scaling $(SCALING_ARGS)

# What befalls campaigns depends on the clock: once is no proof.
fault-tests: setup-test
	@for i in $$(seq 20); do \
		$(PY) -m pytest -q tests/campaign/test_campaign_faults.py || exit 1; \
	done

containment: setup
	@mkdir -p build
	@$(PY) -m pyfuzz containment all --json $(CONTAINMENT_ARGS) > build/containment.json || test $$? = 1
	@$(PY) -m bench.containment build/containment.json

kernels:
	@sh .ci/kernels.sh

lint: setup-test
	@$(PY) -m ruff format --check .
	@$(PY) -m ruff check .
	@.venv/bin/lint-imports
	@$(PY) -m mypy

check:
	@bash .ci/run

clean:
	rm -rf .venv build .pytest_cache .mypy_cache .ruff_cache .hypothesis
