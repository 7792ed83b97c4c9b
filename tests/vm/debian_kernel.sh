# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Debian's kernel packages: which suite has one, what it needs, its headers where they were unpacked.
# Source it after common.sh and debian.sh.

# suites_of RELEASE: where a kernel whose `uname -r` is RELEASE is to be had.
suites_of() {
    case $1 in
        6.1.0-* | *+deb12-*) echo bookworm bookworm-security ;;
        *+deb13-*) echo trixie trixie-security ;;
        *) echo sid ;;
    esac
}

# as_regex RELEASE: an extended regular expression of it.
as_regex() {
    local text=${1//./\\.}
    echo "${text//+/\\+}"
}

# One row a kernel: VERSION, the suites it is taken from, and what follows `linux-image-` in the
# package's name (the newest match is taken); of one from source, that package.
kernel_row() {
    case $1 in
        6.1) echo 'bookworm bookworm-security|6\.1\.0-[0-9]+-amd64' ;;
        6.12) echo 'bookworm bookworm-security|6\.12\.[0-9]+\+deb12-amd64' ;;
        trixie) echo 'trixie trixie-security|6\.12\.[0-9.]+\+deb13-amd64' ;;
        sid) echo 'sid|[0-9]+\.[0-9.]+\+deb[0-9]+-amd64' ;;
        6.1-debug | 6.1-um | 6.1-um-debug) echo 'bookworm bookworm-security|linux-source-6.1' ;;
        6.1.0-*-amd64 | *+deb1[2-9]-*amd64) echo "$(suites_of "$1")|$(as_regex "$1")" ;;
        *) return 1 ;;
    esac
}

# The kernel packages that each PACKAGE needs, itself first. Only linux-* are followed: the rest
# (initramfs tools, compilers) is for an installed kernel.
package_closure() {
    packages_reached Depends '^linux-(binary|modules|headers|kbuild)-' "$@"
}

# Debian's headers are split into three places joined by absolute paths; after the rewrite they
# work where they were unpacked. Symbolic links are relative already.
relocate_headers() {
    local headers=$1/usr/src/linux-headers-$2
    # The including Makefile is not always the last word of MAKEFILE_LIST where a variable of this is
    # expanded: := fixes it.
    # shellcheck disable=SC2016  # for make to expand
    {
        echo 'rmirror-headers := $(patsubst %/,%,$(dir $(realpath $(lastword $(MAKEFILE_LIST)))))'
        sed 's|/usr/src/linux-headers-'"${2//./\.}"'$|$(rmirror-headers)|
             s|/usr/src/|$(rmirror-headers)/../|' "$headers/Makefile"
    } >"$headers/Makefile.new"
    mv "$headers/Makefile.new" "$headers/Makefile"
}
