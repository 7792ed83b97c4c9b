/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The differences between kernels, by presence and never by version: stable
 * kernels and distributions backport API changes. Each RMIRROR_HAVE_* is set by
 * the probes of compat/Kbuild. Core files are written for the newest
 * kernel.
 */
#ifndef _RMIRROR_COMPAT_H
#define _RMIRROR_COMPAT_H

#include <linux/local_lock.h>
#include <linux/netdevice.h>
#include <linux/netfilter.h>
#include <linux/sched.h>
#include <linux/skbuff.h>
#include <net/flow.h>

#ifdef RMIRROR_HAVE_NET_GSO_H
#include <net/gso.h>
#endif
#ifdef RMIRROR_HAVE_DROP_REASONS
#include <net/dropreason.h>
#endif
#ifdef RMIRROR_HAVE_SKBUFF_REF_H
#include <linux/skbuff_ref.h>
#endif

/* TEE's recursion guard: per CPU, then per task. BHs are off around its use. */
#ifdef RMIRROR_HAVE_NF_SKB_DUPLICATED
static inline bool rmirror_compat_in_duplicate(void)
{
	return __this_cpu_read(nf_skb_duplicated);
}

static inline void rmirror_compat_set_duplicate(bool on)
{
	__this_cpu_write(nf_skb_duplicated, on);
}
#else
static inline bool rmirror_compat_in_duplicate(void)
{
	return current->in_nf_duplicate;
}

static inline void rmirror_compat_set_duplicate(bool on)
{
	current->in_nf_duplicate = on;
}
#endif

/* Free a packet and say why, where the kernel asks */
#ifdef RMIRROR_HAVE_DROP_REASONS
#define rmirror_compat_free(skb, why)	kfree_skb_reason(skb, SKB_DROP_REASON_##why)
#else
#define rmirror_compat_free(skb, why)	kfree_skb(skb)
#endif

/* Frags in device memory, which no CPU can read */
static inline bool rmirror_compat_readable(const struct sk_buff *skb)
{
#ifdef RMIRROR_HAVE_SKB_FRAGS_READABLE
	return skb_frags_readable(skb);
#else
	return true;
#endif
}

/* SCTP's checksum is a CRC. */
static inline bool rmirror_compat_is_sctp(const struct sk_buff *skb)
{
#if IS_ENABLED(CONFIG_IP_SCTP)
	return skb->csum_not_inet;
#else
	return false;
#endif
}

/* In clear, but for the wire encrypted by a device: kTLS, PSP */
static inline bool rmirror_compat_decrypted(const struct sk_buff *skb)
{
#if defined(CONFIG_TLS_DEVICE) || defined(CONFIG_SKB_DECRYPTED)
	return skb->decrypted;
#else
	return false;
#endif
}

/* DSCP of a route look-up: a TOS byte, then a dscp_t */
static inline void rmirror_compat_set_dscp(struct flowi4 *fl, u8 dscp)
{
#ifdef RMIRROR_HAVE_FLOWI4_DSCP
	fl->flowi4_dscp = inet_dsfield_to_dscp(dscp << 2);
#else
	fl->flowi4_tos = dscp << 2;
#endif
}

/* Does somebody see packets at a device's egress: tc, BPF, netfilter? */
static inline bool rmirror_compat_has_egress_hook(const struct net_device *dev)
{
#ifdef CONFIG_NETFILTER_EGRESS
	if (rcu_access_pointer(dev->nf_hooks_egress))
		return true;
#endif
#if defined(RMIRROR_HAVE_TCX_EGRESS)
#ifdef CONFIG_NET_XGRESS
	return rcu_access_pointer(dev->tcx_egress);
#endif
#elif defined(CONFIG_NET_CLS_ACT)
	return rcu_access_pointer(dev->miniq_egress);
#endif
	return false;
}

/*
 * What is per CPU is not safe with BHs off alone where PREEMPT_RT does without their lock
 * (PREEMPT_RT_NEEDS_BH_LOCK): another task with BHs off may come in between at any time.
 */
#if defined(CONFIG_PREEMPT_RT) && defined(RMIRROR_HAVE_LOCAL_LOCK_NESTED_BH)
#define RMIRROR_COMPAT_BH_IS_SHARED		1
#else
#define RMIRROR_COMPAT_BH_IS_SHARED		0
#endif

#ifdef RMIRROR_HAVE_LOCAL_LOCK_NESTED_BH
#define RMIRROR_COMPAT_BH_LOCK			local_lock_t
#define RMIRROR_COMPAT_INIT_BH_LOCK(lock)	INIT_LOCAL_LOCK(lock)
#define rmirror_compat_bh_lock(lock)		local_lock_nested_bh(lock)
#define rmirror_compat_bh_unlock(lock)		local_unlock_nested_bh(lock)
#else
#define RMIRROR_COMPAT_BH_LOCK			struct {}
#define RMIRROR_COMPAT_INIT_BH_LOCK(lock)	{}
#define rmirror_compat_bh_lock(lock)		do { } while (0)
#define rmirror_compat_bh_unlock(lock)		do { } while (0)
#endif

#endif /* _RMIRROR_COMPAT_H */
