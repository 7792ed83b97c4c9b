# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What the tests of the packages share. Each is an executable that prints a line for each thing it looks
# at, `ok NAME`, `ok NAME # SKIP REASON` or `not ok NAME` with the details below it; exit status 77: none of
# it can be done here. Source it.
# shellcheck source=tests/lib/common.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/../lib/common.sh"

# The rest of the file system is the machine's: everything of these tests is below here.
PACKAGES=$RMIRROR_BUILD/packages
PATH=$PATH:/usr/sbin:/sbin
failures=0

ok() { echo "ok $1"; }
# not_ok NAME [FILE]: FILE's last lines are the details
not_ok() {
    failures=$((failures + 1))
    echo "not ok $1"
    [[ -z ${2:-} ]] || tail -n 40 -- "$2" | sed 's/^/# /'
}
skip_one() { echo "ok $1 # SKIP $2"; }
skip_all() {
    echo "${0##*/}: skipped: $*"
    exit "$SKIPPED"
}
# check NAME COMMAND...: with what the command prints as the details
check() {
    local name=$1 log
    shift
    log=$(mktemp "$PACKAGES/check.XXXXXX")
    if "$@" >"$log" 2>&1 </dev/null; then
        ok "$name"
    else
        not_ok "$name" "$log"
    fi
    rm -f "$log"
}
finish() { ((failures == 0)); exit; }

own_suite() {
    # shellcheck source=/dev/null
    (. /etc/os-release && echo "${VERSION_CODENAME:-}")
}
need_root() { ((EUID == 0)) || skip_all "needs root, for chroots and namespaces"; }
need_command() { command -v "$1" >/dev/null || skip_all "$1 is missing: apt-get install $2"; }

# unpack_root SUITE PURPOSE DIRECTORY: a fresh copy of that Debian system
unpack_root() {
    local archive status=0
    archive=$("$RMIRROR_ROOT/tests/packaging/chroot" "$1" "$2") || status=$?
    ((status != SKIPPED)) || skip_all "$archive"
    ((status == 0)) || return 1
    remove_root "$3"
    mkdir -p "$3"
    tar -C "$3" --numeric-owner -xf "$archive"
}

remove_root() { rm -rf --one-file-system -- "$1"; }

# in_root DIRECTORY COMMAND...: as root of that system, with its own mounts, processes and network; with
# RMIRROR_ROOT_NETWORK=host this machine's network, for apt
in_root() {
    local root=$1
    local -a network=(--net)
    shift
    [[ ${RMIRROR_ROOT_NETWORK:-} != host ]] || network=()
    # shellcheck disable=SC2016  # for the inner shell
    unshare --mount --pid "${network[@]}" --fork --kill-child -- bash -c '
        root=$1
        shift
        mount --make-rprivate / && mount --bind "$root" "$root" || exit
        mount -t proc proc "$root/proc" && mount -t sysfs sysfs "$root/sys" || exit
        mount -t tmpfs tmpfs "$root/run" && mount -t tmpfs tmpfs "$root/dev" || exit
        mkdir "$root/dev/shm" "$root/dev/pts" && ln -s /proc/self/fd "$root/dev/fd"
        for device in null zero full random urandom tty; do
            touch "$root/dev/$device" && mount --bind "/dev/$device" "$root/dev/$device" || exit
        done
        ip link set lo up 2>/dev/null
        exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=dumb LC_ALL=C.UTF-8 \
            DEBIAN_FRONTEND=noninteractive chroot "$root" "$@"' bash "$root" "$@"
}

# --- a system that boots in QEMU, see boot_host.py

need_boot() {
    need_root
    need_command mke2fs e2fsprogs
    need_command qemu-system-x86_64 qemu-system-x86
}
# add_boots DIRECTORY SCRIPT: what guest/SCRIPT says is done in each boot of that system
add_boots() {
    local here=$RMIRROR_ROOT/tests/packaging/guest
    mkdir -p "$1/opt/test"
    cp "$here"/{network,boot.sh} "$1/opt/test"
    cp "$here/$2" "$1/opt/test/boot"
    cp "$here"/*.service "$1/etc/systemd/system"
    echo 1 >"$1/opt/test/phase"
}
make_bootable() {
    in_root "$1" bash -euc 'systemctl enable test-host.service test-network.service
        systemctl set-default graphical.target
        systemctl mask apt-daily.timer apt-daily-upgrade.timer e2scrub_reap.service systemd-networkd.service
        echo "/dev/vda / ext4 defaults 0 0" >/etc/fstab
        rm -f /etc/machine-id
        systemd-machine-id-setup'
}
# boot_root NAME ARGUMENT..: boot_host.py's reports, with NAME in front
boot_root() {
    python3 -B "$RMIRROR_ROOT/tests/packaging/boot_host.py" "${@:2}" | sed "s/^\(not \)\?ok /&$1: /" ||
        failures=$((failures + 1))
}
