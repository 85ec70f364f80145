/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The interface between the world "pages" and a target: what the harness may
 * call, what it may read, and what the target may call in the harness.
 *
 * As in the other worlds a module has two sides.  The target's translation unit
 * (shim, code under test, adapter) is compiled with coverage and uses the
 * kernel's types.  The harness is compiled without coverage and uses none of
 * them: it has the table below, raw words at addresses from the table, and a
 * record of everything that was allocated.  The oracle judges only what the code
 * under test left in memory, not what it did.
 *
 * A VM, a vCPU, an address space (0: normal, 1: SMM) and a memslot are small
 * numbers here.  NULL in the table: this target does not have the function.
 */
#ifndef PYFUZZ_PAGES_TARGET_H
#define PYFUZZ_PAGES_TARGET_H

#ifdef __KERNEL__
/* Compiled against a kernel's own headers. */
#include <linux/types.h>
#else
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#endif

#define PAGES_VMS 2
#define PAGES_VCPUS 2
#define PAGES_SPACES 2 /* address spaces */
#define PAGES_SLOTS 8 /* memslots of an address space */
#define PAGES_DATA 2 /* regions of a target's own data */
#define PAGES_COUNTS 10 /* regions of statistics in it */
#define PAGES_LEVELS 3 /* sizes with reverse maps: 4K, 2M, 1G */

/* Paging modes of a vCPU's guest.  A bit each in pages_target.modes. */
enum pages_mode {
	PAGES_NONPAGING, /* CR0.PG=0: direct shadow pages, no guest tables */
	PAGES_32BIT, /* two levels, 4-byte entries, quadrants */
	PAGES_PAE,
	PAGES_4LEVEL,
	PAGES_5LEVEL,
	PAGES_NESTED, /* L1's 4-level NPT under 5-level roots: passthrough */
	PAGES_NESTED5, /* L1's 5-level NPT under 5-level roots */
	PAGES_MODES,
};

/* The result of an access. */
enum pages_result {
	PAGES_FIXED, /* mapped; the guest continues */
	PAGES_GUEST_FAULT, /* the guest gets a #PF (or #NPF of L1's) */
	PAGES_EMULATE, /* MMIO, or a write to a tracked guest table */
	PAGES_RETRY,
	PAGES_ERROR, /* KVM_RUN would end with an error */
};

/* x86's page fault error code, as the hardware would set it. */
#define PAGES_PF_PRESENT (1U << 0)
#define PAGES_PF_WRITE (1U << 1)
#define PAGES_PF_USER (1U << 2)
#define PAGES_PF_FETCH (1U << 4)

/* What a vCPU is asked to do before it enters the guest. */
enum pages_request {
	PAGES_REQUEST_FLUSH = 1, /* all or the current TLB context */
	PAGES_REQUEST_SYNC = 2, /* KVM_REQ_MMU_SYNC */
	PAGES_REQUEST_ROOTS =
		4, /* drop roots: MMU_RELOAD, MMU_FREE_OBSOLETE_ROOTS */
};

/* What a shadow page, or an SPTE, allows besides reading. */
#define PAGES_EXEC 1U
#define PAGES_WRITE 2U
#define PAGES_USER 4U

/* One shadow page, as read from its header (struct kvm_mmu_page). */
struct pages_page {
	const void *header;
	uint64_t gfn;
	uint64_t *spt; /* its 512 SPTEs */
	unsigned long *parents; /* the head of its parents' list */
	/* Stored gfns (sp->gfns[], shadowed_translation[]), NULL: none. */
	const uint64_t *stored;
	unsigned int stored_shift; /* a stored word's gfn is word >> this */
	uint32_t role; /* role.word */
	uint8_t level;
	uint8_t access; /* PAGES_EXEC, PAGES_WRITE, PAGES_USER */
	bool direct;
	bool passthrough;
	bool invalid;
	bool obsolete; /* of an older mmu_valid_gen */
	bool smm; /* address space 1 */
	bool guest_mode;
	uint8_t quadrant; /* 0 but under 4-byte entries */
	bool four_byte; /* shadows 4-byte entries */
	bool unsync;
	uint32_t root_count;
	uint32_t unsync_children;
};

/* The layout of the target's lists, as in the world "lists". */
struct pages_layout {
	uint32_t capacity; /* PTE_LIST_EXT */
	uint32_t descriptor_size;
	uint32_t more_offset;
	uint32_t sptes_offset;
	uint32_t spte_count_offset, spte_count_size;
	uint32_t tail_count_offset, tail_count_size;
	bool locked_heads; /* bit 1 of a head's word is a lock */
};

