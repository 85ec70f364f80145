/* SPDX-License-Identifier: GPL-2.0-only */
/* Inspecting the world while stepping through a sequence. */
#include "harness/list.h"
#include "world.h"

#define ENTRIES 512

static bool has_vm(uint32_t vm)
{
	return vm < PAGES_VMS && world.vms[vm].alive;
}

static uint64_t address_of(const void *pointer)
{
	return (uint64_t)(uintptr_t)pointer;
}

/* --- lists, without trusting them --- */

static uint64_t *list_out;
static uint32_t list_cap;

static const char *nameless(const struct list *list)
{
	(void)list;
	return "";
}

static void keep(const struct list *list, const uint64_t *sptep,
		 struct walk *walk)
{
	(void)list;
	if (walk->entries < list_cap)
		list_out[walk->entries] = address_of(sptep);
	/* A limit, since the list may be a cycle. */
	if (walk->entries > 4 * ENTRIES)
		list_broken(walk, PYFUZZ_SHAPE, "endless");
}

int32_t pyfuzz_list(uint64_t value, uint64_t *out, uint32_t cap)
{
	struct list list = { .val = (unsigned long)value };
	struct walk walk;

	list_out = out;
	list_cap = cap;
	if (!list_walk(&list, &walk, nameless, keep))
		return -1;
	return (int32_t)walk.entries;
}

/* --- shadow pages --- */

static bool find(uint32_t vm, uint64_t header, struct pages_page *page)
{
	const void *at;
	uint32_t i = 0;

	while (has_vm(vm) && (at = memory_next_header(vm, &i))) {
		if (address_of(at) != header)
			continue;
		pages_target.page(vm, at, page);
		return page->spt != NULL;
	}
	return false;
}

uint32_t pyfuzz_shadows(uint32_t vm, struct pyfuzz_shadow *out, uint32_t cap)
{
	const void *header;
	uint32_t i = 0, n = 0;

	while (has_vm(vm) && (header = memory_next_header(vm, &i))) {
		struct pages_page page;
		uint32_t present = 0;

		pages_target.page(vm, header, &page);
		if (!page.spt || n >= cap ||
		    !memory_is_live(PAGES_SPT, page.spt))
			continue;
		for (unsigned int k = 0; k < ENTRIES; k++)
			present += !spte_nothing(page.spt[k]) &&
				   pages_target.spte_present(page.spt[k]);
		out[n++] = (struct pyfuzz_shadow){
			.header = address_of(header),
			.gfn = page.gfn,
			.spt = address_of(page.spt),
			.role = page.role,
			.level = page.level,
			.access = page.access,
			.direct = page.direct,
			.passthrough = page.passthrough,
			.invalid = page.invalid,
			.obsolete = page.obsolete,
			.smm = page.smm,
			.guest_mode = page.guest_mode,
			.unsync = page.unsync,
			.four_byte = page.four_byte,
			.root_count = page.root_count,
			.present = present,
		};
	}
	return n;
}

uint64_t pyfuzz_parents_value(uint32_t vm, uint64_t header)
{
	struct pages_page page;

	return find(vm, header, &page) ? *page.parents : 0;
}

uint32_t pyfuzz_sptes(uint32_t vm, uint64_t header, struct pyfuzz_spte *out,
		      uint32_t cap)
{
	struct pages_page page;
	uint32_t n = 0;

	if (!find(vm, header, &page))
		return 0;
	for (unsigned int i = 0; i < ENTRIES && n < cap; i++) {
		uint64_t spte = page.spt[i], child;
		bool mmio, leaf;

		if (spte_nothing(spte))
			continue;
		mmio = pages_target.spte_mmio(spte);
		if (!mmio && !pages_target.spte_present(spte))
			continue;
		leaf = mmio || page.level == 1 || pages_target.spte_large(spte);
		child = spte & pages_target.spte_frame_mask;
		out[n++] = (struct pyfuzz_spte){
			.address = address_of(page.spt + i),
			.value = spte,
			.gfn = leaf ? sp_gfn(&page, i) : 0,
			.child = leaf || !memory_is_live(PAGES_SPT,
							 (const void *)(uintptr_t)
								 child) ?
					 0 :
					 address_of(pages_private((
						 const void *)(uintptr_t)child)),
			.stored = page.stored ?
					  page.stored[i] >> page.stored_shift :
					  0,
			.has_stored = page.stored != NULL,
			.address_bits = child,
			.present = pages_target.spte_present(spte),
			.index = (uint16_t)i,
			.leaf = leaf,
			.writable = pages_target.spte_writable(spte),
			.level = page.level,
			.mmio = mmio,
		};
	}
	return n;
}

/* --- slots and their reverse maps --- */

uint32_t pyfuzz_rmaps(uint32_t vm, struct pyfuzz_rmap *out, uint32_t cap)
{
	uint32_t n = 0;

	if (!has_vm(vm))
		return 0;
	for (unsigned int i = 0; i < PAGES_SPACES * PAGES_SLOTS * PAGES_LEVELS;
	     i++) {
		unsigned int as = i / (PAGES_SLOTS * PAGES_LEVELS);
		unsigned int slot = i / PAGES_LEVELS % PAGES_SLOTS;
		unsigned int level = i % PAGES_LEVELS + 1;
		const struct slot *s = &world.vms[vm].slots[as][slot];
		uint64_t heads = 0, first;
		unsigned long *base;

		if (!s->present)
			continue;
		base = pages_target.rmaps(vm, as, slot, level, &heads);
		first = s->base_gfn & ~(pages_of(level) - 1);
		for (uint64_t k = 0; base && k < heads && n < cap; k++)
			if (base[k])
				out[n++] = (struct pyfuzz_rmap){
					.gfn = first + k * pages_of(level),
					.value = base[k],
					.space = (uint8_t)as,
					.slot = (uint8_t)slot,
					.level = (uint8_t)level,
					.entries = pyfuzz_list(base[k], NULL, 0),
				};
	}
	return n;
}

uint32_t pyfuzz_slot(uint32_t vm, uint32_t space, uint32_t slot,
		     struct pyfuzz_slot_state *out)
{
	const struct slot *s;

	if (!has_vm(vm) || space >= PAGES_SPACES || slot >= PAGES_SLOTS)
		return 0;
	s = &world.vms[vm].slots[space][slot];
	*out = (struct pyfuzz_slot_state){
		.base_gfn = s->base_gfn,
		.npages = s->npages,
		.present = s->present,
		.dirty_log = s->dirty_log,
	};
	return 1;
}

uint32_t pyfuzz_logged(uint32_t vm, uint32_t space, uint32_t slot, uint64_t gfn)
{
	return has_vm(vm) && space < PAGES_SPACES && slot < PAGES_SLOTS &&
	       log_has(vm, space, slot, gfn);
}

uint64_t pyfuzz_root_at(uint32_t vm, uint32_t vcpu, uint32_t i)
{
	const uint64_t *root;

	if (!has_vm(vm) || vcpu >= PAGES_VCPUS || i > 3)
		return 0;
	root = pages_target.root(vm, vcpu, i);
	return root ? address_of(pages_private(root)) : 0;
}

uint64_t pyfuzz_root(uint32_t vm, uint32_t vcpu)
{
	return pyfuzz_root_at(vm, vcpu, 0);
}

uint32_t pyfuzz_mode_of(uint32_t vm, uint32_t vcpu)
{
	return has_vm(vm) && vcpu < PAGES_VCPUS ?
		       world.vms[vm].vcpus[vcpu].mode :
		       PAGES_4LEVEL;
}

uint32_t pyfuzz_own_walker(void)
{
	return pages_target.own_walker;
}
