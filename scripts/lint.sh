#!/usr/bin/env bash
# The checks of the sources: includes between rooms, names that must not occur, shellcheck, clang-tidy over the
# library, the commands and the Python module with the compile commands of the release build.
#
#   scripts/lint.sh            everything
#   scripts/lint.sh FILE...    clang-tidy over these files only
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/common.sh

# Downloads go through configured clients, so no package registry is named anywhere.
check_hosts() {
    local hosts='(pypi|pythonhosted|anaconda|conda|npmjs|crates|rubygems|golang)\.(org|com|io)\b'
    if git grep --untracked -nIiE "$hosts"; then
        echo "a package registry's host name occurs" >&2
        return 1
    fi
}

# Only files that the build knows: a source left out of it has no compile command.
known_sources() {
    python3 - <<'END'
import json, os
root = os.getcwd()
for entry in json.load(open("build/release/compile_commands.json", encoding="utf-8")):
    name = os.path.relpath(os.path.join(entry["directory"], entry["file"]), root)
    if name.split("/")[0] in ("otherwise", "cli", "python") and not name.endswith("_test.cpp"):
        print(name)
END
}

scripts/rooms.py
scripts/setup.sh --tools
if (($# == 0)); then
    check_hosts
    shellcheck -x scripts/*.sh .ci/run
    # A fresh configuration, so that the list of files is the present one.
    cmake --preset release --log-level=WARNING >/dev/null
    mapfile -t files < <(known_sources)
else
    files=("$@")
fi
((${#files[@]} > 0)) || exit 0
printf '%s\0' "${files[@]}" |
    xargs -0 -n 1 -P "$jobs" clang-tidy -p build/release --quiet \
        --extra-arg=-Wno-unknown-warning-option \
        --extra-arg=-Wno-deprecated-declarations 2> >(grep -v ' generated\.$' >&2 || true)
echo "${#files[@]} files linted" >&2
