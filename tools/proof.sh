#!/bin/sh
# Slow proofs, run by hand: input that nobody here wrote, long fuzzing, the benchmarks.
set -eu
PATH="$PWD/$BIN:$PATH"
export PATH
sh tools/install.sh proof
# What is rendered, before programs that are not ours: each running edge by all of testssl.sh, and the manifests of every contract.
python tools/products.py --judges --all
HYPOTHESIS_PROFILE=proof python -m pytest -q tests/harden/judges tests/harden/test_deployments_read_back.py tests/harden/test_compose_started.py tests/harden/test_stores_read_back.py tests/harden/test_aws_read_back.py tests/engine/hardening/stores
# Visitors of real applications behind each edge, over plain HTTP too, and the risky fixes of each.
HYPOTHESIS_PROFILE=proof python -m pytest -q tests/fixes
# batten installed by pre-commit and by the GitHub action, from the package index.
HYPOTHESIS_PROFILE=proof python -m pytest -q tests/doors
# Every product of the catalogue, open and locked, by its address alone.
PROOF=1 sh tools/servers.sh
python tools/products.py --all
HYPOTHESIS_PROFILE=proof python -m pytest -q tests/live/products tests/live/test_tls_agreement.py tests/live/test_tls_renegotiation.py
# The tests that need no servers, by clocks 1, 6, 12 and 36 months ahead; what this repository uses, by the machine's own.
sh tools/ahead.sh
batten review .
# Every module of which CI leaves out a part. Of Debian's they take ruby-sinatra, ruby-rackup, ruby-webrick, tomcat10-user and a JDK (shops; what
# is missing is skipped by name), golang-go, golang-github-gin-contrib-cors-dev and golang-github-gorilla-{mux,handlers,csrf}-dev (programs of Go).
HYPOTHESIS_PROFILE=proof python -m pytest -q --timeout=7200 $(grep -rlE "proofs import" tests --include="test_*.py")
python tools/real_input.py
HYPOTHESIS_PROFILE=proof python -m pytest -q tests/formats tests/contract tests/test_bad_input.py
HYPOTHESIS_PROFILE=proof python -m pytest -q -s tests/guard/test_lua.py
# Readers of bodies against hostile sizes and other readers, and every body on every server.
HYPOTHESIS_PROFILE=proof python -m pytest -q tests/guard/test_bodies_cost.py tests/guard/test_bodies_fuzzed.py tests/guard/test_middleware.py
HYPOTHESIS_PROFILE=proof python -m pytest -q tests/guard/test_proxy_versions.py
HYPOTHESIS_PROFILE=proof python -m pytest -q tests/guard/test_proxy_end.py
# Random histories of environments: what is fixed was looked at, events give the tables.
HYPOTHESIS_PROFILE=proof python -m pytest -q tests/watch/ledger --timeout=7200
# 220 kills of services and workers, PostgreSQL stopped under load, processes that hang, clocks that jump.
HYPOTHESIS_PROFILE=proof python -m pytest -q tests/watch/schedule --timeout=7200
# Every command of hostile repositories, and every report alone where secrets are.
HYPOTHESIS_PROFILE=proof python -m pytest -q tests/security/test_hostile_*.py tests/security/test_canaries.py
# 150 kills, hostile sizes, and what twice as much costs.
HYPOTHESIS_PROFILE=proof python -m pytest -q tests/security/test_recovery.py tests/security/test_sizes.py tests/patterns
# 200 kills of services that write, on SQLite and on PostgreSQL, and thousands of spoiled backups.
HYPOTHESIS_PROFILE=proof python -m pytest -q tests/watch/store
# Two megabytes of the worst for every keyword; one client sends them, and another one is not held up.
python tools/guard_cost.py
python tools/fuzz_cost.py --seconds 60
HYPOTHESIS_PROFILE=proof python -m pytest -q tests/guard/test_proxy_costly.py
python tools/fuzz.py --seconds 60
python tools/fuzz_guard.py --seconds 60
python -m venv "$BIN/../schemathesis"
"$BIN/../schemathesis/bin/python" -m pip install --quiet --disable-pip-version-check --requirement tools/schemathesis.txt
python tools/guard_schemathesis.py --examples 50
python tools/watch_schemathesis.py --examples 30
python tools/harden_schemathesis.py --examples 20
python tools/guard_endurance.py --seconds 600
python bench/review.py
python bench/guard_start.py
python bench/guard_parameters.py
python bench/guard_agreement.py
BATTEN_SIZES=all python -m pytest -q -s tests/security/test_sizes.py
python bench/growth.py
