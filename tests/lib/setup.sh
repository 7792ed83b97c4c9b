# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Brings a fresh machine to where the tests can run: packages, then a build. Source it, after or
# instead of common.sh.
# shellcheck source=tests/lib/common.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

# What each purpose needs, as Debian's and its descendants' packages.
packages_for() {
    case $1 in
        build) echo g++ cmake ninja-build pkg-config libgtest-dev libgmock-dev libmnl-dev \
            libnftnl-dev libjansson-dev libxtables-dev python3-docutils ;;
        # libelf1: objtool of the kernel's headers. gcc-12 is what Debian 12's kernels are built with.
        modules) echo gcc-12 make kmod libelf1 zstd xz-utils debian-archive-keyring ca-certificates ;;
        plugin) echo nftables libnftables1 python3 python3-nftables iproute2 iputils-ping valgrind \
            dbus python3-dbus python3-gi patch ;;
        # libc6-dev-i386: programs as a 32-bit system has them.
        vm) echo qemu-system-x86 busybox-static iputils-ping ethtool tcpdump tshark wireguard-tools \
            iptables gcc-12-multilib libc6-dev-i386 python3-prometheus-client ;;
        bench) echo iptables gnuplot-nox ;;
        # Suricata and Open vSwitch: tests/interop/receivers, not installed
        interop) echo tshark openssl iptables ;;
        # Whole machines of other architectures, and compilers for them
        arch) echo qemu-system-misc qemu-system-arm qemu-system-mips \
            gcc-12-{aarch64,s390x,mipsel}-linux-gnu gcc-12-arm-linux-gnueabihf \
            libc6-dev-{arm64,armhf,mipsel,s390x}-cross g++-12-multilib libc6-dev-i386 ;;
        fuzz) echo clang libclang-rt-14-dev ;;
        native) echo gcc make autoconf automake libtool pkg-config bison flex libmnl-dev libgmp-dev \
            libjansson-dev patch dpkg-dev ;;
        package-builds) echo dpkg-dev debhelper dh-dkms lintian rpm rpmlint cpio binutils shellcheck \
            qemu-system-x86 busybox-static nodejs ;;
        # Only with a LuCI
        luci) echo chromium chromium-driver gettext ;;
        packages) packages_for package-builds && echo mmdebstrap e2fsprogs dbus iptables ;;
        source-kernel) echo gcc make flex bison bc libelf-dev xz-utils zstd perl patch ;;
        checks) echo clang-format clang-tidy shellcheck sparse cppcheck perl jq git groff mandoc nodejs ;;
        *) die "no packages are listed for $1" ;;
    esac
}

missing_packages() {
    local package
    for package in "$@"; do
        [[ $(dpkg-query -W -f '${Status}' "$package" 2>/dev/null) == *' installed' ]] || echo "$package"
    done
}

as_root() {
    if ((EUID == 0)); then
        "$@"
    else
        sudo -n "$@"
    fi
}

install_packages() {
    local log=$RMIRROR_BUILD/log/packages.log
    say "installing $*"
    mkdir -p "${log%/*}"
    # Neither a question nor a restart of services: the tests want the files only.
    if ! { as_root apt-get update -qq &&
        as_root env DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 apt-get install -y -qq \
            --no-install-recommends "$@"; } >"$log" 2>&1 </dev/null; then
        tail -n 20 "$log" >&2
        die "these packages could not be installed: $*"
    fi
}

# ensure_packages PURPOSE...: installs what is missing, or says what that is.
ensure_packages() {
    local -a wanted=() missing=()
    local purpose
    for purpose in "$@"; do
        # shellcheck disable=SC2207  # names without blanks
        wanted+=($(packages_for "$purpose"))
    done
    if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
        say "this is no Debian system: install the equivalents of ${wanted[*]}"
        return
    fi
    mapfile -t missing < <(missing_packages "${wanted[@]}")
    ((${#missing[@]})) || return 0
    if ((EUID != 0)) && ! sudo -n true 2>/dev/null; then
        die "not root and no sudo without a password; please run: apt-get install ${missing[*]}"
    fi
    with_lock packages install_packages "${missing[@]}"
}

# logged NAME COMMAND...: the command's output goes to build/log/NAME.log, and to the terminal only
# if it fails.
logged() {
    local name=$1 log=$RMIRROR_BUILD/log/$1.log
    shift
    mkdir -p "${log%/*}"
    if ! "$@" >"$log" 2>&1 </dev/null; then
        tail -n 60 "$log" >&2
        die "$name failed, see build/log/$name.log"
    fi
    # Warnings of a build that succeeded are not to be lost.
    grep -E '(warning|Warning): ' "$log" >&2 || true
}

# build [TARGET...]: configures the preset `default` in build/ and builds these targets, or all. The
# modules of that build are for the headers of the fetched default kernel, unless the build directory
# says otherwise already.
build() {
    local -a arguments=() targets=()
    local headers=$RMIRROR_BUILD/kernels/6.1/headers
    if [[ ! -e $RMIRROR_BUILD/CMakeCache.txt && -e $headers ]]; then
        arguments=("-DRMIRROR_KERNEL_DIR=$headers")
    fi
    cd "$RMIRROR_ROOT" || exit
    logged configure cmake --preset default "${arguments[@]}"
    (($# == 0)) || targets=(--target "$@")
    logged build cmake --build --preset default -j "$(jobs_at_most)" "${targets[@]}"
}

# build_fuzz: the harnesses of tests/fuzz and what they test, in build/fuzz/.
build_fuzz() {
    cd "$RMIRROR_ROOT" || exit
    logged configure-fuzz cmake --preset fuzz
    logged build-fuzz cmake --build --preset fuzz -j "$(jobs_at_most)"
}

jobs_at_most() { echo "${RMIRROR_JOBS:-$(nproc)}"; }
