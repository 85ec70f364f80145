/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Threads that run one at a time, in the order of the schedule: each waits
 * for its turn, and gives it away at the switches.  How turns are passed is hidden
 * from ThreadSanitizer, or it would take it for an order that the code makes.
 */
#ifdef WITH_ASAN
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(address, size) ((void)(address))
#endif
#define FIBERS 4
#define HIDDEN __attribute__((no_sanitize("thread"), __noinline__))

struct hold {
	int fiber;
	unsigned int call; /* its call of those below, from 1; 0: its beginning */
	bool behind; /* not before that call but after it */
	int next;
};
#define END 0xffffffffu
static const struct hold holds[];
static const unsigned int holds_len;

/* Read and written by whoever has the turn, or to find out who has. */
static volatile int turn = -1;
static struct {
	volatile bool ended;
	volatile unsigned int calls;
	const volatile u64 *volatile word; /* waits until it changes */
	volatile u64 seen;
	volatile int wants; /* mmu_lock: 1: to read, 2: to write */
	volatile int preempt;
} fibers[FIBERS];
static volatile int writer = -1;
static volatile unsigned int readers;
static unsigned int fibers_len;
static pthread_rwlock_t mmu_lock = PTHREAD_RWLOCK_INITIALIZER;
static __thread int me = -1;

const char *__tsan_default_options(void);
const char *__tsan_default_options(void)
{
	return "exitcode=1:halt_on_error=1";
}

static __thread const char *operation = "building the list";

static void __attribute__((noreturn, format(printf, 2, 3)))
failed(const char *kind, const char *format, ...)
{
	bool this_one = !strcmp(kind, PROPERTY);
	va_list args;

	printf("\nFAILED in thread %d, in: %s\n%s: ", me, operation, kind);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	puts("");
	if (!this_one)
		puts("This is not the failure that the file is about (" PROPERTY
		     ").");
	fflush(stdout);
	_exit(this_one ? 1 : 2);
}

HIDDEN static bool can_go(int fiber)
{
	if (fibers[fiber].ended)
		return false;
	if (fibers[fiber].wants == 2)
		return writer < 0 && !readers;
	if (fibers[fiber].wants == 1)
		return writer < 0;
	return !fibers[fiber].word || *fibers[fiber].word != fibers[fiber].seen;
}

HIDDEN static int lowest(void)
{
	for (unsigned int i = 0; i < fibers_len; i++)
		if (can_go((int)i))
			return (int)i;
	return -1;
}

HIDDEN static void wait_for_turn(void)
{
	while (turn != me)
		sched_yield();
	__sync_synchronize();
}

HIDDEN static void give_turn(int next)
{
	if (next == me)
		return;
	printf("-- thread %d goes on\n", next);
	__sync_synchronize();
	turn = next;
	if (!fibers[me].ended)
		wait_for_turn();
}

/* Whom a switch names at this point, if that one can run; else -1. */
HIDDEN static int held_for(unsigned int call, bool behind)
{
	for (unsigned int i = 0; i < holds_len; i++)
		if (holds[i].fiber == me && holds[i].call == call &&
		    holds[i].behind == behind && can_go(holds[i].next))
			return holds[i].next;
	return -1;
}

HIDDEN static void before_call(void)
{
	int next;

	if (me < 0)
		return;
	next = held_for(++fibers[me].calls, false);
	if (next >= 0)
		give_turn(next);
	while (!can_go(me)) {
		next = lowest();
		if (next < 0)
			failed("hang", "nobody can go on");
		give_turn(next);
	}
}

HIDDEN static void after_call(void)
{
	int next = me < 0 ? -1 : held_for(fibers[me].calls, true);

	if (next >= 0)
		give_turn(next);
}

/* The kernel's orders; those of the compiler must be constants. */
#define ORDERED(how)                                       \
	(order == PYFUZZ_FULL	 ? how(__ATOMIC_SEQ_CST) : \
	 order == PYFUZZ_ACQUIRE ? how(__ATOMIC_ACQUIRE) : \
	 order == PYFUZZ_RELEASE ? how(__ATOMIC_RELEASE) : \
				   how(__ATOMIC_RELAXED))
#define DO_XCHG(o) __atomic_exchange_n(p, value, o)
#define DO_ADD(o) __atomic_fetch_add(p, value, o)
#define DO_OR(o) __atomic_fetch_or(p, value, o)
#define DO_AND(o) __atomic_fetch_and(p, value, o)
#define DO_CMPXCHG(o) \
	__atomic_compare_exchange_n(p, &old, value, false, o, __ATOMIC_RELAXED)
