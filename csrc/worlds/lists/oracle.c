/* SPDX-License-Identifier: GPL-2.0-only */
/* The properties that are checked after every step and at tear-down. */
#include "harness/descriptors.h"
#include "harness/findings.h"
#include "containment.h"
#include "oracle.h"
#include "states.h"
#include "unchanged.h"
#include "walk.h"

/*
 * Every step adds to a budget of entries to check.  A short list is checked
 * completely after each step, a longer one when the budget allows it, and only
 * its descriptors (14 times fewer) more often: so the checks stay linear in the
 * steps of a sequence.  Damage that a deferred check misses is found at tear-down
 * and then located step by step (sequence.precise).
 */
#define CREDIT_PER_STEP 4
#define ALWAYS_WALKED 16
#define ALWAYS_SKIMMED 128

static bool check_in_budget(unsigned int vm, unsigned int head,
			    struct walk *walk)
{
	uint32_t entries = world.vms[vm].count[head];

	/* Which ones are looked at must not depend on what ran before. */
	if (sequence.compared && !sequence.precise) {
		if (entries <= ALWAYS_SKIMMED)
			return walk_list(vm, head, walk);
		walk->descriptors = 0;
		return true;
	}
	world.credit += CREDIT_PER_STEP;
	if (sequence.precise)
		return unchanged_walk(vm, head, walk) ||
		       walk_list(vm, head, walk);
	if (entries <= ALWAYS_WALKED)
		return walk_list(vm, head, walk);
	if (world.credit >= entries) {
		world.credit -= entries;
		return walk_list(vm, head, walk);
	}
	world.skipped_checks++;
	if (entries <= ALWAYS_SKIMMED)
		return skim_list(vm, head, walk) || walk_list(vm, head, walk);
	walk->descriptors = 0;
	return true;
}

/* Returns the number of descriptors, as far as they were checked. */
static uint32_t check_one(unsigned int vm, unsigned int head, unsigned int op_vm)
{
	const char *function = sequence.function;
	struct walk walk;

	if (world.vms[vm].tainted)
		return 0;
	if (check_in_budget(vm, head, &walk)) {
		states_walk(&walk);
		return walk.descriptors;
	}
	if (vm != op_vm)
		finding(PYFUZZ_WRONG_VM, function, 0,
			"an operation of vm%u changed vm%u: %s", op_vm, vm,
			walk.message);
	else
		finding(walk.kind, function, 0, "%s", walk.message);
	sequence.late |= world.skipped_checks || sequence.ending;
	/* All later steps would repeat this. */
	if (sequence.faulted)
		containment_harmed(vm);
	else
		sequence.host_dead = true;
	return walk.descriptors;
}

void check_list(unsigned int vm, unsigned int head, unsigned int op_vm)
{
	check_one(vm, head, op_vm);
}

static void check_linked(uint32_t linked)
{
	uint32_t live;

	if (sequence.faulted)
		return; /* a tainted VM's lists cannot be counted */
	live = pyfuzz_descriptors_live();
	if (linked == live)
		return;
	finding(PYFUZZ_LEAK, sequence.function, 0,
		"%u descriptors are linked, %u are allocated", linked, live);
	sequence.host_dead = true;
}

/*
 * Check all lists and all descriptors after a step of op_vm on this list, which
 * is checked first; each list is walked once.
 */
void check_precisely(unsigned int op_vm, unsigned int head_vm, unsigned int head)
{
	uint32_t linked;

	unchanged_look();
	linked = check_one(head_vm, head, op_vm);
	for (unsigned int vm = 0; vm < PYFUZZ_VMS; vm++) {
		if (!world.vms[vm].alive)
			continue;
		for (unsigned int h = 0; h < PYFUZZ_HEADS; h++) {
			if (sequence.host_dead)
				return;
			if ((*pyfuzz_target.heads[vm][h] ||
			     world.vms[vm].count[h]) &&
			    (vm != head_vm || h != head))
				linked += check_one(vm, h, op_vm);
		}
	}
	if (!sequence.host_dead)
		check_linked(linked);
}

