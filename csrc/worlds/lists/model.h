/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The harness's model of the world: what should be in every list, separate from
 * the target's memory.
 */
#ifndef PYFUZZ_LISTS_MODEL_H
#define PYFUZZ_LISTS_MODEL_H

#include "harness/sequence.h"
#include "lists.h"
#include "operations.h"
#include "target.h"

/* An SPTE in no list. */
#define FREE_SPTE 0xff

/* What the harness stores in an SPTE that is in a list (bit 11: present). */
#define PRESENT (1ULL << 11)

/*
 * The model of a VM.  members[head][0 .. count[head] - 1] are the SPTEs in a
 * list, in the harness's own order (docs/sequences.md); owner and position
 * are its inverse, so that every update is O(1).
 */
struct vm {
	bool alive;
	bool expect_bugged;
	bool tainted; /* not checked: a fault was planted, or it is harmed */
	bool harmed; /* tainted by a fault in another VM */
	bool bugged_before; /* was bugged when a fault was planted in it */
	bool no_topup; /* adds find its cache as it is */
	uint16_t total; /* entries in all lists */
	uint16_t count[PYFUZZ_HEADS];
	uint8_t owner[PYFUZZ_SPTES]; /* head, or FREE_SPTE */
	uint16_t position[PYFUZZ_SPTES];
	uint16_t members[PYFUZZ_HEADS][PYFUZZ_SPTES];
	uint64_t used[PYFUZZ_SPTES / 64]; /* bit set: in a list */
	uint32_t seen[PYFUZZ_SPTES]; /* stamp of the last walk */
};

/* The running context; PYFUZZ_NONE: no choice (own), or no vCPU. */
enum context { CONTEXT_OWN, CONTEXT_KWORKER, CONTEXT_VCPU };

struct world {
	struct vm vms[PYFUZZ_VMS];

	enum context context;
	unsigned int context_vm, context_vcpu;
	unsigned int running_vm, running_vcpu; /* during a step */
	bool asked; /* the target asked for it, in this step */

	bool begun; /* there was a world before */
	bool dirty; /* which was not torn down cleanly */
	uint32_t skipped_checks; /* list checks deferred since the start */
	uint32_t credit; /* entries that may be walked, see check_list() */
	uint32_t walk; /* stamp of the current walk */

	unsigned int bugged_total; /* VMs bugged since the boot */
	uint8_t requests[PYFUZZ_VMS][PYFUZZ_VCPUS];
	uint32_t requests_made;
	uint32_t requests_wrong; /* of another kind than VM-dead */

	uint64_t left; /* what the step left in its SPTEs, as a number */

	struct pyfuzz_step *report; /* of the current step */
};

extern struct world world;

void model_reset(void);
void vm_create(unsigned int vm);
void model_add(unsigned int vm, unsigned int head, unsigned int spte);
void model_remove(unsigned int vm, unsigned int head, unsigned int spte);
void model_clear(unsigned int vm, unsigned int head);
unsigned int model_free_spte(unsigned int vm, unsigned int from);

static inline unsigned int spte_number(unsigned int vm, const void *sptep)
{
	uintptr_t offset = (uintptr_t)sptep - (uintptr_t)pyfuzz_target.sptes[vm];

	if (offset >= PYFUZZ_SPTES * sizeof(uint64_t) || offset % 8)
		return PYFUZZ_NONE;
	return (unsigned int)(offset / 8);
}

#endif
