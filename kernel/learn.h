/* SPDX-License-Identifier: GPL-2.0-only */
/* What ICMP says about the path of the copies. */
#ifndef _RMIRROR_LEARN_H
#define _RMIRROR_LEARN_H

struct net;
struct rmirror_net;

void rmirror_learn_net_init(struct rmirror_net *rn);
int rmirror_learn_start(struct net *net);
void rmirror_learn_stop(struct net *net);

#endif /* _RMIRROR_LEARN_H */
