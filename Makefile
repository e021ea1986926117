# make audit   audit this machine: report, findings and evidence in audits/
# make test    install what the tests need and run them all
# make check   lint, types, import contracts, freshness of the generated documents
# make docs    write the generated documents anew
# make lab     the slow real machines; make bench   the benchmarks

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
AUDIT_PACKAGES := smartmontools
TEST_PACKAGES := $(shell sed "s/\#.*//" $(wildcard tests/apt-packages.txt tests/lab/apt-packages.txt) /dev/null)

.PHONY: audit test check docs lab bench clean

audit: $(VENV)/installed
	@sh .ci/packages $(AUDIT_PACKAGES)
	@$(BIN)/holdwater audit --output audits || [ $$? -eq 1 ]

test: $(VENV)/tested
	@sh .ci/packages $(AUDIT_PACKAGES) $(TEST_PACKAGES)
	$(BIN)/python -m pytest -m "not lab_slow"

lab: $(VENV)/tested
	@sh .ci/packages $(AUDIT_PACKAGES) $(TEST_PACKAGES)
	$(BIN)/python -m pytest -m "lab or lab_slow"

check: $(VENV)/tested
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python docs/generate.py --check

docs: $(VENV)/installed
	$(BIN)/python docs/generate.py

bench: $(VENV)/tested
	$(BIN)/python -m benchmarks

# pip is what a half-made environment lacks: it is made again
$(VENV)/bin/pip:
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || sh .ci/packages python3-venv
	$(PYTHON) -m venv $(VENV)

$(VENV)/installed: pyproject.toml | $(VENV)/bin/pip
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/tested: pyproject.toml | $(VENV)/bin/pip
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[test]'
	@touch $@ $(VENV)/installed

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
