# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# Stands in for OpenWrt's functions of these names: an interface has the device, the device below it and the addresses
# that files below UCI_CONFIG_DIR/devices say.

stand_in() {
	local file="$UCI_CONFIG_DIR/devices/$2"
	[ -e "$file" ] || return 1
	eval "$1=\$(cat \"\$file\")"
}
network_get_device() { stand_in "$1" "$2"; }
network_get_physdev() { stand_in "$1" "$2.below" || stand_in "$1" "$2"; }
network_get_subnets() { stand_in "$1" "$2.subnets"; }
network_get_subnets6() { stand_in "$1" "$2.subnets6"; }
