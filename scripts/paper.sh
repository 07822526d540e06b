#!/usr/bin/env bash
# The experiments of arXiv 2411.07180 made again (studies/README.md): scripts/paper.sh [options of studies/run.py]
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/common.sh

scripts/setup.sh --command
scripts/setup.sh --package
scripts/build.sh release otherwise
scripts/build.sh release otherwise_python
PYTHONPATH=build/release/python exec "$python/bin/python3" studies/run.py "$@"