#define ATOMIC(type)                                                          \
	static uint64_t atomic_##type(volatile type *p,                       \
				      enum pyfuzz_atomic_op op, type value,   \
				      type old, unsigned int order)           \
	{                                                                     \
		switch (op) {                                                 \
		case PYFUZZ_A_READ:                                           \
			return order & PYFUZZ_ACQUIRE ?                       \
				       __atomic_load_n(p, __ATOMIC_ACQUIRE) : \
				       __atomic_load_n(p, __ATOMIC_RELAXED);  \
		case PYFUZZ_A_WRITE:                                          \
			if (order & PYFUZZ_RELEASE)                           \
				__atomic_store_n(p, value, __ATOMIC_RELEASE); \
			else                                                  \
				__atomic_store_n(p, value, __ATOMIC_RELAXED); \
			return 0;                                             \
		case PYFUZZ_A_XCHG:                                           \
			return ORDERED(DO_XCHG);                              \
		case PYFUZZ_A_ADD:                                            \
			return ORDERED(DO_ADD);                               \
		case PYFUZZ_A_OR:                                             \
			return ORDERED(DO_OR);                                \
		case PYFUZZ_A_AND:                                            \
			return ORDERED(DO_AND);                               \
		default:                                                      \
			ORDERED(DO_CMPXCHG);                                  \
			return old;                                           \
		}                                                             \
	}
ATOMIC(u8)
ATOMIC(u16)
ATOMIC(u32)
ATOMIC(u64)

HIDDEN static bool lock_held(bool write);

/* The lock bit of the list's head: who holds it. */
static struct kvm_rmap_head heads[3][PYFUZZ_FRAME_HEADS];
static volatile int bit_owner = -1;

HIDDEN static u64 head_word(void)
{
	return *(volatile u64 *)&heads[0][0];
}

/* A marked write to the head. */
HIDDEN static void head_written(u64 old, u64 new)
{
	bool was = old & 2, is = new & 2, changes = (old ^ new) & ~2ULL;

	if (me < 0)
		return;
#ifndef PYFUZZ_LOCKED_HEADS
	was = is = false;
	changes = old != new;
#endif
	if (changes && !lock_held(true))
		failed("lock-rule",
		       "the head is changed without mmu_lock for write");
#ifdef PYFUZZ_LOCKED_HEADS
	if (was && bit_owner != me)
		failed("lock-rule",
		       "the head is written, which thread %d has locked",
		       bit_owner);
	if (!was && is && changes)
		failed("lock-rule", "the head is changed while it is locked");
	if (!was && is && !fibers[me].preempt)
		failed("lock-rule",
		       "the head is locked with preemption enabled");
	if (!was && !is && changes && old)
		failed("lock-rule", "the head is changed without its lock bit");
	if (!was && !is && !changes && old && !lock_held(true))
		failed("lock-rule", "the head is unlocked, which is not locked");
	bit_owner = is ? me : -1;
#else
	(void)was;
	(void)is;
#endif
}

static __thread const volatile u64 *last_read;
static __thread u64 last_value;

uint64_t pyfuzz_atomic(volatile void *address, unsigned int size,
		       enum pyfuzz_atomic_op op, uint64_t operand,
		       uint64_t compare, unsigned int order)
{
	bool head = address == (void *)&heads[0][0];
	bool writes = op != PYFUZZ_A_READ;
	uint64_t old, before;

	before_call();
	before = head ? head_word() : 0;
	if (op == PYFUZZ_A_CMPXCHG && before != compare)
		writes = false;
	if (size == 8)
		old = atomic_u64(address, op, operand, compare, order);
	else if (size == 4)
		old = atomic_u32(address, op, (u32)operand, (u32)compare, order);
	else if (size == 2)
		old = atomic_u16(address, op, (u16)operand, (u16)compare, order);
	else
		old = atomic_u8(address, op, (u8)operand, (u8)compare, order);
	last_read = op == PYFUZZ_A_READ && size == 8 ? address : NULL;
	last_value = old;
	if (head && writes)
		head_written(before, head_word());
	after_call();
	return old;
}

