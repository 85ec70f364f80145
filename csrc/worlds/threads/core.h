/* SPDX-License-Identifier: GPL-2.0-only */
/* Private to csrc/worlds/threads. */
#ifndef PYFUZZ_THREADS_CORE_H
#define PYFUZZ_THREADS_CORE_H

#include <stdbool.h>
#include <stdint.h>
#include "worlds/lists/target.h"
#include "hooks.h"
#include "threads.h"

#define NOBODY 0xff
#define WORDS_OF(bytes) (((bytes) + 7) / 8)

/*
 * Vector clocks for two memory models at once.  Lanes 0 to 3: x86, where every
 * marked write releases and every marked read acquires.  Lanes 4 to 7: the
 * kernel's own model, where only explicit releases and acquires do.
 */
typedef uint16_t clocks __attribute__((vector_size(16)));
#define X86 0
#define LKMM 4
static const clocks only_x86 = { 0xffff, 0xffff, 0xffff, 0xffff };

static inline clocks later(clocks a, clocks b)
{
	clocks a_is_later = (clocks)(a > b);

	return (a & a_is_later) | (b & ~a_is_later);
}

/* The kinds of access; they determine what may race with what. */
enum access { PLAIN_READ, PLAIN_WRITE, MARKED_READ, MARKED_WRITE };

/* What the world knows about eight bytes of memory. */
struct cell {
	uint32_t run; /* all up to shared: this run */
	uint32_t version; /* writes so far */
	uint64_t write_hash; /* the last write and all that it depends on */
	uint64_t reads_hash; /* the reads since */
	clocks released; /* by the last marked write */
	struct {
		uint16_t clock[4]; /* indexed by enum access */
		uint8_t bytes[4]; /* masks; 0: never */
	} by[PYFUZZ_FIBERS];
	uint32_t writer_place; /* of the last write: in the image */
	uint8_t writer; /* and its fiber */
	bool saved; /* its value is in the undo log */
	bool shared; /* in this scenario: a switch here matters */
	uint8_t readers, writers; /* masks over fibers */
	uint32_t scenario;
};

/* A store that has not reached memory yet (buffer.c). */
struct pending {
	struct cell *cell;
	uintptr_t address, place;
	uint8_t size;
	bool marked, open; /* open: how long it waits is decided as it waits */
	uint32_t at, due; /* the access that stored; reaches memory behind due */
	uint32_t position; /* at, without the steps of the buffer */
	uint64_t value; /* while another fiber runs */
	uint64_t below; /* what the others see, while this fiber runs */
	clocks told; /* released when it reaches memory */
};
#define STORES 32

enum wait { WAIT_NOT, WAIT_WRITE, WAIT_READ, WAIT_WORD };

struct lock {
	const void *address;
	uint8_t writer; /* a fiber, or NOBODY */
	uint8_t readers; /* mask over fibers */
	clocks written, read; /* released by the last holders */
};

struct fiber {
	void *sp;
	uint8_t *stack;
	bool ended;
	enum wait wait;
	const void *waits_for; /* a lock, or a cell */
	uint32_t wait_version;
	uint32_t accesses;
	int preempt;
	clocks now; /* what happened before; own lanes: its epoch */
	clocks fenced; /* now, at the last release fence */
	clocks unfenced; /* read without acquire since the last fence */
	struct cell *read; /* the word of its last accesses, if all were marked reads */
	uint32_t read_from; /* the first of these that read its present value */
	uint32_t read_version;
	uint32_t relaxed; /* its accesses at the last cpu_relax() */
	uint32_t operation;
	uintptr_t place; /* of its next access */
	bool hardware; /* the processor's walk: races are allowed */
	struct pending stores[STORES]; /* the oldest first */
	unsigned int stores_len;
	uint32_t flushes; /* its accesses that were steps of the buffer */
	bool flushing; /* its next one is such a step */
};

#define SPTES 64
static inline uint64_t *sptep_of(unsigned int spte)
{
	return &pyfuzz_target.sptes[0][spte];
}

