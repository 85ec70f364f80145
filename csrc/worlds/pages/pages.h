/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The pages world: guest page tables, shadow pages and memslots.  Read by cffi
 * as well; the rules for that are at the top of harness/pyfuzz.h.
 */
#ifndef PYFUZZ_PAGES_H
#define PYFUZZ_PAGES_H

#include "../../harness/pyfuzz.h"
#include "operations.h"

/* A sequence: operations of four bytes each, see docs/pages.md. */
#define PYFUZZ_OP_BYTES 4

#define PYFUZZ_VMS 2
#define PYFUZZ_VCPUS 2

/*
 * Frames that a guest's entry can point to; the first PYFUZZ_TABLES hold tables, and
 * those from PYFUZZ_SMALL_FRAMES on are in the slot of 1G.
 */
#define PYFUZZ_FRAMES 40
#define PYFUZZ_SMALL_FRAMES 32
#define PYFUZZ_TABLES 14
/* The slot that holds a huge page of 1G; it does not exist at first. */
#define PYFUZZ_BIG_SLOT 4
/* Entries of a table that are in use: 0, 1, 2, 3 and 511. */
#define PYFUZZ_USED_ENTRIES 5

/* One operation, decoded; which members matter: operations.def. */
struct pyfuzz_op {
	uint8_t opcode;
	uint8_t vm;
	uint8_t vcpu;
	uint8_t page; /* of the guest's address space, 0 to 63 */
	uint8_t access; /* 0: read, 1: write, 2: fetch; plus 4: user mode */
	uint8_t level; /* of the entry that is written: 1 to 4 */
	uint8_t frame; /* 0 to 39, see pyfuzz_frame_gfn() */
	uint8_t bits; /* of the entry, see enum pyfuzz_entry */
	uint8_t space; /* address space: 0, or 1 (SMM) */
	uint8_t slot;
	uint8_t size; /* of a range: 0: a frame, 1: 2M, 2: the slot */
	uint8_t mode; /* enum pyfuzz_mode */
	uint8_t on;
	uint8_t number;
};

/* Bits of an entry that the guest writes. */
enum pyfuzz_entry {
	PYFUZZ_ENTRY_NOTHING = 1, /* the entry becomes 0 */
	PYFUZZ_ENTRY_LARGE = 2,
	PYFUZZ_ENTRY_READ_ONLY = 4,
	PYFUZZ_ENTRY_SUPERVISOR = 8,
	PYFUZZ_ENTRY_NX = 16,
	PYFUZZ_ENTRY_NOT_ACCESSED = 32,
	PYFUZZ_ENTRY_NOT_DIRTY = 64,
	PYFUZZ_ENTRY_ANY_FRAME = 128, /* a table's frame may be no table */
};

/* As enum pages_mode in target.h. */
enum pyfuzz_mode {
	PYFUZZ_NONPAGING = 0,
	PYFUZZ_32BIT = 1,
	PYFUZZ_PAE = 2,
	PYFUZZ_4LEVEL = 3,
	PYFUZZ_5LEVEL = 4,
	PYFUZZ_NESTED = 5,
	PYFUZZ_NESTED5 = 6,
};

/*
 * Why a step did nothing to the target; reasons that the lists world has, too,
 * have the same number there, and no number has two meanings.
 */
enum pyfuzz_skip {
	PYFUZZ_RAN = 0,
	PYFUZZ_SKIP_NO_VM = 1, /* end, but there is none */
	PYFUZZ_SKIP_UNSUPPORTED = 6, /* the target has no such function */
	PYFUZZ_SKIP_HOST_DEAD = 7, /* after BUG(), a fault or a broken list */
	PYFUZZ_SKIP_VM_DEAD = 16, /* bugged: the vCPU does not run any more */
	PYFUZZ_SKIP_NO_TABLE = 17, /* no guest table to write to */
	PYFUZZ_SKIP_NO_SLOT = 18, /* no memslot there */
	PYFUZZ_SKIP_SLOT_THERE = 19, /* create or move, but there is one */
	PYFUZZ_SKIP_NO_ROOT = 20, /* the vCPU's root is in no memslot */
};

