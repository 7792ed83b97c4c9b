// SPDX-License-Identifier: GPL-2.0-only
/*
 * Makes up tables of iptables with the target RMIRROR, as an ordinary user in namespaces of his own (fuzz.py), while
 * packets pass. Built for 64 and for 32 bit. Every answer must be one that the kernel documents; what is accepted is
 * shown as something that is accepted again, and shown the same; packets go on.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <linux/netfilter_ipv4/ip_tables.h>
#include <linux/netfilter/rmirror.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define TABLE		"filter"
#define ROOM		(1 << 16)
#define COUNTERS	4096
#define CHECK_EVERY	500
#define PACKETS		50
#define HOOKS		((1 << NF_INET_LOCAL_IN) | (1 << NF_INET_FORWARD) | (1 << NF_INET_LOCAL_OUT))
#define SIZE_OF(array)	(sizeof(array) / sizeof((array)[0]))
#define ALIGNED(size)	((size + __alignof__(struct _xt_align) - 1) & ~(__alignof__(struct _xt_align) - 1))

/*
 * What a table may be refused for: rmirror.h, and x_tables itself. EPROTOTYPE: the target has other revisions.
 * EAGAIN: the counters that are asked for are not those of the table that stands.
 */
static const int documented[] = { EINVAL, ERANGE, EADDRNOTAVAIL, EAFNOSUPPORT, EOPNOTSUPP,
				  ENOENT, EPROTOTYPE, ELOOP, ENOMEM, EFAULT, EAGAIN };

/* As the kernel reads it. What it is told to read beyond the end is zeros. */
static union {
	struct ipt_replace	head;
	unsigned char		bytes[ROOM + sizeof(struct ipt_replace)];
} blob;
static union {
	struct ipt_get_entries	head;
	unsigned char		bytes[ROOM + sizeof(struct ipt_get_entries)];
} shown, shown_again;
static struct xt_counters counters[COUNTERS];
static uint64_t state;
static int control;
static unsigned long made;
/* Entries of the table that stands */
static unsigned int standing;

static uint32_t any(void)
{
	/* xorshift64*: the same for both programs */
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return (uint32_t)((state * 2685821657736338717ull) >> 32);
}

static uint32_t below(uint32_t end)
{
	return any() % end;
}

static bool once_in(uint32_t times)
{
	return !below(times);
}

static void fail(const char *what, int error)
{
	unsigned int i;

	printf("table %lu: %s: %s\n", made, what, strerror(error));
	for (i = 0; i < sizeof(blob.head) + blob.head.size && i < 2048; i++)
		printf("%02x", blob.bytes[i]);
	printf("\n");
	exit(1);
}

/* --- a table that is right --- */

static void put(const void *bytes, size_t size)
{
	unsigned char *to = blob.bytes + sizeof(blob.head) + blob.head.size;

	memset(to, 0, ALIGNED(size));
	memcpy(to, bytes, size);
	blob.head.size += ALIGNED(size);
}

static void put_entry(const char *target, unsigned int revision, const void *info, size_t size)
{
	struct ipt_entry entry = { .target_offset = sizeof(entry) };
	struct xt_entry_target head = { .u.user.revision = (unsigned char)revision };
	const size_t target_size = ALIGNED(sizeof(head) + size);
	unsigned char both[512];

	entry.next_offset = (uint16_t)(sizeof(entry) + target_size);
	head.u.target_size = (uint16_t)target_size;
	strcpy(head.u.user.name, target);
	memcpy(both, &head, sizeof(head));
	memcpy(both + sizeof(head), info, size);
	put(&entry, sizeof(entry));
	put(both, sizeof(head) + size);
	blob.head.num_entries++;
}

static void put_policy(void)
{
	const int verdict = -NF_ACCEPT - 1;

	put_entry(XT_STANDARD_TARGET, 0, &verdict, sizeof(verdict));
}

static const uint32_t edges[] = { 0, 1, 2, 13, 14, 19, 20, 63, 64, 255, 256, 1023, 1024, 65535, 65536, 0xffffff,
				  0x1000000, 0x7fffffff, 0x80000000, 0xffffffff };

static uint32_t edge(void)
{
	return once_in(3) ? any() : edges[below(SIZE_OF(edges))];
}

static uint32_t collector(void)
{
	static const uint32_t all[] = { 0xc0000205, 0xc0000206, 0x0a020009, 0x0a02004d, 0x0a010002, 0x7f000001,
					0xe0000005, 0 };

	return htonl(all[below(SIZE_OF(all) - (once_in(4) ? 0 : 2))]);
}

