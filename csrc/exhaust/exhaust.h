/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every state of a scope, breadth first, on the compiled target itself.  Read
 * by cffi as well; the rules for that are at the top of harness/pyfuzz.h.
 */
#ifndef PYFUZZ_EXHAUST_H
#define PYFUZZ_EXHAUST_H

#include "../harness/pyfuzz.h"

/* The bounds within which the search is complete; what they count, the world says. */
struct pyfuzz_scope {
	uint32_t vms; /* VMs that operations are for; the others look on */
	uint32_t frames; /* guest-frame heads of each */
	uint32_t parents; /* parent heads of each */
	uint32_t entries; /* of a list, at most */
	uint32_t descriptors; /* of a list, at most; 0: no bound */
	uint32_t total; /* entries of a VM, at most */
	uint32_t errors; /* 1: removes of what is not there too, in every context */
	uint32_t grow; /* 1: lists are emptied as a whole only */
	uint32_t renamed; /* 0: SPTEs, heads and VMs are told apart by number */
	uint32_t caches; /* 1: the caches' levels are part of the state */
	uint32_t audit_every; /* audit one state in so many; 0: none */
	uint32_t depth; /* operations, at most; 0: no bound */
	uint64_t memory; /* bytes for states and the queue, at most */
};

/* Why a search is over. */
enum pyfuzz_end {
	PYFUZZ_END_NOT = 0,
	PYFUZZ_END_FIXPOINT = 1, /* nothing is left on the queue */
	PYFUZZ_END_DEPTH = 2, /* the bound of the scope */
	PYFUZZ_END_MEMORY = 3, /* the bound of the scope */
	PYFUZZ_END_CANNOT_HOLD =
		4, /* a state that the canonical form has no room for */
	PYFUZZ_END_AUDIT = 5, /* an audit failed: the abstraction is wrong */
};

struct pyfuzz_exhaust {
	uint32_t end; /* enum pyfuzz_end */
	uint32_t depth; /* operations: every sequence of up to so many was tried */
	uint64_t states; /* found */
	uint64_t expanded; /* of them: every operation was tried in it */
	uint64_t transitions; /* operations tried in states */
	uint64_t beyond; /* of them: led out of the scope */
	uint64_t ended; /* of them: led to a finding that ends all */
	uint64_t queue_bytes; /* now */
	uint64_t bytes; /* of all, now */
	uint64_t audited; /* states */
	uint64_t audited_transitions;
	uint64_t second_ways; /* of them: audited by another way than the first */
	uint64_t failed; /* audits */
	uint32_t findings; /* as many as pyfuzz_exhaust_finding() has */
	uint32_t findings_lost; /* of further signatures, for want of room */
	char trouble[248]; /* about an audit that failed */
};

/* Begin one; returns 0, or 1 if there is no memory. */
int pyfuzz_exhaust_begin(const struct pyfuzz_scope *scope);
/* Try about so many operations; NULL if none was begun. */
const struct pyfuzz_exhaust *pyfuzz_exhaust_run(uint64_t transitions);
/* Give its memory back. */
void pyfuzz_exhaust_end(void);

/* One of the findings, and in count how many transitions had it. */
const struct pyfuzz_finding *pyfuzz_exhaust_finding(uint32_t i, uint64_t *count);
/*
 * The operations that lead to a finding, a shortest way, one that shows it
 * last; each has op_size bytes, which are the world's struct pyfuzz_op.  Returns how
 * many there are, which may exceed cap.
 */
uint32_t pyfuzz_exhaust_path(uint32_t finding, void *out, uint32_t cap);

#endif
