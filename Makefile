# SPDX-License-Identifier: GPL-2.0-only
# make fuzz: set up (once) and fuzz the default target for a minute.
# make help: everything else.

SHELL = /bin/sh
PY = .venv/bin/python
TIME = 60s
# One test process per core; more than 8 would mostly wait for the first builds.
XDIST = -n auto --maxprocesses 8 --dist worksteal

.PHONY: help setup setup-test fuzz test test-slow test-all bench mutants ablation compare scaling kernels containment lint format check \
	clean

help:
	@echo 'To use it'
	@echo '  make fuzz         set up, then fuzz the default target for $(TIME)'
	@echo '  make setup        create .venv with everything pyfuzz needs; then: .venv/bin/pyfuzz'
	@echo '  make clean        remove .venv and everything that was built (not out/, not kernels/)'
	@echo 'To test it'
	@echo '  make test         set up, then run the tests: 5 minutes on two cores'
	@echo '  make test-all     set up, then run these and the slow ones'
	@echo '  make fault-tests  kill campaigns, fill their disk, damage their files: 20 times'
	@echo '  make kernels      fetch the two Debian kernel sources that some tests use'
	@echo '  make lint         ruff, import rules, mypy, and our C without warnings'
	@echo '  make format       format Python and C'
	@echo '  make check        what CI runs'
	@echo 'To measure it'
	@echo '  make bench        executions per second, compared with other drivers'
	@echo '  make mutants      mutants, and how soon each is found (docs/mutants-catalogue.md)'
	@echo '  make ablation     what each part of the generator contributes (docs/ablation.md)'
	@echo '  make compare      AFL++, libFuzzer and Hypothesis on the same mutants (docs/compare.md)'
	@echo '  make scaling      how the cost grows, as plots (docs/performance.md)'
	@echo '  make containment  the outcome of each memory fault (docs/containment.md)'

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

# AFL++ is not on PyPI: install it with apt-get install afl++, or it is left out.
compare: setup
	@$(PY) -m pip install -q 'hypothesis>=6.100'
	@$(PY) -m bench.compare $(COMPARE_ARGS)

scaling: setup
	@$(PY) -m bench.scaling $(SCALING_ARGS)

# These depend on timing, so running them once proves nothing.
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
	@$(PY) .ci/lint_c.py --format

format: setup-test
	@$(PY) -m ruff format .
	@find csrc bench -name '*.[ch]' -exec .venv/bin/clang-format -i {} +

check:
	@bash .ci/run

clean:
	rm -rf .venv build .pytest_cache .mypy_cache .ruff_cache .hypothesis
