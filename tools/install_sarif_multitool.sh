#!/bin/sh
# Put Microsoft's SARIF validator into .tools (not in git), for tests/reports/test_sarif.py.
# It is one self-contained program: no .NET runtime is needed, and without ICU the tests run it with
# DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1.
set -eu
VERSION=5.7.0
cd "$(dirname "$0")/.."
program=.tools/node_modules/@microsoft/sarif-multitool-linux/Sarif.Multitool
stamp=.tools/.sarif-multitool-$VERSION
if [ -x "$program" ] && [ -f "$stamp" ]; then
    exit 0
fi
mkdir -p .tools
# Without a network npm would ask for minutes; in CI it may.
[ "${CI:-}" = true ] || export npm_config_fetch_retries=0
npm install --prefix .tools --no-save --no-audit --no-fund --loglevel=error "@microsoft/sarif-multitool@$VERSION"
# npm may refuse the package's own install script, whose only work is this.
chmod u+x "$program"
: >"$stamp"
