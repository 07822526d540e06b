#!/usr/bin/env bash
# What 16 samples of an observed string cost beside one, where the change is small: they share the
# prompt, the factual pass and the verification. Interleaved; prints the ratio of the medians.
#
#   benchmarks/samples.sh [ROUNDS]
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/common.sh

rounds=${1:-5}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
model=$derived/SmolLM2-135M-Instruct.Q4_0.gguf
scripts/derive.sh Q4_0 Q8_0

# Strings that the factual world wrote, observed again.
build/release/otherwise run -m "$model" -f examples/questions.txt --no-null --quiet \
    --world same=temp:1 --jsonl "$work/observed.jsonl" >/dev/null 2>&1
for ((round = 0; round < rounds; ++round)); do
    for samples in 1 16; do
        build/release/otherwise run -m "$model" -f "$work/observed.jsonl" --no-null \
            --world "Q8_0=model:$derived/SmolLM2-135M-Instruct.Q8_0.gguf" \
            --samples "$samples" --json 2>/dev/null >"$work/$samples.$round.json"
    done
done
python3 - "$work" <<'END'
import json, pathlib, statistics, sys
def seconds(samples):
    runs = [json.loads(p.read_text()) for p in pathlib.Path(sys.argv[1]).glob(f"{samples}.*.json")]
    return statistics.median(run["seconds"] for run in runs), runs[0]["worlds"][0]
(one, _), (sixteen, world) = seconds(1), seconds(16)
share = world["unchanged"] / world["strings"]
print(f"1 sample {one:.2f} s, 16 samples {sixteen:.2f} s: {sixteen / one:.2f} times; "
      f"{100 * share:.0f} % of the strings unchanged")
END
