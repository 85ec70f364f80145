/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What an SPTE and the page below it stand for, against the guest's tables:
 *
 *	a child has the gfn, level and access that the guest's entry gives, all
 *	levels above it together;
 *	a leaf maps the entry's gfn and allows no more than page and entry do;
 *	a leaf maps the frame that the host has there, no larger than the host does;
 *	no leaf lets a guest's table be written unseen, nor what is clean in the
 *	dirty log, nor is it made so that it lets a huge page be written where
 *	writes are logged;
 *	nothing in use points to a page that was zapped.
 *
 * KVM need not know of an entry that was changed behind its back until it walks
 * there again.  Whatever it was told of must be right after each operation:
 * it then drops what it built from that entry, in pages out of sync as well.
 * synced.c says which pages out of sync it must have compared with the guest's.
 */
#include <stdio.h>
#include "world.h"

#define PRESENT 1ULL
#define WRITABLE 2ULL
#define USER 4ULL
#define DIRTY 0x40ULL
#define LARGE 0x80ULL
#define NX (1ULL << 63)

/*
 * The first rule that does not hold.  It is reported last: a list that is
 * broken says more about the same mistake.
 */
static struct {
	enum pyfuzz_kind kind;
	char text[512];
} first;

#define broken(which, ...)                                             \
	do {                                                           \
		first.kind = which;                                    \
		snprintf(first.text, sizeof(first.text), __VA_ARGS__); \
		return;                                                \
	} while (0)

void rules_report(void)
{
	if (!first.text[0] || sequence.host_dead)
		return;
	finding(first.kind, sequence.function, 0, "%s", first.text);
	sequence.host_dead = true;
}

/* Tables of the guest's that must not be written without KVM seeing it. */
#define MAX_TRACKED 512
static struct tracked {
	uint64_t gfn;
	bool smm;
} tracked[MAX_TRACKED];
static uint32_t tracked_len;

static bool zapped(const struct pages_page *page)
{
	return page->invalid || page->obsolete;
}

static bool shadows_a_table(const struct pages_page *page)
{
	return !page->direct && !page->passthrough;
}

void rules_begin(void)
{
	first.text[0] = 0;
	tracked_len = 0;
}

void rules_page(const struct pages_page *page)
{
	if (!shadows_a_table(page) || zapped(page) || tracked_len == MAX_TRACKED)
		return;
	if (page->level == 1 && page->unsync)
		return;
	tracked[tracked_len++] = (struct tracked){ page->gfn, page->smm };
}

static unsigned int gpte_access(uint64_t gpte)
{
	return (gpte & NX ? 0 : PAGES_EXEC) |
	       (gpte & WRITABLE ? PAGES_WRITE : 0) |
	       (gpte & USER ? PAGES_USER : 0);
}

unsigned int spte_access(uint64_t spte)
{
	return (spte & NX ? 0 : PAGES_EXEC) |
	       (pages_target.spte_writable(spte) ? PAGES_WRITE : 0) |
	       (spte & USER ? PAGES_USER : 0);
}

const char *access_name(unsigned int access)
{
	static char names[2][5];
	static unsigned int turn;
	char *name = names[turn ^= 1], *at = name;

	*at++ = 'r';
	if (access & PAGES_WRITE)
		*at++ = 'w';
	if (access & PAGES_EXEC)
		*at++ = 'x';
	if (access & PAGES_USER)
		*at++ = 'u';
	*at = 0;
	return name;
}

static uint64_t gpte_gfn(uint64_t gpte, unsigned int level)
{
	return (gpte >> 12 & 0xffffffffffULL) & ~(pages_of(level) - 1);
}

static unsigned int index_of(const uint64_t *sptep)
{
	return (unsigned int)((uintptr_t)sptep / 8 % TABLE_WORDS);
}

/* The guest's entry that an SPTE is made from, if KVM must know its value. */
static const uint64_t *known(unsigned int vm, const struct pages_page *page,
			     const uint64_t *sptep, bool now)
{
	const uint64_t *entry;
	uint64_t since = 0;

	/* Entries of 4 bytes: two of the guest's tables share a shadow page. */
	if (!shadows_a_table(page) || page->four_byte)
		return NULL;
	entry = guest_shadowed(vm, page, index_of(sptep), &since);
	if (!entry || now || !since || since <= synced_at(page, index_of(sptep)))
		return entry;
	return NULL;
}

