/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The world "threads": a writer and walkers without its lock, as fibers in one
 * thread, in the order of a schedule.  The interface of a module of this flavour
 * to Python; read by cffi as it is, under the rules in harness/pyfuzz.h.
 */
#ifndef PYFUZZ_THREADS_H
#define PYFUZZ_THREADS_H

#include "../../harness/pyfuzz.h"

/* Changes with anything below; pyfuzz/worlds/threads checks it. */
#define PYFUZZ_THREADS_ABI 7

/* A sequence: records of four bytes each, see docs/threads.md. */
#define PYFUZZ_OP_BYTES 4

#define PYFUZZ_FIBERS 4
#define PYFUZZ_FIBER_OPS 4
#define PYFUZZ_MAX_ENTRIES 40
#define PYFUZZ_MAX_SWITCHES 256
#define PYFUZZ_MAX_DELAYS 64
#define PYFUZZ_THREADS_FINDINGS 8
/* Limit on the accesses of a schedule: beyond it, a fiber makes no progress. */
#define PYFUZZ_MAX_ACCESSES 20000

/*
 * The operations of a fiber.  First those that hold mmu_lock for write, then
 * those that hold it for read, then those without it; the last is the processor.
 * The operand is an entry's position in the list as built: 0 was added first.
 */
enum pyfuzz_threads_what {
	PYFUZZ_T_ADD = 0,
	PYFUZZ_T_ZAP_ONE = 1,
	PYFUZZ_T_ZAP_ALL = 2,
	PYFUZZ_T_DROP = 3, /* zap one, then free its shadow page */
	PYFUZZ_T_FREE_ALL = 4, /* zap all, then free their shadow pages */
	PYFUZZ_T_COUNT = 5,
	PYFUZZ_T_ITERATE = 6,
	PYFUZZ_T_AGE = 7,
	PYFUZZ_T_TEST_AGE = 8,
	PYFUZZ_T_ACCESS = 9, /* set Accessed, if the SPTE is present */
	PYFUZZ_T_DIRTY = 10, /* set Accessed and Dirty */
};
#define PYFUZZ_T_WHATS 11
#define PYFUZZ_MAX_BOUND 7

/* What a record of a sequence says; a line of its text. */
enum pyfuzz_record {
	PYFUZZ_R_LIST = 0, /* the initial state: the last one counts */
	PYFUZZ_R_FIBER = 1, /* the next operation of a fiber */
	PYFUZZ_R_SWITCH = 2,
	PYFUZZ_R_DELAY = 3, /* a store that waits in the store buffer */
};

/* One record, decoded; which members matter depends on the first. */
struct pyfuzz_op {
	uint8_t record; /* enum pyfuzz_record */
	uint8_t entries; /* of the list */
	uint8_t ad; /* 1: SPTEs have Accessed and Dirty bits */
	uint8_t reuse; /* 1: a freed descriptor is handed out next */
	uint8_t fiber;
	uint8_t what; /* enum pyfuzz_threads_what */
	uint8_t operand;
	uint8_t next; /* of a switch: the fiber that runs next */
	uint8_t tso; /* 1: stores may wait in store buffers */
	uint8_t by; /* of a delay: the accesses that overtake the store */
	uint32_t at; /* of a switch: before which access; of a delay: the store */
};

/* Why a record means nothing. */
enum pyfuzz_skip {
	PYFUZZ_RAN = 0,
	PYFUZZ_SKIP_UNSUPPORTED = 6, /* the target has no such function */
	PYFUZZ_SKIP_HOST_DEAD = 7,
	PYFUZZ_SKIP_FIBER_FULL = 24, /* more operations than a fiber can have */
	PYFUZZ_SKIP_SWITCHES_FULL = 25, /* or delays */
};

/* What one record did: nothing runs before the tear-down, which runs all of it. */
struct pyfuzz_step {
	uint8_t skip; /* enum pyfuzz_skip */
	uint32_t findings; /* mask over enum pyfuzz_kind, this step's */
	uint32_t log_lines;
	uint32_t accesses; /* of the schedule */
	uint64_t hash; /* of all of them, in order */
};

/* The code of a line of a function, up to where the next one begins. */
struct pyfuzz_code {
	uint64_t start; /* offset in the module's file */
	uint32_t line; /* 0: of no function */
	char function[64];
};

struct pyfuzz_threads_op {
	uint8_t what; /* enum pyfuzz_threads_what */
	uint8_t operand;
};

struct pyfuzz_fiber_ops {
	uint32_t ops_len;
	struct pyfuzz_threads_op ops[4];
};

/* The initial state, and the operations of each fiber. */
struct pyfuzz_scenario {
	uint8_t fibers;
	uint8_t entries; /* of the list */
	uint8_t ad; /* 1: SPTEs have Accessed and Dirty bits */
	uint8_t reuse; /* 1: a freed descriptor is handed out next */
	uint8_t tso; /* 1: stores may wait in store buffers */
	struct pyfuzz_fiber_ops fiber[4];
};

/*
 * Before its access number at (from 1; 0: before it begins), fiber stops and
 * next runs.  When a fiber blocks or ends, the runnable fiber with the lowest
 * number runs next, unless a switch says otherwise.
 */
struct pyfuzz_switch {
	uint32_t at;
	uint16_t fiber;
	uint16_t next;
};

/*
 * The store that is the fiber's access number at waits in its store buffer while
 * the fiber makes by more accesses; what drains the buffer may end this earlier.
 * That it reaches memory counts as an access, too.
 */
struct pyfuzz_delay {
	uint32_t at;
	uint16_t fiber;
	uint16_t by;
};

