// SPDX-License-Identifier: GPL-2.0-only
/*
 * The mirror of the example with a libnftnl that has the expression: it is one
 * like any other, with the attributes NFTNL_EXPR_RMIRROR_*.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libnftnl/rule.h>
#include <libnftnl/expr.h>

#include "mirror.h"

static bool set_collector(struct nftnl_expr *expr, const char *text)
{
	unsigned char addr[sizeof(struct in6_addr)];
	uint32_t len = sizeof(struct in_addr);

	if (inet_pton(AF_INET, text, addr) != 1) {
		len = sizeof(struct in6_addr);
		if (inet_pton(AF_INET6, text, addr) != 1)
			return false;
	}
	return nftnl_expr_set(expr, NFTNL_EXPR_RMIRROR_ADDR, addr, len) == 0;
}

static bool set_len(struct nftnl_expr *expr, const char *text)
{
	unsigned long len;
	char *end;

	errno = 0;
	len = strtoul(text, &end, 10);
	if (errno || end == text || *end || len > UINT32_MAX)
		return false;
	nftnl_expr_set_u32(expr, NFTNL_EXPR_RMIRROR_LEN, len);
	return true;
}

int build_rule(struct nlmsghdr *nlh, size_t size, struct nftnl_rule *rule,
	       const struct mirror *mirror)
{
	struct nftnl_expr *expr = nftnl_expr_alloc("rmirror");

	(void)size;	/* libnftnl does not look at it */
	if (!expr) {
		perror("mirror: libnftnl has no rmirror expression");
		return -1;
	}
	if (!set_collector(expr, mirror->collector)) {
		fprintf(stderr, "mirror: '%s' is no IPv4 or IPv6 address\n", mirror->collector);
		nftnl_expr_free(expr);
		return -1;
	}
	if (mirror->len && !set_len(expr, mirror->len)) {
		fprintf(stderr, "mirror: '%s' is no length\n", mirror->len);
		nftnl_expr_free(expr);
		return -1;
	}
	nftnl_rule_add_expr(rule, expr);	/* which owns it from now on */
	nftnl_rule_nlmsg_build_payload(nlh, rule);
	return 0;
}

struct print_context {
	const struct nftnl_rule	*rule;
	void			(*prefix)(const struct nftnl_rule *rule);
	int			count;
};

static void print_expr(const struct nftnl_expr *expr)
{
	char text[INET6_ADDRSTRLEN];
	const void *addr;
	uint32_t len;

	addr = nftnl_expr_get(expr, NFTNL_EXPR_RMIRROR_ADDR, &len);
	if (addr)
		printf("rmirror to %s",
		       inet_ntop(len == 4 ? AF_INET : AF_INET6, addr, text, sizeof(text)));
	else
		printf("rmirror to reg %u",
		       nftnl_expr_get_u32(expr, NFTNL_EXPR_RMIRROR_SREG_ADDR));
	if (nftnl_expr_is_set(expr, NFTNL_EXPR_RMIRROR_LEN))
		printf(" len %u", nftnl_expr_get_u32(expr, NFTNL_EXPR_RMIRROR_LEN));
	printf("\n");
}

static int print_if_mirror(struct nftnl_expr *expr, void *data)
{
	struct print_context *context = data;

	if (strcmp(nftnl_expr_get_str(expr, NFTNL_EXPR_NAME), "rmirror") == 0) {
		context->prefix(context->rule);
		print_expr(expr);
		context->count++;
	}
	return 0;
}

int print_mirrors(const struct nlmsghdr *nlh, struct nftnl_rule *rule,
		  void (*prefix)(const struct nftnl_rule *rule))
{
	struct print_context context = { .rule = rule, .prefix = prefix };

	if (nftnl_rule_nlmsg_parse(nlh, rule) < 0) {
		perror("mirror: reading a rule");
		return -1;
	}
	nftnl_expr_foreach(rule, print_if_mirror, &context);
	return context.count;
}
