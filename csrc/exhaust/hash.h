/* SPDX-License-Identifier: GPL-2.0-only */
/* 128 bits of a state's bytes: two lanes of multiply and fold. */
#ifndef PYFUZZ_HASH_H
#define PYFUZZ_HASH_H

#include <stdint.h>
#include <string.h>

struct hash {
	uint64_t low, high;
};

static inline uint64_t hash_fold(uint64_t a, uint64_t b)
{
	__uint128_t product = (__uint128_t)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static inline struct hash hash_of(const uint8_t *data, uint32_t size)
{
	struct hash h = { 0x9e3779b97f4a7c15ULL ^ size,
			  0xd1b54a32d192ed03ULL + size };
	uint64_t a, b;

	for (; size > 16; size -= 16, data += 16) {
		memcpy(&a, data, 8);
		memcpy(&b, data + 8, 8);
		h.low = hash_fold(a ^ h.low ^ 0xa0761d6478bd642fULL,
				  b ^ 0xe7037ed1a0b428dbULL);
		h.high = hash_fold(b ^ h.high ^ 0x8ebc6af09c88c6e3ULL,
				   a ^ 0x589965cc75374cc3ULL);
	}
	a = b = 0;
	memcpy(&a, data, size < 8 ? size : 8);
	if (size > 8)
		memcpy(&b, data + 8, size - 8);
	h.low = hash_fold(a ^ h.low ^ 0x1d8e4e27c47d124fULL,
			  b ^ 0xeb44accab455d165ULL);
	h.high = hash_fold(b ^ h.high ^ 0x2d358dccaa6c78a5ULL,
			   a ^ 0x8bb84b93962eacc9ULL);
	h.low = hash_fold(h.low ^ 0x4b33a62ed433d4a3ULL,
			  h.high ^ 0x4d5a2da51de1aa47ULL);
	h.high = hash_fold(h.high ^ 0xc2b2ae3d27d4eb4fULL,
			   h.low ^ 0x165667b19e3779f9ULL);
	return h;
}

#endif
