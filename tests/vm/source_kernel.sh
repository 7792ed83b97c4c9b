# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Kernels that no distribution has, built from Debian's package of its source: one that watches itself
# (KASAN, lockdep, kmemleak, ..), one that is a program of this machine (ARCH=um), and one that is both.
# Source it after common.sh; APT_CONFIG names the suite's apt.

readonly KERNEL_CONFIG=$RMIRROR_ROOT/tests/vm/kernel-config
readonly KERNEL_PATCHES=$RMIRROR_ROOT/tests/vm/kernel-patches
readonly SOURCE_PROGRESS_SECONDS=30

# What a source kernel's build needs besides a compiler, as COMMAND:PACKAGE.
readonly SOURCE_TOOLS='gcc:gcc make:make flex:flex bison:bison bc:bc xz:xz-utils zstd:zstd perl:perl
    patch:patch'

# source_kernel_row NAME: ARCH, the image, the files of kernel-config/, and how many lines make says in a
# build from nothing (for the progress: an estimate is enough).
source_kernel_row() {
    case $1 in
        *-um) echo 'um|linux|um system|1900' ;;
        *-um-debug) echo 'um|linux|um system checks um-checks|2200' ;;
        *-debug) echo 'x86_64|arch/x86/boot/bzImage|pc system checks pc-checks|2600' ;;
    esac
}

is_source_kernel() { [[ -n $(source_kernel_row "$1") ]]; }

require_source_tools() {
    local tool
    local -a missing=()
    for tool in $SOURCE_TOOLS; do
        command -v "${tool%%:*}" >/dev/null || missing+=("${tool#*:}")
    done
    # objtool's libraries have no command to ask for.
    echo '#include <gelf.h>' | gcc -E - >/dev/null 2>&1 || missing+=(libelf-dev)
    ((${#missing[@]} == 0)) || die "a kernel from source needs: apt-get install ${missing[*]}"
}

# wanted_config FILES: the lines that have to be in the configuration.
wanted_config() {
    local file
    for file in $1; do
        grep -E '^(CONFIG_|# CONFIG_)' "$KERNEL_CONFIG/$file.config"
    done
}

# What the patches do, whatever they say of it.
patches_sum() { sed -s -n '/^--- /,$p' "$KERNEL_PATCHES"/*.patch | cksum | tr -s ' ' '-'; }

# What would make a build that was finished a different one.
source_kernel_sum() {
    local arch image files
    IFS='|' read -r arch image files _ <<<"$(source_kernel_row "$1")"
    { echo "$arch $image $(patches_sum)" && wanted_config "$files" | sort; } | cksum | tr -s ' ' '-'
}

# is_source_kernel_built DIRECTORY: with the configuration as it is now, from whichever source.
is_source_kernel_built() {
    [[ -s $1/stamp && $(<"$1/stamp") == *" config $(source_kernel_sum "${1##*/}")" ]]
}

