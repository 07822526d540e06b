#!/usr/bin/env bash
# Formats our C++ sources; with --check only says which are not formatted, and fails.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/common.sh

case ${1:-} in
    "") options=(-i) ;;
    --check) options=(--dry-run --Werror) ;;
    *) die "usage: scripts/format.sh [--check]" ;;
esac
scripts/setup.sh --tools
# shellcheck disable=SC2046  # names without spaces
exec clang-format "${options[@]}" $(scripts/sources.sh)
