// SPDX-License-Identifier: GPL-2.0-only
/* Attributes: parsed leniently, as nf_tables does, and strictly, as what is nested is. */
#include "kernel.h"

static int check_attribute(const struct nlattr *nla, const struct nla_policy *policy, bool strict)
{
	const u8 *bytes = nla_data(nla);
	int len = nla_len(nla);

	if (strict && (policy->type == NLA_NESTED) != !!(nla->nla_type & NLA_F_NESTED) &&
	    policy->type != NLA_UNSPEC)
		return -EINVAL;
	switch (policy->type) {
	case NLA_U32:
	case NLA_U64: {
		const int size = policy->type == NLA_U32 ? sizeof(u32) : sizeof(u64);

		if (strict && len != size)
			return -EINVAL;
		return len < size ? -ERANGE : 0;
	}
	case NLA_STRING:
		if (len < 1)
			return -ERANGE;
		len -= !bytes[len - 1];
		return len > policy->len ? -ERANGE : 0;
	case NLA_BINARY:
		return len > policy->len ? -ERANGE : 0;
	case NLA_NESTED:
		return len && len < NLA_HDRLEN ? -ERANGE : 0;
	case NLA_REJECT:
		return -EINVAL;
	default:
		return strict ? -EINVAL : 0;
	}
}

static bool is_whole(const struct nlattr *nla, int left)
{
	return left >= NLA_HDRLEN && nla->nla_len >= NLA_HDRLEN && nla->nla_len <= left;
}

static int parse(struct nlattr *tb[], int maxtype, const struct nlattr *nla, int left,
		 const struct nla_policy *policy, bool strict)
{
	memset(tb, 0, sizeof(*tb) * (maxtype + 1));
	while (is_whole(nla, left)) {
		const int type = nla->nla_type & NLA_TYPE_MASK, step = NLA_ALIGN(nla->nla_len);
		int err;

		if (type && type <= maxtype) {
			err = check_attribute(nla, &policy[type], strict);
			if (err)
				return err;
			tb[type] = (struct nlattr *)nla;
		} else if (strict) {
			return -EINVAL;
		}
		nla = (const void *)nla + step;
		left -= step;
	}
	return strict && left > 0 ? -EINVAL : 0;
}

int nla_parse_lenient(struct nlattr *tb[], int maxtype, const struct nlattr *head, int len,
		      const struct nla_policy *policy)
{
	return parse(tb, maxtype, head, len, policy, false);
}

int nla_parse_nested(struct nlattr *tb[], int maxtype, const struct nlattr *nla,
		     const struct nla_policy *policy, struct netlink_ext_ack *extack)
{
	if (!(nla->nla_type & NLA_F_NESTED))
		return -EINVAL;
	return parse(tb, maxtype, nla_data(nla), nla_len(nla), policy, true);
}

int nla_memcpy(void *to, const struct nlattr *from, int count)
{
	const int len = min(count, nla_len(from));

	memcpy(to, nla_data(from), len);
	memset(to + len, 0, count - len);
	return len;
}

ssize_t nla_strscpy(char *to, const struct nlattr *from, size_t size)
{
	const size_t len = strnlen(nla_data(from), nla_len(from));

	demand(len < size, "a name fits");
	memset(to, 0, size);
	memcpy(to, nla_data(from), len);
	return len;
}

int nla_put(struct sk_buff *skb, int type, int len, const void *data)
{
	struct nlattr *nla;

	if (skb_tailroom(skb) < nla_total_size(len))
		return -EMSGSIZE;
	nla = memset(skb_put(skb, nla_total_size(len)), 0, nla_total_size(len));
	nla->nla_type = type;
	nla->nla_len = NLA_HDRLEN + len;
	if (len)
		memcpy(nla_data(nla), data, len);
	return 0;
}

struct nlattr *nla_nest_start(struct sk_buff *skb, int type)
{
	struct nlattr *start = (struct nlattr *)(skb->head + skb->tail);

	return nla_put(skb, type | NLA_F_NESTED, 0, NULL) ? NULL : start;
}

int nla_nest_end(struct sk_buff *skb, struct nlattr *start)
{
	start->nla_len = (char *)skb->head + skb->tail - (char *)start;
	return skb->len;
}

/* Registers of 16 bytes, NFT_REG_1.., are those of 4 bytes, by other names. */
int nft_parse_register_load(const struct nft_ctx *ctx, const struct nlattr *attr, u8 *sreg, u32 len)
{
	u32 reg = ntohl(nla_get_be32(attr));

	if (reg <= NFT_REG_4)
		reg *= NFT_REG_SIZE / NFT_REG32_SIZE;
	else if (reg >= NFT_REG32_00 && reg <= NFT_REG32_15)
		reg += NFT_REG_SIZE / NFT_REG32_SIZE - NFT_REG32_00;
	else
		return -ERANGE;
	/* The first is the verdict. */
	if (reg < NFT_REG_SIZE / NFT_REG32_SIZE || !len)
		return -EINVAL;
	if (reg * NFT_REG32_SIZE + len > NFT_REGS_WORDS * NFT_REG32_SIZE)
		return -ERANGE;
	*sreg = reg;
	return 0;
}

int nft_dump_register(struct sk_buff *skb, unsigned int attr, unsigned int reg)
{
	if (reg % (NFT_REG_SIZE / NFT_REG32_SIZE))
		reg += NFT_REG32_00 - NFT_REG_SIZE / NFT_REG32_SIZE;
	else
		reg /= NFT_REG_SIZE / NFT_REG32_SIZE;
	return nla_put_be32(skb, attr, htonl(reg));
}

int nft_chain_validate_hooks(const struct nft_chain *chain, unsigned int hooks)
{
	return 0;
}

bool dev_valid_name(const char *name)
{
	const size_t len = strnlen(name, IFNAMSIZ);

	if (!len || len == IFNAMSIZ || !strcmp(name, ".") || !strcmp(name, ".."))
		return false;
	for (; *name; name++) {
		/* A blank, as the kernel's isspace() has it: Latin-1's, too */
		if (*name == '/' || *name == ':' || *name == ' ' || (*name >= '\t' && *name <= '\r') ||
		    *name == '\xa0')
			return false;
	}
	return true;
}
