# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# Stands in for OpenWrt's functions of this name: an interface has the device that a file below
# UCI_CONFIG_DIR/devices says.

network_get_device() {
	local file="$UCI_CONFIG_DIR/devices/$2"
	[ -e "$file" ] || return 1
	eval "$1=\$(cat \"\$file\")"
}
