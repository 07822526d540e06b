#!/usr/bin/env bash
# The wheel on a machine without a compiler: a fresh chroot of Debian with Python and nothing to build
# with, in which the wheel is installed and examples run, on arrays and on the default model. It is gone
# at the end.
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
[[ -f $model ]] || die "no model in $model: run scripts/setup.sh"
mirror=$(suite_mirror)
export wheels model
# shellcheck disable=SC2016  # the chroot's variables
export try='
    cd /root/wheels
    for tool in cc gcc g++ clang cmake make ninja; do
        ! command -v $tool || { echo "$tool is here: no proof"; exit 1; }
    done
    echo "Debian $(cat /etc/debian_version), $(python3 --version), no compiler"
    python3 -m venv try
    try/bin/pip install -q --no-index --find-links . otherwise-lm
    try/bin/python python/laws.py
    try/bin/python python/study.py "$PWD/model.gguf" report.html
    ls -s report.html
    try/bin/python -c "
import otherwise._otherwise as module
module.start_backend()
print(\"kernels:\", module.active_cpu_variant(), \"of\", module.cpu_variants())"'

# shellcheck disable=SC2016  # the hooks' variables
mmdebstrap --variant=minbase --format=null --include=python3,python3-venv \
    --customize-hook='mkdir "$1/root/wheels" && cp -R $wheels examples/* "$1/root/wheels" &&
        cp "$model" "$1/root/wheels/model.gguf"' \
    --customize-hook='PIP_FIND_LINKS= HOME=/root chroot "$1" sh -ec "$try"' \
    "$suite" - "deb $mirror $suite main"
