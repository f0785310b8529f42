#!/bin/sh
# What tests need beside Python packages. In CI it must be there; elsewhere tests without it skip by name.
set -eu
cd "$(dirname "$0")/.."
if command -v npm >/dev/null; then
    sh tools/install_sarif_multitool.sh
else
    echo "npm is not installed: SARIF is not held against its validator" >&2
    [ "${CI:-}" != true ]
fi
if ! command -v haproxy >/dev/null && [ "${CI:-}" = true ] && [ "$(id -u)" = 0 ]; then
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends haproxy >/dev/null
fi
