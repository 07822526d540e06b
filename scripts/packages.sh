# Packages of Debian and Ubuntu: which are missing, and their installation. Sourced, not run.
# shellcheck shell=bash

# lacking PACKAGE...: those of them that are not installed.
lacking() {
    local package
    for package in "$@"; do
        # A line for each architecture that has it.
        dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed ||
            echo "$package"
    done
}

# become_root PACKAGES: asks for a password here, where no stage writes over it.
become_root() {
    ((EUID == 0)) && return
    as_root=(sudo)
    command -v sudo >/dev/null && sudo -p "[sudo] password for %p, to install $1: " true
}

apt_install() {
    echo "installing: $*"
    [[ $* != *:arm64* ]] || "${as_root[@]}" dpkg --add-architecture arm64
    "${as_root[@]}" apt-get update -q
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q \
        -o DPkg::Lock::Timeout=300 --no-install-recommends "$@"
}

# install_packages PACKAGE...: what is missing. Does nothing without any.
install_packages() {
    local as_root=()
    (($# > 0)) || return 0
    command -v apt-get >/dev/null ||
        die "no apt-get here: install what Debian names $*; OTHERWISE_SKIP_PACKAGES=1 goes on"
    become_root "$*" ||
        die "packages are missing: run 'apt-get install $*' as root, then this again"
    stage "installing packages ($#)" apt_install "$@"
}
