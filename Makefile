# Two commands for newcomers: `make demo` runs the main job on the example, `make test` runs the tests.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo watch test quick check docs install new proof bench clean

$(BIN)/.example: pyproject.toml constraints.txt tools/install.sh
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	BIN=$(BIN) sh tools/install.sh example
	touch $@ $(BIN)/.watch

$(BIN)/.watch: pyproject.toml constraints.txt tools/install.sh
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	BIN=$(BIN) sh tools/install.sh watch
	touch $@

$(BIN)/.dev: pyproject.toml constraints.txt tools/install.sh
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	BIN=$(BIN) sh tools/install.sh dev
	touch $@ $(BIN)/.example $(BIN)/.watch

install: $(BIN)/.example

watch: $(BIN)/.watch
	$(BIN)/batten watch --demo

demo: $(BIN)/.example
	$(BIN)/python tools/demo.py

test: $(BIN)/.dev
	BIN=$(BIN) K='$(K)' sh tools/test.sh

quick: $(BIN)/.dev
	BIN=$(BIN) QUICK=1 sh tools/test.sh

check: test

docs: $(BIN)/.dev
	$(BIN)/python tools/website.py

new: $(BIN)/.dev
	$(BIN)/python tools/new.py 'CONTROL=$(CONTROL)' 'FAMILY=$(FAMILY)' 'TECHNOLOGY=$(TECHNOLOGY)' 'WING=$(WING)' 'FILES=$(FILES)' 'FACT=$(FACT)' 'ROOM=$(ROOM)'
	$(BIN)/ruff check -q --fix --select I,RUF022 src tests
	$(BIN)/ruff format -q src tests

proof: $(BIN)/.dev
	BIN=$(BIN) sh tools/proof.sh

bench: $(BIN)/.dev
	$(BIN)/python bench/review.py

clean:
	rm -rf $(VENV) .batten .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist
