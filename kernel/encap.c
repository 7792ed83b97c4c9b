// SPDX-License-Identifier: GPL-2.0-only
/* The encapsulation table, and what several encapsulations need. */

#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/skbuff.h>

#include <rmirror_tables.h>

#include "encap.h"

static const char *const encap_word[] = {
#define X(id, word, key_max, port) [RMIRROR_ENCAP_##id] = (word),
	RMIRROR_ENCAP_TABLE(X)
#undef X
};

static const u16 encap_port[] = {
#define X(id, word, key_max, port) [RMIRROR_ENCAP_##id] = (port),
	RMIRROR_ENCAP_TABLE(X)
#undef X
};

static const struct rmirror_encap_ops *const encap_table[__RMIRROR_ENCAP_MAX] = {
	[RMIRROR_ENCAP_GRE]	= &rmirror_encap_gre,
	[RMIRROR_ENCAP_ERSPAN1]	= &rmirror_encap_erspan1,
	[RMIRROR_ENCAP_ERSPAN]	= &rmirror_encap_erspan,
	[RMIRROR_ENCAP_ERSPAN3]	= &rmirror_encap_erspan3,
	[RMIRROR_ENCAP_VXLAN]	= &rmirror_encap_vxlan,
	[RMIRROR_ENCAP_GENEVE]	= &rmirror_encap_geneve,
	[RMIRROR_ENCAP_TZSP]	= &rmirror_encap_tzsp,
	[RMIRROR_ENCAP_NONE]	= &rmirror_encap_none,
};

/**
 * rmirror_encap_find - operations of an encapsulation
 * @id: enum rmirror_encap
 *
 * Return: NULL if there is no such encapsulation, or none in this module yet.
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
 * rmirror_encap_owns - could a mirror have written this header?
 * @m: a mirror; its own port counts, too
 * @proto: protocol of the outer IP header
 * @skb: any packet
 * @off: where the header starts
 *
 * Of whichever encapsulation: the other end of a link may mirror with another
 * one than we do. Trusts nothing of @skb.
 */
bool rmirror_encap_owns(const struct rmirror *m, u8 proto, const struct sk_buff *skb, int off)
{
	unsigned int id;

	for (id = 0; id < ARRAY_SIZE(encap_table); id++) {
		if (encap_table[id]->proto == proto && encap_table[id]->owns(m, skb, off))
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
	const ktime_t stamp = skb_hwtstamps((struct sk_buff *)job->frame->skb)->hwtstamp;

	return ktime_to_ns(stamp ?: ktime_get_real());
}

bool rmirror_encap_same(const struct rmirror_conf *conf)
{
	return false;
}

bool rmirror_encap_differs(const struct rmirror_conf *conf)
{
	return true;
}
