/* SPDX-License-Identifier: GPL-2.0-only */
/* Walking a list, and comparing it with the model. */
#include "walk.h"

static struct list list_of(unsigned int vm, unsigned int head)
{
	return (struct list){
		.vm = vm,
		.head = head,
		.val = *pyfuzz_target.heads[vm][head],
		.must = world.vms[vm].count[head],
	};
}

static const char *head_name(unsigned int vm, unsigned int head)
{
	static char names[2][16];
	static unsigned int turn;
	char *name = names[turn++ % 2];

	snprintf(name, sizeof(names[0]), "vm%u %c%u", vm,
		 head < PYFUZZ_FRAME_HEADS ? 'f' : 'p',
		 head < PYFUZZ_FRAME_HEADS ? head : head - PYFUZZ_FRAME_HEADS);
	return name;
}

static const char *list_name(const struct list *list)
{
	return head_name(list->vm, list->head);
}

/* The slow path, for an entry that is wrong. */
static __attribute__((noinline)) void
odd_entry(const struct list *list, const uint64_t *sptep, struct walk *walk)
{
	struct vm *m = &world.vms[list->vm];
	unsigned int n = spte_number(list->vm, sptep);

	if (n == PYFUZZ_NONE) {
		list_broken(walk, PYFUZZ_GHOST_ENTRY,
			    "%s holds an address that is not an SPTE of the VM",
			    list_name(list));
		return;
	}
	if (m->owner[n] != list->head) {
		list_broken(walk, PYFUZZ_GHOST_ENTRY,
			    "%s holds s%u, which is in %s", list_name(list), n,
			    m->owner[n] == FREE_SPTE ?
				    "no list" :
				    head_name(list->vm, m->owner[n]));
		return;
	}
	if (m->seen[n] == world.walk)
		list_broken(walk, PYFUZZ_GHOST_ENTRY, "%s holds s%u twice",
			    list_name(list), n);
	m->seen[n] = world.walk;
	if (!(*sptep & PRESENT))
		list_broken(walk, PYFUZZ_STALE_SPTE,
			    "%s holds s%u, which is cleared", list_name(list),
			    n);
}

static inline __attribute__((always_inline)) void
entry(const struct list *list, const uint64_t *sptep, struct walk *walk)
{
	struct vm *m = &world.vms[list->vm];
	unsigned int n = spte_number(list->vm, sptep);

	if (n != PYFUZZ_NONE && m->owner[n] == list->head &&
	    m->seen[n] != world.walk && (*sptep & PRESENT))
		m->seen[n] = world.walk;
	else
		odd_entry(list, sptep, walk);
}

/* The same with the entries' numbers. */
static uint16_t *numbers;
static uint32_t numbers_cap;

static void entry_numbered(const struct list *list, const uint64_t *sptep,
			   struct walk *walk)
{
	if (walk->entries < numbers_cap)
		numbers[walk->entries] = (uint16_t)spte_number(list->vm, sptep);
	entry(list, sptep, walk);
}

/* An entry of the model that the walk did not meet. */
static void find_lost(const struct list *list, struct walk *walk)
{
	struct vm *m = &world.vms[list->vm];

	for (unsigned int i = 0; i < m->count[list->head]; i++) {
		unsigned int spte = m->members[list->head][i];

		if (m->seen[spte] == world.walk)
			continue;
		list_broken(walk, PYFUZZ_LOST_ENTRY,
			    "%s must hold %u entries, holds %u: s%u is gone",
			    list_name(list), m->count[list->head],
			    walk->entries, spte);
		return;
	}
}

static bool judge(const struct list *list, struct walk *walk)
{
	if (walk->entries != list->must)
		find_lost(list, walk);
	return !walk->message[0];
}

bool walk_list(unsigned int vm, unsigned int head, struct walk *walk)
{
	struct list list = list_of(vm, head);

	world.walk++;
	return list_walk(&list, walk, list_name, entry) && judge(&list, walk);
}

bool skim_list(unsigned int vm, unsigned int head, struct walk *walk)
{
	struct list list = list_of(vm, head);

	return list_skim(&list, walk);
}

int64_t entries_up_to(unsigned int vm, unsigned int head, unsigned int spte)
{
	struct list list = list_of(vm, head);

	return list_entries_up_to(&list, &pyfuzz_target.sptes[vm][spte],
				  PYFUZZ_SPTES);
}

int32_t pyfuzz_list(uint32_t vm, uint32_t head, uint16_t *out, uint32_t cap)
{
	struct list list = list_of(vm, head);
	struct walk walk;

	world.walk++;
	numbers = out;
	numbers_cap = cap;
	if (list_walk(&list, &walk, list_name, entry_numbered))
		judge(&list, &walk);
	if (walk.message[0] && walk.kind == PYFUZZ_SHAPE)
		return -1;
	return (int32_t)walk.entries;
}
