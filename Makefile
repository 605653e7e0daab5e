# One command each; every target sets up what it needs in .venv, and a second call is quick.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
.DEFAULT_GOAL := help

UV_VERSION := 0.13.9
PORT ?= 8080
VENV := .venv
BIN := $(CURDIR)/$(VENV)/bin

# Python writes no .pyc files where this is set, and every `import airflow` then costs 6.5 s instead of 2.5.
unexport PYTHONDONTWRITEBYTECODE
unexport PYTHONPATH

export AIRFLOW_HOME := $(CURDIR)/.airflow
export AIRFLOW__CORE__DAGS_FOLDER := $(CURDIR)/dags
export AIRFLOW__CORE__PLUGINS_FOLDER := $(CURDIR)/plugins
export AIRFLOW__CORE__LOAD_EXAMPLES := False
export AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION := False
export AIRFLOW__CORE__EXECUTOR := LocalExecutor
export AIRFLOW__CORE__PARALLELISM ?= 4
export AIRFLOW__API__HOST := 127.0.0.1
export AIRFLOW__API__PORT := $(PORT)
export AIRFLOW__API__BASE_URL := http://127.0.0.1:$(PORT)
export AIRFLOW__API__WORKERS := 1
export AIRFLOW__CORE__EXECUTION_API_SERVER_URL := http://127.0.0.1:$(PORT)/execution/
# The test button of connections; only this machine reaches the API server.
export AIRFLOW__CORE__TEST_CONNECTION := Enabled
export AIRFLOW__USAGE_DATA_COLLECTION__ENABLED := False
# Airflow runs one process per image; threads inside each would only fight over the cores.
export OMP_NUM_THREADS ?= 1
export PATH := $(BIN):$(PATH)

# libegl1 and libgl1 are linked by skia-python, fribidi is what Pillow shapes Arabic with; the packs
# are what the checks read languages with that the bundled OCR models lack; the fonts are Chinese and
# Japanese pen and serif type, which no Python package has.
OCR_PACKS := ara bul ell eng fas heb hin hun jpn kor ron rus srp tha tur ukr vie
FONT_PACKAGES := fonts-klee fonts-lxgw-wenkai fonts-noto-cjk
APT_PACKAGES := $(FONT_PACKAGES) libegl1 libgl1 libfribidi0 tesseract-ocr $(addprefix tesseract-ocr-,$(OCR_PACKS))

# For the tests of the review page.
BROWSER_PACKAGES := chromium

# For tests and drills on a distributed Airflow, which start their own on free ports.
SERVER_PACKAGES := postgresql redis-server

.PHONY: help setup demo test test-browser test-system screenshots drills bench up down lock clean

help:  ## Show this list
	@grep -hE '^[a-z-]+:.*##' $(firstword $(MAKEFILE_LIST)) | sed -E 's/:.*## /\t/' | expand -t 16

# torch and its kin are only installed for the engine that runs the model itself.
GPU := $(if $(filter qwen,$(ENGINE)),-gpu)

setup: $(VENV)/.setup-run$(GPU)  ## Install everything the demo needs into .venv

demo: setup  ## Localize and publish the sample campaign; no GPU, no account (ENGINE=qwen MODEL=<folder>)
	@ENGINE="$(ENGINE)" MODEL="$(MODEL)" CONN="$(CONN)" python examples/demo.py

# A few processes; a file stays in one, for its fixtures.
SHARE := --numprocesses auto --maxprocesses 4 --dist loadfile

test: $(VENV)/.setup-dev  ## Lint, type-check, test
	@ruff check .
	ruff format --check .
	mypy
	pytest -q -m "not system and not browser" $(SHARE)

test-browser: $(VENV)/.setup-browser  ## Drive the review page in Chromium
	@pytest -q -m browser

test-system: $(VENV)/.setup-system  ## Tests that start real servers on loopback (minutes)
	@pytest -q -m system

screenshots: $(VENV)/.setup-system  ## Take the README's pictures again, while a browser does the README's tutorial
	@LOCALIZER_SCREENSHOTS="$(CURDIR)/examples/screenshots" pytest -q tests/system/test_evening.py

IMAGES ?= 500
TIMES ?= 1
drills: $(VENV)/.setup-system  ## Kill, cut, fill up and race; prints what was lost (IMAGES=500 TIMES=1; hours)
	@bad=0
	python -m benchmarks.drills all --images "$(IMAGES)" --times "$(TIMES)" || bad=1
	python -m benchmarks.drills.on_airflow all --images "$(IMAGES)" --times "$(TIMES)" || bad=1
	exit $$bad

bench: $(VENV)/.setup-dev  ## Run every benchmark; each prints a ratio against its own baseline
	@shopt -s nullglob; files=(benchmarks/*.py)
	(( $${#files[@]} )) || { echo "There are no benchmarks yet."; exit 0; }
	for file in "$${files[@]}"; do echo "== $$file"; python "$$file"; done

up: setup  ## Start Airflow with its UI on 127.0.0.1 (PORT=8080) and print the login
	@bash docker/local.sh up

down:  ## Stop what `make up` started
	@bash docker/local.sh down

lock: $(VENV)/.setup-dev  ## Pin the complete set again in requirements.txt
	@grep '^#' requirements.txt > requirements.new
	# torch brings the CUDA packages that match it.
	uv pip compile pyproject.toml --all-extras --python-version 3.11 --no-annotate --no-header --quiet \
	  | grep -vE '^(nvidia-|triton|cuda-)' >> requirements.new
	mv requirements.new requirements.txt

clean: down  ## Remove the virtual environment and everything the demo made
	@rm -rf $(VENV) .airflow out build

$(VENV)/.setup-run: pyproject.toml requirements.txt
	@bash docker/setup.sh "$(UV_VERSION)" copy,gcp,examples,type,c2pa $(APT_PACKAGES)
	touch $@

$(VENV)/.setup-run-gpu: pyproject.toml requirements.txt
	@bash docker/setup.sh "$(UV_VERSION)" copy,gcp,examples,type,c2pa,gpu,translate $(APT_PACKAGES)
	touch $@ $(VENV)/.setup-run

$(VENV)/.setup-browser: pyproject.toml requirements.txt
	@bash docker/setup.sh "$(UV_VERSION)" copy,gcp,examples,translate,type,notify,observe,dev $(APT_PACKAGES) $(BROWSER_PACKAGES)
	touch $@ $(VENV)/.setup-run $(VENV)/.setup-dev

$(VENV)/.setup-system: pyproject.toml requirements.txt
	@bash docker/setup.sh "$(UV_VERSION)" copy,gcp,examples,translate,type,notify,observe,dev,gpu,server,celery $(APT_PACKAGES) $(SERVER_PACKAGES) $(BROWSER_PACKAGES)
	touch $@ $(VENV)/.setup-run $(VENV)/.setup-run-gpu $(VENV)/.setup-dev $(VENV)/.setup-browser

$(VENV)/.setup-dev: pyproject.toml requirements.txt
	@bash docker/setup.sh "$(UV_VERSION)" copy,gcp,examples,translate,type,notify,observe,dev $(APT_PACKAGES)
	touch $@ $(VENV)/.setup-run
