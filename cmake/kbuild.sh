#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# kbuild.sh KERNEL_DIR SOURCE_DIR OUT_DIR [MAKE_ARGUMENT...]
#
# Builds the external modules of SOURCE_DIR against the kernel headers in KERNEL_DIR. Kbuild writes
# beside its sources, so they are copied to OUT_DIR first and the source tree stays clean. When
# neither a source nor the kernel nor an argument has changed since the last success nothing runs.
set -euo pipefail

(($# >= 3)) || {
    echo "usage: kbuild.sh KERNEL_DIR SOURCE_DIR OUT_DIR [MAKE_ARGUMENT...]" >&2
    exit 2
}
kernel_dir=$1 source_dir=$2 out_dir=$3
shift 3
arguments=("$@")
case $(realpath "$kernel_dir") in *[[:space:]:]*) blank=$kernel_dir ;; esac
case $(realpath -m "$out_dir") in *[[:space:]:]*) blank=$out_dir ;; esac
if [[ -n ${blank:-} ]]; then
    echo "kbuild.sh: the kernel's build system takes no path with a blank or a colon: $blank" >&2
    exit 1
fi

# A kernel that is a program has another idea of the machine.
! grep -q '^CONFIG_UML=y' "$kernel_dir/.config" 2>/dev/null || arguments+=(ARCH=um)

# The compiler that built the kernel, as its headers name it, may be another than this machine has.
compiler=$(sed -n 's/^CONFIG_CC_VERSION_TEXT="\([^ "]*\).*/\1/p' "$kernel_dir/.config" 2>/dev/null || true)
if [[ -n $compiler ]] && ! command -v "$compiler" >/dev/null; then
    arguments+=("CC=gcc")
    compiler=gcc
fi
# A kernel built with a newer compiler than this one asks for what it does not have: an option, and
# attributes (counted_by) that the kernel's own headers put where gcc 12 warns.
if [[ -n $compiler ]] && ! "$compiler" -fmin-function-alignment=16 -E -x c /dev/null >/dev/null 2>&1; then
    arguments+=(CONFIG_CC_HAS_MIN_FUNCTION_ALIGNMENT= KCFLAGS=-Wno-attributes)
fi
# Type information for the modules needs pahole and the kernel's vmlinux; without them kbuild stops.
command -v pahole >/dev/null || arguments+=(CONFIG_DEBUG_INFO_BTF_MODULES=)

# Copies what differs and removes what is no source any more; prints how many files that were.
sync_sources() {
    local file changed=0
    mkdir -p "$out_dir"
    local list
    list=$(cd "$source_dir" && find . -type f \
        \( -name '*.c' -o -name '*.h' -o -name '*.sh' -o -name 'Kbuild*' -o -name 'Makefile*' \) \
        ! -name '*.mod.c' ! -name '.*' | sort)
    while read -r file; do
        if ! cmp -s "$source_dir/$file" "$out_dir/$file"; then
            mkdir -p "$out_dir/$(dirname -- "$file")"
            cp -p "$source_dir/$file" "$out_dir/$file"
            # The copy has to be newer than the objects, whatever the age of the original.
            touch "$out_dir/$file"
            changed=$((changed + 1))
        fi
    done <<<"$list"
    if [[ -e $out_dir/.sources ]]; then
        while read -r file; do
            rm -f "${out_dir:?}/$file"
            changed=$((changed + 1))
        done < <(comm -23 "$out_dir/.sources" <(printf '%s\n' "$list"))
    fi
    printf '%s\n' "$list" >"$out_dir/.sources"
    echo "$changed"
}

fingerprint() {
    realpath "$kernel_dir"
    cksum <"$kernel_dir/.config"
    printf '%s\n' "${arguments[@]}"
}

changed=$(sync_sources)
if [[ $changed == 0 && -e $out_dir/.built && $(<"$out_dir/.built") == "$(fingerprint)" ]]; then
    exit 0
fi
rm -f "$out_dir/.built"
# make's own variables of a surrounding make (ninja starts none, packaging tools do) do not apply.
env -u MAKEFLAGS -u MAKELEVEL make -C "$kernel_dir" "M=$(realpath "$out_dir")" --no-print-directory \
    -j"${RMIRROR_JOBS:-2}" "${arguments[@]}" modules
fingerprint >"$out_dir/.built"
