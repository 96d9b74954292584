# Needs Python 3.11 or newer, make and sh. `make run` serves the registry, `make test` tests it.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet --require-hashes
COMPILE := uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate --no-strip-extras --quiet

.PHONY: run demo test lint format sbom requirements

run: .venv/product .env
	@$(BIN)/python manage.py serve

# The same with a provider on loopback that needs no key; RECORDINGS=folder lets it replay recorded answers.
demo: .venv/product .env
	@$(BIN)/python -m tests.fakes $(if $(RECORDINGS),--recordings $(RECORDINGS))

test: .venv/tools
	@$(BIN)/python -m tests.browser.chromium
	@$(BIN)/python -m pytest $(PYTEST_ARGS)

# How fast the catalog, discovery, metering and the gateway are; DATABASE=postgresql://user@host:5432/ on that server.
bench: .venv/tools
	@$(BIN)/python -m bench.catalog $(if $(DATABASE),--database $(DATABASE))
	@$(BIN)/python -m bench.discovery $(if $(DATABASE),--database $(DATABASE))
	@$(BIN)/python -m bench.metering $(if $(DATABASE),--database $(DATABASE))
	@$(BIN)/python -m bench.gateway $(if $(DATABASE),--database $(DATABASE))

lint: .venv/tools
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy

format: .venv/tools
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

# What the product is made of, from the pins: CycloneDX JSON.
sbom:
	@$(PYTHON) .ci/sbom.py > sbom.json
	@echo "Wrote sbom.json."

requirements:
	@command -v uv >/dev/null || { echo "This needs uv: pip install uv" >&2; exit 1; }
	$(COMPILE) requirements.in -o requirements.txt
	$(COMPILE) requirements-scale.in -o requirements-scale.txt
	$(COMPILE) requirements-dev.in -o requirements-dev.txt

# Two stamps say what was last installed: the product, and all that its tests and checks need.
.venv/product: requirements.txt
	@test -w . || { echo "This folder cannot be written: $(CURDIR). Copy the project to one of yours." >&2; exit 1; }
	@command -v $(PYTHON) >/dev/null || { echo "There is no $(PYTHON): install Python 3.11 or newer." >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "$$($(PYTHON) --version) is too old: name a newer one, make PYTHON=python3.11 $(MAKECMDGOALS)" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null \
	  || { echo "Python's venv module is missing: apt install python3-venv" >&2; exit 1; }
	@echo "Installing into .venv ..."
	@$(PYTHON) -m venv .venv
	@$(PIP) -r requirements.txt
	@touch $@

.venv/tools: .venv/product requirements-scale.txt requirements-dev.txt
	@echo "Installing the test tools into .venv ..."
	@$(PIP) -r requirements-scale.txt -r requirements-dev.txt
	@touch $@

.env: | .venv/product
	@umask 077 && $(BIN)/python -c 'import base64, secrets; \
	  print("# Keep this file to yourself. Variables of the real environment beat those in here."); \
	  print("SECRET_KEY=" + secrets.token_urlsafe(48)); \
	  print("ENCRYPTION_KEY=" + base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()); \
	  print("ADMIN_API_KEY=" + secrets.token_urlsafe(32))' > $@.tmp && mv $@.tmp $@
	@echo "Wrote .env with new keys, readable by you alone."
