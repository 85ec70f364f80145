/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of this folder know of each other. */
#ifndef PYFUZZ_PAGES_WORLD_H
#define PYFUZZ_PAGES_WORLD_H

#include <stdbool.h>
#include "harness/callbacks.h"
#include "harness/descriptors.h"
#include "harness/findings.h"
#include "harness/guard.h"
#include "harness/sequence.h"
#include "pages.h"
#include "target.h"

#define NOWHERE UINT32_MAX

/* --- the host: slots.c --- */

/*
 * Which writes to a slot must be in its dirty log.  After it was turned on, none
 * until user space has the slot write-protected; KVM does both at once.
 */
enum slot_logs {
	LOGS_NOTHING,
	LOGS_HUGE, /* protected from 2M on: no huge page can be written */
	LOGS_WRITABLE, /* all protected since: what is writable is in the log */
	LOGS_DIRTY, /* dirty bits cleared since: what is writable and dirty is */
};

struct slot {
	bool present, dirty_log;
	uint8_t logs; /* enum slot_logs */
	uint64_t base_gfn, npages, hva_frame;
};

void slots_reset(unsigned int vm);
/* Slots of a new VM, through the target. */
void slots_create(unsigned int vm);
const struct slot *slot_at(unsigned int vm, unsigned int as, uint64_t gfn,
			   unsigned int *number);
/* The host frame of a gfn, or NOWHERE. */
uint64_t hva_of(unsigned int vm, unsigned int as, uint64_t gfn);
bool slot_create(unsigned int vm, unsigned int as, unsigned int number);
uint64_t slot_other_base(unsigned int as, unsigned int number, bool other);
bool slot_fits(unsigned int vm, unsigned int as, unsigned int number,
	       uint64_t base);
/* dirty_log.c: user space turns the log on or off, and reads and clears it. */
void log_switched(struct slot *slot, bool on);
void log_before_protect(unsigned int vm, unsigned int as, unsigned int number,
			unsigned int level);
void log_before_clear_dirty(unsigned int vm, unsigned int as,
			    unsigned int number);
void log_read(unsigned int vm, unsigned int as, unsigned int number,
	      uint64_t gfn, uint64_t mask);
bool log_has(unsigned int vm, unsigned int as, unsigned int number,
	     uint64_t gfn);
uint64_t host_move(unsigned int vm, uint64_t hva_frame);
/* level 1: 4K, 2: 2M; 3: 1G, in the big slot's memory. */
void host_set_size(unsigned int vm, uint64_t hva_frame, unsigned int level);
/* All that the host keeps: sizes of regions, and how often frames were replaced. */
#define HOST_REGIONS 16
void host_state(unsigned int vm, uint8_t **sizes, uint8_t **times);

/* --- frames and levels: geometry.c --- */

uint64_t frame_gfn(unsigned int frame);
/* The frame with this gfn; PYFUZZ_FRAMES: none. */
unsigned int frame_at(uint64_t gfn);
/* How many 4K pages an entry at a level maps. */
uint64_t pages_of(unsigned int level);

/* --- the guest: guest.c --- */

#define TABLE_WORDS 512
uint64_t page_gva(unsigned int page, enum pages_mode mode);
void guest_reset(unsigned int vm);
/* The entry at a level on the way to gva, or NULL; *gpa is where it is. */
uint64_t guest_gfn(unsigned int vm, unsigned int vcpu, uint64_t gva);
uint64_t *guest_entry(unsigned int vm, unsigned int vcpu, uint64_t gva,
		      unsigned int level, uint64_t *gpa, unsigned int *at_level);

/* What the guest's tables say of an address. */
struct guest_way {
	bool known; /* not of 32-bit guests, nor of entries with reserved bits */
	bool reaches; /* a page */
	uint8_t access; /* of all levels together; PAGES_EXEC, PAGES_WRITE, PAGES_USER */
	bool accessed; /* all entries on the way are marked so */
	bool dirty; /* the last one is */
};
struct guest_way guest_way(unsigned int vm, unsigned int vcpu, uint64_t gva);

const uint64_t *guest_shadowed(unsigned int vm, const struct pages_page *page,
			       unsigned int index, uint64_t *since);
void guest_wrote(unsigned int vm, const uint64_t *entry, uint64_t gpa,
		 bool told);

