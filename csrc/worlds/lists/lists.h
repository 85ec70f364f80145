/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The lists world: reverse maps, and operations on them.  Read by cffi as well;
 * the rules for that are at the top of harness/pyfuzz.h.
 */
#ifndef PYFUZZ_LISTS_H
#define PYFUZZ_LISTS_H

#include "../../harness/pyfuzz.h"
#include "sizes.h"

/* A sequence: operations of four bytes each, see docs/sequences.md. */
#define PYFUZZ_OP_BYTES 4

/*
 * One operation, decoded.  head_vm is vm but for a remove aimed at another
 * VM's head.  operand is an SPTE's number, or the index of a member of the
 * list, or (context, enter) a choice; see docs/sequences.md.
 */
struct pyfuzz_op {
	uint8_t opcode; /* of operations.def */
	uint8_t vm;
	uint8_t head;
	uint8_t head_vm;
	uint8_t fault; /* of PYFUZZ_OP_FAULT: its number */
	uint8_t reserved;
	uint16_t operand;
	uint16_t repeat;
};

/* Why a step did nothing to the target. */
enum pyfuzz_skip {
	PYFUZZ_RAN = 0,
	PYFUZZ_SKIP_NO_VM = 1, /* the VM is not alive */
	PYFUZZ_SKIP_VM_ALIVE = 2, /* create, but the VM is alive */
	PYFUZZ_SKIP_EMPTY = 3, /* no member to choose */
	PYFUZZ_SKIP_NO_FREE_SPTE = 4, /* add, but all are in a list */
	PYFUZZ_SKIP_IN_OTHER_LIST =
		5, /* clearing it would break the callers' rule */
	PYFUZZ_SKIP_UNSUPPORTED = 6, /* the target has no such function */
	PYFUZZ_SKIP_HOST_DEAD = 7, /* after BUG(), a fault or a broken list */
	PYFUZZ_SKIP_NO_PLACE = 8, /* nothing for the fault to change */
	PYFUZZ_SKIP_ASIDE =
		9, /* the two compared kernels differ here by design */
};

/* What one step (one repetition of an operation) did. */
struct pyfuzz_step {
	uint8_t skip; /* enum pyfuzz_skip */
	uint8_t error; /* 1: the step is an error of the sequence */
	uint8_t has_returned; /* 1: returned holds the target's value */
	uint8_t recycled; /* 1: rmap_add zapped the whole list */
	uint16_t spte; /* the SPTE chosen, or PYFUZZ_NONE */
	uint16_t expected_bugged; /* mask over VMs, after the step */
	uint16_t bugged; /* mask over VMs, after the step */
	uint16_t alive; /* mask over VMs, after the step */
	int64_t returned;
	int64_t expected; /* what the C oracle expects returned to be */
	uint32_t findings; /* mask over enum pyfuzz_kind, this step's */
	uint32_t log_lines; /* lines logged by this step */
};

/*
 * The outcome of the faults in the last sequence, from best to worst.  A VM in
 * which one was planted is tainted: what happens to its own lists is no longer a
 * finding, but what happens to other VMs is.
 */
enum pyfuzz_outcome {
	PYFUZZ_NO_FAULT = 0, /* no fault was planted */
	PYFUZZ_DETECTED = 1, /* the VM is bugged, no other is harmed */
	PYFUZZ_SILENT = 2, /* nothing noticed, no other VM harmed */
	PYFUZZ_MEMORY = 3, /* a sanitizer's report, no further harm seen */
	PYFUZZ_SPREAD = 4, /* another VM, or what all VMs share, is harmed */
	PYFUZZ_HOST_DEATH = 5, /* BUG(), a fault or a hang */
};
#define PYFUZZ_OUTCOMES 6
struct pyfuzz_containment {
	uint8_t outcome; /* enum pyfuzz_outcome */
	uint8_t bugged; /* 1: a tainted VM was bugged, and not before */
	uint8_t wrong_vm; /* 1: a VM that is not tainted was bugged for it */
	uint8_t destroyed; /* 1: every tainted VM could be destroyed */
	uint8_t emptied; /* 1: and its lists were empty then */
	uint8_t innocents_work; /* 1: the others ran a full workload after it */
	uint8_t memory; /* 1: a sanitizer reported, see report */
	uint8_t reserved;
	uint32_t fault; /* the first one's number */
	uint32_t faults; /* planted */
	uint32_t mistakes; /* steps at which the sequence itself made an error */
	uint32_t fault_operation; /* index of the first fault */
	uint32_t steps_to_flag; /* steps of tainted VMs until one was bugged */
	uint32_t steps_after; /* steps of any VM after the first fault */
	uint32_t leaked; /* descriptors of tainted VMs never freed */
	uint32_t stale; /* SPTEs of theirs that a zap left present */
	/* The finding that made the outcome spread or host-death: */
	uint32_t operation; /* index in the sequence; its length at tear-down */
	uint32_t kind; /* enum pyfuzz_kind */
	uint32_t line;
	char function[64];
	char message[248];
	char report[248]; /* the first report of a sanitizer */
	char did[248]; /* what the last fault changed */
};
const struct pyfuzz_containment *pyfuzz_containment(void);
/* Let bit 7 of an operation's first byte make it a fault from now on. */
void pyfuzz_set_faults(uint32_t on);
/* A fault's name and the mistake that it represents; NULL past the last. */
const char *pyfuzz_fault_name(uint32_t fault);
const char *pyfuzz_fault_cause(uint32_t fault);

/* Inspecting the world between pyfuzz_begin() and pyfuzz_end(). */
uint64_t pyfuzz_head_value(uint32_t vm, uint32_t head);
uint64_t pyfuzz_spte_address(uint32_t vm, uint32_t spte);
uint64_t pyfuzz_spte_value(uint32_t vm, uint32_t spte);
/*
 * The numbers of the SPTEs in a list, in the target's order, as the C oracle
 * walks it; returns their number (may exceed cap), or -1 if the list is broken.
 */
int32_t pyfuzz_list(uint32_t vm, uint32_t head, uint16_t *out, uint32_t cap);
uint32_t pyfuzz_requests(uint32_t vm, uint32_t vcpu); /* VM-dead requests */
uint32_t pyfuzz_descriptors_live(void); /* not in a cache, not freed */

#endif
