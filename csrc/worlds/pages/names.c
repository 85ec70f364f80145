/* SPDX-License-Identifier: GPL-2.0-only */
/* The shadow pages of the VM that is looked at, and what messages call them. */
#include <stdio.h>
#include "world.h"

#define ENTRIES 512

struct looked looked;

uint64_t sp_gfn(const struct pages_page *page, unsigned int index)
{
	if (page->passthrough)
		return page->gfn;
	if (page->stored)
		return page->stored[index] >> page->stored_shift;
	index += page->quadrant << 9;
	return page->gfn + (index & (ENTRIES - 1)) * pages_of(page->level);
}

const struct pages_page *page_at(uint32_t table)
{
	if (looked.page_walk[table] != looked.walk)
		return NULL;
	return &looked.pages[looked.page_of_table[table]];
}

const char *page_name(const struct pages_page *page)
{
	static char names[2][96];
	static unsigned int turn;
	char *name = names[turn ^= 1];

	snprintf(name, sizeof(names[0]),
		 "the %s%s page of level %u for gfn 0x%llx%s",
		 page->smm ? "SMM " : "",
		 page->passthrough ? "passthrough" :
		 page->direct	   ? "direct" :
				     "indirect",
		 page->level, (unsigned long long)page->gfn,
		 page->invalid ? " (invalid)" : "");
	return name;
}

const char *size_name(unsigned int level)
{
	return level == 1 ? "4K" : level == 2 ? "2M" : "1G";
}

static unsigned int index_in_table(const uint64_t *sptep)
{
	return (unsigned int)((uintptr_t)sptep / 8 % ENTRIES);
}

const char *sptep_name(const uint64_t *sptep)
{
	static char name[128];
	uint32_t table = memory_table_of(sptep);
	const struct pages_page *page = NULL;

	if (table != NOWHERE && memory_table_live(table))
		page = page_at(table);
	if (page)
		snprintf(name, sizeof(name), "SPTE %u of %s",
			 index_in_table(sptep), page_name(page));
	else
		snprintf(name, sizeof(name), "SPTE %u of a page that is %s",
			 index_in_table(sptep),
			 table == NOWHERE	  ? "none" :
			 memory_table_live(table) ? "another VM's" :
						    "freed");
	return name;
}
