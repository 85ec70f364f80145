/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The harness's own side of the world: what ought to be in every list, kept
 * apart from the target's memory.  Private to csrc/harness.
 */
#ifndef PYFUZZ_WORLD_H
#define PYFUZZ_WORLD_H

#include <setjmp.h>
#include "target.h"

#if __has_feature(address_sanitizer)
#define PYFUZZ_SANITIZE 1
/* <sanitizer/asan_interface.h>, which not every clang brings along. */
void __asan_poison_memory_region(const volatile void *address, size_t size);
void __asan_unpoison_memory_region(const volatile void *address, size_t size);
void __asan_set_error_report_callback(void (*callback)(const char *text));
#endif

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
	bool tainted;		/* not checked: a fault was planted, or it is harmed */
	bool harmed;		/* tainted by a fault in another VM */
	bool bugged_before;	/* was bugged when a fault was planted in it */
	bool no_topup;		/* adds find its cache as it is */
	bool no_memory;		/* allocations for it fail */
	uint16_t total;				/* entries in all lists */
	uint16_t count[PYFUZZ_HEADS];
	uint8_t owner[PYFUZZ_SPTES];		/* head, or FREE_SPTE */
	uint16_t position[PYFUZZ_SPTES];
	uint16_t members[PYFUZZ_HEADS][PYFUZZ_SPTES];
	uint64_t used[PYFUZZ_SPTES / 64];	/* bit set: in a list */
	uint32_t seen[PYFUZZ_SPTES];		/* stamp of the last walk */
};

/* The running context: PYFUZZ_NONE is no choice (own) or no vCPU. */
enum context { CONTEXT_OWN, CONTEXT_KWORKER, CONTEXT_VCPU };

struct world {
	struct vm vms[PYFUZZ_VMS];

	enum context context;
	unsigned int context_vm, context_vcpu;
	unsigned int running_vm, running_vcpu;	/* during a step */

	uint32_t boot;		/* number of this world, for once-a-boot sites */
	bool dirty;		/* the last world did not tear down cleanly */
	bool precise;		/* check everything after every step */
	bool keep_log;		/* format and keep log lines */
	bool faulted;		/* a fault was planted */
	bool mistake;		/* this step is an error of the sequence's own */
	bool host_dead;		/* the rest of the sequence is skipped */
	bool late;		/* a finding may be older than its step */
	bool ending;		/* at tear-down */
	uint32_t skipped_checks;/* list checks put off since the start */
	uint32_t credit;	/* entries that may be walked, see check_list() */
	uint32_t walk;		/* stamp of the current walk */

	uint32_t operation;	/* where we are, for findings */
	uint32_t step;
	unsigned int bugged_total;	/* VMs bugged since the boot */
	uint8_t requests[PYFUZZ_VMS][PYFUZZ_VCPUS];
	uint32_t requests_made;
	uint32_t requests_wrong;	/* of another kind than VM-dead */
	uint32_t lines;			/* logged since the boot */
	uint32_t variant;		/* of the next finding's signature */

	struct pyfuzz_step *report;	/* of the current step */
	struct pyfuzz_result result;
};

extern struct world world;

/* world.c: the model */
void world_reset(void);
void vm_create(unsigned int vm);
void model_add(unsigned int vm, unsigned int head, unsigned int spte);
void model_remove(unsigned int vm, unsigned int head, unsigned int spte);
void model_clear(unsigned int vm, unsigned int head);
unsigned int model_free_spte(unsigned int vm, unsigned int from);

/* ops.c */
void step_run(const struct pyfuzz_op *op, unsigned int i);
void world_teardown(void);
void vm_destroy(unsigned int vm);

void run_count(unsigned int vm, unsigned int head);
void run_iterate(unsigned int vm, unsigned int head);

/* probe.c: count and iterate where the sequence does not ask */
void probe_begin(bool off);
void probe_list(unsigned int vm, unsigned int head);
unsigned int probe_showed(void);
void probe_strike(unsigned int opcode);
size_t probe_sequence(const uint8_t *data, const uint8_t **longer);

/* faults.c, fault_*.c, containment.c: a mistake in one VM, and what comes of it */
unsigned int fault_apply(const struct pyfuzz_op *op);
void containment_begin(void);
void containment_fault(unsigned int vm, unsigned int fault);
void containment_no_fault(void);
void containment_taint(unsigned int vm);
void containment_did(const char *format, ...)
	__attribute__((format(printf, 1, 2)));
