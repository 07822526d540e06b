#!/bin/sh
# What every command of the tests does, as text: `scripts/snapshot.sh BEFORE`, build the change,
# `scripts/snapshot.sh AFTER`, `diff -r BEFORE AFTER`. For changes that should change no output.
# snapshot.sh FOLDER [BUILD]  (BUILD: build/release)
set -eu
folder=$(realpath -m "${1:?"a folder for the snapshot"}")
build=$(realpath "${2:-"$(dirname "$0")/../build/release"}")
rm -rf "$folder"
cd "$(dirname "$0")/../tests"
export OTHERWISE_SNAPSHOT="$folder" OTHERWISE_COMMAND="$build/otherwise" OTHERWISE_TINY="$build/tiny" \
    PYTHONPATH=support PYTHONDONTWRITEBYTECODE=1 \
    OTHERWISE_CACHE_DIR="${OTHERWISE_CACHE_DIR:-"$HOME/.cache/otherwise"}"
for module in cli_*_test.py; do echo "${module%.py}"; done |
    xargs -P "$(nproc)" -n1 python3 -m unittest -q
