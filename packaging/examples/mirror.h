/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The parts of the example. mirror.c talks to the kernel; what it says about
 * rmirror comes from one of the two other files, by what there is to link:
 *
 *   with_librmirror.c  the distribution's libnftnl, and librmirror
 *   with_libnftnl.c    a libnftnl that knows the expression
 */
#ifndef MIRROR_H
#define MIRROR_H

#include <stddef.h>
#include <stdint.h>

struct nftnl_rule;
struct nlmsghdr;

/* What the user wants. */
struct mirror {
	const char	*collector;	/* 10.0.0.5 or 2001:db8::5 */
	const char	*len;		/* bytes, NULL: whole frames */
};

/*
 * Write an NFT_MSG_NEWRULE that holds the rule and, as its last expression, the
 * mirror. nlh: header by nftnl_nlmsg_build_hdr(), in a buffer of size bytes.
 * Returns 0, or -1 after a complaint.
 */
int build_rule(struct nlmsghdr *nlh, size_t size, struct nftnl_rule *rule,
	       const struct mirror *mirror);

/*
 * Read a rule of a dump, and print each mirror in it, on a line that starts with
 * the text that prefix() makes of the rule. Returns how many there were, or -1
 * after a complaint.
 */
int print_mirrors(const struct nlmsghdr *nlh, struct nftnl_rule *rule,
		  void (*prefix)(const struct nftnl_rule *rule));

#endif /* MIRROR_H */