struct pyfuzz_schedule {
	uint32_t len;
	uint32_t delays_len;
	struct pyfuzz_switch switches[256];
	struct pyfuzz_delay delays[64];
};

struct pyfuzz_threads_finding {
	uint32_t kind; /* enum pyfuzz_kind */
	uint32_t operation; /* of the fiber, its number; 4: none */
	uint64_t signature;
	uint64_t place; /* offset of the code in the module's file */
	uint64_t other_place; /* the other access of a race, or 0 */
	uint64_t hash; /* all accesses up to it */
	uint32_t fiber;
	uint32_t access; /* its number in the fiber */
	uint32_t away; /* preemptions */
	uint32_t delayed; /* stores that other accesses overtook */
	uint32_t first_schedule; /* number of the schedule that had it, from 1 */
	uint64_t count; /* schedules that had it */
	char function[64]; /* the target's function to blame, where no place is */
	char message[248];
	struct pyfuzz_schedule schedule;
};

struct pyfuzz_threads_result {
	uint64_t schedules; /* complete schedules */
	uint64_t pruned; /* pruned: an equal state was seen before */
	uint64_t accesses;
	uint64_t words; /* shared by fibers, one of which writes */
	uint64_t outcomes; /* different orders of dependent accesses */
	uint64_t outcomes_hash; /* hash of that set */
	uint64_t hash; /* all accesses of the last schedule */
	uint64_t at_bound[8]; /* schedules, including pruned ones, per number of switches */
	uint64_t new_pairs; /* new pairs of places in this process */
	uint32_t complete; /* 1: no schedule within the bound is left */
	uint32_t longest; /* accesses of the longest schedule */
	uint32_t findings_len;
	uint32_t errors; /* 1: a schedule did not replay: our mistake */
	struct pyfuzz_threads_finding findings[8];
};

/* One access of a traced schedule. */
enum pyfuzz_event_kind {
	PYFUZZ_E_READ = 0, /* plain */
	PYFUZZ_E_WRITE = 1,
	PYFUZZ_E_MARKED_READ = 2,
	PYFUZZ_E_MARKED_WRITE = 3,
	PYFUZZ_E_ATOMIC = 4, /* read, modify, write */
	PYFUZZ_E_LOCK = 5,
	PYFUZZ_E_UNLOCK = 6,
	PYFUZZ_E_FREE = 7,
	PYFUZZ_E_RELAX = 8, /* waits until a word changes */
	PYFUZZ_E_BEGIN = 9, /* start of the fiber's operation number value */
	PYFUZZ_E_SWITCH = 10, /* value: the next fiber */
	PYFUZZ_E_END = 11,
	PYFUZZ_E_FLUSH = 12, /* a store in the store buffer reaches memory */
};
struct pyfuzz_event {
	uint64_t place;
	uint64_t address;
	uint64_t value; /* value read; marked writes: value written */
	uint32_t access; /* number in the fiber */
	uint8_t kind; /* enum pyfuzz_event_kind */
	uint8_t fiber;
	uint8_t size;
	uint8_t forced; /* of a switch: 1: the fiber was blocked */
	char what[24]; /* name of the word: "head", "desc 1 spte_count", "s3" */
	char list[160]; /* of a switch: the list at that point */
};

/*
 * Run all schedules with at most bound preemptions and, with store buffers, at
 * most delays stores that wait.  prune 0: treat no two as equal.  limit:
 * schedules, 0: no limit.
 */
void pyfuzz_threads_search(const struct pyfuzz_scenario *scenario,
			   uint32_t bound, uint32_t delays, uint32_t prune,
			   uint64_t limit, struct pyfuzz_threads_result *result);
/*
 * Run random schedules: the fiber with the highest priority runs; at changes
 * points its priority becomes the lowest (PCT).  Counts new pairs of places where
 * one wrote a word that the other then used.
 */
void pyfuzz_threads_fuzz(const struct pyfuzz_scenario *scenario, uint64_t seed,
			 uint32_t schedules, uint32_t changes,
			 struct pyfuzz_threads_result *result);
/* The number of pairs so far in this process; forget: start from none. */
uint64_t pyfuzz_threads_pairs(uint32_t forget);
/* Run one schedule twice; result.errors says if they differed. */
void pyfuzz_threads_run(const struct pyfuzz_scenario *scenario,
			const struct pyfuzz_schedule *schedule,
			struct pyfuzz_threads_result *result);
/* The accesses of the last pyfuzz_threads_run(); returns their number. */
uint32_t pyfuzz_threads_trace(struct pyfuzz_event *out, uint32_t cap);
/*
 * Where the target's code was written, in the order of the addresses: findings
 * name function and line.  C keeps the pointer.
 */
void pyfuzz_threads_places(const struct pyfuzz_code *codes, uint32_t len);
/* Where one of the functions of the target's own file is, as struct pyfuzz_code. */
uint64_t pyfuzz_threads_target_code(void);
/* How many schedules did not replay exactly, in this process: our mistake. */
uint32_t pyfuzz_threads_errors(void);
/* 1 if the target has the function for this operation. */
uint32_t pyfuzz_threads_can(uint32_t what);
/* Whether a mutant's place was reached; 0 without a mutant. */
uint32_t pyfuzz_threads_reached(void);
uint32_t pyfuzz_threads_locked_heads(void);
/*
 * Outcomes of a litmus test (docs/threads.md): bit a + 2 b + 4 c + 8 d is set if
 * the registers ended as a, b, c, d.  tso: with store buffers.  -1: there is no
 * such test.
 */
int64_t pyfuzz_threads_litmus(const char *name, uint32_t bound, uint32_t prune,
			      uint32_t tso,
			      struct pyfuzz_threads_result *result);

#endif
