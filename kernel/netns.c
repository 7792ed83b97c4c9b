// SPDX-License-Identifier: GPL-2.0-only
/* Where the state of a network namespace is found. */

#include <linux/cache.h>

#include "netns.h"

unsigned int rmirror_net_id __read_mostly;
