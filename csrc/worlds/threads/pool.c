/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Descriptors.  They are handed out zeroed (see csrc/harness/descriptors.c).
 * Freed ones are set aside, so that a use after free is seen; or, if the scenario
 * says so, handed out next, as from the kernel's per-CPU lists.
 */
#include <string.h>
#include "core.h"

uint8_t pool[POOL * STRIDE] __attribute__((aligned(64)));

static struct {
	bool live[POOL];
	uint8_t freed[POOL]; /* in the order of the frees */
	uint8_t freed_len;
	uint8_t fresh;
} now, saved;

void pool_reset(void)
{
	memset(&now, 0, sizeof(now));
	memset(pool, 0, sizeof(pool));
}

void pool_save(void)
{
	saved = now;
}

void pool_restore(void)
{
	now = saved;
}

int pool_index(const void *address)
{
	uintptr_t offset = (uintptr_t)address - (uintptr_t)pool;

	return offset < sizeof(pool) ? (int)(offset / STRIDE) : -1;
}

bool pool_is_live(const void *address)
{
	int i = pool_index(address);

	return i >= 0 && now.live[i] &&
	       (const uint8_t *)address == pool + i * STRIDE;
}

unsigned int pool_live(void)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < POOL; i++)
		n += now.live[i];
	return n;
}

/* Getting or freeing an object counts as a write to each of its words. */
static void object_touch(unsigned int i, uintptr_t place)
{
	uintptr_t address = (uintptr_t)(pool + i * STRIDE);

	for (uint32_t k = 0; k < pyfuzz_target_traits.descriptor_size; k += 8)
		touch(cell_of(address + k), PLAIN_WRITE, 0xff, place);
}

void *pyfuzz_descriptor_alloc(unsigned int vm)
{
	unsigned int i;

	(void)vm;
	if (threads.scenario && threads.scenario->reuse && now.freed_len)
		i = now.freed[--now.freed_len];
	else if (now.fresh < POOL)
		i = now.fresh++;
	else
		return NULL;
	now.live[i] = true;
	if (threads.current)
		object_touch(i, PLACE);
	memset(pool + i * STRIDE, 0, pyfuzz_target_traits.descriptor_size);
	return pool + i * STRIDE;
}

void pyfuzz_descriptor_free(void *descriptor)
{
	int i = pool_index(descriptor);

	if (threads.current) {
		point((uintptr_t)descriptor, 8, PLACE);
		trace(PYFUZZ_E_FREE, (uintptr_t)descriptor, 8, 0, PLACE);
	}
	if (!pool_is_live(descriptor)) {
		found("double-free", PLACE, 0,
		      i < 0 ? "freed an address that is not a descriptor" :
			      "freed a descriptor that is already free");
		return;
	}
	if (threads.current)
		object_touch((unsigned int)i, PLACE);
	now.live[i] = false;
	now.freed[now.freed_len++] = (uint8_t)i;
}
