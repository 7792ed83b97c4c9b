# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What the checks share. Source it; a check is any executable file of this directory and says in its
# exit status whether the tree is right (0), wrong (1) or could not be looked at (77).
# shellcheck source=tests/lib/common.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/../lib/common.sh"
cd "$RMIRROR_ROOT" || exit

skip() {
    say "${0##*/}: skipped: $*"
    exit "$SKIPPED"
}

# need COMMAND PACKAGE: without the command the check cannot run.
need() {
    PATH=$PATH:/usr/sbin:/sbin command -v "$1" >/dev/null || skip "$1 is missing: apt-get install $2"
}

# sources REGEX: the project's files whose path matches: tracked, or new and not ignored.
sources() {
    local file
    if git rev-parse --is-inside-work-tree >/dev/null 2>&1; then
        git ls-files --cached --others --exclude-standard
    else
        find . -path ./build -prune -o -type f -print | sed 's|^\./||'
    fi | grep -E "$1" | sort -u | while read -r file; do
        # What is deleted, but not committed yet, is no file.
        [[ ! -f $file ]] || echo "$file"
    done
}

# scripts REGEX: those whose first line, or whose shellcheck directive, matches. Golden files are data.
scripts() {
    local file
    sources . | grep -v '^tests/golden/.*\.txt$' | while read -r file; do
        if head -n 3 -- "$file" | LC_ALL=C tr -d '\0' | grep -E "$1" >/dev/null; then
            echo "$file"
        fi
    done
}

# kernel_headers: the headers of the fetched kernel the modules are checked against.
kernel_headers() { echo "$("$RMIRROR_ROOT/tests/vm/kernel" 6.1)/headers"; }
