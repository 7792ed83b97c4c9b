/* SPDX-License-Identifier: GPL-2.0-only */
/* The parts of the guest program: each has its functions here. */
#ifndef ARCH_GUEST_H
#define ARCH_GUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FRAME_MAX 65536

/* Bytes of the corpus */
struct bytes {
	uint8_t *data;
	size_t len;
};

/* What a tap device is told of a frame: struct virtio_net_hdr */
struct offload {
	uint8_t gso_type;
	uint16_t header_len;
	uint16_t gso_size;
	uint16_t checksum_start;
	uint16_t checksum_offset;
};

/* main.c: ends the program with the reason and errno's text */
int fatal(const char *what) __attribute__((noreturn));
/* Prints a line: WORD NAME BYTES */
void report(const char *word, const char *name, const void *data, size_t len);

/* links.c: a network namespace of its own, with the devices lan and mon. One made before goes. */
void network_begin(void);
/* lan receives the frame. */
void network_send(const struct offload *offload, const struct bytes *frame);
/* Calls TAKE for each frame that mon has sent to the collector since the last time. */
void network_collect(void (*take)(const uint8_t *frame, size_t len, void *context), void *context);

/* rules.c: the only rule, in the place of what was there; 0 or an errno */
int rule_add(const char *family, const char *hook, const struct bytes *attributes);
/* A register is loaded before the next rule's statement. */
void rule_load(uint32_t reg, const struct bytes *value);
/* The attributes of the rule's statement, as the kernel dumps them */
size_t rule_dump(uint8_t *attributes, size_t size);

/* alignment.c: accesses to addresses that are not aligned which the kernel mended so far; -1: it counts none */
long alignment_faults(void);
/* One such access */
void alignment_provoke(void);

/* places.c: begins to note where they are */
void alignment_begin(void);
/* Takes what was noted since the last time: often enough that it is not too much */
void alignment_collect(void);
/* Prints `unaligned COUNT MODULE FUNCTION` for each place; `-` is the kernel itself */
void alignment_report(void);

#endif
