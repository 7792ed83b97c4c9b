/* SPDX-License-Identifier: GPL-2.0-only */
/* A rule with an rmirror expression, made and dumped by the kernel's code */
#ifndef _FUZZ_KERNEL_RULE_H
#define _FUZZ_KERNEL_RULE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Has nf_tables' attributes of an expression parsed by nft_rmirror.c, and dumped again into
 * *@size bytes at @dump, which becomes so many as there are. Returns 0 or a negative errno.
 */
int kernel_rule(const void *attributes, size_t len, void *dump, size_t *size);

#ifdef __cplusplus
}
#endif

#endif /* _FUZZ_KERNEL_RULE_H */
