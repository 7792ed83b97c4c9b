# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# shellcheck disable=SC2154  # files, build and here are set
# What the programs in the guest share.
export IPKG_INSTROOT=/tmp/openwrt UCI_CONFIG_DIR=/tmp/openwrt/etc/config RMIRROR_RUN=/run/openwrt
PATH=$build/chain:$PATH
if [[ ! -e $IPKG_INSTROOT ]]; then
    mkdir -p $IPKG_INSTROOT/usr/share/rmirror $IPKG_INSTROOT/usr/sbin $IPKG_INSTROOT/etc/init.d $UCI_CONFIG_DIR/devices
    cp -r "$here/root/." $IPKG_INSTROOT
    cp "$files/rmirror.init" $IPKG_INSTROOT/etc/init.d/rmirror
    cp "$files"/{ruleset,zones,offload,load}.sh $IPKG_INSTROOT/usr/share/rmirror
    install "$files/rmirror-show.sh" $IPKG_INSTROOT/usr/sbin/rmirror
    echo in0 >$UCI_CONFIG_DIR/devices/lan
    echo 192.168.1.1/24 >$UCI_CONFIG_DIR/devices/lan.subnets
    echo out0 >$UCI_CONFIG_DIR/devices/wan
fi

# shellcheck disable=SC2034  # for those who source this
readonly PRE='type filter hook prerouting priority -310; policy accept;'
# shellcheck disable=SC2034
readonly POST='type filter hook postrouting priority 110; policy accept;'

check() {
    local name=$1 said
    shift
    if said=$("$@" 2>&1 </dev/null); then
        echo "ok openwrt: $name"
    else
        echo "not ok openwrt: $name"
        { echo "$said" && cat $UCI_CONFIG_DIR/{rmirror,log} && nft list ruleset && rmirror-chain list; } | sed 's/^/# /'
    fi
}
service() { busybox sh $IPKG_INSTROOT/etc/rc.common $IPKG_INSTROOT/etc/init.d/rmirror "$1"; }

# What fw4 does at its end, with the paths of here.
firewall_include() {
    busybox sh -c "$(sed "s|/var/run/rmirror/|$RMIRROR_RUN/|; s|/etc/init.d/rmirror|busybox sh $IPKG_INSTROOT/etc/rc.common $IPKG_INSTROOT&|" \
        "$files/firewall.include")"
}

# firewall [OPTION..]: zones lan and wan, as OpenWrt has them
firewall() {
    {
        echo "config defaults"
        [[ -z ${1:-} ]] || printf "\toption %s '1'\n" "$@"
        printf '%s\n' "config zone" "	option name 'lan'" "	list network 'lan'" \
            "config zone" "	option name 'wan'" "	option network 'wan wan6'"
    } >$UCI_CONFIG_DIR/firewall
}
# mirror LINE..: one section with these lines
mirror() {
    { echo "config mirror 'm'" && printf '\t%s\n' "$@"; } >$UCI_CONFIG_DIR/rmirror
    : >$UCI_CONFIG_DIR/log
}
# The rules of nft, and the statements of the chains that they go to. Loads count those chains.
rules() {
    { nft --numeric-priority list ruleset | grep -E 'goto|hook' | sed 's/^[[:space:]]*//' && rmirror-chain list; } |
        sed -E 's/(mirror-[a-z]+)-[0-9]+/\1/'
}

# gives WANTED: after a reload the ruleset is this
gives() {
    service reload || return
    diff <([[ -z $1 ]] || printf '%s\n' "$1") <(rules)
}
# refuses WORDS..: the reload fails, the log has all the words, everything is as before, its number included
refuses() {
    local before words
    before=$(nft list ruleset && rmirror-chain list)
    ! service reload || return
    diff <(printf '%s\n' "$before") <(nft list ruleset && rmirror-chain list) || return
    for words; do
        grep -F -- "$words" $UCI_CONFIG_DIR/log || return
    done
}
logs() { grep -F -- "$1" $UCI_CONFIG_DIR/log; }
nothing_left() { [[ -z $(nft list ruleset) && -z $(rmirror-chain list) ]]; }
