#!/usr/bin/env bash
# Makes the wheel of the Python package for the python3 at hand: the portable build, with llama.cpp's
# CPU backend for each kind of processor, and with the libraries that not every Linux has.
#
#   scripts/wheel.sh                             build/wheel/dist/otherwise_lm-….whl
#   scripts/wheel.sh "haswell;skylakex"          with these kinds of processor only
#   FOLDER=… scripts/wheel.sh                    in another build folder than build/wheel
#
# `make wheel` sets up and does this. auditwheel names the oldest glibc that the wheel runs on
# (manylinux_2_NN) by what was linked here: an older distribution makes a wheel for more.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/common.sh

variants=${1:-}
folder=${FOLDER:-build/wheel}
PATH=$python/bin:$PATH
[[ -x $python/bin/auditwheel ]] || die "no environment in $python: run scripts/setup.sh --package"

# CMake's own choice, not that of whoever built Python: objects of other builds are found by ccache.
export CC=${CC:-cc} CXX=${CXX:-c++}

options=(
    --config-settings "build-dir=$folder"
    --config-settings cmake.define.GGML_NATIVE=OFF
    --config-settings cmake.define.GGML_BACKEND_DL=ON
    --config-settings cmake.define.GGML_CPU_ALL_VARIANTS=ON
    --config-settings "cmake.define.OTHERWISE_CPU_VARIANTS=$variants"
    --config-settings "cmake.define.OTHERWISE_CACHE_DIR=$cache"
)
[[ -z ${CI:-} ]] || options+=(--config-settings cmake.define.OTHERWISE_WERROR=ON)

rm -rf "$folder/raw" "$folder/dist"
mkdir -p "$folder/raw" "$folder/dist"
python3 -m pip wheel . -q --disable-pip-version-check --no-deps --no-build-isolation \
    -w "$folder/raw" "${options[@]}"
# Our own libraries stay beside the module, by their names: the CPU backend is looked for there.
auditwheel repair "$folder"/raw/*.whl -w "$folder/dist" >"$folder/auditwheel.log" 2>&1 ||
    die "$(tail -n 5 "$folder/auditwheel.log")"
ls "$folder"/dist/*.whl
