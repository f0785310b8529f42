#!/bin/sh
# batten, editable, and what it needs for `watch`, `example`, `dev` or `proof`: each file held against its hash in constraints.txt.
set -eu
case "$1" in
watch) after='^# == example' ;;
example) after='^# == fleet' ;;
dev) after='^# == proof' ;;
proof) after='^# == nothing' ;;
*) echo "tools/install.sh: '$1' is none of watch, example, dev, proof" >&2; exit 2 ;;
esac
pins="$BIN/../pins.txt"
sed "/$after/,\$d" constraints.txt >"$pins"
pip="$BIN/python -m pip install --quiet --disable-pip-version-check"
$pip --require-hashes --requirement "$pins"
# pip holds no hash against an editable project, so that comes by itself, and is built with what was just installed.
$pip --no-deps --no-build-isolation --editable .
"$BIN/python" -m pip check --disable-pip-version-check
