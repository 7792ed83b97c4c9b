// SPDX-License-Identifier: GPL-2.0-only
/*
 * Does what the lines of the file say that it is given, and prints what came of it.
 *
 *   network                           a fresh network namespace; see links.c
 *   load REGISTER BYTES               before the next rule's statement
 *   rule NAME FAMILY HOOK ATTRIBUTES  the only rule from now on; the statement's attributes
 *   dump                              prints `dump NAME ATTRIBUTES` as the kernel has them
 *   packet NAME GSO_TYPE HEADER_LEN GSO_SIZE CHECKSUM_START CHECKSUM_OFFSET FRAME
 *   send NAME                         prints `copy RULE/NAME FRAME` for each
 *
 * It also prints `refused NAME ERRNO` for a rule that the kernel does not take, `time RULE/NAME BEFORE
 * AFTER` in nanoseconds for each that is sent, and at the end `unaligned COUNT MODULE FUNCTION` for each place
 * in the code that made unaligned accesses, `alignment BEFORE AFTER PROVOKED`, how many the kernel counts, and
 * `end`. Bytes are hexadecimal.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "guest.h"

#define PACKETS_MAX 256

struct packet {
	char *name;
	struct offload offload;
	struct bytes frame;
};

static struct packet packets[PACKETS_MAX];
static size_t packet_count;
static char rule_name[128];

int fatal(const char *what)
{
	printf("fault %s: %s\n", what, strerror(errno));
	exit(1);
}

void report(const char *word, const char *name, const void *data, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t *bytes = data;

	printf("%s %s ", word, name);
	for (size_t i = 0; i < len; i++) {
		putchar(digits[bytes[i] >> 4]);
		putchar(digits[bytes[i] & 15]);
	}
	putchar('\n');
}

static char *next_word(void)
{
	char *word = strtok(NULL, " \n");

	if (!word)
		fatal("a line of the corpus is too short");
	return word;
}

static long next_number(void)
{
	return strtol(next_word(), NULL, 0);
}

static struct bytes next_bytes(void)
{
	const char *digits = next_word();
	struct bytes bytes = {.len = strlen(digits) / 2};

	bytes.data = malloc(bytes.len);
	for (size_t i = 0; i < bytes.len; i++)
		sscanf(digits + 2 * i, "%2hhx", &bytes.data[i]);
	return bytes;
}

static void do_load(void)
{
	uint32_t reg = next_number();
	struct bytes value = next_bytes();

	rule_load(reg, &value);
}

static void do_rule(void)
{
	const char *family, *hook;
	struct bytes attributes;
	int error;

	snprintf(rule_name, sizeof(rule_name), "%s", next_word());
	family = next_word();
	hook = next_word();
	attributes = next_bytes();
	error = rule_add(family, hook, &attributes);
	free(attributes.data);
	if (error) {
		printf("refused %s %d\n", rule_name, error);
		rule_name[0] = 0;
	}
}

static void do_dump(void)
{
	static uint8_t attributes[8192];

	if (rule_name[0])
		report("dump", rule_name, attributes, rule_dump(attributes, sizeof(attributes)));
}

static void do_packet(void)
{
	struct packet *packet = &packets[packet_count++];

	if (packet_count > PACKETS_MAX)
		fatal("too many packets");
	packet->name = strdup(next_word());
	packet->offload.gso_type = next_number();
	packet->offload.header_len = next_number();
	packet->offload.gso_size = next_number();
	packet->offload.checksum_start = next_number();
	packet->offload.checksum_offset = next_number();
	packet->frame = next_bytes();
}

static int64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_REALTIME, &time);
	return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static void print_copy(const uint8_t *frame, size_t len, void *name)
{
	report("copy", name, frame, len);
}

static void do_send(void)
{
	const char *name = next_word();
	int64_t before = now();
	char whole[256];

	if (!rule_name[0])
		return;
	snprintf(whole, sizeof(whole), "%s/%s", rule_name, name);
	for (size_t i = 0; i < packet_count; i++) {
		if (strcmp(packets[i].name, name) != 0)
			continue;
		network_send(&packets[i].offload, &packets[i].frame);
		network_collect(print_copy, whole);
		printf("time %s %" PRId64 " %" PRId64 "\n", whole, before, now());
		return;
	}
	fatal(name);
}

static void do_line(char *line)
{
	static const struct {
		const char *word;
		void (*run)(void);
	} commands[] = {{"network", network_begin}, {"load", do_load}, {"rule", do_rule},
			{"dump", do_dump}, {"packet", do_packet}, {"send", do_send}};
	const char *word = strtok(line, " \n");

	for (size_t i = 0; word && i < sizeof(commands) / sizeof(*commands); i++)
		if (strcmp(commands[i].word, word) == 0)
			return commands[i].run();
	fatal("a line of the corpus has no such word");
}

int main(int argc, char *argv[])
{
	FILE *corpus = argc == 2 ? fopen(argv[1], "r") : NULL;
	char *line = NULL;
	size_t size = 0;
	long before, after;

	if (!corpus)
		fatal("the corpus");
	before = alignment_faults();
	alignment_begin();
	while (getline(&line, &size, corpus) > 0) {
		do_line(line);
		alignment_collect();
	}
	alignment_report();
	after = alignment_faults();
	alignment_provoke();
	printf("alignment %ld %ld %ld\nend\n", before, after, alignment_faults());
	return 0;
}
