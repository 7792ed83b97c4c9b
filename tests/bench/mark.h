/* SPDX-License-Identifier: GPL-2.0-only */
/* How a program in the guest speaks to the plugin: an instruction that does nothing and that no
 * compiler makes, a no-op with an address of "RMIR". */
#ifndef RMIRROR_MARK_H
#define RMIRROR_MARK_H

#define MARK_BYTES 0x0f, 0x1f, 0x80, 'R', 'M', 'I', 'R'

#endif