#define HEAD_NUMBER 0
#define HEAD_LOCKED 2UL
#define POOL 16
#define STRIDE 256

struct threads {
	struct fiber fibers[PYFUZZ_FIBERS];
	struct fiber *current; /* NULL: not in a schedule */
	unsigned int fibers_len;
	uint32_t run, scenario_number;
	uint32_t accesses; /* of this schedule */
	uint64_t hash; /* all accesses, in order */
	uint64_t trace_hash; /* dependent accesses, in any order of the others */
	uint32_t away; /* preemptions: the fiber could have continued */
	bool tso; /* stores may wait in store buffers */
	uint32_t delayed; /* stores that were made to wait */
	bool grown; /* a word became shared */
	bool tracing;
	bool pairing; /* pairs of places are recorded */
	bool stop; /* a finding ended this schedule */
	struct pyfuzz_schedule taken;

	const struct pyfuzz_scenario *scenario;
	struct pyfuzz_threads_result *result;
	void (*at_begin)(void), (*at_end)(void);
	void (*body)(unsigned int fiber);
	void (*after)(void); /* what a fiber runs after its body */
	bool rules; /* lists and locks are checked */

	/* The model: SPTEs are numbered in the order of their first use. */
	uint64_t members, freed, dirtied, ever_touched;
	uint64_t leaving; /* a writer has begun to remove them */
	unsigned int next_spte;
	/* The target's function that changed the list last: to blame. */
	const char *function;
	uint8_t bit_owner; /* who holds the head's lock bit */
	struct lock locks[4];
	unsigned int locks_len;
};
extern struct threads threads;

/* How far a fiber's program is. */
static inline uint32_t position(const struct fiber *f)
{
	return f->accesses - f->flushes;
}

static inline unsigned int fiber_number(const struct fiber *f)
{
	return (unsigned int)(f - threads.fibers);
}

/* image.c: memory, and its contents before the schedule */
extern struct cell *cells;
extern uintptr_t image_start;
extern uintptr_t image_size;
void image_init(void);
void image_save(struct cell *cell);
void image_restore(void);
void image_keep(void);
static inline struct cell *cell_of(uintptr_t address)
{
	uintptr_t offset = address - image_start;

	return offset < image_size ? &cells[offset >> 3] : NULL;
}
static inline uintptr_t cell_address(const struct cell *cell)
{
	return image_start + (uintptr_t)(cell - cells) * 8;
}
/* The place that wrote a word last in this schedule, or 0. */
static inline uintptr_t written_at(const uint64_t *word)
{
	const struct cell *cell = cell_of((uintptr_t)word);

	return cell->run == threads.run && cell->version ?
		       image_start + cell->writer_place :
		       0;
}

/* fibers.c */
#define STACK_SIZE (128u << 10)
void fibers_init(void);
void fiber_start(struct fiber *f);
void fiber_enter(struct fiber *f); /* from the main context */
void fiber_switch(struct fiber *from, struct fiber *to);
void __attribute__((noreturn)) fiber_leave(void); /* for good */

/* state.c */
extern void (*decide)(struct fiber *f, struct cell *cell, bool enabled);
extern unsigned int (*decide_first)(void);
/* How many accesses of the fiber overtake a store; WAIT_OPEN: see decide_flush. */
#define WAIT_OPEN 0xffffu
#define WAIT_MOST 255u
extern unsigned int (*decide_delay)(const struct fiber *f,
				    const struct cell *cell);
/* Whether the oldest store reaches memory before the next access, to cell. */
extern bool (*decide_flush)(const struct fiber *f, const struct cell *cell);
unsigned int delay_none(const struct fiber *f, const struct cell *cell);
bool is_enabled(const struct fiber *f);

/* schedule.c */
void go_on(struct fiber *f, struct fiber *to, bool forced);
void run_once(void);
void schedule_deadlock(struct fiber *f);
unsigned int lowest_enabled(void);

