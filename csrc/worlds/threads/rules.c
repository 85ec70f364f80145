/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The rules of mmu_lock, of a head's lock bit, and of preemption.
 *
 * The bit protects the list from walkers without mmu_lock, so reading a list
 * needs one of the two, and changing it needs both.
 */
#include "core.h"

struct lock *lock_of(const void *address)
{
	struct lock *lock;

	for (unsigned int i = 0; i < threads.locks_len; i++)
		if (threads.locks[i].address == address)
			return &threads.locks[i];
	if (threads.locks_len == sizeof(threads.locks) / sizeof(threads.locks[0]))
		__builtin_trap();
	lock = &threads.locks[threads.locks_len++];
	*lock = (struct lock){ .address = address, .writer = NOBODY };
	return lock;
}

bool holds(const struct fiber *f, const void *address, bool write)
{
	const struct lock *lock = lock_of(address);

	return lock->writer == fiber_number(f) ||
	       (!write && lock->readers >> fiber_number(f) & 1);
}

static bool holds_mmu_lock(const struct fiber *f, bool write)
{
	return holds(f, pyfuzz_lockless.mmu_lock, write);
}

static bool holds_bit(const struct fiber *f)
{
	return threads.bit_owner == fiber_number(f);
}

static const char *word_at(uintptr_t address)
{
	static char word[24];

	word_text(address, word, sizeof(word));
	return word;
}

static void descriptor(uintptr_t address, bool write, uintptr_t place)
{
	const struct fiber *f = threads.current;
	uintptr_t offset = (address - (uintptr_t)pool) % STRIDE;
	bool locked = holds_bit(f);

	if (!pool_is_live((const void *)(address - offset)))
		found(PYFUZZ_USE_AFTER_FREE, place, 0,
		      "fiber %u %s %s after the descriptor was freed",
		      fiber_number(f), write ? "writes" : "reads",
		      word_at(address));
	if (!(locked && !write) && !holds_mmu_lock(f, write))
		found(PYFUZZ_LOCK_RULE, place, 0,
		      locked ?
			      "fiber %u changes %s with the read-only lock of the list" :
			      "fiber %u touches %s without mmu_lock or the list's lock bit",
		      fiber_number(f), word_at(address));
	if (write && !locked && pyfuzz_target_traits.locked_heads)
		found(PYFUZZ_LOCK_RULE, place, 0,
		      "fiber %u changes %s without the list's lock bit",
		      fiber_number(f), word_at(address));
}

static void spte(unsigned int n, bool write, uintptr_t place)
{
	const struct fiber *f = threads.current;

	if (f->hardware)
		return;
	if (threads.freed >> n & 1)
		found(PYFUZZ_USE_AFTER_FREE, place, 0,
		      "fiber %u %s s%u after its shadow page was freed",
		      fiber_number(f), write ? "writes" : "reads", n);
	if (!holds_bit(f) && !holds_mmu_lock(f, false))
		found(PYFUZZ_LOCK_RULE, place, 0,
		      "fiber %u touches s%u without mmu_lock or the lock bit of a list that holds it",
		      fiber_number(f), n);
}

/* Before an access: may this fiber make it? */
void rules_access(uintptr_t address, bool write, bool marked, uintptr_t place)
{
	if (!threads.rules)
		return;
	if (address - (uintptr_t)pool < sizeof(pool)) {
		descriptor(address, write, place);
		return;
	}
	if (address - (uintptr_t)pyfuzz_target.sptes[0] < SPTES * 8) {
		spte((unsigned int)((address - (uintptr_t)pyfuzz_target.sptes[0]) /
				    8),
		     write, place);
		return;
	}
	if (write && !marked &&
	    address - (uintptr_t)pyfuzz_target.heads[0][HEAD_NUMBER] < 8 &&
	    !holds_mmu_lock(threads.current, true))
		found(PYFUZZ_LOCK_RULE, place, 0,
		      "fiber %u changes the head without mmu_lock for write",
		      fiber_number(threads.current));
}

static void head_locked(uint64_t old, uint64_t new, uintptr_t place)
{
	struct fiber *f = threads.current;
	unsigned int i = fiber_number(f);

	if ((old ^ new) & ~HEAD_LOCKED)
		found(PYFUZZ_LOCK_RULE, place, 0,
		      "fiber %u changes the head while it locks it", i);
	if (!f->preempt)
		found(PYFUZZ_LOCK_RULE, place, 0,
		      "fiber %u locks the head with preemption enabled: whoever preempts it may spin forever",
		      i);
	threads.bit_owner = (uint8_t)i;
}

