/* SPDX-License-Identifier: GPL-2.0-only */
/* The model of the world: what should be in every list. */
#include <string.h>
#include "harness/descriptors.h"
#include "model.h"

struct world world;

/* Nothing that a VM leaves behind can be trusted. */
static void wipe(unsigned int vm)
{
	memset(&world.vms[vm], 0, sizeof(world.vms[vm]));
	memset(world.vms[vm].owner, FREE_SPTE, sizeof(world.vms[vm].owner));
	descriptors_deny(vm, false);
	memset(pyfuzz_target.sptes[vm], 0, PYFUZZ_SPTES * sizeof(uint64_t));
	for (unsigned int head = 0; head < PYFUZZ_HEADS; head++)
		*pyfuzz_target.heads[vm][head] = 0;
}

void vm_create(unsigned int vm)
{
	struct vm *m = &world.vms[vm];

	/* A new VM must not inherit what a fault left behind. */
	if (m->tainted)
		wipe(vm);
	pyfuzz_target.vm_init(vm);
	m->alive = true;
	m->expect_bugged = false;
	memset(world.requests[vm], 0, sizeof(world.requests[vm]));
}

void model_reset(void)
{
	/*
	 * A clean tear-down leaves model, heads and SPTEs empty, so that a new
	 * world costs next to nothing.
	 */
	for (unsigned int vm = 0; vm < PYFUZZ_VMS; vm++)
		if (world.dirty || !world.begun)
			wipe(vm);
	world.begun = world.dirty = true;
	world.context = CONTEXT_OWN;
	world.skipped_checks = 0;
	world.credit = 0;
	world.bugged_total = 0;
	world.requests_made = 0;
	world.requests_wrong = 0;
}

void model_add(unsigned int vm, unsigned int head, unsigned int spte)
{
	struct vm *m = &world.vms[vm];

	m->owner[spte] = (uint8_t)head;
	m->position[spte] = m->count[head];
	m->members[head][m->count[head]++] = (uint16_t)spte;
	m->used[spte / 64] |= 1ULL << (spte % 64);
	m->total++;
}

static void model_forget(struct vm *m, unsigned int spte)
{
	m->owner[spte] = FREE_SPTE;
	m->used[spte / 64] &= ~(1ULL << (spte % 64));
	m->total--;
}

void model_remove(unsigned int vm, unsigned int head, unsigned int spte)
{
	struct vm *m = &world.vms[vm];
	uint16_t last = m->members[head][--m->count[head]];
	uint16_t hole = m->position[spte];

	m->members[head][hole] = last;
	m->position[last] = hole;
	model_forget(m, spte);
}

void model_clear(unsigned int vm, unsigned int head)
{
	struct vm *m = &world.vms[vm];

	for (unsigned int i = 0; i < m->count[head]; i++)
		model_forget(m, m->members[head][i]);
	m->count[head] = 0;
}

/* The first SPTE in no list at or after from, cyclic; or PYFUZZ_NONE. */
unsigned int model_free_spte(unsigned int vm, unsigned int from)
{
	const uint64_t *used = world.vms[vm].used;
	unsigned int word = from / 64;
	uint64_t unused = ~used[word] & (~0ULL << (from % 64));

	/* One more word than there are, to visit the first one's low bits last. */
	for (unsigned int i = 0; i <= PYFUZZ_SPTES / 64; i++) {
		if (unused)
			return word * 64 + (unsigned int)__builtin_ctzll(unused);
		word = (word + 1) % (PYFUZZ_SPTES / 64);
		unused = ~used[word];
	}
	return PYFUZZ_NONE;
}

unsigned int pyfuzz_running_vm(void)
{
	world.asked = true;
	return world.running_vm;
}

unsigned int pyfuzz_running_vcpu(void)
{
	world.asked = true;
	return world.running_vcpu;
}

void pyfuzz_on_request(unsigned int vm, unsigned int vcpu, unsigned int request)
{
	/* KVM_REQ_VM_DEAD of the shim. */
	if (request != 1)
		world.requests_wrong++;
	else if (world.requests[vm][vcpu] < 255)
		world.requests[vm][vcpu]++;
	world.requests_made++;
}

uint32_t pyfuzz_requests(uint32_t vm, uint32_t vcpu)
{
	return world.requests[vm][vcpu];
}
