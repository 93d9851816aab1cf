# make run serves Flux; make help lists the rest. Needs Python 3.11 or newer and nothing else.

PYTHON ?= python3
PORT ?= 8000
export PORT

VENV := .venv
BIN := $(VENV)/bin/python
BENCH := .venv-bench
INSTALL := -m pip install --quiet --disable-pip-version-check -c constraints.txt

.PHONY: help run test check format clients bench clean

help:
	@echo 'make run     serve Flux on http://127.0.0.1:$(PORT) (PORT=… for another port)'
	@echo 'make test    check, then run every test; what is not installed is skipped'
	@echo 'make check   lint, format, types and the direction of imports'
	@echo 'make format  put the code into shape'
	@echo 'make clients make the clients'"'"' models anew, after the API has changed'
	@echo 'make bench   measure against peers (QUICK=1: the short form)'
	@echo 'make clean   remove the environments and caches; your data in instance/ stay'

run: $(VENV)/run.stamp
	@$(BIN) -m flask --app app flux init
	@echo 'Flux serves on http://127.0.0.1:$(PORT) - Ctrl+C ends it.' >&2
	@$(BIN) -m flask --app app flux worker --with-parent $$$$ & exec $(BIN) -m gunicorn wsgi:app

test: check
	$(BIN) -m pytest -n 2 --dist loadfile --no-loadscope-reorder $(ARGS)

check: $(VENV)/dev.stamp
	$(BIN) -m ruff check .
	$(BIN) -m ruff format --check .
	$(BIN) -m mypy
	$(BIN) -m pytest -q tests/test_architecture.py

format: $(VENV)/dev.stamp
	$(BIN) -m ruff check --fix .
	$(BIN) -m ruff format .

clients: $(VENV)/dev.stamp
	cd clients/typescript && PATH="$(CURDIR)/$(VENV)/bin:$$PATH" npm ci --silent
	PATH="$(CURDIR)/$(VENV)/bin:$$PATH" $(BIN) -m clients.generate

bench: $(VENV)/dev.stamp $(BENCH)/bench.stamp
	$(BIN) -m bench.run $(if $(QUICK),--quick) --peer $(BENCH)/bin/datasette

clean:
	rm -rf clients/typescript/node_modules clients/typescript/dist clients/python/build tests/clients/spectral/node_modules
	rm -rf tests/mcp/programs/node_modules tests/connectors/programs/node_modules
	rm -rf $(VENV) $(BENCH) .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -not -path './.git/*' -exec rm -rf {} +

# What is installed changes only when what is asked for does.
$(VENV)/run.stamp: requirements.txt constraints.txt | $(VENV)/made.stamp
	@echo 'Installing what Flux runs on ...' >&2
	@$(BIN) $(INSTALL) -r requirements.txt
	@touch $@

$(VENV)/dev.stamp: requirements-dev.txt requirements.txt constraints.txt | $(VENV)/made.stamp
	@echo 'Installing what the tests need ...' >&2
	@$(BIN) $(INSTALL) -r requirements-dev.txt
	@touch $@ $(VENV)/run.stamp

$(BENCH)/bench.stamp: bench/requirements.txt
	@$(call python_is_good)
	@$(PYTHON) -m venv --clear $(BENCH)
	@$(BENCH)/bin/python -m pip install --quiet --disable-pip-version-check -r bench/requirements.txt
	@touch $@

$(VENV)/made.stamp:
	@$(call python_is_good)
	@$(PYTHON) -m venv --clear $(VENV)
	@touch $@

define python_is_good
	command -v $(PYTHON) > /dev/null || { \
	  echo "There is no '$(PYTHON)' here. Install Python 3.11 or newer, or name one: make run PYTHON=python3.12" >&2; exit 1; }; \
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Flux needs Python 3.11 or newer; '$(PYTHON)' is $$($(PYTHON) -V 2>&1 | head -n 1). Name another: make run PYTHON=python3.12" >&2; exit 1; }; \
	$(PYTHON) -c 'import ensurepip, venv' 2> /dev/null || { \
	  echo "'$(PYTHON)' cannot make an environment. Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }
endef
