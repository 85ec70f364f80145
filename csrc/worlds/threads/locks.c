/* SPDX-License-Identifier: GPL-2.0-only */
/* The rwlock, mmu_lock: who holds it, and how it orders accesses. */
#include "core.h"

/* Another fiber may run here, and it orders accesses. */
static struct lock *lock_point(void *address, enum wait wait, uintptr_t place)
{
	struct fiber *f = threads.current;
	struct lock *lock = lock_of(address);
	struct cell *cell = cell_of((uintptr_t)address);

	stores_flush(f);
	f->accesses++;
	f->place = place;
	threads.accesses++;
	f->wait = wait;
	f->waits_for = lock;
	decide(f, cell, is_enabled(f));
	f->wait = WAIT_NOT;
	trace(wait == WAIT_NOT ? PYFUZZ_E_UNLOCK : PYFUZZ_E_LOCK,
	      (uintptr_t)address, 4, 0, place);
	touch(cell, MARKED_WRITE, 0x0f, place);
	return lock;
}

static void epoch(struct fiber *f)
{
	unsigned int i = fiber_number(f);

	f->now[X86 + i]++;
	f->now[LKMM + i]++;
}

void pyfuzz_write_lock(void *address)
{
	struct fiber *f = threads.current;
	struct lock *lock;

	if (!f)
		return;
	lock = lock_point(address, WAIT_WRITE, PLACE);
	lock->writer = (uint8_t)fiber_number(f);
	f->now = later(f->now, later(lock->written, lock->read));
	f->preempt++;
}

void pyfuzz_write_unlock(void *address)
{
	struct fiber *f = threads.current;
	struct lock *lock;

	if (!f)
		return;
	lock = lock_point(address, WAIT_NOT, PLACE);
	if (lock->writer != fiber_number(f))
		found(PYFUZZ_LOCK_RULE, PLACE, 0,
		      "fiber %u unlocks mmu_lock, which it does not hold for write",
		      fiber_number(f));
	lock->writer = NOBODY;
	lock->written = f->now;
	f->preempt--;
	epoch(f);
}

void pyfuzz_read_lock(void *address)
{
	struct fiber *f = threads.current;
	struct lock *lock;

	if (!f)
		return;
	lock = lock_point(address, WAIT_READ, PLACE);
	lock->readers |= (uint8_t)(1u << fiber_number(f));
	f->now = later(f->now, lock->written);
	f->preempt++;
}

void pyfuzz_read_unlock(void *address)
{
	struct fiber *f = threads.current;
	struct lock *lock;

	if (!f)
		return;
	lock = lock_point(address, WAIT_NOT, PLACE);
	if (!(lock->readers >> fiber_number(f) & 1))
		found(PYFUZZ_LOCK_RULE, PLACE, 0,
		      "fiber %u unlocks mmu_lock, which it does not hold for read",
		      fiber_number(f));
	lock->readers &= (uint8_t)~(1u << fiber_number(f));
	lock->read = later(lock->read, f->now);
	f->preempt--;
	epoch(f);
}
