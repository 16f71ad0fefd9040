# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# What the scripts beside this file share: the packages that they need, and how to install those
# that are missing. Sourced, never run. It changes nothing outside of Debian's package system.

# What a build needs; what the demo needs besides; what the tests need besides.
# shellcheck disable=SC2034
build_packages=(build-essential autoconf automake libtool pkg-config linux-libc-dev
    libseccomp-dev libsystemd-dev libyajl-dev nettle-dev check)
# shellcheck disable=SC2034
demo_packages=(util-linux coreutils)
# shellcheck disable=SC2034
test_packages=(clang libclang-rt-dev shellcheck mandoc jq python3 python3-jsonschema xz-utils git
    systemd systemd-container bubblewrap crun podman golang-github-containers-common util-linux
    libcap2-bin procps docker.io runc uidmap golang-go
    clang-tidy cppcheck valgrind binutils mmdebstrap)
# What only one of the releases has: the version of clang-format that makes our lines, in Debian 12;
# Docker's command line in a package of its own, since Debian 13.
case $(. /etc/os-release && printf '%s' "${VERSION_ID-}") in
12) test_packages+=(clang-format-14) ;;
*) test_packages+=(docker-cli) ;;
esac
# shellcheck disable=SC2034
bench_packages=(crun jq)
# What boots other kernels: arm64 and s390x, and ppc64el besides. What runs programs of other machines.
# shellcheck disable=SC2034
foreign_packages=(qemu-system-arm qemu-system-misc gcc-aarch64-linux-gnu gcc-arm-linux-gnueabihf
    gcc-s390x-linux-gnu linux-libc-dev-arm64-cross linux-libc-dev-armhf-cross
    linux-libc-dev-s390x-cross cpio jq)
# shellcheck disable=SC2034
foreign_ppc_packages=(qemu-system-ppc gcc-powerpc64le-linux-gnu linux-libc-dev-ppc64el-cross)
# shellcheck disable=SC2034
emulation_packages=(qemu-user gcc-aarch64-linux-gnu gcc-arm-linux-gnueabihf gcc-s390x-linux-gnu
    gcc-powerpc64le-linux-gnu gcc-riscv64-linux-gnu libc6-dev-arm64-cross libc6-dev-armhf-cross
    libc6-dev-s390x-cross libc6-dev-ppc64el-cross libc6-dev-riscv64-cross)

# Prints its words as a message of this script, on standard error.
say()
{
    printf '%s: %s\n' "${0##*/}" "$*" >&2
}

die()
{
    say "$*"
    exit 1
}

# Runs a command as root: as it is for root, else with sudo.
as_root()
{
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null 2>&1; then
        sudo -- "$@"
    else
        say "needs root or sudo for: $*"
        return 1
    fi
}

apt_get()
{
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -y -qq -o Dpkg::Use-Pty=0 "$@" </dev/null
}

# Prints those of its arguments that are not installed, one a line.
missing_packages()
{
    local package

    for package in "$@"; do
        dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed ||
            printf '%s\n' "$package"
    done
}

# Runs apt_get, and lets no package start its services meanwhile: Docker's would change the machine's
# network.
apt_get_quietly()
{
    local policy=/usr/sbin/policy-rc.d rc=0

    [ ! -e "$policy" ] || { apt_get "$@"; return; }
    # shellcheck disable=SC2016
    as_root sh -c 'printf "#!/bin/sh\nexit 101\n" > "$0" && chmod 755 "$0"' "$policy" || return
    apt_get "$@" || rc=$?
    as_root rm -f "$policy"
    return $rc
}

# Installs those of the named Debian packages that are missing. Updates the package lists only
# where they are too old to find one. Fails where one is still missing; a name that this release of
# Debian does not have keeps none of the others from being installed.
need_packages()
{
    local -a missing known=() unknown=()
    local package

    command -v dpkg-query >/dev/null 2>&1 || {
        say "this is no Debian: install by hand what README.md lists under Install"
        return 0
    }
    mapfile -t missing < <(missing_packages "$@")
    [ "${#missing[@]}" -gt 0 ] || return 0
    say "installing ${missing[*]}"
    apt_get_quietly install --no-install-recommends "${missing[@]}" >/dev/null 2>&1 && return 0
    apt_get update >/dev/null || return
    for package in "${missing[@]}"; do
        if apt-cache show "$package" >/dev/null 2>&1; then
            known+=("$package")
        else
            unknown+=("$package")
        fi
    done
    if [ "${#known[@]}" -gt 0 ]; then
        apt_get_quietly install --no-install-recommends "${known[@]}" >/dev/null || return
    fi
    [ "${#unknown[@]}" -eq 0 ] || { say "this release has no package ${unknown[*]}"; return 1; }
}

# Copies the sources of the tree at $1 into the new directory $2: what git tracks or would track,
# or (no git, as in a release) all but what builds leave behind.
copy_sources()
{
    local from=$1 to=$2

    mkdir -p "$to"
    if git -c safe.directory='*' -C "$from" rev-parse --git-dir >/dev/null 2>&1; then
        (cd "$from" && git -c safe.directory='*' ls-files -z -co --exclude-standard |
            while IFS= read -r -d '' file; do [ ! -e "$file" ] || printf '%s\0' "$file"; done |
            tar --null -T - -cf -) | tar -C "$to" -xf - --no-same-owner
    else
        tar -C "$from" --exclude='./build*' --exclude=./autom4te.cache -cf - . |
            tar -C "$to" -xf - --no-same-owner
    fi
}

# Prints the paths of all C sources that are formatted and checked, from the top of the tree.
c_sources()
{
    find util protocol compiler daemon client integration tests -name '*.[ch]' -type f | sort
}

# Prints the path of clang-format 14; another version makes other lines. Fails where there is none.
clang_format()
{
    command -v clang-format-14 && return
    command -v clang-format >/dev/null && clang-format --version | grep -q ' version 14\.' && command -v clang-format
}

# Fails where this release of Debian has no clang-format 14, so that nobody can ask for it.
has_clang_format_14()
{
    ! command -v apt-cache >/dev/null || apt-cache show clang-format-14 >/dev/null 2>&1
}

# How many jobs make may run.
make_jobs()
{
    nproc 2>/dev/null || echo 2
}
