# Needs make, python3 with venv, and a Linux or macOS shell. Everything else goes into .tools/ and .envs/.

.DEFAULT_GOAL := help
.PHONY: help setup check test packages test-medusa test-shopify nightly train run demo predict evaluate refit bench faults lock migrate
SHELL := /bin/sh

UV := .tools/bin/uv
# An environment is installed anew only when its locked requirements have changed: their checksum is in the stamp.
stamp = .envs/$(1)/.installed-$(shell cksum < requirements/$(1).txt | tr ' ' '-')
SERVICE := $(call stamp,service)
BOT := $(call stamp,bot)
DEV := $(call stamp,dev)
# Training, tests and checks need one of our own environments; the one for development does where it is there.
PYTHON = $(if $(wildcard $(DEV)),.envs/dev/bin/python,.envs/service/bin/python)
OURS = $(if $(wildcard $(DEV)),$(DEV),$(SERVICE))

help: ## List what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' Makefile

setup: $(SERVICE) $(BOT) ## Install what the service needs into .envs/ (once; a few minutes)
	@echo "Set up. Next: make run"

check: $(DEV) ## Format, lint, types, import rules
	.envs/dev/bin/ruff format --check .
	.envs/dev/bin/ruff check .
	.envs/dev/bin/mypy
	.envs/dev/bin/lint-imports

# A file at a time on each of two cores, the longest first. Whole services want the machine for themselves.
TESTS = .envs/dev/bin/python -m pytest -q -n 2 --dist loadfile --no-loadscope-reorder
test: $(DEV) $(BOT) ## All tests, or those that PYTEST tells; trains the model first when there is none
	.envs/dev/bin/python -m runtime.cli train
	@if test -n "$$PYTEST"; then set -x; exec .envs/dev/bin/python -m pytest $$PYTEST; fi; set -ex; \
	$(TESTS) --durations=25 -m "not e2e"; \
	.envs/dev/bin/python -m pytest -q --durations=15 -m e2e

packages: $(DEV) ## Fetch beforehand what make test-medusa installs
	@.envs/dev/bin/python -m tests.connectors.medusa.serve .envs/medusa --install

test-medusa: $(DEV) ## The contracts on a real Medusa, built here (needs Node 20 and RETURNDESK_TEST_POSTGRES)
	@.envs/dev/bin/python -m tests.connectors.medusa.serve .envs/medusa $(PYTEST)

test-shopify: $(DEV) ## Every request to Shopify against its own schema, fetched here (needs npm)
	@.envs/dev/bin/python -m tests.connectors.shopify.schema .envs/shopify $(PYTEST)

nightly: $(DEV) ## All properties of money, policy, time and formats with 10,000 examples instead of 500, new ones each time
	RETURNDESK_TEST_PROFILE=nightly .envs/dev/bin/python -m pytest -n 2 --dist worksteal --timeout 3600 --durations=10 \
	  -m hypothesis tests/domain tests/connectors/wechat

train: $(OURS) $(BOT) ## Train the model for the present data, unless it is there already
	@$(PYTHON) -m runtime.cli train

run: $(SERVICE) $(BOT) ## Start the service; Ctrl-C stops it
	@exec .envs/service/bin/python -m runtime.cli run

demo: $(SERVICE) $(BOT) ## Start the service with the demo shop
	@RETURNDESK_DEMO=true exec .envs/service/bin/python -m runtime.cli run

predict: $(OURS) $(BOT) ## What the bot understands: make predict TEXT="我要退货", or IN=texts.jsonl OUT=predictions.jsonl
	@test -n "$$TEXT$$IN" || { echo 'Say what: make predict TEXT="我要退货", or IN=texts.jsonl OUT=predictions.jsonl'; exit 2; }
	@if test -n "$$IN"; then $(PYTHON) -m runtime.cli predict --in "$$IN" --out "$${OUT:?say where to: OUT=...}" --today "$$TODAY"; \
	else $(PYTHON) -m runtime.cli predict --today "$$TODAY" -- "$$TEXT"; fi

evaluate: $(OURS) $(BOT) ## Measure the understanding: make evaluate EVAL=folder-of-gold-files (ERRORS=30)
	@test -d "$$EVAL" || { echo 'Say which folder of gold files: make evaluate EVAL=folder'; exit 2; }
	@$(PYTHON) -m runtime.cli evaluate --errors "$${ERRORS:-0}" "$$EVAL"

refit: $(OURS) $(BOT) ## The same, after setting the limits of bot/decision.yml anew: make refit EVAL=folder
	@test -d "$$EVAL" || { echo 'Say which folder of gold files: make refit EVAL=folder'; exit 2; }
	@$(PYTHON) -m runtime.cli evaluate --refit "$$EVAL"

bench: $(DEV) $(BOT) ## Speed and memory against a stock Rasa assistant; writes benchmarks/README.md (twenty minutes)
	@.envs/dev/bin/python -m runtime.cli train
	@.envs/dev/bin/python -m benchmarks.speed

faults: $(DEV) $(BOT) ## N=500 refunds on DATABASE=sqlite or postgresql while everything fails and is killed
	@.envs/dev/bin/python -m runtime.cli train
	@.envs/dev/bin/python -m tests.faults --refunds "$${N:-500}" --database "$${DATABASE:-sqlite}"

lock: $(UV) ## Write the locked dependencies to requirements/ (UPGRADE=--upgrade for newer ones)
	@for group in service bot dev; do \
	  echo "resolving $$group"; \
	  $(UV) pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header $(UPGRADE) \
	    --python-version 3.11 --group $$group --output-file requirements/$$group.txt || exit 1; \
	done

migrate: $(SERVICE) ## Bring the database to the present tables (run does so by itself)
	@.envs/service/bin/python -m runtime.cli migrate

export PYTEST TEXT IN OUT TODAY EVAL ERRORS N DATABASE

$(UV):
	@echo "fetching uv into .tools/"
	@python3 -m venv .tools
	@.tools/bin/python -m pip install --quiet --disable-pip-version-check uv

define environment
.envs/$(1)/.installed-%: requirements/$(1).txt | $(UV)
	@echo "installing requirements/$(1).txt into .envs/$(1)"
	@test -x .envs/$(1)/bin/python || $(UV) venv --quiet --python 3.11 .envs/$(1)
	@$(UV) pip sync --python .envs/$(1)/bin/python --require-hashes requirements/$(1).txt
	@rm -f .envs/$(1)/.installed-*
	@touch $$@
endef
$(foreach name,service bot dev,$(eval $(call environment,$(name))))
