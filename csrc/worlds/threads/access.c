/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every access of a fiber passes through here before it is made: first another
 * fiber may run, then the access is checked.
 */
#include "core.h"

/* Set when a mutant's place is reached (pyfuzz/mutants): not part of the target. */
extern unsigned int pyfuzz_mutant_reached __attribute__((weak));

uint32_t pyfuzz_threads_reached(void)
{
	return &pyfuzz_mutant_reached && pyfuzz_mutant_reached;
}

/* Memory that belongs to this fiber alone, or to none. */
static bool is_private(const struct fiber *f, uintptr_t address)
{
	return address - (uintptr_t)f->stack < STACK_SIZE ||
	       (address && address == (uintptr_t)&pyfuzz_mutant_reached);
}

/* The fiber's next access is to this address; others may run first. */
struct cell *point(uintptr_t address, unsigned int size, uintptr_t place)
{
	struct fiber *f = threads.current;
	struct cell *cell = cell_of(address);

	if (__builtin_expect(f->stores_len, 0))
		stores_due(f, cell);
	f->accesses++;
	f->place = place;
	if (__builtin_expect(!cell || !cell_of(address + size - 1), 0))
		found(PYFUZZ_HOST_FAULT, place, 0,
		      address < 4096 ? "NULL access: address 0x%lx" :
				       "wild access: address 0x%lx",
		      address < 4096 ? (unsigned long)address : 0UL);
	if (__builtin_expect(++threads.accesses > PYFUZZ_MAX_ACCESSES, 0))
		found(PYFUZZ_HANG, place, 0,
		      "no progress within %u accesses: a loop without cpu_relax()?",
		      PYFUZZ_MAX_ACCESSES);
	decide(f, cell, true);
	return cell;
}

static uint64_t load(const volatile void *address, unsigned int size)
{
	switch (size) {
	case 8:
		return *(const volatile uint64_t *)address;
	case 4:
		return *(const volatile uint32_t *)address;
	case 2:
		return *(const volatile uint16_t *)address;
	default:
		return *(const volatile uint8_t *)address;
	}
}

static void store(volatile void *address, unsigned int size, uint64_t value)
{
	switch (size) {
	case 8:
		*(volatile uint64_t *)address = value;
		return;
	case 4:
		*(volatile uint32_t *)address = (uint32_t)value;
		return;
	case 2:
		*(volatile uint16_t *)address = (uint16_t)value;
		return;
	default:
		*(volatile uint8_t *)address = (uint8_t)value;
	}
}

/* A marked read acquires what happened before the write that it sees. */
static void acquire(struct cell *cell, struct fiber *f, unsigned int order)
{
	clocks seen = cell->released;

	f->unfenced = later(f->unfenced, seen);
	if (!(order & PYFUZZ_ACQUIRE))
		seen &= only_x86;
	f->now = later(f->now, seen);
}

static void epoch(struct fiber *f)
{
	unsigned int i = fiber_number(f);

	f->now[X86 + i]++;
	f->now[LKMM + i]++;
}

/* What a marked write releases to those that see it. */
static clocks released(struct fiber *f, unsigned int order)
{
	clocks told = f->now;

	if (!(order & PYFUZZ_RELEASE))
		told = (told & only_x86) | (f->fenced & ~only_x86);
	epoch(f);
	return told;
}

static void release(struct cell *cell, struct fiber *f, unsigned int order,
		    bool modify)
{
	clocks told = released(f, order);

	cell->released = modify ? later(cell->released, told) : told;
}

/* A store of this access waits in the store buffer; false: it does not. */
static bool waits(struct cell *cell, uintptr_t address, unsigned int size,
		  bool marked, unsigned int order, uintptr_t place)
{
	struct fiber *f = threads.current;
	struct pending store;

	if (!threads.tso || !store_waits(f, cell, &store))
		return false;
	touch_stored(cell, marked ? MARKED_WRITE : PLAIN_WRITE,
		     bytes_of(address, size), place);
	store.address = address;
	store.size = (uint8_t)size;
	store.marked = marked;
	store.place = place;
	if (marked)
		store.told = released(f, order);
	store_keep(f, &store);
	return true;
}

