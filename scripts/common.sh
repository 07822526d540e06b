# Shared by the scripts: where things are. Sourced, not run.
# shellcheck shell=bash

# The same order as cmake/cache_dir.cmake.
cache=${OTHERWISE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/otherwise}
if [[ -n ${OTHERWISE_CACHE:-} && $cache != /* ]]; then
    cache=$PWD/$cache
    export OTHERWISE_CACHE=$cache
fi

tools=$cache/tools
PATH=$tools/bin:$PATH
# An environment of the python3 at hand, with what the package is built and tested with.
# shellcheck disable=SC2034  # used by the scripts that source this file
python=$cache/python

llama_pin=0.3.36
# shellcheck disable=SC2034  # used by the scripts that source this file
llama_source=$cache/llama_cpp_python-$llama_pin/vendor/llama.cpp
rapidfuzz_pin=0.27.5
# shellcheck disable=SC2034
rapidfuzz_source=$cache/levenshtein-$rapidfuzz_pin/extern/rapidfuzz-cpp
# shellcheck disable=SC2034
model=$cache/models/SmolLM2-135M-Instruct.Q4_1.gguf
# shellcheck disable=SC2034
derived=$cache/derived

jobs=$(nproc 2>/dev/null || echo 2)
export CMAKE_BUILD_PARALLEL_LEVEL=${CMAKE_BUILD_PARALLEL_LEVEL:-$jobs}

die() {
    echo "$*" >&2
    exit 1
}

# The mirror of Debian that apt uses here.
suite_mirror() {
    local found
    found=$(
        source /etc/os-release
        # shellcheck disable=SC2016  # apt's variables
        apt-get indextargets --format '$(RELEASE) $(REPO_URI)' 'Created-By: Packages' |
            sed -n "s/^$VERSION_CODENAME //p" | head -n 1
    )
    [[ -n $found ]] || die "no mirror of Debian among apt's sources here"
    echo "$found"
}
