#!/bin/sh
# Put an OpenID provider into .tools (not in git), for tests/watch/access/test_oidc.py. It needs node 20.19 or newer.
set -eu
VERSION=8.2.3
cd "$(dirname "$0")/.."
installed=.tools/oidc/node_modules/oauth2-mock-server/package.json
stamp=.tools/.oauth2-mock-server-$VERSION
if [ -f "$installed" ] && [ -f "$stamp" ]; then
    exit 0
fi
mkdir -p .tools/oidc
# Without a network npm would ask for minutes; in CI it may.
[ "${CI:-}" = true ] || export npm_config_fetch_retries=0
npm install --prefix .tools/oidc --no-save --no-audit --no-fund --loglevel=error "oauth2-mock-server@$VERSION"
[ -f "$installed" ]
: >"$stamp"
