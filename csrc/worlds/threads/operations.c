/* SPDX-License-Identifier: GPL-2.0-only */
/* The fibers' operations: the target's functions, under the locks that they need. */
#include <string.h>
#include "harness/sequence.h"
#include "core.h"

#define PRESENT (1ULL << 11)

static struct {
	const char *function;
	uint64_t members;
	unsigned int next_spte;
} start;

static uint64_t fresh_spte(void)
{
	return PRESENT | (threads.scenario->ad ? pyfuzz_lockless.young_ad :
						 pyfuzz_lockless.young_no_ad);
}

static void *mmu_lock(void)
{
	return pyfuzz_lockless.mmu_lock;
}

/* As mmu_set_spte() does: the SPTE first, then its entry. */
static void add(void)
{
	int before = __builtin_popcountll(threads.members);
	unsigned int s = threads.next_spte;
	uint64_t bit = 1ULL << s;
	int64_t returned;

	if (s == SPTES)
		return;
	threads.next_spte++;
	threads.ever_touched |= bit;
	pyfuzz_target.topup(0);
	pyfuzz_target.set_gfn(0, sptep_of(s), HEAD_NUMBER);
	pyfuzz_atomic(sptep_of(s), 8, PYFUZZ_A_WRITE, fresh_spte(), 0,
		      PYFUZZ_RELAXED);
	threads.function = pyfuzz_target.names.add;
	returned = pyfuzz_target.add(0, HEAD_NUMBER, sptep_of(s));
	stores_flush(threads.current); /* the model changes with memory */
	threads.members |= bit;
	if (pyfuzz_target_traits.tail_count_size && returned != before)
		found(PYFUZZ_COUNT_CONTRACT, 0, 0,
		      "add must return %d, the number of entries before the new one, returned %lld",
		      before, (long long)returned);
}

/* The page of an SPTE is freed: no fiber may access it any more. */
static void free_page(unsigned int s)
{
	uintptr_t address = (uintptr_t)sptep_of(s);

	touch(point(address, 8, PLACE), PLAIN_WRITE, 0xff, PLACE);
	trace(PYFUZZ_E_FREE, address, 8, 0, PLACE);
	threads.freed |= 1ULL << s;
}

static void zap_one(unsigned int s, bool free)
{
	if (s >= SPTES || !(threads.members >> s & 1))
		return;
	threads.leaving |= 1ULL << s;
	threads.function = pyfuzz_target.names.zap_one;
	pyfuzz_target.zap_one(0, HEAD_NUMBER, sptep_of(s));
	stores_flush(threads.current);
	threads.members &= ~(1ULL << s);
	if (free)
		free_page(s);
}

static void zap_all(bool free)
{
	uint64_t members = threads.members;

	threads.leaving |= members;
	threads.function = pyfuzz_target.names.zap_all;
	pyfuzz_target.zap_all(0, HEAD_NUMBER);
	stores_flush(threads.current);
	threads.members = 0;
	while (free && members) {
		free_page((unsigned int)__builtin_ctzll(members));
		members &= members - 1;
	}
}

static void count(void)
{
	int must = __builtin_popcountll(threads.members);
	int64_t returned = pyfuzz_target.count(0, HEAD_NUMBER);
	if (returned != must) {
		threads.function = pyfuzz_target.names.count;
		found(PYFUZZ_COUNT_CONTRACT, 0, 0,
		      "count must return %d, the number of entries, returned %lld",
		      must, (long long)returned);
	}
}

static void iterate(void)
{
	uint64_t *out[SPTES + 1];
	uint64_t seen = 0;
	unsigned int n = pyfuzz_target.iterate(0, HEAD_NUMBER, out, SPTES + 1);

	for (unsigned int i = 0; i < n; i++) {
		uintptr_t s = (uintptr_t)(out[i] - sptep_of(0));

		if (s < SPTES)
			seen |= 1ULL << s;
	}
	if (seen != threads.members ||
	    n != (unsigned int)__builtin_popcountll(threads.members)) {
		threads.function = pyfuzz_target.names.iterate;
		found(PYFUZZ_ITERATOR, 0, 0,
		      "first and next must yield the %d entries, yielded %u",
		      __builtin_popcountll(threads.members), n);
	}
}

/*
 * What the processor does when the guest reads or writes: one locked step, and
 * only if the SPTE is still present.  The TLB flush keeps it from outliving the
 * page, so nothing is checked.
 */
static void hardware(unsigned int s, uint64_t bits)
{
	struct fiber *f = threads.current;
	uintptr_t address = (uintptr_t)sptep_of(s < SPTES ? s : 0);
	struct cell *cell;
	bool present;

	stores_flush(f);
	cell = point(address, 8, PLACE);
	present = !(threads.freed >> s & 1) && *sptep_of(s) & PRESENT;
	f->hardware = true;
	trace(present ? PYFUZZ_E_ATOMIC : PYFUZZ_E_MARKED_READ, address, 8,
	      *sptep_of(s) | (present ? bits : 0), PLACE);
	touch(cell, present ? MARKED_WRITE : MARKED_READ, 0xff, PLACE);
	if (present) {
		*sptep_of(s) |= bits;
		if (bits & pyfuzz_lockless.dirty)
			threads.dirtied |= 1ULL << s;
	}
	f->hardware = false;
}

