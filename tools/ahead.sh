#!/bin/sh
# The tests that need no servers, by clocks 1, 6, 12 and 36 months ahead (or by as many days as are named): a test that depends on
# the day of the machine fails. The programs that tests start have that clock, too; what measures how long something takes has its own.
set -eu
cd "$(dirname "$0")/.."
command -v faketime >/dev/null || { echo "faketime is not installed: run PROOF=1 sh tools/servers.sh" >&2; exit 1; }
# Servers that are not ours and the tests' certificates for them are left out: a clock that is set for some processes ends their talk.
files="$(grep -rLE 'servers|needs|NEEDED|_runner' tests --include='test_*.py' --exclude-dir=stacks) tests/test_pages.py tests/advisories tests/cli/test_advisories.py"
for days in ${*:-31 183 366 1096}; do
    echo "$days days ahead"
    faketime -m --exclude-monotonic -f "+${days}d" python -m pytest -q -p no:cacheprovider -n 2 --dist loadfile $files
done
