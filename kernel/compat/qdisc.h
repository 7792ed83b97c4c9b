/* SPDX-License-Identifier: GPL-2.0-only */
/* The differences between kernels that concern queueing disciplines; see compat.h. */
#ifndef _RMIRROR_COMPAT_QDISC_H
#define _RMIRROR_COMPAT_QDISC_H

#include <net/sch_generic.h>

/* To send for a qdisc; a flag of it says what the lock is, which sparse cannot follow */
static inline bool rmirror_compat_qdisc_run_begin(struct Qdisc *q)
{
#ifdef __CHECKER__
	return true;
#else
	return qdisc_run_begin(q);
#endif
}

/* The end of it. Return: packets that were dropped from it meanwhile. */
static inline struct sk_buff *rmirror_compat_qdisc_run_end(struct Qdisc *q)
{
#if defined(__CHECKER__)
	return NULL;
#elif defined(RMIRROR_HAVE_QDISC_TO_FREE)
	return qdisc_run_end(q);
#else
	qdisc_run_end(q);
	return NULL;
#endif
}

#endif