/* What one step (one operation) did. */
struct pyfuzz_step {
	uint8_t skip; /* enum pyfuzz_skip */
	uint8_t result; /* of an access: enum pages_result */
	uint8_t walked; /* 1: gpa, old_entry and new_entry are set */
	uint8_t level; /* of that entry */
	uint16_t bugged; /* mask over VMs, after the step */
	uint16_t alive; /* mask over VMs, after the step */
	uint64_t gva;
	uint64_t gpa; /* of the entry that was written */
	uint64_t old_entry;
	uint64_t new_entry;
	uint64_t first_gfn; /* of a range */
	uint64_t end_gfn;
	uint32_t findings; /* mask over enum pyfuzz_kind, this step's */
	uint32_t log_lines;
};

/* One shadow page, for inspection. */
struct pyfuzz_shadow {
	uint64_t header;
	uint64_t gfn;
	uint64_t spt;
	uint32_t role;
	uint8_t level;
	uint8_t access;
	uint8_t direct;
	uint8_t passthrough;
	uint8_t invalid;
	uint8_t obsolete;
	uint8_t smm;
	uint8_t guest_mode;
	uint8_t unsync;
	uint8_t four_byte;
	uint8_t unused[2];
	uint32_t root_count;
	uint32_t present; /* SPTEs */
	uint32_t parents; /* entries in its parents' list */
};
/* One present SPTE. */
struct pyfuzz_spte {
	uint64_t address;
	uint64_t value;
	uint64_t gfn; /* as tear-down will compute it; of a leaf */
	uint64_t child; /* header it points to, 0: a leaf */
	uint64_t stored; /* gfn that its page records for it */
	uint64_t address_bits; /* the address in value */
	uint16_t index;
	uint8_t leaf;
	uint8_t writable;
	uint8_t level;
	uint8_t mmio;
	uint8_t present;
	uint8_t has_stored;
};
/* One reverse map that is not empty. */
struct pyfuzz_rmap {
	uint64_t gfn;
	uint64_t value; /* of the head */
	uint8_t space;
	uint8_t slot;
	uint8_t level;
	uint8_t unused;
	int32_t entries; /* -1: the list is broken */
};
struct pyfuzz_slot_state {
	uint64_t base_gfn;
	uint64_t npages;
	uint8_t present;
	uint8_t dirty_log;
};

/* Inspecting the world between pyfuzz_begin() and pyfuzz_end(). */
uint64_t pyfuzz_frame_gfn(uint32_t frame);
uint64_t pyfuzz_page_gva(uint32_t page, uint32_t mode);
/* An entry of a guest's table (frame 0 to 13), by index 0 to 511. */
uint64_t pyfuzz_guest_entry(uint32_t vm, uint32_t frame, uint32_t index);
uint32_t pyfuzz_shadows(uint32_t vm, struct pyfuzz_shadow *out, uint32_t cap);
/* Present and MMIO SPTEs of the shadow page with this header. */
uint32_t pyfuzz_sptes(uint32_t vm, uint64_t header, struct pyfuzz_spte *out,
		      uint32_t cap);
/* The value of the head of a shadow page's parents, by its header. */
uint64_t pyfuzz_parents_value(uint32_t vm, uint64_t header);
uint32_t pyfuzz_rmaps(uint32_t vm, struct pyfuzz_rmap *out, uint32_t cap);
/* SPTE addresses in the list of a head's value; -1: broken. */
int32_t pyfuzz_list(uint64_t value, uint64_t *out, uint32_t cap);
uint64_t pyfuzz_root(uint32_t vm, uint32_t vcpu); /* header, 0: none */
/* The same of each of the four roots of PAE; others have only the first. */
uint64_t pyfuzz_root_at(uint32_t vm, uint32_t vcpu, uint32_t i);
uint32_t pyfuzz_mode_of(uint32_t vm, uint32_t vcpu);
uint32_t pyfuzz_slot(uint32_t vm, uint32_t space, uint32_t slot,
		     struct pyfuzz_slot_state *out);
/* Whether a gfn is in the dirty log of its slot. */
uint32_t pyfuzz_logged(uint32_t vm, uint32_t space, uint32_t slot, uint64_t gfn);
uint32_t pyfuzz_own_walker(void);

/*
 * The last step's TLB flushes.  One of these stands for consecutive ones of a VM: of
 * everything, or of gfns that follow one another.
 */
struct pyfuzz_flush {
	uint64_t gfn;
	uint64_t pages; /* 0: everything */
	uint32_t times;
	uint32_t vm;
};
/* How many there are, which may be more than cap. */
uint32_t pyfuzz_flushes(struct pyfuzz_flush *out, uint32_t cap);
/* The requests of a vCPU that the last step added: a mask of enum pages_request. */
uint32_t pyfuzz_requests(uint32_t vcpu);

#endif
