#!/usr/bin/env bash
# The tests of otherwise.torch, with PyTorch, transformers, nnsight, pyvene, PEFT and TransformerLens in an environment of
# their own (6 GB: PyTorch's wheel for x86-64 is the CUDA build, with its libraries).
#
#   scripts/torch_test.sh          all, with the default model in both engines (minutes)
#   scripts/torch_test.sh --quick  what tiny random models show
#
# Where the packages cannot be had it says so in one line and passes with --quick, else fails.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/common.sh

quick=
case $* in
    "") ;;
    --quick) quick=1 ;;
    *) die "usage: scripts/torch_test.sh [--quick]" ;;
esac

environment=$cache/torch
list=scripts/python-torch.txt

# Of the python3 that the package is built for, or made anew.
has_torch() {
    cmp -s "$list" "$environment/python-torch.txt" &&
        [[ $("$environment/bin/python3" -c 'import sys; print(sys.version)') == \
            "$("$python/bin/python3" -c 'import sys; print(sys.version)')" ]]
}

# The list is whole: nothing else is resolved or installed.
install_torch() {
    rm -rf "$environment"
    "$python/bin/python3" -m venv "$environment" &&
        timeout 600 "$environment/bin/python3" -m pip install -q --disable-pip-version-check \
            --no-compile --no-deps --only-binary :all: --require-hashes -r "$list" &&
        cp "$list" "$environment"
}

[[ -x $python/bin/python3 ]] || scripts/setup.sh --package
if ! has_torch; then
    echo "installing PyTorch and what works with it (6 GB)" >&2
    if ! install_torch; then
        rm -rf "$environment"
        echo "PyTorch could not be had here: the tests of otherwise.torch were not run" >&2
        [[ -n $quick ]]
        exit
    fi
fi
if [[ -z $quick ]]; then
    scripts/setup.sh
    scripts/build.sh release otherwise
    scripts/derive.sh F32 Q4_0
    export OTHERWISE_LONG=1
fi
scripts/build.sh release otherwise_python
export PYTHONPATH=$PWD/build/release/python:$PWD/python/tests/torch OTHERWISE_CACHE_DIR=$cache
export HF_HUB_OFFLINE=1 TOKENIZERS_PARALLELISM=false
exec "$environment/bin/python3" scripts/counted_unittest.py build/torch/tests.xml discover -s python/tests/torch -p '*_test.py'