/*
 * Calls into the code under test: X(return type, name, (parameters)).  The
 * harness has checked that VM, vCPU and slot exist and has topped up the
 * vCPU's caches.  All of them run as if the kernel's callers called them:
 * with mmu_lock "held" where those hold it, flushing included.
 */
#define PAGES_CALLS(X)                                                                \
	/* --- vCPU: what KVM does for a running guest --- */                         \
	/* Paging mode and root: kvm_init_mmu() for it; nothing is loaded. */         \
	X(void, set_mode,                                                             \
	  (unsigned int vm, unsigned int vcpu, enum pages_mode mode, bool smm,        \
	   uint64_t root))                                                            \
	/* kvm_mmu_load(): roots for the mode and root; 0 or -errno. */               \
	X(int, load, (unsigned int vm, unsigned int vcpu))                            \
	/* kvm_mmu_unload() */                                                        \
	X(void, unload, (unsigned int vm, unsigned int vcpu))                         \
	/* Guest loads CR3: kvm_mmu_new_pgd(); load() follows. */                     \
	X(void, new_root, (unsigned int vm, unsigned int vcpu, uint64_t root))        \
	/* Flush by the guest: kvm_mmu_sync_roots(). */                               \
	X(void, sync_roots, (unsigned int vm, unsigned int vcpu))                     \
	/* kvm_mmu_page_fault()'s inner part: walk, map the host's frame, install. */ \
	X(enum pages_result, page_fault,                                              \
	  (unsigned int vm, unsigned int vcpu, uint64_t gva, uint32_t error))         \
	X(void, invlpg, (unsigned int vm, unsigned int vcpu, uint64_t gva))           \
	/* The emulator wrote: memory holds the new value already. */                 \
	X(void, track_write,                                                          \
	  (unsigned int vm, unsigned int vcpu, uint64_t gpa,                          \
	   const void *new_value, unsigned int bytes))                                \
	/* kvm_mmu_free_obsolete_roots(), or reload, before an entry. */              \
	X(void, free_obsolete, (unsigned int vm, unsigned int vcpu))                  \
	/* --- memslots --- */                                                        \
	/* Commit a slot: kvm_arch_create_memslot()'s part of it (rmap arrays, */     \
	/* lpage_info), and the new generation. */                                    \
	X(void, slot_create,                                                          \
	  (unsigned int vm, unsigned int as, unsigned int slot,                       \
	   uint64_t base_gfn, uint64_t npages, uint64_t hva_frame))                   \
	/* kvm_arch_flush_shadow_memslot(), then the slot and its arrays are gone. */ \
	X(void, slot_delete,                                                          \
	  (unsigned int vm, unsigned int as, unsigned int slot))                      \
	/* KVM_MR_MOVE: the old one flushed, new arrays at the new base. */           \
	X(void, slot_move,                                                            \
	  (unsigned int vm, unsigned int as, unsigned int slot,                       \
	   uint64_t base_gfn))                                                        \
	/* --- host: gfns [start, end) of one slot --- */                             \
	X(void, unmap,                                                                \
	  (unsigned int vm, unsigned int as, unsigned int slot,                       \
	   uint64_t start, uint64_t end))                                             \
	/* kvm_set_spte_gfn() with the host's new pte; up to 6.8. */                  \
	X(void, change_pte,                                                           \
	  (unsigned int vm, unsigned int as, unsigned int slot, uint64_t gfn,         \
	   uint64_t pfn, bool writable))                                              \
	X(void, age,                                                                  \
	  (unsigned int vm, unsigned int as, unsigned int slot,                       \
	   uint64_t start, uint64_t end))                                             \
	X(void, test_age,                                                             \
	  (unsigned int vm, unsigned int as, unsigned int slot,                       \
	   uint64_t start, uint64_t end))                                             \
	/* kvm_mmu_slot_remove_write_access() from a level on */                      \
	X(void, write_protect,                                                        \
	  (unsigned int vm, unsigned int as, unsigned int slot,                       \
	   unsigned int level))                                                       \
	/* kvm_arch_mmu_enable_log_dirty_pt_masked(): 64 gfns from gfn on */          \
	X(void, protect_masked,                                                       \
	  (unsigned int vm, unsigned int as, unsigned int slot, uint64_t gfn,         \
	   uint64_t mask))                                                            \
	/* kvm_mmu_slot_leaf_clear_dirty() */                                         \
	X(void, clear_dirty,                                                          \
	  (unsigned int vm, unsigned int as, unsigned int slot))                      \
	/* The slot gets, or loses, a dirty bitmap (KVM_MEM_LOG_DIRTY_PAGES). */      \
	X(void, set_dirty_log,                                                        \
	  (unsigned int vm, unsigned int as, unsigned int slot, bool on))             \
	/* kvm_mmu_zap_collapsible_sptes(), from 6.13 kvm_mmu_recover_huge_pages() */ \
	X(void, collapse,                                                             \
	  (unsigned int vm, unsigned int as, unsigned int slot))                      \
	/* kvm_mmu_slot_try_split_huge_pages() down to a level */                     \
	X(void, split,                                                                \
	  (unsigned int vm, unsigned int as, unsigned int slot,                       \
	   unsigned int level))                                                       \
	/* kvm_zap_gfn_range() */                                                     \
	X(void, zap_range, (unsigned int vm, uint64_t start, uint64_t end))           \
	/* --- the VM --- */                                                          \
	/* kvm_mmu_zap_oldest_mmu_pages() */                                          \
	X(void, reclaim, (unsigned int vm, unsigned int pages))                       \
	/* the NX recovery worker's one pass */                                       \
	X(void, recover_nx, (unsigned int vm))                                        \
	/* kvm_mmu_zap_all_fast(), as slot flushes and others use it */               \
	X(void, zap_all_fast, (unsigned int vm))                                      \
	/* kvm_mmu_invalidate_mmio_sptes() with the slots' generation */              \
	X(void, invalidate_mmio, (unsigned int vm, uint64_t generation))              \
	/* KVM_BUG(1, kvm) */                                                         \
	X(void, bug, (unsigned int vm))

