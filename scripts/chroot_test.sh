#!/usr/bin/env bash
# `make demo` and `make test` from nothing on another Debian: a fresh chroot, in which root builds
# a clone of this checkout's last commit. It is gone at the end.
#
#   scripts/chroot_test.sh bookworm|trixie [COMPILER]
#
# COMPILER is the package of another compiler than the suite's g++: clang, clang-15 or g++-13, say.
# Needs mmdebstrap and a network, 10 GB in $TMPDIR, and an hour on two cores. Packages come from the
# mirror that apt uses here. TARGETS=demo runs less.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/common.sh

suite=${1:-} compiler=${2:-}
[[ $suite =~ ^(bookworm|trixie)$ ]] || die "usage: scripts/chroot_test.sh bookworm|trixie [COMPILER]"
command -v mmdebstrap >/dev/null || die "needs mmdebstrap (apt-get install mmdebstrap)"

export TARGETS=${TARGETS:-demo test}
case $compiler in
    "") ;;
    clang*) export CC=$compiler CXX=${compiler/clang/clang++} ;;
    g++*) export CC=${compiler/g++/gcc} CXX=$compiler ;;
    *) die "$compiler: expected a package of a compiler, such as clang, clang-15 or g++-13" ;;
esac
# The chroot has its own.
unset OTHERWISE_CACHE XDG_CACHE_HOME
export CHECKOUT=$PWD

mirror=$(suite_mirror)

# The machine's certificates and pip's settings, which a mirror may need, where there are any.
settings=$(find -L /etc/pip.conf /etc/ssl/certs/ca-certificates.crt -type f 2>/dev/null || true)

# shellcheck disable=SC2016  # the hooks' variables
mmdebstrap --variant=minbase --format=null \
    --include="git,make,ca-certificates${compiler:+,$compiler}" \
    --customize-hook="for f in ${settings//$'\n'/ }; do cat \$f >\"\$1\$f\"; done" \
    --customize-hook='git clone -q "$CHECKOUT" "$1/root/otherwise"' \
    --customize-hook='HOME=/root chroot "$1" sh -c "cd /root/otherwise && exec make $TARGETS"' \
    "$suite" - "deb $mirror $suite main"
