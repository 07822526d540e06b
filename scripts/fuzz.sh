#!/usr/bin/env bash
# Feeds made-up bytes to each reader for a while (Clang's libFuzzer, `make fuzz` installs what it needs):
#
#   scripts/fuzz.sh [SECONDS [NAME…]]   60 seconds each, all of tests/fuzz
#   scripts/fuzz.sh --build             builds them alone
#   FUZZ_AT_ONCE=2 scripts/fuzz.sh …    so many beside each other, as many as processors otherwise
#   FUZZ_OPTIONS='-fork=1 -ignore_crashes=1' scripts/fuzz.sh …   libFuzzer's own options
#
# New inputs that reach new code go to build/fuzz/corpus/NAME, which the next run goes on from; what
# fails is kept in build/fuzz/findings and named at the end. Inputs worth keeping are copied to
# tests/corpus/NAME by hand, where every test run reads them. The table at the end is build/fuzz/table.txt.
#
# Who feeds which reader (one line each; a fuzzer without one is refused):
#
#   words          worlds and their items with options and lists of layers, lists of numbers, days, facts
#   pattern        regular expressions, and the text that they look through
#   records        strings, facts, pairs, answers and texts: JSON lines and arrays, CSV, gzip, pickles
#   study          studies in TOML, and values for them
#   lists          packed and JSON lists of run files, files of the caches
#   run_file       run files with changed values: check, export, compare, merge, resume
#   run_image      run files as bytes of a SQLite image: the same readers
#   run_report     run files with changed values: the report and its page
#   page           the page's JSON and HTML, of hostile names, texts and numbers
#   requests       requests to serve: guard, JSON of what is asked, studies and commands made of it
#   chat_template  chat templates and messages, by llama.cpp's Jinja engine
#   gguf           GGUF files of every form as bytes
#   edit_files     control vectors, affine and heads files with changes: read, applied, saved again
#   loras          LoRAs with changes: loaded for a model, put to work
#   models         models with changes: loaded, split, decoded, copied, quantized, as embedders
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/common.sh
source scripts/fuzz_clang.sh

for source in tests/fuzz/*.cpp; do
    name=$(basename "$source" .cpp)
    grep -q '^int LLVMFuzzerTestOneInput' "$source" || continue
    grep -qE "^#   $name +[^ ]" scripts/fuzz.sh || die "scripts/fuzz.sh: no line says what $name reads"
    [[ -d tests/corpus/$name ]] || die "tests/corpus/$name: no inputs are kept for $source"
done

clang=$(fuzzing_clang) || die "no Clang with libFuzzer here: 'make fuzz' installs one, or as root" \
    "'apt-get install $(fuzzing_packages)'"

built=build/fuzz
if [[ ! -f $built/build.ninja ]]; then
    cmake --preset fuzz --log-level=WARNING -DOTHERWISE_CACHE_DIR="$cache" \
        -DCMAKE_C_COMPILER="clang$clang" -DCMAKE_CXX_COMPILER="clang++$clang"
fi

seconds=${1:-60}
shift || true
names=("$@")
if ((${#names[@]} == 0)); then
    cmake --build --preset fuzz
    for program in "$built"/fuzz_*; do
        names+=("${program##*/fuzz_}")
    done
else
    cmake --build --preset fuzz --target "${names[@]/#/fuzz_}"
fi
[[ $seconds != --build ]] || exit 0

# Without it the places of a finding have no names.
symbolizer=$(command -v "llvm-symbolizer$clang" llvm-symbolizer llvm-symbolizer-14 | head -n 1 || true)
[[ -z $symbolizer ]] || export ASAN_SYMBOLIZER_PATH=$symbolizer

# counted NAME KEY: one of the numbers that libFuzzer ends with.
counted() {
    sed -n "s/^stat::$2: *//p" "$built/$1.log"
}

# The last number behind a word of its progress.
progress() {
    grep -aoE "$2: [0-9]+" "$built/$1.log" | tail -n 1 | sed 's/.* //'
}

run() {
    local name=$1 seeds=("tests/corpus/$1") options
    read -ra options <<<"${FUZZ_OPTIONS:-}"
    [[ ! -f tests/fuzz/$name.dict ]] || options+=("-dict=tests/fuzz/$name.dict")
    [[ $name != chat_template ]] || seeds+=("$llama_source/models/templates")
    [[ $name != run_report ]] || seeds+=(tests/corpus/run_file)
    mkdir -p "$built/corpus/$name" "$built/findings"
    # Files that are made on the way are none that a disk has to keep.
    [[ ! -w /dev/shm ]] || export TMPDIR=/dev/shm
    ASAN_OPTIONS=${ASAN_OPTIONS:-}:abort_on_error=0:detect_leaks=1 \
        "$built/fuzz_$name" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=4096 -print_final_stats=1 \
        ${options[@]+"${options[@]}"} -artifact_prefix="$built/findings/$name-" "$built/corpus/$name" "${seeds[@]}" \
        >"$built/$name.log" 2>&1
}

row='%-14s %12s %9s %9s %7s  %s\n'

# One line of the table; NAME.failed is there while its last run failed.
one() {
    local name=$1 result=
    rm -f "$built/$name.failed"
    run "$name" || {
        result=$(grep -a -m 1 -oE 'SUMMARY: .*' "$built/$name.log" || echo failed)
        touch "$built/$name.failed"
    }
    # shellcheck disable=SC2059  # the row is a format
    printf "$row" "$name" "$(counted "$name" number_of_executed_units)" "$(progress "$name" cov)" \
        "$(progress "$name" ft)" "$(find "$built/corpus/$name" -type f | wc -l)" "$result" | tee -a "$built/table.txt"
}

# shellcheck disable=SC2059
printf "$row" reader executions coverage features kept "" | tee "$built/table.txt"
running=0
for name in "${names[@]}"; do
    if ((running >= ${FUZZ_AT_ONCE:-$jobs})); then
        wait -n
        running=$((running - 1))
    fi
    one "$name" &
    running=$((running + 1))
done
wait

failed=0
for name in "${names[@]}"; do
    [[ ! -e $built/$name.failed ]] || {
        echo "failed: $name ($built/$name.log; its input is in $built/findings)" >&2
        failed=1
    }
done
exit "$failed"
