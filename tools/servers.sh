#!/bin/sh
# What tests need beside Python packages: the SARIF validator, from npm, below .tools/.
set -eu
cd "$(dirname "$0")/.."
sh tools/install_sarif_multitool.sh
