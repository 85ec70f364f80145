/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The descriptor allocator: a pool that accounts for every object.
 *
 * Objects are handed out zeroed, as the kernel's caches do (__GFP_ZERO); the
 * iterator in csrc/ports/iterator.h and the NULL-terminated generation depend
 * on it.  A freed object is filled with a pattern that is not a valid address
 * and is reused only after QUARANTINE other frees, so that a use after free
 * is seen instead of hidden.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include "callbacks.h"
#include "descriptors.h"
#include "findings.h"
#include "sanitizer.h"

#if PYFUZZ_SANITIZE
#define REDZONE 64
#define poison(p, n) __asan_poison_memory_region(p, n)
#define unpoison(p, n) __asan_unpoison_memory_region(p, n)
#else
#define REDZONE 0
#define poison(p, n) ((void)0)
#define unpoison(p, n) ((void)0)
#endif

/* One descriptor per entry of all VMs, plus room for caches and quarantine. */
#define POOL 16384
#define QUARANTINE 64
#define FREED_BYTE 0x6b
#define MAX_STRIDE 512

#define NOBODY 255

enum state { FREE = 0, LIVE = 1 };

/*
 * Page aligned, so that the meaningful bits of an address are the same in every
 * run.  The first and the last page are out of bounds: code that overruns an
 * object must fault there and not read the harness's own memory.
 */
#define PAGE 4096
#define OBJECTS ((size_t)POOL * MAX_STRIDE)
static uint8_t pages[PAGE + OBJECTS + PAGE] __attribute__((aligned(PAGE)));
static uint8_t *const pool = pages + PAGE;
static uint8_t states[POOL];
static uint8_t owners[POOL];
static uint8_t given[POOL]; /* freed by the target or a fault */
static uint16_t ring[POOL]; /* freed objects, oldest first */
static uint32_t ring_head, ring_len;
static uint32_t fresh; /* objects not yet handed out in this world */
static uint32_t ever; /* nor in an earlier one */
static uint32_t live;
static uint64_t denied; /* mask of VMs whose allocations fail */

static void __attribute__((constructor)) pages_guard(void)
{
	mprotect(pages, PAGE, PROT_NONE);
	mprotect(pool + OBJECTS, PAGE, PROT_NONE);
}

/* A power of two, since every pointer is looked up before it is followed. */
static unsigned int shift;

/* Not in a constructor: the world's constructor may set the traits later. */
static void shift_fill(void)
{
	while ((1U << shift) < pyfuzz_target_traits.descriptor_size + REDZONE)
		shift++;
}

static inline size_t stride(void)
{
	return (size_t)1 << shift;
}

static uint32_t index_of(const void *address)
{
	size_t offset = (size_t)((const uint8_t *)address - pool);

	if ((const uint8_t *)address < pool || offset >= fresh * stride() ||
	    (offset & (stride() - 1)))
		return POOL;
	return (uint32_t)(offset >> shift);
}

void descriptors_reset(void)
{
	if (!shift)
		shift_fill();
	memset(states, FREE, fresh);
	if (fresh > ever)
		ever = fresh;
	fresh = ring_head = ring_len = live = 0;
	denied = 0;
	poison(pool, OBJECTS);
}

void *descriptors_take(uint32_t i, unsigned int vm)
{
	void *object = pool + i * stride();

	while (fresh <= i) {
		states[fresh] = FREE;
		given[fresh++] = 0;
	}
	states[i] = LIVE;
	owners[i] = (uint8_t)vm;
	live++;
	unpoison(object, pyfuzz_target_traits.descriptor_size);
	memset(object, 0, pyfuzz_target_traits.descriptor_size);
	return object;
}

static struct {
	uint8_t pool[(size_t)POOL * MAX_STRIDE];
	uint8_t states[POOL], owners[POOL], given[POOL];
	uint16_t ring[POOL];
	uint32_t ring_head, ring_len, fresh, live;
} saved;

