# SPDX-License-Identifier: GPL-2.0-only
#
# What `rmirror-rules move FILE' is about: which rules with `rmirror to ..' can leave a firewall's file for a table of
# their own and mean the same there. A rule can if it does nothing but match and mirror, if it stands in a chain of a
# hook, and if nothing before it in that chain takes packets away or changes them: then it sees each packet that
# enters the hook, in a chain of its own too.
#
# Variables: mode, which is
#   report    tell what becomes of each rule, and of those that stay what can be done by hand; exit status 1: one of them stays, 3: there is none
#   mirrors   the new ruleset
#   rest      FILE without the rules that go
#   count     how many these are
# name: of FILE; target: the file for the new ruleset, which may be there with rules of before.

function fatal(number, text) {
	printf "%s:%d: %s\n", name, number, text >"/dev/stderr"
	failed = 1
	exit 2
}

# --- words

function add_word(text, number, from, to) {
	word[++words] = text
	at_line[words] = number
	first[words] = from
	last[words] = to
}

# The words of a line. Strings are one; braces, semicolons and commas stand alone.
function split_line(line, number,   i, c, from, end) {
	i = 1
	while (i <= length(line)) {
		c = substr(line, i, 1)
		if (c ~ /[ \t\r]/) {
			i++
		} else if (c == "#") {
			remark[number] = substr(line, i + 1)
			break
		} else if (c == "\"") {
			end = index(substr(line, i + 1), "\"")
			if (!end)
				fatal(number, "a string without an end")
			add_word(substr(line, i, end + 1), number, i, i + end)
			i += end + 1
		} else if (c ~ /[{};,=()]/) {
			add_word(c, number, i, i)
			i++
		} else if (c == "\\" && substr(line, i + 1) ~ /^[ \t\r]*$/) {
			return # the line goes on
		} else {
			from = i
			while (i <= length(line) && substr(line, i, 1) !~ /[ \t\r{};,=()"#]/)
				i++
			add_word(substr(line, from, i - from), number, from, i - 1)
		}
	}
	add_word("\n", number, length(line) + 1, length(line) + 1)
}

function is_end(w) { return w == "\n" || w == ";" }

# Where the command or rule that begins at the word i ends: its last word. Braces hold it together.
function end_of(i,   depth) {
	for (; i <= words; i++) {
		if (word[i] == "{")
			depth++
		else if (word[i] == "}" && --depth < 0)
			return i - 1
		else if (!depth && is_end(word[i]))
			return i - 1
	}
	return words
}

# The word behind the block that the brace at word i opens
function behind_block(i,   depth, number) {
	number = at_line[i]
	for (; i <= words; i++) {
		if (word[i] == "{")
			depth++
		else if (word[i] == "}" && !--depth)
			return i + 1
	}
	fatal(number, "a { is not closed")
}

# The words from .. to as a text
function text_of(from, to,   i, text) {
	for (i = from; i <= to; i++)
		if (word[i] != "\n")
			text = text (text == "" || word[i] == "," ? "" : " ") word[i]
	return text
}

# --- the file

function parse_define(i, is_inner,   variable, end) {
	variable = word[i + 1]
	end = end_of(i)
	if (is_inner || variable in value_from || word[i] != "define" || word[i + 2] != "=")
		unclear[variable] = 1
	value_from[variable] = i + 3
	value_to[variable] = end
	return end + 1
}

function parse_rule(i, chain,   end, j, depth) {
	end = end_of(i)
	rule_from[++rules] = i
	rule_to[rules] = end
	rule_chain[rules] = chain
	rule_included[rules] = included
	for (j = i; j <= end; j++) {
		if (word[j] == "{")
			depth++
		else if (word[j] == "}")
			depth--
		else if (word[j] == "rmirror" && word[j + 1] ~ /^(to|ip|ip6)$/ && !mirror_at[rules]) {
			mirror_at[rules] = j
			is_inside[rules] = depth
			mirrors++
		}
	}
	return end + 1
}

# A chain's block, from behind its brace
function parse_chain(i, chain) {
	while (i <= words && word[i] != "}") {
		if (is_end(word[i])) {
			i++
		} else if (word[i] == "type") {
			hook_from[chain] = i
			hook_to[chain] = end_of(i)
			i = end_of(i) + 1
		} else if (word[i] ~ /^(policy|comment|flags)$/) {
			if (word[i] == "policy" && word[i + 1] != "accept")
				policy_at[chain] = i
			i = end_of(i) + 1
		} else if (word[i] == "include") {
			included = at_line[i]
			i = end_of(i) + 1
		} else if (word[i] ~ /^(re|un)?define$/) {
			i = parse_define(i, 1)
		} else {
			i = parse_rule(i, chain)
		}
	}
	return i + 1
}

function parse_table(i, table,   end) {
	while (i <= words && word[i] != "}") {
		if (is_end(word[i])) {
			i++
		} else if (word[i] == "chain" && word[i + 2] == "{") {
			i = parse_chain(i + 3, table " " word[i + 1])
		} else if (word[i] ~ /^(re|un)?define$/) {
			i = parse_define(i, 1)
		} else {
			if (word[i] == "flags")
				flags[table] = at_line[i]
			if (word[i] == "include")
				included = at_line[i]
			i = end_of(i) + 1
		}
	}
	return i + 1
}

# One command outside of any block
function parse_command(i,   start, family, end, j) {
	start = i
	if (word[i] ~ /^(add|create)$/ && word[i + 1] == "table")
		i++
	if (word[i] == "table") {
		family = "ip"
		if (word[i + 1] ~ /^(ip|ip6|inet|arp|bridge|netdev)$/)
			family = word[++i]
		if (word[i + 2] == "{") {
			behind_block(i + 2)
			declared[family " " word[i + 1]] = 1
			return parse_table(i + 3, family " " word[i + 1])
		}
		return end_of(start) + 1
	}
	if (word[i] ~ /^(re|un)?define$/)
		return parse_define(i, 0)
	end = end_of(i)
	if (word[i] == "include")
		included = at_line[i]
	else if (word[i] ~ /^(insert|replace|rename|rule|chain)$/ ||
		(word[i] ~ /^(add|create)$/ && word[i + 1] ~ /^(rule|chain)$/)) {
		if (!command)
			command = i
	}
	for (j = i; j <= end; j++)
		if (word[j] == "rmirror" && word[j + 1] ~ /^(to|ip|ip6)$/) {
			mirrors++
			typed[++commands] = i
			break
		}
	return end + 1
}

# --- what it means

# The first word of a rule by which packets leave the chain, or are not the same behind it. In braces, in lists and
# behind some keys these are values.
function decision(rule,   i, depth) {
	for (i = rule_from[rule]; i <= rule_to[rule]; i++) {
		depth += (word[i] == "{") - (word[i] == "}")
		if (!depth && word[i - 1] !~ /^(type|status|state|,)$/ &&
			(word[i] ~ /^(accept|drop|reject|return|jump|goto|queue|vmap|snat|dnat|masquerade|redirect)$/ ||
			word[i] ~ /^(tproxy|synproxy|fwd|notrack|set|reset|xt)$/))
			return i
	}
	return 0
}

# Another thing that a rule does, or that only its table has
function attachment(rule,   i) {
	for (i = rule_from[rule]; i <= rule_to[rule]; i++)
		if (word[i] ~ /^@/ && word[i] !~ /^@(ll|nh|th|ih)$/ || word[i] ~ /^(log|dup|quota|name|flow|add|update|delete|meter|helper|timeout|expectation)$/)
			return i
	return 0
}

# The words from .. to as a text, with the values of variables; sets `missing' to one of which the value is not known
function expand(from, to, depth,   i, text, w, variable) {
	for (i = from; i <= to; i++) {
		w = word[i]
		if (w == "\n")
			continue
		if (w !~ /^"/ && w ~ /\$/) {
			variable = substr(w, 2)
			if (w !~ /^\$/ || !(variable in value_from) || variable in unclear || depth > 20)
				missing = w
			else
				w = expand(value_from[variable], value_to[variable], depth + 1)
		}
		text = text (text == "" || w == "," ? "" : " ") w
	}
	return text
}

# Hook and priority of a chain, the priority as a number where it is a known name or none
function place_of(chain,   i, place, number, family) {
	family = chain
	sub(/ .*/, "", family)
	for (i = hook_from[chain]; i <= hook_to[chain]; i++) {
		if (word[i] == "hook")
			place = word[i + 1]
		if (word[i] == "priority") {
			number = expand(i + 1, hook_to[chain], 0)
			gsub(/[ ;]/, "", number)
			if (family == "bridge")
				sub(/^dstnat/, "-300", number) || sub(/^filter/, "-200", number) || sub(/^out/, "100", number) ||
					sub(/^srcnat/, "300", number)
			else
				sub(/^raw/, "-300", number) || sub(/^mangle/, "-150", number) || sub(/^dstnat/, "-100", number) ||
					sub(/^filter/, "0", number) || sub(/^security/, "50", number) || sub(/^srcnat/, "100", number)
			if (match(number, /[0-9][-+]/))
				number = substr(number, 1, RSTART) + substr(number, RSTART + 1)
		}
	}
	return place " " number
}

# A chain that is asked before this one, as of chains with the same priority the kernel asks the latest first, but
# would be asked after the new one, which is later still; and which takes packets away.
function rival(chain,   other, mine, its) {
	mine = chain
	sub(/ .*/, "", mine)
	for (other in hook_from) {
		its = other
		sub(/ .*/, "", its)
		if (hook_from[other] > hook_from[chain] && (other in policy_at || other in decided) &&
			(mine == its || (mine " " its) ~ /^(inet ip6?|ip6? inet)$/) && place_of(other) == place_of(chain))
			return other
	}
	return ""
}

function judge(rule,   chain, part, at) {
	chain = rule_chain[rule]
	split(chain, part, " ")
	if (command)
		return "line " at_line[command] " is a command of its own (" word[command] "), which can change the order of rules"
	if (rule_included[rule])
		return "line " rule_included[rule] " includes other files, which may have rules before it"
	if (flags[part[1] " " part[2]])
		return "its table has flags (line " flags[part[1] " " part[2]] ")"
	if (is_inside[rule])
		return "it stands in a chain without a name"
	if (!(chain in hook_from))
		return "chain " part[3] " has no hook: which packets come to it, other rules decide"
	if (word[hook_from[chain] + 1] != "filter")
		return "chain " part[3] " is no filter (" text_of(hook_from[chain], hook_to[chain]) ")"
	missing = ""
	expand(hook_from[chain], hook_to[chain], 0)
	expand(rule_from[rule], rule_to[rule], 0)
	if (missing != "")
		return "the value of " missing " is not one that this file defines, once and outside of tables"
	if ((at = attachment(rule)))
		return word[at] ~ /^@/ ? "it needs the set " word[at] " of its table" : "it does more than mirror (" word[at] ")"
	if ((at = decision(rule)))
		return "it also decides (" word[at] ")"
	if (chain in decided && decided[chain] < rule_from[rule])
		return "line " at_line[decided[chain]] " decides before it (" word[decided[chain]] ")"
	if ((at = rival(chain)) != "")
		return "chain " at ", which takes packets away, has the same hook and priority, and is asked before it now"
	return ""
}

# Of a rule that also decides: the verdict behind the statement, if that is all of it
function verdict_of(rule,   at) {
	at = decision(rule)
	return at > mirror_at[rule] && word[at] ~ /^(accept|drop|return|reject|jump|goto|queue)$/ ? at : 0
}

# A name that FILE has not for a table of its own: a load replaces tables of the same names.
function new_table(family, table) {
	do
		table = "mirror_" table
	while ((family " " table) in declared)
	return table
}

# The beginning of a chain for a rule in a table of its own, the rule without a verdict, and the end
function ruleset_begin(rule, indent,   part) {
	split(rule_chain[rule], part, " ")
	return indent "table " part[1] " " new_table(part[1], part[2]) " {\n" indent "\tchain " part[3] " {\n" \
		indent "\t\t" expand(hook_from[rule_chain[rule]], hook_to[rule_chain[rule]], 0) "; policy accept;\n"
}
function ruleset_rule(rule, indent,   number, at) {
	number = at_line[rule_from[rule]]
	at = verdict_of(rule)
	return indent "\t\t# " name ":" number (number in remark ? ":" remark[number] : "") "\n" \
		indent "\t\t" expand(rule_from[rule], at ? at - 1 : rule_to[rule], 0) "\n"
}
function ruleset_end(indent) { return indent "\t}\n" indent "}\n" }

# What a rule that stays can become by hand
function by_hand(rule,   at) {
	at = verdict_of(rule)
	if (reason[rule] ~ /^it also decides/ && at) {
		printf "    by hand: replace the rule by\n        %s\n", \
			text_of(rule_from[rule], mirror_at[rule] - 1) (mirror_at[rule] > rule_from[rule] ? " " : "") text_of(at, rule_to[rule])
		if (rule_chain[rule] in decided && decided[rule_chain[rule]] < rule_from[rule])
			printf "    where line %d decides before it (%s), so that more is mirrored than now,\n", \
				at_line[decided[rule_chain[rule]]], word[decided[rule_chain[rule]]]
		printf "    and write into %s\n", target
	} else if (reason[rule] ~ /decides before it/) {
		printf "    by hand, if what that line takes may be mirrored, too: delete the rule, and write into %s\n", target
	} else {
		return
	}
	printf "%s%s%s", ruleset_begin(rule, "        "), ruleset_rule(rule, "        "), ruleset_end("        ")
}

# So many marks in the place of what was cut out, so that columns stay right
function marks(count,   text) {
	text = sprintf("%" count "s", "")
	gsub(/ /, "\001", text)
	return text
}

# Takes the words from .. to out of `kept', the lines of the file
function cut(from, to,   i, alone, line) {
	if (word[to + 1] == ";" && at_line[to + 1] == at_line[to])
		to++
	alone = (from == 1 || word[from - 1] == "\n") && (to == words || word[to + 1] == "\n")
	for (i = at_line[from]; i <= at_line[to]; i++) {
		line = kept[i]
		if (alone)
			gone[i] = 1
		else if (at_line[from] == at_line[to])
			kept[i] = substr(line, 1, first[from] - 1) marks(last[to] - first[from] + 1) substr(line, last[to] + 1)
		else if (i == at_line[from])
			kept[i] = substr(line, 1, first[from] - 1) "\001"
		else if (i == at_line[to])
			kept[i] = marks(last[to]) substr(line, last[to] + 1)
		else
			gone[i] = 1
	}
}

/^[*]|^-A / { is_iptables = 1 }
/(^|[^A-Za-z0-9_-])-(j|-jump)[ \t]+RMIRROR([ \t]|$)/ { target_line[++targets] = FNR }
{
	kept[FNR] = $0
	lines = FNR
}

END {
	if (failed)
		exit 2
	if (!is_iptables) {
		for (i = 1; i <= lines; i++)
			split_line(kept[i], i)
		for (i = 1; i <= words;) {
			if (is_end(word[i]))
				i++
			else if (word[i] == "}")
				fatal(at_line[i], "a } without a {")
			else
				i = parse_command(i)
		}
	}
	while (mode == "mirrors" && (getline line <target) > 0)
		there = there line "\n"
	# Once all of the file is known
	for (r = 1; r <= rules; r++)
		if (!(rule_chain[r] in decided) && (at = decision(r)))
			decided[rule_chain[r]] = at
	for (r = 1; r <= rules; r++)
		if (mirror_at[r])
			reason[r] = judge(r)
	for (r = 1; r <= rules; r++) {
		if (!mirror_at[r])
			continue
		number = at_line[rule_from[r]]
		if (reason[r] == "") {
			moved++
			cut(rule_from[r], rule_to[r])
			if (mode == "report")
				printf "%s:%d: %s\n", name, number, text_of(rule_from[r], rule_to[r])
			else if (mode == "mirrors" && index(there, text = ruleset_rule(r, "")) == 0) {
				if (rule_chain[r] != open_chain)
					printf "%s%s", open_chain == "" ? "" : ruleset_end(""), ruleset_begin(r, "")
				printf "%s", text
				open_chain = rule_chain[r]
			}
		} else if (mode == "report") {
			printf "%s:%d: stays: %s\n    %s\n", name, number, reason[r], text_of(rule_from[r], rule_to[r])
			by_hand(r)
		}
	}
	if (open_chain != "")
		printf "%s", ruleset_end("")
	if (mode == "report") {
		for (i = 1; i <= commands; i++)
			printf "%s:%d: stays: it is a command of its own: %s\n", name, at_line[typed[i]], text_of(typed[i], end_of(typed[i]))
		for (i = 1; i <= targets; i++)
			printf "%s:%d: stays: it is a rule of iptables; `rmirror-translate %s' prints nft's\n", name, target_line[i], name
	}
	if (mode == "rest")
		for (i = 1; i <= lines; i++)
			if (!(i in gone)) {
				gsub(/\001+[ \t]*/, "", kept[i])
				print kept[i]
			}
	if (mode == "count")
		print moved + 0
	if (!(mirrors + targets))
		exit 3
	exit moved < mirrors + targets
}
