# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# A kernel that watches itself (KASAN, lockdep, kmemleak, ..), built from Debian's package of its
# source with tests/vm/debug.config. Source it after common.sh; APT_CONFIG names the suite's apt.

readonly DEBUG_CONFIG=$RMIRROR_ROOT/tests/vm/debug.config
# Objects that KASAN leaves alone, as later kernels do (lockdep since 6.15): their own bit operations
# would be a third of all that the guest does.
readonly DEBUG_UNSANITIZED='kernel/locking/lockdep.o'
# How many lines make says in a build from nothing, for the progress; an estimate is enough.
readonly DEBUG_STEPS=2600
readonly DEBUG_PROGRESS_SECONDS=30

# What the kernel's build needs besides a compiler, as COMMAND:PACKAGE.
readonly DEBUG_TOOLS='gcc:gcc make:make flex:flex bison:bison bc:bc xz:xz-utils zstd:zstd perl:perl'

require_debug_tools() {
    local tool
    local -a missing=()
    for tool in $DEBUG_TOOLS; do
        command -v "${tool%%:*}" >/dev/null || missing+=("${tool#*:}")
    done
    # objtool's libraries have no command to ask for.
    echo '#include <gelf.h>' | gcc -E - >/dev/null 2>&1 || missing+=(libelf-dev)
    ((${#missing[@]} == 0)) || die "the debug kernel needs: apt-get install ${missing[*]}"
}

# What would make a build that was finished a different one.
debug_config_sum() { { cat "$DEBUG_CONFIG" && echo "$DEBUG_UNSANITIZED"; } | cksum | tr -s ' ' '-'; }

# is_debug_kernel_built DIRECTORY: with the configuration as it is now, from whichever source.
is_debug_kernel_built() {
    [[ -s $1/stamp && $(<"$1/stamp") == *" config $(debug_config_sum)" ]]
}

# unpack_debug_source DIRECTORY PACKAGE VERSION: below DIRECTORY/source. Sources of other machines and
# of hardware that no guest has stay packed; their Kconfig files are needed.
unpack_debug_source() {
    local dir=$1 package=$2 version=$3 subtree
    local -a leave_out=()
    [[ ! -e $dir/source/.package || $(<"$dir/source/.package") != "$version" ]] || return 0
    say "kernel ${dir##*/}: downloading and unpacking $package $version"
    rm -rf "$dir"
    mkdir -p "$dir/debs" "$dir/source"
    (cd "$dir/debs" && apt-get download -qq "$package=$version") || die "apt-get download failed"
    for subtree in 'arch/[!x]*' sound drivers/{gpu,media,staging,infiniband,scsi,usb} \
        drivers/net/{ethernet,wireless} tools/{perf,testing}; do
        leave_out+=(--exclude="$package/$subtree/*.[chS]" --exclude="$package/$subtree/*.dts*")
    done
    dpkg-deb --fsys-tarfile "$dir/debs"/*.deb | tar -xO "./usr/src/$package.tar.xz" |
        tar -xJ -C "$dir/source" --strip-components=1 --no-same-owner \
            --exclude="$package/Documentation/[a-z]*" "${leave_out[@]}"
    rm -rf "$dir/debs"
    echo "$version" >"$dir/source/.package"
}

# missing_options CONFIG: the lines of debug.config that CONFIG does not have.
missing_options() {
    local line option
    while read -r line; do
        case $line in
            CONFIG_*=*) grep -qxF -- "$line" "$1" || echo "$line" ;;
            '# CONFIG_'*' is not set')
                option=${line#\# }
                ! grep -q "^${option%% *}=" "$1" || echo "$line"
                ;;
        esac
    done <"$DEBUG_CONFIG"
}

# leave_unsanitized SOURCE: say so in the makefiles; a second time changes nothing.
leave_unsanitized() {
    local source=$1 object makefile line
    for object in $DEBUG_UNSANITIZED; do
        makefile=$source/${object%/*}/Makefile
        line="KASAN_SANITIZE_${object##*/} := n"
        [[ -e $source/${object%.o}.c ]] || { echo "no ${object%.o}.c in $source" && return 1; }
        grep -qxF -- "$line" "$makefile" || echo "$line" >>"$makefile" || return
    done
}

debug_make() { nice -n 10 make -C "$source" -j"${RMIRROR_JOBS:-$(nproc)}" "$@"; }

configure_debug_kernel() {
    local source=$1 missing
    debug_make tinyconfig &&
        (cd "$source" && scripts/kconfig/merge_config.sh -m .config "$DEBUG_CONFIG") &&
        debug_make olddefconfig || return
    missing=$(missing_options "$source/.config")
    [[ -z $missing ]] && return
    echo "tests/vm/debug.config asks for what this kernel does not have:"
    echo "$missing"
    return 1
}

# make_debug_kernel DIRECTORY: all from the source below it to what tests/vm/kernel promises there.
# Called where `set -e` does not hold: the status is looked at.
make_debug_kernel() {
    local dir=$1 source=$1/source release
    configure_debug_kernel "$source" && leave_unsanitized "$source" &&
        debug_make bzImage modules &&
        release=$(make -s -C "$source" kernelrelease) || return
    rm -rf "$dir/root" "$dir/vmlinux"
    mkdir -p "$dir/root"
    debug_make INSTALL_MOD_PATH="$dir/root" modules_install || return
    # The links for an installed kernel.
    rm -f "$dir/root/lib/modules/$release"/{build,source}
    ln -sfn source/arch/x86/boot/bzImage "$dir/vmlinuz"
    ln -sfn source "$dir/headers"
    echo "$release" >"$dir/release"
}

# Reads what make says and tells now and then how far it is.
show_progress() {
    local name=$1 steps=0 said=$SECONDS
    while read -r _; do
        steps=$((steps + 1))
        if ((SECONDS - said >= DEBUG_PROGRESS_SECONDS)); then
            said=$SECONDS
            say "kernel $name: $steps of about $DEBUG_STEPS steps"
        fi
    done
}

# build_debug_kernel NAME PACKAGE: in build/kernels/NAME. A build that was interrupted goes on where it
# stopped.
build_debug_kernel() {
    local name=$1 package=$2 dir=$RMIRROR_BUILD/kernels/$1 version
    local log=$RMIRROR_BUILD/log/kernel-$1.log begun=$SECONDS
    version=$(apt-cache show --no-all-versions "$package" | sed -n 's/^Version: //p')
    [[ -n $version ]] || die "no package $package"
    if is_debug_kernel_built "$dir" && [[ $(<"$dir/stamp") == "$package $version "* ]]; then
        return
    fi
    require_debug_tools
    unpack_debug_source "$dir" "$package" "$version"
    say "kernel $name: building it, once; a quarter of an hour with two idle processors"
    mkdir -p "${log%/*}"
    rm -f "$dir/stamp"
    if ! make_debug_kernel "$dir" 2>&1 </dev/null | tee "$log" | show_progress "$name"; then
        tail -n 40 "$log" >&2
        die "kernel $name does not build, see $log"
    fi
    echo "$package $version config $(debug_config_sum)" >"$dir/stamp"
    say "kernel $name: ready, $(<"$dir/release"), after $(((SECONDS - begun) / 60)) min"
}
