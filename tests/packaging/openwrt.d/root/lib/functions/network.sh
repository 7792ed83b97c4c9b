# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# Stands in for OpenWrt's functions of these names: an interface has the device, the device below it and the addresses
# that files below UCI_CONFIG_DIR/devices say. ubus and jsonfilter, of which the service asks one thing: the interfaces that
# say their zone, lines INTERFACE ZONE of devices/zones.

stand_in() {
	local file="$UCI_CONFIG_DIR/devices/$2"
	[ -e "$file" ] || return 1
	eval "$1=\$(cat \"\$file\")"
}
network_get_device() { stand_in "$1" "$2"; }
network_get_physdev() { stand_in "$1" "$2.below" || stand_in "$1" "$2"; }
network_get_subnets() { stand_in "$1" "$2.subnets"; }
network_get_subnets6() { stand_in "$1" "$2.subnets6"; }
ubus() {
	[ "$*" = "call network.interface dump" ] || return 1
	[ ! -e "$UCI_CONFIG_DIR/devices/zones" ] || cat "$UCI_CONFIG_DIR/devices/zones"
}
jsonfilter() {
	[ "$1" = -e ] || return 1
	while read -r interface zone; do
		[ "$2" != "@.interface[@.data.zone=\"$zone\"].interface" ] || echo "$interface"
	done
}
