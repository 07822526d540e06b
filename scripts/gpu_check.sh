#!/usr/bin/env bash
# How exact and how fast a build with a GPU is: the null world's floor in several settings, whether
# strings are the same whatever runs beside them, and the speed beside llama.cpp's own.
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

# Short prompts, and eight of 100 to 1,500 words, which are read as heads.
prompts=$work/prompts.txt
python3 - "$folder/examples/paris.txt" "$prompts" "$strings" << 'PYTHON'
import sys

source, target, count = sys.argv[1:]
lines = [line.strip() for line in open(source, encoding="utf-8") if line.strip()][: int(count)]
words = " ".join(lines).split()
with open(target, "w", encoding="utf-8") as file:
    file.writelines(line + "\n" for line in lines)
    for i in range(8):
        file.write(" ".join((words[i:] + words * 6)[: 100 + 200 * i]) + "\n")
PYTHON

# null_floor NAME OPTIONS...: strings of the null world that are not the factual ones, factual
# strings that are not those of the first call for this model, and the seconds that it took.
null_floor() {
    local name=$1 status=0 start
    shift
    start=$(date +%s.%N)
    "$command" run -m "$model" -f "$prompts" -n 24 -ngl "$layers" \
        --world hot=temp:1.2 --null --no-nudge --jsonl "$work/pairs.jsonl" --json "$@" \
        > "$work/table.json" 2> "$work/log" || status=$?
    if [[ $status -ne 0 ]]; then
        printf '  %-26s %s\n' "$name" "$(tail -1 "$work/log")"
        return
    fi
    python3 - "$name" "$work" "$start" << 'PYTHON'
import json, os, re, sys, time

name, work, start = sys.argv[1:]
lines = [json.loads(line) for line in open(f"{work}/pairs.jsonl", encoding="utf-8")]
null = [line for line in lines if line["world"] == "null"]
same = sum(line["factual"]["tokens"] == line["counterfactual"]["tokens"] for line in null)
strings = [line["factual"]["tokens"] for line in null]
if not os.path.exists(f"{work}/first.json"):
    json.dump(strings, open(f"{work}/first.json", "w"))
first = json.load(open(f"{work}/first.json"))
others = sum(a != b for a, b in zip(first, strings))
text = open(f"{work}/log", encoding="utf-8").read()
probe = re.search(r"not batch invariant \((.*?)\)", text) or re.search(r"batch invariant: (.*)", text)
print(f"  {name:26} null {len(null) - same:2} of {len(null)} differ; {others:2} not as in the first; "
      f"{time.time() - float(start):5.1f} s; {probe.group(1) if probe else ''}")
PYTHON
}

for model in "$@"; do
    echo "$(basename "$model"), $layers layers on the GPU"
    rm -f "$work/first.json"
    null_floor "as it is"
    null_floor "one string at a time" -np 1 --limit 20
    null_floor "eight strings at once" -np 8
    null_floor "calls of 256 rows" -ub 256
    null_floor "other company" --limit 17
    null_floor "no probe (--fast)" --fast
    for option in "" --fast; do
        echo "  bench $option"
        "$command" bench -m "$model" -f "$folder/examples/paris.txt" --limit "$strings" -n 24 \
            -ngl "$layers" $option 2> "$work/log" | sed 's/^/  /' || tail -1 "$work/log"
    done
    null_floor "flash attention off" -fa off
done
