# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Packages of any of Debian's suites, downloaded and unpacked without installing them. Source it, after
# common.sh.

# This machine's own Debian mirror serves every suite: security suites live beside it.
mirror_of() {
    local suite=$1 uri
    if [[ -n ${RMIRROR_DEBIAN_MIRROR:-} ]]; then
        uri=${RMIRROR_DEBIAN_MIRROR%/}
    else
        # shellcheck disable=SC2016  # apt's own variables
        uri=$(apt-get indextargets --format '$(REPO_URI) $(COMPONENT)' 'Created-By: Packages' |
            awk '$2 == "main" && $1 ~ /\/debian\/?$/ { sub(/\/$/, "", $1); print $1; exit }')
    fi
    [[ -n $uri ]] || die "apt has no Debian mirror; set RMIRROR_DEBIAN_MIRROR"
    case $suite in
        *-security) echo "$uri-security" ;;
        *) echo "$uri" ;;
    esac
}

# A private apt: own sources, lists and cache; the machine's proxy and keys. It takes packages of
# $APT_ARCHITECTURE, by default amd64; of another also amd64's, as NAME:amd64.
private_apt_init() {
    local dir=$1 suite architecture=${APT_ARCHITECTURE:-amd64} architectures='"amd64";'
    [[ $architecture == amd64 ]] || architectures="\"$architecture\"; $architectures"
    shift
    mkdir -p "$dir"/{lists/partial,cache/archives/partial,etc}
    : >"$dir/status"
    for suite in "$@"; do
        echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]" \
            "$(mirror_of "$suite") $suite main"
    done >"$dir/etc/sources.list"
    cat >"$dir/apt.conf" <<END
Dir::Etc::sourcelist "$dir/etc/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
Dir::State "$dir";
Dir::State::status "$dir/status";
Dir::Cache "$dir/cache";
APT::Architecture "$architecture";
APT::Architectures { $architectures };
APT::Sandbox::User "";
Acquire::Languages "none";
Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled "false";
Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
END
    export APT_CONFIG=$dir/apt.conf
    apt-get update -qq || die "apt-get update failed for: $*"
}

# packages_reached FIELDS PATTERN PACKAGE...: the packages themselves, and what they need by the fields of
# that name as far as the names match; both are extended regular expressions. Of alternatives the first.
packages_reached() {
    local fields=$1 pattern=$2 name
    shift 2
    local -a queue=("$@")
    local -A seen=()
    while ((${#queue[@]})); do
        name=${queue[0]}
        queue=("${queue[@]:1}")
        [[ -z ${seen[$name]:-} ]] || continue
        seen[$name]=1
        echo "$name"
        while read -r name; do
            queue+=("$name")
        done < <(apt-cache show --no-all-versions "$name" |
            sed -nE "s/^($fields): //p" | tr ',' '\n' | sed 's/^ *//; s/[ (:|].*//' |
            grep -E "$pattern" || true)
    done
}

# unpack_packages DIRECTORY FILE...: the files of these .debs, owned by whoever runs this.
unpack_packages() {
    local directory=$1 deb
    shift
    for deb in "$@"; do
        dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$directory" --no-same-owner
    done
}
