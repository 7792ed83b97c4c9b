// SPDX-License-Identifier: GPL-2.0-only
//
// rmirror_bench_send DEVICE TO-MAC SIZE COUNT RATE: sends COUNT copies, GRE with a key and sequence
// numbers from 0 on around a UDP frame of SIZE bytes, from 10.0.0.1 to 10.0.0.5, RATE of them a
// second or, with 0, as fast as it goes. Prints the nanoseconds that it took.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BATCH 64
#define GRE_KEY_AND_SEQUENCE 0x3000
#define LONGEST_FRAME 9000

struct gre {
    uint16_t flags;
    uint16_t protocol;
    uint32_t key;
    uint32_t sequence;
} __attribute__((packed));

struct copy {
    struct ethhdr eth;
    struct iphdr ip;
    struct gre gre;
    struct ethhdr inner_eth;
    struct iphdr inner_ip;
    struct udphdr inner_udp;
} __attribute__((packed));

static void die(const char *what) {
    perror(what);
    exit(1);
}

static uint16_t checksum(const struct iphdr *ip) {
    uint32_t sum = 0;
    uint16_t words[sizeof(*ip) / 2];

    memcpy(words, ip, sizeof(*ip));
    for (size_t i = 0; i < sizeof(*ip) / 2; i++)
        sum += words[i];
    sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t) ~(sum + (sum >> 16));
}

static struct iphdr ip_header(uint8_t protocol, size_t length, const char *from, const char *to) {
    struct iphdr ip = {.version = 4, .ihl = 5, .ttl = 64, .protocol = protocol};

    ip.tot_len = htons((uint16_t)length);
    ip.saddr = inet_addr(from);
    ip.daddr = inet_addr(to);
    ip.check = checksum(&ip);
    return ip;
}

static struct copy make_copy(const unsigned char *mac, size_t frame) {
    const size_t inner = frame - sizeof(struct ethhdr);
    struct copy copy;

    memset(&copy, 0, sizeof(copy));
    memcpy(copy.eth.h_dest, mac, ETH_ALEN);
    copy.eth.h_proto = htons(ETH_P_IP);
    copy.ip =
        ip_header(IPPROTO_GRE, sizeof(copy.ip) + sizeof(copy.gre) + frame, "10.0.0.1", "10.0.0.5");
    copy.gre.flags = htons(GRE_KEY_AND_SEQUENCE);
    copy.gre.protocol = htons(ETH_P_TEB);
    copy.gre.key = htonl(7);
    copy.inner_eth.h_proto = htons(ETH_P_IP);
    copy.inner_ip = ip_header(IPPROTO_UDP, inner, "10.1.0.1", "10.1.0.2");
    copy.inner_udp.dest = htons(9);
    copy.inner_udp.len = htons((uint16_t)(inner - sizeof(copy.inner_ip)));
    return copy;
}

static int open_device(const char *device) {
    const int yes = 1;
    struct sockaddr_ll address = {.sll_family = AF_PACKET};
    const int fd = socket(AF_PACKET, SOCK_RAW, 0);

    address.sll_ifindex = (int)if_nametoindex(device);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0)
        die(device);
    if (setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &yes, sizeof(yes)) != 0)
        die("PACKET_QDISC_BYPASS");
    return fd;
}

static uint64_t now(void) {
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

static void wait_until(uint64_t when) {
    while (now() < when) {
        const struct timespec moment = {.tv_nsec = 20000};

        nanosleep(&moment, NULL);
    }
}

static void send_all(int fd, const struct copy *copy, size_t frame, uint32_t count, uint32_t rate) {
    static unsigned char payload[LONGEST_FRAME];
    static struct copy copies[BATCH];
    struct iovec parts[BATCH][2];
    struct mmsghdr messages[BATCH];
    const size_t rest = frame - (sizeof(*copy) - offsetof(struct copy, inner_eth));
    const uint64_t begin = now();

    memset(messages, 0, sizeof(messages));
    for (int i = 0; i < BATCH; i++) {
        copies[i] = *copy;
        parts[i][0] = (struct iovec){&copies[i], sizeof(copies[i])};
        parts[i][1] = (struct iovec){payload, rest};
        messages[i].msg_hdr.msg_iov = parts[i];
        messages[i].msg_hdr.msg_iovlen = 2;
    }
    for (uint32_t sent = 0; sent < count;) {
        const uint32_t size = count - sent < BATCH ? count - sent : BATCH;

        if (rate != 0)
            wait_until(begin + (uint64_t)sent * 1000000000 / rate);
        for (uint32_t i = 0; i < size; i++)
            copies[i].gre.sequence = htonl(sent + i);
        for (uint32_t done = 0; done < size;) {
            const int got = sendmmsg(fd, messages + done, size - done, 0);

            if (got < 0)
                die("sendmmsg");
            done += (uint32_t)got;
        }
        sent += size;
    }
    printf("%llu\n", (unsigned long long)(now() - begin));
}

int main(int argc, char **argv) {
    unsigned char mac[ETH_ALEN];
    unsigned int bytes[ETH_ALEN];

    if (argc != 6 || sscanf(argv[2], "%x:%x:%x:%x:%x:%x", &bytes[0], &bytes[1], &bytes[2],
                            &bytes[3], &bytes[4], &bytes[5]) != ETH_ALEN) {
        fprintf(stderr, "usage: rmirror_bench_send DEVICE TO-MAC SIZE COUNT RATE\n");
        return 2;
    }
    for (int i = 0; i < ETH_ALEN; i++)
        mac[i] = (unsigned char)bytes[i];
    const size_t frame = strtoul(argv[3], NULL, 10);
    if (frame < sizeof(struct copy) - offsetof(struct copy, inner_eth) || frame > LONGEST_FRAME) {
        fprintf(stderr, "rmirror_bench_send: SIZE is 42..%d\n", LONGEST_FRAME);
        return 2;
    }
    const struct copy copy = make_copy(mac, frame);

    send_all(open_device(argv[1]), &copy, frame, (uint32_t)strtoul(argv[4], NULL, 10),
             (uint32_t)strtoul(argv[5], NULL, 10));
    return 0;
}
