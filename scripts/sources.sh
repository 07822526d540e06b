#!/usr/bin/env bash
# Lists our C++ sources, one a line; with arguments, only names with these endings: sources.sh .cpp
set -euo pipefail
cd "$(dirname "$0")/.."

for folder in otherwise cli python tests benchmarks examples; do
    [[ -d $folder ]] || continue
    find "$folder" -type f \( -name '*.h' -o -name '*.cpp' \)
done | sort | while read -r file; do
    for ending in "${@:-}"; do
        [[ $file != *"$ending" ]] || echo "$file"
    done
done
