#!/bin/sh
# Slow proofs, run by hand: input that nobody here wrote, long fuzzing of the formats, the benchmarks.
set -eu
PATH="$PWD/$BIN:$PATH"
export PATH
python tools/real_input.py
HYPOTHESIS_PROFILE=proof python -m pytest -q tests/formats tests/contract tests/test_bad_input.py
python bench/review.py 1000
