/* SPDX-License-Identifier: GPL-2.0-only */
/* Allocating and freeing descriptors, as the target does it. */
#include <string.h>
#include "core.h"

/* Getting or freeing an object counts as a write to each of its words. */
static void object_touch(int i, uintptr_t place)
{
	uintptr_t address = (uintptr_t)(pool + i * STRIDE);

	for (uint32_t k = 0; k < pyfuzz_target_traits.descriptor_size; k += 8)
		touch(cell_of(address + k), PLAIN_WRITE, 0xff, place);
}

void *pyfuzz_descriptor_alloc(unsigned int vm)
{
	int i = pool_take(threads.scenario && threads.scenario->reuse);

	(void)vm;
	if (i < 0)
		return NULL;
	if (threads.current)
		stores_flush(threads.current);
	if (threads.current)
		object_touch(i, PLACE);
	memset(pool + i * STRIDE, 0, pyfuzz_target_traits.descriptor_size);
	return pool + i * STRIDE;
}

void pyfuzz_descriptor_free(void *descriptor)
{
	int i = pool_index(descriptor);

	if (threads.current) {
		stores_flush(threads.current);
		point((uintptr_t)descriptor, 8, PLACE);
		trace(PYFUZZ_E_FREE, (uintptr_t)descriptor, 8, 0, PLACE);
	}
	if (!pool_is_live(descriptor)) {
		found(PYFUZZ_DOUBLE_FREE, PLACE, 0,
		      i < 0 ? "freed an address that is not a descriptor" :
			      "freed a descriptor that is already free");
		return;
	}
	if (threads.current)
		object_touch(i, PLACE);
	pool_give(i);
}
