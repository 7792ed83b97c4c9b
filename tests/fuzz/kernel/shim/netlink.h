/* SPDX-License-Identifier: GPL-2.0-only */
/* Netlink attributes, and an nf_tables expression */
#ifndef _SHIM_NETLINK_H
#define _SHIM_NETLINK_H

enum { NLA_UNSPEC, NLA_U32, NLA_U64, NLA_STRING, NLA_NESTED, NLA_BINARY, NLA_REJECT };

struct nla_policy {
	u8	type;
	u16	len;
};

struct netlink_ext_ack;

static inline int nla_len(const struct nlattr *nla)
{
	return nla->nla_len - NLA_HDRLEN;
}

static inline void *nla_data(const struct nlattr *nla)
{
	return (char *)nla + NLA_HDRLEN;
}

static inline int nla_total_size(int payload)
{
	return NLA_ALIGN(NLA_HDRLEN + payload);
}

static inline __be32 nla_get_be32(const struct nlattr *nla)
{
	return *(__be32 *)nla_data(nla);
}

/* Copies eight bytes, or as many as there are */
static inline __be64 nla_get_be64(const struct nlattr *nla)
{
	__be64 value = 0;

	memcpy(&value, nla_data(nla), min(nla_len(nla), (int)sizeof(value)));
	return value;
}

int nla_memcpy(void *to, const struct nlattr *from, int count);
ssize_t nla_strscpy(char *to, const struct nlattr *from, size_t size);

/* As nf_tables has the attributes of an expression parsed */
int nla_parse_lenient(struct nlattr *tb[], int maxtype, const struct nlattr *head, int len,
		      const struct nla_policy *policy);
int nla_parse_nested(struct nlattr *tb[], int maxtype, const struct nlattr *nla,
		     const struct nla_policy *policy, struct netlink_ext_ack *extack);

int nla_put(struct sk_buff *skb, int type, int len, const void *data);
struct nlattr *nla_nest_start(struct sk_buff *skb, int type);
int nla_nest_end(struct sk_buff *skb, struct nlattr *start);

static inline int nla_put_be32(struct sk_buff *skb, int type, __be32 value)
{
	return nla_put(skb, type, sizeof(value), &value);
}

static inline int nla_put_string(struct sk_buff *skb, int type, const char *text)
{
	return nla_put(skb, type, strlen(text) + 1, text);
}

/* nf_tables */
#define NFT_EXPR_MAXATTR	16

#define NFT_REGS_WORDS	20

struct nft_data;
struct nft_regs { u32 data[NFT_REGS_WORDS]; };
struct nft_pktinfo {
	struct sk_buff			*skb;
	const struct nf_hook_state	*state;
};

struct nft_table { char *name; };
struct nft_rule { struct list_head list; };
struct nft_chain {
	char			*name;
	struct list_head	rules;
};

struct nft_ctx {
	struct net		*net;
	struct nft_table	*table;
	struct nft_chain	*chain;
	u8			family;
};

enum nft_trans_phase { NFT_TRANS_PREPARE };
struct nft_expr_ops;
struct nft_expr {
	const struct nft_expr_ops	*ops;
	unsigned char			data[] __aligned(8);
};

struct nft_expr_type {
	const char			*name;
	const struct nft_expr_ops	*ops;
	const struct nla_policy		*policy;
	unsigned int			maxattr;
	void				*owner;
};

struct nft_expr_ops {
	struct nft_expr_type	*type;
	unsigned int		size;
	void (*eval)(const struct nft_expr *expr, struct nft_regs *regs,
		     const struct nft_pktinfo *pkt);
	int (*init)(const struct nft_ctx *ctx, const struct nft_expr *expr,
		    const struct nlattr * const tb[]);
	void (*activate)(const struct nft_ctx *ctx, const struct nft_expr *expr);
	void (*deactivate)(const struct nft_ctx *ctx, const struct nft_expr *expr,
			   enum nft_trans_phase phase);
	void (*destroy)(const struct nft_ctx *ctx, const struct nft_expr *expr);
	int (*dump)(struct sk_buff *skb, const struct nft_expr *expr, bool reset);
	int (*validate)(const struct nft_ctx *ctx, const struct nft_expr *expr);
};

#define NFT_EXPR_SIZE(size) (sizeof(struct nft_expr) + NLA_ALIGN(size))
#define nft_expr_priv(expr) ((void *)(expr)->data)

/* A rule in this shim has no expressions: nobody walks over its chain. */
#define nft_is_active(net, rule) ((rule) != NULL)
#define nft_rule_for_each_expr(expr, last, rule) \
	for ((expr) = NULL, (last) = NULL; (expr) != (last); (expr) = (last))

int nft_register_expr(struct nft_expr_type *type);
void nft_unregister_expr(struct nft_expr_type *type);
int nft_parse_register_load(const struct nft_ctx *ctx, const struct nlattr *attr, u8 *sreg, u32 len);
int nft_dump_register(struct sk_buff *skb, unsigned int attr, unsigned int reg);
int nft_chain_validate_hooks(const struct nft_chain *chain, unsigned int hooks);

#endif /* _SHIM_NETLINK_H */
