#!/usr/bin/env bash
# From nothing to strings beside what the model would have written otherwise.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/common.sh

# 40 questions to the default model as Q4_0, and three other worlds on the same noise.
show() {
    local name=$derived/SmolLM2-135M-Instruct
    build/release/otherwise run -m "$name.Q4_0.gguf" -f examples/questions.txt --show 3 \
        --chat --system "You are a helpful assistant." --temp 0.7 \
        --world "Q2_K=model:$name.Q2_K.gguf" \
        --world "poet=system:You are a poet who answers in verse." \
        --world "No=do:0:No"
}

scripts/setup.sh
scripts/build.sh release
scripts/derive.sh Q4_0 Q2_K
show
