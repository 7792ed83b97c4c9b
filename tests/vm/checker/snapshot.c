// SPDX-License-Identifier: GPL-2.0-only
/*
 * The state of a packet, and what of it has changed.
 *
 * Fields have names so that a report says something; what has none is compared
 * all the same.
 */

#include <linux/if_vlan.h>
#include <linux/jhash.h>
#include <linux/skbuff.h>

#include "snapshot.h"

/* A name, and what it stands for in a snapshot @s */
#define FIELDS(X)						\
	X(headroom, s->headroom)				\
	X(data_bytes, s->data)					\
	X(tailroom, s->tailroom)				\
	X(frag_list_skbs, s->list)				\
	X(head, (unsigned long)s->skb.head)			\
	X(data, (unsigned long)s->skb.data)			\
	X(tail, s->skb.tail)					\
	X(end, s->skb.end)					\
	X(len, s->skb.len)					\
	X(data_len, s->skb.data_len)				\
	X(truesize, s->skb.truesize)				\
	X(mac_len, s->skb.mac_len)				\
	X(hdr_len, s->skb.hdr_len)				\
	X(mac_header, s->skb.mac_header)			\
	X(network_header, s->skb.network_header)		\
	X(transport_header, s->skb.transport_header)		\
	X(inner_mac_header, s->skb.inner_mac_header)		\
	X(inner_network_header, s->skb.inner_network_header)	\
	X(inner_transport_header, s->skb.inner_transport_header) \
	X(inner_protocol, s->skb.inner_protocol)		\
	X(encapsulation, s->skb.encapsulation)			\
	X(protocol, s->skb.protocol)				\
	X(pkt_type, s->skb.pkt_type)				\
	X(ip_summed, s->skb.ip_summed)				\
	X(csum, s->skb.csum)					\
	X(csum_level, s->skb.csum_level)			\
	X(csum_sctp, skb_csum_is_sctp((struct sk_buff *)&s->skb)) \
	X(mark, s->skb.mark)					\
	X(priority, s->skb.priority)				\
	X(hash, s->skb.hash)					\
	X(l4_hash, s->skb.l4_hash)				\
	X(sw_hash, s->skb.sw_hash)				\
	X(queue_mapping, s->skb.queue_mapping)			\
	X(skb_iif, s->skb.skb_iif)				\
	X(vlan_proto, s->skb.vlan_proto)			\
	X(vlan_tci, s->skb.vlan_tci)				\
	X(vlan_present, skb_vlan_tag_present(&s->skb))		\
	X(tstamp, s->skb.tstamp)				\
	X(dev, (unsigned long)s->skb.dev)			\
	X(dst, s->skb._skb_refdst)				\
	X(sk, (unsigned long)s->skb.sk)				\
	X(destructor, (unsigned long)s->skb.destructor)		\
	X(nfct, skb_get_nfct(&s->skb))				\
	X(users, refcount_read(&s->skb.users))			\
	X(cloned, s->skb.cloned)				\
	X(fclone, s->skb.fclone)				\
	X(nohdr, s->skb.nohdr)					\
	X(cb, jhash(s->skb.cb, sizeof(s->skb.cb), 0))		\
	X(nr_frags, s->info.nr_frags)				\
	X(frags, jhash(s->info.frags, sizeof(s->info.frags), 0)) \
	X(frag_list, (unsigned long)s->info.frag_list)		\
	X(shared_flags, s->info.flags)				\
	X(tx_flags, s->info.tx_flags)				\
	X(gso_size, s->info.gso_size)				\
	X(gso_segs, s->info.gso_segs)				\
	X(gso_type, s->info.gso_type)				\
	X(destructor_arg, (unsigned long)s->info.destructor_arg)

enum {
#define X(name, value) FIELD_##name,
	FIELDS(X)
#undef X
	FIELD_dataref,
	FIELD_other_skb,
	FIELD_other_info,
	FIELD_MAX,
};

static const char *const names[] = {
#define X(name, value) #name,
	FIELDS(X)
#undef X
	"dataref",
	"other_skb",
	"other_info",
};

#define X(name, value)					\
static u64 get_##name(const struct snapshot *s)		\
{							\
	return (__force u64)(value);			\
}
FIELDS(X)
#undef X

static u64 (*const getters[])(const struct snapshot *s) = {
#define X(name, value) get_##name,
	FIELDS(X)
#undef X
};

static u32 hash_packet(const struct sk_buff *skb)
{
	struct skb_seq_state state;
	unsigned int offset = 0, len;
	u32 hash = skb->len;
	const u8 *data;

	/* It reads only, whatever its prototype says. */
	skb_prepare_seq_read((struct sk_buff *)skb, 0, skb->len, &state);
	while ((len = skb_seq_read(offset, &data, &state))) {
		hash = jhash(data, len, hash);
		offset += len;
	}
	skb_abort_seq_read(&state);
	return hash;
}

static u32 hash_list(const struct sk_buff *skb)
{
	const struct sk_buff *frag;
	u32 hash = 0;

	for (frag = skb_shinfo(skb)->frag_list; frag; frag = frag->next)
		hash = jhash(frag, sizeof(*frag), hash);
	return hash;
}

/**
 * snapshot_take - remember what a packet is like
 * @s: where
 * @skb: the packet; only read
 */
void snapshot_take(struct snapshot *s, const struct sk_buff *skb)
{
	const unsigned char *tail = skb_tail_pointer(skb);

	memcpy(&s->skb, skb, sizeof(s->skb));
	memcpy(&s->info, skb_shinfo(skb), sizeof(s->info));
	s->dataref = atomic_read(&skb_shinfo(skb)->dataref);
	atomic_set(&s->info.dataref, 0);
	s->headroom = jhash(skb->head, skb_headroom(skb), 0);
	s->data = hash_packet(skb);
	s->tailroom = jhash(tail, skb_end_pointer(skb) - tail, 0);
	s->list = hash_list(skb);
}

unsigned int snapshot_compare(const struct snapshot *before, const struct snapshot *after,
			      void (*differs)(void *arg, unsigned int field), void *arg)
{
	unsigned int field, skb_fields = 0, info_fields = 0, n = 0;

	for (field = 0; field < ARRAY_SIZE(getters); field++) {
		if (getters[field](before) == getters[field](after))
			continue;
		if (field >= FIELD_nr_frags)
			info_fields++;
		else if (field > FIELD_frag_list_skbs)
			skb_fields++;
		differs(arg, field);
		n++;
	}
	/* A reference may go meanwhile, but none may stay behind. */
	if (after->dataref > before->dataref) {
		differs(arg, FIELD_dataref);
		n++;
	}
	if (!skb_fields && memcmp(&before->skb, &after->skb, sizeof(before->skb))) {
		differs(arg, FIELD_other_skb);
		n++;
	}
	if (!info_fields && memcmp(&before->info, &after->info, sizeof(before->info))) {
		differs(arg, FIELD_other_info);
		n++;
	}
	return n;
}

unsigned int snapshot_fields(void)
{
	return FIELD_MAX;
}

const char *snapshot_field_name(unsigned int field)
{
	return names[field];
}
