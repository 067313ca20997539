# `make repro` and `make test` need nothing but Python 3.11 or newer and this clone: the first of them makes .venv.
PYTHON ?= python3
VENV := .venv
STAMP := $(VENV)/.installed
# Recipes, and the stages that DVC starts, use the environment whether it is activated or not.
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)
export VIRTUAL_ENV := $(CURDIR)/$(VENV)

# The inputs of the results, and the results that Git keeps.
INPUTS := params.yaml dvc.yaml data stages
RESULTS := dvc.lock metrics plots

.PHONY: install repro differences test-fast test test-all experiments check-release lint bench bench-host lock
.DEFAULT_GOAL := repro

# DVC removes the outputs of a stage before it starts it, so params.yaml is checked first.
repro: $(STAMP)
	tagline check
	dvc repro
	@tagline scores
	@$(MAKE) --no-print-directory --silent differences

# Says if results differ from the committed ones though their inputs do not; silent outside of a Git repository.
differences:
	@git diff --quiet HEAD -- $(INPUTS) 2>/dev/null || exit 0; \
	git diff --quiet HEAD -- $(RESULTS) || printf '%s\n' "Other results than committed; docs/training.md#reproducibility lists reasons. To keep them:" \
		"git add $(RESULTS) && git commit"

install: $(STAMP)

# Unit tests that start no process and run no stage; tests/unit/conftest.py marks the others.
test-fast: $(STAMP)
	pytest tests/unit -n auto --hypothesis-profile fast -m "not process and not rare and not release"

test: $(STAMP)
	pytest -n auto --dist worksteal

# Also what is rare and takes long.
test-all: $(STAMP)
	pytest -n auto --dist worksteal -m "not release"

# The scores that matter and the params that differ. `dvc exp show` has a column per metric, param and dependency, too
# many for a terminal.
experiments: $(STAMP)
	@tagline compare --experiments

# Whether dvc.lock, metrics, plots and README here are of the committed code, params and sample corpus.
check-release: $(STAMP)
	pytest -m release

lint: $(STAMP)
	ruff format --check .
	ruff check .
	mypy

# Against the plain recipe, on the sample; see benchmarks/README.md for other data.
bench: $(STAMP)
	python benchmarks/tokenize_align.py
	python benchmarks/evaluate.py
	python benchmarks/predict.py
	python benchmarks/training.py --epochs 1
	python benchmarks/growth.py

# How fast this host multiplies matrices in each format, and what `precision: auto` chooses here.
bench-host: $(STAMP)
	python benchmarks/host.py

# Newest versions that pyproject.toml allows, in a fresh environment, written to constraints.txt. torch and what its
# builds for GPUs bring along stay free: which build is right is the host's matter.
lock:
	rm -rf $(VENV)
	$(PYTHON) -m venv $(VENV)
	python -m pip install --quiet -e '.[dev,encoder]'
	python -m pip freeze --exclude-editable --exclude torch | grep -Ev '^(nvidia-|cuda-|triton)' > constraints.txt
	touch $(STAMP)

$(STAMP): pyproject.toml constraints.txt
	test -x $(VENV)/bin/python || $(PYTHON) -m venv $(VENV)
	python -m pip install --quiet -c constraints.txt -e '.[dev,encoder]'
	touch $(STAMP)