/* The part of a ring that is in use. */
static void copy_ring(uint16_t *to, const uint16_t *from)
{
	for (uint32_t i = 0; i < ring_len; i++)
		to[(ring_head + i) % POOL] = from[(ring_head + i) % POOL];
}

void descriptors_save(void)
{
	saved.ring_head = ring_head;
	saved.ring_len = ring_len;
	saved.fresh = fresh;
	saved.live = live;
	memcpy(saved.pool, pool, fresh * stride());
	memcpy(saved.states, states, fresh);
	memcpy(saved.owners, owners, fresh);
	memcpy(saved.given, given, fresh);
	copy_ring(saved.ring, ring);
}

void descriptors_restore(void)
{
	if (fresh > saved.fresh)
		memset(states + saved.fresh, FREE, fresh - saved.fresh);
	if (fresh > ever)
		ever = fresh;
	ring_head = saved.ring_head;
	ring_len = saved.ring_len;
	fresh = saved.fresh;
	live = saved.live;
	memcpy(pool, saved.pool, fresh * stride());
	memcpy(states, saved.states, fresh);
	memcpy(owners, saved.owners, fresh);
	memcpy(given, saved.given, fresh);
	copy_ring(ring, saved.ring);
}

bool descriptor_as_saved(const void *descriptor)
{
	uint32_t i = index_of(descriptor);
	const uint64_t *now, *then;
	uint64_t any = 0;

	if (i >= saved.fresh || i >= fresh || states[i] != LIVE ||
	    saved.states[i] != LIVE || owners[i] != saved.owners[i])
		return false;
	now = (const uint64_t *)(const void *)(pool + i * stride());
	then = (const uint64_t *)(const void *)(saved.pool + i * stride());
	for (uint32_t k = 0; k < pyfuzz_target_traits.descriptor_size / 8; k++)
		any |= now[k] ^ then[k];
	return !any;
}

/*
 * Memory not used in this world may hold objects of earlier worlds.  Stray
 * accesses must find the same there in every run.
 */
void descriptors_clean(void)
{
	uint8_t *unused = pool + fresh * stride();

	if (ever <= fresh)
		return;
	unpoison(unused, (ever - fresh) * stride());
	memset(unused, 0, (ever - fresh) * stride());
	poison(unused, (ever - fresh) * stride());
}

/* Let allocations for a VM fail from now on, or succeed again. */
void descriptors_deny(unsigned int vm, bool on)
{
	denied = (denied & ~(1ULL << vm)) | (uint64_t)on << vm;
}

/* Until the next world. */
void descriptors_unpoison(void)
{
	unpoison(pool, OBJECTS);
}

uint32_t descriptors_live(void)
{
	return live;
}

/* The number of objects handed out for a VM and not freed. */
uint32_t descriptors_of(unsigned int vm)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < fresh; i++)
		n += states[i] == LIVE && owners[i] == vm;
	return n;
}

/* Disown the objects of a destroyed VM; returns their number. */
uint32_t descriptors_orphan(unsigned int vm)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < fresh; i++) {
		if (states[i] != LIVE || owners[i] != vm)
			continue;
		owners[i] = NOBODY;
		n++;
	}
	return n;
}

/* A freed object without the pattern was written to after the free. */
static bool written_after_free(uint32_t i)
{
#if !PYFUZZ_SANITIZE /* ASan sees the write itself */
	const uint8_t *object = pool + i * stride();

	for (uint32_t k = 0; k < pyfuzz_target_traits.descriptor_size; k++)
		if (object[k] != FREED_BYTE)
			return true;
#else
	(void)i;
#endif
	return false;
}

void descriptors_check_freed(void)
{
	for (uint32_t i = 0; i < fresh; i++) {
		if (states[i] != FREE || !given[i] || !written_after_free(i))
			continue;
		finding(PYFUZZ_DOUBLE_FREE, sequence.function, 0,
			"a freed descriptor was written to");
		return;
	}
}

