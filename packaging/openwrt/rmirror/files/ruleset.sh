# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# shellcheck disable=SC2154  # set by config_get
# The nft ruleset of /etc/config/rmirror, for the init script. Tables: inet rmirror, and netdev rmirror where
# flow offloading is on: packets of an offloaded flow meet no other hook than a device's own.

. "${IPKG_INSTROOT}/lib/functions.sh"
. "${IPKG_INSTROOT}/lib/functions/network.sh"

rmirror_log() {
	local level="$1"
	shift
	logger -t rmirror -p "daemon.$level" "$*"
	[ "$level" != err ] || echo "rmirror: $*" >&2
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

# rmirror_add_device DEVICE: to $devices, each once
rmirror_add_device() {
	case "$1" in
	'' | *[!A-Za-z0-9._-]*)
		rmirror_log err "$mirror: '$1' is no name of a device"
		bad=1
		return 0
		;;
	esac
	case " $devices " in
	*" $1 "*) ;;
	*) devices="${devices:+$devices }$1" ;;
	esac
}

rmirror_add_interface() {
	local found=''
	chosen=1
	network_get_device found "$1" || {
		# It may come later: the trigger calls us again then.
		rmirror_log notice "$mirror: interface $1 has no device (yet)"
		return 0
	}
	rmirror_add_device "$found"
}

# Called for each zone of the firewall; takes the one named $wanted.
rmirror_zone_devices() {
	local name device
	config_get name "$1" name
	[ "$name" = "$wanted" ] || return 0
	seen=1
	rmirror_each "$1" network rmirror_add_interface
	rmirror_each "$1" device rmirror_add_device
}

rmirror_add_zone() {
	local wanted="$1" seen=''
	chosen=1
	config_foreach rmirror_zone_devices zone
	[ -n "$seen" ] || {
		rmirror_log err "$mirror: the firewall has no zone '$wanted'"
		bad=1
	}
}

rmirror_add_plain_device() {
	chosen=1
	rmirror_add_device "$1"
}

# rmirror_option NAME [WORD]: adds `WORD VALUE` to $statement if the option is there
rmirror_option() {
	local value
	config_get value "$mirror" "$1"
	[ -n "$value" ] || return 0
	rmirror_word "$value" || {
		rmirror_log err "$mirror: option $1 '$value' is no number, address or name"
		bad=1
		return 0
	}
	statement="$statement ${2:-$1} $value"
}

rmirror_flag() {
	local value
	config_get_bool value "$mirror" "$1" 0
	[ "$value" = 0 ] || statement="$statement $1"
}

# The statement of a section, to $statement.
rmirror_statement() {
	local collector
	config_get collector "$mirror" collector
	rmirror_word "$collector" || {
		rmirror_log err "$mirror: option collector '$collector' is no address"
		bad=1
		return 0
	}
	statement="rmirror to $collector"
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
}

# "a", "b": the devices as elements of a set
rmirror_elements() {
	local device elements=''
	for device in $devices; do
		elements="$elements${elements:+, }\"$device\""
	done
	echo "$elements"
}

# rmirror_rule KEYWORD: a rule of the inet table; KEYWORD is iifname or oifname
rmirror_rule() {
	local interfaces=''
	[ -z "$devices" ] || interfaces="$1 { $(rmirror_elements) } "
	echo "$interfaces$matches$statement"
}

# rmirror_device_chain DEVICE HOOK: a chain of the netdev table
rmirror_device_chain() {
	cat <<-END
		chain ${mirror}_$2_$1 {
			type filter hook $2 device "$1" priority filter - 10; policy accept;
			$matches$statement
		}
	END
}

