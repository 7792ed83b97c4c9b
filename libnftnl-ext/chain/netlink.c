// SPDX-License-Identifier: GPL-2.0-only
/* chain_add() and chain_list(): the messages of nf_tables. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink.h>

#include "attributes.h"
#include "chain.h"

/* Two names of a chain, a comment and a statement, with room to spare */
#define MESSAGE_MAX 2048

/* As libnftnl has them in what a chain carries for user space: nft shows it as the comment. */
#define UDATA_CHAIN_COMMENT	0
#define UDATA_COMMENT_MAX	128

/* A chain is three messages of a batch, and the error of one names it by its number. */
enum part {
	PART_TABLE,
	PART_CHAIN,
	PART_RULE,
	PARTS
};

#define FIRST_SEQ 1u

static struct nlmsghdr *begin(void *buffer, uint16_t type, uint16_t flags, uint32_t seq,
			      uint8_t family, uint16_t res_id)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buffer);
	struct nfgenmsg *nfg;

	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
	nlh->nlmsg_seq = seq;
	nfg = mnl_nlmsg_put_extra_header(nlh, sizeof(*nfg));
	nfg->nfgen_family = family;
	nfg->version = NFNETLINK_V0;
	nfg->res_id = htons(res_id);
	return nlh;
}

static uint16_t nft_type(uint16_t message)
{
	return (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | message);
}

/* What stands in the chain, for a nft that does not know the statement */
static void put_comment(struct nlmsghdr *nlh, const struct xt_rmirror_tginfo_v1 *statement)
{
	unsigned char udata[2 + UDATA_COMMENT_MAX] = { UDATA_CHAIN_COMMENT };
	char text[STATEMENT_TEXT_MAX];
	size_t len;

	statement_print(statement, text);
	if (strlen(text) >= UDATA_COMMENT_MAX)
		strcpy(text + UDATA_COMMENT_MAX - 4, "...");
	/* nft ends a comment at the next quote. */
	for (len = 0; text[len]; len++)
		if (text[len] == '"')
			text[len] = '\'';
	len = strlen(text) + 1;
	udata[1] = (unsigned char)len;
	memcpy(udata + 2, text, len);
	mnl_attr_put(nlh, NFTA_CHAIN_USERDATA, 2 + len, udata);
}

static void put_rule(struct nlmsghdr *nlh, const struct chain *chain)
{
	struct nlattr *list, *element, *data;

	mnl_attr_put_strz(nlh, NFTA_RULE_TABLE, chain->table);
	mnl_attr_put_strz(nlh, NFTA_RULE_CHAIN, chain->name);
	list = mnl_attr_nest_start(nlh, NFTA_RULE_EXPRESSIONS);
	element = mnl_attr_nest_start(nlh, NFTA_LIST_ELEM);
	mnl_attr_put_strz(nlh, NFTA_EXPR_NAME, RMIRROR_NFT_EXPR);
	data = mnl_attr_nest_start(nlh, NFTA_EXPR_DATA);
	attributes_put(nlh, &chain->statement);
	mnl_attr_nest_end(nlh, data);
	mnl_attr_nest_end(nlh, element);
	mnl_attr_nest_end(nlh, list);
}

static char *put_chain(char *end, const struct chain *chain, uint32_t seq)
{
	struct nlmsghdr *nlh;

	nlh = begin(end, nft_type(NFT_MSG_NEWTABLE), NLM_F_CREATE, seq + PART_TABLE,
		    chain->family, 0);
	mnl_attr_put_strz(nlh, NFTA_TABLE_NAME, chain->table);
	end = mnl_nlmsg_get_payload_tail(nlh);

	nlh = begin(end, nft_type(NFT_MSG_NEWCHAIN), NLM_F_CREATE | NLM_F_EXCL, seq + PART_CHAIN,
		    chain->family, 0);
	mnl_attr_put_strz(nlh, NFTA_CHAIN_TABLE, chain->table);
	mnl_attr_put_strz(nlh, NFTA_CHAIN_NAME, chain->name);
	put_comment(nlh, &chain->statement);
	end = mnl_nlmsg_get_payload_tail(nlh);

	nlh = begin(end, nft_type(NFT_MSG_NEWRULE), NLM_F_CREATE | NLM_F_APPEND, seq + PART_RULE,
		    chain->family, 0);
	put_rule(nlh, chain);
	return mnl_nlmsg_get_payload_tail(nlh);
}

