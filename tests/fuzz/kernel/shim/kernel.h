/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What files of kernel/ need of the kernel, for a program of user space. It is included
 * before each of them; the kernel's own headers that they name are empty here, those of
 * the ABI (<linux/ip.h>, <linux/netlink.h>, ..) are the machine's.
 *
 * Only as much as these files use, and nothing that behaves otherwise than the kernel's:
 * where that is stricter (an skb has no byte more than it says, every pull moves it) it
 * is said. Locks, RCU and per-CPU data are those of one thread, so that nothing here
 * finds races.
 */
#ifndef _SHIM_KERNEL_H
#define _SHIM_KERNEL_H

#include <endian.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/if.h>
#include <linux/if_arp.h>
#include <linux/if_ether.h>
#include <linux/if_tunnel.h>
#include <linux/if_vlan.h>
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/in_route.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/neighbour.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter_arp.h>
#include <linux/netlink.h>
#include <linux/ppp_defs.h>
#include <linux/tcp.h>
#include <linux/types.h>
#include <linux/udp.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int64_t s64;
typedef s64 ktime_t;
typedef unsigned int gfp_t;

/* What only a checker of the kernel, its linker or another processor would notice */
#define __force
#define __percpu
#define __rcu
#define __init
#define __exit
#define __read_mostly
#define __uninitialized
#define ____cacheline_aligned_in_smp
#define EXPORT_SYMBOL_GPL(symbol)
#define THIS_MODULE NULL
#define module_init(function) int module_##function(void) { return function(); }
#define module_exit(function) void module_##function(void) { function(); }
#define MODULE_LICENSE(text)
#define MODULE_DESCRIPTION(text)
#define MODULE_ALIAS_NFT_EXPR(name)
#define __packed __attribute__((packed))
#define __aligned(x) __attribute__((aligned(x)))
#define __maybe_unused __attribute__((unused))
#undef __always_inline
#define __always_inline inline __attribute__((always_inline))
#define noinline __attribute__((noinline))
#define fallthrough __attribute__((fallthrough))
#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
#define READ_ONCE(x) (x)
#define WRITE_ONCE(x, value) ((x) = (value))
/* SCTP's CRC, kTLS and PSP are not: their flags are always 0. */
#define IS_ENABLED(option) option
#define CONFIG_IPV6 1
#define CONFIG_BRIDGE_NETFILTER 1
#define CONFIG_IP_SCTP 0
#define KBUILD_MODNAME "rmirror"

#define BIT(n) (1UL << (n))
#define BIT_ULL(n) (1ULL << (n))
#define BITS_PER_LONG (8 * sizeof(long))
#define BITS_TO_LONGS(n) (((n) + BITS_PER_LONG - 1) / BITS_PER_LONG)
#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))
#define DIV_ROUND_UP(n, d) (((n) + (d) - 1) / (d))
#define min(a, b) ({ __typeof__(a) _a = (a); __typeof__(b) _b = (b); _a < _b ? _a : _b; })
#define min_t(type, a, b) min((type)(a), (type)(b))
#define container_of(pointer, type, member) \
	((type *)((char *)(pointer) - offsetof(type, member)))
#define BUILD_BUG_ON(condition) _Static_assert(!(condition), #condition)
#define U16_MAX 0xffffU
#define U32_MAX 0xffffffffU
#define PAGE_SIZE 4096UL
#define PAGE_ALLOC_COSTLY_ORDER 3
#define GOLDEN_RATIO_64 0x61C8864680B583EBull
#define NSEC_PER_USEC 1000L

/* A property that does not hold ends the program; libFuzzer keeps the input. */
static inline void demand(bool property, const char *what)
{
	if (property)
		return;
	fprintf(stderr, "property: %s\n", what);
	abort();
}

#define BUG_ON(condition) demand(!(condition), "BUG_ON: " #condition)

static inline bool test_bit(unsigned int bit, const unsigned long *map)
{
	return map[bit / BITS_PER_LONG] >> bit % BITS_PER_LONG & 1;
}

static inline void __set_bit(unsigned int bit, unsigned long *map)
{
	map[bit / BITS_PER_LONG] |= 1UL << bit % BITS_PER_LONG;
}