# One section: its rules are added to $prerouting and $postrouting, or to $chains.
rmirror_section() {
	local mirror="$1" enabled family match direction device
	local devices='' chosen='' statement='' matches=''
	config_get_bool enabled "$mirror" enabled 1
	[ "$enabled" = 1 ] || return 0

	rmirror_each "$mirror" zone rmirror_add_zone
	rmirror_each "$mirror" interface rmirror_add_interface
	rmirror_each "$mirror" device rmirror_add_plain_device
	rmirror_statement
	config_get match "$mirror" match
	config_get family "$mirror" family any
	config_get direction "$mirror" direction in
	case "$family" in
	any) ;;
	ipv4) matches='meta protocol ip ' ;;
	ipv6) matches='meta protocol ip6 ' ;;
	*)
		rmirror_log err "$mirror: option family '$family', expected ipv4, ipv6 or any"
		bad=1
		;;
	esac
	if rmirror_clean "$match"; then
		matches="$matches${match:+$match }"
	else
		rmirror_log err "$mirror: option match has a character that cannot be part of one"
		bad=1
	fi
	case "$direction" in
	in | out | both) ;;
	*)
		rmirror_log err "$mirror: option direction '$direction', expected in, out or both"
		bad=1
		;;
	esac
	[ -z "$bad" ] || return 0
	[ -z "$chosen" ] || [ -n "$devices" ] || {
		rmirror_log warn "$mirror: none of its zones and interfaces has a device; nothing to mirror"
		return 0
	}
	mirrors=$((mirrors + 1))

	if [ -n "$offload" ] && [ -n "$devices" ]; then
		for device in $devices; do
			[ "$direction" = out ] || chains="$chains$(rmirror_device_chain "$device" ingress)$newline"
			[ "$direction" = in ] || chains="$chains$(rmirror_device_chain "$device" egress)$newline"
		done
		return 0
	fi
	[ -z "$offload" ] ||
		rmirror_log warn "$mirror: flow offloading is on, and no zone, interface or device is given: packets of offloaded flows are not mirrored"
	[ "$direction" = out ] || prerouting="$prerouting		$(rmirror_rule iifname)$newline"
	[ "$direction" = in ] || postrouting="$postrouting		$(rmirror_rule oifname)$newline"
}

rmirror_offloading() {
	local value
	config_get_bool value "$1" flow_offloading 0
	[ "$value" = 0 ] || offload=1
	config_get_bool value "$1" flow_offloading_hw 0
	[ "$value" = 0 ] || [ -z "$offload" ] ||
		rmirror_log warn "hardware flow offloading is on: packets that the hardware forwards are not mirrored"
}

# The ruleset, for nft -f, on stdout. 1 if the configuration is wrong, which is logged.
rmirror_ruleset() {
	local bad='' offload='' mirrors=0 prerouting='' postrouting='' chains=''
	local newline='
'
	config_load firewall
	config_foreach rmirror_offloading defaults
	# Beside the firewall's sections, in which zones are looked up.
	CONFIG_APPEND=1 config_load rmirror
	config_foreach rmirror_section mirror
	[ -z "$bad" ] || return 1

	# The first line makes a table that the second can delete, if there is none.
	cat <<-END
	add table inet rmirror
	delete table inet rmirror
	END
	if rmirror_has_netdev || [ -n "$chains" ]; then
		printf 'add table netdev rmirror\ndelete table netdev rmirror\n'
	fi
	[ -z "$prerouting$postrouting" ] || cat <<-END
	table inet rmirror {
		chain prerouting {
			type filter hook prerouting priority -310; policy accept;
	$prerouting	}
		chain postrouting {
			type filter hook postrouting priority 110; policy accept;
	$postrouting	}
	}
	END
	[ -z "$chains" ] || printf 'table netdev rmirror {\n%s}\n' "$chains"
}

rmirror_has_netdev() { nft list table netdev rmirror >/dev/null 2>&1; }

rmirror_load() {
	local rules="/var/run/rmirror.nft" said
	mkdir -p "${rules%/*}"
	rmirror_ruleset >"$rules.new" || {
		rm -f "$rules.new"
		rmirror_log err "/etc/config/rmirror is wrong: the mirrors are as before"
		return 1
	}
	mv "$rules.new" "$rules"
	said=$(nft -f "$rules" 2>&1) || {
		case "$said" in
		*"syntax error"*rmirror*) rmirror_log err "this nft does not know the statement: it has to be the patched one" ;;
		esac
		rmirror_log err "the mirrors are as before: $said"
		return 1
	}
}

rmirror_unload() {
	nft delete table inet rmirror 2>/dev/null
	nft delete table netdev rmirror 2>/dev/null
	return 0
}
