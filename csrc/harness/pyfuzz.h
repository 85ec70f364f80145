/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a compiled target offers to Python.  build.py strips the lines that
 * start with '#' other than "#define NAME NUMBER" and hands the rest to cffi
 * as it is, so: no macros with arguments, no inline functions, no attributes.
 */
#ifndef PYFUZZ_H
#define PYFUZZ_H

#include <stddef.h>
#include <stdint.h>

/* Changes whenever anything below does; pyfuzz/module/compiled.py refuses another. */
#define PYFUZZ_ABI 5

/* The world: the host as the harness models it. */
#define PYFUZZ_VMS 4
#define PYFUZZ_VCPUS 2
#define PYFUZZ_FRAME_HEADS 16
#define PYFUZZ_PARENT_HEADS 4
#define PYFUZZ_HEADS 20
#define PYFUZZ_SPTES 2048

/* A sequence: operations of four bytes each, see docs/sequences.md. */
#define PYFUZZ_OP_BYTES 4
#define PYFUZZ_MAX_INPUT 4096

/* No SPTE, no head, no VM. */
#define PYFUZZ_NONE 65535

enum pyfuzz_opcode {
	PYFUZZ_OP_ADD = 0,
	PYFUZZ_OP_REMOVE = 1,
	PYFUZZ_OP_REMOVE_STRAY = 2,
	PYFUZZ_OP_ZAP_ONE = 3,
	PYFUZZ_OP_ZAP_ONE_STRAY = 4,
	PYFUZZ_OP_ZAP_ALL = 5,
	PYFUZZ_OP_COUNT = 6,
	PYFUZZ_OP_ITERATE = 7,
	PYFUZZ_OP_PARENT_ADD = 8,
	PYFUZZ_OP_PARENT_REMOVE = 9,
	PYFUZZ_OP_PARENT_REMOVE_STRAY = 10,
	PYFUZZ_OP_PARENT_DROP = 11,
	PYFUZZ_OP_PARENT_UNLINK = 12,
	PYFUZZ_OP_RMAP_ADD = 13,
	PYFUZZ_OP_RMAP_REMOVE = 14,
	PYFUZZ_OP_RMAP_REMOVE_STRAY = 15,
	PYFUZZ_OP_RMAP_REMOVE_OFF = 16,
	PYFUZZ_OP_ENTER = 17,
	PYFUZZ_OP_CONTEXT = 18,
	PYFUZZ_OP_CREATE = 19,
	PYFUZZ_OP_DESTROY = 20,
	PYFUZZ_OP_FAULT = 21,
};
#define PYFUZZ_OPCODES 22

/* Faults as operations; their names and causes: pyfuzz_fault_name(). */
#define PYFUZZ_FAULTS 36

/* The kinds of finding of docs/findings-kinds.md; the numbers are an index. */
enum pyfuzz_kind {
	PYFUZZ_HOST_BUG = 0,
	PYFUZZ_HOST_FAULT = 1,
	PYFUZZ_HANG = 2,
	PYFUZZ_UNFLAGGED_ERROR = 3,
	PYFUZZ_FALSE_ALARM = 4,
	PYFUZZ_WRONG_VM = 5,
	PYFUZZ_LOST_ENTRY = 6,
	PYFUZZ_GHOST_ENTRY = 7,
	PYFUZZ_COUNT_CONTRACT = 8,
	PYFUZZ_ITERATOR = 9,
	PYFUZZ_SHAPE = 10,
	PYFUZZ_LEAK = 11,
	PYFUZZ_DOUBLE_FREE = 12,
	PYFUZZ_TEARDOWN = 13,
	PYFUZZ_LOG_FLOOD = 14,
	PYFUZZ_REQUEST = 15,
	PYFUZZ_STALE_SPTE = 16,
};
#define PYFUZZ_KINDS 17

/*
 * One operation, decoded.  head_vm is vm but for a remove aimed at another
 * VM's head.  operand is an SPTE's number, or the index of a member of the
 * list, or (context, enter) a choice; see docs/sequences.md.
 */
struct pyfuzz_op {
	uint8_t opcode;
	uint8_t vm;
	uint8_t head;
	uint8_t head_vm;
	uint8_t fault;		/* of PYFUZZ_OP_FAULT: which */
	uint8_t reserved;
	uint16_t operand;
	uint16_t repeat;
};

/* Why a step did nothing to the target. */
enum pyfuzz_skip {
	PYFUZZ_RAN = 0,
	PYFUZZ_SKIP_NO_VM = 1,		/* the VM is not alive */
	PYFUZZ_SKIP_VM_ALIVE = 2,	/* create, but it is */
	PYFUZZ_SKIP_EMPTY = 3,		/* no member to choose */
	PYFUZZ_SKIP_NO_FREE_SPTE = 4,	/* add, but all are in a list */
	PYFUZZ_SKIP_IN_OTHER_LIST = 5,	/* clearing it would break the callers' rule */
	PYFUZZ_SKIP_UNSUPPORTED = 6,	/* the target has no such function */
	PYFUZZ_SKIP_HOST_DEAD = 7,	/* after BUG(), a fault or a broken list */
	PYFUZZ_SKIP_NO_PLACE = 8,	/* nothing there that the fault could change */
};