void check_everything(unsigned int op_vm)
{
	bool precise = sequence.precise;

	sequence.precise = true;
	for (unsigned int vm = 0; vm < PYFUZZ_VMS && !sequence.host_dead; vm++) {
		if (!world.vms[vm].alive)
			continue;
		for (unsigned int h = 0; h < PYFUZZ_HEADS; h++)
			if (*pyfuzz_target.heads[vm][h] ||
			    world.vms[vm].count[h])
				check_list(vm, h,
					   op_vm == PYFUZZ_NONE ? vm : op_vm);
	}
	sequence.precise = precise;
}

static bool dead_as_must_be(unsigned int vm, bool bugged)
{
	return *pyfuzz_target.dead[vm] == bugged || pyfuzz_target.no_vm_dead;
}

/* The fast path of nearly every step: all flags are correct. */
static bool flags_hold(void)
{
	bool hold = true;

	for (unsigned int i = 0; i < PYFUZZ_VMS; i++) {
		bool bugged = *pyfuzz_target.bugged[i];

		hold &= !world.vms[i].alive || world.vms[i].tainted ||
			(bugged == world.vms[i].expect_bugged &&
			 dead_as_must_be(i, bugged));
	}
	return hold;
}

/* error: the step asked for something impossible, so vm must be bugged. */
void check_flags(unsigned int vm, bool error)
{
	bool must_bug = error && !world.vms[vm].expect_bugged &&
			!world.vms[vm].tainted;
	bool wrong = false;

	if (!must_bug && flags_hold())
		return;
	for (unsigned int i = 0; i < PYFUZZ_VMS; i++) {
		struct vm *m = &world.vms[i];
		bool bugged = *pyfuzz_target.bugged[i];

		if (!m->alive)
			continue;
		world.bugged_total += bugged && !m->expect_bugged;
		if (m->tainted) {
			m->expect_bugged = bugged;
			continue;
		}
		if (bugged && !m->expect_bugged && (i != vm || !error))
			containment_wrong_vm();
		if (bugged && !m->expect_bugged && i != vm) {
			wrong = true;
			finding(PYFUZZ_WRONG_VM, sequence.function, 0,
				"vm%u is bugged by an operation of vm%u", i, vm);
		} else if (bugged && !m->expect_bugged && !error) {
			finding(PYFUZZ_FALSE_ALARM, sequence.function, 0,
				"vm%u is bugged by an operation that is correct",
				i);
		} else if (!bugged && m->expect_bugged) {
			finding(PYFUZZ_UNFLAGGED_ERROR, sequence.function, 0,
				"vm%u was bugged and is not any more", i);
		}
		m->expect_bugged = bugged;
		if (!dead_as_must_be(i, bugged))
			finding(PYFUZZ_REQUEST, sequence.function, 0,
				"vm_dead of vm%u must be as vm_bugged (%d), is %d",
				i, bugged, *pyfuzz_target.dead[i]);
	}
	/* Bugging another VM instead is one mistake, not two. */
	if (must_bug && !*pyfuzz_target.bugged[vm] && !wrong)
		finding(PYFUZZ_UNFLAGGED_ERROR, sequence.function, 0,
			"vm%u must be bugged after the error, is not", vm);
}

/* Exactly one VM-dead request to each vCPU of a bugged VM, and no others. */
void check_requests(void)
{
	if (world.requests_wrong)
		finding(PYFUZZ_REQUEST, sequence.function, 0,
			"a request other than VM-dead was made");
	world.requests_wrong = 0;
	for (unsigned int vm = 0; vm < PYFUZZ_VMS; vm++) {
		if (!world.vms[vm].alive || world.vms[vm].tainted)
			continue;
		for (unsigned int i = 0; i < PYFUZZ_VCPUS; i++) {
			unsigned int must = *pyfuzz_target.bugged[vm];

			if (world.requests[vm][i] == must)
				continue;
			finding(PYFUZZ_REQUEST, sequence.function, 0,
				"vm%u cpu%u must have %u VM-dead requests, has %u",
				vm, i, must, world.requests[vm][i]);
			world.requests[vm][i] = (uint8_t)must;
		}
	}
}

void check_returned(const char *function, int64_t returned, int64_t expected)
{
	world.report->has_returned = 1;
	world.report->returned = returned;
	world.report->expected = expected;
	if (returned != expected && !sequence.faulted)
		finding(PYFUZZ_COUNT_CONTRACT, function, 0,
			"must return %lld, the number of entries, returned %lld",
			(long long)expected, (long long)returned);
}

