/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The interface of a compiled target of any world to Python; the world's own
 * part is csrc/worlds/<world>/<world>.h.  build.py strips the lines that start
 * with '#' other than "#define NAME NUMBER" and passes the rest to cffi as it
 * is, so both have no macros with arguments, inline functions or attributes.
 */
#ifndef PYFUZZ_H
#define PYFUZZ_H

#include <stddef.h>
#include <stdint.h>
#include "kinds.h"

/* Changes with anything below; pyfuzz/module/compiled.py checks it. */
#define PYFUZZ_ABI 6

/* Limit on the bytes of a sequence; their meaning: the world's own header. */
#define PYFUZZ_MAX_INPUT 4096

/* No SPTE, no head, no VM. */
#define PYFUZZ_NONE 65535

/*
 * One decoded operation, and what one step (one repetition of it) did; defined
 * in each world's own header.
 */
struct pyfuzz_op;
struct pyfuzz_step;

struct pyfuzz_finding {
	uint32_t kind; /* enum pyfuzz_kind */
	uint32_t operation; /* index in the sequence; its length at tear-down */
	uint32_t step; /* index in a repeated operation */
	uint32_t line; /* in the target's source, 0: none */
	uint64_t signature; /* equal for findings that are one bug */
	char function[64]; /* the target's function */
	char message[248]; /* subject, rule, value; no remedy */
};
#define PYFUZZ_MAX_FINDINGS 16

/* What the last pyfuzz_run(), or the steps since pyfuzz_begin(), did. */
struct pyfuzz_result {
	uint32_t findings_len;
	uint32_t operations; /* operations begun */
	uint64_t steps; /* steps that reached the target */
	struct pyfuzz_finding findings[16];
};

/*
 * The target's traits, and the layout of its descriptors in bytes.  A field
 * that the target does not have has size 0.
 */
struct pyfuzz_traits {
	const char *name;
	const char *world; /* the folder in csrc/worlds */
	uint32_t capacity; /* PTE_LIST_EXT */
	uint32_t descriptor_size;
	uint32_t more_offset;
	uint32_t sptes_offset;
	uint32_t spte_count_offset;
	uint32_t spte_count_size;
	uint32_t tail_count_offset;
	uint32_t tail_count_size;
	uint32_t locked_heads; /* 1: bit 1 of a head's val is a lock */
	uint32_t rmap_add_recycles; /* 1: rmap_add applies the threshold itself */
	uint32_t zap_all_returns; /* 1: zap-all says whether to flush TLBs */
	uint32_t opcodes; /* mask over the world's opcodes: supported */
	uint32_t counters; /* of target coverage, 0: not instrumented */
	uint32_t states; /* of the state feedback */
	uint32_t sanitized; /* 1: built with AddressSanitizer */
};

/*
 * Written by pyfuzz_run(), read by another process at any time: the file
 * outlives a worker that is killed.  Single words are written atomically; the
 * text and bytes of a slot are valid if its sequence lock is even and unchanged.
 */
#define PYFUZZ_SLOTS 64
struct pyfuzz_slot {
	uint32_t lock; /* odd while being written */
	uint32_t kind;
	uint64_t signature;
	uint64_t count; /* executions that had this finding */
	uint64_t first_execution; /* number of the first of them, from 1 */
	uint64_t first_ns; /* CLOCK_MONOTONIC of the first */
	uint32_t best_size; /* bytes of the shortest input */
	uint32_t line;
	char function[64];
	char message[248];
	uint8_t best[4096];
};
struct pyfuzz_shared {
	uint32_t abi;
	uint32_t running; /* 1: inside pyfuzz_run() */
	uint64_t executions;
	uint64_t operations;
	uint64_t steps;
	uint64_t edges; /* target coverage counters ever hit */
	uint64_t states; /* state counters ever hit */
	uint64_t last_new_ns; /* CLOCK_MONOTONIC of the last new edge or state */
	uint64_t slots_lost; /* findings of new signatures with no slot left */
	uint32_t slots_len;
	uint32_t input_size;
	uint8_t input[4096]; /* the input of the last pyfuzz_run() */
	struct pyfuzz_slot slots[64];
};

/*
 * Run one sequence: a fresh world, every operation with its checks, tear-down
 * and the final checks.  A size over PYFUZZ_MAX_INPUT is truncated, an
 * incomplete last operation ignored.  Returns the number of finding signatures
 * that are new in this process.
 */
int pyfuzz_run(const uint8_t *data, size_t size);
/*
 * The same for an engine: the target is also asked for counts and entries where
 * the sequence does not ask.  If that shows something, the finding is stored
 * with a sequence that does ask, and pyfuzz_last() describes that sequence.
 */
int pyfuzz_fuzz(const uint8_t *data, size_t size);

/* The same, a step at a time; pyfuzz_step() returns the step's findings. */
void pyfuzz_begin(void);
uint32_t pyfuzz_step(const struct pyfuzz_op *op, uint32_t operation,
		     uint32_t step, struct pyfuzz_step *out);
uint32_t pyfuzz_end(uint32_t operation, struct pyfuzz_step *out);

/*
 * Run one sequence to see what it reaches on its own.  out gets traits.counters
 * bytes for the target's counters and traits.states bytes for the states: 0, or
 * one bit for the count (1, 2, 3, 4 to 7, 8 to 15, 16 to 31, 32 to 127, more).
 * A finding is in pyfuzz_last() only, not in a slot.
 */
void pyfuzz_coverage(const uint8_t *data, size_t size, uint8_t *out);

const struct pyfuzz_result *pyfuzz_last(void);
const struct pyfuzz_traits *pyfuzz_traits(void);

/* Decode one operation; never fails.  Returns its repeat count. */
uint32_t pyfuzz_decode(const uint8_t *data, struct pyfuzz_op *op);

/* Count into this region (struct pyfuzz_shared) from now on; NULL: a private one. */
void pyfuzz_attach(void *region);
const struct pyfuzz_shared *pyfuzz_shared(void);

/*
 * From the next sequence on, memory is not judged, and a sequence goes on as long
 * as the host does: to see what comes of a bug that is there.
 */
void pyfuzz_watch(uint32_t on);
/* An operation that takes longer than this is a hang (default 300). */
void pyfuzz_set_hang_limit(uint32_t milliseconds);

/* 1 if a live descriptor of the allocator starts here. */
uint32_t pyfuzz_descriptor_live(uint64_t address);
/* Copy a live descriptor's bytes to out; 0 if it is not live. */
uint32_t pyfuzz_descriptor_read(uint64_t address, uint8_t *out, uint32_t size);

/* Line number i of the log since pyfuzz_begin(), or NULL past its end. */
const char *pyfuzz_log_line(uint32_t i);

#endif