/* The list's SPTEs that no fiber has aged. */
static uint64_t young_ones(void)
{
	uint64_t fresh = fresh_spte(), young = 0;

	for (uint64_t left = threads.members; left; left &= left - 1) {
		unsigned int s = (unsigned int)__builtin_ctzll(left);

		if ((*sptep_of(s) & fresh) == fresh)
			young |= 1ULL << s;
	}
	return young;
}

/* Is it the only fiber that ages?  Otherwise the other one interferes. */
static bool ages_alone(unsigned int fiber)
{
	const struct pyfuzz_scenario *scenario = threads.scenario;

	for (unsigned int i = 0; i < threads.fibers_len; i++)
		for (unsigned int k = 0;
		     i != fiber && k < scenario->fiber[i].ops_len; k++)
			if (scenario->fiber[i].ops[k].what >= PYFUZZ_T_AGE)
				return false;
	return true;
}

/*
 * An SPTE that is in the list throughout must be seen; one that is added or
 * removed meanwhile may be seen or not.  A removed SPTE never returns: a new one
 * has another number.
 */
static void age(bool test_only)
{
	uint64_t before = young_ones(), stayed, left;
	bool young = pyfuzz_lockless.age(0, HEAD_NUMBER, test_only);
	uintptr_t place = threads.current->place;

	if (!ages_alone(fiber_number(threads.current)))
		return;
	stayed = before & threads.members & ~threads.leaving;
	left = young_ones() & stayed;
	if (stayed && !young)
		found(PYFUZZ_ITERATOR, place, 0,
		      "ageing must say that the frame is young, since s%d was throughout, says that it is not",
		      __builtin_ctzll(stayed));
	if (test_only && left != stayed)
		found(PYFUZZ_ITERATOR, place, 0,
		      "a test must change nothing, s%d is not young any more",
		      __builtin_ctzll(stayed & ~left));
	if (!test_only && left)
		found(PYFUZZ_ITERATOR, place, 0,
		      "ageing must reach each SPTE that is in the list throughout, s%d is still young",
		      __builtin_ctzll(left));
}

static void as_writer(const struct pyfuzz_threads_op *op)
{
	pyfuzz_write_lock(mmu_lock());
	switch (op->what) {
	case PYFUZZ_T_ADD:
		add();
		break;
	case PYFUZZ_T_ZAP_ONE:
	case PYFUZZ_T_DROP:
		zap_one(op->operand, op->what == PYFUZZ_T_DROP);
		break;
	default:
		zap_all(op->what == PYFUZZ_T_FREE_ALL);
	}
	list_check("after the writer's operation");
	pyfuzz_write_unlock(mmu_lock());
}

static void as_reader(const struct pyfuzz_threads_op *op)
{
	pyfuzz_read_lock(mmu_lock());
	if (op->what == PYFUZZ_T_COUNT)
		count();
	else
		iterate();
	pyfuzz_read_unlock(mmu_lock());
}

static void run_op(const struct pyfuzz_threads_op *op)
{
	switch (op->what) {
	case PYFUZZ_T_ADD:
	case PYFUZZ_T_ZAP_ONE:
	case PYFUZZ_T_ZAP_ALL:
	case PYFUZZ_T_DROP:
	case PYFUZZ_T_FREE_ALL:
		as_writer(op);
		break;
	case PYFUZZ_T_COUNT:
	case PYFUZZ_T_ITERATE:
		as_reader(op);
		break;
	case PYFUZZ_T_AGE:
	case PYFUZZ_T_TEST_AGE:
		age(op->what == PYFUZZ_T_TEST_AGE);
		break;
	case PYFUZZ_T_ACCESS:
		hardware(op->operand % SPTES, pyfuzz_lockless.accessed);
		break;
	case PYFUZZ_T_DIRTY:
		hardware(op->operand % SPTES,
			 pyfuzz_lockless.accessed | pyfuzz_lockless.dirty);
		break;
	}
}

/* The target's function that an operation is about, in case it never returns. */
static const char *function_of(const struct pyfuzz_threads_op *op)
{
	const struct pyfuzz_names *names = &pyfuzz_target.names;

	switch (op->what) {
	case PYFUZZ_T_ZAP_ONE:
	case PYFUZZ_T_DROP:
		return names->zap_one;
	case PYFUZZ_T_ZAP_ALL:
	case PYFUZZ_T_FREE_ALL:
		return names->zap_all;
	case PYFUZZ_T_COUNT:
		return names->count;
	case PYFUZZ_T_ITERATE:
		return names->iterate;
	case PYFUZZ_T_AGE:
	case PYFUZZ_T_TEST_AGE:
		return pyfuzz_lockless.name;
	default:
		return names->add;
	}
}

