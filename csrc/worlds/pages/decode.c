/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bytes to operations; every byte string is valid.
 *
 *	byte 0	bits 0-5: code, 6: vCPU, 7: VM
 *	byte 1	bits 0-5: page, 6-7: access, or level - 1
 *		or: bit 0: address space, 1-2: slot, 6-7: level - 1; 3-5, all
 *		of them: the slot of 1G
 *	byte 2	bits 0-4: frame, 5: user mode; 5-7, all of them: a frame of the
 *		slot of 1G; or all: mode, number
 *	byte 3	bits of the entry; size of a range; bit 0: on; the size of the
 *		host's page modulo 3, if that can be 1G
 */
#include <string.h>
#include "world.h"

enum operands {
	NONE,
	PAGE,
	ACCESS,
	ENTRY,
	VCPU,
	ROOT,
	MODE,
	SLOT,
	MOVE,
	SWITCH,
	LEVEL,
	RANGE,
	FRAME,
	NUMBER,
};

static const struct {
	uint8_t operands, share;
} table[] = {
#define OP(name, word, operands, share, call) { operands, share },
#include "operations.def"
#undef OP
};
#define OPCODES (sizeof(table) / sizeof(table[0]))

static uint8_t opcodes[64];

static void __attribute__((constructor)) codes_fill(void)
{
	unsigned int code = 0;

	for (unsigned int op = 0; op < OPCODES; op++)
		for (unsigned int i = 0; i < table[op].share && code < 64; i++)
			opcodes[code++] = (uint8_t)op;
}

/* Reduce an entry's bits to the canonical form. */
static void canonical(struct pyfuzz_op *op)
{
	if (op->bits & PYFUZZ_ENTRY_NOTHING) {
		op->bits = PYFUZZ_ENTRY_NOTHING;
		op->frame = 0;
		return;
	}
	if (op->level == 1)
		op->bits &=
			(uint8_t)~(PYFUZZ_ENTRY_LARGE | PYFUZZ_ENTRY_ANY_FRAME);
	else if (op->bits & PYFUZZ_ENTRY_LARGE)
		op->bits &= (uint8_t)~PYFUZZ_ENTRY_ANY_FRAME;
	else if (!(op->bits & PYFUZZ_ENTRY_ANY_FRAME))
		op->frame %= PYFUZZ_TABLES;
}

static uint8_t frame_of(uint8_t byte)
{
	if ((byte & 0xe0) == 0xe0)
		return PYFUZZ_SMALL_FRAMES +
		       byte % (PYFUZZ_FRAMES - PYFUZZ_SMALL_FRAMES);
	return byte % PYFUZZ_SMALL_FRAMES;
}

uint32_t decode(const uint8_t *data, struct pyfuzz_op *op)
{
	memset(op, 0, sizeof(*op));
	op->opcode = opcodes[data[0] & 63];
	op->vm = data[0] >> 7;
	switch (table[op->opcode].operands) {
	case ACCESS:
		op->vcpu = data[0] >> 6 & 1;
		op->page = data[1] & 63;
		op->access = (uint8_t)((data[1] >> 6) % 3 | (data[2] >> 3 & 4));
		break;
	case PAGE:
		op->vcpu = data[0] >> 6 & 1;
		op->page = data[1] & 63;
		break;
	case ENTRY:
		op->vcpu = data[0] >> 6 & 1;
		op->page = data[1] & 63;
		op->level = (uint8_t)((data[1] >> 6) + 1);
		op->frame = frame_of(data[2]);
		op->bits = data[3];
		canonical(op);
		break;
	case VCPU:
		op->vcpu = data[0] >> 6 & 1;
		break;
	case ROOT:
		op->vcpu = data[0] >> 6 & 1;
		op->frame = data[2] % PYFUZZ_TABLES;
		break;
	case MODE:
		op->vcpu = data[0] >> 6 & 1;
		op->mode = data[2] % PAGES_MODES;
		op->on = data[3] & 1;
		break;
	case SLOT:
	case MOVE:
	case SWITCH:
	case LEVEL:
		op->space = data[1] & 1;
		op->slot = (data[1] & 0x38) == 0x38 ? PYFUZZ_BIG_SLOT :
						      data[1] >> 1 & 3;
		if (table[op->opcode].operands == LEVEL)
			op->level = (uint8_t)((data[1] >> 6) % PAGES_LEVELS + 1);
		else if (table[op->opcode].operands != SLOT)
			op->on = data[3] & 1;
		break;
	case RANGE:
		op->frame = frame_of(data[2]);
		op->size = data[3] % 3;
		break;
	case FRAME:
		op->frame = frame_of(data[2]);
		op->on = op->opcode == PYFUZZ_OP_HOST_SIZE &&
					 op->frame >= PYFUZZ_SMALL_FRAMES ?
				 data[3] % 3 :
				 data[3] & 1;
		break;
	case NUMBER:
		op->number = data[2];
		break;
	default:
		break;
	}
	return 1;
}
