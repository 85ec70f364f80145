/* SPDX-License-Identifier: GPL-2.0-only */
/* What must hold for a VM as a whole: its flags, what was unmapped, and nothing left. */
#include "broken.h"
#include "world.h"

/* may_bug: the operation is the one that bugs its VM. */
void check_flags(unsigned int op_vm, bool may_bug)
{
	for (unsigned int vm = 0; vm < PAGES_VMS; vm++) {
		struct vm *m = &world.vms[vm];
		bool bugged = m->alive && *pages_target.bugged[vm];
		bool must = m->bugged || (may_bug && vm == op_vm);

		if (!m->alive)
			continue;
		if (bugged && !must)
			finding(vm == op_vm ? PYFUZZ_FALSE_ALARM :
					      PYFUZZ_WRONG_VM,
				sequence.function, 0,
				vm == op_vm ?
					"vm%u is bugged by an operation that is correct" :
					"vm%u is bugged by an operation of the other VM",
				vm);
		else if (must && !bugged)
			finding(PYFUZZ_UNFLAGGED_ERROR, sequence.function, 0,
				m->bugged ?
					"vm%u was bugged and is not any more" :
					"vm%u must be bugged, is not",
				vm);
		world.bugged_total += bugged && !m->bugged;
		m->bugged = bugged;
		for (unsigned int v = 0; v < PAGES_VCPUS; v++) {
			if (m->requests[v] == bugged)
				continue;
			finding(PYFUZZ_REQUEST, sequence.function, 0,
				"vm%u cpu%u must have %u VM-dead requests, has %u",
				vm, v, bugged, m->requests[v]);
			m->requests[v] = bugged;
		}
	}
}

void check_unmapped(unsigned int vm, unsigned int as, unsigned int n,
		    uint64_t start, uint64_t end)
{
	uint64_t base_gfn = world.vms[vm].slots[as][n].base_gfn;

	if (world.vms[vm].bugged || *pages_target.bugged[vm] ||
	    sequence.host_dead)
		return;
	for (unsigned int level = 1; level <= PAGES_LEVELS; level++) {
		unsigned int shift = (level - 1) * 9U;
		uint64_t heads = 0, first = base_gfn >> shift;
		const unsigned long *base =
			pages_target.rmaps(vm, as, n, level, &heads);

		for (uint64_t i = (start >> shift) - first;
		     base && i <= ((end - 1) >> shift) - first && i < heads; i++)
			if (base[i] & ~2UL) /* bit 1 is a lock */
				broken(PYFUZZ_STALE_SPTE,
				       "gfns 0x%llx to 0x%llx are unmapped, and the reverse map of gfn 0x%llx (%s, slot %u%s) is not empty",
				       (unsigned long long)start,
				       (unsigned long long)end - 1,
				       (unsigned long long)((first + i) << shift),
				       size_name(level), n, as ? " of SMM" : "");
	}
}

/* A destroyed VM must leave nothing behind. */
void check_gone(unsigned int vm)
{
	enum pages_kind kind;
	uint32_t left = memory_live(vm, &kind);

	if (!left)
		return;
	finding(PYFUZZ_LEAK, sequence.function, 0,
		"vm%u is gone, and %u objects of it are allocated, among them a %s",
		vm, left, memory_kind_name(kind));
	sequence.host_dead = true;
}
