/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What any kernel code may use, and what some vendors' code uses near the
 * reverse maps.  Each group must mean the same as the header that it names, for
 * one thread and one host.  Only for extracted targets.
 */
#ifndef PYFUZZ_GENERIC_H
#define PYFUZZ_GENERIC_H

#include <stdarg.h>
#include <stdlib.h>
#include "shim.h"

/* include/uapi/asm-generic/errno-base.h, errno.h */
#define EPERM 1
#define ENOENT 2
#define EINTR 4
#define EIO 5
#define E2BIG 7
#define EAGAIN 11
#define ENOMEM 12
#define EACCES 13
#define EFAULT 14
#define EBUSY 16
#define EEXIST 17
#define ENODEV 19
#define EINVAL 22
#define ENOSPC 28
#define EPIPE 32
#define EDOM 33
#define ERANGE 34
#define ENOSYS 38
#define ENODATA 61
#define EOVERFLOW 75
#define EOPNOTSUPP 95
#define ETIMEDOUT 110

/* include/linux/panic.h: the host dies, whatever the reason. */
#define panic(...) pyfuzz_on_bug(__FILE__, __LINE__, __func__, "panic()")

/* include/linux/mmdebug.h: without CONFIG_DEBUG_VM, conditions are not evaluated. */
#define VM_BUG_ON(condition) ((void)sizeof(!!(condition)))
#define VM_WARN_ON(condition) ((void)sizeof(!!(condition)))
#define VM_WARN_ON_ONCE(condition) ((void)sizeof(!!(condition)))

/* include/linux/compiler.h, kcsan-checks.h: marks for tools, the value stays. */
#define data_race(expression) (expression)
#define ASSERT_EXCLUSIVE_WRITER(variable) ((void)0)
#define ASSERT_EXCLUSIVE_ACCESS(variable) ((void)0)
#define ASSERT_EXCLUSIVE_BITS(variable, mask) ((void)0)
#define OPTIMIZER_HIDE_VAR(variable) ((void)0)
#define RELOC_HIDE(pointer, offset) ((pointer) + (offset))

/* include/linux/minmax.h, math.h, sizes.h */
#define clamp(value, low, high) min(max(value, low), high)
#define clamp_t(type, value, low, high) \
	clamp((type)(value), (type)(low), (type)(high))
#define clamp_val(value, low, high) clamp_t(__typeof__(value), value, low, high)
#define min3(a, b, c) min(min(a, b), c)
#define max3(a, b, c) max(max(a, b), c)
#define DIV_ROUND_UP(n, d) (((n) + (d) - 1) / (d))
#define round_up(x, y) ((((x) - 1) | ((__typeof__(x))(y) - 1)) + 1)
#define round_down(x, y) ((x) & ~((__typeof__(x))(y) - 1))
#define ALIGN(x, a) round_up(x, a)
#define IS_ALIGNED(x, a) (!((x) & ((__typeof__(x))(a) - 1)))
#define SZ_1 0x1
#define SZ_256 0x100
#define SZ_512 0x200
#define SZ_1K 0x400
#define SZ_2K 0x800
#define SZ_4K 0x1000
#define SZ_8K 0x2000
#define SZ_16K 0x4000
#define SZ_32K 0x8000
#define SZ_64K 0x10000
#define SZ_128K 0x20000
#define SZ_256K 0x40000
#define SZ_512K 0x80000
#define SZ_1M 0x100000
#define SZ_2M 0x200000
#define SZ_4M 0x400000
#define SZ_1G 0x40000000

/* include/linux/bitops.h, bitmap.h: longs, bit 0 first. */
#define BITS_TO_LONGS(n) DIV_ROUND_UP(n, 8 * sizeof(long))
#define DECLARE_BITMAP(name, bits) unsigned long name[BITS_TO_LONGS(bits)]
#define PYFUZZ_BIT_WORD(n, address) \
	(((unsigned long *)(address))[(unsigned long)(n) / 64])
#define PYFUZZ_BIT_MASK(n) (1UL << ((unsigned long)(n) % 64))
#define test_bit(n, address) \
	(!!(PYFUZZ_BIT_WORD(n, address) & PYFUZZ_BIT_MASK(n)))
