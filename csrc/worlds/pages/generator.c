/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Planned sequences for the mutator: touch a page, change what maps it, mostly
 * behind KVM's back, touch it or its neighbour again, with operations of the host
 * in between.  The bugs of this code need a few operations on the same page,
 * which random bytes rarely contain.
 *
 * A plan uses few of the host's many operations, and begins with what stays as it
 * is for a while: the vCPU's mode, dirty logging, slots, the host's pages.  If each
 * operation were drawn from all of them, two rare ones that only matter together
 * would not meet.
 */
#include <stdbool.h>
#include "engine/generator.h"
#include "pages.h"

/* The first code of each operation. */
enum {
#define OP(name, word, operands, share, call) \
	name, LAST_##name = name + (share) - 1,
#include "operations.def"
#undef OP
};

#define OP PYFUZZ_OP_BYTES
#define PICK(array) ((array)[below(sizeof(array) / sizeof((array)[0]))])

static struct chance *chance;

static uint32_t below(uint32_t n)
{
	return chance_below(chance, n);
}

static const uint8_t host_codes[] = {
	UNMAP,		CHANGE_PTE,  AGE,	  TEST_AGE,   PROTECT,
	PROTECT_MASKED, CLEAR_DIRTY, DIRTY_LOG,	  COLLAPSE,   SPLIT,
	HOST_SIZE,	ZAP_RANGE,   RECLAIM,	  RECOVER_NX, ZAP_ALL,
	MMIO,		SLOT_DELETE, SLOT_CREATE, SLOT_MOVE,
};

/* The limits of a plan: a few pages, mostly one vCPU of one VM. */
static struct {
	uint8_t who; /* bits 6 and 7 of byte 0 */
	uint8_t pages[2];
	uint8_t frame;
	uint8_t slot; /* byte 1 */
	uint8_t host[2]; /* the host's operations that it uses */
	bool big; /* in the slot of 1G */
	bool smm; /* the plan begins in SMM */
} focus;

/* Bits of byte 1, and of byte 2, that are all set for what is in the slot of 1G. */
#define BIG_SLOT 0x38
#define BIG_FRAME 0xe0

static void refocus(void)
{
	focus.who = (uint8_t)((below(12) ? 0 : 0x80) | (below(6) ? 0 : 0x40));
	focus.pages[0] = (uint8_t)below(64);
	/* A neighbour: of the same table, the same huge page, or anywhere. */
	focus.pages[1] =
		(uint8_t)(below(3) ? focus.pages[0] ^ below(4) : below(64));
	focus.frame = (uint8_t)below(32);
	focus.slot = (uint8_t)below(256);
	focus.host[0] = PICK(host_codes);
	focus.host[1] = PICK(host_codes);
	focus.smm = false;
	/* One in 256: such a sequence takes several times as long. */
	focus.big = (focus.slot & BIG_SLOT) == BIG_SLOT && focus.frame == 31;
	if (!focus.big)
		focus.slot &= (uint8_t)~BIG_SLOT;
}

static uint8_t who(void)
{
	return below(10) ? focus.who : (uint8_t)(focus.who ^ 0x40);
}

static uint8_t page(void)
{
	return below(4) ? focus.pages[0] :
	       below(4) ? focus.pages[1] :
			  (uint8_t)below(64);
}

static uint8_t frame(void)
{
	if (focus.big && below(4))
		return (uint8_t)(BIG_FRAME | below(8));
	return below(3) ? (uint8_t)below(32) : focus.frame;
}

/* Mostly plain entries; other bits one or two at a time. */
static uint8_t entry_bits(void)
{
	static const uint8_t usual[] = {
		0,
		0,
		0,
		0,
		PYFUZZ_ENTRY_LARGE,
		PYFUZZ_ENTRY_LARGE,
		PYFUZZ_ENTRY_LARGE,
		PYFUZZ_ENTRY_NOTHING,
		PYFUZZ_ENTRY_READ_ONLY,
		PYFUZZ_ENTRY_NX,
		PYFUZZ_ENTRY_SUPERVISOR,
		PYFUZZ_ENTRY_NOT_DIRTY,
	};
	uint8_t bits = PICK(usual);

	if (!below(6))
		bits |= PICK(usual);
	return below(24) ? bits : (uint8_t)below(256);
}

static void put(uint8_t *op, unsigned int b0, unsigned int b1, unsigned int b2,
		unsigned int b3)
{
	op[0] = (uint8_t)b0;
	op[1] = (uint8_t)b1;
	op[2] = (uint8_t)b2;
	op[3] = (uint8_t)b3;
}

static void access_page(uint8_t *op)
{
	static const uint8_t how[] = { 0, 0, 1, 1, 2 };

	put(op, ACCESS | who(), (unsigned int)PICK(how) << 6 | page(),
	    below(6) ? 0 : 32, 0);
}

static void write_entry(uint8_t *op)
{
	static const uint8_t levels[] = { 0, 0, 1, 1, 1, 2, 3 };

	put(op, (below(3) ? POKE : WRITE) | who(),
	    (unsigned int)PICK(levels) << 6 | page(), frame(), entry_bits());
}

static void host_code(uint8_t *op, uint8_t code)
{
	put(op, code | (focus.who & 0x80),
	    below(4) ? focus.slot : below(256) & ~(unsigned int)BIG_SLOT,
	    code == MMIO || code == RECLAIM ? below(256) : frame(), below(256));
}

