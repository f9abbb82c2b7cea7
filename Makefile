# A thin front on the `blueprint` command; `make help` lists the targets.
PYTHON ?= python3
BLUEPRINT := .venv/bin/blueprint
# The machine's own certificates, which know a company's proxy; uv would bring others.
export UV_SYSTEM_CERTS ?= true
# Python keeps what it compiled: the AWS modules of Pulumi take seconds to compile.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help environment up down status logs build test coverage lint verify verify-all format scan lock bench

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

environment: ## Create .venv and install the locked dependencies
	@$(PYTHON) scripts/bootstrap.py

up: environment ## Install, build, deploy, start and seed everything on this machine
	@$(BLUEPRINT) local up

down: environment ## End everything that `make up` started
	@$(BLUEPRINT) local down

status: environment ## Say what runs and where
	@$(BLUEPRINT) local status

logs: environment ## Show the logs: of all processes, or of one with NAME=...
	@$(BLUEPRINT) local logs $(NAME)

build: environment ## Build the artifacts for the cloud: PLATFORM=arm64 (default) or x86_64
	@$(BLUEPRINT) build --platform $(or $(PLATFORM),arm64)

test: environment ## Run the whole test suite
	@.venv/bin/pytest --numprocesses auto --dist loadfile

coverage: environment ## Say which lines of the Pulumi program no test of its own runs; under 95 % fails
	@.venv/bin/pytest tests/infra --numprocesses auto --dist loadfile --cov=infra \
	  --cov-report=term-missing:skip-covered --cov-fail-under=95

lint: environment ## Check style and types
	@.venv/bin/ruff check
	@.venv/bin/ruff format --check
	@.venv/bin/mypy

verify: environment ## Have the real AWS provider deploy a preset into a local AWS: PRESET=growth (default)
	@$(BLUEPRINT) verify --preset $(or $(PRESET),growth)

verify-all: environment ## The same for every preset; needs Terraform, and most of an hour for the largest
	@for preset in single growth scale internet; do $(BLUEPRINT) verify --preset $$preset || exit 1; done

format: environment ## Format the code
	@.venv/bin/ruff check --fix
	@.venv/bin/ruff format

scan: environment ## Scan what each preset would create, and the code (Checkov wants terraform)
	@$(BLUEPRINT) scan

lock: environment ## Renew the locks after a change of the requirements
	@$(BLUEPRINT) lock

bench: environment ## Measure the figures, each beside its reference: NAME=... for one
	@$(BLUEPRINT) bench $(NAME)