static void make_v0(struct xt_rmirror_tginfo *info)
{
	memset(info, 0, sizeof(*info));
	info->dst[0] = collector();
	if (once_in(2))
		info->len = edge();
}

/* Sensible for one encapsulation or another */
static void make_v1(struct xt_rmirror_tginfo_v1 *info)
{
	const struct { int attr; size_t at; uint32_t max; } numbers[] = {
		{ NFTA_RMIRROR_ENCAP, offsetof(struct xt_rmirror_tginfo_v1, encap), RMIRROR_ENCAP_MAX },
		{ NFTA_RMIRROR_KEY, offsetof(struct xt_rmirror_tginfo_v1, key), 1023 },
		{ NFTA_RMIRROR_LEN, offsetof(struct xt_rmirror_tginfo_v1, len), 2000 },
		{ NFTA_RMIRROR_MTU, offsetof(struct xt_rmirror_tginfo_v1, mtu), RMIRROR_MTU_MAX },
		{ NFTA_RMIRROR_TTL, offsetof(struct xt_rmirror_tginfo_v1, ttl), 255 },
		{ NFTA_RMIRROR_DSCP, offsetof(struct xt_rmirror_tginfo_v1, dscp), 63 },
		{ NFTA_RMIRROR_MARK, offsetof(struct xt_rmirror_tginfo_v1, mark), 7 },
		{ NFTA_RMIRROR_PORT, offsetof(struct xt_rmirror_tginfo_v1, port), 65535 },
		{ NFTA_RMIRROR_FLAGS, offsetof(struct xt_rmirror_tginfo_v1, flags), RMIRROR_F_MASK },
	};
	const bool ipv6 = once_in(3);
	size_t i;

	memset(info, 0, sizeof(*info));
	info->family = ipv6 ? 10 : 2;
	info->addr[0] = ipv6 ? htonl(0xfd020000) : collector();
	if (ipv6)
		info->addr[3] = htonl(below(100));
	for (i = 0; i < SIZE_OF(numbers); i++) {
		if (!once_in(i ? 5 : 2))
			continue;
		info->given |= 1u << numbers[i].attr;
		*(uint32_t *)((char *)info + numbers[i].at) = below(numbers[i].max + 1);
	}
	if (once_in(6)) {
		info->given |= 1u << NFTA_RMIRROR_OIFNAME;
		strcpy(info->oifname, once_in(2) ? "d0" : "none");
	}
	if (once_in(6)) {
		info->given |= 1u << NFTA_RMIRROR_SADDR;
		info->saddr[0] = info->addr[0];
		info->saddr[3] = ipv6 ? htonl(7) : 0;
	}
}

/* Each field, and each byte of it, may be anything. */
static void mutate_info(void *info, size_t size)
{
	switch (below(3)) {
	case 0:
		((uint32_t *)info)[below((uint32_t)(size / 4))] = edge();
		break;
	case 1:
		((unsigned char *)info)[below((uint32_t)size)] ^= (unsigned char)(1u << below(8));
		break;
	default:
		((unsigned char *)info)[below((uint32_t)size)] = (unsigned char)any();
	}
}

static void put_mirror(bool right)
{
	union {
		struct xt_rmirror_tginfo	v0;
		struct xt_rmirror_tginfo_v1	v1;
	} info;
	const unsigned int revision = below(2);
	const size_t size = revision ? sizeof(info.v1) : sizeof(info.v0);
	unsigned int changes = right ? 0 : below(4);

	if (revision)
		make_v1(&info.v1);
	else
		make_v0(&info.v0);
	if (right) {
		memset(&info, 0, sizeof(info));
		if (revision)
			info.v1.family = 2;
		*(revision ? &info.v1.addr[0] : &info.v0.dst[0]) = htonl(0xc0000205);
	}
	while (changes--)
		mutate_info(&info, size);
	put_entry(RMIRROR_XT_TARGET, !right && once_in(40) ? below(4) : revision, &info, size);
}

static void make_table(bool right)
{
	static const int hooks[] = { NF_INET_LOCAL_IN, NF_INET_FORWARD, NF_INET_LOCAL_OUT };
	const char error[XT_FUNCTION_MAXNAMELEN] = XT_ERROR_TARGET;
	size_t i;
	unsigned int rules;

	memset(&blob, 0, sizeof(blob.head));
	strcpy(blob.head.name, TABLE);
	blob.head.valid_hooks = HOOKS;
	blob.head.num_counters = standing;
	blob.head.counters = counters;
	for (i = 0; i < SIZE_OF(hooks); i++) {
		blob.head.hook_entry[hooks[i]] = blob.head.size;
		for (rules = below(2) + right; rules; rules--)
			put_mirror(right);
		blob.head.underflow[hooks[i]] = blob.head.size;
		put_policy();
	}
	put_entry(XT_ERROR_TARGET, 0, error, sizeof(error));
}

