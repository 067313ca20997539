# `make repro` and `make test` need nothing but Python 3.11 or newer and this clone: the first of them makes .venv.
# make 3.81, that of macOS, looks up a recipe's program in its own PATH unless the shell is another than /bin/sh.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
STAMP := $(VENV)/.installed
# Recipes, and the stages that DVC starts, use the environment whether it is activated or not.
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)
export VIRTUAL_ENV := $(CURDIR)/$(VENV)

# The inputs of the results, and the results that Git keeps.
INPUTS := params.yaml dvc.yaml data stages
RESULTS := dvc.lock metrics plots

.PHONY: install repro differences test-fast test-tools test test-all experiments check-release lint docs bench bench-host lock
.DEFAULT_GOAL := repro

# DVC removes the outputs of a stage before it starts it, so params.yaml is checked first.
repro: $(STAMP)
	tagline check
	dvc repro
	@printf '%s\n' '' 'Now try: source $(VENV)/bin/activate' '         tagline predict "A text of yours."' \
		'         tagline scores' '         tagline inspect FOLDER_OF_YOUR_DATA'
	@$(MAKE) --no-print-directory --silent differences

# Says if results differ from the committed ones though their inputs do not; silent outside of a Git repository.
differences:
	@git diff --quiet HEAD -- $(INPUTS) 2>/dev/null || exit 0; \
	git diff --quiet HEAD -- $(RESULTS) || printf '%s\n' "Other results than committed (docs/training.md#reproducibility). Commit, then compare or revert:" \
		"git add $(RESULTS) && git commit"

install: $(STAMP)

# Unit tests that start no process and run no stage; tests/unit/conftest.py marks the others.
test-fast: $(STAMP)
	pytest tests/unit -n auto --hypothesis-profile fast -m "not process and not rare and not release"

# What a change to tools/ can break, also with processes and stages.
test-tools: $(STAMP)
	pytest tests/unit/tools tests/stages/test_{audit,check}.py \
		tests/test_{command,compare,predict,presets,serve,suggest}.py -n auto --dist worksteal

test: $(STAMP)
	pytest -n auto --dist worksteal

# Also what is rare and takes long.
test-all: $(STAMP)
	pytest -n auto --dist worksteal -m "not release"

# F1, and the params that differ. With a column per metric and dependency too, the table would not fit a terminal.
experiments: $(STAMP)
	@dvc exp show --md --only-changed --hide-workspace --keep '(tests?|validation)\.f1$$' \
		--drop 'Created|[^:]*/[^:]*$$|(.*:)?(train\.best_epoch|(tests?|validation)\.(?!f1$$))'

# Whether dvc.lock, metrics, plots and README here are of the committed code, params and sample corpus.
check-release: $(STAMP)
	pytest -m release

lint: $(STAMP)
	ruff format --check .
	ruff check .
	mypy
	MYPYPATH=benchmarks mypy benchmarks/*.py  # by itself: its scripts have names of the stages

# The site, in build/site: the pages with all files that they link to, whose links are those of the repository.
docs:
	zensical --version || { echo "make docs needs Zensical; run pip install -e '.[docs]'"; exit 1; }
	rm -rf build/docs && mkdir -p build/docs
	git ls-files -z ':(glob)*.md' data/sample/README.md docs benchmarks examples stages/*.py params.yaml Dockerfile LICENSE | \
		tar -c --null -T - | tar -x -C build/docs
	zensical build --clean --strict

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

# Newest versions that pyproject.toml allows, one for all systems and versions of Python, with the hashes of all files.
# torch, what its builds for GPUs bring along and setuptools stay free: which build is right is the host's matter.
lock: $(STAMP)
	uv pip compile pyproject.toml --extra dev --extra encoder --universal --python-version 3.11 --fork-strategy fewest \
		--generate-hashes --no-annotate --no-header --quiet --upgrade -o constraints.txt
	awk '/^[a-z]/ {free = /^(torch|triton|nvidia-.*|cuda-.*|setuptools)==/} !free' constraints.txt > constraints.txt.new
	mv constraints.txt.new constraints.txt

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("$(PYTHON): Python %d.%d; expected 3.11 or newer; run: rm -rf $(VENV) && make PYTHON=python3.12" % sys.version_info[:2])'
	@test -x $(VENV)/bin/python || $(PYTHON) -m venv $(VENV)
	@.ci/install
	@touch $(STAMP)
