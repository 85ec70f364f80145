/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * With WITH_HOOKS: what -fsanitize=thread calls before each access to memory,
 * instead of the sanitizer's runtime.  The rules of the list's locks are checked
 * here.  Threads run one at a time, so what is atomic may be plain.
 */
static __thread bool by_processor __attribute__((unused));
#ifndef WITH_HOOKS
static void object_made(const void *descriptor)
{
	(void)descriptor;
}

/* Whether it is to be freed. */
static bool object_freed(const void *descriptor)
{
	(void)descriptor;
	return true;
}
#else
#ifndef __clang__
#pragma GCC diagnostic ignored "-Wbuiltin-declaration-mismatch"
#endif
#define OBJECTS 256
static struct {
	uintptr_t start;
	bool freed;
} objects[OBJECTS];
static unsigned int objects_len;

HIDDEN static void object_made(const void *descriptor)
{
	if (objects_len < OBJECTS)
		objects[objects_len++].start = (uintptr_t)descriptor;
}

/* Addresses are not used again, so that each object has its own. */
HIDDEN static bool object_freed(const void *descriptor)
{
	for (unsigned int i = 0; i < objects_len; i++)
		if (objects[i].start == (uintptr_t)descriptor)
			objects[i].freed = true;
	return false;
}

HIDDEN static void descriptor_touched(unsigned int i, bool write)
{
	const char *how = write ? "written" : "read";
	bool bit = bit_owner == me;

	if (objects[i].freed)
		failed("use-after-free",
		       "a descriptor is %s after it was freed", how);
	if (!(bit && !write) && !lock_held(write))
		failed("lock-rule", "a descriptor is %s without %s", how,
		       write ? "mmu_lock for write" :
			       "mmu_lock or the list's lock bit");
#ifdef PYFUZZ_LOCKED_HEADS
	if (write && !bit)
		failed("lock-rule",
		       "a descriptor is written without the list's lock bit");
#endif
}

HIDDEN static void touched(const volatile void *address, bool write, bool marked)
{
	uintptr_t at = (uintptr_t)address;

	if (me < 0 || by_processor)
		return;
	for (unsigned int i = 0; i < objects_len; i++)
		if (at - objects[i].start < sizeof(struct pte_list_desc))
			descriptor_touched(i, write);
	if (at - (uintptr_t)&pyfuzz_spt[0][0] < 64 * 8 && bit_owner != me &&
	    !lock_held(false))
		failed("lock-rule",
		       "an SPTE is %s without mmu_lock or the lock bit of its list",
		       write ? "written" : "read");
	if (write && !marked && at - (uintptr_t)&heads[0][0] < 8 &&
	    !lock_held(true))
		failed("lock-rule",
		       "the head is written without mmu_lock for write");
}

#define HOOK(name, write)                       \
	HIDDEN void name(void *address);        \
	HIDDEN void name(void *address)         \
	{                                       \
		touched(address, write, false); \
	}
