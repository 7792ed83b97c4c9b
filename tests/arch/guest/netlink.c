// SPDX-License-Identifier: GPL-2.0-only
#include "netlink.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "guest.h"

static void *grow(struct batch *batch, size_t len)
{
	void *place = batch->bytes + batch->len;
	size_t aligned = NLMSG_ALIGN(len);

	if (batch->len + aligned > sizeof(batch->bytes))
		fatal("a batch is too long");
	memset(place, 0, aligned);
	batch->len += aligned;
	return place;
}

void message_begin(struct batch *batch, uint16_t type, uint16_t flags, const void *header,
		   size_t header_len)
{
	batch->last = grow(batch, sizeof(*batch->last));
	batch->last->nlmsg_type = type;
	batch->last->nlmsg_flags = NLM_F_REQUEST | flags;
	memcpy(grow(batch, header_len), header, header_len);
}

void message_end(struct batch *batch)
{
	batch->last->nlmsg_len = batch->bytes + batch->len - (uint8_t *)batch->last;
}

void put(struct batch *batch, uint16_t type, const void *data, size_t len)
{
	struct nlattr *attribute = grow(batch, NLA_HDRLEN + len);

	attribute->nla_type = type;
	attribute->nla_len = NLA_HDRLEN + len;
	memcpy(attribute + 1, data, len);
}

void put_text(struct batch *batch, uint16_t type, const char *text)
{
	put(batch, type, text, strlen(text) + 1);
}

void put_be32(struct batch *batch, uint16_t type, uint32_t value)
{
	value = htonl(value);
	put(batch, type, &value, sizeof(value));
}

size_t nest_begin(struct batch *batch, uint16_t type)
{
	size_t nest = batch->len;

	put(batch, type | NLA_F_NESTED, NULL, 0);
	return nest;
}

void nest_end(struct batch *batch, size_t nest)
{
	((struct nlattr *)(batch->bytes + nest))->nla_len = batch->len - nest;
}

void put_raw(struct batch *batch, const void *data, size_t len)
{
	memcpy(grow(batch, len), data, len);
}

int netlink_open(int protocol)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);

	return fd < 0 ? fatal("socket(AF_NETLINK)") : fd;
}

/* Calls TAKE for each message of the answers until it returns a number that is not GO_ON. */
#define GO_ON 1

static int exchange(int fd, const struct batch *batch,
		    int (*take)(const struct nlmsghdr *message, void *context), void *context)
{
	_Alignas(NLMSG_ALIGNTO) static uint8_t buffer[65536];
	int verdict = GO_ON;

	if (send(fd, batch->bytes, batch->len, 0) < 0)
		fatal("send to netlink");
	while (verdict == GO_ON) {
		ssize_t len = recv(fd, buffer, sizeof(buffer), 0);
		struct nlmsghdr *message = (struct nlmsghdr *)buffer;

		if (len < 0)
			fatal("receive from netlink");
		for (; verdict == GO_ON && NLMSG_OK(message, (size_t)len);
		     message = NLMSG_NEXT(message, len))
			verdict = take(message, context);
	}
	/* What else has come is not for the next request. */
	while (recv(fd, buffer, sizeof(buffer), MSG_DONTWAIT) > 0)
		continue;
	return verdict;
}

static int take_error(const struct nlmsghdr *message, void *context)
{
	(void)context;
	if (message->nlmsg_type != NLMSG_ERROR)
		return GO_ON;
	return ((const struct nlmsgerr *)NLMSG_DATA(message))->error;
}

int netlink_acknowledged(int fd, const struct batch *batch)
{
	return -exchange(fd, batch, take_error, NULL);
}

struct wanted {
	uint16_t type;
	uint8_t *data;
	size_t size;
	size_t len;
};

static int take_wanted(const struct nlmsghdr *message, void *context)
{
	struct wanted *wanted = context;

	if (message->nlmsg_type == NLMSG_ERROR)
		return take_error(message, NULL) ? take_error(message, NULL) : GO_ON;
	if (message->nlmsg_type == NLMSG_DONE)
		return wanted->len ? 0 : -ENOENT;
	if (message->nlmsg_type == wanted->type && !wanted->len) {
		wanted->len = NLMSG_PAYLOAD(message, 0);
		if (wanted->len > wanted->size)
			return -EMSGSIZE;
		memcpy(wanted->data, NLMSG_DATA(message), wanted->len);
	}
	return message->nlmsg_flags & NLM_F_MULTI ? GO_ON : 0;
}

int netlink_answer(int fd, const struct batch *batch, uint16_t type, uint8_t *data, size_t size)
{
	struct wanted wanted = {.type = type, .data = data, .size = size};
	int error = exchange(fd, batch, take_wanted, &wanted);

	return error ? error : (int)wanted.len;
}

const struct nlattr *attribute_find(const void *data, size_t len, uint16_t type)
{
	const uint8_t *at = data, *end = at + len;

	while (end - at >= NLA_HDRLEN) {
		const struct nlattr *attribute = (const struct nlattr *)at;

		if (attribute->nla_len < NLA_HDRLEN || attribute->nla_len > end - at)
			return NULL;
		if ((attribute->nla_type & NLA_TYPE_MASK) == type)
			return attribute;
		at += NLA_ALIGN(attribute->nla_len);
	}
	return NULL;
}
