# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What every test script shares: where things are, and how to speak to the user. Source it.

RMIRROR_ROOT=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)
RMIRROR_BUILD=$RMIRROR_ROOT/build
# Exit status of a test that cannot run here (automake's and ctest's convention).
# shellcheck disable=SC2034
readonly SKIPPED=77

# Progress goes to stderr, so that a script's stdout stays its result.
say() { printf '%s\n' "$*" >&2; }
die() {
    say "${0##*/}: $*"
    exit 1
}

# with_lock NAME COMMAND...: one such command at a time in this build directory.
with_lock() {
    local name=$1 fd
    shift
    mkdir -p "$RMIRROR_BUILD/locks"
    exec {fd}>"$RMIRROR_BUILD/locks/$name"
    flock "$fd"
    "$@" {fd}>&-
    exec {fd}>&-
}

# module_warnings LOG: what compiler and modpost had to say in a build of modules that succeeded. make itself
# may warn, of other versions of tools that it was not asked for.
module_warnings() { grep -E '\.[ch]:[0-9:]+ warning: |^WARNING: ' "$1"; }
