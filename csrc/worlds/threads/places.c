/* SPDX-License-Identifier: GPL-2.0-only */
/* Where in the source the code at a place was written. */
#include "core.h"

static const struct pyfuzz_code *codes;
static uint32_t codes_len;

void pyfuzz_threads_places(const struct pyfuzz_code *told, uint32_t len)
{
	codes = told;
	codes_len = len;
}

uint64_t pyfuzz_threads_target_code(void)
{
	image_init();
	return (uintptr_t)pyfuzz_target.add - image_start;
}

/* A place is a return address, so the call is before it. */
bool place_find(uint64_t place, const char **function, uint32_t *line)
{
	uint32_t low = 0, high = codes_len;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (codes[middle].start < place)
			low = middle + 1;
		else
			high = middle;
	}
	if (!place || !low || !codes[low - 1].line)
		return false;
	*function = codes[low - 1].function;
	*line = codes[low - 1].line;
	return true;
}
