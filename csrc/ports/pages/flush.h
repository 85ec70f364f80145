/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which translations the vCPUs may have in their TLBs that no longer hold.  There
 * is no TLB: the harness records what would be flushed.
 */
#ifndef PYFUZZ_PORTS_PAGES_FLUSH_H
#define PYFUZZ_PORTS_PAGES_FLUSH_H

#include "spte.h"

static gfn_t kvm_mmu_page_get_gfn(const struct kvm_mmu_page *sp, int index);

static void flush_all(const struct kvm *kvm)
{
	pages_on_flush(kvm->pyfuzz_vm, 0, 0);
}

/*
 * What an SPTE maps, if it maps anything.  That of a freed page, which a list may
 * lead to after an error, has no gfn; recording must not fault where the code does
 * not.
 */
static void flush_spte(const u64 *sptep)
{
	const struct kvm_mmu_page *sp = sptep_to_sp(sptep);

	if (!is_shadow_present_pte(*sptep))
		return;
	if (!pages_in_live_table(sptep)) {
		pages_on_flush(pages_running_vm(), 0, 0);
		return;
	}
	pages_on_flush(pages_running_vm(),
		       kvm_mmu_page_get_gfn(sp, spte_index(sptep)),
		       pages_per(sp->role.level));
}

/* The same, if what the SPTE becomes takes write access away. */
static void flush_write(const u64 *sptep, unsigned int access)
{
	if ((*sptep & SPTE_WRITABLE) && !(access & ACC_WRITE))
		flush_spte(sptep);
}

#endif
