/* SPDX-License-Identifier: GPL-2.0-only */
/* Building a world from the canonical form of a state. */
#include <string.h>
#include "harness/descriptors.h"
#include "harness/list.h"
#include "harness/log.h"
#include "canonical.h"
#include "unchanged.h"

#define CACHE 4
/* A power of two greater than any number in a state. */
#define DESCRIPTORS 4096

static const struct pyfuzz_target *const target = &pyfuzz_target;

/* How a state's positions become numbers; seed 0 is the simplest way. */
static struct {
	uint64_t seed;
	unsigned int factor, offset; /* of SPTEs */
	unsigned int first, stride; /* of descriptors */
	unsigned int spte; /* the next SPTE's position */
	unsigned int descriptor; /* the next descriptor's */
} plan;

static uint64_t draw(void)
{
	plan.seed ^= plan.seed << 13;
	plan.seed ^= plan.seed >> 7;
	plan.seed ^= plan.seed << 17;
	return plan.seed;
}

static void permute(uint8_t *items, unsigned int n)
{
	for (unsigned int i = n; plan.seed && i > 1; i--) {
		unsigned int k = (unsigned int)(draw() % i);
		uint8_t item = items[k];

		items[k] = items[i - 1];
		items[i - 1] = item;
	}
}

static void clear(void)
{
	for (unsigned int vm = 0; vm < PYFUZZ_VMS; vm++) {
		struct vm *m = &world.vms[vm];
		bool all = vm < scope.vms;

		memset(m->count, 0, sizeof(m->count));
		m->total = 0;
		*target->nobjs[vm] = 0;
		for (unsigned int i = 0; i < PYFUZZ_HEADS; i++)
			*target->heads[vm][i] = 0;
		if (!all)
			continue;
		memset(m->owner, FREE_SPTE, touched);
		memset(m->used, 0, sizeof(m->used));
		memset(target->sptes[vm], 0, touched * sizeof(uint64_t));
	}
	/* A stamp must not be reused. */
	if (world.walk > UINT32_MAX / 2) {
		for (unsigned int vm = 0; vm < PYFUZZ_VMS; vm++)
			memset(world.vms[vm].seen, 0,
			       sizeof(world.vms[vm].seen));
		world.walk = 0;
	}
	descriptors_reset();
	world.context = CONTEXT_OWN;
	world.requests_made = world.requests_wrong = 0;
	sequence.host_dead = sequence.late = sequence.ending = false;
	sequence.faulted = sequence.mistake = false;
}

static void *next_descriptor(unsigned int vm)
{
	if (!plan.seed)
		return pyfuzz_descriptor_alloc(vm);
	return descriptors_take((plan.descriptor++ * plan.stride + plan.first) %
					DESCRIPTORS,
				vm);
}

static unsigned int next_spte(const uint8_t **in)
{
	unsigned int n = plan.spte++;

	if (scope.renamed != 1) {
		n = (*in)[0] | (unsigned int)(*in)[1] << 8;
		*in += 2;
	}
	return plan.seed ? (n * plan.factor + plan.offset) % PYFUZZ_SPTES : n;
}

static uint64_t *decode_entry(const uint8_t **in, enum token token,
			      unsigned int vm, unsigned int head)
{
	struct view_list *list = &view.lists[vm][head];
	unsigned int gfn = token == WORD_SPTE_GFN ? *(*in)++ : head;
	unsigned int n = next_spte(in);

	target->sptes[vm][n] = PRESENT | (uint64_t)(n + 1) << 12;
	target->gfns[vm][n] = (uint8_t)gfn;
	model_add(vm, head, n);
	list->sptes[list->count++] = (uint16_t)n;
	return &target->sptes[vm][n];
}