#define __set_bit(n, address) \
	((void)(PYFUZZ_BIT_WORD(n, address) |= PYFUZZ_BIT_MASK(n)))
#define __clear_bit(n, address) \
	((void)(PYFUZZ_BIT_WORD(n, address) &= ~PYFUZZ_BIT_MASK(n)))
#define set_bit(n, address) __set_bit(n, address)
#define clear_bit(n, address) __clear_bit(n, address)
#define change_bit(n, address) \
	((void)(PYFUZZ_BIT_WORD(n, address) ^= PYFUZZ_BIT_MASK(n)))
#define __test_and_set_bit(n, address)                 \
	({                                             \
		bool __was_set = test_bit(n, address); \
		__set_bit(n, address);                 \
		__was_set;                             \
	})
#define __test_and_clear_bit(n, address)               \
	({                                             \
		bool __was_set = test_bit(n, address); \
		__clear_bit(n, address);               \
		__was_set;                             \
	})
#define test_and_set_bit(n, address) __test_and_set_bit(n, address)
#define test_and_clear_bit(n, address) __test_and_clear_bit(n, address)
#define hweight32(w) ((unsigned int)__builtin_popcount(w))
#define hweight64(w) ((unsigned long)__builtin_popcountll(w))
#define hweight_long(w) hweight64(w)
#define __ffs(w) ((unsigned long)__builtin_ctzl(w))
#define __fls(w) ((unsigned long)(63 - __builtin_clzl(w)))
#define fls(w) ((w) ? 32 - __builtin_clz(w) : 0)
#define ffs(w) __builtin_ffs(w)
#define ilog2(n) (63 - __builtin_clzll(n))
#define is_power_of_2(n) ((n) && !((n) & ((n) - 1)))

/* include/linux/hash.h: multiply by the golden ratio, keep the top bits. */
#define GOLDEN_RATIO_64 0x61C8864680B583EBULL
#define GOLDEN_RATIO_32 0x61C88647U
#define hash_64(value, bits) \
	((u32)((u64)(value) * GOLDEN_RATIO_64 >> (64 - (bits))))
#define hash_32(value, bits) ((u32)(value) * GOLDEN_RATIO_32 >> (32 - (bits)))
#define hash_long(value, bits) hash_64(value, bits)
#define hash_ptr(pointer, bits) hash_64((unsigned long)(pointer), bits)

/* include/linux/slab.h, mm.h: memory of the process; allocations never fail. */
#define GFP_KERNEL ((gfp_t)0xcc0)
#define GFP_KERNEL_ACCOUNT ((gfp_t)0x400cc0)
#define GFP_ATOMIC ((gfp_t)0x820)
#define GFP_NOWAIT ((gfp_t)0x800)
#define __GFP_ZERO ((gfp_t)0x100)
#define __GFP_ACCOUNT ((gfp_t)0x400000)
#define kzalloc(size, flags) ((void)(flags), calloc(1, size))
#define kmalloc(size, flags) ((void)(flags), calloc(1, size))
#define kcalloc(n, size, flags) ((void)(flags), calloc(n, size))
#define kvzalloc(size, flags) kzalloc(size, flags)
#define kvmalloc(size, flags) kmalloc(size, flags)
#define kvcalloc(n, size, flags) kcalloc(n, size, flags)
#define kfree(pointer) free((void *)(pointer))
#define kvfree(pointer) kfree(pointer)

/* include/linux/jiffies.h: no time passes during a sequence. */
#define HZ 250
#define jiffies 0UL
#define time_after(a, b) ((long)((b) - (a)) < 0)
#define time_before(a, b) time_after(b, a)
#define msecs_to_jiffies(m) ((unsigned long)(m) / 4)

/* include/linux/sched.h: one task does it all. */
struct task_struct {
	int pid;
	int tgid;
	char comm[16];
};
static struct task_struct pyfuzz_task __maybe_unused = {
	.pid = 1,
	.tgid = 1,
	.comm = "pyfuzz",
};
#define current (&pyfuzz_task)

