/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The guest's memory: 14 frames that hold page tables, and nothing else.  The
 * shadow MMU never reads any other frame.
 */
#include <string.h>
#include "world.h"

static const uint16_t used[PYFUZZ_USED_ENTRIES] = { 0, 1, 2, 3, 511 };
/* All that are ever written: a PDE of a 32-bit guest counts twice. */
static const uint16_t written[] = { 0, 1, 2, 3, 4, 5, 6, 7, TABLE_WORDS - 1 };
static const uint16_t last_level[4] = { 0, 1, 2, 511 };

static uint64_t tables[PAGES_VMS][PYFUZZ_TABLES][TABLE_WORDS]
	__attribute__((aligned(4096)));
/*
 * When an entry was changed without KVM being told, 0 if it was told: what KVM built
 * from the old value may stay until it walks there again or syncs the page.
 */
static uint64_t unheard_at[PAGES_VMS][PYFUZZ_TABLES][TABLE_WORDS];
static uint64_t zeroes[TABLE_WORDS] __attribute__((aligned(4096)));

#define PRESENT 1ULL
#define LARGE 0x80ULL
#define USUAL 0x67ULL /* present, writable, user, accessed, dirty */

uint64_t page_gva(unsigned int page, enum pages_mode mode)
{
	uint64_t i1 = last_level[page & 3], i2 = page >> 2 & 3;
	uint64_t i3 = page >> 4 & 1, i4 = page >> 5 & 1;

	switch (mode) {
	case PAGES_NONPAGING:
		return frame_gfn(page % PYFUZZ_SMALL_FRAMES) << 12;
	case PAGES_32BIT: /* ten bits each: quadrants of a shadow page */
		return (i4 << 9 | i3 << 1 | i2) << 22 |
		       (i1 == 511 ? 1023 : i1 | i3 << 9) << 12;
	case PAGES_PAE:
		return (i4 << 1 | i3) << 30 | i2 << 21 | i1 << 12;
	default:
		return i4 << 39 | i3 << 30 | i2 << 21 | i1 << 12;
	}
}

static void entry(unsigned int vm, unsigned int table, unsigned int index,
		  unsigned int frame, uint64_t bits)
{
	tables[vm][table][index] = frame_gfn(frame) << 12 | bits;
}

/* Initial contents of the tables, so that a sequence need not build them. */
void guest_reset(unsigned int vm)
{
	static const struct {
		uint8_t table, frame;
		uint16_t index;
		uint64_t bits;
	} first[] = {
		{ 0, 2, 0, USUAL },   { 0, 3, 1, USUAL },
		{ 1, 2, 0, USUAL },   { 1, 3, 1, USUAL },
		{ 2, 4, 0, USUAL },   { 2, 5, 1, USUAL },
		{ 3, 5, 0, USUAL },   { 3, 4, 1, USUAL },
		{ 4, 6, 0, USUAL },   { 4, 7, 1, USUAL },
		{ 5, 6, 0, USUAL },   { 5, 8, 1, USUAL },
		{ 6, 14, 0, USUAL },  { 6, 15, 1, USUAL },
		{ 6, 18, 2, USUAL },  { 6, 23, 511, USUAL },
		{ 7, 28, 0, USUAL },  { 7, 29, 1, USUAL },
		{ 7, 21, 2, USUAL },  { 7, 0, 511, USUAL },
		{ 8, 31, 0, USUAL },  { 8, 6, 1, USUAL },
		{ 8, 25, 2, USUAL },  { 8, 19, 511, USUAL },
		{ 12, 19, 0, USUAL }, { 12, 23, 1, USUAL },
		{ 13, 28, 0, USUAL }, { 9, 0, 0, USUAL },
		{ 9, 1, 1, USUAL },
	};

	memset(zeroes, 0, sizeof(zeroes));
	for (unsigned int t = 0; t < PYFUZZ_TABLES; t++) {
		for (unsigned int i = 0; i < sizeof(written) / sizeof(*written);
		     i++) {
			tables[vm][t][written[i]] = 0;
			unheard_at[vm][t][written[i]] = 0;
		}
	}
	for (size_t i = 0; i < sizeof(first) / sizeof(first[0]); i++)
		entry(vm, first[i].table, first[i].index, first[i].frame,
		      first[i].bits);
	/* Huge ones, of a 2M region each. */
	tables[vm][4][2] = 0x200ULL << 12 | USUAL | LARGE;
	tables[vm][4][3] = 0x400ULL << 12 | USUAL | LARGE;
	tables[vm][5][2] = 0x600ULL << 12 | USUAL | LARGE;
	tables[vm][5][3] = 0xa00ULL << 12 | USUAL | LARGE;
}

