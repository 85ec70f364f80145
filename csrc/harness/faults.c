/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Faults as operations (--faults): memory that belongs to one VM is damaged,
 * each time in the way that one real mistake would.  The VM is tainted from
 * then on: the model no longer speaks for it, and what is watched is everybody
 * else (containment.c).
 *
 * A fault either changes what it says that it changes, or is skipped: one that
 * left everything as it was would pass for contained.
 */
#include "faults.h"

/* The numbers are in binary sequences: add at the end, never rearrange. */
static const struct {
	const char *name;
	const char *cause;
	unsigned int (*apply)(const struct pyfuzz_op *op);
} faults[] = {
	{ "add-twice", "an SPTE is installed again without being dropped first",
	  fault_add_twice },
	{ "add-to-two-heads", "an SPTE's gfn changed while it was mapped",
	  fault_add_to_two_heads },
	{ "add-to-other-vm", "a page-fault handler used another VM's memslot",
	  fault_add_to_other_vm },
	{ "head-zero", "a stray memset, or a memslot freed with entries left",
	  fault_head_zero },
	{ "head-tag", "a bit flip in bit 0 of a head", fault_head_tag },
	{ "head-locked", "an error path that returns without unlocking",
	  fault_head_locked },
	{ "head-other-spte", "a head overwritten with a stale value (lost update)",
	  fault_head_other_spte },
	{ "head-freed", "use after free: a head keeps its old descriptor",
	  fault_head_freed },
	{ "head-other-vm", "use after free: the descriptor is another VM's by now",
	  fault_head_other_vm },
	{ "slot-null", "a double zap, or a store to a stale slot",
	  fault_slot_null },
	{ "slot-wild", "use after free: the slot holds somebody's pattern",
	  fault_slot_wild },
	{ "slot-other-spte", "a write through a stale pointer into a slot",
	  fault_slot_other_spte },
	{ "slot-twice", "a hole filled without clearing where the entry was",
	  fault_slot_twice },
	{ "count-zero", "a descriptor that became empty was not unlinked",
	  fault_count_zero },
	{ "count-less", "a count decremented twice", fault_count_less },
	{ "count-more", "a count incremented without an entry",
	  fault_count_more },
	{ "count-over", "a full descriptor was taken for one with room",
	  fault_count_over },
	{ "count-huge", "stack or heap overflow onto a descriptor",
	  fault_count_huge },
	{ "tail-wrong", "a refactoring slip when a head descriptor is replaced",
	  fault_tail_wrong },
	{ "tail-limit", "an underflow of a tail count", fault_tail_limit },
	{ "more-null", "a descriptor unlinked with everything behind it",
	  fault_more_null },
	{ "more-self", "a descriptor linked in twice", fault_more_self },
	{ "more-freed", "use after free: a descriptor freed before it is unlinked",
	  fault_more_freed },
	{ "more-other-list", "a descriptor handed out twice by the cache",
	  fault_more_other_list },
	{ "more-other-vm", "a descriptor handed out twice, to two VMs",
	  fault_more_other_vm },
	{ "freed-linked", "a descriptor freed while it is in a list (double zap)",
	  fault_freed_linked },
	{ "cache-empty", "a missing top-up before an operation",
	  fault_cache_empty },
	{ "cache-dirty", "a cache filled without __GFP_ZERO", fault_cache_dirty },
	{ "spte-cleared", "stack overflow onto an SPTE page: an SPTE is cleared behind its list's back",
	  fault_spte_cleared },
	{ "wrong-gfn", "a wrong gfn: an entry is looked for in another head",
	  fault_wrong_gfn },
	{ "running-other", "a wrong gfn while another VM's vCPU runs",
	  fault_running_other },
	{ "running-none", "a wrong gfn in a kworker, where no vCPU runs",
	  fault_running_none },
	{ "double-zap", "an SPTE zapped twice: its entry is gone already",
	  fault_double_zap },
	{ "slot-other-vm", "use after free: the slot's memory is another VM's by now",
	  fault_slot_other_vm },
	{ "reused-linked", "a descriptor freed while in a list, and handed to another VM",
	  fault_reused_linked },
	{ "alloc-fails", "a missing top-up while memory is short",
	  fault_alloc_fails },
};
#define FAULTS (sizeof(faults) / sizeof(faults[0]))
_Static_assert(FAULTS == PYFUZZ_FAULTS, "the header says how many there are");

unsigned int fault_apply(const struct pyfuzz_op *op)
{
	unsigned int skip;

	/* What is broken already is not this fault's doing. */
	if (!world.faulted)
		check_everything(PYFUZZ_NONE);
	if (world.host_dead)
		return PYFUZZ_SKIP_HOST_DEAD;
	/* Before it: the fault may be the end of the host already. */
	containment_fault(op->vm, op->fault);
	skip = faults[op->fault % FAULTS].apply(op);
	if (skip != PYFUZZ_RAN)
		containment_no_fault();
	return skip;
}

const char *pyfuzz_fault_name(uint32_t fault)
{
	return fault < FAULTS ? faults[fault].name : NULL;
}

const char *pyfuzz_fault_cause(uint32_t fault)
{
	return fault < FAULTS ? faults[fault].cause : NULL;
}
