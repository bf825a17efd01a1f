.DEFAULT_GOAL := help
SHELL := /bin/sh
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
MEMBERS := contracts chassis services/intake services/identity services/payment services/notification deploy/local deploy/simulators
STAMP := $(VENV)/.installed

.PHONY: help setup demo up test test-apache check format generate catalog lock bench faults soak sabotage clean

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-11s %s\n", $$1, $$2}'

setup: $(STAMP) ## Create .venv with the locked dependencies and our packages in place

$(STAMP): requirements.lock pyproject.toml $(MEMBERS:%=%/pyproject.toml)
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==0.13.9
	$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes requirements.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python uv==0.13.9
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation $(MEMBERS:%=-e %)
	@touch $(STAMP)

demo: setup ## Run the whole system on embedded parts with 200 applications, verify it, and clean up
	$(BIN)/motcua demo $(ARGS)

up: setup ## Start the whole system on embedded parts and keep it running
	$(BIN)/motcua up $(ARGS)

test: setup ## Run every test
	$(BIN)/python -m pytest $(ARGS)

test-apache: setup ## Run every test on Apache Kafka (Java 17 and Maven, or a filled cache)
	MOTCUA_TEST_BROKER=apache $(BIN)/python -m pytest $(ARGS)

check: setup ## Format, lint, types, import rules, dead code, schema drift and compatibility
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy contracts/motcua_contracts contracts/motcua_events chassis/motcua_chassis $(wildcard services/*/motcua_*) deploy/local/motcua_local deploy/simulators/motcua_simulators deploy/helm/motcua_chart deploy/observability/motcua_dashboards
	$(BIN)/lint-imports --no-cache
	$(BIN)/vulture
	$(BIN)/yamllint --strict contracts services deploy/observability deploy/helm/motcua/Chart.yaml $(wildcard deploy/helm/motcua/values*.yaml) deploy/helm/checkov.yaml
	$(BIN)/python -m motcua_contracts.tools generate --check
	$(BIN)/python -m motcua_contracts.tools compatibility

format: setup ## Format the code and mend what lint can mend
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

generate: setup ## Write schemas, examples and AsyncAPI from the event models
	$(BIN)/python -m motcua_contracts.tools generate

catalog: setup ## Write the catalogue of events to contracts/site
	$(BIN)/python -m motcua_contracts.catalogue

bench: setup ## Measure the path beside the usual builds and the raw floors
	$(BIN)/python -m tests.load.bench $(ARGS)

faults: setup ## Strike every fault under load and check every promise (Apache Kafka; ARGS=--list names them)
	$(BIN)/python -m tests.failures.drill $(ARGS)

soak: setup ## Simulate 100,000 schedules of all four services (20,000 took two and a quarter minutes on two processors)
	$(BIN)/python -m tests.simulation --schedules 100000 $(ARGS)

sabotage: setup ## Break the code on purpose, one defect at a time in a copy, and see which test notices
	$(BIN)/python -m tests.failures.sabotage $(ARGS)

lock: setup ## Resolve requirements.lock anew (hashes, no index)
	$(BIN)/uv pip compile pyproject.toml --group dev --universal --generate-hashes --no-emit-index-url --no-header \
	  --python-version 3.11 $(foreach m,contracts chassis intake identity payment notification local simulators,--no-emit-package motcua-$(m)) \
	  --upgrade --quiet -o requirements.lock
	$(MAKE) image-requirements

clean: ## Remove the environment and every cache
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

include deploy/docker/images.mk deploy/helm/chart.mk
