/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Counts every execution of every basic block, in 64 bits.  The calls come
 * from clang's -fsanitize-coverage=bb,no-prune,trace-pc-guard,pc-table.  This
 * needs no profile runtime and no libFuzzer, whose functions of the same names
 * these hide: nothing here is registered with an engine.
 */
#include <stddef.h>
#include <string.h>
#include "lines/lines.h"

#define HIDDEN __attribute__((visibility("hidden")))
#define MAX_BLOCKS 65536

/* One word per block and, in the same order, a pair of words: address, flags. */
extern uint32_t __start___sancov_guards[] __attribute__((weak)) HIDDEN;
extern uint32_t __stop___sancov_guards[] __attribute__((weak)) HIDDEN;
extern const uintptr_t __start___sancov_pcs[] __attribute__((weak)) HIDDEN;
/* The linker's symbol for the start of this file in memory. */
extern const char __ehdr_start[] HIDDEN;

static uint64_t counts[MAX_BLOCKS];

void __sanitizer_cov_trace_pc_guard(uint32_t *guard) HIDDEN;
void __sanitizer_cov_trace_pc_guard_init(uint32_t *start, uint32_t *stop) HIDDEN;
void __sanitizer_cov_pcs_init(const uintptr_t *start,
			      const uintptr_t *stop) HIDDEN;
void __sanitizer_cov_8bit_counters_init(uint8_t *start, uint8_t *stop) HIDDEN;

void __sanitizer_cov_trace_pc_guard(uint32_t *guard)
{
	ptrdiff_t block = guard - __start___sancov_guards;

	if (block < MAX_BLOCKS)
		counts[block]++;
}

/* The section bounds give the same as these arguments. */
void __sanitizer_cov_trace_pc_guard_init(uint32_t *start, uint32_t *stop)
{
	(void)start;
	(void)stop;
}

void __sanitizer_cov_pcs_init(const uintptr_t *start, const uintptr_t *stop)
{
	(void)start;
	(void)stop;
}

/* The state counters of harness/feedback.c, which are not read here. */
void __sanitizer_cov_8bit_counters_init(uint8_t *start, uint8_t *stop)
{
	(void)start;
	(void)stop;
}

uint32_t pyfuzz_lines_blocks(void)
{
	ptrdiff_t blocks = __stop___sancov_guards - __start___sancov_guards;

	return blocks < MAX_BLOCKS ? (uint32_t)blocks : MAX_BLOCKS;
}

uint64_t pyfuzz_lines_address(uint32_t block)
{
	/* A weak symbol: no address if there is none. */
	if (block >= pyfuzz_lines_blocks())
		return 0;
	return __start___sancov_pcs[2 * (size_t)block] - (uintptr_t)__ehdr_start;
}

const uint64_t *pyfuzz_lines_counts(void)
{
	return counts;
}

void pyfuzz_lines_reset(void)
{
	memset(counts, 0, sizeof(counts));
}