/* What is around the targets: sizes, offsets, names, jumps */
static void mutate_table(void)
{
	uint32_t *const head[] = { &blob.head.valid_hooks, &blob.head.num_entries, &blob.head.size,
				   &blob.head.num_counters,
				   &blob.head.hook_entry[below(NF_INET_NUMHOOKS)],
				   &blob.head.underflow[below(NF_INET_NUMHOOKS)] };
	unsigned char *entries = blob.bytes + sizeof(blob.head);
	const uint32_t size = blob.head.size;

	switch (below(4)) {
	case 0:
		*head[below(SIZE_OF(head))] = once_in(2) ? edge() : below(2 * size);
		break;
	case 1:		/* a bit */
		entries[below(size)] ^= (unsigned char)(1u << below(8));
		break;
	case 2:		/* 16 bits: sizes and offsets are that long */
		*(uint16_t *)(entries + (below(size) & ~1u)) = (uint16_t)(once_in(2) ? edge() : below(2 * size));
		break;
	default:
		*(uint32_t *)(entries + (below(size) & ~3u)) = edge();
	}
}

/* --- the kernel's part --- */

static int replace(void)
{
	const size_t size = sizeof(blob.head) + (blob.head.size < ROOM ? blob.head.size : ROOM);

	return setsockopt(control, IPPROTO_IP, IPT_SO_SET_REPLACE, &blob, (socklen_t)size) ? errno : 0;
}

static struct ipt_getinfo read_table(struct ipt_get_entries *to)
{
	struct ipt_getinfo info = { .name = TABLE };
	socklen_t size = sizeof(info);
	struct ipt_entry *entry;
	unsigned int at;

	if (getsockopt(control, IPPROTO_IP, IPT_SO_GET_INFO, &info, &size))
		fail("IPT_SO_GET_INFO", errno);
	if (info.size > ROOM || info.num_entries > COUNTERS)
		fail("the table has grown", 0);
	standing = info.num_entries;
	memset(to, 0, sizeof(*to) + ROOM);
	strcpy(to->name, TABLE);
	to->size = info.size;
	size = (socklen_t)(sizeof(*to) + info.size);
	if (getsockopt(control, IPPROTO_IP, IPT_SO_GET_ENTRIES, to, &size))
		fail("IPT_SO_GET_ENTRIES", errno);
	/* They go on. */
	for (at = 0; at < info.size; at += entry->next_offset) {
		entry = (struct ipt_entry *)((char *)to->entrytable + at);
		memset(&entry->counters, 0, sizeof(entry->counters));
	}
	return info;
}

/* No pointer of the kernel's is shown, nor anything else that the user did not write. */
static void check_targets(const struct ipt_get_entries *table)
{
	unsigned int at;
	const struct ipt_entry *entry;

	for (at = 0; at < table->size; at += entry->next_offset) {
		const struct xt_entry_target *target;

		entry = (const struct ipt_entry *)((const char *)table->entrytable + at);
		target = (const void *)((const char *)entry + entry->target_offset);
		if (!strcmp(target->u.user.name, RMIRROR_XT_TARGET) && target->u.user.revision == 1 &&
		    ((const struct xt_rmirror_tginfo_v1 *)target->data)->mirror)
			fail("the kernel's pointer is shown", 0);
	}
}

static void again(void)
{
	const struct ipt_getinfo info = read_table(&shown.head);
	int error;

	check_targets(&shown.head);
	memset(&blob, 0, sizeof(blob.head));
	strcpy(blob.head.name, TABLE);
	blob.head.valid_hooks = info.valid_hooks;
	blob.head.num_entries = info.num_entries;
	blob.head.size = info.size;
	memcpy(blob.head.hook_entry, info.hook_entry, sizeof(info.hook_entry));
	memcpy(blob.head.underflow, info.underflow, sizeof(info.underflow));
	blob.head.num_counters = standing;
	blob.head.counters = counters;
	memcpy(blob.bytes + sizeof(blob.head), shown.head.entrytable, info.size);
	error = replace();
	if (error)
		fail("what is shown is refused", error);
	read_table(&shown_again.head);
	if (memcmp(&shown, &shown_again, sizeof(shown.head) + info.size))
		fail("shown a second time, it is another", 0);
}

