#!/usr/bin/env bash
# Configures where needed and builds one preset: all of it, or one target.
#
#   scripts/build.sh [release|math|asan-ubsan|tsan [TARGET]]
#
# For a target alone, such as `otherwise`, a new build folder has neither tests nor the Python package,
# so that what they need need not be there; a build of everything adds them, `otherwise_python` the
# package. With CI set, warnings are errors: elsewhere another compiler's new one must not break a
# build.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/common.sh

preset=${1:-release}
target=${2:-}
built=build/$preset

# Entries of CMakeCache.txt.
wanted=("OTHERWISE_CACHE_DIR:PATH=$cache")
if [[ -z $target ]]; then
    wanted+=("OTHERWISE_TESTS:BOOL=ON")
elif [[ ! -f $built/build.ninja ]]; then
    wanted+=("OTHERWISE_TESTS:BOOL=OFF")
fi
if [[ $preset == release && ( -z $target || $target == otherwise_python ) ]]; then
    wanted+=("OTHERWISE_PYTHON:BOOL=ON")
fi
[[ -z ${CI:-} ]] || wanted+=("OTHERWISE_WERROR:BOOL=ON")

is_configured() {
    local entry
    [[ -f $built/build.ninja ]] || return 1
    for entry in "${wanted[@]}"; do
        grep -qxF "$entry" "$built/CMakeCache.txt" || return 1
    done
}

if ! is_configured; then
    cmake --preset "$preset" "${wanted[@]/#/-D}" --log-level=WARNING
fi
cmake --build --preset "$preset" ${target:+--target "$target"}