/* One entry of the tables that is in use, from 0 on, and guest_shadowed()'s time. */
#define GUEST_WORDS (PYFUZZ_TABLES * PYFUZZ_USED_ENTRIES)
struct guest_word {
	uint64_t *entry;
	uint64_t *unheard_at;
};
struct guest_word guest_word(unsigned int vm, unsigned int i);
int guest_used(unsigned int index);

/* --- a VM and its vCPUs --- */

struct vcpu {
	enum pages_mode mode;
	bool smm, loaded, left;
	uint64_t root;
};

struct vm {
	bool alive, bugged;
	bool slots_changed; /* since it was created */
	uint32_t generation; /* of its MMIO SPTEs, as we set it */
	uint8_t requests[PAGES_VCPUS];
	struct vcpu vcpus[PAGES_VCPUS];
	struct slot slots[PAGES_SPACES][PAGES_SLOTS];
};

struct world {
	struct vm vms[PAGES_VMS];
	struct pyfuzz_step *report;
	int running_vm, running_vcpu; /* -1: in a kworker */
	uint64_t time; /* operations so far, of all sequences */
	unsigned int bugged_total;
};
extern struct world world; /* model.c */

/* run_ops.c */
void step_run(const struct pyfuzz_op *op, uint32_t i);
void vm_ensure(unsigned int vm);
void vm_end(unsigned int vm);

/* decode.c */
uint32_t decode(const uint8_t *data, struct pyfuzz_op *op);

/* oracle.c: what is in memory is what must be */
void check_vm(unsigned int vm, bool all);
void check_forget(unsigned int vm);

/* flushes.c: what an operation has the TLBs do; recorded, not judged. */
void flushes_forget(void);
void flushes_begin(unsigned int vm);
void flushes_end(unsigned int vm);

/* vm_checks.c.  Nothing maps a range that was just unmapped. */
void check_unmapped(unsigned int vm, unsigned int as, unsigned int n,
		    uint64_t start, uint64_t end);
void check_flags(unsigned int op_vm, bool may_bug);
void check_gone(unsigned int vm);

/*
 * mapping.c.  After an access that succeeded: the shadow pages allow it, and map what
 * the guest's do.
 */
void check_mapping(const struct pyfuzz_op *op, uint64_t gva);

/*
 * An access ended as the guest's tables say, which were walked before it; and they
 * are marked as the access was.
 */
void check_ended(const struct pyfuzz_op *op, uint64_t gva,
		 enum pages_result result, const struct guest_way *before);

/* The root that a vCPU has just loaded may be used. */
void check_loaded(unsigned int vm, unsigned int vcpu);
/* --- names.c: the pages of the VM that is looked at, and whose table is whose --- */

#define LOOKED_TABLES 512
extern struct looked {
	struct pages_page pages[LOOKED_TABLES];
	uint32_t len;
	uint16_t page_of_table[LOOKED_TABLES];
	uint32_t page_walk[LOOKED_TABLES]; /* in which walk it was met */
	uint32_t walk;
} looked;
const struct pages_page *page_at(uint32_t table);
const char *page_name(const struct pages_page *page);
const char *size_name(unsigned int level);
const char *sptep_name(const uint64_t *sptep);

/*
 * rules.c: one SPTE of a shadow page against what it stands for.  now: the
 * guest has just been walked there, so it must agree even if KVM was not told.
 */
void rules_begin(void);
unsigned int spte_access(uint64_t spte);
const char *access_name(unsigned int access);
void rules_report(void);
void rules_page(const struct pages_page *page);
void rules_leaf(unsigned int vm, const struct pages_page *page,
		const uint64_t *sptep, bool now);
void rules_new_huge(unsigned int vm, const struct pages_page *page,
		    const uint64_t *sptep);
/* Of a slot with a log, by its number. */
void rules_logged(unsigned int vm, const struct pages_page *page,
		  const uint64_t *sptep, unsigned int number);
void rules_mmio(unsigned int vm, const struct pages_page *page,
		const uint64_t *sptep);
void rules_link(unsigned int vm, const struct pages_page *page,
		const uint64_t *sptep, const struct pages_page *child, bool now);

/*
 * synced.c: which pages out of sync KVM must have synced.  The calls before and
 * after an operation of a vCPU come in pairs.
 */