/* include/linux/atomic, spinlock.h, mutex.h, cleanup.h: nobody else runs. */
#define ATOMIC_INIT(i) { (i) }
#define ATOMIC64_INIT(i) { (i) }
#define ATOMIC_LONG_INIT(i) { (i) }
#define DEFINE_SPINLOCK(name) spinlock_t name = 0
#define DEFINE_RAW_SPINLOCK(name) spinlock_t name = 0
#define DEFINE_RWLOCK(name) rwlock_t name = 0
#define DEFINE_MUTEX(name) spinlock_t name = 0
#define mutex_lock(lock) ((void)(lock))
#define mutex_unlock(lock) ((void)(lock))
#define spin_lock_irqsave(lock, flags) ((void)(lock), (void)((flags) = 0))
#define spin_unlock_irqrestore(lock, flags) ((void)(lock), (void)(flags))
#define spin_lock_irq(lock) ((void)(lock))
#define spin_unlock_irq(lock) ((void)(lock))
#define spin_lock_bh(lock) ((void)(lock))
#define spin_unlock_bh(lock) ((void)(lock))
#define spin_trylock(lock) ((void)(lock), 1)
#define PYFUZZ_IGNORE(...) ((void)0)
#define guard(class) PYFUZZ_IGNORE
#define scoped_guard(class, ...) if (1)

/* include/linux/ratelimit.h: a rate limit is treated as "once". */
struct ratelimit_state {
	unsigned int pyfuzz_state;
};
#define DEFINE_RATELIMIT_STATE(name, interval, burst) \
	struct ratelimit_state name = { 0 }
#define __ratelimit(state) pyfuzz_once(&(state)->pyfuzz_state)

/* include/linux/list.h: doubly linked, circular through the head. */
struct list_head {
	struct list_head *next, *prev;
};
#define LIST_HEAD_INIT(name) { &(name), &(name) }
#define LIST_HEAD(name) struct list_head name = LIST_HEAD_INIT(name)
static inline void INIT_LIST_HEAD(struct list_head *list)
{
	list->next = list->prev = list;
}
static inline void pyfuzz_list_link(struct list_head *node,
				    struct list_head *before,
				    struct list_head *after)
{
	after->prev = before->next = node;
	node->next = after;
	node->prev = before;
}
static inline void list_add(struct list_head *node, struct list_head *head)
{
	pyfuzz_list_link(node, head, head->next);
}
static inline void list_add_tail(struct list_head *node, struct list_head *head)
{
	pyfuzz_list_link(node, head->prev, head);
}
static inline void list_del(struct list_head *node)
{
	node->next->prev = node->prev;
	node->prev->next = node->next;
	node->next = node->prev = NULL;
}
static inline void list_del_init(struct list_head *node)
{
	list_del(node);
	INIT_LIST_HEAD(node);
}
static inline void list_move(struct list_head *node, struct list_head *head)
{
	list_del(node);
	list_add(node, head);
}
static inline void list_move_tail(struct list_head *node, struct list_head *head)
{
	list_del(node);
	list_add_tail(node, head);
}
static inline bool list_empty(const struct list_head *head)
{
	return head->next == head;
}
#define list_entry(pointer, type, member) container_of(pointer, type, member)
#define list_first_entry(head, type, member) \
	list_entry((head)->next, type, member)
#define list_last_entry(head, type, member) \
	list_entry((head)->prev, type, member)
#define list_next_entry(at, member) \
	list_entry((at)->member.next, __typeof__(*(at)), member)
#define list_for_each(at, head) \
	for (at = (head)->next; at != (head); at = at->next)
#define list_for_each_entry(at, head, member)                      \
	for (at = list_first_entry(head, __typeof__(*at), member); \
	     &at->member != (head); at = list_next_entry(at, member))
#define list_for_each_entry_safe(at, after, head, member)          \
	for (at = list_first_entry(head, __typeof__(*at), member), \
	    after = list_next_entry(at, member);                   \
	     &at->member != (head);                                \
	     at = after, after = list_next_entry(after, member))

/* The last word: nobody else runs, but in that world. */
#ifdef PYFUZZ_THREADS
#include "threads.h"
#endif

#endif
