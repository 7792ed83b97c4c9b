// SPDX-License-Identifier: GPL-2.0-only
/*
 * mirror: an example for librmirror(3). Adds, lists and deletes mirrors in
 * chains that exist, without nft:
 *
 *   mirror add inet filter input 10.0.0.5 60
 *   mirror list
 *   mirror delete inet filter input 4
 *
 * Everything here is libmnl and libnftnl as in any program that speaks
 * nf_tables; see mirror.h for the rest.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <libmnl/libmnl.h>
#include <libnftnl/common.h>
#include <libnftnl/rule.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

#include "mirror.h"

static const struct {
	const char	*name;
	uint32_t	number;
} families[] = {
	{ "inet",	NFPROTO_INET },
	{ "ip",		NFPROTO_IPV4 },
	{ "ip6",	NFPROTO_IPV6 },
	{ "arp",	NFPROTO_ARP },
	{ "bridge",	NFPROTO_BRIDGE },
	{ "netdev",	NFPROTO_NETDEV },
};
#define FAMILIES (sizeof(families) / sizeof(families[0]))

static int usage(void)
{
	fprintf(stderr,
		"usage: mirror add FAMILY TABLE CHAIN COLLECTOR [BYTES]\n"
		"       mirror list\n"
		"       mirror delete FAMILY TABLE CHAIN HANDLE\n");
	return 2;
}

static const char *family_name(uint32_t number)
{
	size_t i;

	for (i = 0; i < FAMILIES; i++)
		if (families[i].number == number)
			return families[i].name;
	return "?";
}

static int family_number(const char *name, uint32_t *number)
{
	size_t i;

	for (i = 0; i < FAMILIES; i++) {
		if (strcmp(families[i].name, name) == 0) {
			*number = families[i].number;
			return 0;
		}
	}
	fprintf(stderr, "mirror: unknown family '%s'\n", name);
	return -1;
}

static struct mnl_socket *open_netlink(void)
{
	struct mnl_socket *nl = mnl_socket_open(NETLINK_NETFILTER);

	if (nl && mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) < 0) {
		mnl_socket_close(nl);
		nl = NULL;
	}
	if (!nl)
		perror("mirror: netlink");
	return nl;
}

/* Send messages and hand the answers to cb until the last one. Returns 0, or -1 with errno. */
static int talk(const void *messages, size_t len, uint32_t seq, mnl_cb_t cb)
{
	char buf[MNL_SOCKET_BUFFER_SIZE];
	struct mnl_socket *nl = open_netlink();
	ssize_t got;
	int ret = -1, saved;

	if (!nl)
		exit(EXIT_FAILURE);
	if (mnl_socket_sendto(nl, messages, len) >= 0) {
		do {
			got = mnl_socket_recvfrom(nl, buf, sizeof(buf));
			ret = got < 0 ? -1 :
			      mnl_cb_run(buf, got, seq, mnl_socket_get_portid(nl), cb, NULL);
		} while (ret > 0);
	}
	saved = errno;
	mnl_socket_close(nl);
	errno = saved;
	return ret;
}

/* A transaction of one message. */
struct change {
	uint16_t		type;
	uint16_t		flags;
	uint32_t		family;
	struct nftnl_rule	*rule;
	const struct mirror	*mirror;	/* NULL: there is none */
};

static int apply(const struct change *change)
{
	char *buf = calloc(4, MNL_SOCKET_BUFFER_SIZE);
	size_t size = 2 * MNL_SOCKET_BUFFER_SIZE;
	uint32_t seq = time(NULL);
	struct mnl_nlmsg_batch *batch;
	struct nlmsghdr *nlh;
	int ret = 0;

	if (!buf) {
		perror("mirror");
		return -1;
	}
	batch = mnl_nlmsg_batch_start(buf, size);
	nftnl_batch_begin(mnl_nlmsg_batch_current(batch), seq);
	mnl_nlmsg_batch_next(batch);

	nlh = nftnl_nlmsg_build_hdr(mnl_nlmsg_batch_current(batch), change->type, change->family,
				    change->flags | NLM_F_ACK, seq);
	if (change->mirror)
		ret = build_rule(nlh, size, change->rule, change->mirror);
	else
		nftnl_rule_nlmsg_build_payload(nlh, change->rule);
	mnl_nlmsg_batch_next(batch);

	nftnl_batch_end(mnl_nlmsg_batch_current(batch), seq);
	mnl_nlmsg_batch_next(batch);
	if (ret == 0) {
		ret = talk(mnl_nlmsg_batch_head(batch), mnl_nlmsg_batch_size(batch), seq, NULL);
		if (ret < 0)
			perror("mirror: the kernel refused it");
	}
	mnl_nlmsg_batch_stop(batch);
	free(buf);
	return ret;
}

