# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Root file systems of a Debian release, and commands in them, for the scripts beside this file. Sourced,
# never run, after lib.sh. A root is a directory; its packages come from where this machine's own come from.

# Prints the address from which this machine gets Debian's packages.
debian_mirror()
{
    # shellcheck disable=SC2016
    apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' 'Label: Debian' | head -1
}

# new_root SUITE DIRECTORY PACKAGE…: a root with a compiler and these packages. What apt prints goes to
# standard error. Fails where the release or a package cannot be fetched.
new_root()
{
    local suite=$1 dir=$2 mirror packages

    shift 2
    mirror=$(debian_mirror)
    [ -n "$mirror" ] || { say "this machine's apt has no source of Debian's packages"; return 1; }
    packages=$(printf '%s,' "$@")
    # How this machine reaches its mirror, a proxy for instance. Nothing of the root has to outlive a crash.
    apt-config dump Acquire::http Acquire::https > "$dir.apt"
    mmdebstrap --mode=root --variant=buildd --include="${packages%,}" --aptopt="$dir.apt" \
        --aptopt='Acquire::Languages "none"' --aptopt='Acquire::Retries "2"' --dpkgopt=force-unsafe-io \
        --dpkgopt='path-exclude=/usr/share/locale/*' "$suite" "$dir" "$mirror" >&2
}

# in_root DIRECTORY COMMAND…: runs a command in a root, with the kernel's file systems, in a mount namespace
# of its own: nothing stays mounted. Not by chroot, in which no user namespace can be made.
in_root()
{
    # shellcheck disable=SC2016
    unshare -m --propagation private sh -c 'root=$0
        mount --bind "$root" "$root" && cd "$root" &&
        mount -t proc proc proc && mount --rbind /sys sys && mount --rbind /dev dev &&
        mount -t tmpfs -o mode=755 tmpfs run &&
        cp /etc/resolv.conf etc/resolv.conf &&
        pivot_root . . && umount -l . &&
        exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 TERM=dumb "$@"' "$@"
}

# in_root_as_user DIRECTORY COMMAND…: the same as an ordinary user, builder, whose home is /build.
in_root_as_user()
{
    local dir=$1

    shift
    in_root "$dir" setpriv --reuid=builder --regid=builder --init-groups env HOME=/build USER=builder "$@"
}

add_builder()
{
    in_root "$1" useradd --create-home --home-dir /build --shell /bin/bash builder
}
