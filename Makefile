# make demo   a spoken conversation in a simulated room; sets up what is missing
# make test   every test
# make check  format, lint, types and the quick tests: a minute

BIN := .venv/bin

# Tests start hundreds of processes, which would each compile everything anew.
export PYTHONDONTWRITEBYTECODE :=

# Half of a test's time it waits for a process: one worker more than there are cores. Who is done
# takes work from the others: the slow tests stand in a row.
WORKERS := -n $(shell expr $$(nproc) + 1) --dist worksteal

# Each worker reads every file that it is given.
MARKED = $$(grep -rl --include="test_*.py" "mark\.$(1)" tests)

.PHONY: setup demo test check format clean

setup:
	@.ci/setup.sh

demo: setup
	@$(BIN)/xtalk-edge demo

# Watching which lines run takes as long as running them: the quick tests tell.
test:
	@.ci/setup.sh --with-tests
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m pytest tests $(WORKERS) -m "not slow and not alone" --cov --cov-report=
	$(BIN)/coverage report --skip-covered --fail-under=85
	@echo "The pure modules, every branch:"
	$(BIN)/coverage report --include='xtalk_edge/turn/*' --fail-under=100
	$(BIN)/python -m pytest $(call MARKED,slow) tests/e2e $(WORKERS) -m "slow and not alone"
	$(BIN)/python -m pytest $(call MARKED,alone) -m alone

check: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m pytest tests/unit -q -m "not slow and not alone" -n auto --dist worksteal

format: setup
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:
	rm -rf .venv build dist demo *.egg-info .coverage .mypy_cache .ruff_cache .pytest_cache
