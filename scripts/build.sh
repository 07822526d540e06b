#!/usr/bin/env bash
# Configures where needed and builds one preset: scripts/build.sh [release|math|asan-ubsan|tsan]
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/common.sh

preset=${1:-release}
if [[ ! -f build/$preset/build.ninja ]] ||
    ! grep -qxF "OTHERWISE_CACHE_DIR:PATH=$cache" "build/$preset/CMakeCache.txt"; then
    cmake --preset "$preset" -DOTHERWISE_CACHE_DIR="$cache" --log-level=WARNING
fi
cmake --build --preset "$preset"
