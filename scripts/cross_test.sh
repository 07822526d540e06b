#!/usr/bin/env bash
# Builds base, noise, mechanism and coupling for 64-bit ARM and runs their tests under qemu: the
# noise has to have the same bits there.
#
# Installs what it needs (Debian's names) as root or by sudo: a cross compiler, qemu and the
# libraries of arm64, which it adds to dpkg's architectures. OTHERWISE_SKIP_PACKAGES=1 leaves that
# to you. Results lie in build/math-aarch64/tests.xml.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/common.sh

preset=math-aarch64
packages="g++-aarch64-linux-gnu qemu-user-static librandom123-dev nlohmann-json3-dev
libhwy-dev:arm64 libfmt-dev:arm64 libssl-dev:arm64 libgtest-dev:arm64 libgmock-dev:arm64
libgomp1:arm64"

missing_packages() {
    local package
    for package in $packages; do
        [[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) == installed ]] ||
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
        die "the tests for arm64 need packages that cannot be installed here: root or sudo, and apt
(missing, as Debian names them after dpkg --add-architecture arm64: $missing)"
    fi
    echo "installing: $missing" >&2
    "${sudo[@]}" dpkg --add-architecture arm64
    "${sudo[@]}" apt-get update -q >&2
    # shellcheck disable=SC2086  # a list of words
    "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q \
        -o DPkg::Lock::Timeout=300 --no-install-recommends $missing >&2
}

[[ -n ${OTHERWISE_SKIP_PACKAGES:-} ]] || install_packages
rm -f build/$preset/tests.xml
scripts/build.sh $preset
ctest --preset $preset -j "$jobs" --no-tests=error --output-junit "$PWD/build/$preset/tests.xml"