/* From the compiler's instrumentation: any size and alignment; marked: volatile. */
void access_bytes(uintptr_t address, unsigned int size, bool write, bool marked,
		  uintptr_t place)
{
	struct fiber *f = threads.current;
	enum access how = (marked ? 2u : 0u) | write;

	if (!f || is_private(f, address))
		return;
	while (size) {
		unsigned int part = 8 - (address & 7);
		struct cell *cell;

		if (part > size)
			part = size;
		cell = point(address, part, place);
		trace(how, address, part, 0, place);
		rules_access(address, write, marked, place);
		if (!write || !waits(cell, address, part, marked,
				     PYFUZZ_RELAXED, place)) {
			touch(cell, how, bytes_of(address, part), place);
			if (marked && write)
				release(cell, f, PYFUZZ_RELAXED, false);
			else if (marked)
				acquire(cell, f, PYFUZZ_RELAXED);
		}
		address += part;
		size -= part;
	}
}

/* The memory ordering of a lock. */
void fence_full(struct fiber *f)
{
	f->now = later(f->now, f->unfenced);
	f->fenced = f->now;
}

void pyfuzz_fence(unsigned int order)
{
	struct fiber *f = threads.current;

	if (!f)
		return;
	if (order == PYFUZZ_FULL)
		stores_flush(f);
	if (order & PYFUZZ_ACQUIRE)
		f->now = later(f->now, f->unfenced);
	if (order & PYFUZZ_RELEASE) {
		f->fenced = f->now;
		epoch(f);
	}
}

static uint64_t combined(enum pyfuzz_atomic_op op, uint64_t old,
			 uint64_t operand)
{
	switch (op) {
	case PYFUZZ_A_ADD:
		return old + operand;
	case PYFUZZ_A_OR:
		return old | operand;
	case PYFUZZ_A_AND:
		return old & operand;
	default:
		return operand;
	}
}

static uint64_t cut(uint64_t value, unsigned int size)
{
	return size == 8 ? value : value & ((1ULL << 8 * size) - 1);
}

uint64_t pyfuzz_atomic(volatile void *pointer, unsigned int size,
		       enum pyfuzz_atomic_op op, uint64_t operand,
		       uint64_t compare, unsigned int order)
{
	uintptr_t address = (uintptr_t)pointer, place = PLACE;
	struct fiber *f = threads.current;
	bool modify = op > PYFUZZ_A_WRITE;
	bool shared = f && !is_private(f, address);
	bool write = op != PYFUZZ_A_READ, late = false;
	struct cell *cell = NULL;
	uint64_t old, new;

	/* The processor's locked instructions; also a comparison that fails. */
	if (shared && modify)
		stores_flush(f);
	if (shared)
		cell = point(address, size, place);
	/* The checks come first, since invalid memory must not be read. */
	if (shared)
		rules_access(address, write, true, place);
	old = load(pointer, size);
	if (op == PYFUZZ_A_CMPXCHG && old != cut(compare, size))
		write = false, order = PYFUZZ_RELAXED;
	new = write ? cut(combined(op, old, operand), size) : old;
	if (shared) {
		trace(!write ? PYFUZZ_E_MARKED_READ :
		      modify ? PYFUZZ_E_ATOMIC :
			       PYFUZZ_E_MARKED_WRITE,
		      address, size, new, place);
		late = op == PYFUZZ_A_WRITE &&
		       waits(cell, address, size, true, order, place);
		if (!late)
			touch(cell, write ? MARKED_WRITE : MARKED_READ,
			      bytes_of(address, size), place);
		if (write &&
		    (void *)pointer == pyfuzz_target.heads[0][HEAD_NUMBER])
			rules_head(old, new, place);
		if (op != PYFUZZ_A_WRITE)
			acquire(cell, f, order);
		if (modify && order == PYFUZZ_FULL)
			fence_full(f);
		if (write && !late)
			release(cell, f, order, modify);
	}
	if (write)
		store(pointer, size, new);
	return old;
}

/*
 * Continuing makes no sense until the word that the loop reads has changed: the
 * only one accessed since the last iteration, and the same each time.
 */
void pyfuzz_relax(void)
{
	struct fiber *f = threads.current;
	uint32_t before;

	if (!f)
		return;
	stores_flush(f); /* sooner or later */
	before = f->relaxed;
	f->accesses++;
	f->place = PLACE;
	if (++threads.accesses > PYFUZZ_MAX_ACCESSES)
		found(PYFUZZ_HANG, PLACE, 0, "no progress within %u accesses",
		      PYFUZZ_MAX_ACCESSES);
	f->relaxed = f->accesses;
	if (!f->read || f->read_from > before + 1)
		return;
	trace(PYFUZZ_E_RELAX, cell_address(f->read), 8, 0, PLACE);
	f->wait = WAIT_WORD;
	f->waits_for = f->read;
	f->wait_version = f->read_version;
	if (!is_enabled(f))
		decide(f, NULL, false);
	f->wait = WAIT_NOT;
}
