# A Clang that has libFuzzer. Sourced, not run.
# shellcheck shell=bash

# What follows "clang++" in the name of the first that is here; fails without one.
fuzzing_clang() {
    local version
    for version in "" -22 -21 -20 -19 -18 -17 -16; do
        if command -v "clang++$version" >/dev/null &&
            echo 'extern "C" int LLVMFuzzerTestOneInput(const char*, unsigned long) { return 0; }' |
            "clang++$version" -fsanitize=fuzzer -x c++ - -o /dev/null 2>/dev/null; then
            echo "$version"
            return
        fi
    done
    return 1
}

# The packages of one: of the newest that this Debian has.
fuzzing_packages() {
    local version
    for version in 19 18 17 16; do
        if apt-cache show "clang-$version" 2>/dev/null | grep -q .; then
            break
        fi
    done
    echo "clang-$version libclang-rt-$version-dev"
}
