#!/usr/bin/env bash
# The wheel on a machine without a compiler: a fresh chroot of Debian with Python and nothing to build
# with, in which the wheel is installed, an example runs and llama.cpp's kernels start. It is gone at
# the end.
#
#   scripts/wheel_chroot.sh [bookworm|trixie]
#
# The suite's python3 has to be of the wheel's version (scripts/wheel.sh). Needs mmdebstrap; numpy's
# wheel comes from the cache.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/common.sh

suite=${1:-bookworm}
[[ $suite =~ ^(bookworm|trixie)$ ]] || die "usage: scripts/wheel_chroot.sh [bookworm|trixie]"
command -v mmdebstrap >/dev/null || die "needs mmdebstrap (apt-get install mmdebstrap)"
wheels=$(ls build/wheel/dist/otherwise_lm-*.whl "$python"/wheels/numpy-*.whl) ||
    die "no wheel: run make wheel"
mirror=$(suite_mirror)
export wheels
# shellcheck disable=SC2016  # the chroot's variables
export try='
    cd /root/wheels
    for tool in cc gcc g++ clang cmake make ninja; do
        ! command -v $tool || { echo "$tool is here: no proof"; exit 1; }
    done
    echo "Debian $(cat /etc/debian_version), $(python3 --version), no compiler"
    python3 -m venv try
    try/bin/pip install -q --no-index --find-links . otherwise-lm
    try/bin/python laws.py
    try/bin/python -c "
import otherwise._otherwise as module
module.start_backend()
print(\"kernels:\", module.active_cpu_variant(), \"of\", module.cpu_variants())"'

# shellcheck disable=SC2016  # the hooks' variables
mmdebstrap --variant=minbase --format=null --include=python3,python3-venv \
    --customize-hook='mkdir "$1/root/wheels" && cp $wheels examples/python/laws.py "$1/root/wheels"' \
    --customize-hook='PIP_FIND_LINKS= HOME=/root chroot "$1" sh -ec "$try"' \
    "$suite" - "deb $mirror $suite main"
