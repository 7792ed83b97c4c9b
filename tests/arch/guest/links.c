// SPDX-License-Identifier: GPL-2.0-only
/*
 * The network: two tap devices of one namespace. This program is what is behind both.
 *
 *   lan  10.1.0.2  fd00:1::2  02:00:00:00:01:02   packets come in
 *   mon  10.0.0.1  fd00::1    02:00:00:00:00:01   copies leave, to 10.0.0.5, fd00::5, 02:00:00:00:00:05
 *
 * The addresses are those of tests/vm's network, for which the golden packets are made. mon can neither
 * segment nor finish a checksum: the kernel does before it hands a frame over.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <linux/rtnetlink.h>
#include <linux/virtio_net.h>

#include "guest.h"
#include "netlink.h"

/* Of mon: the least that IPv6 allows, so that a frame of 1300 bytes does not fit. */
#define MON_MTU 1280
#define MARKER_TYPE 0x88b5 /* for experiments: the frame behind the copies */

static const uint8_t lan_mac[] = {2, 0, 0, 0, 1, 2};
static const uint8_t mon_mac[] = {2, 0, 0, 0, 0, 1};
static const uint8_t collector_mac[] = {2, 0, 0, 0, 0, 5};
static int lan = -1, mon = -1, marker = -1;

static void set(const char *path, const char *value)
{
	FILE *file = fopen(path, "w");

	if (!file || fputs(value, file) < 0 || fclose(file))
		fatal(path);
}

static int tap(const char *name, const uint8_t *mac, int mtu)
{
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);
	int plain = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR};

	strcpy(request.ifr_name, name);
	if (fd < 0 || ioctl(fd, TUNSETIFF, &request) < 0)
		fatal("/dev/net/tun");
	request.ifr_hwaddr.sa_family = 1; /* ARPHRD_ETHER */
	memcpy(request.ifr_hwaddr.sa_data, mac, ETH_ALEN);
	if (ioctl(plain, SIOCSIFHWADDR, &request) < 0)
		fatal("SIOCSIFHWADDR");
	request.ifr_mtu = mtu;
	if (ioctl(plain, SIOCSIFMTU, &request) < 0)
		fatal("SIOCSIFMTU");
	request.ifr_flags = IFF_UP;
	if (ioctl(plain, SIOCSIFFLAGS, &request) < 0)
		fatal("SIOCSIFFLAGS");
	close(plain);
	return fd;
}

/* An address of either family, in network order; its length */
static size_t parse_address(const char *text, uint8_t *address, int *family)
{
	*family = strchr(text, ':') ? AF_INET6 : AF_INET;
	if (inet_pton(*family, text, address) != 1)
		fatal(text);
	return *family == AF_INET6 ? 16 : 4;
}

static void request(const struct batch *batch, const char *what)
{
	int fd = netlink_open(NETLINK_ROUTE), error = netlink_acknowledged(fd, batch);

	close(fd);
	errno = error;
	if (error)
		fatal(what);
}

static void add_address(const char *device, const char *text)
{
	uint8_t address[16];
	int family;
	size_t len = parse_address(text, address, &family);
	const struct ifaddrmsg header = {.ifa_family = family,
					 .ifa_prefixlen = family == AF_INET6 ? 64 : 24,
					 .ifa_flags = IFA_F_NODAD | IFA_F_PERMANENT,
					 .ifa_index = if_nametoindex(device)};
	struct batch batch = {};

	message_begin(&batch, RTM_NEWADDR, NLM_F_CREATE | NLM_F_ACK, &header, sizeof(header));
	put(&batch, IFA_LOCAL, address, len);
	put(&batch, IFA_ADDRESS, address, len);
	message_end(&batch);
	request(&batch, text);
}

static void add_neighbour(const char *device, const char *text, const uint8_t *mac)
{
	uint8_t address[16];
	int family;
	size_t len = parse_address(text, address, &family);
	const struct ndmsg header = {.ndm_family = family,
				     .ndm_ifindex = if_nametoindex(device),
				     .ndm_state = NUD_PERMANENT};
	struct batch batch = {};

	message_begin(&batch, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_ACK, &header, sizeof(header));
	put(&batch, NDA_DST, address, len);
	put(&batch, NDA_LLADDR, mac, ETH_ALEN);
	message_end(&batch);
	request(&batch, text);
}

static int marker_open(void)
{
	const struct sockaddr_ll address = {.sll_family = AF_PACKET,
					    .sll_ifindex = if_nametoindex("mon")};
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		fatal("socket(AF_PACKET)");
	return fd;
}

void network_begin(void)
{
	close(lan);
	close(mon);
	close(marker);
	if (unshare(CLONE_NEWNET) < 0)
		fatal("unshare(CLONE_NEWNET)");
	/* No address and no question of the kernel's own */
	set("/proc/sys/net/ipv6/conf/default/addr_gen_mode", "1");
	set("/proc/sys/net/ipv6/conf/default/accept_ra", "0");
	lan = tap("lan", lan_mac, 1500);
	mon = tap("mon", mon_mac, MON_MTU);
	add_address("lan", "10.1.0.2");
	add_address("lan", "fd00:1::2");
	add_address("mon", "10.0.0.1");
	add_address("mon", "fd00::1");
	add_neighbour("mon", "10.0.0.5", collector_mac);
	add_neighbour("mon", "fd00::5", collector_mac);
	marker = marker_open();
}

void network_send(const struct offload *offload, const struct bytes *frame)
{
	/* Numbers of it are in the machine's own order */
	struct virtio_net_hdr header = {.flags = offload->checksum_start ? VIRTIO_NET_HDR_F_NEEDS_CSUM : 0,
					.gso_type = offload->gso_type,
					.hdr_len = offload->header_len,
					.gso_size = offload->gso_size,
					.csum_start = offload->checksum_start,
					.csum_offset = offload->checksum_offset};
	const struct iovec parts[] = {{&header, sizeof(header)}, {frame->data, frame->len}};

	if (writev(lan, parts, 2) != (ssize_t)(sizeof(header) + frame->len))
		fatal("write to lan");
}

/* A frame that mon sent, its Ethernet header included; waits for it */
static size_t receive(uint8_t *frame)
{
	struct virtio_net_hdr header;
	const struct iovec parts[] = {{&header, sizeof(header)}, {frame, FRAME_MAX}};
	ssize_t len;

	for (int i = 0; i < 2000; i++) {
		len = readv(mon, parts, 2);
		if (len >= 0 || errno != EAGAIN)
			break;
		usleep(1000);
	}
	if (len < (ssize_t)(sizeof(header) + ETH_HLEN))
		fatal("read from mon");
	if (header.gso_type || header.flags & VIRTIO_NET_HDR_F_NEEDS_CSUM)
		fatal("a frame of mon is not finished");
	return len - sizeof(header);
}

void network_collect(void (*take)(const uint8_t *frame, size_t len, void *context), void *context)
{
	static uint8_t frame[FRAME_MAX];
	uint8_t last[60] = {};
	size_t len;

	memcpy(last, collector_mac, ETH_ALEN);
	memcpy(last + ETH_ALEN, mon_mac, ETH_ALEN);
	last[12] = MARKER_TYPE >> 8;
	last[13] = MARKER_TYPE & 0xff;
	if (send(marker, last, sizeof(last), 0) < 0)
		fatal("send the marker");
	while ((len = receive(frame)) != sizeof(last) || memcmp(frame, last, sizeof(last)) != 0)
		if (memcmp(frame, collector_mac, ETH_ALEN) == 0)
			take(frame, len, context);
}
