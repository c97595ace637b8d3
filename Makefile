# The commands of this project. `make lab`, `make test` and `make demo` set up what they need.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
# Python compiles what is imported; pip would compile everything, most of a minute of TensorFlow's.
INSTALL = $(BIN)/pip install --quiet --disable-pip-version-check --no-compile --editable
# In a container one is root as a rule, and JupyterLab would refuse to start.
ALLOW_ROOT := $(if $(filter 0,$(shell id -u)),--allow-root)
DOCKER ?= docker
IMAGE  ?= notebook_seg
# TensorFlow's start-up notes are of no use here.
export TF_CPP_MIN_LOG_LEVEL := 3

.PHONY: help lab demo test test-long check format image clean
.DEFAULT_GOAL := help

help: ## Show these lines
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' \
		|| { echo "Python 3.11, 3.12 or 3.13 is needed: make PYTHON=python3.11 lab"; exit 1; }
	@echo "Setting up $(VENV); the first time takes a few minutes."
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.lab: setup.cfg pyproject.toml | $(VENV)/bin/python
	@echo "Installing the package and JupyterLab."
	@$(INSTALL) ".[lab]"
	@touch $@

$(VENV)/.dev: setup.cfg pyproject.toml | $(VENV)/bin/python
	@echo "Installing the package and what its tests need."
	@$(INSTALL) ".[dev]"
	@touch $@ $(VENV)/.lab

$(VENV)/.browser: scripts/install-browser
	sh scripts/install-browser
	@touch $@

lab: $(VENV)/.lab ## Open the quickstart in JupyterLab
	$(BIN)/jupyter lab $(ALLOW_ROOT) --LabApp.default_url=/lab/tree/notebooks/quickstart.ipynb $(LAB_OPTIONS)

demo: $(VENV)/.lab ## Run the quickstart without a browser; its pictures go to demo/
	$(BIN)/python scripts/run_demo.py demo

# Two workers with threads for every core each would wait for each other.
ONE_THREAD := OMP_NUM_THREADS=1 TF_NUM_INTRAOP_THREADS=1 TF_NUM_INTEROP_THREADS=1

test: check $(VENV)/.browser ## Run every check and every test but the longest
	$(ONE_THREAD) $(BIN)/pytest --numprocesses=2 --dist=loadfile -m "not long" --durations=25 $(PYTEST_OPTIONS)

test-long: $(VENV)/.dev ## The tests that `make test` leaves out: deep networks, ten kills; minutes, gigabytes
	NOTEBOOK_SEG_KILLS=10 $(BIN)/pytest -m long $(PYTEST_OPTIONS)

check: $(VENV)/.dev ## Lint, types, import contracts
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/nbstripout --keep-id --verify notebooks/*.ipynb
	$(BIN)/hadolint Dockerfile

format: $(VENV)/.dev ## Put the code into shape
	$(BIN)/ruff check --fix
	$(BIN)/ruff format
	$(BIN)/nbstripout --keep-id notebooks/*.ipynb

image: ## Build the container image and try it; DOCKER=podman takes Podman
	$(DOCKER) build $(if $(findstring podman,$(DOCKER)),--format docker) --tag $(IMAGE) $(IMAGE_OPTIONS) .
	DOCKER=$(DOCKER) docker/smoke-test $(IMAGE)

clean: ## Remove the virtual environment and what the tools left
	rm -rf $(VENV) build dist demo *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