/* What one step (one repetition of an operation) did. */
struct pyfuzz_step {
	uint8_t skip;			/* enum pyfuzz_skip */
	uint8_t error;			/* 1: the sequence made the mistake itself */
	uint8_t has_returned;		/* 1: returned holds the target's value */
	uint8_t recycled;		/* 1: rmap_add zapped the whole list */
	uint16_t spte;			/* the SPTE chosen, or PYFUZZ_NONE */
	uint16_t expected_bugged;	/* mask over VMs, after the step */
	uint16_t bugged;		/* mask over VMs, after the step */
	uint16_t alive;			/* mask over VMs, after the step */
	int64_t returned;
	int64_t expected;		/* what the C oracle expects returned to be */
	uint32_t findings;		/* mask over enum pyfuzz_kind, this step's */
	uint32_t log_lines;		/* lines logged by this step */
};

struct pyfuzz_finding {
	uint32_t kind;			/* enum pyfuzz_kind */
	uint32_t operation;		/* index in the sequence; its length at tear-down */
	uint32_t step;			/* index in a repeated operation */
	uint32_t line;			/* of the site in the target's source, 0: none */
	uint64_t signature;		/* equal for findings that are one bug */
	char function[64];		/* the target's function */
	char message[248];		/* subject, rule, value; no remedy */
};
#define PYFUZZ_MAX_FINDINGS 16

/* What the last pyfuzz_run(), or the steps since pyfuzz_begin(), did. */
struct pyfuzz_result {
	uint32_t findings_len;
	uint32_t operations;		/* operations begun */
	uint64_t steps;			/* steps that reached the target */
	struct pyfuzz_finding findings[16];
};

/*
 * The target's traits, and where things are in its descriptors (bytes).  A
 * field that the target does not have has size 0.
 */
struct pyfuzz_traits {
	const char *name;
	uint32_t capacity;		/* PTE_LIST_EXT */
	uint32_t descriptor_size;
	uint32_t more_offset;
	uint32_t sptes_offset;
	uint32_t spte_count_offset;
	uint32_t spte_count_size;
	uint32_t tail_count_offset;
	uint32_t tail_count_size;
	uint32_t locked_heads;		/* 1: bit 1 of a head's val is a lock */
	uint32_t rmap_add_recycles;	/* 1: rmap_add applies the threshold itself */
	uint32_t opcodes;		/* mask over enum pyfuzz_opcode: supported; not FAULT */
	uint32_t counters;		/* of the target's coverage, 0: not instrumented */
	uint32_t states;		/* of the state feedback */
	uint32_t sanitized;		/* 1: built with AddressSanitizer */
};

/*
 * Written by pyfuzz_run(), read by another process at any moment: the file
 * survives a worker that is killed.  Single words are written whole; the text
 * and bytes of a slot are valid once its sequence lock is even and unchanged.
 */
#define PYFUZZ_SLOTS 64
struct pyfuzz_slot {
	uint32_t lock;			/* odd while being written */
	uint32_t kind;
	uint64_t signature;
	uint64_t count;			/* executions that had this finding */
	uint64_t first_execution;	/* number of the first of them, from 1 */
	uint64_t first_ns;		/* CLOCK_MONOTONIC of the first */
	uint32_t best_size;		/* bytes of the shortest input */
	uint32_t line;
	char function[64];
	char message[248];
	uint8_t best[4096];
};
struct pyfuzz_shared {
	uint32_t abi;
	uint32_t running;		/* 1: inside pyfuzz_run() */
	uint64_t executions;
	uint64_t operations;
	uint64_t steps;
	uint64_t edges;			/* target coverage counters ever hit */
	uint64_t states;		/* state counters ever hit */
	uint64_t last_new_ns;		/* CLOCK_MONOTONIC of the last new edge or state */
	uint64_t slots_lost;		/* findings of new signatures with no slot left */
	uint32_t slots_len;
	uint32_t input_size;
	uint8_t input[4096];		/* the input of the last pyfuzz_run() */
	struct pyfuzz_slot slots[64];
};

/*
 * Run one sequence: a fresh world, every operation with its checks, tear-down
 * and the final checks.  size over PYFUZZ_MAX_INPUT is cut, an incomplete
 * last operation is ignored.  Returns how many signatures of finding were
 * seen for the first time in this process.
 */
int pyfuzz_run(const uint8_t *data, size_t size);
/*
 * The same for an engine: the target is also asked for counts and entries
 * where the sequence does not ask.  What that shows is found, and stored, with
 * the sequence that does: pyfuzz_last() then speaks of that one.
 */
int pyfuzz_fuzz(const uint8_t *data, size_t size);

/* The same, a step at a time; pyfuzz_step() returns the step's findings. */
void pyfuzz_begin(void);
uint32_t pyfuzz_step(const struct pyfuzz_op *op, uint32_t operation,
		     uint32_t step, struct pyfuzz_step *out);
