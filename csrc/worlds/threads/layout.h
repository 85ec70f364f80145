/* SPDX-License-Identifier: GPL-2.0-only */
/* Reading the list in memory, by the traits. */
#ifndef PYFUZZ_THREADS_LAYOUT_H
#define PYFUZZ_THREADS_LAYOUT_H

#include "core.h"

#define MANY 1UL
#define PRESENT (1ULL << 11)

static inline const struct pyfuzz_traits *traits(void)
{
	return &pyfuzz_target_traits;
}

static inline uint64_t field(const uint8_t *desc, uint32_t offset, uint32_t size)
{
	switch (size) {
	case 8:
		return *(const uint64_t *)(desc + offset);
	case 4:
		return *(const uint32_t *)(desc + offset);
	default:
		return desc[offset];
	}
}

static inline uint64_t *const *entries_of(const uint8_t *desc)
{
	return (uint64_t *const *)(desc + traits()->sptes_offset);
}

static inline const uint8_t *more_of(const uint8_t *desc)
{
	return *(const uint8_t *const *)(desc + traits()->more_offset);
}

/* Entries in a descriptor: its count field, or the slots before a NULL. */
static inline uint64_t fill_of(const uint8_t *desc)
{
	uint64_t fill = 0;

	if (traits()->spte_count_size)
		return field(desc, traits()->spte_count_offset,
			     traits()->spte_count_size);
	while (fill < traits()->capacity && entries_of(desc)[fill])
		fill++;
	return fill;
}

static inline unsigned int spte_of(const uint64_t *sptep)
{
	uintptr_t offset = (uintptr_t)sptep - (uintptr_t)sptep_of(0);

	return offset < SPTES * 8 && !(offset & 7) ? (unsigned int)(offset / 8) :
						     SPTES;
}

static inline uint64_t head_value(void)
{
	uint64_t val = *pyfuzz_target.heads[0][HEAD_NUMBER];

	return traits()->locked_heads ? val & ~HEAD_LOCKED : val;
}

#endif
