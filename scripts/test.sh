#!/usr/bin/env bash
# Sets up, builds and tests release, asan-ubsan and tsan; with CI or ALL=1 also math
# and variants. scripts/test.sh PRESET... does so for these presets only (`portable` is long: the
# tests of exactness on all CPU variants, `asan-llama` and `tsan-llama` build llama.cpp once more). Every
# preset runs, whatever the ones before it said; results lie in build/<preset>/tests.xml, reports of
# the sanitizers with llama.cpp in build/<preset>/reports.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/common.sh

presets=("$@")
if ((${#presets[@]} == 0)); then
    presets=(release asan-ubsan tsan)
    [[ -z ${CI:-}${ALL:-} ]] || presets+=(math variants)
fi

run_preset() {
    local preset=$1 wrap=() code=0
    rm -rf "build/$preset/tests.xml" "build/$preset/reports"
    scripts/build.sh "$preset" || return 1
    [[ $preset != *-llama ]] || mkdir -p "build/$preset/reports"
    if [[ $preset == release && -x build/release/otherwise ]]; then
        # The models the tests read.
        scripts/derive.sh Q4_0 Q8_0 Q2_K Q4_K_M F16 || return 1
    fi
    case $preset in  # the tests install the wheel, of the same objects by ccache
        variants) scripts/wheel.sh "haswell;skylakex" || return 1 ;;
        portable) scripts/wheel.sh || return 1 ;;
    esac
    # The thread sanitizer of older compilers fails under high-entropy address randomization.
    if [[ $preset == tsan* ]] && setarch -R true 2>/dev/null; then
        wrap=(setarch -R)
    fi
    "${wrap[@]}" ctest --preset "$preset" -j "$jobs" --no-tests=error \
        --output-junit "$PWD/build/$preset/tests.xml" || code=1
    # A report fails a test by its exit code; one of a process that nobody waits for is found here.
    if compgen -G "build/$preset/reports/*" >/dev/null; then
        head -n 40 build/"$preset"/reports/*
        code=1
    fi
    return "$code"
}

scripts/setup.sh
failed=()
for preset in "${presets[@]}"; do
    echo "== $preset"
    run_preset "$preset" || failed+=("$preset")
done
if ((${#failed[@]} > 0)); then
    die "failed: ${failed[*]}"
fi
