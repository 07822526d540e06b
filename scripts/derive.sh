#!/usr/bin/env bash
# Requantizes the default model into the cache folder, skipping what is there:
#
#   scripts/derive.sh Q4_0 Q2_K      derived/SmolLM2-135M-Instruct.{Q4_0,Q2_K}.gguf
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/common.sh

mkdir -p "$derived"
exec 9>"$cache/.lock"
flock 9
for type in "$@"; do
    out=$derived/$(basename "$model" .Q4_1.gguf).$type.gguf
    [[ -f $out ]] && continue
    echo "deriving $(basename "$out")" >&2
    rm -f "$out.partial"
    build/release/otherwise quantize "$model" "$out.partial" "$type" >/dev/null
    mv "$out.partial" "$out"
done
