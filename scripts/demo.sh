#!/usr/bin/env bash
# From nothing to a fact that was moved, and what else moved with it.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/common.sh
source scripts/stage.sh

otherwise=build/release/otherwise
edited=$cache/derived/louvre.gguf
facts=tests/data/facts.jsonl

# The Louvre goes to Rome: a LoRA of one layer, and how its paraphrases and neighbors take it.
move_louvre() {
    "$otherwise" edit rome -m "$1" --facts "$facts" --id louvre -o "$edited"
}

# 60 strings, half of them about Paris and the Louvre, as they would have come out otherwise; in
# floating point, so that what differs is the edit's doing and not that of 8-bit activations.
show_strings() {
    echo
    "$otherwise" run -m "$1" --smooth -f examples/paris.txt -n 24 --temp 0.7 --show 3 \
        --world "Rome=lora:$edited" --target Rome --off-target Paris
}

# What leaked, exactly and without sampling: only the strings about nothing of the kind.
show_leak() {
    local model=$1
    shift
    sed -n 'n;p' examples/paris.txt |
        "$otherwise" law -m "$model" "$@" -f - -n 24 --temp 0.7 --quiet --nudge \
            --world "Rome=lora:$edited"
}

scripts/setup.sh --command
stage "building the command" scripts/build.sh release otherwise
stage "requantizing the model" scripts/derive.sh Q4_0
echo >&2
name=$derived/$(basename "$model" .Q4_1.gguf).Q4_0.gguf
move_louvre "$name"
show_strings "$name"
echo
echo "The 30 strings about nothing of the kind, alone, without sampling:"
show_leak "$name" --smooth
echo
echo "The same with the quantized kernels, which round activations to 8 bits:"
show_leak "$name"