static void body(unsigned int fiber)
{
	const struct pyfuzz_fiber_ops *ops = &threads.scenario->fiber[fiber];
	struct fiber *f = &threads.fibers[fiber];

	for (; f->operation < ops->ops_len; f->operation++) {
		if (!pyfuzz_threads_can(ops->ops[f->operation].what))
			continue;
		trace(PYFUZZ_E_BEGIN, 0, 0, f->operation, 0);
		sequence.function = function_of(&ops->ops[f->operation]);
		sequence.result.steps++;
		run_op(&ops->ops[f->operation]);
		rules_done(f, f->place);
	}
}

/* The start of every schedule. */
static void begin(void)
{
	threads.members = start.members;
	threads.next_spte = start.next_spte;
	threads.ever_touched = start.members;
	threads.freed = threads.dirtied = threads.leaving = 0;
	threads.function = start.function;
}

/* The end of every schedule, after all fibers have ended. */
static void end(void)
{
	uint64_t dirty = threads.dirtied & threads.members;

	list_check("at the end");
	for (; dirty && !threads.stop; dirty &= dirty - 1) {
		unsigned int s = (unsigned int)__builtin_ctzll(dirty);

		if (!(*sptep_of(s) & pyfuzz_lockless.dirty))
			found(PYFUZZ_DATA_RACE, written_at(sptep_of(s)), 0,
			      "the Dirty bit that the processor set in s%u is lost",
			      s);
	}
}

/* Build the initial list, as any writer would. */
static void build(unsigned int fiber)
{
	(void)fiber;
	pyfuzz_write_lock(mmu_lock());
	for (unsigned int s = 0;
	     s < threads.scenario->entries && s < PYFUZZ_MAX_ENTRIES; s++)
		add();
	pyfuzz_target.topup(0);
	list_check("as it was built");
	pyfuzz_write_unlock(mmu_lock());
}

static void nothing(void)
{
}

static void go_straight_on(struct fiber *f, struct cell *cell, bool enabled)
{
	(void)cell;
	if (!enabled)
		schedule_deadlock(f);
}

static unsigned int first_of_one(void)
{
	return 0;
}

static void build_list(void)
{
	pool_reset();
	pool_save();
	pyfuzz_target.vm_init(0);
	*pyfuzz_target.heads[0][HEAD_NUMBER] = 0;
	memset(sptep_of(0), 0, SPTES * sizeof(uint64_t));
	if (pyfuzz_lockless.set_ad)
		pyfuzz_lockless.set_ad(threads.scenario->ad);
	start.members = 0;
	start.next_spte = 0;
	start.function = NULL;
	threads.fibers_len = 1;
	threads.at_begin = begin;
	threads.at_end = nothing;
	threads.body = build;
	decide = go_straight_on;
	decide_first = first_of_one;
	decide_delay = delay_none;
	run_once();
	image_keep();
	pool_save();
	start.members = threads.members;
	start.next_spte = threads.next_spte;
	start.function = threads.function;
}

/*
 * Create the world of a scenario, before any fiber runs; false if the list could
 * not be built: then the result has the finding.
 */
bool world_build(const struct pyfuzz_scenario *scenario)
{
	static struct pyfuzz_scenario own;
	static uint32_t scenarios;
	static bool built;
	bool same;

	image_init();
	fibers_init();
	image_restore();
	/* The last scenario's list is reused if it is the same. */
	same = built && own.entries == scenario->entries &&
	       own.ad == scenario->ad;
	own = *scenario;
	threads.scenario = &own;
	threads.scenario_number = ++scenarios;
	threads.current = NULL;
	threads.rules = true;
	threads.stop = false;
	threads.tso = false;
	if (!same) {
		built = false;
		build_list();
		built = !threads.stop;
		/* No fiber built the list. */
		threads.scenario_number = ++scenarios;
	}
	threads.result->accesses = threads.result->words = 0;
	threads.result->longest = 0;
	threads.fibers_len = own.fibers < 1		? 1 :
			     own.fibers > PYFUZZ_FIBERS ? PYFUZZ_FIBERS :
							  own.fibers;
	threads.grown = false;
	threads.tso = own.tso;
	threads.at_begin = begin;
	threads.at_end = end;
	threads.body = body;
	return !threads.stop;
}

uint32_t pyfuzz_threads_can(uint32_t what)
{
	switch (what) {
	case PYFUZZ_T_ADD:
	case PYFUZZ_T_ACCESS:
	case PYFUZZ_T_DIRTY:
		return 1;
	case PYFUZZ_T_ZAP_ONE:
	case PYFUZZ_T_DROP:
		return pyfuzz_target.zap_one != NULL;
	case PYFUZZ_T_ZAP_ALL:
	case PYFUZZ_T_FREE_ALL:
		return pyfuzz_target.zap_all != NULL;
	case PYFUZZ_T_COUNT:
		return pyfuzz_target.count != NULL;
	case PYFUZZ_T_ITERATE:
		return pyfuzz_target.iterate != NULL;
	case PYFUZZ_T_AGE:
	case PYFUZZ_T_TEST_AGE:
		return pyfuzz_lockless.age != NULL;
	default:
		return 0;
	}
}

uint32_t pyfuzz_threads_locked_heads(void)
{
	return pyfuzz_target_traits.locked_heads;
}
