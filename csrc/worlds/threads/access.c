/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every access of a fiber passes through here before it is made: first another
 * fiber may run, then the access is checked.
 *
 * Races are found as FastTrack does (Flanagan, Freund 2009): two accesses to
 * a word of which one is plain and one is a write, and neither happens before
 * the other.
 */
#include <string.h>
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

static const char *const access_names[] = {
	"plain read",
	"plain write",
	"marked read",
	"marked write",
};

static void race(struct cell *cell, struct fiber *f, enum access how,
		 unsigned int g, enum access other, bool on_x86, uintptr_t place)
{
	char word[24];
	uintptr_t before = threads.tracing ? trace_other(cell, g, other & 1) : 0;

	word_text(cell_address(cell), word, sizeof(word));
	found(PYFUZZ_DATA_RACE, place, before,
	      "%s of %s by fiber %u and %s by fiber %u are not ordered%s",
	      access_names[how], word, fiber_number(f), access_names[other], g,
	      on_x86 ? "" :
		       " in the kernel's memory model, though they are on x86");
}

/* The accesses that each access may race with, a byte per enum access. */
static const uint32_t rivals[] = {
	[PLAIN_READ] = 0xff00ff00,
	[PLAIN_WRITE] = 0xffffffff,
	[MARKED_READ] = 0x0000ff00,
	[MARKED_WRITE] = 0x0000ffff,
};

static void races(struct cell *cell, struct fiber *f, enum access how,
		  uint8_t bytes, uintptr_t place)
{
	uint32_t mine = rivals[how] & bytes * 0x01010101u;

	for (unsigned int g = 0; g < threads.fibers_len; g++) {
		uint32_t theirs;

		memcpy(&theirs, cell->by[g].bytes, 4);
		theirs &= mine;
		if (!theirs || g == fiber_number(f))
			continue;
		for (unsigned int other = 0; other < 4; other++) {
			uint16_t clock = cell->by[g].clock[other];

			if (!(theirs >> 8 * other & 0xff))
				continue;
			if (clock > f->now[X86 + g])
				race(cell, f, how, g, other, true, place);
			else if (clock > f->now[LKMM + g])
				race(cell, f, how, g, other, false, place);
		}
	}
}

static void __attribute__((noinline)) renew(struct cell *cell)
{
	cell->run = threads.run;
	cell->version = 0;
	cell->write_hash = cell->reads_hash = 0;
	cell->released = (clocks){ 0 };
	memset(cell->by, 0, sizeof(cell->by));
	cell->saved = false;
	if (cell->scenario != threads.scenario_number) {
		cell->scenario = threads.scenario_number;
		cell->shared = false;
		cell->readers = cell->writers = 0;
	}
}

static void __attribute__((noinline)) note_user(struct cell *cell, uint8_t self,
						bool write)
{
	cell->readers |= self;
	if (write)
		cell->writers |= self;
	/* A write by one fiber, and an access by another. */
	if (!cell->shared && cell->writers &&
	    (cell->readers & (cell->readers - 1))) {
		cell->shared = true;
		threads.grown = true;
		threads.result->words++;
	}
}

/* The access is made now: update races, orders and hashes. */
void touch(struct cell *cell, enum access how, uint8_t bytes, uintptr_t place)
{
	struct fiber *f = threads.current;
	unsigned int i = fiber_number(f);
	uint8_t self = (uint8_t)(1u << i);
	bool write = how & 1;

	if (cell->run != threads.run)
		renew(cell);
	if (__builtin_expect(!(cell->readers & self) ||
				     (write && !(cell->writers & self)),
			     0))
		note_user(cell, self, write);
	threads.hash = (threads.hash ^ (uint64_t)(cell - cells) << 8 ^
			(uint64_t)how << 4 ^ i) *
		       0x100000001b3ULL;
	threads.hash ^= threads.hash >> 29;
	if (cell->shared) {
		uint64_t hash = mix(((uint64_t)f->accesses << 3 | i) ^
				    mix(cell->write_hash +
					(write ? 31 * cell->reads_hash : 0)));

		threads.trace_hash += hash;
		if (write) {
			cell->write_hash = hash;
			cell->reads_hash = 0;
		} else {
			cell->reads_hash += hash;
		}
		if (!f->hardware)
			races(cell, f, how, bytes, place);
	}
	if (threads.pairing && cell->shared && cell->version && cell->writer != i)
		pair_seen(cell->writer_place, (uint32_t)(place - image_start));
	if (write) {
		if (!cell->saved)
			image_save(cell);
		cell->version++;
		cell->writer = (uint8_t)i;
		cell->writer_place = (uint32_t)(place - image_start);
	}
	if (how != MARKED_READ) {
		f->read = NULL;
	} else {
		if (f->read != cell || f->read_version != cell->version)
			f->read_from = f->accesses;
		f->read = cell;
		f->read_version = cell->version;
	}
	cell->by[i].clock[how] = f->now[i];
	cell->by[i].bytes[how] = f->hardware ? 0 : bytes;
}

static uint8_t bytes_of(uintptr_t address, unsigned int size)
{
	return (uint8_t)(((1u << size) - 1) << (address & 7));
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

/* A marked write releases to those that see it. */
static void release(struct cell *cell, struct fiber *f, unsigned int order,
		    bool modify)
{
	clocks told = f->now;

	if (!(order & PYFUZZ_RELEASE))
		told = (told & only_x86) | (f->fenced & ~only_x86);
	cell->released = modify ? later(cell->released, told) : told;
	epoch(f);
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
		touch(cell, how, bytes_of(address, part), place);
		if (marked && write)
			release(cell, f, PYFUZZ_RELAXED, false);
		else if (marked)
			acquire(cell, f, PYFUZZ_RELAXED);
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
	bool write = op != PYFUZZ_A_READ;
	struct cell *cell = NULL;
	uint64_t old, new;

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
		touch(cell, write ? MARKED_WRITE : MARKED_READ,
		      bytes_of(address, size), place);
		if (write &&
		    (void *)pointer == pyfuzz_target.heads[0][HEAD_NUMBER])
			rules_head(old, new, place);
		if (op != PYFUZZ_A_WRITE)
			acquire(cell, f, order);
		if (modify && order == PYFUZZ_FULL)
			fence_full(f);
		if (write)
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