struct pages_target {
	const char *name;
	struct pages_layout layout;
	uint32_t modes; /* mask over enum pages_mode */
	uint32_t counters; /* filled by the harness */
	bool own_walker; /* page_fault() walks with code of ours */
	bool warns_are_errors; /* see docs/pages.md: WARN in this generation */

	/*
	 * A new VM: kvm_mmu_init_vm(), vCPUs with kvm_mmu_create(), no slots.
	 * Destroying it works as in kvm_arch_destroy_vm(): vCPUs' MMUs unloaded
	 * and destroyed, kvm_mmu_zap_all(), slots and their arrays freed,
	 * kvm_mmu_uninit_vm().  Everything from the allocators is freed.
	 */
	void (*vm_init)(unsigned int vm);
	void (*vm_destroy)(unsigned int vm);
	/* Fill, and empty, the caches of a vCPU (and of the VM: split). */
	void (*topup)(unsigned int vm, unsigned int vcpu);
	void (*drain)(unsigned int vm);

#define PAGES_CALL(type, name, parameters) type(*name) parameters;
	PAGES_CALLS(PAGES_CALL)
#undef PAGES_CALL
	/* The kernel's names of those functions, for messages. */
	struct {
#define PAGES_NAME(type, name, parameters) const char *name;
		PAGES_CALLS(PAGES_NAME)
#undef PAGES_NAME
		const char *vm_init, *vm_destroy;
	} names;

