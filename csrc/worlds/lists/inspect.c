/* SPDX-License-Identifier: GPL-2.0-only */
/* Inspecting the world between pyfuzz_begin() and pyfuzz_end(). */
#include "harness/descriptors.h"
#include "target.h"

uint64_t pyfuzz_head_value(uint32_t vm, uint32_t head)
{
	return *pyfuzz_target.heads[vm][head];
}

uint64_t pyfuzz_spte_address(uint32_t vm, uint32_t spte)
{
	return (uint64_t)(uintptr_t)&pyfuzz_target.sptes[vm][spte];
}

uint64_t pyfuzz_spte_value(uint32_t vm, uint32_t spte)
{
	return pyfuzz_target.sptes[vm][spte];
}

uint32_t pyfuzz_descriptors_live(void)
{
	uint32_t cached = 0;

	for (unsigned int vm = 0; vm < PYFUZZ_VMS; vm++)
		cached += pyfuzz_target.cached(vm);
	return descriptors_live() - cached;
}
