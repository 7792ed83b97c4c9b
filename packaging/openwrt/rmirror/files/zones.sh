# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# shellcheck disable=SC2154  # set by config_get, and by ruleset.sh
# Whose traffic a section is about, for ruleset.sh. Zones are read as fw4 reads them: disabled ones do not count,
# `tun+` is every device whose name begins so, `!eth1` is not that one, and a zone with a subnet is those addresses.
#
# $groups: a line for each alternative, DEVICES|EXCEPT|MATCH. DEVICES are names, or one with * at its end, or nothing:
# every device. EXCEPT are names, with * or without, of devices that are not meant. In MATCH @addr stands for saddr or
# daddr.

# rmirror_add_device DEVICE: to $plain, $wild or $except, each once
rmirror_add_device() {
	local name="${1#!}"
	case "$name" in
	'*' | +)
		any=1
		[ "$name" = "$1" ] || none=1
		return 0
		;;
	*+) name="${name%+}*" ;;
	esac
	case "${name%\*}" in
	'' | *[!A-Za-z0-9._-]*)
		rmirror_wrong "'$1' is no name of a device"
		return 0
		;;
	esac
	if [ "${1#!}" != "$1" ]; then
		rmirror_once except "$name"
	elif [ "${name%\*}" != "$name" ]; then
		rmirror_once wild "$name"
	else
		rmirror_once plain "$name"
	fi
}

# rmirror_once LIST NAME: to the list of that name, if it is not in it
rmirror_once() {
	local list
	eval "list=\$$1"
	case " $list " in
	*" $2 "*) ;;
	*) eval "$1=\"\${$1:+\$$1 }\$2\"" ;;
	esac
}

rmirror_add_interface() {
	local found='' name="${1#!}" below=''
	chosen=1
	network_get_device found "$name" || found=''
	[ -n "$found" ] || {
		# It may come later: the trigger calls us again then.
		rmirror_log notice "$mirror: interface $name has no device (yet)"
		return 0
	}
	[ "$name" = "$1" ] || found="!$found"
	rmirror_add_device "$found"
	# Where PPP over Ethernet is in its frames: "ppp device=device below"
	[ "$found" = "${found#!}" ] && network_get_physdev below "$name" && [ -n "$below" ] &&
		[ "$below" != "$found" ] && lower="$lower $found=$below"
	return 0
}

# Interfaces that say themselves which zone they are of, as those that netifd adds for DS-Lite, MAP or 464XLAT do
rmirror_add_zone_interfaces() {
	local name
	rmirror_word "$wanted" || return 0
	for name in $(ubus call network.interface dump | jsonfilter -e "@.interface[@.data.zone=\"$wanted\"].interface"); do
		rmirror_add_interface "$name"
	done
}

rmirror_add_plain_device() {
	chosen=1
	rmirror_add_device "$1"
}

# rmirror_mask_bits MASK: 24 of 255.255.255.0; nothing if it is not that
rmirror_mask_bits() {
	local IFS=. byte bits=0 ended=''
	# shellcheck disable=SC2086  # bytes
	set -- $1
	[ $# = 4 ] || return 0
	for byte; do
		[ -z "$ended" ] || [ "$byte" = 0 ] || return 0
		case "$byte" in
		255) bits=$((bits + 8)) ;;
		254 | 252 | 248 | 240 | 224 | 192 | 128 | 0)
			ended=1
			while [ "$byte" -gt 0 ]; do
				bits=$((bits + 1))
				byte=$((byte * 2 % 256))
			done
			;;
		*) return 0 ;;
		esac
	done
	echo "$bits"
}

# rmirror_add_subnet SUBNET: to $subnets4, $except4, $subnets6 or $except6
rmirror_add_subnet() {
	local subnet="${1#!}" list=subnets found='' found6='' bits
	[ "$subnet" = "$1" ] || list=except
	case "$subnet" in
	*[!0-9A-Fa-f.:/-]* | [!0-9A-Fa-f:]*)
		# The name of an interface stands for its addresses.
		network_get_subnets found "$subnet"
		network_get_subnets6 found6 "$subnet"
		[ -n "$found$found6" ] || rmirror_wrong "zone $wanted: subnet '$1', expected an address, a prefix, a range or an interface with an address"
		for subnet in $found $found6; do
			rmirror_add_address "$list" "$subnet"
		done
		return 0
		;;
	*/*.*)
		bits=$(rmirror_mask_bits "${subnet#*/}")
		[ -n "$bits" ] || rmirror_wrong "zone $wanted: subnet '$1' has a mask with holes, which is not supported"
		subnet="${subnet%/*}/$bits"
		;;
	esac
	rmirror_add_address "$list" "$subnet"
}

# rmirror_add_address subnets|except ADDRESS
rmirror_add_address() {
	case "$1$2" in
	subnets*:*) subnets6="${subnets6:+$subnets6, }$2" ;;
	subnets*) subnets4="${subnets4:+$subnets4, }$2" ;;
	*:*) except6="${except6:+$except6, }$2" ;;
	*) except4="${except4:+$except4, }$2" ;;
	esac
}

