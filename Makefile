# Two commands: `make run` and `make test`. Another interpreter: `make run PYTHON=python3.13`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SCENARIO ?= scenarios/border_closure.yaml
# Tests of the command cost a hundred times what others cost, so that the workers must share what is left.
PYTEST = $(BIN)/pytest -q -n auto --dist worksteal
INSTALL = $(BIN)/python -m pip install -q -c constraints.txt
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: help run test test-slow fuzz fuzz-guided coverage mutants test-all test-pyam lint bench bench-scaling performance notebook docs pages site figures \
        validation analyses scenarios golden golden-pages constraints clean

help:
	@echo "make run       set up .venv and run $(SCENARIO)"
	@echo "make test      the quick test suite"
	@echo "make test-slow  the tests that take longer and the shipped library, without fuzzing"
	@echo "make fuzz      ten thousand damaged files through the commands that read them (minutes)"
	@echo "make fuzz-guided  one kind of file, led by what it reaches (atheris, in .venv-atheris; ten minutes)"
	@echo "make coverage  the quick suite, and which lines and branches of sim/ it does not run; fails below 95 %"
	@echo "make mutants   whether a test notices each wrong line of taxes, borders, market and comparison (an hour)"
	@echo "make test-all  all tests"
	@echo "make test-pyam whether pyam opens what sim compare --iamc writes, in .venv-pyam"
	@echo "make lint      style, types, import contracts"
	@echo "make bench     how fast it is"
	@echo "make performance  how fast against a bare skeleton, and why: renew docs/performance.md (minutes)"
	@echo "make bench-scaling  what 100,000 runs cost beside the runs themselves (minutes)"
	@echo "make notebook  run docs/python.ipynb and keep its outputs"
	@echo "make golden    renew the known results of tests/golden after a change of the model"
	@echo "make golden-pages  renew the kept pictures of pages in tests/e2e/golden (needs Chromium)"
	@echo "make docs      renew what is generated: docs/{assumptions,taxes,events,stress}.md, docs/reference, the JSON schema"
	@echo "make pages     run the pages of the documentation and renew the output they show (minutes)"
	@echo "make site      build the documentation into site/; open site/index.html"
	@echo "make validation  run the histories, renew docs/validation.md and its pictures (minutes)"
	@echo "make analyses  run what the pages of docs/analysis tell of, renew them and their pictures (minutes)"
	@echo "make scenarios run every shipped scenario, renew docs/scenarios.md and its pictures (minutes)"
	@echo "make figures   draw the pictures of docs/model.md"

run: $(VENV)/.run
	$(BIN)/sim run $(SCENARIO)

test: $(VENV)/.test
	$(PYTEST) -m "not slow and not library"

test-slow: $(VENV)/.test
	$(PYTEST) -m "(slow or library) and not fuzz" --durations=15

fuzz: $(VENV)/.test
	$(PYTEST) -m fuzz

# For as long as one likes: `make fuzz-guided FUZZED=sweep FOR_S=3600`. What fails is kept as crash-*.
FUZZED ?= scenario-checked
FOR_S ?= 600

fuzz-guided: $(VENV)/.python
	test -x $(VENV)-atheris/bin/python || $(PYTHON) -m venv $(VENV)-atheris
	$(VENV)-atheris/bin/python -m pip install -q -c constraints.txt -e '.[test]' 'atheris>=3'
	$(VENV)-atheris/bin/python -m tests.fuzz.guided $(FUZZED) -max_total_time=$(FOR_S)

# The same tests, counted, and the commands among them that are started as users do. Lines hide branches: these
# must reach 95 % alone, too.
coverage:
	PYTEST_ADDOPTS="$(PYTEST_ADDOPTS) --cov --cov-report=term" $(MAKE) --no-print-directory test
	$(BIN)/python -m tests.branches

# `make mutants EVERY=4` makes every fourth mutant only.
EVERY ?= 1

mutants: $(VENV)/.test
	$(BIN)/python -m tests.mutants --every $(EVERY)

test-all: $(VENV)/.test
	$(PYTEST)

# pyam is no dependency and wants other versions of some that are; what it stands on fails with SQLAlchemy 2.1,
# and keeps paths of an environment in the user's cache, which are wrong in the next one.
test-pyam: $(VENV)/.python
	$(PYTHON) -m venv $(VENV)-pyam
	$(VENV)-pyam/bin/python -m pip install -q -e . 'pyam-iamc>=3' 'sqlalchemy<2.1' 'pytest>=8'
	XDG_CACHE_HOME=$(abspath $(VENV)-pyam/cache) $(VENV)-pyam/bin/pytest -q tests/contract/pyam_reads_iamc.py

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

bench: $(VENV)/.test
	$(BIN)/pytest -q benchmarks --benchmark-only

performance: $(VENV)/.test
	$(BIN)/python -m benchmarks.performance docs/performance.md

bench-scaling: $(VENV)/.test
	$(BIN)/python benchmarks/scaling.py

notebook: $(VENV)/.test
	$(BIN)/python docs/notebook.py

docs: $(VENV)/.run
	$(BIN)/python -m sim.evidence.assumptions docs/assumptions.md
	$(BIN)/python -m sim.underwater docs/taxes.md
	$(BIN)/python -m sim.evidence.attribution seeds/ATTRIBUTION.md
	$(BIN)/python -m sim.scenario.reference docs/events.md
	$(BIN)/sim schema --write
	$(BIN)/python docs/reference.py docs

PAGES ?= $(shell grep -lE '```(console|python)' docs/*.md docs/howto/*.md CONTRIBUTING.md)

# What the pages show is put in place of what they showed; look at the difference.
pages: $(VENV)/.test
	$(BIN)/python -m tests.documentation.page $(PAGES)

site: export NO_MKDOCS_2_WARNING := 1
site: $(VENV)/.docs
	$(BIN)/mkdocs build --strict --quiet

validation: $(VENV)/.run
	$(BIN)/python -m sim.history.validation docs/validation.md

analyses: $(VENV)/.run
	$(BIN)/python -m sim.analysis docs/analysis

golden: $(VENV)/.test
	$(BIN)/python -m tests.golden.test_golden

# Needs Chromium and its driver. Look at every picture before it is kept.
golden-pages: $(VENV)/.test
	$(BIN)/python -m tests.e2e.test_golden

scenarios: $(VENV)/.docs
	$(BIN)/python docs/scenarios.py

figures: $(VENV)/.docs
	$(BIN)/python docs/figures.py

# Each stamp holds the time at which the environment got what its target needs.
$(VENV)/.python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	{ echo "Python 3.11 or newer is needed; name it: make PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.run: $(VENV)/.python pyproject.toml constraints.txt
	$(INSTALL) -e .
	@touch $@

$(VENV)/.test: $(VENV)/.run
	$(INSTALL) -e '.[test]'
	@touch $@

$(VENV)/.docs: $(VENV)/.run
	$(INSTALL) -e '.[docs]'
	@touch $@

$(VENV)/.dev: $(VENV)/.test
	$(INSTALL) -e '.[dev]'
	@touch $@

# The newest versions that the oldest supported Python takes; the newer ones take them too.
constraints:
	$(PYTHON) -m venv $(VENV)-constraints
	$(VENV)-constraints/bin/python -m pip install -q '.[dev]'
	{ sed -n '/^#/p' constraints.txt; \
	  $(VENV)-constraints/bin/python -m pip freeze | grep -v '^myanmar-rare-earth-sim'; } > constraints.new
	mv constraints.new constraints.txt
	rm -rf $(VENV)-constraints

clean:
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache site
