/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The lists of the proposal "hardened" for the port "pages".  They take a struct
 * kvm, which the port's callers do not all have: an operation concerns one VM, so
 * it is that one.
 */
#ifndef PYFUZZ_PORTS_PAGES_HARDENED_H
#define PYFUZZ_PORTS_PAGES_HARDENED_H

#include "types.h"

static struct kvm *port_kvm(void)
{
	return &pyfuzz_kvms[pages_running_vm()];
}

static int kvm_mmu_memory_cache_nr_free_objects(struct kvm_mmu_memory_cache *mc)
{
	return mc->nobjs;
}

#include "../hardened.h"

#define pte_list_add(cache, sptep, head) \
	pte_list_add(port_kvm(), cache, sptep, head)
#define rmap_get_first(head, iter) rmap_get_first(port_kvm(), head, iter)
#define rmap_get_next(iter) rmap_get_next(port_kvm(), iter)

#endif