/* The host tells KVM before it replaces a frame or splits a huge page. */
static void check_host(unsigned int vm, const struct pages_page *page,
		       const uint64_t *sptep, uint64_t gfn)
{
	uint64_t hva = hva_of(vm, page->smm, gfn), pfn;
	uint64_t maps = (*sptep & pages_target.spte_frame_mask) >> 12;
	bool writable;

	if (hva == NOWHERE)
		return;
	pfn = pages_host_pfn(vm, hva, &writable);
	if (maps != pfn)
		broken(PYFUZZ_WRONG_GFN,
		       "%s maps host frame 0x%llx for gfn 0x%llx, the host has 0x%llx there",
		       sptep_name(sptep), (unsigned long long)maps,
		       (unsigned long long)gfn, (unsigned long long)pfn);
	if (page->level > pages_host_level(vm, hva))
		broken(PYFUZZ_WRONG_GFN,
		       "%s maps a huge page for gfn 0x%llx, the host has small ones there",
		       sptep_name(sptep), (unsigned long long)gfn);
}

static void check_tracked(const struct pages_page *page, const uint64_t *sptep,
			  uint64_t gfn)
{
	for (uint32_t i = 0; i < tracked_len; i++)
		if (tracked[i].smm == page->smm &&
		    tracked[i].gfn - gfn < pages_of(page->level))
			broken(PYFUZZ_WRONG_ACCESS,
			       "%s lets the guest write to gfn 0x%llx, a page table of its own, shadowed and in sync",
			       sptep_name(sptep),
			       (unsigned long long)tracked[i].gfn);
}

void rules_leaf(unsigned int vm, const struct pages_page *page,
		const uint64_t *sptep, bool now)
{
	unsigned int has = spte_access(*sptep), may = page->access;
	const uint64_t *entry = known(vm, page, sptep, now);
	uint64_t gfn = sp_gfn(page, index_of(sptep));

	if (world.vms[vm].bugged || zapped(page) || first.text[0])
		return;
	if (entry) {
		if (!(*entry & PRESENT) ||
		    (page->level > 1 && !(*entry & LARGE)))
			broken(PYFUZZ_WRONG_GFN,
			       "%s maps gfn 0x%llx, the guest's entry (0x%llx) maps nothing",
			       sptep_name(sptep), (unsigned long long)gfn,
			       (unsigned long long)*entry);
		if (gpte_gfn(*entry, page->level) != gfn)
			broken(PYFUZZ_WRONG_GFN,
			       "%s maps gfn 0x%llx, the guest's entry gfn 0x%llx",
			       sptep_name(sptep), (unsigned long long)gfn,
			       (unsigned long long)gpte_gfn(*entry, page->level));
		may &= gpte_access(*entry);
		/* The first write must fault, to set the bit. */
		if (!(*entry & DIRTY))
			may &= ~PAGES_WRITE;
	}
	if (has & ~may)
		broken(PYFUZZ_WRONG_ACCESS,
		       "%s allows %s, its page and the guest's entry %s",
		       sptep_name(sptep), access_name(has), access_name(may));
	if (has & PAGES_WRITE)
		check_tracked(page, sptep, gfn);
	if (!first.text[0])
		check_host(vm, page, sptep, gfn);
}

/* Writes are logged by 4K: no access may let the guest write a huge page. */
void rules_new_huge(unsigned int vm, const struct pages_page *page,
		    const uint64_t *sptep)
{
	uint64_t gfn = sp_gfn(page, index_of(sptep));
	const struct slot *slot = slot_at(vm, page->smm, gfn, NULL);

	if (!slot || !slot->dirty_log || first.text[0])
		return;
	broken(PYFUZZ_WRONG_ACCESS,
	       "%s lets the guest write a huge page, gfn 0x%llx is in a slot with dirty logging",
	       sptep_name(sptep), (unsigned long long)gfn);
}