/* A marked write to the head's value. */
void rules_head(uint64_t old, uint64_t new, uintptr_t place)
{
	const struct fiber *f = threads.current;
	unsigned int i = fiber_number(f);
	bool was = old & HEAD_LOCKED, is = new & HEAD_LOCKED;
	bool changes = (old ^ new) & ~HEAD_LOCKED;

	if (!threads.rules)
		return;
	if (changes && !holds_mmu_lock(f, true))
		found(PYFUZZ_LOCK_RULE, place, 0,
		      "fiber %u changes the head without mmu_lock for write", i);
	if (!pyfuzz_target_traits.locked_heads)
		return;
	if (was && threads.bit_owner == NOBODY)
		found(PYFUZZ_LOCK_RULE, place, 0,
		      "fiber %u changes the head, which is still locked", i);
	if (was && threads.bit_owner != i)
		found(PYFUZZ_LOCK_RULE, place, 0,
		      is ? "fiber %u changes the head that fiber %u has locked" :
			   "fiber %u unlocks the head that fiber %u has locked",
		      i, threads.bit_owner);
	if (!was && is)
		head_locked(old, new, place);
	else if (was && !is)
		threads.bit_owner = NOBODY;
	else if (!was && !is && changes && old)
		found(PYFUZZ_LOCK_RULE, place, 0,
		      "fiber %u changes the head without its lock bit", i);
	else if (!was && !is && !changes && old && !holds_mmu_lock(f, true))
		found(PYFUZZ_LOCK_RULE, place, 0,
		      "fiber %u unlocks the head, which is not locked", i);
}

/* A store reaches memory that was freed meanwhile. */
void rules_flush(const struct pending *store)
{
	uintptr_t in_pool = store->address - (uintptr_t)pool;
	uintptr_t in_sptes = store->address - (uintptr_t)pyfuzz_target.sptes[0];
	bool freed = false;

	if (!threads.rules)
		return;
	if (in_pool < sizeof(pool))
		freed = !pool_is_live(pool + in_pool / STRIDE * STRIDE);
	else if (in_sptes < SPTES * 8)
		freed = threads.freed >> in_sptes / 8 & 1;
	if (freed)
		found(PYFUZZ_USE_AFTER_FREE, store->place, 0,
		      "fiber %u's store to %s reaches memory after it was freed",
		      fiber_number(threads.current), word_at(store->address));
}

/* After a fiber's operation: no lock may be left held. */
void rules_done(struct fiber *f, uintptr_t place)
{
	unsigned int i = fiber_number(f);

	if (!threads.rules)
		return;
	if (threads.bit_owner == i)
		found(PYFUZZ_LOCK_RULE, place, 0,
		      "fiber %u leaves the head locked after its operation %u",
		      i, f->operation + 1);
	if (f->preempt)
		found(PYFUZZ_LOCK_RULE, place, 0,
		      "fiber %u leaves preemption %s after its operation %u (count %d)",
		      i, f->preempt > 0 ? "disabled" : "enabled too often",
		      f->operation + 1, f->preempt);
	for (unsigned int k = 0; k < threads.locks_len; k++)
		if (holds(f, threads.locks[k].address, false))
			found(PYFUZZ_LOCK_RULE, place, 0,
			      "fiber %u leaves mmu_lock held after its operation %u",
			      i, f->operation + 1);
}

void pyfuzz_preempt(int change)
{
	struct fiber *f = threads.current;

	if (!f)
		return;
	f->preempt += change;
	if (threads.rules && f->preempt <= 0 && holds_bit(f))
		found(PYFUZZ_LOCK_RULE, PLACE, 0,
		      "fiber %u enables preemption with the head locked",
		      fiber_number(f));
}

void pyfuzz_may_sleep(void)
{
	const struct fiber *f = threads.current;

	if (f && f->preempt)
		found(PYFUZZ_LOCK_RULE, PLACE, 0,
		      "fiber %u may sleep with preemption disabled",
		      fiber_number(f));
}

void pyfuzz_assert_preempt_off(void)
{
	const struct fiber *f = threads.current;

	if (f && !f->preempt)
		found(PYFUZZ_LOCK_RULE, PLACE, 0,
		      "fiber %u is here with preemption enabled",
		      fiber_number(f));
}

void pyfuzz_assert_held(const void *lock, bool write)
{
	const struct fiber *f = threads.current;

	if (f && !holds(f, lock, write))
		found(PYFUZZ_LOCK_RULE, PLACE, 0,
		      "fiber %u is here without mmu_lock%s", fiber_number(f),
		      write ? " for write" : "");
}

bool pyfuzz_is_held(const void *lock)
{
	return !threads.current || holds(threads.current, lock, false);
}
