/* SPDX-License-Identifier: GPL-2.0-only */
/* Where all variables are: see sections.h. */
#ifndef PYFUZZ_KERNEL_DATA_H
#define PYFUZZ_KERNEL_DATA_H

#include "state.h"

/* From the linker.  Without them (sections.h was left out) they are NULL. */
#define PYFUZZ_BOUND extern __attribute__((weak, visibility("hidden")))
PYFUZZ_BOUND u8 __start_pyfuzz_data[], __stop_pyfuzz_data[];
PYFUZZ_BOUND u8 __start_pyfuzz_bss[], __stop_pyfuzz_bss[];
/* Why that is not all, as found when the kernel's files were compiled; or "". */
extern const char pyfuzz_scattered[] __attribute__((visibility("hidden")));

static unsigned int pyfuzz_counts_used;

/* Statistics up to a field, which the MMU reads; returns what follows that. */
static void *pyfuzz_count(void *from, void *field, size_t size)
{
	struct pages_data *counts = &pages_target.counts[pyfuzz_counts_used];

	if (pyfuzz_counts_used == PAGES_COUNTS)
		return field; /* more states, that is all */
	counts->address = from;
	counts->size = (size_t)((u8 *)field - (u8 *)from);
	pyfuzz_counts_used++;
	return (u8 *)field + size;
}

#define PYFUZZ_COUNT_TO(from, field) pyfuzz_count(from, &(field), sizeof(field))

static void pyfuzz_counts_wire(void)
{
	for (unsigned int vm = 0; vm < PAGES_VMS; vm++) {
		struct kvm *kvm = &pyfuzz_kvms[vm];
		void *from = &kvm->stat;

#ifdef PYFUZZ_HAVE_USED_STAT
		from = PYFUZZ_COUNT_TO(from, kvm->stat.mmu_shadow_pages);
#endif
#ifdef PYFUZZ_HAVE_NX_SPLITS
		from = PYFUZZ_COUNT_TO(from, kvm->stat.nx_lpage_splits);
#endif
		pyfuzz_count(from, &kvm->stat + 1, 0);
		for (unsigned int i = 0; i < PAGES_VCPUS; i++)
			pyfuzz_count(&pyfuzz_vcpus[vm][i].stat,
				     &pyfuzz_vcpus[vm][i].stat + 1, 0);
	}
}

static void pyfuzz_data_wire(void)
{
	if (*pyfuzz_scattered)
		pages_target.unsearchable = pyfuzz_scattered;
	else if (!__start_pyfuzz_data)
		pages_target.unsearchable =
			"this build does not say where its variables are";
	pages_target.data[0].address = __start_pyfuzz_data;
	pages_target.data[0].size =
		(size_t)(__stop_pyfuzz_data - __start_pyfuzz_data);
	pages_target.data[1].address = __start_pyfuzz_bss;
	pages_target.data[1].size =
		(size_t)(__stop_pyfuzz_bss - __start_pyfuzz_bss);
	pyfuzz_counts_wire();
}

#endif
