// SPDX-License-Identifier: GPL-2.0-only
/*
 * Accesses to addresses that are not aligned. mipsel faults for each, armhf for those of several words; the
 * kernel mends and counts them.
 */
#include <stdio.h>
#include <string.h>

#include "guest.h"

#if defined(__mips__)
#define COUNTER "/sys/kernel/debug/mips/unaligned_instructions"
#elif defined(__arm__)
#define COUNTER "/proc/cpu/alignment"
#else
#define COUNTER NULL
#endif

long alignment_faults(void)
{
	const char *path = COUNTER;
	char line[128];
	long sum = 0;
	FILE *file;

	if (!path)
		return -1;
	file = fopen(path, "r");
	if (!file)
		fatal(path);
	while (fgets(line, sizeof(line), file)) {
		long number;

		/* arm: `User: 0`, `System: 0 (function)` and other lines; mips: a number */
		if (sscanf(line, "User: %ld", &number) == 1 || sscanf(line, "System: %ld", &number) == 1 ||
		    sscanf(line, "%ld", &number) == 1)
			sum += number;
	}
	fclose(file);
	return sum;
}

void alignment_provoke(void)
{
	static uint32_t words[4];
	const uint8_t *odd = (const uint8_t *)words + 1;

#if defined(__mips__)
	uint32_t word;

	asm volatile("lw %0, 0(%1)" : "=r"(word) : "r"(odd) : "memory");
#elif defined(__arm__)
	FILE *file = fopen(COUNTER, "w");

	/* 2: mend the accesses of programs, too */
	if (!file || fputs("2", file) < 0 || fclose(file))
		fatal(COUNTER);
	asm volatile("ldm %0, {r2, r3}" : : "r"(odd) : "r2", "r3", "memory");
#else
	(void)odd;
#endif
}
