// SPDX-License-Identifier: GPL-2.0-only
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/rmirror.h>

#include "guest.h"
#include "netlink.h"

#define TYPE(message) (NFNL_SUBSYS_NFTABLES << 8 | (message))
#define TABLE "arch"
#define CHAIN "mirror"

static struct {
	uint32_t reg;
	struct bytes value;
} load;
static uint8_t current_family;

static void begin(struct batch *batch, uint16_t type, uint16_t flags, uint8_t family)
{
	const struct nfgenmsg header = {.nfgen_family = family};

	message_begin(batch, TYPE(type), flags, &header, sizeof(header));
}

static void bracket(struct batch *batch, uint16_t type)
{
	const struct nfgenmsg header = {.res_id = htons(NFNL_SUBSYS_NFTABLES)};

	message_begin(batch, type, 0, &header, sizeof(header));
	message_end(batch);
}

static void put_table(struct batch *batch, uint16_t type, uint16_t flags, uint8_t family)
{
	begin(batch, type, flags, family);
	put_text(batch, NFTA_TABLE_NAME, TABLE);
	message_end(batch);
}

static void put_chain(struct batch *batch, uint8_t family, const char *hook)
{
	const bool ingress = strcmp(hook, "ingress") == 0;
	uint32_t number = strcmp(hook, "input") == 0 ? NF_INET_LOCAL_IN : NF_INET_PRE_ROUTING;
	size_t nest;

	begin(batch, NFT_MSG_NEWCHAIN, NLM_F_CREATE, family);
	put_text(batch, NFTA_CHAIN_TABLE, TABLE);
	put_text(batch, NFTA_CHAIN_NAME, CHAIN);
	nest = nest_begin(batch, NFTA_CHAIN_HOOK);
	put_be32(batch, NFTA_HOOK_HOOKNUM, ingress ? NF_NETDEV_INGRESS : number);
	put_be32(batch, NFTA_HOOK_PRIORITY, 0);
	if (ingress)
		put_text(batch, NFTA_HOOK_DEV, "lan");
	nest_end(batch, nest);
	put_text(batch, NFTA_CHAIN_TYPE, "filter");
	message_end(batch);
}

static size_t expression_begin(struct batch *batch, const char *name, size_t *element)
{
	*element = nest_begin(batch, NFTA_LIST_ELEM);
	put_text(batch, NFTA_EXPR_NAME, name);
	return nest_begin(batch, NFTA_EXPR_DATA);
}

static void expression_end(struct batch *batch, size_t data, size_t element)
{
	nest_end(batch, data);
	nest_end(batch, element);
}

static void put_load(struct batch *batch)
{
	size_t element, data = expression_begin(batch, "immediate", &element), value;

	put_be32(batch, NFTA_IMMEDIATE_DREG, load.reg);
	value = nest_begin(batch, NFTA_IMMEDIATE_DATA);
	put(batch, NFTA_DATA_VALUE, load.value.data, load.value.len);
	nest_end(batch, value);
	expression_end(batch, data, element);
}

/* The original ends here: nothing that answers it is under test. */
static void put_drop(struct batch *batch)
{
	size_t element, data = expression_begin(batch, "immediate", &element), value, verdict;

	put_be32(batch, NFTA_IMMEDIATE_DREG, NFT_REG_VERDICT);
	value = nest_begin(batch, NFTA_IMMEDIATE_DATA);
	verdict = nest_begin(batch, NFTA_DATA_VERDICT);
	put_be32(batch, NFTA_VERDICT_CODE, NF_DROP);
	nest_end(batch, verdict);
	nest_end(batch, value);
	expression_end(batch, data, element);
}

static void put_rule(struct batch *batch, uint8_t family, const struct bytes *attributes)
{
	size_t expressions, element, data;

	begin(batch, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND | NLM_F_ACK, family);
	put_text(batch, NFTA_RULE_TABLE, TABLE);
	put_text(batch, NFTA_RULE_CHAIN, CHAIN);
	expressions = nest_begin(batch, NFTA_RULE_EXPRESSIONS);
	if (load.value.len)
		put_load(batch);
	data = expression_begin(batch, RMIRROR_NFT_EXPR, &element);
	put_raw(batch, attributes->data, attributes->len);
	expression_end(batch, data, element);
	put_drop(batch);
	nest_end(batch, expressions);
	message_end(batch);
}

int rule_add(const char *family, const char *hook, const struct bytes *attributes)
{
	const uint8_t number = strcmp(family, "netdev") == 0 ? NFPROTO_NETDEV : NFPROTO_INET;
	struct batch batch = {};
	int fd = netlink_open(NETLINK_NETFILTER), error;

	bracket(&batch, NFNL_MSG_BATCH_BEGIN);
	if (current_family) {
		put_table(&batch, NFT_MSG_NEWTABLE, NLM_F_CREATE, current_family);
		put_table(&batch, NFT_MSG_DELTABLE, 0, current_family);
	}
	put_table(&batch, NFT_MSG_NEWTABLE, NLM_F_CREATE, number);
	put_chain(&batch, number, hook);
	put_rule(&batch, number, attributes);
	bracket(&batch, NFNL_MSG_BATCH_END);
	error = netlink_acknowledged(fd, &batch);
	close(fd);
	if (!error)
		current_family = number;
	load.value.len = 0;
	return error;
}

void rule_load(uint32_t reg, const struct bytes *value)
{
	load.reg = reg;
	load.value = *value;
}

/* The data of the statement in the expressions of a rule */
static const struct nlattr *find_statement(const struct nlattr *expressions)
{
	const uint8_t *at = attribute_data(expressions), *end = at + attribute_len(expressions);

	while (at < end) {
		const struct nlattr *element = (const struct nlattr *)at;
		const void *inside = attribute_data(element);
		const struct nlattr *name = attribute_find(inside, attribute_len(element), NFTA_EXPR_NAME);

		if (name && strcmp(attribute_data(name), RMIRROR_NFT_EXPR) == 0)
			return attribute_find(inside, attribute_len(element), NFTA_EXPR_DATA);
		at += NLA_ALIGN(element->nla_len);
	}
	return NULL;
}

size_t rule_dump(uint8_t *attributes, size_t size)
{
	_Alignas(NLMSG_ALIGNTO) static uint8_t rule[65536];
	const struct nlattr *expressions, *data;
	struct batch batch = {};
	int fd = netlink_open(NETLINK_NETFILTER), len;

	begin(&batch, NFT_MSG_GETRULE, NLM_F_DUMP, current_family);
	message_end(&batch);
	len = netlink_answer(fd, &batch, TYPE(NFT_MSG_NEWRULE), rule, sizeof(rule));
	close(fd);
	if (len < 0) {
		errno = -len;
		fatal("dump of the rule");
	}
	expressions = attribute_find(rule + sizeof(struct nfgenmsg), len - sizeof(struct nfgenmsg),
				     NFTA_RULE_EXPRESSIONS);
	data = expressions ? find_statement(expressions) : NULL;
	if (!data || attribute_len(data) > size)
		fatal("the rule's dump has no statement");
	memcpy(attributes, attribute_data(data), attribute_len(data));
	return attribute_len(data);
}
