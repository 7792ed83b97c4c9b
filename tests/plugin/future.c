// SPDX-License-Identifier: GPL-2.0-only
//
// Under new names, what libnftables calls under others: straight to libnftnl and the kernel, past
// whoever stands in between.
#include <dlfcn.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

struct nlmsghdr;
struct nftnl_rule;
struct nftnl_batch;

static void *from_libnftnl(const char *name)
{
	return dlsym(dlopen("libnftnl.so.11", RTLD_LAZY | RTLD_NOLOAD), name);
}

EXPORT void nftnl_rule_nlmsg_build_payloaX(struct nlmsghdr *message, struct nftnl_rule *rule);
EXPORT void nftnl_batch_ioveX(struct nftnl_batch *batch, struct iovec *iov, uint32_t count);
EXPORT ssize_t sendmsX(int fd, const struct msghdr *message, int flags);
EXPORT int nft_of_the_future(void);

void nftnl_rule_nlmsg_build_payloaX(struct nlmsghdr *message, struct nftnl_rule *rule)
{
	void (*build)(struct nlmsghdr *, struct nftnl_rule *);

	*(void **)&build = from_libnftnl("nftnl_rule_nlmsg_build_payload");
	build(message, rule);
}

void nftnl_batch_ioveX(struct nftnl_batch *batch, struct iovec *iov, uint32_t count)
{
	void (*fill)(struct nftnl_batch *, struct iovec *, uint32_t);

	*(void **)&fill = from_libnftnl("nftnl_batch_iovec");
	fill(batch, iov, count);
}

ssize_t sendmsX(int fd, const struct msghdr *message, int flags)
{
	return syscall(SYS_sendmsg, fd, message, flags);
}

/* What a new version of libnftables has: future_program.c */
int nft_of_the_future(void)
{
	return 0;
}