/* What user space has not been told of yet, the guest cannot write unseen. */
void rules_logged(unsigned int vm, const struct pages_page *page,
		  const uint64_t *sptep, unsigned int number)
{
	unsigned int logs = world.vms[vm].slots[page->smm][number].logs;
	uint64_t gfn = sp_gfn(page, index_of(sptep));

	if (world.vms[vm].bugged || zapped(page) || first.text[0] ||
	    !pages_target.spte_writable(*sptep))
		return;
	if (page->level > 1)
		broken(PYFUZZ_WRONG_ACCESS,
		       "%s lets the guest write a huge page, gfn 0x%llx is in a slot that is write-protected for dirty logging",
		       sptep_name(sptep), (unsigned long long)gfn);
	if (logs == LOGS_HUGE || (logs == LOGS_DIRTY && !(*sptep & DIRTY)) ||
	    log_has(vm, page->smm, number, gfn))
		return;
	broken(PYFUZZ_WRONG_ACCESS,
	       "%s lets the guest write to gfn 0x%llx, which is clean in the dirty log",
	       sptep_name(sptep), (unsigned long long)gfn);
}

/* An MMIO SPTE is made where there is no slot, and one may be created later. */
void rules_mmio(unsigned int vm, const struct pages_page *page,
		const uint64_t *sptep)
{
	const uint64_t *entry = known(vm, page, sptep, false);
	uint64_t gfn;

	if (first.text[0] || !pages_target.spte_mmio(*sptep) || zapped(page) ||
	    world.vms[vm].bugged || world.vms[vm].slots_changed ||
	    page->four_byte || (!entry && !page->direct))
		return;
	gfn = entry ? gpte_gfn(*entry, page->level) :
		      sp_gfn(page, index_of(sptep));
	if (entry && !(*entry & PRESENT))
		broken(PYFUZZ_WRONG_GFN,
		       "%s is an MMIO SPTE, the guest's entry (0x%llx) maps nothing",
		       sptep_name(sptep), (unsigned long long)*entry);
	if (slot_at(vm, page->smm, gfn, NULL))
		broken(PYFUZZ_WRONG_GFN,
		       "%s is an MMIO SPTE, gfn 0x%llx is in a memslot",
		       sptep_name(sptep), (unsigned long long)gfn);
}

void rules_link(unsigned int vm, const struct pages_page *page,
		const uint64_t *sptep, const struct pages_page *child, bool now)
{
	const uint64_t *entry = known(vm, page, sptep, now);
	uint64_t gfn = page->gfn + index_of(sptep) * pages_of(page->level);
	unsigned int access = page->access;
	bool direct = true;

	if (world.vms[vm].bugged || zapped(page) || first.text[0])
		return;
	if (zapped(child))
		broken(PYFUZZ_WRONG_ROLE, "%s points to %s, which is zapped",
		       sptep_name(sptep), page_name(child));
	if (child->level != page->level - 1 || child->smm != page->smm)
		broken(PYFUZZ_WRONG_ROLE, "%s points to %s", sptep_name(sptep),
		       page_name(child));
	if (page->four_byte || page->passthrough || (!entry && !page->direct))
		return;
	if (entry) {
		direct = *entry & LARGE;
		gfn = gpte_gfn(*entry, direct ? page->level : 1);
		access &= gpte_access(*entry);
		if (!(*entry & PRESENT))
			broken(PYFUZZ_WRONG_ROLE,
			       "%s points to %s, the guest's entry (0x%llx) to nothing",
			       sptep_name(sptep), page_name(child),
			       (unsigned long long)*entry);
	}
	if (child->gfn != gfn || child->direct != direct)
		broken(PYFUZZ_WRONG_ROLE,
		       "%s points to %s, it must be %s page for gfn 0x%llx",
		       sptep_name(sptep), page_name(child),
		       direct ? "a direct" : "an indirect",
		       (unsigned long long)gfn);
	/* Under a huge page that is not dirty: made without write access. */
	if (child->access != access &&
	    !(entry && direct && child->access == (access & ~PAGES_WRITE)))
		broken(PYFUZZ_WRONG_ROLE,
		       "%s points to %s with access %s, the guest's tables give %s",
		       sptep_name(sptep), page_name(child),
		       access_name(child->access), access_name(access));
}
