/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a module of the lines flavour has besides harness/pyfuzz.h: how often
 * each basic block of the target ran.  Read by cffi under the same rules.
 */
#ifndef PYFUZZ_LINES_H
#define PYFUZZ_LINES_H

#include <stdint.h>

/* How many basic blocks the target has; the order is the compiler's. */
uint32_t pyfuzz_lines_blocks(void);
/* A block's start, as an address in the module's file, like in its DWARF. */
uint64_t pyfuzz_lines_address(uint32_t block);
/* Executions of each block since the last pyfuzz_lines_reset(). */
const uint64_t *pyfuzz_lines_counts(void);
void pyfuzz_lines_reset(void);

#endif
