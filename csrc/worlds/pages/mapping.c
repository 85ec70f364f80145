/* SPDX-License-Identifier: GPL-2.0-only */
/* What an access has led to: its root, and the way to what the address is mapped to. */
#include "broken.h"
#include "world.h"

/* What an access needs.  To nested tables of hardware each is one from user mode. */
static uint8_t needs(const struct pyfuzz_op *op)
{
	enum pages_mode mode = world.vms[op->vm].vcpus[op->vcpu].mode;
	bool nested = mode == PAGES_NESTED || mode == PAGES_NESTED5;
	uint8_t needed = 0;

	if ((op->access & 3) == 1)
		needed |= PAGES_WRITE;
	if ((op->access & 3) == 2)
		needed |= PAGES_EXEC;
	if ((op->access & 4) || (nested && !pages_target.own_walker))
		needed |= PAGES_USER;
	return needed;
}

/*
 * What an SPTE on the way of an access that succeeded denies of it: the guest would
 * fault forever.  The kernel's handler also reports success when it only makes
 * the frame of a table writable and wants a retry.
 */
static unsigned int denied(const struct pyfuzz_op *op, uint64_t spte, bool leaf)
{
	unsigned int needed = needs(op);

	if (leaf && !pages_target.own_walker)
		needed &= ~PAGES_WRITE;
	return needed & ~spte_access(spte);
}

/*
 * The last access is still allowed: the shadow pages must allow it too, and map its
 * address to what the guest's tables say, which have not changed since.
 */
void check_mapping(const struct pyfuzz_op *op, uint64_t gva)
{
	const unsigned int vm = op->vm, vcpu = op->vcpu;
	const uint64_t *table = pages_target.root(vm, vcpu, 0);
	uint64_t must = guest_gfn(vm, vcpu, gva), gfn;

	if (must == NOWHERE || !table || sequence.host_dead || sequence.watched)
		return;
	for (unsigned int depth = 0; depth < 5; depth++) {
		uint32_t t = memory_table_of(table);
		const struct pages_page *page = t == NOWHERE ? NULL : page_at(t);
		const uint64_t *spte;
		unsigned int shift;
		bool leaf;

		if (!page)
			return; /* a root of another kind */
		shift = (page->level - 1) * 9U;
		spte = table + (gva >> (12 + shift) & (TABLE_WORDS - 1));
		/*
		 * The kernel's handler also reports success when it has zapped
		 * a write-protected page and wants a retry.
		 */
		if (spte_nothing(*spte) && !pages_target.own_walker)
			return;
		if (!pages_target.spte_present(*spte))
			broken(PYFUZZ_MISSING_ENTRY,
			       "the access to 0x%llx succeeded, and %s, which must map it, is not present",
			       (unsigned long long)gva, sptep_name(spte));
		leaf = page->level == 1 || pages_target.spte_large(*spte);
		if (denied(op, *spte, leaf))
			broken(PYFUZZ_WRONG_ACCESS,
			       "the access to 0x%llx succeeded, %s allows %s only: the guest faults again",
			       (unsigned long long)gva, sptep_name(spte),
			       access_name(spte_access(*spte)));
		if (!leaf) {
			table = (const uint64_t
					 *)(uintptr_t)(*spte &
						       pages_target
							       .spte_frame_mask);
			t = memory_table_of(table);
			if (t != NOWHERE && page_at(t))
				rules_link(vm, page, spte, page_at(t), true);
			rules_report();
			if (sequence.host_dead)
				return;
			continue;
		}
		gfn = sp_gfn(page,
			     (unsigned int)((uintptr_t)spte / 8 % TABLE_WORDS)) +
		      (gva >> 12 & ((1ULL << shift) - 1));
		if (gfn != must)
			broken(PYFUZZ_WRONG_GFN,
			       "%s maps 0x%llx to gfn 0x%llx, the guest's tables say 0x%llx",
			       sptep_name(spte), (unsigned long long)gva,
			       (unsigned long long)gfn,
			       (unsigned long long)must);
		rules_leaf(vm, page, spte, true);
		if (spte == synced_new_huge())
			rules_new_huge(vm, page, spte);
		rules_report();
		return;
	}
}

void check_ended(const struct pyfuzz_op *op, uint64_t gva,
		 enum pages_result result, const struct guest_way *before)
{
	struct guest_way way = guest_way(op->vm, op->vcpu, gva);
	bool writes = (op->access & 3) == 1;
	bool allowed = way.reaches && !(needs(op) & ~way.access);

	if (!way.known || world.vms[op->vm].bugged || sequence.host_dead ||
	    sequence.watched)
		return;
	if (result == PAGES_GUEST_FAULT && allowed)
		broken(PYFUZZ_WRONG_ACCESS,
		       "the guest gets a page fault at 0x%llx, its tables allow the access",
		       (unsigned long long)gva);
	if (result != PAGES_FIXED)
		return;
	if (!allowed)
		broken(PYFUZZ_WRONG_ACCESS,
		       "the access to 0x%llx succeeded, the guest's tables deny it",
		       (unsigned long long)gva);
	if (!way.accessed)
		broken(PYFUZZ_WRONG_ACCESS,
		       "the access to 0x%llx succeeded, an entry on the way is not marked as accessed",
		       (unsigned long long)gva);
	if (way.dirty != (before->dirty || writes))
		broken(PYFUZZ_WRONG_ACCESS,
		       "after a %s at 0x%llx the guest's entry is %smarked as dirty",
		       writes ? "write" : "read or fetch",
		       (unsigned long long)gva, way.dirty ? "" : "not ");
}

void check_loaded(unsigned int vm, unsigned int vcpu)
{
	const uint64_t *root = pages_target.root(vm, vcpu, 0);
	uint32_t table = root ? memory_table_of(root) : NOWHERE;
	struct pages_page page;

	if (table == NOWHERE || !memory_table_live(table) ||
	    !pages_private(root) || sequence.host_dead)
		return;
	pages_target.page(vm, pages_private(root), &page);
	if (page.invalid || page.obsolete)
		broken(PYFUZZ_WRONG_ROLE,
		       "vm%u cpu%u has loaded %s as its root, which is zapped",
		       vm, vcpu, page_name(&page));
}
