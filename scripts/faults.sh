#!/usr/bin/env bash
# Makes the n-th call of a kind fail (memory, read, write, fsync, rename, mmap, thread), for thousands of n, in
# each command on a tiny model: hours. tests/cli_faults_test.py tries a few of each.
#
#   scripts/faults.sh [COMMAND…]                          all of them, in all kinds
#   FAULTS_KINDS="new" FAULTS_FIRST=500 scripts/faults.sh run merge
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/common.sh

scripts/build.sh release otherwise
cmake --build --preset release --target failing
PYTHONPATH=tests/support OTHERWISE_COMMAND=$PWD/build/release/otherwise OTHERWISE_FAILING=$PWD/build/release/failing.so \
    OTHERWISE_TINY=$PWD/build/release/tiny OTHERWISE_CACHE_DIR=$cache \
    exec python3 tests/support/sweep.py "$@"
