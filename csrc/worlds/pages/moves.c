/* SPDX-License-Identifier: GPL-2.0-only */
/* The operations of a scope: nearly the same in every state. */
#include "alike.h"
#include "moves.h"
#include "scope.h"

#define MAX_MOVES 1024
#define LARGE_FRAME 14 /* the 2M page of the first frame */

static struct pyfuzz_op ops[MAX_MOVES];
static uint32_t len;
static uint32_t groups;
static struct pyfuzz_scope wanted;

static void put(struct pyfuzz_op op)
{
	if (len < MAX_MOVES && (pyfuzz_target_traits.opcodes >> op.opcode & 1))
		ops[len++] = op;
}

/* 0:0:pde:pte */
static uint8_t page_of(unsigned int pde, unsigned int pte)
{
	return (uint8_t)(pde << 2 | pte);
}

/* The guest writes an entry: through KVM, and behind its back. */
static void put_write(struct pyfuzz_op op)
{
	op.opcode = PYFUZZ_OP_WRITE;
	if (groups & PYFUZZ_SCOPE_WRITES)
		put(op);
	op.opcode = PYFUZZ_OP_POKE;
	if (groups & PYFUZZ_SCOPE_POKES)
		put(op);
}

static void put_pte(const struct pyfuzz_scope *scope, uint8_t page)
{
	struct pyfuzz_op op = { .page = page, .level = 1 };

	for (unsigned int i = 0; i < scope->targets && i < SCOPE_FRAMES; i++) {
		op.frame = scope_frames[i];
		op.bits = 0;
		put_write(op);
		op.bits = PYFUZZ_ENTRY_READ_ONLY;
		if (groups & PYFUZZ_SCOPE_READ_ONLY)
			put_write(op);
	}
	op.frame = 0;
	op.bits = PYFUZZ_ENTRY_NOTHING;
	put_write(op);
}

static void put_pde(uint8_t page)
{
	struct pyfuzz_op op = { .page = page, .level = 2 };

	for (unsigned int i = 0; i < SCOPE_TABLES; i++) {
		op.frame = scope_tables[i];
		put_write(op);
	}
	op.frame = LARGE_FRAME;
	op.bits = PYFUZZ_ENTRY_LARGE;
	if (groups & PYFUZZ_SCOPE_LARGE)
		put_write(op);
	op.frame = 0;
	op.bits = PYFUZZ_ENTRY_NOTHING;
	put_write(op);
}

static void put_host(const struct pyfuzz_scope *scope)
{
	for (unsigned int i = 0; i < scope->targets && i < SCOPE_FRAMES; i++)
		put((struct pyfuzz_op){ .opcode = PYFUZZ_OP_UNMAP,
					.frame = scope_frames[i] });
}

/*
 * The guest's tables hold more than the scope has: every other entry that its
 * pages can lead to is emptied first, and what is left maps the first frame.  KVM
 * is told, so that the first state is one of many that are alike.
 */
static struct pyfuzz_op first(unsigned int pde, unsigned int pte,
			      unsigned int level, int frame)
{
	return (struct pyfuzz_op){
		.opcode = PYFUZZ_OP_WRITE,
		.page = page_of(pde, pte),
		.level = (uint8_t)level,
		.frame = frame < 0 ? 0 : (uint8_t)frame,
		.bits = frame < 0 ? PYFUZZ_ENTRY_NOTHING : 0,
	};
}

uint32_t moves_before(void *out)
{
	struct pyfuzz_op *op = out;

	for (unsigned int t = 0; t < SCOPE_TABLES; t++) {
		*op++ = first(0, 0, 2, scope_tables[t]);
		for (unsigned int pte = 0; pte < 4; pte++)
			*op++ = first(0, pte, 1,
				      pte < wanted.ptes ? scope_frames[0] : -1);
	}
	for (unsigned int pde = 0; pde < SCOPE_TABLES; pde++)
		*op++ = first(pde, 0, 2,
			      pde < wanted.pdes ? scope_tables[pde] : -1);
	return (uint32_t)(op - (struct pyfuzz_op *)out);
}

