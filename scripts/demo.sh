#!/usr/bin/env bash
# From nothing to strings beside what the model would have written otherwise.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/common.sh

name=$derived/SmolLM2-135M-Instruct
common=(-m "$name.Q4_0.gguf" -f examples/questions.txt --temp 0.7
    --chat --system "You are a helpful assistant."
    --world "Q2_K=model:$name.Q2_K.gguf"
    --world "poet=system:You are a poet who answers in verse.")

# 40 questions to the default model as Q4_0, and three other worlds on the same noise.
show_strings() {
    build/release/otherwise run "${common[@]}" --show 3 --world "No=do:0:No"
}

# The same without sampling: how likely each token was to stay.
show_laws() {
    echo
    build/release/otherwise law "${common[@]}" --quiet --tokens --show 1
}

scripts/setup.sh
scripts/build.sh release
scripts/derive.sh Q4_0 Q2_K
show_strings
show_laws
