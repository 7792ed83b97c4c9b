#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What the boots of test hosts share; source it. Reports go to the second serial port, `ok NAME` or `not ok NAME`
# and details. The file `phase` beside this one says which boot it is.
here=/opt/test
exec 3>/dev/ttyS1
phase=$(<"$here/phase")

# check NAME COMMAND...
check() {
	local name=$1 said
	shift
	if said=$("$@" 2>&1 </dev/null); then
		echo "ok $name" >&3
	else
		echo "not ok $name" >&3
		tail -n 20 <<<"$said" | sed 's/^/# /' >&3
	fi
}

# mirrors [BYTES [TARGET [COPIES]]]: of three pings from the sender to TARGET (this host), COPIES (3) arrive at the
# collector, no more, of BYTES (60) of their frames each; three of them hold a request.
mirrors() {
	local bytes=${1:-60} target=${2:-10.1.0.2} copies=${3:-3} log capture status=0
	log=$(mktemp)
	ip netns exec collector tcpdump -Z root -l --immediate-mode -nvi eth0 ip proto 47 >"$log" 2>"$log.err" &
	capture=$!
	for _ in {1..100}; do
		! grep 'listening on' "$log.err" >/dev/null || break
		sleep 0.3
	done
	ip netns exec sender ping -c 3 -W 20 -s 100 "$target" || status=1
	for _ in {1..100}; do
		(($(arrived) < copies)) || break
		sleep 0.3
	done
	# One too many may still come.
	sleep 1
	kill -INT "$capture"
	wait "$capture" || status=1
	(($(arrived) == copies)) || status=1
	[[ $(grep -c "> $target: .*echo request" "$log") == 3 ]] || status=1
	cat "$log" "$log.err"
	cat /proc/net/rmirror
	return "$status"
}
# Of these lengths, behind 4 bytes of GRE
arrived() { grep -c "10.0.0.1 > 10.0.0.5: GREv0, .*length $((bytes + 4))\$" "$log"; }
mirrors_not() { ! grep ' ' /proc/net/rmirror | grep 10.0.0.5; }
fails() { ! "$@"; }
# prints WORDS COMMAND...: the command's output has the words
prints() {
	local said
	said=$("${@:2}") && echo "$said" && [[ $said == *"$1"* ]]
}

ruleset() {
	cat <<-END
	table inet $1 {
		chain input {
			type filter hook input priority filter; policy accept;
			iifname "in0" rmirror to 10.0.0.5 len 60
		}
	}
	END
}

no_unit_failed() {
	local failed
	failed=$(systemctl --failed --no-legend --plain) && echo "$failed" && [[ -z $failed ]]
}

# end_boot LAST: the report ends with `next` (boot again) or `done`
end_boot() {
	if [[ $phase == "$1" ]]; then
		echo "done" >&3
		systemctl poweroff
	else
		echo $((phase + 1)) >"$here/phase"
		echo "next" >&3
		# With -no-reboot QEMU ends here.
		systemctl reboot
	fi
}