/*
 * The least that add is known to return for this many entries: up to 5.9, with
 * NULL-terminated entries, it also forgets a full last descriptor.
 */
int64_t least_counted(int64_t counted)
{
	const struct pyfuzz_traits *t = &pyfuzz_target_traits;

	if (t->spte_count_size || counted <= 0 || counted % t->capacity)
		return counted;
	return counted - t->capacity;
}

/*
 * Check what add returned.  A target that counts up to the descriptor with room
 * has a known finding, one that forgets a full last descriptor another; any
 * other number is a finding of its own.
 */
void check_added(unsigned int vm, unsigned int head, unsigned int spte,
		 int64_t returned, int64_t expected)
{
	const struct pyfuzz_traits *t = &pyfuzz_target_traits;
	int64_t counted;
	enum count_variant variant = COUNT_OTHER;

	world.report->has_returned = 1;
	world.report->returned = returned;
	world.report->expected = expected;
	if (returned == expected || sequence.faulted)
		return;
	counted = entries_up_to(vm, head, spte);
	if (counted >= 0 && !t->tail_count_size) {
		if (returned == counted)
			variant = COUNT_TO_ROOM;
		else if (returned == least_counted(counted))
			variant = COUNT_FORGETS_FULL;
	}
	sequence.variant = variant;
	finding(PYFUZZ_COUNT_CONTRACT, pyfuzz_target.names.add, 0,
		"must return %lld, the number of entries before the new one, returned %lld%s",
		(long long)expected, (long long)returned,
		variant == COUNT_TO_ROOM ?
			": those up to the first descriptor with room" :
		variant == COUNT_FORGETS_FULL ?
			": those before the last descriptor, which was full" :
			"");
}

/*
 * A zap of a whole list returns whether its caller must flush TLBs, which have
 * what the SPTEs said.  A flush too many costs time and harms nobody.
 */
void check_flush(unsigned int vm, unsigned int head, int64_t flush,
		 unsigned int entries)
{
	bool must = entries && flush >= 0;

	world.report->has_returned = flush >= 0;
	world.report->returned = flush > 0;
	world.report->expected = must || flush > 0;
	if (!must || flush || sequence.faulted)
		return;
	finding(PYFUZZ_MISSED_FLUSH, pyfuzz_target.names.zap_all, 0,
		"must tell to flush TLBs after a zap of vm%u's list %u with %u entries, does not",
		vm, head, entries);
}

/* As many descriptors are in lists as are handed out. */
void check_memory(void)
{
	uint32_t linked = 0;
	struct walk walk;

	if (sequence.faulted)
		return;
	for (unsigned int vm = 0; vm < PYFUZZ_VMS; vm++) {
		if (!world.vms[vm].alive)
			continue;
		for (unsigned int h = 0; h < PYFUZZ_HEADS; h++) {
			if (!*pyfuzz_target.heads[vm][h])
				continue;
			walk_list(vm, h, &walk);
			linked += walk.descriptors;
		}
	}
	check_linked(linked);
}

/* The objects in the cache of a VM without a fault must be its own and zeroed. */
void check_caches(unsigned int op_vm)
{
	for (unsigned int vm = 0; vm < PYFUZZ_VMS; vm++) {
		if (!world.vms[vm].alive || world.vms[vm].tainted)
			continue;
		for (unsigned int i = 0; i < pyfuzz_target.cached(vm); i++) {
			if (descriptor_is_blank(*pyfuzz_target.cache_slot(vm, i),
						vm))
				continue;
			finding(PYFUZZ_WRONG_VM, sequence.function, 0,
				"an operation of vm%u changed a descriptor in vm%u's cache",
				op_vm, vm);
			containment_harmed(vm);
			break;
		}
	}
}

/* At the end: VMs without a fault have freed all their descriptors. */
void check_owners(void)
{
	for (unsigned int vm = 0; vm < PYFUZZ_VMS; vm++)
		if (!world.vms[vm].tainted && descriptors_of(vm))
			finding(PYFUZZ_LEAK, pyfuzz_target.names.zap_all, 0,
				"%u descriptors of vm%u are still allocated after it was destroyed",
				descriptors_of(vm), vm);
}
