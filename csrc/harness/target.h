/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The seam between the harness and a target.  Two translation units: the
 * target's (shim + code under test + adapter.h, compiled with coverage) and
 * the harness's (compiled without).  The harness knows no kernel type: all it
 * has of a target is this table, which adapter.h fills from the target's own
 * declarations, and raw words at the offsets in pyfuzz_traits.
 */
#ifndef PYFUZZ_TARGET_H
#define PYFUZZ_TARGET_H

#include <stdbool.h>
#include "pyfuzz.h"

/* How many entries a guest frame may have before rmap_add() zaps them all. */
#define PYFUZZ_RECYCLE_THRESHOLD 1000

/* Names the target's functions in messages: indexed like the calls below. */
struct pyfuzz_names {
	const char *add, *remove, *zap_one, *zap_all, *count, *iterate;
	const char *parent_add, *parent_remove, *parent_drop, *parent_unlink;
	const char *rmap_add, *rmap_remove;
};

struct pyfuzz_target {
	struct pyfuzz_traits traits;
	struct pyfuzz_names names;
	bool no_vm_dead;	/* this kernel bugs a VM without a vm_dead flag */

	/* Put VM's structures into the state of a VM that was just created. */
	void (*vm_init)(unsigned int vm);
	/* Top up (if need be) and empty the descriptor caches of VM's vCPUs. */
	void (*topup)(unsigned int vm);
	void (*drain)(unsigned int vm);
	/* How many descriptors are in the caches of VM's vCPUs. */
	unsigned int (*cached)(unsigned int vm);
	void **(*cache_slot)(unsigned int vm, unsigned int i);

	/* Addresses that stay the same: flags, head words, SPTEs. */
	bool *bugged[PYFUZZ_VMS];
	bool *dead[PYFUZZ_VMS];
	unsigned long *heads[PYFUZZ_VMS][PYFUZZ_HEADS];
	uint64_t *sptes[PYFUZZ_VMS];		/* PYFUZZ_SPTES of them */

	/*
	 * The code under test.  A head is (VM, number): 0 to 15 a guest
	 * frame's, from 16 a shadow page's parents'.  NULL: not in the target.
	 */
	int64_t (*add)(unsigned int vm, unsigned int head, uint64_t *sptep);
	void (*remove)(unsigned int vm, unsigned int head_vm, unsigned int head,
		       uint64_t *sptep);
	void (*zap_one)(unsigned int vm, unsigned int head, uint64_t *sptep);
	void (*zap_all)(unsigned int vm, unsigned int head);
	int64_t (*count)(unsigned int vm, unsigned int head);
	/* Fill out with what first/next yield, at most cap; returns how many. */
	unsigned int (*iterate)(unsigned int vm, unsigned int head,
				uint64_t **out, unsigned int cap);
	void (*parent_add)(unsigned int vm, unsigned int head, uint64_t *sptep);
	void (*parent_remove)(unsigned int vm, unsigned int head,
			      uint64_t *sptep);
	void (*parent_drop)(unsigned int vm, unsigned int head,
			    uint64_t *sptep);
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

/*
 * What the shim's instrumented part calls in the harness.  file and line are
 * those of the target's source.
 */
void __attribute__((noreturn))
pyfuzz_on_bug(const char *file, unsigned int line, const char *function,
	      const char *condition);
/* One line of the log. */
void pyfuzz_on_print(const char *file, unsigned int line, const char *function,
		     const char *format, ...)
	__attribute__((format(printf, 4, 5)));
/* A "once a boot" site asks whether it may fire; state is its static word. */
bool pyfuzz_once(unsigned int *state);
void pyfuzz_on_request(unsigned int vm, unsigned int vcpu,
		       unsigned int request);

/* The descriptor allocator (csrc/shim/descriptors.c). */
void *pyfuzz_descriptor_alloc(unsigned int vm);
void pyfuzz_descriptor_free(void *descriptor);

/* The running context: VM and vCPU, or PYFUZZ_NONE in a kworker. */
unsigned int pyfuzz_running_vm(void);
unsigned int pyfuzz_running_vcpu(void);

#endif
