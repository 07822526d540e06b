#!/usr/bin/env bash
# Kills and power cuts, whole; the ordinary tests do a part of them:
#
#   scripts/crash_test.sh [SEED]   a hundred kill -9 of the command, other moments with another seed;
#                                  the disks that a power cut can leave, after each event in all ways
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/common.sh

scripts/build.sh release
root=$PWD
failed=0
echo "== kills"
(
    cd tests
    PYTHONPATH=support PYTHONDONTWRITEBYTECODE=1 OTHERWISE_COMMAND=$root/build/release/otherwise \
        OTHERWISE_TINY=$root/build/release/tiny OTHERWISE_KILLS=1 OTHERWISE_KILL_SEED=${1:-1} \
        python3 -m unittest -q cli_kill_test
) || failed=1
echo "== power cuts"
OTHERWISE_POWER_CUTS=0 build/release/study_tests --gtest_filter='PowerCut.*' || failed=1
exit "$failed"