/* given.c */
void run_given(const struct pyfuzz_schedule *schedule);

/* search.c */
void search_run(uint32_t bound, uint32_t delays, bool prune, uint64_t limit);
void search_confirm(void);

/* fuzz.c */
void random_run(uint64_t seed, uint32_t schedules, uint32_t changes);

/* touch.c */
static inline uint8_t bytes_of(uintptr_t address, unsigned int size)
{
	return (uint8_t)(((1u << size) - 1) << (address & 7));
}
void touch(struct cell *cell, enum access how, uint8_t bytes, uintptr_t place);
void touch_stored(struct cell *cell, enum access how, uint8_t bytes,
		  uintptr_t place);
void touch_flushed(const struct pending *store);

/* access.c */
struct cell *point(uintptr_t address, unsigned int size, uintptr_t place);
void fence_full(struct fiber *f);
void access_bytes(uintptr_t address, unsigned int size, bool write, bool marked,
		  uintptr_t place);

/* stores.c */
void store_keep(struct fiber *f, const struct pending *store);
void note_delay(struct pyfuzz_schedule *schedule, const struct fiber *f,
		const struct pending *store, uint32_t by);
void stores_note(struct pyfuzz_schedule *schedule);
const struct pending *store_of(const struct fiber *f, const struct cell *cell);
uint64_t stores_hash(void);
void stores_hide(struct fiber *f);
void stores_show(struct fiber *f);

/* buffer.c */
bool store_waits(struct fiber *f, struct cell *cell, struct pending *store);
void stores_due(struct fiber *f, const struct cell *next);
void stores_flush(struct fiber *f);

/* pairs.c */
#define PAIR_STATES 16384
void pair_seen(uint32_t writer, uint32_t user);

/* rules.c */
void rules_access(uintptr_t address, bool write, bool marked, uintptr_t place);
void rules_head(uint64_t old, uint64_t new, uintptr_t place);
void rules_flush(const struct pending *store);
void rules_done(struct fiber *f, uintptr_t place);
struct lock *lock_of(const void *address);
bool holds(const struct fiber *f, const void *lock, bool write);

/* pool.c */
extern uint8_t pool[POOL * STRIDE];
void pool_reset(void);
void pool_save(void);
void pool_restore(void);
bool pool_is_live(const void *address);
int pool_index(const void *address);
unsigned int pool_live(void);
int pool_take(bool reuse);
void pool_give(int i);

/* list.c */
void list_check(const char *when);

/* names.c */
void list_text(char *out, size_t size);
void word_text(uintptr_t address, char *out, size_t size);

/* operations.c */
bool world_build(const struct pyfuzz_scenario *scenario);

/* places.c */
/* The function and line of a place in the image; false if they are not known. */
bool place_find(uint64_t place, const char **function, uint32_t *line);

/* findings.c */
void found(enum pyfuzz_kind kind, uintptr_t place, uintptr_t other,
	   const char *format, ...) __attribute__((format(printf, 4, 5)));

/* trace.c */
void trace_begin(void);
void trace_add(unsigned int kind, uintptr_t address, unsigned int size,
	       uint64_t value, uintptr_t place);
void trace_switch(const struct fiber *f, const struct fiber *to, bool forced);
uintptr_t trace_other(const struct cell *cell, unsigned int fiber, bool write);
static inline void trace(unsigned int kind, uintptr_t address,
			 unsigned int size, uint64_t value, uintptr_t place)
{
	if (__builtin_expect(threads.tracing, 0))
		trace_add(kind, address, size, value, place);
}

/* Mix 64 bits: every output bit depends on every input bit. */
static inline uint64_t mix(uint64_t x)
{
	x ^= x >> 32;
	x *= 0xd6e8feb86659fd93ULL;
	x ^= x >> 32;
	x *= 0xd6e8feb86659fd93ULL;
	return x ^ x >> 32;
}

#define PLACE ((uintptr_t)__builtin_return_address(0))

#endif
