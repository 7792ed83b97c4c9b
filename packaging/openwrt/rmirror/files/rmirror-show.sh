#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# `rmirror show` for routers: what /proc/net/rmirror holds, two lines for each mirror and one for
# each loss; before those of the service, whose traffic it is. The command of the same name elsewhere knows
# more: see rmirror(8).
set -u
table=${RMIRROR_TABLE:-/proc/net/rmirror}
places=${RMIRROR_PLACES:-/var/run/rmirror/places}

usage() {
	echo "Usage: rmirror show [COLLECTOR|TABLE]..."
}

case ${1:-} in
	show) shift ;;
	help | --help | -h)
		usage
		exit 0
		;;
	*)
		usage >&2
		exit 2
		;;
esac
case ${1:-} in
	-*)
		usage
		[ "$1" = --help ] || [ "$1" = -h ] || exit 2
		exit 0
		;;
esac
if ! [ -e "$table" ]; then
	echo "nothing is mirrored: the module rmirror_core is not loaded"
	exit 0
fi
if ! cat "$table" >/dev/null 2>&1; then
	echo "rmirror show: cannot read $table (root can)" >&2
	exit 2
fi

# What each line is, before it: p, the place of a mirror of the service; s, a statement; t, a row of the table
{
	[ ! -e "$places" ] || sed 's/^/p /' "$places"
	rmirror-chain list 2>/dev/null | sed 's/^/s /'
	sed 's/^/t /' "$table"
} | awk -v wanted=" $* " '
	$1 == "p" {
		section = $2
		sub(/^p [^\t]*\t/, "")
		place[section] = $0
		next
	}
	$1 == "s" {
		key = $2 " " $3 " " $4
		sub(/^s [^ ]* [^ ]* [^ ]* /, "")
		# Which of several rules of a chain is which line of the table is not known.
		statement[key] = rules[key]++ ? "" : $0
		next
	}
	columns == 0 {
		for (i = 2; i <= NF; i++)
			name[i] = $i
		columns = NF
		next
	}
	{
		for (i = 2; i <= columns; i++)
			row[name[i]] = $i
		if (wanted !~ /^ *$/ && !index(wanted, " " row["collector"] " ") && !index(wanted, " " row["table"] " "))
			next
		shown++
		key = row["family"] " " row["table"] " " row["chain"]
		text = "rmirror to " row["collector"]
		if (row["encap"] != "gre")
			text = text " encap " row["encap"]
		if (row["key"] != "-")
			text = text " key " row["key"]
		if (statement[key] != "")
			text = statement[key]
		section = row["chain"]
		if (row["table"] == "rmirror" && sub(/^mirror-/, "", section) && sub(/-[0-9]*$/, "", section) &&
		    section in place)
			print section ": " place[section]
		print key ": " text
		mirrored = row["sent"] + row["resegmented"] + row["fragmented"] + row["truncated"] + row["nested"]
		printf "    %s packets matched, %.0f mirrored, %s bytes\n", row["matched"], mirrored, row["bytes"]
		for (i = 2; i <= columns; i++)
			if (name[i] in loss && $i > 0)
				printf "    %s %s: %s\n", $i, name[i], loss[name[i]]
	}
	BEGIN {
		loss["truncated"] = "cut to fit the path"
		loss["too-big"] = "too long for the path"
		loss["no-route"] = "no way to the collector"
		loss["no-neighbour"] = "the next hop does not answer"
		loss["no-memory"] = "no memory for the copy"
		loss["tx-drop"] = "the device or its queue was full"
		loss["loop"] = "copies themselves"
		loss["local"] = "the collector is this host"
		loss["nested"] = "perhaps copies of copies, only their headers are sent"
		loss["clear"] = "in clear before encryption"
		loss["refused"] = "ICMP errors: the collector or the way to it refuses copies"
	}
	END {
		if (!shown)
			print wanted ~ /^ *$/ ? "nothing is mirrored" : "there is no such mirror"
	}'