#define HOOKS(n)                              \
	HOOK(__tsan_read##n, false)           \
	HOOK(__tsan_write##n, true)           \
	HOOK(__tsan_unaligned_read##n, false) \
	HOOK(__tsan_unaligned_write##n, true) \
	HOOK(__tsan_volatile_read##n, false)  \
	HOOK(__tsan_volatile_write##n, true)
HOOKS(1)
HOOKS(2)
HOOKS(4)
HOOKS(8)
HOOKS(16)

#define RANGE(name, write)                                          \
	HIDDEN void name(void *address, unsigned long size);        \
	HIDDEN void name(void *address, unsigned long size)         \
	{                                                           \
		for (unsigned long i = 0; i < size; i += 8)         \
			touched((char *)address + i, write, false); \
	}
RANGE(__tsan_read_range, false)
RANGE(__tsan_write_range, true)

HIDDEN void *__tsan_memset(void *to, int value, unsigned long size);
HIDDEN void *__tsan_memset(void *to, int value, unsigned long size)
{
	__tsan_write_range(to, size);
	return memset(to, value, size);
}

HIDDEN void *__tsan_memcpy(void *to, const void *from, unsigned long size);
HIDDEN void *__tsan_memcpy(void *to, const void *from, unsigned long size)
{
	__tsan_read_range((void *)from, size);
	__tsan_write_range(to, size);
	return memmove(to, from, size);
}

HIDDEN void __tsan_init(void);
HIDDEN void __tsan_init(void)
{
}

HIDDEN void __tsan_func_entry(void *from);
HIDDEN void __tsan_func_entry(void *from)
{
	(void)from;
}

HIDDEN void __tsan_func_exit(void);
HIDDEN void __tsan_func_exit(void)
{
}

/* Any lock is a barrier. */
static pthread_mutex_t barrier = PTHREAD_MUTEX_INITIALIZER;
HIDDEN void __tsan_atomic_thread_fence(int order);
HIDDEN void __tsan_atomic_thread_fence(int order)
{
	(void)order;
	pthread_mutex_lock(&barrier);
	pthread_mutex_unlock(&barrier);
}

#define FETCH(n, name, how)                                                 \
	HIDDEN u##n __tsan_atomic##n##_##name(volatile u##n *p, u##n value, \
					      int order);                   \
	HIDDEN u##n __tsan_atomic##n##_##name(volatile u##n *p, u##n value, \
					      int order)                    \
	{                                                                   \
		u##n old;                                                   \
                                                                            \
		(void)order;                                                \
		touched(p, true, true);                                     \
		old = *p;                                                   \
		*p = (u##n)(how);                                           \
		return old;                                                 \
	}
#define EXCHANGE(n, name)                                                       \
	HIDDEN int __tsan_atomic##n##_##name(volatile u##n *p, u##n *want,      \
					     u##n value, int order, int other); \
	HIDDEN int __tsan_atomic##n##_##name(volatile u##n *p, u##n *want,      \
					     u##n value, int order, int other)  \
	{                                                                       \
		u##n old = __tsan_atomic##n##_compare_exchange_val(p, *want,    \
								   value,       \
								   order,       \
								   other);      \
		bool done = old == *want;                                       \
                                                                                \
		*want = old;                                                    \
		return done;                                                    \
	}
#define ATOMICS(n)                                                              \
	HIDDEN u##n __tsan_atomic##n##_load(const volatile u##n *p, int order); \
	HIDDEN u##n __tsan_atomic##n##_load(const volatile u##n *p, int order)  \
	{                                                                       \
		(void)order;                                                    \
		touched(p, false, true);                                        \
		return *p;                                                      \
	}                                                                       \
	HIDDEN void __tsan_atomic##n##_store(volatile u##n *p, u##n value,      \
					     int order);                        \
	HIDDEN void __tsan_atomic##n##_store(volatile u##n *p, u##n value,      \
					     int order)                         \
	{                                                                       \
		(void)order;                                                    \
		touched(p, true, true);                                         \
		*p = value;                                                     \
	}                                                                       \
	FETCH(n, exchange, value)                                               \
	FETCH(n, fetch_add, old + value)                                        \
	FETCH(n, fetch_or, old | value)                                         \
	FETCH(n, fetch_and, old &value)                                         \
	HIDDEN u##n __tsan_atomic##n##_compare_exchange_val(volatile u##n *p,   \
							    u##n want,          \
							    u##n value,         \
							    int order,          \
							    int other);         \
	HIDDEN u##n __tsan_atomic##n##_compare_exchange_val(volatile u##n *p,   \
							    u##n want,          \
							    u##n value,         \
							    int order,          \
							    int other)          \
	{                                                                       \
		u##n old;                                                       \
                                                                                \
		(void)order;                                                    \
		(void)other;                                                    \
		touched(p, true, true);                                         \
		old = *p;                                                       \
		if (old == want)                                                \
			*p = value;                                             \
		return old;                                                     \
	}                                                                       \
	EXCHANGE(n, compare_exchange_strong)                                    \
	EXCHANGE(n, compare_exchange_weak)
ATOMICS(8)
ATOMICS(16)
ATOMICS(32)
ATOMICS(64)
#endif
