# Everything lives in .venv; nothing is installed outside this folder.
PYTHON ?= python3
BIN = .venv/bin
WORKERS ?= 2
unexport PYTHONDONTWRITEBYTECODE # with it every process compiles the package anew

.PHONY: demo test test-fast faults lint bench clean

.venv/ready: pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; try: make PYTHON=python3.12")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $@

# the oldest scikit-learn that is supported, for tests/test_versions.py; without it they are skipped, and say so
.venv-sklearn-1.5.2/ready:
	$(PYTHON) -m venv .venv-sklearn-1.5.2
	.venv-sklearn-1.5.2/bin/python -m pip install --quiet --disable-pip-version-check scikit-learn==1.5.2 pandas msgspec PyYAML \
		&& touch $@ || echo "scikit-learn 1.5.2 cannot be installed here: the tests of versions are skipped"

# a browser for tests/render/site/test_browser.py, where this may be installed; without one they are skipped, and say so
.venv/browser: .venv/ready
	@for name in chromium chromium-browser google-chrome google-chrome-stable chrome; do command -v $$name >/dev/null && exit 0; done; \
		if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
			(apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -yqq --no-install-recommends chromium) >/dev/null 2>&1; \
		fi; command -v chromium >/dev/null || echo "no Chromium can be installed here: the tests of pages in a browser are skipped"
	@touch $@

demo: .venv/ready  ## the main job, in a fresh repository at ./demo-journal
	PATH="$(CURDIR)/$(BIN):$$PATH" sh templates/demo/run.sh

test: .venv/ready .venv/browser .venv-sklearn-1.5.2/ready  ## all tests, the slow ones too
	$(BIN)/python -m pytest -q -n $(WORKERS) --dist worksteal

test-fast: .venv/ready  ## what starts no process but git, and is not slow: about a minute
	$(BIN)/python -m pytest -q -n $(WORKERS) --dist worksteal --fast

faults: .venv/ready  ## the long campaign of faults, with its figures: about ten minutes
	GITJOURNAL_FAULTS=long $(BIN)/python -m pytest -q -s tests/test_faults.py -o timeout=3600

lint: .venv/ready
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

bench: .venv/ready  ## measure what the README quotes
	$(BIN)/python -m benchmarks

clean:
	rm -rf .venv .venv-sklearn-1.5.2 demo-journal
