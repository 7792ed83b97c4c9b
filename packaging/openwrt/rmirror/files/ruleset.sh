# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# shellcheck disable=SC2154  # set by config_get
# The nft ruleset of /etc/config/rmirror, for the init script. The statement itself is not in it: the stock nft
# does not know it. rmirror-chain puts it into chains of its own, to which the rules of this ruleset go.
# Tables: inet rmirror, and netdev rmirror where flow offloading is on: packets of an offloaded flow meet no other
# hook than a device's own. See also zones.sh, offload.sh and load.sh.

. "${IPKG_INSTROOT}/lib/functions.sh"
. "${IPKG_INSTROOT}/lib/functions/network.sh"
# shellcheck source=packaging/openwrt/rmirror/files/zones.sh
. "${IPKG_INSTROOT}/usr/share/rmirror/zones.sh"
# shellcheck source=packaging/openwrt/rmirror/files/offload.sh
. "${IPKG_INSTROOT}/usr/share/rmirror/offload.sh"

newline='
'

# What a section may have.
rmirror_options="enabled collector encap key len mtu ttl dscp from mark port route_device seq platform metadata \
zone interface device direction family match"

# Errors are also what `status`, and LuCI, tell of the last reload: see load.sh.
rmirror_log() {
	local level="$1"
	shift
	logger -t rmirror -p "daemon.$level" "$*"
	[ "$level" != err ] || echo "rmirror: $*" | tee -a "$rmirror_run/error" >&2
}

# rmirror_wrong WORDS..: an error of the section $mirror
rmirror_wrong() {
	rmirror_log err "$mirror: $*"
	wrong=1
	bad=1
}

# rmirror_clean VALUE: is it made of what addresses, names, numbers and nft matches are made of? A value
# becomes part of a ruleset: it must not end its rule.
rmirror_clean() {
	case "$1" in
	*[!A-Za-z0-9\ .:,@/_\{\}\"=\<\>!+*-]*) return 1 ;;
	esac
	return 0
}

# One word of letters, digits and the like.
rmirror_word() {
	case "$1" in
	'' | *[!A-Za-z0-9.:@_-]*) return 1 ;;
	esac
	return 0
}

# rmirror_each SECTION OPTION FUNCTION: for each item of a list, or each word of an option
rmirror_each() {
	local length words word
	config_get length "$1" "${2}_LENGTH"
	if [ -n "$length" ]; then
		config_list_foreach "$1" "$2" "$3"
		return 0
	fi
	config_get words "$1" "$2"
	for word in $words; do
		"$3" "$word"
	done
}

# rmirror_bool NAME DEFAULT: 1 or 0, to $value
rmirror_bool() {
	config_get value "$mirror" "$1" "$2"
	case "$value" in
	1 | on | true | yes | enabled) value=1 ;;
	0 | off | false | no | disabled) value=0 ;;
	*)
		rmirror_wrong "option $1 '$value', expected 1 or 0"
		value=0
		;;
	esac
}

# rmirror_choice NAME DEFAULT WORDS: one of the words, to $value
rmirror_choice() {
	config_get value "$mirror" "$1" "$2"
	case " $3 " in
	*" $value "*) ;;
	*) rmirror_wrong "option $1 '$value', expected one of $3" ;;
	esac
}

# rmirror_option NAME [WORD]: adds `WORD VALUE` to $statement if the option is there
rmirror_option() {
	local value
	config_get value "$mirror" "$1"
	[ -n "$value" ] || return 0
	if rmirror_word "$value"; then
		statement="$statement ${2:-$1} $value"
	else
		rmirror_wrong "option $1 '$value' is no number, address or name"
	fi
}

rmirror_flag() {
	local value
	rmirror_bool "$1" 0
	[ "$value" = 0 ] || statement="$statement $1"
}

# The statement of a section, to $statement; its ranges are the program's to know.
rmirror_statement() {
	local value said
	config_get value "$mirror" collector
	rmirror_word "$value" || {
		rmirror_wrong "option collector '$value' is no address"
		return 0
	}
	statement="rmirror to $value"
	rmirror_option encap
	rmirror_option key
	rmirror_option len
	rmirror_option mtu
	rmirror_option ttl
	rmirror_option dscp
	rmirror_option from
	rmirror_option route_device device
	rmirror_option mark
	rmirror_option port
	rmirror_flag seq
	rmirror_flag platform
	rmirror_flag metadata
	[ -z "$wrong" ] || return 0
	# shellcheck disable=SC2086  # words
	said=$(rmirror-chain check $statement 2>&1) || rmirror_wrong "${said#rmirror-chain: }"
}

