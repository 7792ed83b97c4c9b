# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The kernel and the modules that a guest needs, before the harness starts. Source it.
# shellcheck source=tests/lib/common.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/../lib/common.sh"

# prepare_guest ARGUMENT...: the harness's own arguments, of which only two matter here.
prepare_guest() {
    local version=6.1 modules=yes
    while (($#)); do
        case $1 in
            --kernel=*) version=${1#*=} ;;
            --kernel)
                version=${2:-}
                shift
                ;;
            --no-modules) modules=no ;;
            --help | -h) return ;;
            --append | --qemu-arg | --accel | --memory | --cpus | --timeout | --env | --run-dir | --allow)
                shift
                ;;
            --*=* | --verbose) ;;
            *) break ;;
        esac
        shift || break
    done
    "$RMIRROR_ROOT/tests/vm/kernel" "$version" >/dev/null
    if [[ $modules == yes && -e $RMIRROR_ROOT/kernel/Kbuild ]]; then
        "$RMIRROR_ROOT/tests/vm/modules" "$version"
    fi
}
