/* SPDX-License-Identifier: GPL-2.0-only */
/* The operations, their codes and their repeat counts, from the tables. */
#ifndef PYFUZZ_LISTS_OPERATIONS_H
#define PYFUZZ_LISTS_OPERATIONS_H

#include <stdint.h>

enum pyfuzz_opcode {
#define OP(name, ...) PYFUZZ_OP_##name,
#include "operations.def"
#undef OP
	PYFUZZ_OPCODES
};

/* The first and the last code of each; as many as its share. */
enum pyfuzz_code {
#define OP(name, word, heads, operand, repeats, share, call) \
	CODE_##name, CODE_LAST_##name = CODE_##name + (share) - 1,
#include "operations.def"
#undef OP
};
_Static_assert((int)CODE_FAULT == 32, "the shares are of 32 codes");

/* A fault's number is its row in faults.def. */
enum {
#define FAULT(name, ...) PYFUZZ_FAULT_##name,
#include "faults.def"
#undef FAULT
	PYFUZZ_FAULTS
};

#define REPEAT_SOME 200 /* the first code of 2 to 49 */
#define REPEAT_MANY 248 /* the first code of repeats.def */
#define REPEAT_MOST_SOME (REPEAT_MANY - REPEAT_SOME + 1)

static const uint16_t repeats_many[] = {
#define REPEATS(times) times,
#include "repeats.def"
#undef REPEATS
};
_Static_assert(sizeof(repeats_many) / sizeof(repeats_many[0]) ==
		       256 - REPEAT_MANY,
	       "there is a row for each code");

/* Mostly once; then every count below 50; then some that build long lists. */
static inline uint32_t repeats_of(uint8_t code)
{
	if (code < REPEAT_SOME)
		return 1;
	return code < REPEAT_MANY ? code - REPEAT_SOME + 2U :
				    repeats_many[code - REPEAT_MANY];
}

/* The code of the greatest repeat count up to n, which is not 0. */
static inline uint8_t repeats_code(uint32_t n)
{
	for (unsigned int code = 255; code >= REPEAT_MANY; code--)
		if (n >= repeats_many[code - REPEAT_MANY])
			return (uint8_t)code;
	if (n > REPEAT_MOST_SOME)
		n = REPEAT_MOST_SOME;
	return (uint8_t)(n > 1 ? n + REPEAT_SOME - 2 : 0);
}

#endif