static void host_operation(uint8_t *op)
{
	host_code(op, below(4) ? focus.host[below(2)] : PICK(host_codes));
}

/* What stays as it is for a while, the mode apart. */
static void circumstance(uint8_t *op)
{
	static const uint8_t codes[] = {
		DIRTY_LOG, DIRTY_LOG, HOST_SIZE, SLOT_DELETE, SLOT_MOVE, MMIO,
	};

	uint8_t code = PICK(codes);

	host_code(op, code);
	if (code != HOST_SIZE && below(4))
		op[3] |= 1; /* on, or elsewhere */
}

/* As user space does: the log is turned on, and all of the slot write-protected. */
static void logging(uint8_t *op)
{
	static const uint8_t reads[] = { PROTECT_MASKED, CLEAR_DIRTY };

	if (below(4))
		focus.slot = (uint8_t)((focus.slot & ~1) | focus.smm);
	put(op, DIRTY_LOG | (focus.who & 0x80), focus.slot, 0, 1);
	put(op + OP, PROTECT | (focus.who & 0x80), focus.slot & 63, 0, 0);
	focus.host[0] = PICK(reads);
}

static void guest_operation(uint8_t *op)
{
	static const uint8_t codes[] = { INVLPG, INVLPG, FLUSH,
					 ROOT,	 MODE,	 UNLOAD };
	uint8_t code = PICK(codes);
	uint32_t number = below(4) ? below(4) : below(256);

	if (code == MODE)
		number = below(3) ? PYFUZZ_4LEVEL : below(256);
	put(op, code | who(), page(), number, below(4) ? 0 : 1);
}

static void any_operation(uint8_t *op)
{
	uint32_t n = below(32);

	if (n < 11)
		access_page(op);
	else if (n < 19)
		write_entry(op);
	else if (n < 22)
		guest_operation(op);
	else if (n < 31)
		host_operation(op);
	else
		put(op, below(8) ? BUG : END, 0, 0, 0);
}

static size_t compose(struct chance *with, uint8_t *data, size_t n, size_t max)
{
	size_t end;

	chance = with;
	if (n >= max)
		return n;
	end = n + 1 + below((uint32_t)(max - n));
	refocus();
	/* Another paging mode, or SMM, for a while. */
	if (n < end && below(2)) {
		focus.smm = below(2);
		put(data + n * OP, MODE | focus.who, 0,
		    below(4) ? PYFUZZ_4LEVEL : below(256), focus.smm);
		n++;
	}
	if (focus.big && n + 2 < end) {
		put(data + n++ * OP, SLOT_CREATE | (focus.who & 0x80), BIG_SLOT,
		    0, 0);
		put(data + n++ * OP, POKE | focus.who, 2U << 6 | focus.pages[0],
		    frame(), PYFUZZ_ENTRY_LARGE);
	}
	if (!below(8) && n + 2 < end) {
		logging(data + n * OP);
		n += 2;
	}
	while (n < end && below(2))
		circumstance(data + n++ * OP);
	while (n < end) {
		if (!below(16))
			refocus();
		switch (below(4)) {
		case 0:
			any_operation(data + n++ * OP);
			break;
		default:
			/* Touch, change, maybe something else, touch. */
			access_page(data + n++ * OP);
			for (uint32_t i = below(3); i-- && n < end;)
				write_entry(data + n++ * OP);
			if (n < end && below(2))
				host_operation(data + n++ * OP);
			if (n < end)
				access_page(data + n++ * OP);
			break;
		}
	}
	return n;
}

static void make(struct chance *with, uint8_t *op, const uint8_t *neighbour)
{
	chance = with;
	refocus();
	if (neighbour && below(4)) {
		focus.who = neighbour[0] & 0xc0;
		focus.pages[0] = neighbour[1] & 63;
		focus.pages[1] = (uint8_t)(focus.pages[0] ^ below(4));
		focus.frame = neighbour[2] & 31;
	}
	any_operation(op);
}

static void change(struct chance *with, uint8_t *op)
{
	chance = with;
	switch (below(5)) {
	case 0:
		op[0] = (uint8_t)((op[0] & 0xc0) | below(64));
		break;
	case 1:
		op[1] = (uint8_t)((op[1] & 0xc0) | below(64));
		break;
	case 2:
		op[1] = (uint8_t)((op[1] & 63) | below(4) << 6);
		break;
	case 3:
		op[2] = (uint8_t)((op[2] & 0xe0) | below(32));
		break;
	default:
		op[3] = below(2) ? entry_bits() : (uint8_t)below(256);
		break;
	}
}

/* Move all operations on one page to another. */
static void move_page(struct chance *with, uint8_t *data, size_t n)
{
	uint8_t from, to;

	chance = with;
	from = data[below((uint32_t)n) * OP + 1] & 63;
	to = (uint8_t)below(64);
	for (size_t i = 0; i < n; i++, data += OP)
		if ((data[1] & 63) == from)
			data[1] = (uint8_t)((data[1] & 0xc0) | to);
}

static const struct pyfuzz_generator generator = {
	.op_bytes = PYFUZZ_OP_BYTES,
	.new_max = 48,
	.end_max = 16,
	.compose = compose,
	.make = make,
	.change = change,
	.rearrange = move_page,
};

static void __attribute__((constructor)) generator_register(void)
{
	if (pyfuzz_generate_with)
		pyfuzz_generate_with(&generator);
}
