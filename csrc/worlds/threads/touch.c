/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What an access changes in what we know: who uses a word, which accesses depend
 * on each other, and races.
 *
 * Races are found as FastTrack does (Flanagan, Freund 2009): two accesses to
 * a word of which one is plain and one is a write, and neither happens before
 * the other.
 */
#include <string.h>
#include "core.h"

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

/* A fiber uses a word. */
static inline void enter(struct cell *cell, unsigned int i, enum access how)
{
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
}

/*
 * An access to a shared word, at a position of the fiber's program, and those
 * that it depends on.
 */
static inline void depend(struct cell *cell, unsigned int i, uint32_t at,
			  bool write)
{
	uint64_t hash =
		mix(((uint64_t)at << 3 | i) ^
		    mix(cell->write_hash + (write ? 31 * cell->reads_hash : 0)));

	threads.trace_hash += hash;
	if (write) {
		cell->write_hash = hash;
		cell->reads_hash = 0;
	} else {
		cell->reads_hash += hash;
	}
}

/* A read sees the fiber's own store, which has not reached memory. */
static bool forwarded(const struct cell *cell, const struct fiber *f,
		      uint8_t bytes)
{
	const struct pending *store = store_of(f, cell);

	if (!store)
		return false;
	threads.trace_hash +=
		mix((uint64_t)position(f) << 35 |
		    (uint64_t)store->position << 3 | fiber_number(f));
	return !(bytes & ~bytes_of(store->address, store->size));
}

static inline void pair(const struct cell *cell, unsigned int i, uintptr_t place)
{
	if (threads.pairing && cell->shared && cell->version && cell->writer != i)
		pair_seen(cell->writer_place, (uint32_t)(place - image_start));
}

/* A write reaches memory. */
static inline void land(struct cell *cell, unsigned int i, uintptr_t place)
{
	cell->version++;
	cell->writer = (uint8_t)i;
	cell->writer_place = (uint32_t)(place - image_start);
}

static inline void remember(struct cell *cell, struct fiber *f, enum access how,
			    uint8_t bytes)
{
	unsigned int i = fiber_number(f);

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

/* The access is made now: update races, orders and hashes. */
void touch(struct cell *cell, enum access how, uint8_t bytes, uintptr_t place)
{
	struct fiber *f = threads.current;
	unsigned int i = fiber_number(f);
	bool write = how & 1;

	enter(cell, i, how);
	if (cell->shared) {
		if (write || !f->stores_len || !forwarded(cell, f, bytes))
			depend(cell, i, position(f), write);
		if (!f->hardware)
			races(cell, f, how, bytes, place);
	}
	pair(cell, i, place);
	if (write) {
		if (!cell->saved)
			image_save(cell);
		land(cell, i, place);
	}
	remember(cell, f, how, bytes);
}

/* The same for a store that waits: the others see nothing of it yet. */
void touch_stored(struct cell *cell, enum access how, uint8_t bytes,
		  uintptr_t place)
{
	struct fiber *f = threads.current;
	unsigned int i = fiber_number(f);

	enter(cell, i, how);
	if (cell->shared)
		races(cell, f, how, bytes, place);
	if (!cell->saved)
		image_save(cell);
	remember(cell, f, how, bytes);
}

/* And when it reaches memory. */
void touch_flushed(const struct pending *store)
{
	struct fiber *f = threads.current;
	unsigned int i = fiber_number(f);
	struct cell *cell = store->cell;

	enter(cell, i, store->marked ? MARKED_WRITE : PLAIN_WRITE);
	if (cell->shared)
		depend(cell, i, store->position, true);
	pair(cell, i, store->place);
	land(cell, i, store->place);
	if (store->marked)
		cell->released = store->told;
	f->read = NULL;
}
