// SPDX-License-Identifier: GPL-2.0-only
/*
 * The mirror of the example with librmirror(3): libnftnl writes and reads the
 * rule, librmirror adds and finds the statement in the message.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <libnftnl/rule.h>
#include <rmirror/rmirror.h>

#include "mirror.h"

static int build_stmt(struct rmirror_stmt *stmt, const struct mirror *mirror,
		      struct rmirror_err *err)
{
	if (rmirror_stmt_set_str(stmt, NFTA_RMIRROR_ADDR, mirror->collector, err) < 0)
		return -1;
	if (mirror->len && rmirror_stmt_set_str(stmt, NFTA_RMIRROR_LEN, mirror->len, err) < 0)
		return -1;
	return 0;
}

int build_rule(struct nlmsghdr *nlh, size_t size, struct nftnl_rule *rule,
	       const struct mirror *mirror)
{
	struct rmirror_stmt *stmt = rmirror_stmt_alloc();
	struct rmirror_err *err = rmirror_err_alloc();
	int ret = -1;

	if (!stmt || !err) {
		perror("mirror");
	} else {
		nftnl_rule_nlmsg_build_payload(nlh, rule);
		ret = build_stmt(stmt, mirror, err);
		if (ret == 0)
			ret = rmirror_rule_nlmsg_insert(nlh, size, RMIRROR_INDEX_END, stmt, err);
		if (ret < 0)
			fprintf(stderr, "mirror: %s\n", rmirror_err_message(err));
	}
	rmirror_err_free(err);
	rmirror_stmt_free(stmt);
	return ret;
}

int print_mirrors(const struct nlmsghdr *nlh, struct nftnl_rule *rule,
		  void (*prefix)(const struct nftnl_rule *rule))
{
	struct rmirror_stmt *stmt;
	char text[512];
	int count;

	/* Not nftnl_rule_nlmsg_parse(), which refuses rules with a mirror. */
	if (rmirror_rule_nlmsg_parse(nlh, rule) < 0) {
		perror("mirror: reading a rule");
		return -1;
	}
	for (count = 0; (stmt = rmirror_rule_nlmsg_get(nlh, count, NULL, NULL)); count++) {
		rmirror_stmt_snprintf(text, sizeof(text), stmt, RMIRROR_FORMAT_TEXT);
		rmirror_stmt_free(stmt);
		prefix(rule);
		printf("%s\n", text);
	}
	if (errno != ENOENT) {
		perror("mirror: reading a mirror");
		return -1;
	}
	return count;
}
