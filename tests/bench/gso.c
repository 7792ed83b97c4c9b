// SPDX-License-Identifier: GPL-2.0-only
//
// rmirror_bench_gso SIZE COUNT: hands COUNT TCP superframes of SIZE bytes to the stack, from the
// tap device gso0, and prints the nanoseconds that each took.
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_ether.h>
#include <linux/if_tun.h>
#include <linux/virtio_net.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define SEGMENT_PAYLOAD 1448
#define TCP_LENGTH 32  // with the time stamp option, as real ones
#define HEADER_LENGTH (ETH_HLEN + sizeof(struct iphdr) + TCP_LENGTH)

struct headers {
    struct virtio_net_hdr vnet;
    struct ethhdr eth;
    struct iphdr ip;
    struct tcphdr tcp;
    uint8_t options[TCP_LENGTH - sizeof(struct tcphdr)];
} __attribute__((packed));

static uint16_t fold(uint32_t sum) {
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)(sum);
}

static uint32_t sum_words(const void *data, size_t length) {
    uint32_t sum = 0;
    for (size_t i = 0; i < length; i += 2) {
        uint16_t word;
        memcpy(&word, (const char *)data + i, sizeof(word));
        sum += word;
    }
    return sum;
}

static struct headers headers_for(size_t size) {
    struct headers h = {0};
    h.vnet.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
    h.vnet.gso_type = VIRTIO_NET_HDR_GSO_TCPV4;
    h.vnet.hdr_len = HEADER_LENGTH;
    h.vnet.gso_size = SEGMENT_PAYLOAD;
    h.vnet.csum_start = ETH_HLEN + sizeof(struct iphdr);
    h.vnet.csum_offset = offsetof(struct tcphdr, check);

    static const uint8_t to[ETH_ALEN] = {0x02, 0, 0, 0, 0, 0x02};
    static const uint8_t from[ETH_ALEN] = {0x02, 0, 0, 0, 0, 0x03};
    memcpy(h.eth.h_dest, to, ETH_ALEN);
    memcpy(h.eth.h_source, from, ETH_ALEN);
    h.eth.h_proto = htons(ETH_P_IP);

    h.ip.version = 4;
    h.ip.ihl = sizeof(struct iphdr) / 4;
    h.ip.tot_len = htons((uint16_t)(size - ETH_HLEN));
    h.ip.ttl = 64;
    h.ip.protocol = IPPROTO_TCP;
    h.ip.saddr = inet_addr("10.3.0.1");
    h.ip.daddr = inet_addr("10.3.0.2");
    h.ip.check = (uint16_t)(~fold(sum_words(&h.ip, sizeof(h.ip))));

    h.tcp.source = htons(9);
    h.tcp.dest = htons(9);
    h.tcp.doff = TCP_LENGTH / 4;
    h.tcp.ack = 1;
    const uint32_t pseudo = sum_words(&h.ip.saddr, 8) + htons(IPPROTO_TCP) +
                            htons((uint16_t)(size - ETH_HLEN - sizeof(struct iphdr)));
    h.tcp.check = fold(pseudo);
    return h;
}

static _Noreturn void fail(const char *what) {
    perror(what);
    exit(1);
}

static int open_tap(void) {
    const int fd = open("/dev/net/tun", O_RDWR);
    if (fd < 0)
        fail("/dev/net/tun");
    struct ifreq request = {0};
    strcpy(request.ifr_name, "gso0");
    request.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR;
    if (ioctl(fd, TUNSETIFF, &request) != 0)
        fail("gso0");
    return fd;
}

static double nanoseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec) * 1e9 + (double)(now.tv_nsec);
}

int main(int argc, char **argv) {
    if (argc != 3) {
        fprintf(stderr, "usage: rmirror_bench_gso SIZE COUNT\n");
        return 2;
    }
    const size_t size = (size_t)(strtoul(argv[1], NULL, 10));
    const unsigned count = (unsigned)(strtoul(argv[2], NULL, 10));
    const struct headers headers = headers_for(size);
    const size_t length = sizeof(struct virtio_net_hdr) + size;
    char *packet = malloc(length);

    if (packet == NULL)
        fail("malloc");
    memset(packet, 0x55, length);
    memcpy(packet, &headers, sizeof(headers));

    const int fd = open_tap();
    const double start = nanoseconds();
    for (unsigned i = 0; i < count; i++) {
        if (write(fd, packet, length) != (ssize_t)(length))
            fail("write");
    }
    printf("%.1f\n", (nanoseconds() - start) / count);
    free(packet);
    return 0;
}

