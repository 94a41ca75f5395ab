# Everything that a person or CI does with this project. `make help` lists it.
SHELL := /bin/bash
.DEFAULT_GOAL := help

PORT ?= 8000
VENV := .venv
BIN := $(VENV)/bin
NODE_STAMP := tests/node/node_modules/.done-$(shell cksum < tests/node/package-lock.json | tr ' ' '-')
RUN_STAMP := $(VENV)/.run-$(shell cat requirements.txt | cksum | tr ' ' '-')
DEV_STAMP := $(VENV)/.dev-$(shell cat requirements.txt requirements-dev.txt | cksum | tr ' ' '-')
CATALOGUES := $(wildcard translations/*/LC_MESSAGES/*.po)
COMPILED := $(CATALOGUES:.po=.mo)
LANGUAGES ?= ar es fr
PROCESSES ?= 2
# Tests start the service a hundred times: it must not be compiled each time.
unexport PYTHONDONTWRITEBYTECODE

define SIGN_INS

Demo people: one click at http://127.0.0.1:$(PORT)/demo, or sign in with the password "demo".

  amal@example.org    jobseeker         lucia@example.org   team leader
  bo@example.org      jobseeker         tomas@example.org   phone operator
  ines@example.org    counselor         noor@example.org    interpreter
  omar@example.org    counselor         admin@example.org   administrator

endef
export SIGN_INS

.PHONY: help run test check tests unit slow soak fuzz journeys screens bench bench-booking bench-letters bench-calls bench-media bench-pages ci-deps venv dev-venv node migrate migration \
	compile translations format clean

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

run: venv compile ## Serve on http://127.0.0.1:8000 (PORT=…) with demo people; data stays in instance/
	@export VO_DEMO=1 PORT=$(PORT); \
	$(BIN)/python -m foundation.upgrading && $(BIN)/flask --app app seed --demo-if-empty && \
	echo "$$SIGN_INS" && exec $(BIN)/python app.py

venv: $(RUN_STAMP) ## Make .venv with what the product needs
dev-venv: $(DEV_STAMP) ## … and with what tests and checks need

$(VENV)/bin/python:
	@.ci/venv create $(VENV)

$(RUN_STAMP): | $(VENV)/bin/python
	@.ci/venv install $(VENV) requirements.txt
	@touch $@

$(DEV_STAMP): | $(VENV)/bin/python
	@.ci/venv install $(VENV) requirements-dev.txt
	@touch $(RUN_STAMP) $@

$(NODE_STAMP):
	@echo "Installing tests/node"
	@cd tests/node && npm ci --silent --ignore-scripts --no-audit --no-fund
	@touch $@

node: $(NODE_STAMP) ## Other people's programs that tests talk to, from the npm registry

test: ## All that CI runs: installs what is missing where it may, checks, tests
	@.ci/test $(MAKE)

check: dev-venv ## Lint, format, types, floors
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

tests: dev-venv compile node ## Both tiers at once: pages, calls and whole services in a lane each, the rest beside them
	$(BIN)/pytest -n $(PROCESSES) --dist loadgroup -m "not soak"

unit: dev-venv compile node ## The parallel tier of the tests
	$(BIN)/pytest -n $(PROCESSES) -m "not serial and not soak"

slow: dev-venv compile node ## The serial tier: browsers, storms, whole servers
	$(BIN)/pytest -n 0 -m "serial and not soak"

journeys: dev-venv compile node ## Real browsers through the whole product
	$(BIN)/pytest -n 0 -m "not soak" tests/journeys

soak: dev-venv compile node ## Long runs: real waits, many repetitions
	TEST_SOAK=1 $(BIN)/pytest -n 0 --timeout 3600 -m "soak or serial"

fuzz: dev-venv compile node ## Properties on many more examples (FUZZ=10000)
	TEST_FUZZ=$${FUZZ:-10000} $(BIN)/pytest -n $(PROCESSES) --timeout 3600 -m fuzz

screens: dev-venv compile ## Remake the pictures under docs/screens
	$(BIN)/python -m tests.journeys.screens

bench: bench-booking bench-pages bench-letters bench-media bench-calls ## All benchmarks, as tables

bench-booking: dev-venv compile ## Finder, calendar and storms against the budgets
	$(BIN)/python -m benchmarks.booking

bench-letters: dev-venv compile ## 5,000 letters after two hours without a mail server (ten minutes)
	$(BIN)/python -m benchmarks.letters

bench-calls: dev-venv compile ## A call of two people at losses and outages (needs root)
	$(BIN)/python -m benchmarks.calls

bench-media: dev-venv ## What a forwarded packet costs, beside Janus (needs root) and a limit in C; a webinar over two units
	@.ci/deps install bench || echo "Figures that need these packages are left out."
	$(BIN)/python -m benchmarks.media
	$(BIN)/python -m benchmarks.media.spread

bench-pages: dev-venv compile ## What the jobseeker's pages weigh and how long they take
	$(BIN)/python -m benchmarks.pages

ci-deps: ## Install the Debian packages that the tests use (root or password-less sudo)
	@.ci/deps install

migrate: venv ## Bring the database to the newest form
	$(BIN)/python -m foundation.upgrading

migration: venv ## Write a migration from the models: make migration NAME="add …"
	$(BIN)/flask --app app db migrate -m "$(NAME)"

compile: $(COMPILED) ## Compile the catalogues and compress the static files
	@$(BIN)/python -m whitenoise.compress --quiet static woff2 png jpg gz

%.mo: %.po | $(RUN_STAMP)
	@$(BIN)/pybabel --quiet compile --use-fuzzy -i $< -o $@

translations: dev-venv ## Collect the visible strings into the catalogues and compile them
	$(BIN)/pybabel --quiet extract -F babel.cfg -k _l -k lazy_gettext --no-location --sort-output --project "Virtual Office" -o translations/messages.pot .
	@for code in $(LANGUAGES); do \
	  if [ -f translations/$$code/LC_MESSAGES/messages.po ]; \
	  then $(BIN)/pybabel update --no-fuzzy-matching -N -i translations/messages.pot -d translations -l $$code; \
	  else $(BIN)/pybabel init -i translations/messages.pot -d translations -l $$code; fi; \
	  $(BIN)/pybabel compile --use-fuzzy -d translations -l $$code --statistics; \
	done

format: dev-venv ## Format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean: ## Remove caches (never instance/)
	rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