# unpack_source DIRECTORY PACKAGE VERSION: below DIRECTORY/source, with the patches. Sources of other
# machines and of hardware that no guest has stay packed; their Kconfig files are needed.
unpack_source() {
    local dir=$1 package=$2 version=$3 subtree patch origin
    local -a leave_out=()
    origin="$version patches $(patches_sum)"
    [[ ! -e $dir/source/.package || $(<"$dir/source/.package") != "$origin" ]] || return 0
    say "kernel ${dir##*/}: downloading and unpacking $package $version"
    rm -rf "$dir"
    mkdir -p "$dir/debs" "$dir/source"
    (cd "$dir/debs" && apt-get download -qq "$package=$version") || die "apt-get download failed"
    for subtree in 'arch/[!xu]*' sound drivers/{gpu,media,staging,infiniband,scsi,usb} \
        drivers/net/{ethernet,wireless} tools/{perf,testing}; do
        leave_out+=(--exclude="$package/$subtree/*.[chS]" --exclude="$package/$subtree/*.dts*")
    done
    dpkg-deb --fsys-tarfile "$dir/debs"/*.deb | tar -xO "./usr/src/$package.tar.xz" |
        tar -xJ -C "$dir/source" --strip-components=1 --no-same-owner \
            --exclude="$package/Documentation/[a-z]*" "${leave_out[@]}"
    rm -rf "$dir/debs"
    for patch in "$KERNEL_PATCHES"/*.patch; do
        patch --quiet --forward -d "$dir/source" -p1 <"$patch" ||
            die "${patch#"$RMIRROR_ROOT/"} does not apply to $package $version"
    done
    echo "$origin" >"$dir/source/.package"
}

# missing_options FILES CONFIG: the lines of FILES that CONFIG does not have.
missing_options() {
    local line option
    while read -r line; do
        case $line in
            CONFIG_*=*) grep -qxF -- "$line" "$2" || echo "$line" ;;
            *)
                option=${line#\# }
                ! grep -q "^${option%% *}=" "$2" || echo "$line"
                ;;
        esac
    done < <(wanted_config "$1")
}

# source_make SOURCE ARCH ARGUMENT...
source_make() {
    local source=$1 arch=$2
    shift 2
    nice -n 10 make -C "$source" ARCH="$arch" -j"${RMIRROR_JOBS:-$(nproc)}" "$@"
}

# configure_source SOURCE ARCH FILES VERSION: VERSION is what a release of this kernel ends with.
configure_source() {
    local source=$1 arch=$2 version=$4 file missing
    local -a fragments=()
    for file in $3; do
        fragments+=("$KERNEL_CONFIG/$file.config")
    done
    source_make "$source" "$arch" tinyconfig &&
        (cd "$source" && scripts/kconfig/merge_config.sh -m .config "${fragments[@]}" &&
            scripts/config --set-str LOCALVERSION "$version") &&
        source_make "$source" "$arch" olddefconfig || return
    missing=$(missing_options "$3" "$source/.config")
    [[ -z $missing ]] && return
    echo "tests/vm/kernel-config/ asks for what this kernel does not have:"
    echo "$missing"
    return 1
}

# make_source_kernel DIRECTORY: all from the source below it to what tests/vm/kernel promises there.
# Called where `set -e` does not hold: the status is looked at.
make_source_kernel() {
    local dir=$1 source=$1/source release arch image files
    IFS='|' read -r arch image files _ <<<"$(source_kernel_row "${dir##*/}")"
    configure_source "$source" "$arch" "$files" "-rmirror-${dir##*[0-9]-}" &&
        source_make "$source" "$arch" "${image##*/}" modules &&
        release=$(make -s -C "$source" ARCH="$arch" kernelrelease) || return
    rm -rf "$dir/root" "$dir/vmlinux"
    mkdir -p "$dir/root"
    source_make "$source" "$arch" INSTALL_MOD_PATH="$dir/root" modules_install || return
    # The links for an installed kernel.
    rm -f "$dir/root/lib/modules/$release"/{build,source}
    ln -sfn "source/$image" "$dir/vmlinuz"
    ln -sfn source "$dir/headers"
    echo "$release" >"$dir/release"
}

# show_progress NAME STEPS: reads what make says and tells now and then how far it is.
show_progress() {
    local steps=0 said=$SECONDS
    while read -r _; do
        steps=$((steps + 1))
        if ((SECONDS - said >= SOURCE_PROGRESS_SECONDS)); then
            said=$SECONDS
            say "kernel $1: $steps of about $2 steps"
        fi
    done
}

# build_source_kernel NAME PACKAGE: in build/kernels/NAME. A build that was interrupted goes on where it
# stopped.
build_source_kernel() {
    local name=$1 package=$2 dir=$RMIRROR_BUILD/kernels/$1 version steps
    local log=$RMIRROR_BUILD/log/kernel-$1.log begun=$SECONDS
    version=$(apt-cache show --no-all-versions "$package" | sed -n 's/^Version: //p')
    [[ -n $version ]] || die "no package $package"
    if is_source_kernel_built "$dir" && [[ $(<"$dir/stamp") == "$package $version "* ]]; then
        return
    fi
    require_source_tools
    unpack_source "$dir" "$package" "$version"
    say "kernel $name: building it, once; about a quarter of an hour with two idle processors"
    mkdir -p "${log%/*}"
    rm -f "$dir/stamp"
    steps=$(source_kernel_row "$name" | cut -d '|' -f 4)
    if ! make_source_kernel "$dir" 2>&1 </dev/null | tee "$log" | show_progress "$name" "$steps"; then
        tail -n 40 "$log" >&2
        die "kernel $name does not build, see $log"
    fi
    echo "$package $version config $(source_kernel_sum "$name")" >"$dir/stamp"
    say "kernel $name: ready, $(<"$dir/release"), after $(((SECONDS - begun) / 60)) min"
}
