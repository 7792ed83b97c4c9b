# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# shellcheck disable=SC2154  # set by config_get, and by ruleset.sh
# Flow offloading, for ruleset.sh: packets of an offloaded flow meet no other hook than a device's own, so the mirrors
# are there, ahead of the flowtable, which fw4 puts at priority 0 of the devices of all zones.
sysfs=${RMIRROR_SYSFS:-/sys/class/net}

rmirror_offloading() {
	local value
	config_get_bool value "$1" flow_offloading 0
	[ "$value" = 0 ] || offload=1
	config_get_bool value "$1" flow_offloading_hw 0
	[ "$value" = 0 ] || [ -z "$offload" ] ||
		rmirror_log warn "hardware flow offloading is on: packets of offloaded flows are not mirrored where the hardware or a bridge's ports forward them"
}

# Do all groups of the section name their devices?
rmirror_can_offload() {
	case "$newline$groups" in
	*"$newline|"*)
		rmirror_log warn "$mirror: flow offloading is on, and the section is for every device: packets of offloaded flows are not mirrored"
		return 1
		;;
	esac
}

# As that, in the netdev table: a chain for each device and hook.
rmirror_netdev() {
	[ "$direction" = out ] || chains=$(rmirror_places ingress saddr | rmirror_device_chains)$newline
	[ "$direction" = in ] || chains="$chains$(rmirror_places egress daddr | rmirror_device_chains)$newline"
	netdev_chains="$netdev_chains$chains"
	statements="${statements}netdev rmirror mirror-$mirror-$generation $statement$newline"
}

# From lines HOOK|DEVICE|MATCH.
rmirror_device_chains() {
	awk -F '|' -v mirror="$mirror" -v target="mirror-$mirror-$generation" '
		!($2 in rules) { order[++devices] = $2; hook = $1 }
		{ rules[$2] = rules[$2] "\t\t" $3 "goto " target "\n" }
		END {
			for (i = 1; i <= devices; i++) {
				printf "\tchain %s-%s-%s {\n", hook, mirror, order[i]
				printf "\t\ttype filter hook %s device \"%s\" priority filter - 10; policy accept;\n", hook, order[i]
				printf "%s\t}\n", rules[order[i]]
			}
		}'
}

# rmirror_is_one NAME PATTERN..: is the device one of these names, with * at their end or without?
rmirror_is_one() {
	local name="$1" pattern
	shift
	for pattern; do
		# shellcheck disable=SC2254  # a pattern
		case "$name" in
		$pattern) return 0 ;;
		esac
	done
	return 1
}

# rmirror_present DEVICES EXCEPT: those of them that there are
rmirror_present() {
	local device name
	# shellcheck disable=SC2086  # words
	for name in $(cd "$sysfs" && set +f && echo *); do
		rmirror_is_one "$name" $1 && ! rmirror_is_one "$name" $2 && echo "$name"
	done
	for device in $1; do
		[ -e "$sysfs/${device%\*}" ] || [ "${device%\*}" != "$device" ] ||
			rmirror_log notice "$mirror: device $device is not there (yet)"
	done
}

# rmirror_places ingress|egress saddr|daddr: lines HOOK|DEVICE|MATCH of all groups
rmirror_places() {
	local devices except match device
	printf '%s' "$groups" | sed "s/@addr/$2/g" | while IFS='|' read -r devices except match; do
		match="$match${match:+ }$matches"
		for device in $(rmirror_present "$devices" "$except"); do
			if [ "$1" = ingress ] && [ "$(cat "$sysfs/$device/type")" = 512 ]; then
				rmirror_ppp "$device" "$match"
			else
				echo "$1|$device|$(rmirror_family "$family")$match"
			fi
		done
	done
}

# rmirror_ppp DEVICE MATCH: what comes in by PPP over Ethernet. The flowtable is on the Ethernet device below, takes
# packets out of their frames there, and nothing comes in by DEVICE any more. (What goes out does so by DEVICE.)
rmirror_ppp() {
	local pair below=''
	for pair in $lower; do
		[ "${pair%=*}" != "$1" ] || below=${pair#*=}
	done
	if [ -n "$below" ] && [ -z "$2" ]; then
		case "$family" in
		any) echo "ingress|$below|meta protocol 0x8864 " ;;
		ipv4) echo "ingress|$below|meta protocol 0x8864 @nh,48,16 0x0021 " ;;
		ipv6) echo "ingress|$below|meta protocol 0x8864 @nh,48,16 0x0057 " ;;
		esac
		return 0
	fi
	if [ -n "$below" ]; then
		rmirror_log warn "$mirror: flow offloading is on, and a match cannot look into PPPoE: packets of offloaded flows that come in by $1 are not mirrored"
	else
		rmirror_log warn "$mirror: flow offloading is on, and what is below $1 is not known (name its interface): packets of offloaded flows that come in there are not mirrored"
	fi
	echo "ingress|$1|$(rmirror_family "$family")$2"
}