	/* --- facts, read from memory without side effects --- */
	bool *bugged[PAGES_VMS];
	bool *dead[PAGES_VMS]; /* NULL: no vm_dead in this kernel */
	/* The members of a live header (an object of PAGES_HEADER). */
	void (*page)(unsigned int vm, const void *header,
		     struct pages_page *out);
	/* slot->arch.rmap[level - 1]; *heads: how many.  NULL: no such slot. */
	unsigned long *(*rmaps)(unsigned int vm, unsigned int as,
				unsigned int slot, unsigned int level,
				uint64_t *heads);
	/*
	 * slot->dirty_bitmap: a bit for each frame that was marked as written to.  User
	 * space reads and clears it.  NULL: the slot has none.
	 */
	unsigned long *(*dirty_bitmap)(unsigned int vm, unsigned int as,
				       unsigned int slot);
	/*
	 * Nothing but SPTEs, stored gfns and the entries of lists depends on where in
	 * its table an SPTE is: SPTEs for entries that are alike can change places.
	 */
	bool indices_are_places;
	/*
	 * The headers of the VM's pages in the order of its list, of which order()
	 * returns the number, and the same ones in another order.  NULL: their order
	 * is part of every state.
	 */
	uint32_t (*order)(unsigned int vm, const void **headers, uint32_t cap);
	void (*reorder)(unsigned int vm, const void *const *headers, uint32_t n);
	/* The SPTE value that means "nothing", besides 0. */
	uint64_t spte_nothing;
	bool (*spte_present)(uint64_t spte); /* is_shadow_present_pte() */
	bool (*spte_mmio)(uint64_t spte); /* is_mmio_spte() */
	bool (*spte_large)(uint64_t spte); /* is_large_pte() */
	bool (*spte_writable)(uint64_t spte);
	uint64_t spte_frame_mask; /* address bits of an SPTE */
	/* vCPU's root: the shadow page's table (spt) or NULL; up to 4 of PAE. */
	const uint64_t *(*root)(unsigned int vm, unsigned int vcpu,
				unsigned int i);
	/* kvm->arch.n_used_mmu_pages and similar counters; -1: not kept. */
	int64_t (*used_pages)(unsigned int vm);
	/*
	 * What a vCPU is to do before it enters the guest, so far: a mask of enum
	 * pages_request.  NULL: the target does all of it at once.
	 */
	uint32_t (*requests)(unsigned int vm, unsigned int vcpu);
	/*
	 * All writable data of the target but for once-a-boot words; what else it
	 * can read is allocated and reached from there.  No size: unknown, and
	 * its states cannot be told apart.
	 */
	struct pages_data {
		void *address;
		size_t size;
	} data[PAGES_DATA];
	/* What it only counts with there, and does not read: statistics. */
	struct pages_data counts[PAGES_COUNTS];
	/* Why its states cannot be told apart; NULL: no data[], or they can. */
	const char *unsearchable;
	/*
	 * After each operation of an exhaustive search: what only the next one
	 * prepares or overwrites, in its only form.  NULL: there is none.
	 */
	void (*settle)(unsigned int vm);
};

extern struct pages_target pages_target;

/*
 * --- What the target may call (harness and shim, no coverage) ---
 *
 * Allocators: an object is live or freed, has a kind and belongs to a VM.  It is
 * handed out zeroed.  Freed objects are filled with a pattern and kept for a
 * while; touching or reaching them is a finding.
 */
enum pages_kind {
	PAGES_SPT, /* a shadow page's 4 KiB, page aligned */
	PAGES_HEADER, /* struct kvm_mmu_page */
	PAGES_DESCRIPTOR, /* struct pte_list_desc */
	PAGES_ARRAY, /* any size: rmap arrays, gfns, lpage_info, hash */
	PAGES_KINDS,
};
/* BUG()s in the harness if size is over the kind's largest; never NULL. */
void *pages_alloc(enum pages_kind kind, unsigned int vm, size_t size);
void pages_free(enum pages_kind kind, void *object);
/* The kind of the live or freed object that starts here; PAGES_KINDS: none. */
enum pages_kind pages_kind_of(const void *object);
/* page_private(): one word for each page of PAGES_SPT, by any address in it. */
void pages_set_private(const void *spt, void *value);
void *pages_private(const void *spt);
/*
 * virt_to_phys() of a table is its address (below 2^47); pages_virtual() is the
 * inverse for a shadow page; for anything else NULL, and a finding.
 */
void *pages_virtual(uint64_t physical);

/* The VM that a call runs for; the current vCPU, or -1 in a kworker. */
unsigned int pages_running_vm(void);
int pages_running_vcpu(void);

/*
 * The guest's memory.  hva_frame of a slot is a frame of host user memory.  Frames
 * for guest tables have contents of their own; all others share a page of zeroes.
 * NULL: no memory there.
 */
void *pages_frame(unsigned int vm, uint64_t hva_frame);
/*
 * The host's page tables: the pfn behind a frame of host user memory, whether
 * it is mapped writable, and the level of its mapping (1: 4K, 2: 2M, 3: 1G).
 * The pfns of a huge page are aligned as KVM expects.
 */
uint64_t pages_host_pfn(unsigned int vm, uint64_t hva_frame, bool *writable);
unsigned int pages_host_level(unsigned int vm, uint64_t hva_frame);

/*
 * The target has the TLBs of a VM's vCPUs flushed: what is cached for gfns from
 * gfn on, or all of it (pages 0).
 */
void pages_on_flush(unsigned int vm, uint64_t gfn, uint64_t pages);
/* Whether an address is in a shadow page table that is not freed. */
bool pages_in_live_table(const void *address);

/*
 * WARN, BUG, printk, requests: the hooks of csrc/harness/callbacks.h, and
 * pages_on_warn() for every WARN* that fires (each time for WARN_ON, once a
 * boot for the _ONCE ones, as the kernel does).
 */
void pages_on_warn(const char *file, unsigned int line, const char *function,
		   const char *condition);

#endif
