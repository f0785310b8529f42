#!/bin/sh
# All that must hold before a change lands. K=word runs only the tests whose names contain the word.
set -eu
PATH="$PWD/$BIN:$PATH"
export PATH
# pytest keeps what it makes of every test file as bytecode; without that, collecting takes twice as long.
unset PYTHONDONTWRITEBYTECODE
if [ -n "${K:-}" ]; then
    exec python tools/named.py "$K"
fi
ruff format --check src tests tools bench examples hatch_build.py
ruff check src tests tools bench examples hatch_build.py
# What reads all of the code takes the longest, and is done beside the rest.
{ mypy && python tools/dead_code.py; } &
beside=$!
trap 'kill "$beside" 2>/dev/null || :' EXIT
lint-imports
python tools/shape.py --check
sh tools/servers.sh
python tools/products.py || [ "${CI:-}" != true ]
python tools/products.py --judges || [ "${CI:-}" != true ]
python tools/install_helm.py || [ "${CI:-}" != true ]
python tools/catalogue.py --check
python tools/inventory.py --check
python tools/website.py --check
python tools/coverage.py --check
python tools/fixes.py --check
python tools/watch_api.py --check
python tools/licences.py --check
wait "$beside"
trap - EXIT
batten review .
# More workers than CI has processors: half of what tests do is to wait for servers.
exec python -m pytest -q -n 3 --dist loadfile --no-loadscope-reorder
