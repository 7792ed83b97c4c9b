/* SPDX-License-Identifier: GPL-2.0-only */
/* The tracepoint rmirror:rmirror_copy: what became of each packet that a rule matched. */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM rmirror

#if !defined(_RMIRROR_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _RMIRROR_TRACE_H

#include <linux/tracepoint.h>
#include <net/ipv6.h>

#include "core.h"
#include "stats.h"

#define RMIRROR_TRACE_NAME_LEN	32

/* perf and trace-cmd know the numbers by these. */
#define X(id, word, severity) TRACE_DEFINE_ENUM(RMIRROR_##id);
RMIRROR_COUNTER_TABLE(X)
#undef X
TRACE_DEFINE_ENUM(RMIRROR_PENDING);

#define X(id, word, severity) { RMIRROR_##id, word },
#define rmirror_trace_outcome(outcome)						\
	__print_symbolic(outcome, RMIRROR_COUNTER_TABLE(X) { RMIRROR_PENDING, "waits" })

TRACE_EVENT(rmirror_copy,
	TP_PROTO(const struct rmirror *m, const struct rmirror_place *place,
		 enum rmirror_outcome outcome, unsigned int len, unsigned int bytes),
	TP_ARGS(m, place, outcome, len, bytes),
	TP_STRUCT__entry(
		__array(char, family, 12)
		__array(char, table, RMIRROR_TRACE_NAME_LEN)
		__array(char, chain, RMIRROR_TRACE_NAME_LEN)
		__array(u8, collector, 16)
		__field(u32, encap)
		__field(u32, key)
		__field(u32, outcome)
		__field(u32, len)
		__field(u32, bytes)
	),
	TP_fast_assign(
		struct in6_addr *collector = (struct in6_addr *)__entry->collector;

		strscpy(__entry->family, place ? place->family : "-", sizeof(__entry->family));
		strscpy(__entry->table, place ? place->table : "-", RMIRROR_TRACE_NAME_LEN);
		strscpy(__entry->chain, !place ? "-" :
			place->chain ? READ_ONCE(*place->chain) : place->hooks,
			RMIRROR_TRACE_NAME_LEN);
		if (m->conf.family == NFPROTO_IPV4)
			ipv6_addr_set_v4mapped(m->conf.addr.ip, collector);
		else
			*collector = m->conf.addr.in6;
		__entry->encap = m->conf.encap;
		__entry->key = m->conf.key;
		__entry->outcome = outcome;
		__entry->len = len;
		__entry->bytes = bytes;
	),
	TP_printk("%s %s %s collector=%pI6c encap=%u key=%u outcome=%s len=%u bytes=%u",
		  __entry->family, __entry->table, __entry->chain, __entry->collector,
		  __entry->encap, __entry->key, rmirror_trace_outcome(__entry->outcome),
		  __entry->len, __entry->bytes)
);

#undef X

#endif /* _RMIRROR_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