/* Free an object that is in use, and hand it to a VM at once. */
void descriptor_give(void *descriptor, unsigned int vm)
{
	uint32_t i = index_of(descriptor);

	if (i == POOL || states[i] != LIVE)
		return;
	owners[i] = (uint8_t)vm;
	memset(descriptor, 0, pyfuzz_target_traits.descriptor_size);
}

/* Does it belong to this VM, and is it as it was handed out? */
bool descriptor_is_blank(const void *descriptor, unsigned int vm)
{
	const uint8_t *object = descriptor;

	if (!descriptor_is_live(descriptor) ||
	    owners[index_of(descriptor)] != vm)
		return false;
	/* All zero: the first byte is, and each equals the next. */
	return !object[0] && !memcmp(object, object + 1,
				     pyfuzz_target_traits.descriptor_size - 1);
}

bool descriptor_is_live(const void *address)
{
	uint32_t i = index_of(address);

	return i < POOL && states[i] == LIVE;
}

uint32_t descriptor_number(const void *descriptor)
{
	return index_of(descriptor);
}

unsigned int descriptor_owner(const void *descriptor)
{
	return owners[index_of(descriptor)];
}

void *descriptor_next(uint32_t *at)
{
	for (; *at < fresh; ++*at)
		if (states[*at] == LIVE)
			return pool + (*at)++ * stride();
	return NULL;
}

bool descriptors_hold(const void *address)
{
	return (size_t)((const uint8_t *)address - pool) < fresh * stride();
}

PYFUZZ_WEAK void *pyfuzz_descriptor_alloc(unsigned int vm)
{
	uint32_t i;
	void *object;

	if (denied >> vm & 1)
		return NULL;
	if (ring_len > QUARANTINE || fresh == POOL) {
		if (!ring_len)
			return NULL;
		i = ring[ring_head];
		ring_head = (ring_head + 1) % POOL;
		ring_len--;
		if (sequence.faulted && written_after_free(i))
			finding(PYFUZZ_DOUBLE_FREE, sequence.function, 0,
				"a freed descriptor was written to");
	} else {
		i = fresh++;
	}
	object = pool + i * stride();
	states[i] = LIVE;
	given[i] = 0;
	owners[i] = (uint8_t)vm;
	live++;
	unpoison(object, pyfuzz_target_traits.descriptor_size);
	memset(object, 0, pyfuzz_target_traits.descriptor_size);
	return object;
}

PYFUZZ_WEAK void pyfuzz_descriptor_free(void *descriptor)
{
	uint32_t i = index_of(descriptor);

	if (i == POOL) {
		finding(PYFUZZ_DOUBLE_FREE, sequence.function, 0,
			"freed an address that is not a descriptor");
		return;
	}
	if (states[i] != LIVE) {
		finding(PYFUZZ_DOUBLE_FREE, sequence.function, 0,
			"freed a descriptor that is already free");
		return;
	}
	states[i] = FREE;
	given[i] = 1;
	live--;
	memset(descriptor, FREED_BYTE, pyfuzz_target_traits.descriptor_size);
	poison(descriptor, pyfuzz_target_traits.descriptor_size);
	ring[(ring_head + ring_len) % POOL] = (uint16_t)i;
	ring_len++;
}

/* The kernel warns, and frees it to the wrong slab unless it is hardened. */
void pyfuzz_descriptor_free_to(bool own_slab, void *descriptor)
{
	if (!own_slab)
		finding(PYFUZZ_DOUBLE_FREE, sequence.function, 0,
			"freed a descriptor to a slab that is not its own");
	pyfuzz_descriptor_free(descriptor);
}

uint32_t pyfuzz_descriptor_live(uint64_t address)
{
	return descriptor_is_live((const void *)(uintptr_t)address);
}

uint32_t pyfuzz_descriptor_read(uint64_t address, uint8_t *out, uint32_t size)
{
	if (!pyfuzz_descriptor_live(address))
		return 0;
	if (size > pyfuzz_target_traits.descriptor_size)
		size = pyfuzz_target_traits.descriptor_size;
	memcpy(out, (const void *)(uintptr_t)address, size);
	return size;
}
