/* SPDX-License-Identifier: GPL-2.0-only */
/* The memory of copies. */
#ifndef _RMIRROR_BUFFER_H
#define _RMIRROR_BUFFER_H

#include <linux/types.h>

void *rmirror_buffer_get(unsigned int size);
void rmirror_buffer_init(void);
void rmirror_buffer_exit(void);

#endif /* _RMIRROR_BUFFER_H */
