# Everything a newcomer, a laptop and CI run. Needs make and Python 3.11 or newer, nothing else:
# each command first sets up .venv from requirements.lock, once.
#
#   make run [ARGS='--port 9000']   the whole product on this machine
#   make test                       the tests
#   make check                      format, lint, types, import rules, template, tests
#   make build                      the deployable bundle in dist/, with its sizes
#   make bench                      the measurements
#   make ministack                  the repositories' tests on a second emulator of AWS
#   make openapi                    docs/openapi/ anew from the routes
#   make schemas                    docs/schemas/ anew from the models of manifests
#   make web                        web/dist/ anew from web/src/; needs Node.js and npm
#   make lock                       requirements.lock anew from pyproject.toml
#   make clean                      removes whatever these made

PYTHON ?= python3
ARGS ?=
UV_VERSION := 0.13.9
MINISTACK_VERSION := 1.5.33

BIN := .venv/bin
PACKAGES := .venv/.packages
READY := .venv/.ready
MINISTACK := .build/ministack

.PHONY: run test check build bench ministack openapi schemas web lock clean
.DELETE_ON_ERROR:

run: $(READY)
	@$(BIN)/switchboard dev $(ARGS)

test: $(READY)
	@$(BIN)/python -m pytest -n 2 --dist loadfile $(ARGS)

check: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/cfn-lint template.yaml
	AWS_DEFAULT_REGION=eu-central-1 SAM_CLI_TELEMETRY=0 $(BIN)/sam validate --lint --template template.yaml
	@$(MAKE) --no-print-directory test

build: $(READY)
	@$(BIN)/python -m tools.build $(ARGS)

bench: $(READY)
	@status=0; for script in bench/[a-z]*.py; do \
		$(BIN)/python -m bench.$$(basename $$script .py) $(ARGS) || status=1; \
	done; exit $$status

ministack: $(READY) $(MINISTACK)/.$(MINISTACK_VERSION)
	@$(BIN)/python -m tools.ministack $(MINISTACK)/bin/ministack $(ARGS)

# An environment of its own: what it needs is nothing that the product or its lock should know.
$(MINISTACK)/.$(MINISTACK_VERSION):
	@$(PYTHON) -m venv --clear $(MINISTACK)
	@$(MINISTACK)/bin/python -m pip install -qq --disable-pip-version-check --no-input \
		ministack==$(MINISTACK_VERSION)
	@touch $@

openapi: $(READY)
	@$(BIN)/python -m tools.openapi $(ARGS)

schemas: $(READY)
	@$(BIN)/python -m tools.schemas $(ARGS)

# What it makes is committed, so that nothing else here needs Node.js.
web:
	cd web && npm ci --no-audit --no-fund && npm run build

# uv only resolves; pip installs, because it knows the user's own registry settings.
lock: $(READY)
	$(BIN)/python -m pip install --quiet uv==$(UV_VERSION)
	$(BIN)/uv pip compile pyproject.toml --extra dev --universal --generate-hashes \
		--no-emit-index-url --custom-compile-command 'make lock' --quiet --output-file requirements.lock $(ARGS)

clean:
	rm -rf .venv .build dist web/node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

# The lock changed: a new environment, exact to the last package.
$(PACKAGES): requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "switchboard needs Python 3.11 or newer; name one with: make PYTHON=/path/to/python3" >&2; exit 1; }
	@echo "Setting up .venv from requirements.lock; this takes a minute, once."
	@$(PYTHON) -m venv --clear .venv
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-input \
		--require-hashes --no-deps --requirement requirements.lock
	@touch $@

# The project itself, editable; its build backend is in the lock, so nothing is downloaded.
$(READY): $(PACKAGES) pyproject.toml
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-input \
		--no-deps --no-build-isolation --no-index --editable .
	@touch $@