/* ThreadSanitizer ignores fences, and gcc says so. */
#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ >= 11
#pragma GCC diagnostic ignored "-Wtsan"
#endif
void pyfuzz_fence(unsigned int order)
{
	if (order == PYFUZZ_FULL)
		__atomic_thread_fence(__ATOMIC_SEQ_CST);
	else if (order == PYFUZZ_ACQUIRE)
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
	else
		__atomic_thread_fence(__ATOMIC_RELEASE);
}

/* Going on makes no sense until the word that was read has changed. */
HIDDEN void pyfuzz_relax(void)
{
	if (me < 0 || !last_read)
		return;
	fibers[me].word = last_read;
	fibers[me].seen = last_value;
	while (!can_go(me)) {
		int next = lowest();

		if (next < 0)
			failed("hang", "nobody can go on");
		give_turn(next);
	}
	fibers[me].word = NULL;
}

HIDDEN static void lock_taken(int wants)
{
	if (wants == 2)
		writer = me;
	else
		readers |= 1u << me;
	fibers[me].wants = 0;
	fibers[me].preempt++;
}

HIDDEN static void lock_given(void)
{
	if (writer == me)
		writer = -1;
	else
		readers &= ~(1u << me);
	fibers[me].preempt--;
}

HIDDEN static bool lock_held(bool write)
{
	return me < 0 || writer == me || (!write && readers >> me & 1);
}

HIDDEN static void want(int how)
{
	fibers[me].wants = how;
}

void pyfuzz_write_lock(void *lock)
{
	(void)lock;
	if (me < 0)
		return;
	want(2);
	before_call();
	lock_taken(2);
	pthread_rwlock_wrlock(&mmu_lock);
	after_call();
}

void pyfuzz_read_lock(void *lock)
{
	(void)lock;
	if (me < 0)
		return;
	want(1);
	before_call();
	lock_taken(1);
	pthread_rwlock_rdlock(&mmu_lock);
	after_call();
}

static void unlock(bool write)
{
	if (me < 0)
		return;
	before_call();
	if (!lock_held(write))
		failed("lock-rule", "mmu_lock is unlocked, and is not held");
	pthread_rwlock_unlock(&mmu_lock);
	lock_given();
	after_call();
}

void pyfuzz_write_unlock(void *lock)
{
	(void)lock;
	unlock(true);
}

void pyfuzz_read_unlock(void *lock)
{
	(void)lock;
	unlock(false);
}

void pyfuzz_preempt(int change)
{
	if (me < 0)
		return;
	fibers[me].preempt += change;
	if (fibers[me].preempt <= 0 && bit_owner == me)
		failed("lock-rule",
		       "preemption is enabled with the head locked");
}

void pyfuzz_may_sleep(void)
{
	if (me >= 0 && fibers[me].preempt)
		failed("lock-rule", "it may sleep with preemption disabled");
}

void pyfuzz_assert_held(const void *lock, bool write)
{
	(void)lock;
	if (!lock_held(write))
		failed("lock-rule", "mmu_lock is not held%s",
		       write ? " for write" : "");
}

bool pyfuzz_is_held(const void *lock)
{
	(void)lock;
	return lock_held(false);
}

void pyfuzz_assert_preempt_off(void)
{
	if (me >= 0 && !fibers[me].preempt)
		failed("lock-rule", "preemption is enabled");
}

void pyfuzz_on_warn(unsigned int line, const char *function, const char *text)
{
	printf("  seen: %s in %s(), line %u\n", text, function, line);
	if (!strcmp(PROPERTY, "warning"))
		failed("warning", "%s fired", text);
}

static void pyfuzz_on_bug(const char *file, unsigned int line,
			  const char *function, const char *condition)
{
	printf("  seen: %s in %s() at %s:%u\n", condition, function, file, line);
	failed("host-bug", "%s reached: the host would have died", condition);
}

static void pyfuzz_on_print(const char *file, unsigned int line,
			    const char *function, const char *format, ...)
{
	(void)format;
	printf("  log: by %s() at %s:%u\n", function, file, line);
}

static bool pyfuzz_once(unsigned int *state)
{
	(void)state;
	return true;
}

static void pyfuzz_on_request(unsigned int vm, unsigned int vcpu,
			      unsigned int request)
{
	(void)vm;
	(void)vcpu;
	(void)request;
}

static unsigned int pyfuzz_running_vm(void)
{
	return 0;
}

static unsigned int pyfuzz_running_vcpu(void)
{
	return 0;
}
