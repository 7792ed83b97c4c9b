// SPDX-License-Identifier: GPL-2.0-only
/*
 * What libnftnl.cpp compiles with each patched libnftnl: prints what its rmirror expression does.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nf_tables.h>
#include <libnftnl/expr.h>
#include <libnftnl/rule.h>

/* Numbers of linux/netfilter/rmirror.h, which libnftnl does not install */
enum {
	ADDR = 1, EXT = 15,
	EXT_SREG_KEY = 1, EXT_COUNTERS = 2, EXT_OF_TOMORROW = 9,
};

static char buffer[4096];

static void print(const char *what, const struct nftnl_expr *expr)
{
	char text[256] = "";

	nftnl_expr_snprintf(text, sizeof(text), expr, NFTNL_OUTPUT_DEFAULT, 0);
	printf("%s: %s", what, text);
	if (nftnl_expr_is_set(expr, NFTNL_EXPR_RMIRROR_SREG_KEY))
		printf("(register %u)", nftnl_expr_get_u32(expr, NFTNL_EXPR_RMIRROR_SREG_KEY));
	printf("\n");
}

static int print_parsed(struct nftnl_expr *expr, void *what)
{
	print(what, expr);
	return 0;
}

static void parse(const char *what, const struct nlmsghdr *nlh)
{
	struct nftnl_rule *rule = nftnl_rule_alloc();

	if (nftnl_rule_nlmsg_parse(nlh, rule) < 0)
		printf("%s: not parsed\n", what);
	else
		nftnl_expr_foreach(rule, print_parsed, (void *)what);
	nftnl_rule_free(rule);
}

static struct nlmsghdr *message(void)
{
	memset(buffer, 0, sizeof(buffer));
	return nftnl_nlmsg_build_hdr(buffer, NFT_MSG_NEWRULE, AF_INET, 0, 0);
}

static void build_and_parse(void)
{
	struct nftnl_rule *rule = nftnl_rule_alloc();
	struct nftnl_expr *expr = nftnl_expr_alloc("rmirror");
	struct nlmsghdr *nlh = message();
	struct in_addr addr;

	if (!rule || !expr)
		exit(1);
	inet_pton(AF_INET, "10.0.0.5", &addr);
	nftnl_expr_set(expr, NFTNL_EXPR_RMIRROR_ADDR, &addr, sizeof(addr));
	print("without", expr);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_RMIRROR_SREG_KEY, NFT_REG_2);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_RMIRROR_LEN, 60);
	print("set", expr);
	printf("two bytes: %s\n",
	       nftnl_expr_set(expr, NFTNL_EXPR_RMIRROR_SREG_KEY, &addr, 2) < 0 ? "refused" : "taken");
	printf("behind the last: %s\n",
	       nftnl_expr_set(expr, __NFTNL_EXPR_RMIRROR_MAX, &addr, 4) < 0 ? "refused" : "taken");
	nftnl_rule_add_expr(rule, expr);
	nftnl_rule_nlmsg_build_payload(nlh, rule);
	parse("built", nlh);
	nftnl_rule_free(rule);
}

/* As the kernel dumps it, with what this libnftnl need not know */
static void dump(const char *what, bool has_key)
{
	struct nlmsghdr *nlh = message();
	struct nlattr *list, *elem, *data, *ext, *counters;
	uint64_t counted = 5;
	uint32_t sreg = htonl(NFT_REG_3);

	list = mnl_attr_nest_start(nlh, NFTA_RULE_EXPRESSIONS);
	elem = mnl_attr_nest_start(nlh, NFTA_LIST_ELEM);
	mnl_attr_put_strz(nlh, NFTA_EXPR_NAME, "rmirror");
	data = mnl_attr_nest_start(nlh, NFTA_EXPR_DATA);
	mnl_attr_put_u32(nlh, ADDR, htonl(0x0a000005));
	ext = mnl_attr_nest_start(nlh, EXT);
	if (has_key)
		mnl_attr_put_u32(nlh, EXT_SREG_KEY, sreg);
	counters = mnl_attr_nest_start(nlh, EXT_COUNTERS);
	mnl_attr_put(nlh, 1, sizeof(counted), &counted);
	mnl_attr_nest_end(nlh, counters);
	mnl_attr_put_u32(nlh, EXT_OF_TOMORROW, 1);
	mnl_attr_nest_end(nlh, ext);
	mnl_attr_nest_end(nlh, data);
	mnl_attr_nest_end(nlh, elem);
	mnl_attr_nest_end(nlh, list);
	parse(what, nlh);
}

int main(void)
{
	build_and_parse();
	dump("counters only", false);
	dump("register and counters", true);
	return 0;
}
