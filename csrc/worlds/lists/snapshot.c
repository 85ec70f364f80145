/* SPDX-License-Identifier: GPL-2.0-only */
/* Saves and restores the world of a state while all its moves are tried. */
#include <string.h>
#include "harness/descriptors.h"
#include "harness/log.h"
#include "canonical.h"

static const struct pyfuzz_target *const target = &pyfuzz_target;

static struct {
	uint64_t sptes[PYFUZZ_SPTES];
	uint8_t gfns[PYFUZZ_SPTES];
	uint8_t owner[PYFUZZ_SPTES];
	uint16_t position[PYFUZZ_SPTES];
	uint64_t used[PYFUZZ_SPTES / 64];
	uint16_t members[PYFUZZ_HEADS][PYFUZZ_SPTES];
	uint16_t count[PYFUZZ_HEADS];
	unsigned long heads[PYFUZZ_HEADS];
	uint16_t total;
	bool alive, expect_bugged, bugged, dead;
	int nobjs;
	void *objects[16];
	uint8_t requests[PYFUZZ_VCPUS];
} saved[PYFUZZ_VMS];

static struct {
	uint8_t lines[LOG_SITES];
	uint64_t spoken;
	unsigned int bugged_total;
	bool quiet; /* nothing was logged, and no VM bugged */
} common;

static void save_flags(unsigned int vm)
{
	const struct vm *m = &world.vms[vm];

	saved[vm].alive = m->alive;
	saved[vm].expect_bugged = m->expect_bugged;
	saved[vm].bugged = *target->bugged[vm];
	saved[vm].dead = *target->dead[vm];
	memcpy(saved[vm].requests, world.requests[vm],
	       sizeof(saved[vm].requests));
}

static void restore_flags(unsigned int vm)
{
	struct vm *m = &world.vms[vm];

	m->alive = saved[vm].alive;
	m->expect_bugged = saved[vm].expect_bugged;
	*target->bugged[vm] = saved[vm].bugged;
	*target->dead[vm] = saved[vm].dead;
	memcpy(world.requests[vm], saved[vm].requests,
	       sizeof(saved[vm].requests));
}

static inline unsigned int words(void)
{
	return touched / 64 + 1 < PYFUZZ_SPTES / 64 ? touched / 64 + 1 :
						      PYFUZZ_SPTES / 64;
}

void snapshot_save(void)
{
	memset(common.lines, 0, sizeof(common.lines));
	log_lines(common.lines);
	common.spoken = once_spoken();
	common.bugged_total = world.bugged_total;
	for (unsigned int vm = 0; vm < PYFUZZ_VMS; vm++)
		save_flags(vm);
	for (unsigned int vm = 0; vm < scope.vms; vm++) {
		const struct vm *m = &world.vms[vm];

		memcpy(saved[vm].sptes, target->sptes[vm],
		       touched * sizeof(uint64_t));
		memcpy(saved[vm].gfns, target->gfns[vm], touched);
		memcpy(saved[vm].owner, m->owner, touched);
		memcpy(saved[vm].position, m->position,
		       touched * sizeof(uint16_t));
		memcpy(saved[vm].used, m->used, words() * sizeof(uint64_t));
		memcpy(saved[vm].count, m->count, sizeof(m->count));
		saved[vm].total = m->total;
		for (unsigned int i = 0; i < scope_heads(); i++) {
			unsigned int head = scope_head(i);

			saved[vm].heads[head] = *target->heads[vm][head];
			memcpy(saved[vm].members[head], m->members[head],
			       m->count[head] * sizeof(uint16_t));
		}
		saved[vm].nobjs = *target->nobjs[vm];
		for (int i = 0; i < saved[vm].nobjs; i++)
			saved[vm].objects[i] =
				*target->cache_slot(vm, (unsigned int)i);
	}
	descriptors_save();
}

#define AT_ONCE 16

unsigned int snapshot_changed(unsigned int vm, uint16_t *out, unsigned int max)
{
	const uint64_t *sptes = target->sptes[vm], *old = saved[vm].sptes;
	const uint8_t *gfns = target->gfns[vm], *old_gfns = saved[vm].gfns;
	const uint8_t *owner = world.vms[vm].owner, *old_owner = saved[vm].owner;
	unsigned int n = 0;

	for (unsigned int from = 0; from < touched; from += AT_ONCE) {
		unsigned int end = from + AT_ONCE < touched ? from + AT_ONCE :
							      touched;
		uint64_t any = 0;

		for (unsigned int i = from; i < end; i++)
			any |= (sptes[i] ^ old[i]) |
			       (uint64_t)((gfns[i] ^ old_gfns[i]) |
					  (owner[i] ^ old_owner[i]));
		for (unsigned int i = from; any && i < end; i++) {
			if (sptes[i] == old[i] && gfns[i] == old_gfns[i] &&
			    owner[i] == old_owner[i])
				continue;
			if (n == max)
				return max + 1;
			out[n++] = (uint16_t)i;
		}
	}
	return n;
}

void snapshot_restore(void)
{
	for (unsigned int vm = 0; vm < PYFUZZ_VMS; vm++)
		restore_flags(vm);
	for (unsigned int vm = 0; vm < scope.vms; vm++) {
		struct vm *m = &world.vms[vm];

		memcpy(target->sptes[vm], saved[vm].sptes,
		       touched * sizeof(uint64_t));
		memcpy(target->gfns[vm], saved[vm].gfns, touched);
		memcpy(m->owner, saved[vm].owner, touched);
		memcpy(m->position, saved[vm].position,
		       touched * sizeof(uint16_t));
		memcpy(m->used, saved[vm].used, words() * sizeof(uint64_t));
		memcpy(m->count, saved[vm].count, sizeof(m->count));
		m->total = saved[vm].total;
		for (unsigned int i = 0; i < scope_heads(); i++) {
			unsigned int head = scope_head(i);

			*target->heads[vm][head] = saved[vm].heads[head];
			memcpy(m->members[head], saved[vm].members[head],
			       m->count[head] * sizeof(uint16_t));
		}
		*target->nobjs[vm] = saved[vm].nobjs;
		for (int i = 0; i < saved[vm].nobjs; i++)
			*target->cache_slot(vm, (unsigned int)i) =
				saved[vm].objects[i];
	}
	descriptors_restore();
	log_set(common.lines);
	once_set(common.spoken);
	world.bugged_total = common.bugged_total;
	world.context = CONTEXT_OWN;
	world.requests_made = world.requests_wrong = 0;
	sequence.host_dead = sequence.late = sequence.ending = false;
	sequence.mistake = false;
}