/* Which of the entries in use an index is; -1: none. */
int guest_used(unsigned int index)
{
	if (index == TABLE_WORDS - 1)
		return PYFUZZ_USED_ENTRIES - 1;
	return index < PYFUZZ_USED_ENTRIES - 1 ? (int)index : -1;
}

struct guest_word guest_word(unsigned int vm, unsigned int i)
{
	unsigned int t = i / PYFUZZ_USED_ENTRIES;
	unsigned int n = used[i % PYFUZZ_USED_ENTRIES];

	return (struct guest_word){ &tables[vm][t][n], &unheard_at[vm][t][n] };
}

/* Host user memory: the place of each table's frame, whatever its slot. */
void *pages_frame(unsigned int vm, uint64_t hva_frame)
{
	unsigned int t = frame_at(hva_frame);

	return t < PYFUZZ_TABLES ? tables[vm][t] : zeroes;
}

static uint64_t *table_at(unsigned int vm, unsigned int as, uint64_t gfn)
{
	uint64_t hva = hva_of(vm, as, gfn), *table;

	if (hva == NOWHERE)
		return NULL;
	table = pages_frame(vm, hva);
	return table == zeroes ? NULL : table;
}

/*
 * The entry of a table that a shadow page stands for, and since when KVM has not
 * heard of its value (0: it has); NULL: not one of ours.
 */
const uint64_t *guest_shadowed(unsigned int vm, const struct pages_page *page,
			       unsigned int index, uint64_t *since)
{
	const uint64_t *table = table_at(vm, page->smm, page->gfn);

	if (!table)
		return NULL;
	*since = unheard_at[vm][(table - tables[vm][0]) / TABLE_WORDS][index];
	return table + index;
}

/*
 * An entry was written.  KVM is told of a guest physical address: shadow pages
 * of the same memory under another gfn do not hear of it.
 */
void guest_wrote(unsigned int vm, const uint64_t *entry, uint64_t gpa, bool told)
{
	size_t i = (size_t)(entry - tables[vm][0]);
	uint64_t hva = frame_gfn((unsigned int)(i / TABLE_WORDS));
	bool unheard = !told;

	for (unsigned int as = 0; as < PAGES_SPACES; as++) {
		for (unsigned int n = 0; n < PAGES_SLOTS; n++) {
			const struct slot *s = &world.vms[vm].slots[as][n];

			if (s->present && hva - s->hva_frame < s->npages &&
			    hva - s->hva_frame + s->base_gfn != gpa >> 12)
				unheard = true;
		}
	}
	unheard_at[vm][i / TABLE_WORDS][i % TABLE_WORDS] =
		unheard ? world.time : 0;
}

static unsigned int levels_of(enum pages_mode mode)
{
	if (mode == PAGES_5LEVEL || mode == PAGES_NESTED5)
		return 5;
	return mode == PAGES_PAE ? 3 : mode == PAGES_32BIT ? 2 : 4;
}

/*
 * What the guest's own kernel would find: the reachable table of the lowest
 * level, from level on.
 */