/* Byte order */
#if __BYTE_ORDER == __LITTLE_ENDIAN
#define htons(x) ((__be16)__builtin_bswap16((u16)(x)))
#define htonl(x) ((__be32)__builtin_bswap32((u32)(x)))
#define cpu_to_be64(x) ((__be64)__builtin_bswap64((u64)(x)))
#else
#define htons(x) ((__be16)(x))
#define htonl(x) ((__be32)(x))
#define cpu_to_be64(x) ((__be64)(x))
#endif
#define ntohs(x) ((u16)htons(x))
#define ntohl(x) ((u32)htonl(x))
#define be64_to_cpu(x) ((u64)cpu_to_be64(x))

#define get_unaligned(pointer) ({					\
	__typeof__(*(pointer) + 0) _value;				\
	memcpy(&_value, (pointer), sizeof(*(pointer)));			\
	_value;								\
})

#define put_unaligned(value, pointer) ({				\
	__typeof__(*(pointer)) _value = (value);			\
	memcpy((pointer), &_value, sizeof(_value));			\
})

static inline u16 get_unaligned_be16(const void *from)
{
	return ntohs(get_unaligned((const __be16 *)from));
}

static inline u32 get_unaligned_be32(const void *from)
{
	return ntohl(get_unaligned((const __be32 *)from));
}

static inline void put_unaligned_be16(u16 value, void *to)
{
	const __be16 raw = htons(value);

	memcpy(to, &raw, sizeof(raw));
}

static inline void put_unaligned_be32(u32 value, void *to)
{
	const __be32 raw = htonl(value);

	memcpy(to, &raw, sizeof(raw));
}

/* Numbers */
static inline u32 rol32(u32 word, unsigned int shift)
{
	return word << (shift & 31) | word >> (-shift & 31);
}

static inline u32 hash_64(u64 value, unsigned int bits)
{
	return value * GOLDEN_RATIO_64 >> (64 - bits);
}

static inline u64 div_u64(u64 a, u32 b)
{
	return a / b;
}

static inline u32 upper_32_bits(u64 value)
{
	return value >> 32;
}

static inline u32 lower_32_bits(u64 value)
{
	return value;
}

static inline s64 ktime_to_ns(ktime_t time)
{
	return time;
}

static inline ktime_t ktime_get_real(void)
{
	return 1700000000000000000;
}

/* Some hash: which one is nobody's business */
static inline u32 jhash(const void *key, u32 length, u32 seed)
{
	const u8 *byte = key;

	while (length--)
		seed = (seed ^ *byte++) * 16777619;
	return seed;
}

/* Errors as pointers */
#define MAX_ERRNO 4095
#define ERR_PTR(err) ((void *)(long)(err))
#define PTR_ERR(pointer) ((long)(pointer))
#define IS_ERR(pointer) ((unsigned long)(pointer) >= (unsigned long)-MAX_ERRNO)
#define IS_ERR_OR_NULL(pointer) (!(pointer) || IS_ERR(pointer))

/* Memory */
#define GFP_KERNEL 0
#define GFP_KERNEL_ACCOUNT 0
#define GFP_ATOMIC 0
#define __GFP_NOWARN 0
#define kzalloc(size, gfp) calloc(1, size)
#define kfree(pointer) free(pointer)
#define kfree_rcu(pointer, member) free(pointer)

/* Messages: formats with %pI4 are not for printf. */
#define pr_info_ratelimited(...) do { } while (0)

/* One thread has nobody to wait for. */
struct rcu_head { char unused; };
struct mutex { char unused; };
struct ratelimit_state { char unused; };
struct delayed_work { char unused; };
typedef struct { char unused; } spinlock_t;
#define spin_lock_init(lock) ((void)(lock))
#define spin_lock_bh(lock) ((void)(lock))
#define spin_unlock_bh(lock) ((void)(lock))
#define lockdep_is_held(lock) true
#define rcu_read_lock() do { } while (0)
#define rcu_read_unlock() do { } while (0)
#define rcu_read_lock_bh() do { } while (0)
#define rcu_read_unlock_bh() do { } while (0)

typedef struct { int counter; } atomic_t;

static inline void atomic_set(atomic_t *v, int value)
{
	v->counter = value;
}

/* The kernel's wraps. */
static inline int atomic_fetch_inc(atomic_t *v)
{
	const int old = v->counter;

	v->counter = (int)((unsigned int)old + 1);
	return old;
}

struct task_struct { bool in_nf_duplicate; };
extern struct task_struct *current;

#include "list.h"
#include "net.h"
#include "skbuff.h"
#include "checksum.h"
#include "netlink.h"

#endif /* _SHIM_KERNEL_H */