static size_t put_batch(char *buffer, const struct chain *chains, size_t count)
{
	struct nlmsghdr *nlh;
	char *end;
	size_t i;

	nlh = begin(buffer, NFNL_MSG_BATCH_BEGIN, 0, 0, AF_UNSPEC, NFNL_SUBSYS_NFTABLES);
	end = mnl_nlmsg_get_payload_tail(nlh);
	for (i = 0; i < count; i++)
		end = put_chain(end, &chains[i], FIRST_SEQ + (uint32_t)i * PARTS);
	nlh = begin(end, NFNL_MSG_BATCH_END, 0, FIRST_SEQ + (uint32_t)count * PARTS, AF_UNSPEC,
		    NFNL_SUBSYS_NFTABLES);
	return (size_t)((char *)mnl_nlmsg_get_payload_tail(nlh) - buffer);
}

static bool explain(int err, int part, char error[CHAIN_ERROR_MAX])
{
	const char *said = strerror(err);

	if (part == PART_CHAIN && err == EEXIST)
		said = "there is a chain of this name already";
	else if (part == PART_RULE && err == ENOENT)
		said = "the kernel does not know the statement: load the module nft_rmirror";
	else if (err == EPERM)
		said = "not permitted (root can)";
	snprintf(error, CHAIN_ERROR_MAX, "%s", said);
	return false;
}

static bool system_error(const char *what, char error[CHAIN_ERROR_MAX])
{
	snprintf(error, CHAIN_ERROR_MAX, "%s: %s", what, strerror(errno));
	return false;
}

/* The kernel has done all of it, or nothing, when a batch has been sent: its errors wait. */
static bool read_errors(struct mnl_socket *socket, const struct chain *chains, size_t count,
			const struct chain **failed, char error[CHAIN_ERROR_MAX])
{
	char buffer[16384];
	const struct nlmsghdr *nlh = (const void *)buffer;
	const struct nlmsgerr *err;
	ssize_t len;
	size_t i;

	len = recv(mnl_socket_get_fd(socket), buffer, sizeof(buffer), MSG_DONTWAIT);
	if (len < 0 && errno == EAGAIN)
		return true;
	if (len < 0)
		return system_error("netlink", error);
	if (!mnl_nlmsg_ok(nlh, (int)len) || nlh->nlmsg_type != NLMSG_ERROR ||
	    mnl_nlmsg_get_payload_len(nlh) < sizeof(*err)) {
		snprintf(error, CHAIN_ERROR_MAX, "netlink: an answer that is no error");
		return false;
	}
	err = mnl_nlmsg_get_payload(nlh);
	i = (err->msg.nlmsg_seq - FIRST_SEQ) / PARTS;
	if (err->msg.nlmsg_seq < FIRST_SEQ || i >= count)
		return explain(-err->error, PARTS, error);
	*failed = &chains[i];
	return explain(-err->error, (int)((err->msg.nlmsg_seq - FIRST_SEQ) % PARTS), error);
}

static struct mnl_socket *open_socket(char error[CHAIN_ERROR_MAX])
{
	struct mnl_socket *socket = mnl_socket_open(NETLINK_NETFILTER);

	if (!socket)
		system_error("netlink", error);
	return socket;
}

static bool send_batch(struct mnl_socket *socket, const char *buffer, size_t len,
		       char error[CHAIN_ERROR_MAX])
{
	const int room = (int)len * 2;

	/* A batch is one message of the socket. Without the right to it the limit may do, too. */
	setsockopt(mnl_socket_get_fd(socket), SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof(room));
	if (mnl_socket_sendto(socket, buffer, len) < 0)
		return system_error("netlink", error);
	return true;
}

bool chain_add(const struct chain *chains, size_t count, const struct chain **failed,
	       char error[CHAIN_ERROR_MAX])
{
	struct mnl_socket *socket;
	char *buffer;
	bool done;

	*failed = NULL;
	socket = open_socket(error);
	if (!socket)
		return false;
	buffer = calloc(count + 1, MESSAGE_MAX);
	if (buffer)
		done = send_batch(socket, buffer, put_batch(buffer, chains, count), error) &&
		       read_errors(socket, chains, count, failed, error);
	else
		done = system_error("netlink", error);
	free(buffer);
	mnl_socket_close(socket);
	return done;
}

