// SPDX-License-Identifier: GPL-2.0-only
/*
 * nft_rmirror.c as nf_tables calls it. What a mirror does with its statement is main.c's,
 * which is not here: a mirror keeps its statement and its counters, and no more.
 */
#include "core.h"
#include "encap/encap.h"
#include "rule.h"

struct task_struct *current;
static struct nft_expr_type *type;

struct mirror {
	struct rmirror		core;
	u64			counters[RMIRROR_COUNTERS];
};

int nft_register_expr(struct nft_expr_type *registered)
{
	type = registered;
	return 0;
}

void nft_unregister_expr(struct nft_expr_type *registered)
{
	type = NULL;
}

static void check_range(u32 value, u32 low, u32 high)
{
	demand(value >= low && value <= high, "a mirror gets no number out of its range");
}

static void check_conf(const struct rmirror_conf *conf)
{
	const u32 key_max = rmirror_encap_key_max(conf->encap);

	check_range(conf->encap, 0, RMIRROR_ENCAP_MAX);
	check_range(conf->mtu, 0, RMIRROR_MTU_MAX);
	check_range(conf->ttl, 1, 255);
	check_range(conf->dscp, 0, 63);
	check_range(conf->port, 0, 65535);
	check_range(conf->flags, 0, RMIRROR_F_MASK);
	check_range(conf->key, 0, key_max);
	if (rmirror_conf_given(conf, NFTA_RMIRROR_LEN))
		check_range(conf->len, conf->encap == RMIRROR_ENCAP_NONE ? RMIRROR_LEN_MIN_NONE :
									   RMIRROR_LEN_MIN,
			    RMIRROR_LEN_MAX);
	demand(!rmirror_encap_port(conf->encap) == !conf->port, "what is over UDP has a port");
	demand(conf->family == NFPROTO_IPV4 || conf->family == NFPROTO_IPV6, "family");
	demand(memchr(conf->oifname, 0, IFNAMSIZ), "a name ends");
	demand(!rmirror_conf_given(conf, NFTA_RMIRROR_OIFNAME) || conf->oifname[0], "device");
}

struct rmirror *rmirror_create(struct net *net, const struct rmirror_conf *conf,
			       const struct rmirror_place *place)
{
	struct mirror *m = calloc(1, sizeof(*m));

	check_conf(conf);
	m->core.conf = *conf;
	return &m->core;
}

void rmirror_release(struct rmirror *m)
{
	free(container_of(m, struct mirror, core));
}

const struct rmirror_conf *rmirror_conf_get(const struct rmirror *m)
{
	return &m->conf;
}

void rmirror_stats_read(struct rmirror *m, u64 counters[RMIRROR_COUNTERS], bool reset)
{
	struct mirror *mirror = container_of(m, struct mirror, core);

	memcpy(counters, mirror->counters, sizeof(mirror->counters));
	if (reset)
		memset(mirror->counters, 0, sizeof(mirror->counters));
}

void rmirror_stats_restore(struct rmirror *m, const u64 counters[RMIRROR_COUNTERS])
{
	memcpy(container_of(m, struct mirror, core)->counters, counters,
	       sizeof(*counters) * RMIRROR_COUNTERS);
}

void rmirror_mirror(struct rmirror *m, const struct sk_buff *skb, const struct nf_hook_state *state,
		    const union nf_inet_addr *addr, const u32 *key)
{
	demand(false, "no packet comes");
}

/* A message with so much room; returns what the dump had to say. */
static int dump_into(const struct nft_expr *expr, void *dump, size_t *size, bool reset)
{
	struct sk_buff *skb = alloc_skb(*size, GFP_KERNEL);
	const int err = expr->ops->dump(skb, expr, reset);

	if (!err) {
		*size = skb->len;
		memcpy(dump, skb->data, skb->len);
	}
	kfree_skb(skb);
	return err;
}

/*
 * Whatever room there is, what has been counted is either in the dump or still in the mirror. One
 * size is tried, which depends on the dump, so that all are.
 */
static void check_reset(const struct nft_expr *expr, const void *dump, size_t size)
{
	size_t room = jhash(dump, size, 0) % (size / 4) * 4;
	void *again = malloc(size);

	demand(dump_into(expr, again, &room, true), "a dump has no room to spare");
	room = size;
	demand(!dump_into(expr, again, &room, false) && room == size && !memcmp(dump, again, size),
	       "a dump that did not fit has reset nothing");
	free(again);
}

static int make_and_dump(const struct nft_ctx *ctx, struct nft_expr *expr,
			 const struct nlattr * const tb[], void *dump, size_t *size)
{
	int err = expr->ops->init(ctx, expr, tb);

	if (err)
		return err;
	demand(!dump_into(expr, dump, size, false), "a statement fits into a message");
	check_reset(expr, dump, *size);
	expr->ops->activate(ctx, expr);
	expr->ops->destroy(ctx, expr);
	return 0;
}

int kernel_rule(const void *attributes, size_t len, void *dump, size_t *size)
{
	struct nft_chain chain = { .name = "c" };
	struct nft_table table = { .name = "t" };
	const struct nft_ctx ctx = { .table = &table, .chain = &chain, .family = NFPROTO_INET };
	struct nlattr *tb[NFT_EXPR_MAXATTR + 1];
	struct nft_expr *expr;
	void *copy;
	int err;
	int module_nft_rmirror_module_init(void);

	INIT_LIST_HEAD(&chain.rules);
	if (!type)
		module_nft_rmirror_module_init();
	copy = memcpy(malloc(len), attributes, len);
	err = nla_parse_lenient(tb, type->maxattr, copy, len, type->policy);
	if (!err) {
		expr = calloc(1, type->ops->size);
		expr->ops = type->ops;
		err = make_and_dump(&ctx, expr, (const struct nlattr * const *)tb, dump, size);
		free(expr);
	}
	free(copy);
	return err;
}
