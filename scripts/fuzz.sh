#!/usr/bin/env bash
# Feeds made-up bytes to each reader for a while (Clang's libFuzzer):
#
#   scripts/fuzz.sh [SECONDS [NAME…]]   60 seconds each, all of tests/fuzz that need no llama.cpp
#
# New inputs that reach new code go to build/fuzz/corpus/NAME, which the next run goes on from; what
# fails is kept in build/fuzz/findings and named at the end. Inputs worth keeping are copied to
# tests/corpus/NAME by hand, where every test run reads them.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/common.sh

seconds=${1:-60}
shift || true

# A Clang that has libFuzzer.
for version in "" -22 -21 -20 -19 -18 -17 -16; do
    if command -v "clang++$version" >/dev/null &&
        echo 'extern "C" int LLVMFuzzerTestOneInput(const char*, unsigned long) { return 0; }' |
        "clang++$version" -fsanitize=fuzzer -x c++ - -o /dev/null 2>/dev/null; then
        clang=$version
        break
    fi
done
[[ -n ${clang+found} ]] ||
    die "no Clang with libFuzzer here: as root, 'apt-get install clang-16 libclang-rt-16-dev', then this again"

built=build/fuzz
if [[ ! -f $built/build.ninja ]]; then
    cmake --preset fuzz --log-level=WARNING -DOTHERWISE_CACHE_DIR="$cache" \
        -DCMAKE_C_COMPILER="clang$clang" -DCMAKE_CXX_COMPILER="clang++$clang"
fi
cmake --build --preset fuzz

names=("$@")
if ((${#names[@]} == 0)); then
    for program in "$built"/fuzz_*; do
        names+=("${program##*/fuzz_}")
    done
fi
failed=()
for name in "${names[@]}"; do
    mkdir -p "$built/corpus/$name" "$built/findings"
    echo "=== $name"
    "$built/fuzz_$name" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=4096 -print_final_stats=1 \
        -artifact_prefix="$built/findings/$name-" "$built/corpus/$name" "tests/corpus/$name" \
        >"$built/$name.log" 2>&1 || failed+=("$name")
    grep -E 'Done|ERROR|SUMMARY|cov:' "$built/$name.log" | tail -n 2
done
for name in "${failed[@]}"; do
    echo "failed: $name ($built/$name.log; its input is in $built/findings)" >&2
done
((${#failed[@]} == 0))