static void decode_list(const uint8_t **in, unsigned int vm, unsigned int head)
{
	const struct pyfuzz_traits *t = &pyfuzz_target_traits;
	const uint32_t words = t->descriptor_size / 8;
	struct view_list *list = &view.lists[vm][head];
	uint8_t token = *(*in)++;
	uint64_t *desc;

	list->count = list->descriptors = 0;
	if (token == WORD_ZERO)
		return;
	if (token != WORD_MORE) {
		*target->heads[vm][head] =
			(unsigned long)decode_entry(in, token, vm, head);
		return;
	}
	desc = next_descriptor(vm);
	*target->heads[vm][head] = (unsigned long)desc | LIST_MANY;
	while (desc) {
		uint64_t *next = NULL;

		list->descriptors++;
		for (uint32_t i = 0; i < words; i++) {
			token = *(*in)++;
			if (token == WORD_ZERO) {
				continue; /* as it came */
			} else if (token == WORD_SPTE || token == WORD_SPTE_GFN) {
				desc[i] = (uint64_t)(uintptr_t)
					decode_entry(in, token, vm, head);
			} else if (token == WORD_MORE) {
				next = next_descriptor(vm);
				desc[i] = (uint64_t)(uintptr_t)next;
			} else if (token == WORD_RAW) {
				memcpy(&desc[i], *in, 8);
				*in += 8;
			} else {
				desc[i] = token & 0x7f;
			}
		}
		desc = next;
	}
}

static void decode_vm(const uint8_t **in, unsigned int position)
{
	unsigned int vm = view.vm[position], level = CACHE;
	struct vm *m = &world.vms[vm];
	uint8_t flags = *(*in)++;

	m->alive = flags & ALIVE;
	m->expect_bugged = flags & EXPECT;
	m->tainted = m->harmed = m->no_topup = false;
	*target->bugged[vm] = flags & BUGGED;
	*target->dead[vm] = flags & DEAD;
	memset(world.requests[vm], 0, sizeof(world.requests[vm]));
	if (!flags)
		return;
	for (unsigned int i = 0; i < PYFUZZ_VCPUS; i++)
		world.requests[vm][i] = *(*in)++;
	if (position >= scope.vms)
		return;
	if (scope.caches)
		level = *(*in)++;
	while (*target->nobjs[vm] < (int)level) {
		*target->cache_slot(vm, (unsigned int)*target->nobjs[vm]) =
			next_descriptor(vm);
		++*target->nobjs[vm];
	}
	plan.spte = 0;
	for (unsigned int i = 0; i < scope_heads(); i++)
		decode_list(in, vm, view.head[vm][i]);
	if (plan.spte + 2 > touched)
		touched = plan.spte + 2;
}

/* Assign numbers to positions, with descriptors in any order. */
static void choose(uint64_t shuffle)
{
	plan.seed = shuffle;
	plan.factor = 1;
	plan.offset = plan.descriptor = 0;
	for (unsigned int i = 0; i < PYFUZZ_VMS; i++)
		view.vm[i] = (uint8_t)i;
	for (unsigned int vm = 0; vm < PYFUZZ_VMS; vm++)
		for (unsigned int i = 0; i < scope_heads(); i++)
			view.head[vm][i] = (uint8_t)scope_head(i);
	if (!shuffle)
		return;
	plan.stride = (unsigned int)draw() % DESCRIPTORS | 1;
	plan.first = (unsigned int)draw() % DESCRIPTORS;
	if (!scope.renamed)
		return;
	plan.factor = (unsigned int)draw() % PYFUZZ_SPTES | 1;
	plan.offset = (unsigned int)draw() % PYFUZZ_SPTES;
	if (scope.renamed != 1)
		return;
	permute(view.vm, scope.vms);
	permute(view.vm + scope.vms, PYFUZZ_VMS - scope.vms);
	for (unsigned int vm = 0; vm < PYFUZZ_VMS; vm++) {
		permute(view.head[vm], scope.frames);
		permute(view.head[vm] + scope.frames, scope.parents);
	}
}

/* Two modules that hold the same entries in other orders have one model. */
static void models_sort(void)
{
	for (unsigned int vm = 0; vm < scope.vms; vm++) {
		struct vm *m = &world.vms[vm];
		uint16_t count[PYFUZZ_HEADS] = { 0 };

		for (unsigned int n = 0; n < touched; n++) {
			unsigned int head = m->owner[n];

			if (head == FREE_SPTE)
				continue;
			m->position[n] = count[head];
			m->members[head][count[head]++] = (uint16_t)n;
		}
	}
}

void canonical_decode(const uint8_t *in, uint32_t size, uint64_t shuffle)
{
	(void)size;
	unchanged_forget();
	clear();
	touched = shuffle || !scope.renamed ? PYFUZZ_SPTES : 0;
	choose(shuffle);
	world.bugged_total = *in++;
	in = once_decode(log_decode(in));
	for (unsigned int i = 0; i < PYFUZZ_VMS; i++)
		decode_vm(&in, i);
	if (scope.renamed == 2)
		models_sort();
	view.exact = true;
}