# rmirror_add_group DEVICES: a line of $groups for each family that the subnets have
rmirror_add_group() {
	local match='' head="$1|$except|"
	if [ -z "$subnets4$except4$subnets6$except6" ]; then
		case "$zone_family $family" in
		"any "* | "ipv4 ipv4" | "ipv6 ipv6") ;;
		*" any") match=$(rmirror_family "$zone_family") ;;
		*) return 0 ;;
		esac
		groups="$groups$head$match$newline"
		return 0
	fi
	[ "$zone_family" = ipv6 ] || [ "$family" = ipv6 ] || rmirror_add_subnets ip "$subnets4" "$except4"
	[ "$zone_family" = ipv4 ] || [ "$family" = ipv4 ] || rmirror_add_subnets ip6 "$subnets6" "$except6"
}

# rmirror_add_subnets ip|ip6 SUBNETS EXCEPT: a line of $groups, if there are any
rmirror_add_subnets() {
	local match=''
	[ -z "$2" ] || match="$1 @addr { $2 } "
	[ -z "$3" ] || match="$match$1 @addr != { $3 } "
	[ -z "$match" ] || groups="$groups$head$match$newline"
}

# What one zone, or the section itself, has named becomes lines of $groups. Plain devices are one line for all.
rmirror_add_groups() {
	local device
	[ -z "$none" ] || return 0
	for device in $wild; do
		rmirror_add_group "$device"
	done
	if [ -z "$except$subnets4$except4$subnets6$except6" ] && [ "$zone_family" = any ]; then
		for device in $plain; do
			rmirror_once devices "$device"
		done
		[ -z "$any" ] || [ -n "$wild$plain" ] || rmirror_add_group ''
	elif [ -n "$plain" ] || [ -z "$wild" ]; then
		rmirror_add_group "$plain"
	fi
}

# Called for each zone of the firewall; takes the one named $wanted.
rmirror_zone() {
	local name plain='' wild='' except='' any='' none='' zone_family=any
	local subnets4='' except4='' subnets6='' except6=''
	config_get name "$1" name
	[ "$name" = "$wanted" ] || return 0
	config_get_bool name "$1" enabled 1
	[ "$name" = 1 ] || {
		seen=${seen:-0}
		return 0
	}
	seen=1
	config_get name "$1" family any
	case "$name" in
	*4* | inet) zone_family=ipv4 ;;
	*6*) zone_family=ipv6 ;;
	esac
	rmirror_each "$1" network rmirror_add_interface
	rmirror_add_zone_interfaces
	rmirror_each "$1" device rmirror_add_device
	rmirror_each "$1" subnet rmirror_add_subnet
	# A zone without any of it has no packets.
	[ -z "$plain$wild$except$any$subnets4$except4$subnets6$except6" ] || rmirror_add_groups
}

rmirror_add_zone() {
	local wanted="$1" seen=''
	chosen=1
	config_foreach rmirror_zone zone
	case "$seen" in
	'') rmirror_wrong "the firewall has no zone '$wanted'" ;;
	0) rmirror_wrong "zone '$wanted' is disabled in /etc/config/firewall" ;;
	esac
}

# The groups of the section $mirror. Without zones, interfaces and devices it is one that has every device.
rmirror_select() {
	local plain='' wild='' except='' any='' none='' zone_family=any devices=''
	local subnets4='' except4='' subnets6='' except6=''
	lower=''
	rmirror_each "$mirror" zone rmirror_add_zone
	rmirror_each "$mirror" interface rmirror_add_interface
	rmirror_each "$mirror" device rmirror_add_plain_device
	[ -z "$plain$wild$except$any" ] || rmirror_add_groups
	[ -z "$devices" ] || groups="$devices||$newline$groups"
	[ -n "$chosen" ] || groups="||$newline"
}

# rmirror_set NAME..: { "a", "b" }
rmirror_set() {
	local device elements=''
	for device; do
		elements="$elements${elements:+, }\"$device\""
	done
	echo "{ $elements }"
}

# rmirror_devices KEYWORD DEVICES EXCEPT: the match of a group's devices; KEYWORD is iifname or oifname
rmirror_devices() {
	local device plain='' text=''
	# shellcheck disable=SC2086  # words
	case "$2" in
	'') ;;
	*\*) text="$1 \"$2\" " ;;
	*) text="$1 $(rmirror_set $2) " ;;
	esac
	for device in $3; do
		case "$device" in
		*\*) text="$text$1 != \"$device\" " ;;
		*) plain="$plain $device" ;;
		esac
	done
	# shellcheck disable=SC2086  # words
	[ -z "$plain" ] || text="$text$1 != $(rmirror_set $plain) "
	printf '%s' "$text"
}

# rmirror_rules KEYWORD FIELD: the rules of the groups; FIELD is saddr or daddr
rmirror_rules() {
	local devices except match
	printf '%s' "$groups" | sed "s/@addr/$2/g" | while IFS='|' read -r devices except match; do
		printf '\t\t%s%s%s%sgoto mirror-%s-%s\n' "$(rmirror_devices "$1" "$devices" "$except")" \
			"$(rmirror_family "$family")" "$match${match:+ }" "$matches" "$mirror" "$generation"
	done
}

rmirror_name() { names="$names${names:+, }$kind $1"; }

# For people: what the section names, and what its devices are now.
rmirror_where() {
	local names='' kind devices
	for kind in zone interface device; do
		rmirror_each "$mirror" "$kind" rmirror_name
	done
	devices=$(printf '%s' "$groups" | cut -d '|' -f 1 | tr '\n' ' ')
	devices=${devices% }
	case "$names" in
	'') names=everything ;;
	*zone* | *interface*) names="$names (${devices:-every device})" ;;
	esac
	echo "$names, $direction"
}
