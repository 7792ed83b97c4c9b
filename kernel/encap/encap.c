// SPDX-License-Identifier: GPL-2.0-only
/* The encapsulation table, and what several encapsulations need. */

#include <linux/bitmap.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/skbuff.h>

#include "encap.h"

static const char *const encap_word[] = {
#define X(id, word, key_max, port) [RMIRROR_ENCAP_##id] = (word),
	RMIRROR_ENCAP_TABLE(X)
#undef X
};

static const u32 encap_key_max[] = {
#define X(id, word, key_max, port) [RMIRROR_ENCAP_##id] = (key_max),
	RMIRROR_ENCAP_TABLE(X)
#undef X
};

static const u16 encap_port[] = {
#define X(id, word, key_max, port) [RMIRROR_ENCAP_##id] = (port),
	RMIRROR_ENCAP_TABLE(X)
#undef X
};

static const struct rmirror_encap_ops *const encap_table[] = {
#define X(id, word, key_max, port) [RMIRROR_ENCAP_##id] = &rmirror_encap_##id,
	RMIRROR_ENCAP_TABLE(X)
#undef X
};

unsigned long rmirror_encap_protocols[BITS_TO_LONGS(256)] __read_mostly;

/**
 * rmirror_encap_init - note what the table has
 */
void __init rmirror_encap_init(void)
{
	unsigned int id;

	for (id = 0; id < ARRAY_SIZE(encap_table); id++) {
		if (encap_table[id]->proto)
			__set_bit(encap_table[id]->proto, rmirror_encap_protocols);
	}
}

/**
 * rmirror_encap_find - operations of an encapsulation
 * @id: enum rmirror_encap
 *
 * Return: NULL if there is no such encapsulation.
 */
const struct rmirror_encap_ops *rmirror_encap_find(unsigned int id)
{
	return id < ARRAY_SIZE(encap_table) ? encap_table[id] : NULL;
}

/**
 * rmirror_encap_word - its name in the statement
 * @id: a valid enum rmirror_encap
 */
const char *rmirror_encap_word(unsigned int id)
{
	return encap_word[id];
}

/**
 * rmirror_encap_port - its UDP destination port, if the user gives none
 * @id: a valid enum rmirror_encap
 *
 * Return: in host order; 0 if it is not over UDP.
 */
u16 rmirror_encap_port(unsigned int id)
{
	return encap_port[id];
}

/**
 * rmirror_encap_key_max - the highest key
 * @id: a valid enum rmirror_encap
 *
 * Return: all bits that a key may have; 0 if there is none.
 */
u32 rmirror_encap_key_max(unsigned int id)
{
	return encap_key_max[id];
}

/**
 * rmirror_encap_inner - could a mirror have written this header?
 * @proto: protocol of the IP header before it
 * @skb: any packet
 * @off: where the header starts, relative to skb->data
 *
 * Of whichever encapsulation: others mirror with another one than we do. Trusts
 * nothing of @skb.
 *
 * Return: the offset of the frame behind it; -1 if no mirror has written it.
 */
int rmirror_encap_inner(u8 proto, const struct sk_buff *skb, int off)
{
	unsigned int id;

	for (id = 0; id < ARRAY_SIZE(encap_table); id++) {
		int inner;

		if (encap_table[id]->proto != proto)
			continue;
		inner = encap_table[id]->inner(skb, off);
		if (inner >= 0)
			return inner;
	}
	return -1;
}

/**
 * rmirror_encap_is_alone - do only tunnels have a protocol?
 * @proto: of an IP header
 */
bool rmirror_encap_is_alone(u8 proto)
{
	unsigned int id;

	for (id = 0; id < ARRAY_SIZE(encap_table); id++) {
		if (encap_table[id]->proto == proto && encap_table[id]->alone)
			return true;
	}
	return false;
}

/**
 * rmirror_encap_time - when the packet was there
 * @job: the packet
 *
 * Return: nanoseconds since the epoch: the hardware's time stamp if the packet
 * has one, else now.
 */
u64 rmirror_encap_time(const struct rmirror_job *job)
{
	const ktime_t stamp = skb_shinfo(job->frame->skb)->hwtstamps.hwtstamp;

	return ktime_to_ns(stamp ?: ktime_get_real());
}

bool rmirror_encap_never(const struct rmirror_conf *conf)
{
	return false;
}

bool rmirror_encap_always(const struct rmirror_conf *conf)
{
	return true;
}

bool rmirror_encap_varies(const struct rmirror_conf *conf, void *header)
{
	return false;
}

void rmirror_encap_select_key(const struct rmirror_conf *conf, union flowi_uli *uli)
{
	uli->gre_key = htonl(conf->key);
}

void rmirror_encap_select_none(const struct rmirror_conf *conf, union flowi_uli *uli)
{
}
