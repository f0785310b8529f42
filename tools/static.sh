#!/bin/sh
# What needs no test to run: formats, types, imports, dead code, and that generated documents are current.
set -eu
# What reads all of the code takes the longest, and is done beside the rest.
{ mypy && python tools/dead_code.py; } &
beside=$!
trap 'kill "$beside" 2>/dev/null || :' EXIT
ruff format --check src tests tools bench examples hatch_build.py
ruff check src tests tools bench examples hatch_build.py
lint-imports
python tools/shape.py --check
python tools/catalogue.py --check
python tools/inventory.py --check
python tools/website.py --check
python tools/coverage.py --check
python tools/fixes.py --check
python tools/watch_api.py --check
python tools/licences.py --check
wait "$beside"
trap - EXIT
python tools/own_review.py