/* Prints an expression of a rule, if it is the statement. */
static void print_expression(const struct nlattr *element, const char *place, FILE *out)
{
	const struct nlattr *attr, *name = NULL, *data = NULL;
	struct xt_rmirror_tginfo_v1 statement;
	char text[STATEMENT_TEXT_MAX] = "rmirror to an address that is not constant";

	mnl_attr_for_each_nested(attr, element) {
		if (mnl_attr_get_type(attr) == NFTA_EXPR_NAME)
			name = attr;
		else if (mnl_attr_get_type(attr) == NFTA_EXPR_DATA)
			data = attr;
	}
	if (!name || !data || strcmp(mnl_attr_get_str(name), RMIRROR_NFT_EXPR) != 0)
		return;
	if (attributes_get(data, &statement))
		statement_print(&statement, text);
	fprintf(out, "%s %s\n", place, text);
}

static int print_rule(const struct nlmsghdr *nlh, void *out)
{
	const struct nfgenmsg *nfg = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *tb[NFTA_RULE_EXPRESSIONS + 1] = { NULL };
	char place[2 * NFT_NAME_MAXLEN + 16];
	const struct nlattr *attr;
	const char *family;

	mnl_attr_for_each(attr, nlh, sizeof(*nfg))
		if (mnl_attr_get_type(attr) <= NFTA_RULE_EXPRESSIONS)
			tb[mnl_attr_get_type(attr)] = attr;
	family = chain_family_word(nfg->nfgen_family);
	if (!family || !tb[NFTA_RULE_TABLE] || !tb[NFTA_RULE_CHAIN] || !tb[NFTA_RULE_EXPRESSIONS])
		return MNL_CB_OK;
	snprintf(place, sizeof(place), "%s %s %s", family, mnl_attr_get_str(tb[NFTA_RULE_TABLE]),
		 mnl_attr_get_str(tb[NFTA_RULE_CHAIN]));
	mnl_attr_for_each_nested(attr, tb[NFTA_RULE_EXPRESSIONS])
		print_expression(attr, place, out);
	return MNL_CB_OK;
}

static int dump(struct mnl_socket *socket, uint8_t family, const char *table, FILE *out)
{
	char buffer[32768];
	struct nlmsghdr *nlh;
	ssize_t len;
	int more;

	nlh = begin(buffer, nft_type(NFT_MSG_GETRULE), NLM_F_DUMP, FIRST_SEQ, family, 0);
	if (table)
		mnl_attr_put_strz(nlh, NFTA_RULE_TABLE, table);
	if (mnl_socket_sendto(socket, nlh, nlh->nlmsg_len) < 0)
		return -1;
	do {
		len = mnl_socket_recvfrom(socket, buffer, sizeof(buffer));
		if (len < 0)
			return -1;
		more = mnl_cb_run(buffer, (size_t)len, FIRST_SEQ, 0, print_rule, out);
	} while (more > MNL_CB_STOP);
	return more;
}

/* One dump, to memory: what is printed is whole. */
static bool list_once(uint8_t family, const char *table, FILE *out, char error[CHAIN_ERROR_MAX])
{
	struct mnl_socket *socket = open_socket(error);
	char *text = NULL;
	size_t len = 0;
	bool done = false;
	int err = 0;
	FILE *all;

	if (!socket)
		return false;
	all = open_memstream(&text, &len);
	if (all) {
		done = dump(socket, family, table, all) >= 0;
		err = errno;
		if (!done)
			system_error("netlink", error);
		fclose(all);
	} else {
		system_error("netlink", error);
	}
	if (done)
		fwrite(text, 1, len, out);
	free(text);
	mnl_socket_close(socket);
	errno = err;
	return done;
}

bool chain_list(uint8_t family, const char *table, FILE *out, char error[CHAIN_ERROR_MAX])
{
	unsigned int tries = 100;

	/* The ruleset may change under a dump: the kernel tells, by this. */
	while (!list_once(family, table, out, error))
		if (errno != EINTR || --tries == 0)
			return false;
	return true;
}