void containment_step(const struct pyfuzz_op *op);
void containment_finding(enum pyfuzz_kind kind, const char *function,
			 unsigned int line, const char *message);
void containment_harmed(unsigned int vm);
void containment_wrong_vm(void);
void containment_zapped(unsigned int vm, unsigned int head);
void containment_destroyed(unsigned int vm);
void containment_innocents(void);
void containment_end(void);

/* list.c: walking the target's lists without trusting them */
struct walk {
	uint32_t entries;
	uint32_t descriptors;
	uint32_t head_fill, tail_fill;	/* of the first and last descriptor */
	uint32_t holes;			/* descriptors but the last with room */
	enum pyfuzz_kind kind;		/* valid if message is not empty */
	char message[200];
};
/* False if the list is broken; message and kind then say how. */
bool list_walk(unsigned int vm, unsigned int head, struct walk *walk,
	       uint16_t *out, uint32_t cap);

bool list_skim(unsigned int vm, unsigned int head, struct walk *walk);

/* oracle.c */
void check_flags(unsigned int vm, bool error);
void check_list(unsigned int vm, unsigned int head, unsigned int op_vm);
void check_everything(unsigned int op_vm);
void check_log(void);
void check_requests(void);
void check_returned(const char *function, int64_t returned, int64_t expected);
void check_added(unsigned int vm, unsigned int head, unsigned int spte,
		 int64_t returned, int64_t expected);
int64_t entries_up_to(unsigned int vm, unsigned int head, unsigned int spte);
int64_t least_counted(int64_t counted);
void check_memory(void);
void check_caches(unsigned int op_vm);
void check_owners(void);

/* findings.c */
void finding(enum pyfuzz_kind kind, const char *function, unsigned int line,
	     const char *format, ...) __attribute__((format(printf, 4, 5)));
bool kind_is_destructive(enum pyfuzz_kind kind);
int findings_publish(const uint8_t *data, size_t size);
bool findings_worth_precision(size_t size);
struct pyfuzz_shared *shared_region(void);
void log_begin(void);

/* guard.c: the way back from the target */
extern sigjmp_buf guard_env;
extern volatile int guard_armed;
/* The function to blame for what happens while the target runs. */
extern const char *volatile guard_function;
void guard_install(void);
void guard_events(void);	/* turn sanitizer reports into findings */
void guard_forget(void);	/* those that nobody turned into one */
static inline void guard_enter(const char *function)
{
	guard_function = function;
	guard_armed = 1;
	__asm__ volatile("" ::: "memory");
}
static inline void guard_leave(void)
{
	__asm__ volatile("" ::: "memory");
	guard_armed = 0;
}

/* run.c: one sequence from a fresh world to its tear-down */
void run_sequence(const uint8_t *data, size_t size, bool precise);

/* feedback.c: what the engine learns about the state of the lists */
uint8_t *feedback_counters(void);	/* as many as traits.states */
void feedback_step(const struct pyfuzz_op *op, unsigned int spte, bool error);
void feedback_walk(const struct walk *walk);
void feedback_outcome(unsigned int fault, unsigned int outcome);
void feedback_collect(void);

/* descriptors.c (csrc/shim) */
void descriptors_reset(void);
uint32_t descriptors_live(void);
uint32_t descriptors_of(unsigned int vm);
uint32_t descriptors_orphan(unsigned int vm);
void descriptors_check_freed(void);
void descriptors_unpoison(void);
void descriptors_clean(void);
void descriptor_give(void *descriptor, unsigned int vm);
bool descriptor_is_blank(const void *descriptor, unsigned int vm);
bool descriptor_is_live(const void *address);

/* Raw reads at the offsets of the traits. */
static inline uint64_t raw_field(const uint8_t *descriptor, uint32_t offset,
				 uint32_t size)
{
	const uint8_t *field = descriptor + offset;

	switch (size) {
	case 8:
		return *(const uint64_t *)field;
	case 4:
		return *(const uint32_t *)field;
	case 2:
		return *(const uint16_t *)field;
	default:
		return *field;
	}
}

static inline unsigned int spte_number(unsigned int vm, const void *sptep)
{
	uintptr_t offset = (uintptr_t)sptep - (uintptr_t)pyfuzz_target.sptes[vm];

	if (offset >= PYFUZZ_SPTES * sizeof(uint64_t) || offset % 8)
		return PYFUZZ_NONE;
	return (unsigned int)(offset / 8);
}

#endif
