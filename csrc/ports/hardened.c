/* SPDX-License-Identifier: GPL-2.0-only */
/* The proposal of hardened.h, for the world of lists. */
#include "../shim/shim.h"

#define PYFUZZ_NAME "hardened"

#include "hardened.h"

static unsigned int pte_list_count(struct kvm *kvm,
				   struct kvm_rmap_head *rmap_head)
{
	unsigned long val = rmap_head->val;

	if (!(val & RMAP_MANY))
		return !!val;
	if (CORRUPT(!desc_sound(rmap_desc(val)), kvm))
		return 0;
	return rmap_desc(val)->tail_count + rmap_desc(val)->spte_count;
}

#define PORT_KVM(kvm) kvm,
#include "callers.h"

#define PYFUZZ_SPTE_COUNT spte_count
#define PYFUZZ_TAIL_COUNT tail_count
#define PYFUZZ_RMAP_ADD_RECYCLES 1
#include "seam.h"
