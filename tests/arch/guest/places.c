// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where unaligned accesses are in the code. mipsel makes an event of perf's of each. armhf does not, but
 * /proc/cpu/alignment names the place of the last one: what came since it was read is taken to be of that.
 */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/perf_event.h>

#include "guest.h"

#define PLACES_MAX 4096

struct place {
	uint64_t address;
	unsigned long count;
	char symbol[128];
	char module[64];
};

static struct place places[PLACES_MAX];
static size_t place_count;

static struct place *add_place(void)
{
	if (place_count == PLACES_MAX)
		fatal("too many places of unaligned accesses");
	return &places[place_count++];
}

#if defined(__mips__)

#define RING_PAGES 64

static struct perf_event_mmap_page *ring;

void alignment_begin(void)
{
	struct perf_event_attr attributes = {.type = PERF_TYPE_SOFTWARE,
					     .size = sizeof(attributes),
					     .config = PERF_COUNT_SW_ALIGNMENT_FAULTS,
					     .sample_period = 1,
					     .sample_type = PERF_SAMPLE_IP};
	int fd;

	fd = syscall(SYS_perf_event_open, &attributes, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
	if (fd < 0)
		fatal("perf_event_open");
	ring = mmap(NULL, (1 + RING_PAGES) * sysconf(_SC_PAGESIZE), PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		    0);
	if (ring == MAP_FAILED)
		fatal("mmap of perf's ring");
}

static void count_address(uint64_t address)
{
	struct place *place = places;

	while (place < places + place_count && place->address != address)
		place++;
	if (place == places + place_count)
		add_place()->address = address;
	place->count++;
}

void alignment_collect(void)
{
	const long page = sysconf(_SC_PAGESIZE);
	/* The guest has one processor: nothing is written while this reads. */
	const uint64_t head = ring->data_head;
	const uint8_t *data = (const uint8_t *)ring + page;

	__sync_synchronize();
	while (ring->data_tail < head) {
		/* Records are of 8 or 16 bytes and more, at multiples of 8: their header is never divided. */
		const uint64_t at = ring->data_tail;
		const struct perf_event_header *header = (const void *)(data + at % (RING_PAGES * page));

		if (header->type == PERF_RECORD_LOST)
			fatal("perf's ring was too small");
		if (header->type == PERF_RECORD_SAMPLE)
			count_address(*(const uint64_t *)(data + (at + sizeof(*header)) % (RING_PAGES * page)));
		ring->data_tail = at + header->size;
	}
}

/* The symbol before each place, which is the closest that was seen so far */
static void name_places(void)
{
	static uint64_t best[PLACES_MAX];
	FILE *file = fopen("/proc/kallsyms", "r");
	char line[512];

	if (!file)
		fatal("/proc/kallsyms");
	while (fgets(line, sizeof(line), file)) {
		char symbol[128], module[64] = "-";
		unsigned long long address;

		if (sscanf(line, "%llx %*c %127s [%63[^]]", &address, symbol, module) < 2)
			continue;
		for (size_t i = 0; i < place_count; i++) {
			if (address > places[i].address || address <= best[i])
				continue;
			best[i] = address;
			snprintf(places[i].symbol, sizeof(places[i].symbol), "%.100s+0x%llx", symbol,
				 (unsigned long long)places[i].address - address);
			strcpy(places[i].module, module);
		}
	}
	fclose(file);
}

#else

static void name_places(void)
{
}

void alignment_begin(void)
{
	alignment_collect();
	place_count = 0;
}

void alignment_collect(void)
{
	static long known;
	FILE *file = fopen("/proc/cpu/alignment", "r");
	char line[256];

	/* Not an ARM */
	if (!file)
		return;
	while (fgets(line, sizeof(line), file)) {
		char symbol[128], module[64] = "-";
		struct place *place;
		long number;

		/* `System: 5 (function+0x1c/0x80 [module])` */
		if (sscanf(line, "System: %ld (%127[^/)]/%*[^] )] [%63[^]]", &number, symbol, module) < 1 ||
		    number == known)
			continue;
		place = add_place();
		place->count = number - known;
		strcpy(place->symbol, symbol);
		strcpy(place->module, module);
		known = number;
	}
	fclose(file);
}

#endif

void alignment_report(void)
{
	name_places();
	for (size_t i = 0; i < place_count; i++)
		printf("unaligned %lu %s %s\n", places[i].count, places[i].module, places[i].symbol);
}

