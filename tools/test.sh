#!/bin/sh
# All that must hold before a change lands. K=word runs only the tests whose names contain the word; QUICK=1 the static checks and the
# tests that start no server, browser or other program (tests/served.py);
# SINCE=main leaves out those that do and that no change since then can reach (tests/since.py).
set -eu
PATH="$PWD/$BIN:$PATH"
export PATH
# pytest keeps what it makes of every test file as bytecode; without that, collecting takes twice as long.
unset PYTHONDONTWRITEBYTECODE
if [ -n "${K:-}" ]; then
    exec python tools/named.py "$K"
fi
sh tools/static.sh
if [ -n "${QUICK:-}" ]; then
    exec python -m pytest -q -n 2 --dist loadfile --no-loadscope-reorder -m "not served"
fi
sh tools/servers.sh
python tools/products.py || [ "${CI:-}" != true ]
python tools/products.py --judges || [ "${CI:-}" != true ]
python tools/install_helm.py || [ "${CI:-}" != true ]
# More workers than CI has processors: half of what tests do is to wait for servers.
exec python -m pytest -q -n 3 --dist loadfile --no-loadscope-reorder
