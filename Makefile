# `make help` lists the commands. Everything is installed into .venv beside this file.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
.SUFFIXES:

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip -qq --disable-pip-version-check
PYTEST := $(BIN)/python -m pytest --quiet --numprocesses 2 --doctest-modules chatdash_analysis tests
NOTEBOOKS := $(wildcard notebooks/*.ipynb)

.PHONY: help demo lab test check test-all bench dictionary docs gallery constraints notebooks clean

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(VENV)/.installed-notebook,text ## set up, then try the toolkit on made-up conversations, without a key
	@$(BIN)/chatdash demo

lab: $(VENV)/.installed-notebook,text ## set up, then open the notebooks in JupyterLab
	@$(BIN)/jupyter lab notebooks

test: check ## set up, then run every check: lint, types, layers, tests, doctests, notebooks
	$(PYTEST) -m "not slow"

test-all: check ## the same with the slow tests, and with examples of chance
	$(PYTEST) --hypothesis-profile further

check: $(VENV)/.installed-dev ## set up, then only lint, types and layers
	$(BIN)/ruff check --quiet
	$(BIN)/ruff format --check --quiet
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

bench: $(VENV)/.installed-dev $(VENV)/.installed-bench ## set up, then print speed and memory as ratios against peers
	@$(BIN)/python -m tests.benchmarks

dictionary: $(VENV)/.installed-dev ## write the data dictionary, data/README.md
	@$(BIN)/chatdash columns > data/README.md.new && mv data/README.md.new data/README.md

docs: $(VENV)/.installed-docs,text ## build the documentation, docs/_build/html, and run its examples
	@$(BIN)/sphinx-build --quiet --fail-on-warning --keep-going --nitpicky --fresh-env \
	  --builder html --doctree-dir docs/_build/doctrees docs docs/_build/html
	@echo "Open docs/_build/html/index.html"

gallery: $(VENV)/.installed-dev ## draw the pictures of the README again, docs/gallery
	@$(BIN)/python docs/gallery/make.py

constraints: $(BIN)/python ## choose the newest versions that fit together, constraints.txt
	@$(PIP) install uv
	@$(BIN)/uv pip compile --quiet --upgrade --universal --all-extras --python-version 3.11 \
	  --no-header --no-annotate pyproject.toml -o constraints.txt

notebooks: $(VENV)/.installed-dev ## run the notebooks again and save what they show
	@TQDM_DISABLE=1 $(BIN)/jupyter nbconvert --log-level WARN --to notebook --inplace --execute \
	  --ExecutePreprocessor.record_timing=False $(NOTEBOOKS)
	@$(BIN)/ruff format --quiet notebooks

clean: ## remove .venv and what the tools leave behind; data/ stays
	@rm -rf $(VENV) build dist docs/_build docs/api/generated docs/notebooks tests/*/node_modules \
	  .coverage* .hypothesis .grimp_cache .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	@find chatdash_analysis tests -name __pycache__ -type d -prune -exec rm -rf {} +

# A stamp for each extra, or for several with commas between: what is installed already is not
# installed again until the requirements change.
$(VENV)/.installed-%: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing chatdash_analysis[$*] into $(VENV); this takes some minutes the first time"
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(BIN)/python -m ensurepip >/dev/null
	@$(PIP) install --constraint constraints.txt --editable ".[$*]"
	@touch $@

# Half a virtual environment (venv without ensurepip leaves one) would look like a finished one.
$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or newer is needed; name it so: make PYTHON=python3.11 ..." >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) \
	  || { rm -rf $(VENV); echo "$(PYTHON) cannot make a virtual environment; Debian and Ubuntu need the package python3-venv" >&2; exit 1; }
