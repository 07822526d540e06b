#!/usr/bin/env bash
# From nothing to strings beside what the model would have written otherwise.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/common.sh

# The demo itself; Q4_0 is the factual world, Q2_K one of the others.
show() {
    local name=$derived/SmolLM2-135M-Instruct
    build/release/otherwise run -m "$name.Q4_0.gguf" --world "requantized=model:$name.Q2_K.gguf" \
        -p "The best way to"
}

scripts/setup.sh
scripts/build.sh release
scripts/derive.sh Q4_0 Q2_K
show
