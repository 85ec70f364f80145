/* SPDX-License-Identifier: GPL-2.0-only */
/* Pairs of places: one wrote a word that the other then used. */
#include <string.h>
#include "harness/feedback.h"
#include "core.h"

static uint8_t pairs[1 << 16];
static uint64_t pairs_len;

void pair_seen(uint32_t writer, uint32_t user)
{
	uint64_t hash = mix((uint64_t)writer << 32 | user);
	uint8_t bit = (uint8_t)(1u << (hash & 7));
	uint8_t *byte = &pairs[hash >> 3 & 0xffff];

	feedback_hit((uint32_t)(hash >> 32) % PAIR_STATES);
	if (*byte & bit)
		return;
	*byte |= bit;
	pairs_len++;
	threads.result->new_pairs++;
}

uint64_t pyfuzz_threads_pairs(uint32_t forget)
{
	uint64_t len = pairs_len;

	if (forget) {
		memset(pairs, 0, sizeof(pairs));
		pairs_len = 0;
	}
	return len;
}
