/* SPDX-License-Identifier: GPL-2.0-only */
/* Operations on a whole VM: choosing the running vCPU, destroying it. */
#include "harness/descriptors.h"
#include "harness/findings.h"
#include "harness/guard.h"
#include "containment.h"
#include "oracle.h"
#include "vm.h"

static const struct pyfuzz_target *const target = &pyfuzz_target;

void must_be_cleared(unsigned int vm, unsigned int spte)
{
	if (!world.vms[vm].tainted && target->sptes[vm][spte] & PRESENT)
		finding(PYFUZZ_STALE_SPTE, sequence.function, 0,
			"vm%u s%u must be cleared, is still present", vm, spte);
}

/* A sum, since the order in which a list is zapped is not seen. */
static void leave(unsigned int vm, unsigned int spte)
{
	world.left += target->sptes[vm][spte];
	must_be_cleared(vm, spte);
}

/* A finding if any SPTE of a zapped list is still present. */
void zapped_whole(unsigned int vm, unsigned int head)
{
	struct vm *m = &world.vms[vm];

	for (unsigned int i = 0; i < m->count[head]; i++)
		leave(vm, m->members[head][i]);
	model_clear(vm, head);
}

/* Empty one list the way the target's kernel tears it down. */
static void empty_list(unsigned int vm, unsigned int head)
{
	struct vm *m = &world.vms[vm];

	if (head < PYFUZZ_FRAME_HEADS && target->zap_all) {
		CALL(target->names.zap_all, target->zap_all(vm, head));
	} else if (head >= PYFUZZ_FRAME_HEADS && target->parent_unlink) {
		CALL(target->names.parent_unlink,
		     target->parent_unlink(vm, head));
	} else {
		for (unsigned int i = m->count[head]; i--;) {
			unsigned int spte = m->members[head][i];
			uint64_t *sptep = &target->sptes[vm][spte];

			CALL(target->names.remove,
			     target->remove(vm, vm, head, sptep));
			*sptep = 0;
		}
	}
	zapped_whole(vm, head);
}

void vm_destroy(unsigned int vm)
{
	struct vm *m = &world.vms[vm];

	for (unsigned int h = 0; h < PYFUZZ_HEADS && !sequence.host_dead; h++) {
		if (!*target->heads[vm][h] && !m->count[h])
			continue;
		empty_list(vm, h);
		if (*target->heads[vm][h] && !m->tainted)
			finding(PYFUZZ_TEARDOWN, sequence.function, 0,
				"a head of vm%u must be empty after tear-down, is not",
				vm);
	}
	target->drain(vm);
	check_flags(vm, false);
	if (world.requests_made)
		check_requests();
	m->alive = false;
	if (m->tainted)
		containment_destroyed(vm);
	if (world.context == CONTEXT_VCPU && world.context_vm == vm)
		world.context = CONTEXT_OWN;
}

void choose_running(unsigned int vm)
{
	world.running_vm = vm;
	world.running_vcpu = 0;
	if (world.context == CONTEXT_KWORKER) {
		world.running_vm = PYFUZZ_NONE;
	} else if (world.context == CONTEXT_VCPU) {
		world.running_vm = world.context_vm;
		world.running_vcpu = world.context_vcpu;
	}
}
