/* SPDX-License-Identifier: GPL-2.0-only */
/* What all forms of a search have in common. */
#define _GNU_SOURCE /* dl_iterate_phdr() */
#include <link.h>
#include "form.h"
#include "scope.h"

uint64_t here, here_end;
uint32_t form_renamed;
bool form_by_age;

static int find_here(struct dl_phdr_info *info, size_t size, void *unused)
{
	const uint64_t inside = (uint64_t)(uintptr_t)&here;
	uint64_t end = 0;
	bool ours = false;

	(void)size;
	(void)unused;
	for (unsigned int i = 0; i < info->dlpi_phnum; i++) {
		uint64_t from = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
		uint64_t to = from + info->dlpi_phdr[i].p_memsz;

		if (info->dlpi_phdr[i].p_type != PT_LOAD)
			continue;
		ours |= inside >= from && inside < to;
		if (to > end)
			end = to;
	}
	if (!ours)
		return 0;
	here = info->dlpi_addr;
	here_end = end;
	return 1;
}

void form_begin(const struct pyfuzz_scope *scope)
{
	dl_iterate_phdr(find_here, NULL);
	form_renamed = scope->renamed;
	form_by_age = scope_by_age(scope);
}
