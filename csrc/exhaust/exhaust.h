/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every state of a scope, breadth first, on the compiled target itself.  Read
 * by cffi as well; the rules for that are at the top of harness/pyfuzz.h.
 */
#ifndef PYFUZZ_EXHAUST_H
#define PYFUZZ_EXHAUST_H

#include "../harness/pyfuzz.h"

/* The bounds within which the search is complete; the world defines them. */
struct pyfuzz_scope {
	uint32_t vms; /* VMs that operations are for; the others are passive */
	uint32_t frames; /* guest-frame heads per VM */
	uint32_t parents; /* parent heads per VM */
	uint32_t entries; /* limit per list */
	uint32_t descriptors; /* limit per list; 0: none */
	uint32_t total; /* limit on entries per VM */
	uint32_t errors; /* 1: also remove what is not there, in every context */
	uint32_t grow; /* 1: lists are only emptied as a whole */
	/*
	 * 0: SPTEs, heads and VMs are distinguished by number; 2 (product.c): heads
	 * and VMs are, SPTEs have the names that both modules give them
	 */
	uint32_t renamed;
	uint32_t caches; /* 1: the caches' levels are part of the state */
	uint32_t audit_every; /* audit one state in this many; 0: none */
	uint32_t depth; /* limit on operations; 0: none */
	uint64_t memory; /* limit on bytes for states and the queue */
	/* The world pages: */
	uint32_t alike; /* 0: entries and frames that are alike are distinguished */
	uint32_t pdes, ptes; /* entries that the guest writes, in each table */
	uint32_t targets; /* frames that a PTE can get */
	uint32_t groups; /* of operations: enum pyfuzz_scope_groups */
	/* Which one of several processes this is (share.c); 0 and 1: the only one. */
	uint32_t part, parts;
};
/* Limit on parts. */
#define PYFUZZ_PARTS 256

/* Operations of the world pages; accesses and the end are always tried. */
enum pyfuzz_scope_groups {
	PYFUZZ_SCOPE_WRITES = 1, /* to guest tables, of which KVM is told */
	PYFUZZ_SCOPE_POKES = 2, /* and is not */
	PYFUZZ_SCOPE_FLUSHES = 4, /* invlpg, flush, unload */
	PYFUZZ_SCOPE_LARGE = 8, /* a PDE can map 2M; code is fetched */
	PYFUZZ_SCOPE_READ_ONLY = 16, /* a PTE can be read-only */
	PYFUZZ_SCOPE_HOST = 32, /* unmap */
	PYFUZZ_SCOPE_SLOTS = 64, /* one is deleted and created; zap-all */
	PYFUZZ_SCOPE_RECLAIM = 128, /* of the oldest shadow page */
};

/* Why a search is over. */
enum pyfuzz_end {
	PYFUZZ_END_NOT = 0,
	PYFUZZ_END_FIXPOINT = 1, /* nothing is left on the queue */
	PYFUZZ_END_DEPTH = 2, /* the bound of the scope */
	PYFUZZ_END_MEMORY = 3, /* the bound of the scope */
	PYFUZZ_END_CANNOT_HOLD =
		4, /* a state does not fit into the canonical form */
	PYFUZZ_END_AUDIT = 5, /* an audit failed: the abstraction is wrong */
	PYFUZZ_END_HANGS = 6, /* too many transitions that did not end */
};

struct pyfuzz_exhaust {
	uint32_t end; /* enum pyfuzz_end */
	uint32_t depth; /* every sequence of up to this many operations was tried */
	uint64_t states; /* found */
	/* The same if what is alike were distinguished (space->stands_for()). */
	uint64_t apart;
	uint64_t expanded; /* states in which every operation was tried */
	uint64_t transitions; /* operations tried in states */
	uint64_t beyond; /* transitions that led out of the scope */
	uint64_t ended; /* transitions with a finding that ends the search there */
	uint64_t queue_bytes; /* now */
	uint64_t bytes; /* of all, now */
	uint64_t audited; /* states */
	uint64_t audited_transitions;
	uint64_t second_ways; /* states audited by a second path */
	uint64_t failed; /* audits */
	uint32_t findings; /* number for pyfuzz_exhaust_finding() */
	uint32_t findings_lost; /* further signatures, without room */
	uint32_t waiting; /* 1: the others are to be heard before it goes on */
	char trouble[248]; /* about an audit that failed */
};

/* Whether the states of this module, and of what it is compared with, can be told apart. */
int pyfuzz_exhaust_can(void);
/* Why not, in words; NULL: not known, or they can. */
const char *pyfuzz_exhaust_cannot(void);
/* Begin a search; returns 0, or 1 if there is no memory. */
int pyfuzz_exhaust_begin(const struct pyfuzz_scope *scope);
/* Try about this many operations; NULL if no search was begun. */
const struct pyfuzz_exhaust *pyfuzz_exhaust_run(uint64_t transitions);
/* Free its memory. */
void pyfuzz_exhaust_end(void);

/*
 * With several parts each process tries its share of the moves of a depth.  What
 * one found (news, good until the next call of pyfuzz_exhaust_run()) is heard by
 * all others.  Once all are waiting and have heard everything, they meet: each
 * numbers the new states as one process alone would have.  whole 0: the search
 * ends here, and not all moves of the depth were tried.
 */
const uint8_t *pyfuzz_exhaust_news(uint64_t *size);
int pyfuzz_exhaust_hear(uint32_t part, const uint8_t *news, uint64_t size);
const struct pyfuzz_exhaust *pyfuzz_exhaust_meet(uint32_t whole);

/* One of the findings; count: the number of transitions that had it. */
const struct pyfuzz_finding *pyfuzz_exhaust_finding(uint32_t i, uint64_t *count);
/* The transition that had it first. */
void pyfuzz_exhaust_where(uint32_t finding, uint32_t *state, uint32_t *move);
/*
 * The operations of a shortest path to a finding, including the one that shows
 * it; each is a struct pyfuzz_op of op_size bytes.  Returns their number, which
 * may exceed cap.
 */
uint32_t pyfuzz_exhaust_path(uint32_t finding, void *out, uint32_t cap);

#endif
