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
source scripts/stage.sh
source scripts/packages.sh

preset=math-aarch64
packages="g++-aarch64-linux-gnu qemu-user-static librandom123-dev nlohmann-json3-dev rapidjson-dev
zlib1g-dev:arm64 libhwy-dev:arm64 libfmt-dev:arm64 libssl-dev:arm64 libgtest-dev:arm64 libgmock-dev:arm64"

# shellcheck disable=SC2046,SC2086  # lists of words
[[ -n ${OTHERWISE_SKIP_PACKAGES:-} ]] || install_packages $(lacking $packages)
rm -f build/$preset/tests.xml
scripts/build.sh $preset
ctest --preset $preset -j "$jobs" --no-tests=error --output-junit "$PWD/build/$preset/tests.xml"
