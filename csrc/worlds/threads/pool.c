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

/* Hand out a descriptor; -1 if there is none left. */
int pool_take(bool reuse)
{
	int i;

	if (reuse && now.freed_len)
		i = now.freed[--now.freed_len];
	else if (now.fresh < POOL)
		i = now.fresh++;
	else
		return -1;
	now.live[i] = true;
	return i;
}

/* Take a live one back. */
void pool_give(int i)
{
	now.live[i] = false;
	now.freed[now.freed_len++] = (uint8_t)i;
}