void moves_begin(const struct pyfuzz_scope *scope)
{
	wanted = *scope;
	groups = scope->groups;
	len = 0;
	for (unsigned int pde = 0; pde < scope->pdes; pde++) {
		put_pde(page_of(pde, 0));
		for (unsigned int pte = 0; pte < scope->ptes; pte++) {
			uint8_t page = page_of(pde, pte);

			put((struct pyfuzz_op){ .opcode = PYFUZZ_OP_ACCESS,
						.page = page });
			put((struct pyfuzz_op){ .opcode = PYFUZZ_OP_ACCESS,
						.page = page,
						.access = 1 });
			/* What is executed is not mapped huge. */
			if (groups & PYFUZZ_SCOPE_LARGE)
				put((struct pyfuzz_op){
					.opcode = PYFUZZ_OP_ACCESS,
					.page = page,
					.access = 2 });
			put_pte(scope, page);
			if (groups & PYFUZZ_SCOPE_FLUSHES)
				put((struct pyfuzz_op){
					.opcode = PYFUZZ_OP_INVLPG,
					.page = page });
		}
	}
	if (groups & PYFUZZ_SCOPE_FLUSHES) {
		put((struct pyfuzz_op){ .opcode = PYFUZZ_OP_FLUSH });
		put((struct pyfuzz_op){ .opcode = PYFUZZ_OP_UNLOAD });
	}
	if (groups & PYFUZZ_SCOPE_HOST)
		put_host(scope);
	if (groups & PYFUZZ_SCOPE_RECLAIM)
		put((struct pyfuzz_op){ .opcode = PYFUZZ_OP_RECLAIM });
	/* Each is another generation, so these scopes never end. */
	if (groups & PYFUZZ_SCOPE_SLOTS) {
		put((struct pyfuzz_op){ .opcode = PYFUZZ_OP_ZAP_ALL });
		put((struct pyfuzz_op){ .opcode = PYFUZZ_OP_SLOT_DELETE,
					.slot = 3 });
		put((struct pyfuzz_op){ .opcode = PYFUZZ_OP_SLOT_CREATE,
					.slot = 3 });
	}
	put((struct pyfuzz_op){ .opcode = PYFUZZ_OP_END });
}

/* Which of the tables the guest finds behind a PDE; -1: none. */
static int guest_table_of(unsigned int pde)
{
	uint64_t gva = page_gva(page_of(pde, 0), world.vms[0].vcpus[0].mode);
	unsigned int level;
	uint64_t gpa;

	if (!guest_entry(0, 0, gva, 1, &gpa, &level) || level != 1)
		return -1;
	for (int t = 0; t < PYFUZZ_TABLES; t++)
		if (frame_gfn((unsigned int)t) == gpa >> 12)
			return t;
	return -1;
}

/* The table of the root that the vCPU has, or gets before its next operation. */
static const uint64_t *root_table(void)
{
	const uint64_t *loaded = pages_target.root(0, 0, 0);
	struct pages_page page;
	const void *header;
	uint32_t at = 0;

	if (loaded && memory_is_live(PAGES_HEADER, pages_private(loaded))) {
		pages_target.page(0, pages_private(loaded), &page);
		if (!page.invalid && !page.obsolete)
			return loaded;
	}
	while ((header = memory_next_header(0, &at))) {
		pages_target.page(0, header, &page);
		if (page.spt && page.level == 4 && !page.invalid &&
		    !page.obsolete && !page.direct && !page.smm &&
		    page.gfn == world.vms[0].vcpus[0].root >> 12)
			return page.spt;
	}
	return NULL;
}

/* Which of them the vCPU's shadow pages have behind it. */
static int shadowed_table(unsigned int pde)
{
	uint64_t gva = page_gva(page_of(pde, 0), world.vms[0].vcpus[0].mode);
	const uint64_t *table = root_table();
	struct pages_page page;

	while (table && memory_is_live(PAGES_HEADER, pages_private(table))) {
		uint64_t spte;

		pages_target.page(0, pages_private(table), &page);
		if (page.level == 1)
			return alike_table(&page);
		spte = table[gva >> (12 + (page.level - 1) * 9U) &
			     (TABLE_WORDS - 1)];
		if (!pages_target.spte_present(spte) ||
		    pages_target.spte_large(spte))
			return -1;
		table = (const uint64_t *)(uintptr_t)(spte &
						      pages_target.spte_frame_mask);
	}
	return -1;
}

/* Without a page table there, it would be the PDE that is written. */
static bool reaches(struct pyfuzz_op op)
{
	if ((op.opcode != PYFUZZ_OP_WRITE && op.opcode != PYFUZZ_OP_POKE) ||
	    op.level != 1 || !world.vms[op.vm].alive)
		return true;
	return guest_table_of(op.page >> 2) >= 0;
}

/* Of the form, in the names of this world. */
static struct pyfuzz_op named(struct pyfuzz_op op)
{
	unsigned int pde = alike_index(SCOPE_PDES, op.page >> 2);
	unsigned int pte = op.page & 3;
	bool entry = op.opcode == PYFUZZ_OP_WRITE || op.opcode == PYFUZZ_OP_POKE;

	op.frame = alike_frame(op.frame);
	if (!entry && op.opcode != PYFUZZ_OP_ACCESS &&
	    op.opcode != PYFUZZ_OP_INVLPG)
		return op;
	if (op.opcode == PYFUZZ_OP_INVLPG)
		pte = alike_index(shadowed_table(pde), pte);
	else if (!entry || op.level == 1)
		pte = alike_index(guest_table_of(pde), pte);
	op.page = page_of(pde, pte);
	return op;
}

uint32_t moves_list(struct move *out)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < len; i++)
		if (reaches(named(ops[i])))
			out[n++] = (struct move){ .opcode = ops[i].opcode,
						  .entry = (uint16_t)i };
	return n;
}

uint32_t moves_steps(const struct move *move, void *out)
{
	*(struct pyfuzz_op *)out = named(ops[move->entry]);
	return 1;
}
