/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PYFUZZ_LISTS_VM_H
#define PYFUZZ_LISTS_VM_H

#include "model.h"

static inline uint64_t *sptep_of(unsigned int vm, unsigned int spte)
{
	return &pyfuzz_target.sptes[vm][spte];
}

void must_be_cleared(unsigned int vm, unsigned int spte);
/* A finding if any SPTE of a zapped list is still present. */
void zapped_whole(unsigned int vm, unsigned int head);
void vm_destroy(unsigned int vm);
/* The VM and vCPU that are running, as the target sees it. */
void choose_running(unsigned int vm);

#endif