void synced_page(const struct pages_page *page);
void synced_before(const struct pyfuzz_op *op, uint64_t gva);
void synced_after(const struct pyfuzz_op *op, uint64_t gva);
/* The huge SPTE that the last access let the guest write through, NULL: none. */
const uint64_t *synced_new_huge(void);
/* When the SPTE was last made to agree with the guest's entry, as far as is known. */
uint64_t synced_at(const struct pages_page *page, unsigned int index);
/* The same as part of a state of csrc/exhaust: a bit for each entry in use. */
uint8_t synced_mask(unsigned int vm, const uint64_t *table);
void synced_set_mask(const uint64_t *table, uint8_t mask);
/* Read which pages are out of sync. */
void synced_look(unsigned int vm);
void synced_save(void);
void synced_restore(void);

/* names.c: one shadow page, one SPTE */
/* The gfn of an SPTE as tear-down will compute it. */
uint64_t sp_gfn(const struct pages_page *page, unsigned int index);
static inline bool spte_nothing(uint64_t spte)
{
	return !spte || spte == pages_target.spte_nothing;
}

/* Whether a gfn is recorded for it: not for an empty one, nor for a link. */
static inline bool spte_is_recorded(const struct pages_page *page, uint64_t spte)
{
	return !spte_nothing(spte) &&
	       (page->level == 1 || !pages_target.spte_present(spte) ||
		pages_target.spte_large(spte));
}

/* states.c: what the engine learns */
void states_step(const struct pyfuzz_op *op, unsigned int outcome);
void states_entry(const struct pyfuzz_op *op, uint64_t old, uint64_t new,
		  bool told);
/* The kinds of SPTE that states_spte() tells apart. */
enum states_spte {
	SPTE_NOTHING,
	SPTE_READ_ONLY,
	SPTE_WRITABLE,
	SPTE_HUGE,
	SPTE_LINK,
	SPTE_DIRECT_LINK, /* to a direct page */
	SPTE_MMIO,
	SPTES = 8,
};
void states_table(uint32_t table); /* before its SPTEs are looked at */
void states_nothing(uint32_t table, unsigned int first, unsigned int n);
/* Whether the SPTE is another one than at the last look. */
bool states_spte(const struct pages_page *page, uint32_t table,
		 unsigned int index, enum states_spte kind);
void states_link(const struct pages_page *parent,
		 const struct pages_page *child);
void states_linked(const struct pages_page *parent,
		   const struct pages_page *child, uint32_t child_table);
void states_leaf(const struct pages_page *page, unsigned int slot);
void states_list(unsigned int level, bool parents, unsigned int entries);

/* memory.c: the books */
void memory_reset(void);
bool memory_is_live(enum pages_kind kind, const void *address);
uint32_t memory_tables(void);
uint32_t memory_table_of(const void *sptep);
bool memory_table_live(uint32_t i);
unsigned int memory_table_vm(uint32_t i);
/* Another number each time that the table is handed out. */
uint32_t memory_table_life(uint32_t i);
const void *memory_next_header(unsigned int vm, uint32_t *at);
uint32_t memory_live(unsigned int vm, enum pages_kind *kind);
const char *memory_kind_name(enum pages_kind kind);
/* An object of the allocators, descriptors apart. */
struct object {
	uint8_t *address;
	uint32_t size;
	uint32_t number; /* less than MEMORY_OBJECTS */
	uint8_t kind; /* enum pages_kind */
	uint8_t owner;
	bool live;
};
#define MEMORY_OBJECTS 2048
/* The object that an address is in; false: it is in no pool. */
bool memory_object_at(const void *address, struct object *out);
/* The next live one from number *at on; false past the last. */
bool memory_next(uint32_t *at, struct object *out);
/*
 * Of a large array (NULL: it is none), whether each of its pages is in memory: all
 * others are zero, or swapped out.
 */
#define MEMORY_PAGE 4096
const uint8_t *memory_touched(const void *array);
/* What a word of a new object of this kind is. */
static inline uint64_t memory_usual(unsigned int kind)
{
	return kind == PAGES_SPT ? pages_target.spte_nothing : 0;
}

/*
 * The indices of its words that are not as usual.  room is for MEMORY_WORDS of them, and may
 * be what is returned.
 */
#define MEMORY_WORDS 8192
const uint16_t *memory_words(const struct object *object, uint32_t *len,
			     uint16_t *room);
/* Any of them may have changed since their words were asked for. */
void memory_step(void);
/* An object was changed since its words were asked for. */
void memory_touch(const void *address);
void memory_save(void);
void memory_restore(void);
void memory_check_freed(void);

#endif
