/* SPDX-License-Identifier: GPL-2.0-only */
/* Operations that query the target: the number of entries, and the entries. */
#include "harness/findings.h"
#include "harness/guard.h"
#include "oracle.h"
#include "queries.h"

static const struct pyfuzz_target *const target = &pyfuzz_target;

void run_iterate(unsigned int vm, unsigned int head)
{
	static uint64_t *yielded[PYFUZZ_SPTES + 8];
	struct vm *m = &world.vms[vm];
	unsigned int n;

	CALL(target->names.iterate,
	     n = target->iterate(vm, head, yielded, m->count[head] + 8U));
	world.report->has_returned = 1;
	world.report->returned = n;
	world.report->expected = m->count[head];
	if (m->tainted)
		return;
	world.walk++;
	for (unsigned int i = 0; i < n; i++) {
		unsigned int spte = spte_number(vm, yielded[i]);

		if (spte == PYFUZZ_NONE || m->owner[spte] != head) {
			finding(PYFUZZ_ITERATOR, sequence.function, 0,
				"entry %u that it yields is not in the list", i);
			return;
		}
		if (m->seen[spte] == world.walk) {
			finding(PYFUZZ_ITERATOR, sequence.function, 0,
				"it yields s%u twice", spte);
			return;
		}
		m->seen[spte] = world.walk;
		world.left += (spte + 1ULL) * 0x9e3779b97f4a7c15ULL;
	}
	if (n != m->count[head])
		finding(PYFUZZ_ITERATOR, sequence.function, 0,
			"it must yield %u entries, yields %u", m->count[head],
			n);
}

void run_count(unsigned int vm, unsigned int head)
{
	int64_t returned;

	CALL(target->names.count, returned = target->count(vm, head));
	check_returned(target->names.count, returned, world.vms[vm].count[head]);
}
