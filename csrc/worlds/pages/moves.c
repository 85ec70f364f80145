/* SPDX-License-Identifier: GPL-2.0-only */
/* The operations of a scope: nearly the same in every state. */
#include "canonical.h"

#define MAX_MOVES 1024
/*
 * Frames that a PTE can get, in this order: in three memslots, of which one is a
 * page table itself, and in none.
 */
static const uint8_t frames[] = { 14, 28, 6, 27 };
/* Tables that a PDE can get; the second one is where a huge page begins. */
static const uint8_t tables[] = { 6, 12 };
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

	for (unsigned int i = 0; i < scope->targets && i < sizeof(frames); i++) {
		op.frame = frames[i];
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

	for (unsigned int i = 0; i < sizeof(tables); i++) {
		op.frame = tables[i];
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
	for (unsigned int i = 0; i < scope->targets && i < sizeof(frames); i++)
		put((struct pyfuzz_op){ .opcode = PYFUZZ_OP_UNMAP,
					.frame = frames[i] });
	put((struct pyfuzz_op){ .opcode = PYFUZZ_OP_RECLAIM });
}

/*
 * The guest's tables hold more than the scope has: every other entry that its
 * pages can lead to is emptied first, and what is left maps the first frame.
 */
static struct pyfuzz_op poke(unsigned int pde, unsigned int pte,
			     unsigned int level, int frame)
{
	return (struct pyfuzz_op){
		.opcode = PYFUZZ_OP_POKE,
		.page = page_of(pde, pte),
		.level = (uint8_t)level,
		.frame = frame < 0 ? 0 : (uint8_t)frame,
		.bits = frame < 0 ? PYFUZZ_ENTRY_NOTHING : 0,
	};
}

uint32_t moves_before(void *out)
{
	struct pyfuzz_op *op = out;

	for (unsigned int t = 0; t < sizeof(tables); t++) {
		*op++ = poke(0, 0, 2, tables[t]);
		for (unsigned int pte = 0; pte < 4; pte++)
			*op++ = poke(0, pte, 1,
				     pte < wanted.ptes ? frames[0] : -1);
	}
	for (unsigned int pde = 0; pde < sizeof(tables); pde++)
		*op++ = poke(pde, 0, 2, pde < wanted.pdes ? tables[pde] : -1);
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

/* Without a page table there, it would be the PDE that is written. */
static bool reaches(const struct pyfuzz_op *op)
{
	const struct vcpu *v = &world.vms[op->vm].vcpus[op->vcpu];
	unsigned int level;
	uint64_t gpa;

	if ((op->opcode != PYFUZZ_OP_WRITE && op->opcode != PYFUZZ_OP_POKE) ||
	    op->level != 1 || !world.vms[op->vm].alive)
		return true;
	return guest_entry(op->vm, op->vcpu, page_gva(op->page, v->mode), 1,
			   &gpa, &level) &&
	       level == 1;
}

uint32_t moves_list(struct move *out)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < len; i++)
		if (reaches(&ops[i]))
			out[n++] = (struct move){ .opcode = ops[i].opcode,
						  .entry = (uint16_t)i };
	return n;
}

uint32_t moves_steps(const struct move *move, void *out)
{
	*(struct pyfuzz_op *)out = ops[move->entry];
	return 1;
}
