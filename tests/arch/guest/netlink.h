/* SPDX-License-Identifier: GPL-2.0-only */
/* Netlink without a library: messages of the guest program, and the kernel's answers. */
#ifndef ARCH_NETLINK_H
#define ARCH_NETLINK_H

#include <stddef.h>
#include <stdint.h>

#include <linux/netlink.h>

/* Messages that are sent together. */
struct batch {
	_Alignas(NLMSG_ALIGNTO) uint8_t bytes[16384];
	size_t len;
	struct nlmsghdr *last;
};

void message_begin(struct batch *batch, uint16_t type, uint16_t flags, const void *header,
		   size_t header_len);
void message_end(struct batch *batch);

void put(struct batch *batch, uint16_t type, const void *data, size_t len);
void put_text(struct batch *batch, uint16_t type, const char *text);
void put_be32(struct batch *batch, uint16_t type, uint32_t value);
/* What stands between the two is in the attribute; begin returns what end wants. */
size_t nest_begin(struct batch *batch, uint16_t type);
void nest_end(struct batch *batch, size_t nest);
/* Attributes that somebody else has built */
void put_raw(struct batch *batch, const void *data, size_t len);

int netlink_open(int protocol);
/* Sends, and waits for the first answer that is an error or an acknowledgement: 0, or an errno. */
int netlink_acknowledged(int fd, const struct batch *batch);
/* Sends, and copies the payload of the first answer of that type; its length, or a negative errno. */
int netlink_answer(int fd, const struct batch *batch, uint16_t type, uint8_t *data, size_t size);

/* The attribute of that type in these bytes, or NULL. */
const struct nlattr *attribute_find(const void *data, size_t len, uint16_t type);
static inline const void *attribute_data(const struct nlattr *attribute)
{
	return (const uint8_t *)attribute + NLA_HDRLEN;
}
static inline size_t attribute_len(const struct nlattr *attribute)
{
	return attribute->nla_len - NLA_HDRLEN;
}

#endif