# The part of a section that is the same for all its devices, to $matches, $family and $direction.
rmirror_matches() {
	local value
	rmirror_choice direction in "in out both"
	direction=$value
	rmirror_choice family any "any ipv4 ipv6"
	family=$value
	config_get matches "$mirror" match
	rmirror_clean "$matches" || rmirror_wrong "option match has a character that cannot be part of one"
	matches="${matches:+$matches }"
}

# rmirror_family FAMILY: the match of ipv4 or ipv6; any: none
rmirror_family() {
	case "$1" in
	ipv4) echo "meta protocol ip " ;;
	ipv6) echo "meta protocol ip6 " ;;
	esac
}

# rmirror_hook CHAIN HOOK PRIORITY RULES: a chain of the inet table, to $chains
rmirror_hook() {
	chains="$chains	chain $1-$mirror {
		type filter hook $2 priority $3; policy accept;
$4	}
"
}

# The chains of a section in the inet table: of each hook one, whose rules are those of $groups. The first that
# matches goes, and the packet meets no other of them.
rmirror_inet() {
	local rules
	rules=$(rmirror_rules iifname saddr)
	[ "$direction" = out ] || rmirror_hook in prerouting -310 "$rules$newline"
	rules=$(rmirror_rules oifname daddr)
	[ "$direction" = in ] || rmirror_hook out postrouting 110 "$rules$newline"
	inet_chains="$inet_chains$chains"
	statements="${statements}inet rmirror mirror-$mirror-$generation $statement$newline"
}

# One section: its chains are added to $inet_chains or $netdev_chains, its statement to $statements.
rmirror_section() {
	local mirror="$1" value family matches direction
	local groups='' chosen='' statement='' chains='' wrong=''
	rmirror_bool enabled 1
	[ "$value" = 1 ] || return 0

	rmirror_statement
	rmirror_matches
	rmirror_select
	[ -z "$wrong" ] || return 0
	[ -z "$chosen" ] || [ -n "$groups" ] || {
		rmirror_log warn "$mirror: none of its zones and interfaces has a device; nothing to mirror"
		return 0
	}
	if [ -n "$offload" ] && rmirror_can_offload; then
		rmirror_netdev
	else
		rmirror_inet
	fi
	places="$places$mirror	$(rmirror_where)$newline"
}

# What the file has beside what it may have is said, and left out.
rmirror_unknown_option() {
	[ "$type" = mirror ] || return 0
	case " $rmirror_options " in
	*" $1 "*) ;;
	*) rmirror_log warn "$CONFIG_SECTION: option '$1' is not known, expected one of $rmirror_options" ;;
	esac
}

rmirror_read() {
	local type='' last=''
	config_load firewall
	# shellcheck disable=SC2317  # called by config_load
	{
		config_cb() {
			type="${1:-}"
			last=''
			[ "$type" = mirror ] || [ -z "$type" ] ||
				rmirror_log warn "a section is of type '$type', expected mirror: it is left out"
		}
		option_cb() { rmirror_unknown_option "$1"; }
		list_cb() { [ "$1" = "$last" ] || rmirror_unknown_option "$1"; last="$1"; }
	}
	# Beside the firewall's sections, in which zones are looked up.
	CONFIG_APPEND=1 config_load rmirror
	reset_cb
}

# rmirror_table FAMILY CHAINS OLD: the table as it shall be, in place of its OLD chains
rmirror_table() {
	local chain
	if [ -z "$2" ]; then
		[ -z "$3" ] || echo "delete table $1 rmirror"
		return 0
	fi
	for chain in $3; do
		echo "delete chain $1 rmirror $chain"
	done
	printf 'table %s rmirror {\n%s}\n' "$1" "$2"
}

# rmirror_ruleset FILE GENERATION INET NETDEV: writes what is to be loaded in place of the chains INET and NETDEV:
# FILE.chains for rmirror-chain, FILE.nft for nft, and FILE.places for people. 1 if the configuration is wrong,
# which is logged.
rmirror_ruleset() {
	local generation="$2" bad='' offload='' statements='' inet_chains='' netdev_chains='' places=''
	rmirror_read
	config_foreach rmirror_offloading defaults
	config_foreach rmirror_section mirror
	[ -z "$bad" ] || return 1
	printf '%s' "$statements" >"$1.chains"
	printf '%s' "$places" >"$1.places"
	{
		rmirror_table inet "$inet_chains" "$3"
		rmirror_table netdev "$netdev_chains" "$4"
	} >"$1.nft"
}