uint64_t *guest_entry(unsigned int vm, unsigned int vcpu, uint64_t gva,
		      unsigned int level, uint64_t *gpa, unsigned int *at_level)
{
	const struct vcpu *v = &world.vms[vm].vcpus[vcpu];
	uint64_t gfn = v->root >> 12, *found = NULL;

	if (v->mode == PAGES_NONPAGING)
		gva = page_gva((unsigned int)(gva >> 12 & 63), PAGES_4LEVEL);
	for (unsigned int l = levels_of(v->mode); l >= level && l; l--) {
		uint64_t *table = table_at(vm, v->smm, gfn);
		unsigned int i = gva >> (12 + (l - 1) * 9) & 511;

		if (!table)
			break;
		found = table + i;
		*gpa = gfn << 12 | i * 8;
		*at_level = l;
		if (!(*found & PRESENT) || (*found & LARGE))
			break;
		gfn = *found >> 12 & 0xffffffffffULL;
	}
	return found;
}

struct guest_way guest_way(unsigned int vm, unsigned int vcpu, uint64_t gva)
{
	const struct vcpu *v = &world.vms[vm].vcpus[vcpu];
	struct guest_way way = {
		.known = v->mode != PAGES_32BIT && v->mode != PAGES_PAE,
		.access = PAGES_EXEC | PAGES_WRITE | PAGES_USER,
		.accessed = true,
		.dirty = true,
	};
	uint64_t gfn = v->root >> 12;

	way.reaches = v->mode == PAGES_NONPAGING;
	for (unsigned int l = levels_of(v->mode);
	     l && way.known && !way.reaches; l--) {
		const uint64_t *table = table_at(vm, v->smm, gfn);
		uint64_t entry =
			table ? table[gva >> (12 + (l - 1) * 9) & 511] : 0;

		/* That bit is reserved where no page is so large. */
		if (!(entry & PRESENT) || (l > PAGES_LEVELS && (entry & LARGE)))
			break;
		if (entry & 1ULL << 63)
			way.access &= (uint8_t)~PAGES_EXEC;
		if (!(entry & 2))
			way.access &= (uint8_t)~PAGES_WRITE;
		if (!(entry & 4))
			way.access &= (uint8_t)~PAGES_USER;
		way.accessed &= entry >> 5 & 1;
		way.dirty = entry >> 6 & 1;
		way.reaches = l == 1 || (entry & LARGE);
		gfn = entry >> 12 & 0xffffffffffULL;
		/* Written as one of another level: has reserved bits, or not. */
		if (l > 1 && way.reaches && (gfn & (pages_of(l) - 1)))
			way.known = false;
	}
	return way;
}

/* The gfn that the guest's tables map gva to; NOWHERE: none or unknown. */
uint64_t guest_gfn(unsigned int vm, unsigned int vcpu, uint64_t gva)
{
	const struct vcpu *v = &world.vms[vm].vcpus[vcpu];
	unsigned int level;
	uint64_t gpa, *entry, pages;

	if (v->mode == PAGES_NONPAGING)
		return gva >> 12;
	if (v->mode == PAGES_32BIT || v->mode == PAGES_PAE)
		return NOWHERE;
	entry = guest_entry(vm, vcpu, gva, 1, &gpa, &level);
	if (!entry || !(*entry & PRESENT) || (level > 1 && !(*entry & LARGE)))
		return NOWHERE;
	pages = pages_of(level);
	return ((*entry >> 12 & 0xffffffffffULL) & ~(pages - 1)) +
	       (gva >> 12 & (pages - 1));
}

uint64_t pyfuzz_frame_gfn(uint32_t frame)
{
	return frame_gfn(frame);
}

uint64_t pyfuzz_page_gva(uint32_t page, uint32_t mode)
{
	return page_gva(page & 63, mode);
}

uint64_t pyfuzz_guest_entry(uint32_t vm, uint32_t frame, uint32_t index)
{
	if (vm >= PAGES_VMS || frame >= PYFUZZ_TABLES)
		return 0;
	return tables[vm][frame][index % TABLE_WORDS];
}
