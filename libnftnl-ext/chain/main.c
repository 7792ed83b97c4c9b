// SPDX-License-Identifier: GPL-2.0-only
/*
 * rmirror-chain: the statement for a nft that does not know it. It makes chains that mirror, to
 * which rules of the stock nft jump.
 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "chain.h"

enum {
	EXIT_REFUSED = 1,
	EXIT_USAGE = 2,
};

static const char usage[] =
	"Usage: rmirror-chain add FAMILY TABLE CHAIN rmirror to COLLECTOR [OPTION VALUE]...\n"
	"       rmirror-chain add -f FILE\n"
	"       rmirror-chain check rmirror to COLLECTOR [OPTION VALUE]...\n"
	"       rmirror-chain list [FAMILY [TABLE]]\n"
	"\n"
	"For a nft that does not know the statement of rmirror(7).\n"
	"\n"
	"add    makes the chain, which mirrors what jumps to it, and the table if it is not there:\n"
	"         rmirror-chain add inet mirrors to_ids rmirror to 10.0.0.5 len 128\n"
	"         nft add chain inet mirrors pre '{ type filter hook prerouting priority -310; }'\n"
	"         nft add rule inet mirrors pre iifname eth0 jump to_ids\n"
	"       -f: a line of FILE, - for stdin, for each chain: FAMILY TABLE CHAIN rmirror to ..\n"
	"       All of them in one transaction, or none. Lines that begin with # are left out.\n"
	"check  prints the statement as nft would, or what is wrong with it\n"
	"list   prints each statement of the ruleset with its place, as lines for add -f\n"
	"\n"
	"What nft lists of such a chain is its name and, as a comment, its statement.\n"
	"Exit status: 0, 1 if something is refused, 2 if the command is wrong.\n";

static int __attribute__((format(printf, 1, 2))) refused(const char *format, ...)
{
	va_list args;

	fputs("rmirror-chain: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	return EXIT_REFUSED;
}

static int wrong_command(void)
{
	fputs(usage, stderr);
	return EXIT_USAGE;
}

/* The words of the command line as one text; NULL: too long for any chain */
static const char *join(char **words, char text[CHAIN_ERROR_MAX])
{
	size_t used = 0;

	text[0] = '\0';
	for (; *words; words++) {
		used += (size_t)snprintf(text + used, CHAIN_ERROR_MAX - used, "%s%s",
					 used ? " " : "", *words);
		if (used >= CHAIN_ERROR_MAX)
			return NULL;
	}
	return text;
}

static int add(const struct chain *chains, size_t count, const char *file)
{
	const struct chain *failed;
	char error[CHAIN_ERROR_MAX], place[64 + CHAIN_ERROR_MAX] = "";

	if (chain_add(chains, count, &failed, error))
		return EXIT_SUCCESS;
	if (!failed)
		return refused("%s", error);
	if (failed->line)
		snprintf(place, sizeof(place), "%.1000s:%u: ", file, failed->line);
	return refused("%s%s %s %s: %s", place, chain_family_word(failed->family), failed->table,
		       failed->name, error);
}

static int add_one(char **words)
{
	char text[CHAIN_ERROR_MAX], error[CHAIN_ERROR_MAX];
	struct chain chain;

	if (!join(words, text))
		return refused("the command has more than %d bytes", CHAIN_ERROR_MAX - 1);
	if (!chain_parse(text, &chain, error))
		return refused("%s", error);
	return add(&chain, 1, NULL);
}

/* Reads the lines of a file into @chains, which grows; 0, or the exit status of what is wrong */
static int read_lines(FILE *in, const char *file, struct chain **chains, size_t *count)
{
	char error[CHAIN_ERROR_MAX];
	unsigned int number = 0;
	char *line = NULL;
	size_t size = 0;
	int status = 0;

	while (!status && getline(&line, &size, in) >= 0) {
		struct chain *grown;

		number++;
		if (line[strspn(line, " \t\n")] == '\0' || line[0] == '#')
			continue;
		grown = realloc(*chains, (*count + 1) * sizeof(*grown));
		if (!grown) {
			status = refused("out of memory");
			break;
		}
		*chains = grown;
		if (!chain_parse(line, &grown[*count], error))
			status = refused("%s:%u: %s", file, number, error);
		grown[(*count)++].line = number;
	}
	if (!status && ferror(in))
		status = refused("%s: cannot be read", file);
	free(line);
	return status;
}

static int add_file(const char *file)
{
	const bool is_stdin = strcmp(file, "-") == 0;
	FILE *in = is_stdin ? stdin : fopen(file, "r");
	struct chain *chains = NULL;
	size_t count = 0;
	int status;

	if (!in)
		return refused("%s: cannot be opened", file);
	status = read_lines(in, file, &chains, &count);
	if (!is_stdin)
		fclose(in);
	if (!status && count)
		status = add(chains, count, file);
	free(chains);
	return status;
}

static int check(char **words)
{
	char text[CHAIN_ERROR_MAX], error[RMIRROR_TEXT_MAX], canonical[STATEMENT_TEXT_MAX];
	struct xt_rmirror_tginfo_v1 statement;

	if (!join(words, text))
		return refused("the command has more than %d bytes", CHAIN_ERROR_MAX - 1);
	if (!statement_parse(text, &statement, error))
		return refused("%s", error);
	statement_print(&statement, canonical);
	puts(canonical);
	return EXIT_SUCCESS;
}

static int list(char **words)
{
	char error[CHAIN_ERROR_MAX];
	uint8_t family = 0;

	if (words[0] && !chain_family(words[0], &family))
		return refused("invalid family '%s', expected ip, ip6, inet, arp, bridge or netdev",
			       words[0]);
	if (!chain_list(family, words[0] ? words[1] : NULL, stdout, error))
		return refused("%s", error);
	return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	const char *command = argc > 1 ? argv[1] : "";

	if (strcmp(command, "--help") == 0 || strcmp(command, "-h") == 0 ||
	    strcmp(command, "help") == 0) {
		fputs(usage, stdout);
		return EXIT_SUCCESS;
	}
	if (strcmp(command, "add") == 0 && argc == 4 && strcmp(argv[2], "-f") == 0)
		return add_file(argv[3]);
	if (strcmp(command, "add") == 0 && argc > 2 && argv[2][0] != '-')
		return add_one(argv + 2);
	if (strcmp(command, "check") == 0 && argc > 2)
		return check(argv + 2);
	if (strcmp(command, "list") == 0 && argc <= 4)
		return list(argv + 2);
	return wrong_command();
}
