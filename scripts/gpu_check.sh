#!/usr/bin/env bash
# How exact and how fast a build with a GPU is: the null world's floor in several settings, and the
# speed beside llama.cpp's own.
#
#   cmake --preset release -DGGML_CUDA=ON && cmake --build --preset release --target otherwise
#   scripts/gpu_check.sh build/release/otherwise model-Q4_0.gguf [model-F16.gguf ...]
#
# LAYERS=0 runs the same on the processor alone. Takes about a minute a model on a GPU. docs/engine.md
# has what came out.
set -euo pipefail
command=$1
shift
folder=$(dirname "$0")/..
layers=${LAYERS:-99}
strings=${STRINGS:-64}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

command -v nvidia-smi > /dev/null && nvidia-smi --query-gpu=name,driver_version --format=csv,noheader

# null_floor NAME OPTIONS...: strings of the null world that are not the factual ones.
null_floor() {
    local name=$1 status=0
    shift
    "$command" run -m "$model" -f "$folder/examples/paris.txt" --limit "$strings" -n 24 -ngl "$layers" \
        --world hot=temp:1.2 --null --no-nudge --jsonl "$work/pairs.jsonl" --json "$@" \
        > "$work/table.json" 2> "$work/log" || status=$?
    if [[ $status -ne 0 ]]; then
        printf '  %-28s %s\n' "$name" "$(tail -1 "$work/log")"
        return
    fi
    python3 - "$name" "$work/pairs.jsonl" "$work/log" << 'PYTHON'
import json, re, sys

name, pairs, log = sys.argv[1:]
lines = [json.loads(line) for line in open(pairs, encoding="utf-8")]
null = [line for line in lines if line["world"] == "null"]
same = sum(line["factual"]["tokens"] == line["counterfactual"]["tokens"] for line in null)
text = open(log, encoding="utf-8").read()
probe = re.search(r"not batch invariant \((.*?)\)", text) or re.search(r"(batch invariant: .*)", text)
print(f"  {name:28} {len(null) - same:3} of {len(null)} strings differ; {probe.group(1) if probe else ''}")
PYTHON
}

for model in "$@"; do
    echo "$(basename "$model"), $layers layers on the GPU"
    null_floor "as it is"
    null_floor "flash attention on" -fa on
    null_floor "flash attention off" -fa off
    null_floor "f32 cache, -fa off" -fa off -ctk f32 -ctv f32
    null_floor "one string at a time" -np 1
    null_floor "eight strings at once" -np 8
    null_floor "no probe (--fast)" --fast
    "$command" bench -m "$model" -f "$folder/examples/paris.txt" --limit "$strings" -n 24 -ngl "$layers" \
        2> "$work/log" | sed 's/^/  /' || tail -1 "$work/log"
done
