# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# Stands in for OpenWrt's functions of this name in the tests: the UCI files, below UCI_CONFIG_DIR, are read by the
# shell itself, as OpenWrt does with what its uci exports.

reset_cb() {
	config_cb() { return 0; }
	option_cb() { return 0; }
	list_cb() { return 0; }
}
reset_cb
config() {
	NUMBER=$((NUMBER + 1))
	CURRENT=${2:-cfg$NUMBER}
	SECTIONS="$SECTIONS $CURRENT"
	# shellcheck disable=SC2034  # for callbacks
	CONFIG_SECTION=$CURRENT
	eval "CONFIG_${CURRENT}_TYPE=\$1"
	config_cb "$1" "$CURRENT"
}
option() {
	eval "CONFIG_${CURRENT}_$1=\$2"
	option_cb "$1" "$2"
}
list() {
	local length
	eval "length=\$((\${CONFIG_${CURRENT}_${1}_LENGTH:-0} + 1))"
	eval "CONFIG_${CURRENT}_${1}_LENGTH=$length CONFIG_${CURRENT}_${1}_ITEM$length=\$2"
	eval "CONFIG_${CURRENT}_$1=\"\${CONFIG_${CURRENT}_$1:+\$CONFIG_${CURRENT}_$1 }\$2\""
	list_cb "$1" "$2"
}
config_load() {
	[ -n "${CONFIG_APPEND:-}" ] || {
		SECTIONS=''
		NUMBER=0
	}
	# shellcheck source=/dev/null
	[ ! -e "$UCI_CONFIG_DIR/$1" ] || . "$UCI_CONFIG_DIR/$1"
	config_cb
}
config_get() { eval "$1=\${CONFIG_$2_$3:-\${4:-}}"; }
config_get_bool() {
	local _tmp
	config_get _tmp "$2" "$3" "$4"
	case "$_tmp" in
	1 | on | true | yes | enabled) _tmp=1 ;;
	0 | off | false | no | disabled) _tmp=0 ;;
	*) _tmp=$4 ;;
	esac
	eval "$1=\$_tmp"
}
config_foreach() {
	# The names of OpenWrt's locals: what they hide is hidden here, too.
	local ___function="$1" ___type="$2" section cfgtype
	for section in $SECTIONS; do
		config_get cfgtype "$section" TYPE
		[ "$cfgtype" = "$___type" ] || continue
		eval "$___function \"\$section\" \"\""
	done
}
config_list_foreach() {
	# shellcheck disable=SC2034  # of the eval
	local section="$1" option="$2" function="$3" val len c=1
	config_get len "$section" "${option}_LENGTH"
	while [ "$c" -le "${len:-0}" ]; do
		config_get val "$section" "${option}_ITEM$c"
		eval "$function \"\$val\" \"\""
		c=$((c + 1))
	done
}
