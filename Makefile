# `make run` and `make test` do all the set-up; a second run installs nothing and asks no registry.
VENV := .venv
PYTHON := $(VENV)/bin/python
READY := $(VENV)/.ready

.PHONY: run test bench check setup clean browser redis texts try-image audit

# With a token this is your bot on Telegram; without one, everything runs on this machine.
run: setup
	@if [ -n "$$TONEFIT_TOKEN$$TONEFIT_TOKEN_FILE" ] || grep -qsE '^TONEFIT_TOKEN(_FILE)?=.' .env; then exec $(VENV)/bin/tonefit run --with-worker; \
	else exec $(VENV)/bin/tonefit demo $(ARGS); fi

test: setup browser redis
	$(PYTHON) -m pytest $(ARGS)

bench: setup
	$(PYTHON) -m tests.bench $(ARGS)

check: setup
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy

# Known holes of dependencies; it fails, and says so, where the advisory database cannot be reached.
audit: setup
	$(PYTHON) deploy/audit.py

setup: $(READY)

$(READY): requirements.lock pyproject.toml
	@command -v python3 >/dev/null || { echo "python3 (3.11 to 3.13) is needed"; exit 1; }
	@python3 -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' \
	  || { echo "Tonefit needs Python 3.11, 3.12 or 3.13; python3 is $$(python3 -V)"; exit 1; }
	@python3 -c 'import venv, ensurepip' 2>/dev/null || $(MAKE) --no-print-directory venv-package
	@test -x $(PYTHON) || python3 -m venv $(VENV)
	$(PYTHON) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(PYTHON) -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

# A bare Debian python3 has no venv.
.PHONY: venv-package
venv-package:
	@if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  apt-get update -qq && apt-get install -y -qq python3-venv; \
	else echo "python3 has no venv here: install it, on Debian and Ubuntu by: sudo apt-get install python3-venv"; exit 1; fi

# The browser tests drive Debian's Chromium; where it cannot be had they skip and say so.
browser:
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || { \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    apt-get update -qq && apt-get install -y -qq chromium fonts-noto-cjk fonts-noto-color-emoji >/dev/null || true; \
	  else echo "no chromium: the browser tests will skip (sudo apt-get install chromium)"; fi; }

# TLS, users and Sentinel are tested with Debian's server; where it cannot be had those tests skip and say so.
redis:
	@command -v redis-server >/dev/null || { \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    apt-get update -qq && apt-get install -y -qq redis-server openssl >/dev/null || true; \
	  else echo "no redis-server: some tests will skip (sudo apt-get install redis-server)"; fi; }

# Carries out deploy/Dockerfile without an engine, as root: builds the bot's image over this machine and talks to it.
try-image: setup
	TONEFIT_TRY_IMAGE=1 $(PYTHON) -m pytest tests/deploy/test_image.py $(ARGS)

# Brings bot/locales up to date with the sentences in the code; a test fails on one that is not translated.
texts: setup
	@mkdir -p build
	$(VENV)/bin/pybabel -q extract -k t -k N_ -k plural:1,2 --no-location --sort-output --omit-header -o build/texts.pot handlers bot/*.py
	$(VENV)/bin/pybabel -q update -i build/texts.pot -o bot/locales/zh_Hans.po -l zh_Hans --ignore-obsolete --no-fuzzy-matching

clean:
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
