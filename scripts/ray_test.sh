#!/usr/bin/env bash
# Tests of ow.ray on a cluster of three nodes on this machine: `make test-ray`. Ray and what it needs go into
# an environment of their own, pinned in scripts/python-ray.txt.
#
#   scripts/ray_test.sh             the tests, on a tiny model
#   scripts/ray_test.sh --quick     the same; where Ray cannot be had it says so, and passes
#   scripts/ray_test.sh --model     200 strings of the default model, a node lost in the middle
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/common.sh

environment=$cache/ray
install_ray() {
    rm -rf "$environment"
    python3 -m venv "$environment" &&
        timeout 600 "$environment/bin/python3" -m pip install -q --disable-pip-version-check \
            --only-binary :all: --require-hashes -r scripts/python-ray.txt &&
        cp scripts/python-ray.txt "$environment/python-ray.txt"
}

if ! cmp -s scripts/python-ray.txt "$environment/python-ray.txt" && ! install_ray; then
    rm -rf "$environment"
    echo "Ray could not be had here: the tests of ow.ray were not run" >&2
    [[ ${1:-} == --quick ]]
    exit
fi
scripts/build.sh release otherwise otherwise_python
export PYTHONPATH=$PWD/build/release/python:$PWD/python/tests:$PWD/tests/support
export OTHERWISE_COMMAND=$PWD/build/release/otherwise OTHERWISE_CACHE_DIR=$cache
export PYTHONDONTWRITEBYTECODE=1 RAY_USAGE_STATS_ENABLED=0 RAY_worker_niceness=0
if [[ ${1:-} == --model ]]; then
    exec "$environment/bin/python3" benchmarks/cluster.py
fi
counted=$PWD/scripts/counted_unittest.py output=$PWD/build/ray/tests.xml
cd python/tests/clusters
exec "$environment/bin/python3" "$counted" "$output" -v ray_test
