/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Everything that this world needs of a target, besides what every world needs
 * (harness/callbacks.h): a table that adapter.h fills from the target's own
 * declarations.
 */
#ifndef PYFUZZ_LISTS_TARGET_H
#define PYFUZZ_LISTS_TARGET_H

#include "../../harness/callbacks.h"
#include "sizes.h"

/* How many entries a guest frame may have before rmap_add() zaps them all. */
#define PYFUZZ_RECYCLE_THRESHOLD 1000

/* Names the target's functions in messages: indexed like the calls below. */
struct pyfuzz_names {
	const char *add, *remove, *zap_one, *zap_all, *count, *iterate;
	const char *parent_add, *parent_remove, *parent_drop, *parent_unlink;
	const char *rmap_add, *rmap_remove;
};

struct pyfuzz_target {
	struct pyfuzz_names names;
	bool no_vm_dead; /* this kernel bugs a VM without a vm_dead flag */

	/* Put VM's structures into the state of a VM that was just created. */
	void (*vm_init)(unsigned int vm);
	/* Top up (if need be) and empty the descriptor caches of VM's vCPUs. */
	void (*topup)(unsigned int vm);
	void (*drain)(unsigned int vm);
	/* How many descriptors are in the caches of VM's vCPUs. */
	unsigned int (*cached)(unsigned int vm);
	void **(*cache_slot)(unsigned int vm, unsigned int i);

	/* Constant addresses: flags, head words, SPTEs. */
	bool *bugged[PYFUZZ_VMS];
	bool *dead[PYFUZZ_VMS];
	unsigned long *heads[PYFUZZ_VMS][PYFUZZ_HEADS];
	uint64_t *sptes[PYFUZZ_VMS]; /* PYFUZZ_SPTES of them */
	uint8_t *gfns[PYFUZZ_VMS]; /* what their pages record for each */
	int *nobjs[PYFUZZ_VMS]; /* how full the cache is */

	/*
	 * The code under test.  A head is (VM, number): 0 to 15 a guest
	 * frame's, from 16 a shadow page's parents'.  NULL: not in the target.
	 */
	int64_t (*add)(unsigned int vm, unsigned int head, uint64_t *sptep);
	void (*remove)(unsigned int vm, unsigned int head_vm, unsigned int head,
		       uint64_t *sptep);
	void (*zap_one)(unsigned int vm, unsigned int head, uint64_t *sptep);
	/* Returns whether the caller must flush TLBs; -1: it does not say. */
	int64_t (*zap_all)(unsigned int vm, unsigned int head);
	int64_t (*count)(unsigned int vm, unsigned int head);
	/* Fill out with what first/next yield, at most cap; returns the number. */
	unsigned int (*iterate)(unsigned int vm, unsigned int head,
				uint64_t **out, unsigned int cap);
	void (*parent_add)(unsigned int vm, unsigned int head, uint64_t *sptep);
	void (*parent_remove)(unsigned int vm, unsigned int head,
			      uint64_t *sptep);
	void (*parent_drop)(unsigned int vm, unsigned int head, uint64_t *sptep);
	void (*parent_unlink)(unsigned int vm, unsigned int head);
	/* The guest-frame callers find the head by gfn; rmap_remove reads it
	 * from the shadow page, where the harness recorded it. */
	void (*rmap_add)(unsigned int vm, uint64_t *sptep, unsigned int gfn);
	void (*rmap_remove)(unsigned int vm, uint64_t *sptep);
	/* gfn that the shadow page records for this SPTE. */
	void (*set_gfn)(unsigned int vm, uint64_t *sptep, unsigned int gfn);
};

/* The one target of this module, filled by adapter.h when it is loaded. */
extern struct pyfuzz_target pyfuzz_target;

#endif