uint32_t pyfuzz_end(uint32_t operation, struct pyfuzz_step *out);

/*
 * Run one sequence for what it reaches by itself.  out gets traits.counters
 * bytes for the target's counters and traits.states for the states': 0, or
 * one bit for how often the counter was hit (1, 2, 3, 4 to 7, 8 to 15, 16 to
 * 31, 32 to 127, more).  A finding is in pyfuzz_last(), and in no slot.
 */
void pyfuzz_coverage(const uint8_t *data, size_t size, uint8_t *out);

const struct pyfuzz_result *pyfuzz_last(void);
const struct pyfuzz_traits *pyfuzz_traits(void);

/* Decode one operation of PYFUZZ_OP_BYTES; never fails. */
void pyfuzz_decode(const uint8_t *data, struct pyfuzz_op *op);

/* Count into this region (struct pyfuzz_shared) from now on; NULL: our own. */
void pyfuzz_attach(void *region);
const struct pyfuzz_shared *pyfuzz_shared(void);

/*
 * What came of the faults in the last sequence, from the best to the worst.  A
 * VM in which one was planted is tainted: what happens to its own lists is no
 * finding any more, what happens to anybody else is.
 */
enum pyfuzz_outcome {
	PYFUZZ_NO_FAULT = 0,	/* none was planted, or none could be */
	PYFUZZ_DETECTED = 1,	/* the VM is bugged, nobody else is harmed */
	PYFUZZ_SILENT = 2,	/* nothing noticed, nobody else harmed */
	PYFUZZ_MEMORY = 3,	/* a sanitizer's report, no further harm seen */
	PYFUZZ_SPREAD = 4,	/* another VM, or what all VMs share, is harmed */
	PYFUZZ_HOST_DEATH = 5,	/* BUG(), a fault or a hang */
};
#define PYFUZZ_OUTCOMES 6
struct pyfuzz_containment {
	uint8_t outcome;	/* enum pyfuzz_outcome */
	uint8_t bugged;		/* 1: a tainted VM was bugged, and not before */
	uint8_t wrong_vm;	/* 1: a VM that is not tainted was bugged for it */
	uint8_t destroyed;	/* 1: every tainted VM could be destroyed */
	uint8_t emptied;	/* 1: and its lists were empty then */
	uint8_t innocents_work;	/* 1: the others did a full workload after it */
	uint8_t memory;		/* 1: a sanitizer reported, see report */
	uint8_t reserved;
	uint32_t fault;		/* the first one's number */
	uint32_t faults;	/* planted */
	uint32_t mistakes;	/* steps at which the sequence erred by itself */
	uint32_t fault_operation;	/* index of the first fault */
	uint32_t steps_to_flag;	/* steps of tainted VMs until one was bugged */
	uint32_t steps_after;	/* steps of any VM after the first fault */
	uint32_t leaked;	/* descriptors of tainted VMs never freed */
	uint32_t stale;		/* SPTEs of theirs that a zap left present */
	/* The finding that made the outcome spread or host-death: */
	uint32_t operation;	/* index in the sequence; its length at tear-down */
	uint32_t kind;		/* enum pyfuzz_kind */
	uint32_t line;
	char function[64];
	char message[248];
	char report[248];	/* the first report of a sanitizer */
	char did[248];		/* what the last fault changed */
};
const struct pyfuzz_containment *pyfuzz_containment(void);
/* From now on bit 7 of an operation's first byte makes it a fault. */
void pyfuzz_set_faults(uint32_t on);
/* The name of a fault, and the mistake that it stands for; NULL past the last. */
const char *pyfuzz_fault_name(uint32_t fault);
const char *pyfuzz_fault_cause(uint32_t fault);

/* An operation that takes longer than this is a hang (default 300). */
void pyfuzz_set_hang_limit(uint32_t milliseconds);

/* Looking into the world between pyfuzz_begin() and pyfuzz_end(). */
uint64_t pyfuzz_head_value(uint32_t vm, uint32_t head);
uint64_t pyfuzz_spte_address(uint32_t vm, uint32_t spte);
uint64_t pyfuzz_spte_value(uint32_t vm, uint32_t spte);
/* 1 if a descriptor handed out by the allocator and not freed starts here. */
uint32_t pyfuzz_descriptor_live(uint64_t address);
/* Copy a live descriptor's bytes to out; 0 if it is not live. */
uint32_t pyfuzz_descriptor_read(uint64_t address, uint8_t *out, uint32_t size);
/*
 * The numbers of the SPTEs in a list, in the target's order, as the C oracle
 * walks it; returns how many (may exceed cap), or -1 if the list is broken.
 */
int32_t pyfuzz_list(uint32_t vm, uint32_t head, uint16_t *out, uint32_t cap);
uint32_t pyfuzz_requests(uint32_t vm, uint32_t vcpu);	/* VM-dead requests */
uint32_t pyfuzz_descriptors_live(void);			/* not in a cache, not freed */
/* Line number i of the log since pyfuzz_begin(), or NULL past its end. */
const char *pyfuzz_log_line(uint32_t i);

#endif
