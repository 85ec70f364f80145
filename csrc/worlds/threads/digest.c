/* SPDX-License-Identifier: GPL-2.0-only */
/* A hash of a sequence's result, to distinguish mutants from the correct code. */
#include "mutants/digest.h"
#include "core.h"

uint64_t pyfuzz_digest(const uint8_t *data, size_t size)
{
	const struct pyfuzz_result *last;
	uint64_t hash = 0;
	char list[256];

	pyfuzz_run(data, size);
	last = pyfuzz_last();
	for (uint32_t i = 0; i < last->findings_len; i++)
		hash = mix(hash ^ last->findings[i].kind);
	list_text(list, sizeof(list));
	for (const char *p = list; *p; p++)
		hash = mix(hash ^ (uint8_t)*p);
	return hash;
}
