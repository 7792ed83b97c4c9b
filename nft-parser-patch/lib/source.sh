# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Messages, and the sources as the distribution has them. Source it.

readonly NO_SOURCES=77

say() { printf '%s\n' "$*" >&2; }
die() {
    say "${0##*/}: $*"
    exit 1
}
no_sources() {
    say "${0##*/}: $*"
    exit "$NO_SOURCES"
}

# source_lists SUITE: a deb-src line for each deb line of this machine, in SUITE if one is given
source_lists() {
    local uri release component
    # shellcheck disable=SC2016  # apt's own variables
    apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
        while read -r uri release component; do
            # The suite that is installed has its updates beside it, another one only itself.
            if [[ -n $1 && $release == *-* ]]; then
                continue
            fi
            echo "deb-src $uri ${1:-$release} $component"
        done | sort -u
}

# fetch_sources DIRECTORY SUITE: nftables and libnftnl, unpacked in DIRECTORY/nftables and /libnftnl. The
# lists of the machine's own apt are neither needed nor changed.
fetch_sources() {
    local directory=$1 suite=$2 package log=$1/log
    local -a options=(-o "Dir::Etc::sourcelist=$directory/sources.list" -o "Dir::Etc::sourceparts=-"
        -o "Dir::State::lists=$directory/lists" -o "Dir::Cache::srcpkgcache=" -o "APT::Sandbox::User=root")
    command -v apt-get >/dev/null || no_sources "no apt-get here: give --nftables TREE and --libnftnl TREE"
    mkdir -p "$directory/lists/partial"
    source_lists "$suite" >"$directory/sources.list"
    say "fetching the lists of source packages"
    apt-get "${options[@]}" update >"$log" 2>&1 </dev/null ||
        no_sources "no lists of source packages: $(grep -m 1 '^E:' "$log")"
    for package in nftables libnftnl; do
        rm -rf "${directory:?}/$package"
        mkdir "$directory/$package.new" 2>/dev/null || true
        (cd "$directory/$package.new" && rm -rf ./* &&
            apt-get "${options[@]}" source --only-source "$package" >"$log" 2>&1 </dev/null) ||
            no_sources "apt-get source $package: $(grep -m 1 '^E:' "$log" || tail -n 1 "$log")"
        mv "$directory/$package.new/$package"-*/ "$directory/$package"
        rm -rf "${directory:?}/$package.new"
    done
}