static struct nftnl_rule *make_rule(uint32_t family, const char *table, const char *chain)
{
	struct nftnl_rule *rule = nftnl_rule_alloc();

	if (!rule) {
		perror("mirror");
		exit(EXIT_FAILURE);
	}
	nftnl_rule_set_u32(rule, NFTNL_RULE_FAMILY, family);
	nftnl_rule_set_str(rule, NFTNL_RULE_TABLE, table);
	nftnl_rule_set_str(rule, NFTNL_RULE_CHAIN, chain);
	return rule;
}

static int add(char **argv)
{
	struct mirror mirror = { .collector = argv[3], .len = argv[4] };
	struct change change = {
		.type = NFT_MSG_NEWRULE,
		.flags = NLM_F_CREATE | NLM_F_APPEND,
		.mirror = &mirror,
	};
	int ret;

	if (family_number(argv[0], &change.family) < 0)
		return -1;
	change.rule = make_rule(change.family, argv[1], argv[2]);
	ret = apply(&change);
	nftnl_rule_free(change.rule);
	return ret;
}

static int delete(char **argv)
{
	struct change change = { .type = NFT_MSG_DELRULE };
	char *end;
	uint64_t handle = strtoull(argv[3], &end, 10);
	int ret;

	if (end == argv[3] || *end) {
		fprintf(stderr, "mirror: '%s' is no handle\n", argv[3]);
		return -1;
	}
	if (family_number(argv[0], &change.family) < 0)
		return -1;
	change.rule = make_rule(change.family, argv[1], argv[2]);
	nftnl_rule_set_u64(change.rule, NFTNL_RULE_HANDLE, handle);
	ret = apply(&change);
	nftnl_rule_free(change.rule);
	return ret;
}

static void print_place(const struct nftnl_rule *rule)
{
	printf("%s %s %s handle %llu: ",
	       family_name(nftnl_rule_get_u32(rule, NFTNL_RULE_FAMILY)),
	       nftnl_rule_get_str(rule, NFTNL_RULE_TABLE),
	       nftnl_rule_get_str(rule, NFTNL_RULE_CHAIN),
	       (unsigned long long)nftnl_rule_get_u64(rule, NFTNL_RULE_HANDLE));
}

static int list_rule(const struct nlmsghdr *nlh, void *data)
{
	struct nftnl_rule *rule = nftnl_rule_alloc();
	int ret;

	(void)data;
	if (!rule)
		return MNL_CB_ERROR;
	ret = print_mirrors(nlh, rule, print_place);
	nftnl_rule_free(rule);
	return ret < 0 ? MNL_CB_ERROR : MNL_CB_OK;
}

static int list(void)
{
	char buf[MNL_SOCKET_BUFFER_SIZE];
	uint32_t seq = time(NULL);
	struct nlmsghdr *nlh = nftnl_nlmsg_build_hdr(buf, NFT_MSG_GETRULE, NFPROTO_UNSPEC,
						     NLM_F_DUMP, seq);

	if (talk(nlh, nlh->nlmsg_len, seq, list_rule) < 0) {
		perror("mirror: list");
		return -1;
	}
	return 0;
}

int main(int argc, char *argv[])
{
	int ret;

	if (argc >= 6 && argc <= 7 && strcmp(argv[1], "add") == 0)
		ret = add(argv + 2);
	else if (argc == 2 && strcmp(argv[1], "list") == 0)
		ret = list();
	else if (argc == 6 && strcmp(argv[1], "delete") == 0)
		ret = delete(argv + 2);
	else
		return usage();
	return ret < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
