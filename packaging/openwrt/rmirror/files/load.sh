# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# Brings the ruleset of ruleset.sh into the kernel, for the init script. A reload is two transactions: rmirror-chain
# makes the chains that mirror, under new names, to which nothing goes yet; then nft puts the rules that go there in
# place of the old chains. Packets see the second only, so that none is mirrored twice or not at all.

# shellcheck source=packaging/openwrt/rmirror/files/ruleset.sh
. "${IPKG_INSTROOT}/usr/share/rmirror/ruleset.sh"

rmirror_run=${RMIRROR_RUN:-/var/run/rmirror}

# What there is: a line of the chains in inet rmirror, those that mirror last, for others go to them; a line of those in
# netdev rmirror; and a number that none of the chains that mirror has.
rmirror_present_chains() {
	nft list chains | awk '
		$1 == "table" { family = $3 == "rmirror" ? $2 : "" }
		$1 != "chain" || family == "" { next }
		$2 !~ /^mirror-/ {
			others[family] = others[family] " " $2
			next
		}
		{
			mirrors[family] = mirrors[family] " " $2
			number = $2
			sub(/.*-/, "", number)
			if (number + 0 > last)
				last = number + 0
		}
		END {
			print others["inet"] mirrors["inet"]
			print others["netdev"] mirrors["netdev"]
			print last + 1
		}'
}

# rmirror_undo: the chains of a ruleset that nft refuses; and the tables that were not there
rmirror_undo() {
	local family table chain statement
	while read -r family table chain statement; do
		nft delete chain "$family" "$table" "$chain"
	done <"$rmirror_run/new.chains"
	[ -n "$inet" ] || nft delete table inet rmirror
	[ -n "$netdev" ] || nft delete table netdev rmirror
}

rmirror_load_new() {
	local inet netdev generation said
	rm -f "$rmirror_run/error"
	{
		read -r inet
		read -r netdev
		read -r generation
	} <<-END
	$(rmirror_present_chains)
	END
	rmirror_ruleset "$rmirror_run/new" "$generation" "$inet" "$netdev" || {
		rmirror_log err "/etc/config/rmirror is wrong: the mirrors are as before"
		return 1
	}
	said=$(rmirror-chain add -f "$rmirror_run/new.chains" 2>&1) || {
		rmirror_log err "the mirrors are as before: $said"
		return 1
	}
	said=$(nft -f "$rmirror_run/new.nft" 2>&1) || {
		rmirror_undo 2>/dev/null
		rmirror_log err "the mirrors are as before: $said"
		return 1
	}
	mv "$rmirror_run/new.nft" "$rmirror_run/nft"
	mv "$rmirror_run/new.chains" "$rmirror_run/chains"
	mv "$rmirror_run/new.places" "$rmirror_run/places"
}

# One at a time: the firewall, the network and people ask for it.
rmirror_load() {
	mkdir -p "$rmirror_run"
	(
		flock 9
		# The name of a device may end with *.
		set -f
		rmirror_load_new
	) 9>"$rmirror_run/lock"
}

# Does the service run? Then it has loaded something, be it nothing to mirror.
rmirror_is_loaded() { [ -e "$rmirror_run/nft" ]; }

rmirror_unload() {
	nft delete table inet rmirror 2>/dev/null
	nft delete table netdev rmirror 2>/dev/null
	rm -f "$rmirror_run/nft" "$rmirror_run/chains" "$rmirror_run/places" "$rmirror_run/error"
	return 0
}

# What was wrong with the file when it was read last, and the mirrors with their counters. 1 if one is not there, or
# none is.
rmirror_status() {
	local family table chain statement there missing=0
	[ ! -e "$rmirror_run/error" ] || cat "$rmirror_run/error"
	rmirror_is_loaded || {
		echo "not running"
		return 1
	}
	there=$(rmirror-chain list) || return
	RMIRROR_PLACES="$rmirror_run/places" "${IPKG_INSTROOT}/usr/sbin/rmirror" show rmirror
	while read -r family table chain statement; do
		case "$newline$there$newline" in
		*"$newline$family $table $chain "*) ;;
		*)
			echo "$chain is not there (the ruleset was flushed?): service rmirror reload brings it back"
			missing=1
			;;
		esac
	done <"$rmirror_run/chains"
	return "$missing"
}
