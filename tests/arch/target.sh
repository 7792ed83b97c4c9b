# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What a guest of another architecture is made of: Debian's kernel, our modules for it, busybox, the guest
# program. Source it, after common.sh, debian.sh and debian_kernel.sh. Below build/arch/ARCHITECTURE/:
#
#   root/      the unpacked packages; root/lib/modules/<release> is the module tree
#   kernel     the image to boot
#   headers    for `make -C headers M=...`
#   release    what `uname -r` says in the guest
#   stamp      the package and its version
#   busybox    static
#   program    tests/arch/guest/*.c, static

readonly ARCH_BUILD=$RMIRROR_BUILD/arch

# One row an architecture, by Debian's name: the kernel's flavour, the triplet of its compiler, its QEMU.
target_row() {
    case $1 in
        arm64) echo 'arm64 aarch64-linux-gnu qemu-system-aarch64' ;;
        armhf) echo 'armmp arm-linux-gnueabihf qemu-system-arm' ;;
        mipsel) echo '4kc-malta mipsel-linux-gnu qemu-system-mipsel' ;;
        s390x) echo 's390x s390x-linux-gnu qemu-system-s390x' ;;
        amd64) echo 'amd64 x86_64-linux-gnu qemu-system-x86_64' ;;
        *) return 1 ;;
    esac
}

target_flavour() { target_row "$1" | cut -d ' ' -f 1; }
target_triplet() { target_row "$1" | cut -d ' ' -f 2; }
target_qemu() { target_row "$1" | cut -d ' ' -f 3; }

# target_apt ARCHITECTURE: apt-get and apt-cache mean its packages from now on. Where its security suite
# cannot be had, the main one alone.
target_apt() {
    local dir=$ARCH_BUILD/apt-$1
    export APT_ARCHITECTURE=$1
    if ! (private_apt_init "$dir" bookworm bookworm-security) 2>"$dir.log"; then
        say "$1: without bookworm-security: $(tail -n 1 "$dir.log")"
        (private_apt_init "$dir" bookworm) || return
    fi
    export APT_CONFIG=$dir/apt.conf
}

# The packages of a kernel, one a line. The tools of its headers (modpost, fixdep) are built to run on the
# architecture itself: this machine's own take their place.
target_packages() {
    local image=$1 name
    while read -r name; do
        case $name in
            linux-kbuild-*)
                echo "$name:amd64=$(apt-cache show --no-all-versions "$name" | sed -n 's/^Version: //p')"
                ;;
            *) echo "$name" ;;
        esac
    done < <(package_closure "$image" "${image/image/headers}")
    echo busybox-static
}

# target_fetch ARCHITECTURE: downloads and unpacks, unless that has been done. Nothing is installed.
target_fetch() {
    local architecture=$1 dir=$ARCH_BUILD/$1 image release
    [[ ! -s $dir/stamp ]] || return 0
    mkdir -p "$ARCH_BUILD"
    target_apt "$architecture" || return
    image=$(apt-cache pkgnames linux-image- |
        grep -Ex "linux-image-6\.1\.0-[0-9]+-$(target_flavour "$architecture")" | sort -V | tail -n 1)
    [[ -n $image ]] || return
    release=${image#linux-image-}
    local -a packages
    mapfile -t packages < <(target_packages "$image")
    say "$architecture: downloading ${packages[*]}"
    rm -rf "$dir"
    mkdir -p "$dir"/{debs,root}
    (cd "$dir/debs" && apt-get download -qq "${packages[@]}") || return
    unpack_packages "$dir/root" "$dir"/debs/*.deb || return
    rm -rf "$dir/debs"
    [[ -e $dir/root/lib ]] || ln -s usr/lib "$dir/root/lib"
    relocate_headers "$dir/root" "$release"
    ln -s "root/usr/src/linux-headers-$release" "$dir/headers"
    ln -s root/bin/busybox "$dir/busybox"
    # Malta boots an ELF file, the others a compressed image.
    ln -s "$(cd "$dir" && find root/boot -name "vmlinu[xz]-$release")" "$dir/kernel"
    echo "$release" >"$dir/release"
    echo "$image $(apt-cache show --no-all-versions "$image" | sed -n 's/^Version: //p')" >"$dir/stamp"
}

# target_modules ARCHITECTURE: builds kernel/ with the compiler's extra warnings and puts the modules into
# the module tree. Prints what is wrong, and fails, for a warning too.
target_modules() {
    local dir=$ARCH_BUILD/$1 triplet release log=$ARCH_BUILD/$1.log
    triplet=$(target_triplet "$1")
    release=$(<"$dir/release")
    if ! "$RMIRROR_ROOT/cmake/kbuild.sh" "$dir/headers" "$RMIRROR_ROOT/kernel" "$dir/out" W=1 \
        "CROSS_COMPILE=$triplet-" "CC=$triplet-gcc-12" >"$log" 2>&1; then
        tail -n 20 "$log"
        return 1
    fi
    ! module_warnings "$log" || return
    mkdir -p "$dir/root/lib/modules/$release/updates"
    cp "$dir"/out/*.ko "$dir/root/lib/modules/$release/updates"
    PATH=$PATH:/sbin:/usr/sbin depmod -b "$dir/root" "$release" 2>"$dir/depmod.log" || {
        cat "$dir/depmod.log"
        return 1
    }
}

# target_program ARCHITECTURE
target_program() {
    local dir=$ARCH_BUILD/$1
    mkdir -p "$dir"
    "$(target_triplet "$1")-gcc-12" -static -O2 -std=gnu11 -D_GNU_SOURCE -Wall -Wextra -Werror \
        -isystem "$RMIRROR_ROOT/kernel/include/uapi" -o "$dir/program" "$RMIRROR_ROOT"/tests/arch/guest/*.c
}
