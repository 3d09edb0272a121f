# Thin names over public tools. PYTHON is any CPython from 3.11 on.
PYTHON ?= python3
WORKSPACE ?= demo/my-katas

DEV := .venv
DEMO := .venv-demo
SOURCES := pyproject.toml README.md $(shell find pytest_fastapi_kata katas solutions template -type f -not -name '*.pyc' | sed 's/ /\\ /g')

.PHONY: help demo test lint verify verify-stores bench mutants clean

help:
	@echo "make demo     install the kit, make a workspace in $(WORKSPACE), and show its progress"
	@echo "make test     run every test, in an environment of its own"
	@echo "make lint     ruff, mypy and import-linter"
	@echo "make verify   put every kata through the authoring gate, from the built wheel"
	@echo "make verify-stores  again, those that use them with a real PostgreSQL and a real Redis"
	@echo "make bench    measure, and write benchmarks/results.md"
	@echo "make mutants  measure the checks by faults in the solutions, and write docs/katas.md"
	@echo "make clean    remove the environments and what was built"

demo: $(DEMO)/.installed
	@test -e "$(WORKSPACE)" || $(DEMO)/bin/cookiecutter . --directory template --no-input \
	    --output-dir "$(dir $(WORKSPACE))" workspace_name="$(notdir $(WORKSPACE))"
	cd "$(WORKSPACE)" && "$(CURDIR)/$(DEMO)/bin/pytest" --kata-progress
	@echo "The workspace is $(WORKSPACE); the kit is installed in $(DEMO). To go on:"
	@echo "    . $(DEMO)/bin/activate && cd $(WORKSPACE)"

test: $(DEV)/.installed
	$(DEV)/bin/pytest --numprocesses=auto

lint: $(DEV)/.installed
	$(DEV)/bin/ruff check .
	$(DEV)/bin/ruff format --check pytest_fastapi_kata tests katas solutions benchmarks noxfile.py
	$(DEV)/bin/mypy
	$(DEV)/bin/lint-imports

verify: $(DEMO)/.installed
	cd / && "$(CURDIR)/$(DEMO)/bin/fastapi-kata" verify

# Every right answer once more with a real PostgreSQL and a real Redis, where a kata works on a database or on Redis.
verify-stores: $(DEMO)/.installed
	.ci/with-stores "$(CURDIR)/$(DEMO)/bin/fastapi-kata" verify --only solution --only variant \
	    $(shell grep -lE '(database|redis)_url' katas/*/*/acceptance.py | cut -d/ -f3 | cut -d_ -f1)

bench: $(DEV)/.installed
	$(DEV)/bin/python benchmarks/run.py

mutants: $(DEV)/.installed
	$(DEV)/bin/python -m pip install --quiet --group mutants
	$(DEV)/bin/python benchmarks/mutants.py --most 15 && $(DEV)/bin/python benchmarks/cards.py

$(DEV)/.installed: pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed: make PYTHON=python3.12 …")'
	$(PYTHON) -m venv $(DEV)
	$(DEV)/bin/python -m pip install --quiet --upgrade pip
	$(DEV)/bin/python -m pip install --quiet --editable '.[katas]' --group test --group lint
	@touch $@

$(DEMO)/.installed: $(SOURCES)
	$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed: make PYTHON=python3.12 …")'
	$(PYTHON) -m venv $(DEMO)
	$(DEMO)/bin/python -m pip install --quiet --upgrade pip build
	rm -rf dist && $(DEMO)/bin/python -m build --wheel --outdir dist . > /dev/null
	$(DEMO)/bin/python -m pip install --quiet --force-reinstall --no-deps dist/*.whl
	$(DEMO)/bin/python -m pip install --quiet "$$(echo dist/*.whl)[katas]"
	@touch $@

clean:
	rm -rf $(DEV) $(DEMO) dist build .mypy_cache .ruff_cache .pytest_cache
