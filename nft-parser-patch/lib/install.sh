# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# shellcheck disable=SC2154  # work is the caller's
# Installing what was built, beside the distribution's nft or in its place. Source it after source.sh.
# $DESTDIR is respected for "beside" and its undoing; "replace" is for the running system.

readonly PREFIX=/usr/local/lib/rmirror-nft LINK=/usr/local/sbin/nft-rmirror ORIGINALS=/usr/lib/rmirror-nft

install_nft() {
    local target=${DESTDIR-}$PREFIX
    [[ $1 == beside || -z ${DESTDIR-} ]] || die "--install replace is for the running system, without DESTDIR"
    rm -rf "${target:?}.new"
    mkdir -p "$target.new/sbin" "$target.new/lib" "${DESTDIR-}${LINK%/*}"
    cp -P "$work/usr/lib/"libnftables.so* "$target.new/lib/"
    cp "$work/usr/sbin/nft" "$target.new/sbin/"
    if [[ -z ${DESTDIR-} ]] && ! "$target.new/sbin/nft" --version >/dev/null; then
        rm -rf "${target:?}.new"
        die "what was built does not run: nothing was installed"
    fi
    rm -rf "${target:?}"
    mv "$target.new" "$target"
    ln -sfn "$PREFIX/sbin/nft" "${DESTDIR-}$LINK"
    say "installed $LINK"
    [[ $1 != replace ]] || replace_distributions
}

# distributions_files: nft and the library's file that the packages installed, not their links
distributions_files() {
    local file
    echo /usr/sbin/nft
    for file in /usr/lib/*/libnftables.so.1.* /usr/lib64/libnftables.so.1.*; do
        [[ ! -f $file ]] || echo "$file"
    done
}

replace_distributions() {
    local file ours
    for file in $(distributions_files); do
        [[ ! -L $file ]] || continue # ours already
        mkdir -p "$ORIGINALS${file%/*}"
        # Not beside the library: ldconfig would take either for the one to use.
        if command -v dpkg-divert >/dev/null; then
            dpkg-divert --quiet --local --rename --divert "$ORIGINALS$file" --add "$file"
        else
            mv "$file" "$ORIGINALS$file"
        fi
        ours=$PREFIX/sbin/nft
        [[ $file == */nft ]] || ours=$PREFIX/lib/libnftables.so.1
        ln -s "$ours" "$file"
        say "replaced $file"
    done
    ldconfig
    nft list ruleset >/dev/null || {
        uninstall_nft
        die "the new nft does not list the ruleset: undone"
    }
}

uninstall_nft() {
    local original file
    if [[ -n ${DESTDIR-} ]]; then
        rm -rf "${DESTDIR:?}$PREFIX" "${DESTDIR:?}$LINK"
        return
    fi
    while read -r original; do
        file=${original#"$ORIGINALS"}
        rm -f "$file"
        if command -v dpkg-divert >/dev/null; then
            dpkg-divert --quiet --local --rename --remove "$file"
        else
            mv "$original" "$file"
        fi
        say "restored $file"
    done < <(find "$ORIGINALS" -type f 2>/dev/null)
    rm -rf "$ORIGINALS" "$PREFIX" "$LINK"
    ldconfig
}