/* --- packets --- */

static void send_frames(void)
{
	/* 10.1.0.1 to 10.2.0.9, UDP without a checksum */
	unsigned char frame[14 + 20 + 8 + 100] = {
		2, 0, 0, 0, 1, 2, 2, 0, 0, 0, 1, 1, 8, 0,
		0x45, 0, 0, 128, 0, 0, 0, 0, 64, 17, 0, 0, 10, 1, 0, 1, 10, 2, 0, 9,
		3, 232, 0, 9, 0, 108, 0, 0,
	};
	struct sockaddr_ll where = { .sll_family = AF_PACKET };
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(9), .sin_addr.s_addr = htonl(0x7f000001) };
	const int out = socket(AF_PACKET, SOCK_RAW, 0), local = socket(AF_INET, SOCK_DGRAM, 0);
	struct ifreq name = { .ifr_name = "v1" };
	uint32_t sum = 0;
	size_t i;

	for (i = 14; i < 34; i += 2)
		sum += (uint32_t)(frame[i] << 8 | frame[i + 1]);
	sum = (sum & 0xffff) + (sum >> 16);
	frame[24] = (unsigned char)(~sum >> 8);
	frame[25] = (unsigned char)~sum;
	if (ioctl(out, SIOCGIFINDEX, &name))
		_exit(1);
	where.sll_ifindex = name.ifr_ifindex;
	for (;;) {
		sendto(out, frame, sizeof(frame), 0, (void *)&where, sizeof(where));
		sendto(local, frame, sizeof(frame), 0, (void *)&to, sizeof(to));
		usleep(2000);
	}
}

/* A table that mirrors, and packets that pass it twice: out and in */
static void check_packets(void)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000001) };
	const int in = socket(AF_INET, SOCK_DGRAM, 0), out = socket(AF_INET, SOCK_DGRAM, 0);
	struct pollfd wait = { .fd = in, .events = POLLIN };
	socklen_t size = sizeof(to);
	uint32_t number, received;
	int error;

	make_table(true);
	error = replace();
	if (error)
		fail("a table that is right", error);
	read_table(&shown.head);
	if (bind(in, (void *)&to, sizeof(to)) || getsockname(in, (void *)&to, &size))
		fail("bind", errno);
	for (number = 0; number < PACKETS; number++) {
		if (sendto(out, &number, sizeof(number), 0, (void *)&to, sizeof(to)) != sizeof(number))
			fail("send", errno);
		if (poll(&wait, 1, 10000) != 1 ||
		    recv(in, &received, sizeof(received), 0) != sizeof(received) || received != number)
			fail("a packet does not arrive", errno);
	}
	close(in);
	close(out);
}

int main(int argc, char **argv)
{
	unsigned long errors[256] = { 0 }, accepted = 0, checks = 0, wanted;
	size_t i;
	pid_t sender;
	int error;

	if (argc != 3) {
		fprintf(stderr, "Usage: %s SEED TABLES\n", argv[0]);
		return 2;
	}
	state = strtoull(argv[1], NULL, 10) * 0x9e3779b97f4a7c15ull + 1;
	wanted = strtoul(argv[2], NULL, 10);
	control = socket(AF_INET, SOCK_RAW, IPPROTO_RAW);
	if (control < 0)
		fail("socket", errno);
	read_table(&shown.head);
	sender = fork();
	if (!sender) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		send_frames();
	}
	for (made = 0; made < wanted; made++) {
		if (made % CHECK_EVERY == 0) {
			check_packets();
			checks++;
		}
		make_table(false);
		if (once_in(3))
			mutate_table();
		error = replace();
		if (!error) {
			accepted++;
			again();
			continue;
		}
		for (i = 0; i < SIZE_OF(documented) && documented[i] != error; i++)
			;
		if (i == SIZE_OF(documented))
			fail("answer", error);
		errors[error]++;
	}
	check_packets();
	if (waitpid(sender, NULL, WNOHANG))
		fail("the sender has ended", 0);
	kill(sender, SIGKILL);
	printf("%lu tables, %lu accepted and shown the same again", made, accepted);
	for (i = 0; i < SIZE_OF(errors); i++)
		if (errors[i])
			printf(", %s %lu", strerrorname_np((int)i), errors[i]);
	printf("; %lu packets counted\n", (checks + 1) * PACKETS);
	return 0;
}
