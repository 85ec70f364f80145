/* SPDX-License-Identifier: GPL-2.0-only */
/* What a port offers to csrc/worlds/threads; included after adapter.h. */
#ifndef PYFUZZ_PORTS_WALKERS_H
#define PYFUZZ_PORTS_WALKERS_H

#pragma clang attribute push(__attribute__((no_sanitize("coverage"))), \
			     apply_to = function)

#ifdef PORT_HAS_WALKERS
static bool pyfuzz_port_age(unsigned int vm, unsigned int head, bool test_only)
{
	return rmap_age(pyfuzz_head_of(vm, head), test_only);
}

static void pyfuzz_port_set_ad(bool on)
{
	port_has_ad = on;
}
#endif

const struct pyfuzz_lockless pyfuzz_lockless = {
	.mmu_lock = &pyfuzz_kvms[0].mmu_lock,
#ifdef PORT_HAS_WALKERS
	.age = pyfuzz_port_age,
	.set_ad = pyfuzz_port_set_ad,
#endif
	.accessed = BIT_ULL(5),
	.dirty = BIT_ULL(6),
	.untracked = BIT_ULL(0),
};

#pragma clang attribute pop

#endif
